"""Whether a text in Latin letters is in another language than English."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

import yaml

from shopassist.text import fold

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def foreign(text: str) -> bool:
    """Whether function words of French, Spanish, German, Italian or Portuguese prevail over English ones.

    Two different ones at least: a product's name may hold one.
    """
    english, others = _words()
    words = set(_WORD.findall(fold(text)))
    return len(words & others) >= 2 and len(words & others) > len(words & english)


@lru_cache(maxsize=1)
def _words() -> tuple[frozenset[str], frozenset[str]]:
    data = yaml.safe_load(resources.files(__package__).joinpath("foreign.yaml").read_text("utf-8"))
    return frozenset(map(str, data["english"])), frozenset(map(str, data["others"]))
