"""Messages that wish nothing by themselves: 好烦啊, 都两天了, 可以吗."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

import yaml

from shopassist.language.spelling import plain

Remark = Literal["feeling", "waiting", "urging", "leave"]

_FIRST: tuple[Remark, ...] = ("urging", "waiting", "feeling", "leave")


def remark(text: str) -> Remark | None:
    """The kind of remark that a message is made of, None if it says anything else; impatience prevails over feeling."""
    particles, kinds = _patterns()
    rest, found = plain(text), set[Remark]()
    for kind, pattern in kinds.items():
        rest, count = pattern.subn(" ", rest)
        if count:
            found.add(kind)
    if not found or particles.sub("", rest) or ("leave" in found and len(found) > 1):
        return None
    return next(kind for kind in _FIRST if kind in found)


def hurries(text: str) -> bool:
    """Whether a message only hurries us, and agrees to nothing: 搞快点, but not 嗯，快点."""
    return remark(text) == "urging" and not re.match(_data()["agrees"], plain(text))


def awaits(text: str) -> bool:
    """Whether a message only asks where the person is who is waited for, or hurries: 人呢, 还有多久, hurry up."""
    particles, kinds = _patterns()
    rest, found = plain(text), 0
    for pattern in (_awaited(), kinds["urging"]):
        rest, count = pattern.subn(" ", rest)
        found += count
    for pattern in (kinds["feeling"], kinds["waiting"]):
        rest = pattern.sub(" ", rest)
    return bool(found) and not particles.sub("", rest)


@lru_cache(maxsize=1)
def _awaited() -> re.Pattern[str]:
    return re.compile("|".join(_data()["awaited"]))


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    return dict(yaml.safe_load(resources.files(__package__).joinpath("remarks.yaml").read_text("utf-8")))


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], dict[Remark, re.Pattern[str]]]:
    data = _data()
    kinds: dict[Remark, re.Pattern[str]] = {k: re.compile("|".join(v)) for k, v in data["kinds"].items()}
    return re.compile(data["particles"]), kinds
