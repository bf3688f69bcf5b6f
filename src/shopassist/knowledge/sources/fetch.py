"""Pages over HTTP, politely: what robots.txt allows, so many a second, and from named hosts only."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx
from protego import Protego

from shopassist.knowledge.sources.limits import MEGA, Limits

AGENT = "shopassist"
REDIRECTS = 5
ROBOTS = 500_000
"""Bytes of a robots.txt that are read, as search engines do."""

LONGEST_DELAY = 60.0
"""Seconds between two pages beyond which a crawl-delay is taken for a refusal."""

CONNECT, SILENCE = 10.0, 20.0
"""Seconds to reach a server, and between two pieces of its answer."""


class Unreached(ValueError):
    """A page's server does not answer, or says that it cannot now."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A page as it came. `data` is None where the server says that it is as it was (`status` 304)."""

    status: int
    address: str
    data: bytes | None
    kind: str
    charset: str | None
    etag: str | None
    modified: str | None


class Fetcher:
    """One visit to one or several named hosts."""

    def __init__(
        self, hosts: frozenset[str], per_second: float, limits: Limits, ports: frozenset[int] = frozenset()
    ) -> None:
        self.hosts = hosts
        self.ports = ports | {80, 443}
        self.pause = 1 / per_second
        self.limits = limits
        self._robots: dict[str, Protego | None] = {}
        self._last: dict[str, float] = {}
        self._private: dict[str, bool] = {}
        self._client = httpx.Client(
            headers={"User-Agent": f"{AGENT} (knowledge of the shop's assistant)"},
            timeout=httpx.Timeout(SILENCE, connect=CONNECT),
        )

    def close(self) -> None:
        """Give connections back."""
        self._client.close()

    def page(self, address: str, conditions: Mapping[str, str] | None = None, *, most: int | None = None) -> Answer:
        """Fetch one page. Raises `ValueError` that says why not, `Unreached` where it is the server's fault."""
        first = address
        for _ in range(REDIRECTS + 1):
            self._check(address, first)
            if not self._allowed(address):
                raise ValueError("robots.txt keeps it from being read")
            answer = self._get(address, conditions or {}, most or self.limits.bytes)
            if not isinstance(answer, str):
                return answer
            address = urljoin(address, answer)
        raise ValueError(f"leads on more than {REDIRECTS} times")

    def _check(self, address: str, first: str) -> None:
        """Refuse what is not HTTP, hosts that nobody named, and the way from a public host to a private one."""
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or (parts.port or 80) not in self.ports:
            raise ValueError(f"leads to {parts.scheme}, port {parts.port or 'none'}, which is no page's")
        if parts.hostname not in self.hosts:
            raise ValueError(f"leads to the host {parts.hostname}, which is not named; add it under `hosts`")
        if address != first and self._is_private(parts.hostname) and not self._is_private(urlsplit(first).hostname):
            raise ValueError(f"leads to the private address of {parts.hostname}")

    def _is_private(self, host: str | None) -> bool:
        if (name := host or "") not in self._private:
            try:
                found = socket.getaddrinfo(name, None, proto=socket.IPPROTO_TCP)
            except OSError as error:
                raise Unreached(f"the host {name} is not known") from error
            places = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
            self._private[name] = any(not place.is_global for place in places)
        return self._private[name]

    def _allowed(self, address: str) -> bool:
        parts = urlsplit(address)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            self._robots[origin] = self._rules(origin)
        rules = self._robots[origin]
        if rules is None:
            return True
        delay = rules.crawl_delay(AGENT)
        if delay and delay > LONGEST_DELAY:
            raise ValueError(f"robots.txt wants {delay:g} s between two pages; {LONGEST_DELAY:g} s are waited at most")
        self.pause = max(self.pause, delay or 0)
        return bool(rules.can_fetch(address, AGENT))

    def _rules(self, origin: str) -> Protego | None:
        """What robots.txt says, None where there is none. It may lead to another place of the named hosts."""
        address = f"{origin}/robots.txt"
        for _ in range(REDIRECTS + 1):
            answer = self._get(address, {}, ROBOTS, cut=True)
            if isinstance(answer, str):
                address = urljoin(address, answer)
                self._check(address, origin)
                continue
            if answer.status in (401, 403):
                return Protego.parse("User-agent: *\nDisallow: /")
            return Protego.parse((answer.data or b"").decode("utf-8", "replace")) if answer.status == 200 else None
        return None

    def _get(self, address: str, conditions: Mapping[str, str], most: int, *, cut: bool = False) -> Answer | str:
        """An answer, or where it leads to. Raises `Unreached`, `ValueError`."""
        self._wait(urlsplit(address).hostname or "")
        began = time.monotonic()
        try:
            with self._client.stream("GET", address, headers=dict(conditions)) as response:
                if response.has_redirect_location:
                    return response.headers["location"]
                if response.status_code >= 500 or response.status_code == 429:
                    raise Unreached(f"the server answers {response.status_code}")
                data = None
                if response.status_code != 304:
                    data = _body(response, most, began + self.limits.seconds, cut=cut)
                return Answer(
                    response.status_code,
                    address,
                    data,
                    response.headers.get("content-type", "").partition(";")[0].strip().lower(),
                    response.charset_encoding,
                    response.headers.get("etag"),
                    response.headers.get("last-modified"),
                )
        except httpx.InvalidURL as error:
            raise ValueError("is no address") from error
        except httpx.DecodingError as error:
            raise ValueError("the answer is packed wrongly") from error
        except httpx.TimeoutException as error:
            raise Unreached("the server does not answer in time") from error
        except httpx.HTTPError as error:
            raise Unreached(f"the server cannot be reached ({type(error).__name__})") from error

    def _wait(self, host: str) -> None:
        rest = self._last.get(host, 0.0) + self.pause - time.monotonic()
        if host in self._last and rest > 0:
            time.sleep(rest)
        self._last[host] = time.monotonic()


def _body(response: httpx.Response, most: int, until: float, *, cut: bool) -> bytes:
    data = bytearray()
    for piece in response.iter_bytes(65_536):
        data += piece
        if len(data) > most:
            if cut:
                return bytes(data[:most])
            raise ValueError(f"has more than the {most / MEGA:g} MB that the setting max_file_mb allows")
        if time.monotonic() > until:
            raise Unreached("the server sends too slowly (setting max_file_seconds)")
    return bytes(data)
