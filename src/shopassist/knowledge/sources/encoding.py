"""Bytes into text: UTF-8, what a byte order mark or a page's head says, else what they look like."""

from __future__ import annotations

import codecs
import re

from shopassist.text import HAN, clean

_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_NAMES = {"gb18030": "GBK", "big5hkscs": "Big5", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "utf-16": "UTF-16"}
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "hz": "hz", "big5": "big5hkscs", "cp950": "big5hkscs"}
_HAN = re.compile(f"[{HAN}]")
_META = re.compile(rb"<meta\s[^>]{0,300}?charset\s{0,4}=\s{0,4}[\"']?([A-Za-z0-9_-]{1,40})", re.I)
ENOUGH = 40
"""So many Chinese characters tell GBK from Big5: of 16 charset-normalizer mistook a quarter, of 40 one in a hundred."""

SAMPLE = 65_536


def decoded(data: bytes, declared: str | None = None, *, markup: bool = False) -> tuple[str, str | None]:
    """The text, cleaned, and the encoding's name where nobody declared it and it is not UTF-8.

    `declared` is what came along with the bytes; with `markup` an HTML page's own head counts too. Raises
    `ValueError`.
    """
    for mark, name in _BOMS.items():
        if data.startswith(mark):
            return _strictly(data, name), _NAMES.get(name, "UTF-32") if name != "utf-8-sig" else None
    if b"\0" in data:
        wide = _wide(data)
        if wide is None and (wide := _guess(data)) not in ("utf-16-le", "utf-16-be"):
            raise ValueError("is no text")
        return _strictly(data, wide), _NAMES[wide]
    try:
        return clean(data.decode("utf-8")), None
    except UnicodeDecodeError as error:
        at = error.start
    for name in filter(None, (declared, _declared(data) if markup else None)):
        try:
            return clean(data.decode(_known(name))), None
        except (LookupError, UnicodeDecodeError):
            continue
    guess = _guess(data)
    if guess is None:
        raise ValueError(f"not UTF-8 at byte {at}; save it as UTF-8")
    if len(_HAN.findall(data[:SAMPLE].decode(guess, "ignore"))) < ENOUGH:
        raise ValueError(f"not UTF-8 at byte {at}, and too short to tell what else; save it as UTF-8")
    return _strictly(data, guess), _NAMES[guess]


def _strictly(data: bytes, name: str) -> str:
    try:
        return clean(data.decode(name))
    except UnicodeDecodeError as error:
        raise ValueError(f"not {_NAMES.get(name, name)} at byte {error.start}; save it as UTF-8") from error


def _known(name: str) -> str:
    """The codec of a declared name, the wider one where pages declare a part of what they use."""
    codec = codecs.lookup(name).name
    return _WIDER.get(codec, codec)


def _declared(data: bytes) -> str | None:
    found = _META.search(data[:4096])
    return found[1].decode() if found else None


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: the zeros of its ASCII characters stand on one side."""
    even, odd = data[:SAMPLE:2].count(0), data[1:SAMPLE:2].count(0)
    if len(data) % 2 or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _guess(data: bytes) -> str | None:
    from charset_normalizer import from_bytes

    sample = data if len(data) <= SAMPLE else data[: data.rfind(b"\n", 0, SAMPLE) + 1] or data
    best = from_bytes(sample, cp_isolation=["gb18030", "big5", "big5hkscs", "utf_16_le", "utf_16_be"]).best()
    names = {"gb18030": "gb18030", "big5": "big5hkscs", "big5hkscs": "big5hkscs"}
    names |= {"utf_16_le": "utf-16-le", "utf_16_be": "utf-16-be"}
    name = names.get(best.encoding) if best else None
    try:
        text = data.decode(name) if name else ""
    except UnicodeDecodeError:
        return None
    likely = len(_HAN.findall(text)) + sum(map(text.count, "，。、；：！？（）“”")) + sum(c.isascii() for c in text)
    return name if likely > len(text) / 2 else None
