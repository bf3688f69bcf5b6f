"""Whether a customer gives a thing up without saying how: 键盘我不要了, I don't need the band any more."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

import yaml

from shopassist.language.spelling import plain


def gives_up(text: str, language: str) -> bool:
    """Whether something is not wanted any more, and no deed is named."""
    rules, folded = _rules(language), plain(text)
    return bool(rules["given_up"].search(folded)) and not rules["named"].search(folded)


@lru_cache(maxsize=2)
def _rules(language: str) -> dict[str, re.Pattern[str]]:
    data = yaml.safe_load(resources.files(__package__).joinpath("giving_up.yaml").read_text("utf-8"))
    return {name: re.compile(pattern) for name, pattern in data[language].items()}
