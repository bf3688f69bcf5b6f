"""How little a message says besides its values, and whether it points to what was said before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources

import yaml

from shopassist.language.slots import Found
from shopassist.language.spelling import plain
from shopassist.text import content

_SPEAKS = re.compile(r"[取退换改催修开撤买发寄送查问付]")
"""One character that is a verb of its own: 退ORD20241130005 is no bare number."""


def pointing_back(text: str, language: str) -> bool:
    """Whether the message points to what was said before: 也改成这个地址."""
    return bool(_rules(language)["back"].search(plain(text)))


def supposing(text: str, language: str) -> bool:
    """Whether a message only adds a condition to what was asked before (要是质量问题呢)."""
    return bool(_rules(language)["supposing"].search(plain(text).strip()))


def asks_other(text: str, language: str) -> bool:
    """Whether a message asks what another thing or deed would come to: 那退货呢."""
    return bool(_rules(language)["other"].search(plain(text).strip()))


def asks_leave(text: str, language: str) -> bool:
    """Whether a message only asks if the same can be done: 键盘可以吗."""
    return bool(_rules(language)["leave"].search(plain(text).strip()))


def asks_stock(text: str, language: str) -> bool:
    """Whether a message asks if there is such a thing: 手表有玫瑰金的吗."""
    return bool(_rules(language)["stock"].search(plain(text).strip()))


def only_values(text: str, language: str, found: Sequence[Found]) -> bool:
    """Whether a message is nothing but values: 那白色的呢, 003那单呢, and the red one."""
    rest = text
    for one in sorted(found, key=lambda f: -f.span[0]):
        rest = rest[: one.span[0]] + " " + rest[one.span[1] :]
    rules = _rules(language)
    rest = rules["order"].sub(" ", rules["filler"].sub(" ", plain(rest).strip()))
    return not content(rest) and not _SPEAKS.search(rest)


@lru_cache(maxsize=2)
def _rules(language: str) -> dict[str, re.Pattern[str]]:
    data = yaml.safe_load(resources.files(__package__).joinpath("ellipsis.yaml").read_text("utf-8"))
    return {name: re.compile(pattern) for name, pattern in data[language].items()}
