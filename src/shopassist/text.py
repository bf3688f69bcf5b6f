"""What every part must agree on about text: its normal form, its language, its sentences and its tokens."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from operator import add
from typing import TypeVar

K = TypeVar("K")

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


def asking(text: str) -> tuple[list[str], list[str]]:
    """The sentences of a text that ask, by their mark, and the others; where none has one the last asks."""
    parts = sentences(text)
    asks = [part for part in parts if part.rstrip().endswith(("?", "？"))] or parts[-1:]
    return asks, [part for part in parts if part not in asks]


def tokens(text: str) -> list[str]:
    """Tokens for lexical matching: single Han characters and pairs of them, and lower-case words and codes.

    Character pairs find Chinese better than a dictionary does where customers coin words (measured in docs/knowledge).
    A code with an inner mark counts as a whole and in parts: ``p-1001`` gives ``p-1001``, ``p`` and ``1001``. An
    inflected word counts as it stands and by its stem: ``shipped`` gives ``shipped`` and ``ship``.
    """
    return [t for found in map(_forms, _TOKEN.findall(fold(text))) for t in found]


def _forms(run: str) -> list[str]:
    if _HAN.match(run):
        return [*run, *map(add, run, run[1:])]
    parts = re.findall(r"[a-z]+|[0-9]+", run)
    if len(parts) > 1:
        return [run, *parts]
    return list(dict.fromkeys((run, stem(run))))


_DOUBLE = re.compile(r"([bdfgklmnprt])\1$")
_VOWEL = re.compile("[aeiouy]")


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """What the forms of an English word have in common: ship, ships, shipped, shipping, shipment. Others stay.

    Inflections and two endings that make nouns, no more: Porter's stemmer makes one word of instalments and installing,
    and none of paid and pay. What no rule reaches stands in ``inflections.yaml``.
    """
    if len(word) < 4 or not (word.isascii() and word.isalpha()):
        return _irregular().get(word, word)
    word = _singular(word)
    if word in _irregular():
        return _irregular()[word]
    for ending, least in (("ation", 5), ("ment", 3), ("ing", 2), ("ed", 2)):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= least and _VOWEL.search(rest) and not word.endswith("eed"):
            word = f"{rest}e" if len(rest) == 2 else rest
            break
    word = _DOUBLE.sub(r"\1", word)
    if len(word) > 3:
        word = f"{word[:-1]}i" if word.endswith("y") and word[-2] not in "aeou" else word.removesuffix("e")
    return word


def _singular(word: str) -> str:
    """Harman's S-stemmer (1991)."""
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    return word[:-1] if word.endswith("s") and not word.endswith(("us", "ss")) else word


@lru_cache(maxsize=1)
def _irregular() -> dict[str, str]:
    import yaml

    return yaml.safe_load(resources.files(__package__).joinpath("inflections.yaml").read_text("utf-8"))  # type: ignore[no-any-return]


@lru_cache(maxsize=16384)
def content(text: str) -> frozenset[str]:
    """The tokens that carry meaning, a word by its stem alone: Han pairs, words of two letters and more, numbers."""
    found = (_forms(run) for run in _TOKEN.findall(fold(text)))
    return frozenset(
        t for forms in found for t in (forms[1:] if _inflected(forms) else forms) if len(t) > 1 or t.isdigit()
    )


def _inflected(forms: list[str]) -> bool:
    return len(forms) == 2 and forms[0].isalpha() and forms[0].isascii()


ENOUGH = 0.5
"""A text is found if it fits the words at least half as well as the best one does."""


def fits(words: str, texts: Mapping[K, str]) -> dict[K, float]:
    """How well texts fit the words, rare words counting more; only those near the best, and all without words."""
    asked = content(words)
    if not words.strip():
        return dict.fromkeys(texts, 0.0)
    known = {key: content(text) for key, text in texts.items()}
    weights = {word: sum(word in own for own in known.values()) for word in asked}
    scores = {key: sum(math.log(1 + len(known) / weights[word]) for word in asked & own) for key, own in known.items()}
    best = max(scores.values(), default=0.0)
    return {key: score for key, score in scores.items() if score and score >= ENOUGH * best}


@lru_cache(maxsize=4096)
def kindred(text: str) -> frozenset[str]:
    """The tokens of what else a text's expressions are called: 邮费 gives 运费 and its like, flight gives plane."""
    folded, words, han, latin = fold(text), content(text), groups("zh"), _stemmed()
    named = (group for group in han if any(e in folded for e in group))
    found = {t for group in named for e in group if e not in folded for t in content(e)}
    found.update(t for group in latin if group & words for t in group)
    return frozenset(found - words)


@lru_cache(maxsize=2)
def groups(language: str) -> tuple[tuple[str, ...], ...]:
    """The built-in groups of expressions that mean the same; en: single words."""
    import yaml

    data = yaml.safe_load(resources.files(__package__).joinpath("kindred.yaml").read_text("utf-8"))
    return tuple(map(tuple, data.get(language, ())))


@lru_cache(maxsize=1)
def _stemmed() -> tuple[frozenset[str], ...]:
    return tuple(frozenset(map(stem, group)) for group in groups("en"))
