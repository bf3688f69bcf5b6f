"""Names for log lines and servers that let one follow a customer and do not tell who it is."""

from __future__ import annotations

import hashlib
import secrets

from pydantic import SecretStr

LENGTH = 6
"""Bytes of a pseudonym: 12 hexadecimal digits."""


class Pseudonyms:
    """Makes pseudonyms of ids with a key; without one, with a key that this process forgets.

    They need a key since ids can be counted through: of an unkeyed hash of ``u-7`` anybody can tell the id.
    """

    def __init__(self, key: SecretStr | None = None) -> None:
        given = key.get_secret_value().encode() if key is not None else secrets.token_bytes(32)
        self._key = hashlib.blake2b(given, digest_size=32).digest()

    def customer(self, customer: str | None) -> str:
        """A customer's pseudonym, ``c-3f9a12cd00ab``; a visitor has none."""
        return f"c-{self._of('customer', customer)}" if customer is not None else "a visitor"

    def conversation(self, conversation: str) -> str:
        """A conversation's pseudonym."""
        return self._of("conversation", conversation)

    def _of(self, kind: str, value: str) -> str:
        return hashlib.blake2b(
            value.encode(errors="surrogatepass"), digest_size=LENGTH, key=self._key, person=kind.encode()[:16]
        ).hexdigest()
