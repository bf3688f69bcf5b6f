"""What every part must agree on about text: its normal form, its language, its sentences and its tokens."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from operator import add

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_HAN = re.compile(f"[{HAN}]")
_LATIN_WORD = re.compile(r"[A-Za-z]+")
_KANA_HANGUL = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_UNPRINTABLE = re.compile("[\ud800-\udfff\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_TOKEN = re.compile(rf"[{HAN}]+|[a-z0-9]+(?:[.\-][a-z0-9]+)*")
_SENTENCE_END = re.compile(r"[。！？!?…]+[”’」』）)\"']*\s*|\.(?=\s|$)[”’)\"']*\s*|\n+")


def clean(text: str) -> str:
    """Drop what cannot be stored or shown: lone surrogates, control and invisible characters; keep line breaks."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def fold(text: str) -> str:
    """The form in which texts are compared: NFKC (full-width to half-width), lower case, straight apostrophes."""
    return unicodedata.normalize("NFKC", text).lower().replace("’", "'")


def language_of(text: str) -> str | None:
    """``zh``, ``en``, ``other`` (letters of another script), or None where there are no letters.

    A message with a Chinese character is Chinese however many product names it holds, unless it has several times
    more English words: real customers write ``iPhone 15 Pro Max 支持吗``, and quote a Chinese name in English.
    """
    han = len(_HAN.findall(text))
    if _KANA_HANGUL.search(text) and len(_KANA_HANGUL.findall(text)) > 1:
        return "other"
    words = len(_LATIN_WORD.findall(text))
    if han:
        return "en" if words >= 5 and words > 3 * han else "zh"
    if words:
        return "en"
    return "other" if any(c.isalpha() for c in text) else None


def sentences(text: str) -> list[str]:
    """Split after 。！？ and line breaks, and after an English full stop; the marks stay with their sentence."""
    found, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        if text[start : match.end()].strip():
            found.append(text[start : match.end()])
        start = match.end()
    if text[start:].strip():
        found.append(text[start:])
    return found


def tokens(text: str) -> list[str]:
    """Tokens for lexical matching: single Han characters and pairs of them, and lower-case words and codes.

    Character pairs find Chinese better than a dictionary does where customers coin words (measured in docs/knowledge).
    A code with an inner mark counts as a whole and in parts: ``p-1001`` gives ``p-1001``, ``p`` and ``1001``.
    """
    result: list[str] = []
    for run in _TOKEN.findall(fold(text)):
        if _HAN.match(run):
            result.extend(run)
            result.extend(map(add, run, run[1:]))
        else:
            result.append(run)
            parts = re.findall(r"[a-z]+|[0-9]+", run)
            if len(parts) > 1:
                result.extend(parts)
            elif run.isalpha() and len(run) > 3 and run.endswith("s"):
                result.append(_stem(run))
    return result


@lru_cache(maxsize=4096)
def _stem(word: str) -> str:
    """Harman's S-stemmer (1991): plural and singular meet, nothing else changes."""
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    return word[:-1] if not word.endswith(("us", "ss")) else word


@lru_cache(maxsize=16384)
def content(text: str) -> frozenset[str]:
    """The tokens that carry meaning: Han pairs, words of two letters and more, numbers."""
    return frozenset(t for t in tokens(text) if len(t) > 1 or t.isdigit())
