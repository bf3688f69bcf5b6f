"""A site's pages: those of its sitemap, or of a list of addresses."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit
from xml.etree import ElementTree

from shopassist.knowledge.documents import FIELDS
from shopassist.knowledge.sources.encoding import decoded
from shopassist.knowledge.sources.fetch import Answer, Fetcher, Unreached
from shopassist.knowledge.sources.limits import Limits
from shopassist.knowledge.sources.metadata import front_matter
from shopassist.knowledge.sources.parser import Parser
from shopassist.protocols import SourceText, Unchanged, Unreadable

MOST = 50_000
"""Pages of a site, as many as one sitemap may name."""

SITEMAPS = 500
GIVING_UP = 5
"""Pages in a row that could not be reached, after which the site is taken to be away."""

READING = 1
"""Grows when the same page would be read otherwise, so that it is fetched again though it did not change."""

HTML = ("text/html", "application/xhtml+xml")
PLAIN = ("text/markdown", "text/plain")
GONE = (404, 410)


class Site:
    """A source of web pages: of a `sitemap` (or an index of sitemaps), or of a list of `urls`.

    Only the hosts of these addresses and those of `hosts` are asked, `per_second` pages a second at most, under the
    user agent ``shopassist``, and only what their robots.txt allows. `include` and `exclude` are what the paths of a
    sitemap's pages begin with. `fields` hold for all pages (language, tags). A page that answers 404 is none. Raises
    `ValueError`.
    """

    def __init__(
        self,
        name: str,
        *,
        sitemap: str | None = None,
        urls: Sequence[str] = (),
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        hosts: Sequence[str] = (),
        per_second: float = 1.0,
        fields: Mapping[str, Any] | None = None,
        limits: Limits | None = None,
    ) -> None:
        if isinstance(urls, str):
            urls = [urls]
        self.name = name
        self.sitemap = _address(sitemap) if sitemap else None
        self.urls = [_address(u) for u in urls]
        if not (self.sitemap or self.urls):
            raise ValueError("needs a sitemap or urls")
        if not 0 < float(per_second) <= 100:
            raise ValueError(f"per_second must be above 0 and 100 at most, not {per_second!r}")
        if unknown := sorted(set(fields or {}) - set(FIELDS) | {"id"} & set(fields or {})):
            raise ValueError(f"the field {unknown[0]!r} cannot hold for all pages")
        self.include, self.exclude = _beginnings(include), _beginnings(exclude)
        self.fields = dict(fields or {})
        self.per_second = float(per_second)
        self.limits = limits or Limits()
        first = [self.sitemap] if self.sitemap else self.urls
        self.hosts = frozenset({h for a in first if (h := urlsplit(a).hostname)} | {str(h).lower() for h in hosts})
        self.ports = frozenset(port for a in first if (port := urlsplit(a).port))

    def read(self, marks: Mapping[str, str]) -> Iterator[SourceText | Unchanged | Unreadable]:
        """Each page; those that did not change, by their ETag or date, are not sent again.

        Raises `ValueError` where the sitemap, a robots.txt or the site cannot be reached.
        """
        fetcher = Fetcher(self.hosts, self.per_second, self.limits, self.ports)
        away = 0
        try:
            with Parser(self.limits) as parser:
                for address in self._addresses(fetcher):
                    try:
                        found = self._page(fetcher, parser, address, marks.get(address))
                        away = 0
                    except Unreached as error:
                        away += 1
                        if away == GIVING_UP:
                            raise ValueError(
                                f"{GIVING_UP} pages in a row failed, the last: {address}: {error}"
                            ) from error
                        found = Unreadable(address, str(error))
                    except ValueError as error:
                        found = Unreadable(address, str(error))
                    if found:
                        yield found
        finally:
            fetcher.close()

    def _page(
        self, fetcher: Fetcher, parser: Parser, address: str, mark: str | None
    ) -> SourceText | Unchanged | Unreadable | None:
        answer = fetcher.page(address, self._conditions(mark))
        if answer.status == 304:
            return Unchanged(address)
        if answer.status in GONE:
            return None
        if answer.status != 200 or answer.data is None:
            raise ValueError(f"the server answers {answer.status}")
        if answer.kind not in (*HTML, *PLAIN):
            raise ValueError(f"is of the kind {answer.kind or 'nothing'}, which is not read from a site")
        text, _ = decoded(answer.data, answer.charset, markup=answer.kind in HTML)
        meta: dict[str, Any] = {}
        if answer.kind in HTML:
            page = parser.parse("html", text=text)
            text, meta = page["text"], {k: page[k] for k in ("title", "language") if page[k]}
        else:
            meta, text = front_matter(text)
        meta = {"url": answer.address, **meta, **self.fields}
        return SourceText(_id(address), text, meta, address, self._mark(answer))

    def _mark(self, answer: Answer) -> str | None:
        """What to ask with the next time: the server's marks, and how the page was read."""
        if not (answer.etag or answer.modified):
            return None
        return json.dumps([self._reading, answer.etag, answer.modified])

    def _conditions(self, mark: str | None) -> dict[str, str]:
        reading, etag, modified = json.loads(mark) if mark else (None, None, None)
        if reading != self._reading:
            return {}
        named = {"If-None-Match": etag, "If-Modified-Since": modified}
        return {name: value for name, value in named.items() if value}

    @property
    def _reading(self) -> str:
        what = json.dumps([READING, self.fields], sort_keys=True, default=str)
        return hashlib.sha256(what.encode()).hexdigest()[:16]

    def _addresses(self, fetcher: Fetcher) -> list[str]:
        if not self.sitemap:
            return list(dict.fromkeys(self.urls))
        found: dict[str, None] = {}
        maps, seen = [self.sitemap], set()
        while maps:
            address = maps.pop(0)
            if address in seen:
                continue
            seen.add(address)
            if len(seen) > SITEMAPS:
                raise ValueError(f"the sitemap names more than {SITEMAPS} others")
            pages, others = self._sitemap(fetcher, address)
            maps += others
            found |= dict.fromkeys(p for p in pages if self._wanted(p))
            if len(found) > MOST:
                raise ValueError(f"the sitemap names more than {MOST} pages; narrow it with `include`")
        return list(found)

    def _sitemap(self, fetcher: Fetcher, address: str) -> tuple[list[str], list[str]]:
        """The pages and the further sitemaps that a sitemap names."""
        try:
            answer = fetcher.page(address)
        except ValueError as error:
            raise ValueError(f"the sitemap {address}: {error}") from error
        if answer.status != 200 or answer.data is None:
            raise ValueError(f"the sitemap {address}: the server answers {answer.status}")
        data = _unpacked(answer.data, self.limits)
        if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data:
            raise ValueError(f"the sitemap {address} declares entities, which none needs")
        try:
            root = ElementTree.fromstring(data)  # noqa: S314 - without entities nothing can grow
        except ElementTree.ParseError as error:
            raise ValueError(f"the sitemap {address} is no XML ({error})") from error
        places = [_address(e.text.strip()) for e in root.iterfind("./{*}*/{*}loc") if e.text and e.text.strip()]
        return ([], places) if root.tag.endswith("sitemapindex") else (places, [])

    def _wanted(self, address: str) -> bool:
        path = unquote(urlsplit(address).path) or "/"
        return (not self.include or path.startswith(self.include)) and not path.startswith(self.exclude or ("\0",))


def _address(value: Any) -> str:
    """An address without its fragment. Raises `ValueError`."""
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError(f"{str(value).rpartition('@')[2]!r} is no address such as https://shop.example/help")
    return str(urldefrag(value).url)


def _beginnings(values: Any) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else tuple(str(v) for v in values or ())


def _id(address: str) -> str:
    """What names a page: its path, without slashes at its ends and the ending of its kind; with its query."""
    parts = urlsplit(address)
    path = unquote(parts.path).strip("/").removesuffix(".html").removesuffix(".htm")
    return (path or parts.hostname or address) + (f"?{parts.query}" if parts.query else "")


def _unpacked(data: bytes, limits: Limits) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        found = gzip.GzipFile(fileobj=io.BytesIO(data)).read(limits.bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError("the sitemap is packed wrongly") from error
    limits.check(len(found))
    return found
