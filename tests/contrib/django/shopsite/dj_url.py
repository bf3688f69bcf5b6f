"""A database's URL as Django's settings take it."""

from urllib.parse import unquote

import sqlalchemy as sa


def parsed(url):
    """The settings of a PostgreSQL at an SQLAlchemy URL, with its search path."""
    at = sa.make_url(url)
    options = {"options": unquote(at.query["options"])} if "options" in at.query else {}
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
