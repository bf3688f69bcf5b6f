"""An HTML page into Markdown, without what stands on every page: menus, banners, trails, footers.

What is boilerplate is told by tags and roles, by the names that classes and ids are given (the way of Mozilla's
Readability), and by how much of a list or a block is links. trafilatura, tried in its place, took product pages for
articles that failed: it kept their menus and lost headings and tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PreformattedString, Tag

from shopassist.knowledge.sources.findings import Fault
from shopassist.text import fold

_NEVER = ["script", "style", "nav", "aside", "noscript", "template", "svg", "iframe", "select", "textarea", "canvas"]
_ROLES = frozenset({"navigation", "search", "dialog", "alertdialog", "menu", "menubar", "contentinfo", "complementary"})
_SURE = frozenset(
    {"breadcrumb", "breadcrumbs", "cookie", "cookies", "consent", "copyright", "crumbs", "gdpr", "navbar"}
)
_LIKELY = frozenset({
    "ad", "ads", "advert", "banner", "bottombar", "comments", "crumb", "foot", "footer", "header", "login", "menu",
    "menus", "minicart", "nav", "navigation", "newsletter", "pager", "pagination", "popup", "promo", "recommend",
    "recommendation", "recommendations", "recommended", "related", "share", "sharing", "sidebar", "sitenav", "social",
    "subscribe", "toolbar", "top", "topbar",
})  # fmt: skip
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_LINES = frozenset(
    {"p", "li", "blockquote", "pre", "dt", "dd", "summary", "figcaption", "caption", "legend", "address"}
)
_GROUPS = frozenset({
    "article", "body", "center", "details", "div", "dl", "fieldset", "figure", "footer", "form", "header", "main", "ol",
    "section", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
_BLOCKS = _HEADINGS | _LINES | _GROUPS
_PAIR = frozenset({"span", "label", "em", "strong", "b", "i", "small", "div", "p", "dt", "dd"})
_PRUNED = ["div", "section", "ul", "ol", "p", "table", "header", "footer", "form", "dl"]
LINKED = 0.6
"""The share of a block's text in links from which on it is a menu, given `LINKS` of them."""

LINKS = 3
SHORT = 60
"""Characters of a specification's name and of its value at most: longer ones are text."""


def parse(text: str) -> dict[str, Any]:
    """The page's `text` as Markdown, its `title` and its `language`, each None where it says none."""
    page = BeautifulSoup(text, "html.parser")
    language = fold(str(page.html.get("lang") or "")).partition("-")[0] if page.html else ""
    title = page.title.get_text(" ", strip=True) if page.title else None
    body = page.body or page
    for tag in body.find_all(_NEVER):
        tag.decompose()
    _prune_tags(body)
    whole = _markdown(_main(body))
    _prune_named(body)
    _prune_linked(body)
    found = _markdown(_main(body)) or whole
    if not found.strip():
        raise Fault("the page has no text outside its navigation")
    return {"text": found, "title": title, "language": language or None}


def _main(body: Tag) -> Tag:
    """The part that the page itself calls its main one, if it is one and holds most of what there is."""
    found = body.find_all("main") or body.find_all(role="main")
    if len(found) == 1:
        return found[0]
    articles = body.find_all("article")
    if len(articles) == 1 and 2 * _length(articles[0]) >= _length(body):
        return articles[0]
    return body


def _prune_tags(body: Tag) -> None:
    """Take out what its tag or role tells; a header or footer of the main part is a part of it."""
    whole = _length(body)
    for tag in body.find_all(["header", "footer", "form", "button", "input"]):
        inside = tag.name in ("header", "footer") and tag.find_parent(["main", "article"])
        wraps = tag.name == "form" and 2 * _length(tag) > whole  # a page that is one form
        opens = tag.name == "button" and (tag.find_parent(list(_HEADINGS)) or tag.get("aria-controls"))
        if not (tag.decomposed or inside or wraps or opens):
            tag.decompose()
    for tag in body.find_all(role=True):
        if not tag.decomposed and _ROLES & set(fold(str(tag["role"])).split()) and not _holds_page(tag, whole):
            tag.decompose()


def _prune_named(body: Tag) -> None:
    whole, sizes = _length(body), _sizes(body)
    for tag in body.find_all(_PRUNED):
        words = set() if tag.decomposed else _words(tag)
        if not words & (_SURE | _LIKELY) or _holds_page(tag, whole):
            continue
        text, linked, links = sizes.get(id(tag), (0, 0, 0))
        if words & _SURE or (links and linked >= LINKED * text) or words & {"foot", "footer"}:
            tag.decompose()


