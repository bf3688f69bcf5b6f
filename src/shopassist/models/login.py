"""The user and the password of a model's server, kept out of addresses, errors and logs."""

from __future__ import annotations

import httpx

from shopassist.settings import Address


def login(address: Address) -> httpx.BasicAuth | None:
    """As an object of httpx, whose `repr` shows nothing; in the address it would stand in httpx's own log lines."""
    return httpx.BasicAuth(address.login[0], address.login[1].get_secret_value()) if address.login else None
