"""A value that is put right in part: 不是478是487, 门牌是487, "it's apt 13, not 12"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from shopassist.language.bare import bare
from shopassist.language.spelling import plain
from shopassist.text import fold

_NUMBER = re.compile(r"(?<![\da-z])[a-z]?\d+(?:-\d+)*[a-z]?(?![\da-z])")
_WORD = re.compile("[a-z0-9]")
_LAST = re.compile(r"(?<!\d)\d{2,10}$")


@dataclass(frozen=True, slots=True)
class _Said:
    """A text as it is read, and as the customer wrote it."""

    own: str
    folded: str

    @classmethod
    def of(cls, text: str) -> _Said:
        folded = plain(text)
        return cls(text if len(text) == len(folded) else folded, folded)

    def piece(self, match: re.Match[str], group: str) -> tuple[str, str]:
        """A group without what stands around it and is none of it: as it is read, and as it was written."""
        start, end = match.span(group)
        before, after = (re.compile(_data()["trims"][k]) for k in ("before", "after"))
        if lead := before.match(self.folded[start:end]):
            start += lead.end()
        if tail := after.search(self.folded[start:end]):
            end = start + tail.start()
        return self.folded[start:end].strip(), self.own[start:end].strip()


def amended(old: str, text: str, *, address: bool = False) -> str | None:
    """`old` with what the text puts right in it; None if that is nothing that stands in it.

    Both the wrong and the right piece may be named, and of an address (`address`) a part by its kind, or only the new
    number where it is plain which one it replaces.
    """
    said = _Said.of(text)
    new, gone = old, set[str]()
    for wrong, right in _pairs(said):
        if fold(right) not in gone and (better := _replaced(new, wrong, right)):
            new = better
            gone.add(wrong)
    if new == old and address:
        new = _parts(old, said) or _alone(old, said) or old
    return new if new != old else None


def amended_end(old: str, text: str) -> tuple[str, tuple[int, int]] | None:
    """A number whose last digits the text puts right, and where these stand in it: 尾号不是0000是0009."""
    said = _Said.of(text)
    for pair in _pairs(said):
        wrong, right = (m[0] if (m := _LAST.search(side)) else "" for side in pair)
        if wrong and len(right) == len(wrong) and old.endswith(wrong):
            start = said.own.rfind(right)
            return old[: -len(wrong)] + right, (start, start + len(right))
    return None


def doubted(text: str, names: Sequence[str], *, named: bool = False) -> str | None:
    """Which of the slots `names` a text says to be wrong; None where it says no such thing.

    Where it names none the first is meant, unless it must be `named`.
    """
    said, data = plain(text), _data()
    number = "address" in names and re.fullmatch(f"{data['alone']}{_NUMBER.pattern}{data['alone']}", said)
    if re.search(data["asks"], said) or re.search(data["other"], said):
        return None
    if not number and not re.search(data["wrong"], re.sub(data["right"], " ", said)):
        return None
    meant = [n for n in names if re.search(data["slots"].get(n, "(?!)"), said)] or ([] if named else list(names))
    return meant[0] if meant else None


def corrects(text: str) -> bool:
    """Whether a text says that something else was meant than what was spoken of: 说错了, 我说的是…, "I meant …"."""
    return bool(_corrects().search(plain(text)))


def mistyped(text: str) -> bool:
    """Whether a text says that a value was written wrong, rather than that another thing is meant."""
    return bool(re.search(_data()["mistyped"], plain(text)))


def said_anew(name: str, text: str, today: date) -> tuple[str, tuple[int, int]] | None:
    """The value of a slot that one clause of a text consists of, with its place: 不对不对 是李磊, 还是黑的吧."""
    data = _data()
    folded, start = plain(text), 0
    if len(folded) != len(text):
        return None
    for stop, after in [*(m.span() for m in re.finditer(data["clause"], folded)), (len(folded), len(folded))]:
        at, clause = start, folded[start:stop]
        start = after
        lead = re.match(data["before"], clause)
        at, clause = (at + lead.end(), clause[lead.end() :]) if lead else (at, clause)
        if re.search(data["taken"], clause):
            continue
        if spot := bare(name, clause, today):
            place = at + spot.start, at + spot.end
            return spot.value or text[slice(*place)], place
    return None


def _pairs(said: _Said) -> Iterator[tuple[str, str]]:
    """What is wrong, and what is right instead."""
    for pattern in _patterns():
        for match in pattern.finditer(said.folded):
            wrong, right = said.piece(match, "a")[0], said.piece(match, "b")[1]
            if wrong and right:
                yield wrong, right


def _replaced(old: str, wrong: str, right: str) -> str | None:
    """`old` with `right` for `wrong`, or for how `wrong` ends (门牌478), if that stands there as a whole."""
    folded = plain(old)
    if len(folded) != len(old):
        return None
    for start in range(len(wrong)):
        piece = wrong[start:].strip()
        if not piece or (start and len(piece) < 2 and not piece.isdigit()):
            continue
        if bool(re.search(r"\d", right)) < bool(_NUMBER.fullmatch(piece)):
            continue
        if _NUMBER.fullmatch(fold(right)) and not re.search(r"\d", piece):
            continue  # 单元是4 puts the number right, not the word
        before = "(?<![a-z0-9])" if _WORD.match(piece) else ""
        after = "(?![a-z0-9])" if _WORD.match(piece[-1]) else ""
        found = list(re.finditer(f"{before}{re.escape(piece)}{after}", folded))
        if found:
            return _put(old, *found[-1].span(), right)
    return None


def _put(old: str, start: int, end: int, right: str) -> str:
    """The new piece in its place: what only one of the two names beside it (478号, 487; apt 13, 12) stands once."""
    number = re.match(r"[A-Za-z]?\d+", old[start:end])
    if number and re.fullmatch(r"[A-Za-z]?\d+", right):
        end = start + number.end()
    lead = next((n for n in range(len(right) - 1, 0, -1) if fold(old[:start]).endswith(fold(right[:n]))), 0)
    right = right[lead:]
    tail = re.sub(r"^[A-Za-z]?\d+", "", right)
    if tail != right and tail and old.startswith(tail, end):
        right = right.removesuffix(tail)
    return old[:start] + right + old[end:]


def _parts(old: str, said: _Said) -> str | None:
    """An address with the parts that the text names by their kind, or with their unit, put right."""
    new = old
    for part in _data()["parts"]:
        for match in re.finditer(f"(?:{part['names']}){_data()['named']}", said.folded):
            new = _numbered(new, part["place"], said.piece(match, "new")[1])
    if new == old:
        for match in re.finditer(_data()["united"], said.folded):
            lead = re.split(r"[,，。;；!！\s]", said.folded[: match.start()])[-1]
            known = re.fullmatch(_data()["alone"], lead) or re.sub(_data()["trims"]["before"], "", lead) in fold(old)
            if known:  # 应该是世纪大道101号: of another street it is another address
                unit = match["unit"].replace("号", "号(?!楼|院|线)") if match["unit"] == "号" else match["unit"]
                new = _numbered(new, rf"(?P<n>[a-z]?\d+)(?=\s*{unit})", said.piece(match, "new")[1])
    return new if new != old else None


def _numbered(old: str, place: str, new: str) -> str:
    found = list(re.finditer(place, old, re.IGNORECASE))
    if not found:
        return old
    last = found[-1]
    start, end = last.span(str(last.lastgroup))
    return old[:start] + new + old[end:]


def _alone(old: str, said: _Said) -> str | None:
    """An address in which a number stands that a lone one must mean: its only one, or the one with the same digits."""
    alone = _data()["alone"]
    match = re.fullmatch(f"{alone}(?P<new>{_NUMBER.pattern}){alone}", said.folded)
    places = list(_NUMBER.finditer(fold(old)))
    if match is None or not places:
        return None
    meant = places if len(places) == 1 else [p for p in places if sorted(p[0]) == sorted(match["new"])]
    return old[: meant[0].start()] + match["new"] + old[meant[0].end() :] if len(meant) == 1 else None


@lru_cache(maxsize=1)
def _corrects() -> re.Pattern[str]:
    return re.compile("|".join(_data()["corrects"]))


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], ...]:
    data = _data()
    return tuple(re.compile(p.replace("{{x}}", data["x"]).replace("{{words}}", data["words"])) for p in data["pairs"])


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("amendments.yaml").read_text("utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return data
