"""A database's URL as Django's settings take it."""

from urllib.parse import unquote

import sqlalchemy as sa


def parsed(url):
    """The settings of a PostgreSQL at an SQLAlchemy URL, with its search path."""
    at = sa.make_url(url)
    options = {name: unquote(at.query[name]) for name in ("options", "application_name") if name in at.query}
    host = at.query.get("host", at.host or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": at.database,
        "USER": at.username or "",
        "PASSWORD": at.password or "",
        "HOST": host,
        "PORT": str(at.port or ""),
        "OPTIONS": options,
    }
