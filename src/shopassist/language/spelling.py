"""Customers' spelling made that of the catalogue: 木有 is 没有, 啥时候 is 什么时候, "cancle" is "cancel"."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml
from opencc import OpenCC

from shopassist.text import HAN, fold

_GAP = re.compile(rf"(?<=[{HAN}])[ \t]+(?=[{HAN}])")
_WORD = re.compile(r"[a-z]{5,}")


def mended(text: str, language: str, right: Callable[[str, str], bool] = lambda _word, _keyword: False) -> str:
    """The text folded and in usual spelling, for matching only: places in it are not those of the text.

    `right` says of an English word that is nearly a keyword whether it is right as it is.
    """
    text = _GAP.sub(" ", plain(text))
    if language == "zh":
        words, characters = _pinyin()
        text = words.sub(lambda m: characters[m[0]], text)
    for pattern, replacement in _rules()[language]:
        text = pattern.sub(replacement, text)
    if language == "en":
        text = _WORD.sub(lambda m: m[0] if (k := _nearest(m[0])) == m[0] or right(m[0], k) else k, text)
    return text


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """The text folded and in simplified characters: the form that words and names are looked for in."""
    return simplified(fold(text))


def simplified(text: str) -> str:
    """Traditional characters made simplified ones (OpenCC); every place stays what it was."""
    if text.isascii():
        return text
    text = text.encode("utf-8", "replace").decode("utf-8")  # OpenCC takes no half of a surrogate pair
    made: str = _opencc().convert(text)
    if len(made) != len(text):
        made = "".join(new if len(new := _opencc().convert(c)) == 1 else c for c in text)
    return made.translate(_unusual())


def has_pinyin(text: str) -> bool:
    """Whether a text in Latin letters holds a Chinese word: it is no English."""
    return _pinyin()[0].search(fold(text)) is not None


def unnamed(text: str, language: str) -> str:
    """The mended text with one word for whatever thing is for sale in it: what is wanted does not hang on the thing."""
    once, thing = _things()[language]
    return once.sub(thing, text)


def stand_in(slot: str, language: str) -> str | None:
    """What stands for a slot's value where only the words around it matter; None where the value itself speaks."""
    word: str | None = _data()["stand_ins"][language].get(slot)
    return word


def changes_to(before: str, language: str) -> bool:
    """Whether the text before a variant says that something is to become it."""
    return bool(re.search(_data()["changed"][language], before))


@lru_cache(maxsize=8192)
def _nearest(word: str) -> str:
    """The keyword at one slip's distance, if there is only one and it begins alike; else the word itself."""
    slips = _slips()
    if word in slips[word[0]]:
        return word
    found = {
        keyword
        for keyword in slips[word[0]]
        if abs(len(keyword) - len(word)) <= 1 and not _inflected(word, keyword) and _one_slip(word, keyword)
    }
    return found.pop() if len(found) == 1 else word


def _inflected(word: str, keyword: str) -> bool:
    """Another form of the same word, or another word by its ending: agents, repairs, charger."""
    return word[:-1] == keyword or keyword[:-1] == word or word[:-1] == keyword[:-1]


def _one_slip(a: str, b: str) -> bool:
    """Whether one letter left out, put in, wrong, or two swapped make one word of the other (Damerau 1964)."""
    if len(a) > len(b):
        a, b = b, a
    start = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    if len(a) < len(b):
        return a[start:] == b[start + 1 :]
    swapped = a[start + 1 : start + 2] == b[start : start + 1] and a[start : start + 1] == b[start + 1 : start + 2]
    return a[start + 1 :] == b[start + 1 :] or (swapped and a[start + 2 :] == b[start + 2 :])


class _ByLetter(dict[str, tuple[str, ...]]):
    def __missing__(self, letter: str) -> tuple[str, ...]:
        return ()


@lru_cache(maxsize=1)
def _slips() -> _ByLetter:
    keywords = [str(w) for w in _data()["keywords"]]
    return _ByLetter({letter: tuple(w for w in keywords if w[0] == letter) for letter in {w[0] for w in keywords}})


@lru_cache(maxsize=1)
def _opencc() -> OpenCC:
    return OpenCC("t2s")


@lru_cache(maxsize=1)
def _unusual() -> dict[int, str]:
    return {ord(pair[0]): pair[1] for pair in str(_data()["unusual"]).split()}


@lru_cache(maxsize=1)
def _pinyin() -> tuple[re.Pattern[str], dict[str, str]]:
    characters = {str(word): str(meant) for word, meant in _data()["pinyin"].items()}
    words = "|".join(sorted(characters, key=len, reverse=True))
    return re.compile(rf"(?<![a-z])(?:{words})(?![a-z])"), characters


@lru_cache(maxsize=1)
def _rules() -> dict[str, tuple[tuple[re.Pattern[str], str], ...]]:
    data = _data()
    return {
        language: tuple((re.compile(pattern), str(new)) for pattern, new in data[language].items())
        for language in ("zh", "en")
    }


@lru_cache(maxsize=1)
def _things() -> dict[str, tuple[re.Pattern[str], str]]:
    data = _data()
    found = {}
    for language, words in data["things"].items():
        thing = str(data["stand_ins"][language]["product"])
        found[language] = re.compile(words.replace("{thing}", thing)), thing
    return found


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(resources.files(__package__).joinpath("spelling.yaml").read_text("utf-8"))
    return data