def _prune_linked(body: Tag) -> None:
    sizes = _sizes(body)
    for tag in body.find_all(_PRUNED):
        if not tag.decomposed:
            text, linked, links = sizes[id(tag)]
            if links >= LINKS and linked >= LINKED * text and not tag.find(_is_heading):
                tag.decompose()


def _words(tag: Tag) -> set[str]:
    """The words of a tag's id and classes: ``siteNav`` and ``site-nav`` are two."""
    names = [str(tag.get("id") or ""), *map(str, tag.get_attribute_list("class"))]
    return {word.lower() for name in names if len(name) < 100 for word in _WORD.findall(name)}


def _holds_page(tag: Tag, whole: int) -> bool:
    """Whether a tag holds too much to be a part that every page has."""
    return 2 * _length(tag) > whole or tag.find(["main", "article", "h1"]) is not None


def _length(tag: Tag) -> int:
    return sum(len(text.strip()) for text in tag.strings)


def _sizes(body: Tag) -> dict[int, tuple[int, int, int]]:
    """By tag's id(): characters of text, of them in links, and the number of links; inner tags come first."""
    sizes: dict[int, tuple[int, int, int]] = {}
    for tag in reversed([body, *body.find_all(True)]):
        text = linked = links = 0
        for child in tag.children:
            if isinstance(child, Tag):
                more = sizes.get(id(child), (0, 0, 0))
                text, linked, links = text + more[0], linked + more[1], links + more[2]
            elif _is_text(child):
                text += len(str(child).strip())
        sizes[id(tag)] = (text, text, 1) if tag.name == "a" and text else (text, linked, links)
    return sizes


def _markdown(main: Tag) -> str:
    return "\n\n".join(block for block in _blocks(main) if block)


def _blocks(tag: Tag) -> Iterator[str]:
    """The blocks in a tag, in their order; what stands between them is a block too."""
    line: list[Any] = []
    for child in tag.children:
        if isinstance(child, Tag) and (child.name in _BLOCKS or child.find(list(_BLOCKS))):
            yield _text(line)
            line = []
            yield from _block(child)
        elif isinstance(child, Tag) or _is_text(child):
            line.append(child)
    yield _text(line)


def _block(tag: Tag) -> Iterator[str]:
    if tag.name in _HEADINGS:
        yield ("#" * int(tag.name[1]) + " " + text) if (text := _text([tag]).replace("\n", " ")) else ""
    elif tag.name == "table" and not tag.find("table"):
        yield _table(tag)
    elif tag.name == "dl" and not tag.find(["dl", "table", "ul", "ol"]):
        yield from _definitions(tag)
    elif pair := _pair(tag):
        yield pair
    elif tag.name == "li":
        first, *others = [b for b in _blocks(tag) if b] or [""]
        flat = not tag.find(["ul", "ol", "table", "dl"])
        yield "- " + (" ".join([first, *others]) if flat else first) if first else ""
        yield from () if flat else others
    else:
        yield from _blocks(tag)


def _text(parts: list[Any]) -> str:
    """A line of inline tags and texts; a <br> in it begins a new one."""
    found: list[str] = []
    for part in parts:
        if isinstance(part, Tag):
            for inner in part.descendants:
                if isinstance(inner, Tag):
                    found.append("\0" if inner.name == "br" else "")
                elif _is_text(inner):
                    found.append(str(inner))
            if part.name == "br":
                found.append("\0")
        else:
            found.append(str(part))
    lines = (" ".join(line.split()) for line in "".join(found).split("\0"))
    return "\n".join(line for line in lines if line)


def _is_text(node: Any) -> bool:
    return isinstance(node, NavigableString) and not isinstance(node, PreformattedString)


def _pair(tag: Tag) -> str | None:
    """A specification in two tags that touch each other: ``<li><span>防水</span><span>IPX4</span></li>``."""
    if any(_is_text(c) and str(c).strip() for c in tag.children):
        return None
    children = tag.find_all(True, recursive=False)
    if len(children) != 2 or not all(c.name in _PAIR for c in children):
        return None
    if tag.name not in ("li", "div", "p", "dt") or any(c.find(list(_BLOCKS)) for c in children):
        return None
    if len({c.name for c in children} & {"div", "p"}) and not _has_twin(tag):
        return None
    return _specification(_text([children[0]]), _text([children[1]]))


