"""Whether a message asks anything, or is only a greeting, thanks, a yes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources

import yaml

from shopassist.language.spelling import plain
from shopassist.text import fold

KINDS = ("human", "repeat", "decline", "thanks", "goodbye", "greeting", "identity", "remark", "acknowledge")


def small_talk(text: str, names: Sequence[str] = ()) -> str | None:
    """The kind of small talk that a message is made of, or None if it says anything else.

    `names` are what the assistant is called. Of several kinds in one message the first in `KINDS` names it: 好的谢谢 is
    thanks.
    """
    rest = plain(text)
    for name in filter(None, map(fold, names)):
        rest = rest.replace(name, " ")
    return _kind(rest)


@lru_cache(maxsize=4096)
def _kind(rest: str) -> str | None:
    particles, kinds = _patterns()
    found = set()
    for kind, pattern in kinds.items():
        rest, count = pattern.subn(" ", rest)
        if count:
            found.add(kind)
    if not found or particles.sub("", rest):
        return None
    return next(k for k in KINDS if k in found)


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], dict[str, re.Pattern[str]]]:
    data = yaml.safe_load(resources.files(__package__).joinpath("talk.yaml").read_text("utf-8"))
    # A Latin phrase counts as whole words only: "hi" is not in "white".
    kinds = {k: re.compile(rf"(?<![a-z])(?:{v})(?![a-z])") for k, v in data["kinds"].items()}
    return re.compile(data["particles"]), kinds
