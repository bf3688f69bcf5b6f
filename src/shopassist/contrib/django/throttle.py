"""How many messages a customer, a visitor or an address may send. Exact, also where requests come in at once.

Django's cache counts: `add` and `incr` are atomic in Redis, Memcached and within a process. A window begins with the
clock (each full minute, hour …), so nothing has to be read before it is written.
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import time
from functools import cache
from typing import Any

from django.core.cache import caches
from django.http import HttpRequest

from shopassist.contrib.django.conf import options
from shopassist.contrib.django.identity import Caller
from shopassist.contrib.django.problems import Refusal

log = logging.getLogger(__name__)

TRIES = 3
"""How often a count is begun anew that the cache drops in the middle."""


def admit(request: HttpRequest, caller: Caller, scope: str) -> None:
    """Count a request. Raises `Refusal` with the seconds to the next window, 503 where the cache cannot count."""
    rates = options().rates
    for kind, who in (("user", caller.key), ("ip", address(request))):
        rate = rates[kind]
        if who is None or rate is None:
            continue
        most, period = rate
        now = time.time()
        if _count(f"{scope}:{kind}:{who}:{int(now // period)}", period) > most:
            wait = max(1, round(period - now % period))
            raise Refusal("throttled", f"{most} requests in {period} s are allowed for one {kind}", wait)


def address(request: HttpRequest) -> str | None:
    """Where a request comes from: the client's address as the last trusted proxy saw it; of IPv6 its /64.

    None where the server tells none, as behind a Unix socket: to count all of those as one would shut everybody out.

    With `TRUSTED_PROXIES` = n the n-th entry of X-Forwarded-For from the right counts: those to its left are whatever
    the client wrote.
    """
    found, proxies = request.META.get("REMOTE_ADDR", ""), options().trusted_proxies
    if proxies:
        passed = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        found = passed[-proxies] if len(passed) >= proxies else found
    if not found:
        _tell_once()
        return None
    try:
        parsed: Any = ipaddress.ip_address(found)
    except ValueError:  # a proxy that writes something else
        return "unknown"
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


@cache
def _tell_once() -> None:
    log.warning("the server tells no address of its clients: THROTTLE_IP counts nothing until TRUSTED_PROXIES is set")


def _count(name: str, seconds: int) -> int:
    # Hashed: a key may be long, and an address in a cache is personal data.
    key = "shopassist:" + hashlib.sha256(name.encode()).hexdigest()
    try:
        counts = caches[options().cache]
        for _ in range(TRIES):
            counts.add(key, 0, seconds + 1)
            try:
                return int(counts.incr(key))
            except ValueError:  # dropped in between
                continue
    except Exception as error:  # noqa: BLE001 - any cache may be plugged in, each with errors of its own
        log.error("messages cannot be counted: the cache %r failed (%s)", options().cache, type(error).__name__)
        raise Refusal("unavailable") from None
    log.error("messages cannot be counted: the cache %r keeps nothing", options().cache)
    raise Refusal("unavailable")
