"""A cache whose server is down."""

from django.core.cache.backends.base import BaseCache


class Down(BaseCache):
    def __init__(self, location, params):
        super().__init__(params)

    def add(self, key, value, timeout=None, version=None):
        raise ConnectionError("no server")