def _has_twin(tag: Tag) -> bool:
    """Whether the tag beside it has the same shape: a row of a grid, and not two paragraphs."""
    shape = [c.name for c in tag.find_all(True, recursive=False)]
    beside = (tag.find_previous_sibling(True), tag.find_next_sibling(True))
    return any(
        s and s.name == tag.name and [c.name for c in s.find_all(True, recursive=False)] == shape for s in beside
    )


def _definitions(tag: Tag) -> Iterator[str]:
    name = ""
    for part in tag.find_all(["dt", "dd"]):
        text = _text([part])
        if part.name == "dt":
            if name:
                yield name
            name = text
        else:
            yield from filter(None, [pair] if (pair := _specification(name, text)) else (name, text))
            name = ""
    yield name


def _specification(name: str, value: str) -> str | None:
    """A name and its value as a sentence, where they are short and no sentences themselves."""
    name = name.rstrip(" :：")
    if not name or not value or "\n" in name + value or max(len(name), len(value)) > SHORT:
        return None
    if name[-1] in "。！？!?." or value[-1] in "。！？!?":
        return None
    chinese = any(ord(c) > 0x2E80 for c in name + value)
    end = "" if value[-1] in ".;；" else "。" if chinese else "."
    return f"{name}{'：' if chinese else ': '}{value}{end}"


def _table(tag: Tag) -> str:
    """A table in Markdown. One whose first row is no head gets an empty one, so that no row is taken for it."""
    rows = [r for r in _cells(tag) if any(text for _, text in r)]
    if not rows:
        return ""
    rows = _unfold(rows)
    width = max(map(len, rows))
    first = rows[0]
    headless = len(rows) == 1 or not all(kind == "th" for kind, _ in first)
    if headless and width > 2 and first[0][0] == "td":
        headless = False  # a table without a mark on its head, as most are
    lines = ["| " + " | ".join(text for _, text in row) + " |" for row in rows]
    if headless:
        lines.insert(0, "|" + " |" * width)
    caption = tag.find("caption")
    above = _text([caption]) + "\n\n" if caption else ""
    return above + "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def _cells(tag: Tag) -> list[list[tuple[str, str]]]:
    """Rows of (tag's name, text); a cell that spans rows or columns stands in each of them.

    One that is a row by itself stands there once: a remark, not a value of every column.
    """
    rows: list[list[tuple[str, str]]] = []
    down: dict[int, tuple[int, tuple[str, str]]] = {}
    for row in tag.find_all("tr"):
        cells: list[tuple[str, str]] = []
        own = row.find_all(["th", "td"], recursive=False)
        for cell in own:
            while down.get(len(cells), (0,))[0]:
                cells.append(_again(down, len(cells)))
            found = (cell.name, " ".join(_text(list(cell.children)).replace("|", "｜").split()) or _inner(cell))
            for _ in range(_span(cell, "colspan") if len(own) > 1 else 1):
                if (rows_down := _span(cell, "rowspan") - 1) > 0:
                    down[len(cells)] = (rows_down, found)
                cells.append(found)
        while down.get(len(cells), (0,))[0]:
            cells.append(_again(down, len(cells)))
        rows.append(cells)
    return rows


def _span(cell: Tag, name: str) -> int:
    """Over how many rows or columns a cell goes, 1 for what cannot be meant."""
    value = str(cell.get(name) or "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 4 and 1 <= int(value) <= 100 else 1


def _again(down: dict[int, tuple[int, tuple[str, str]]], column: int) -> tuple[str, str]:
    left, cell = down[column]
    down[column] = (left - 1, cell)
    return cell


def _inner(cell: Tag) -> str:
    return " ".join(b.lstrip("#- ") for b in _blocks(cell) if b).replace("|", "｜")


def _unfold(rows: list[list[tuple[str, str]]]) -> list[list[tuple[str, str]]]:
    """Rows of several names and values, one pair a row; of a group, a name and a value, the group before the name."""
    kinds = [[kind for kind, _ in row] for row in rows]
    shape = ["th", "td"] * (len(rows[0]) // 2)
    if len(shape) > 2 and all(kind == shape[: len(kind)] for kind in kinds):
        return [row[n : n + 2] for row in rows for n in range(0, len(row), 2)]
    if all(kind == ["th", "th", "td"] for kind in kinds):
        return [[("th", " ".join((row[0][1], row[1][1])).strip()), row[2]] for row in rows]
    return rows


def _is_heading(tag: Tag) -> bool:
    return tag.name in _HEADINGS
