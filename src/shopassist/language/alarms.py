"""Whether a message tells of danger or of the law: a person has to see it at once."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources
from typing import Literal

import yaml

from shopassist.language.spelling import plain

_CLAUSE = re.compile(r"[^,.!?。;…~\n]+[?]?")


def alarm(text: str, language: str) -> Literal["danger", "legal"] | None:
    """``danger`` (漏电, it caught fire) or ``legal`` (12315, my lawyer), or None; danger counts first.

    A question about a product (会不会漏电) and what is only supposed tell of no danger.
    """
    rules = _rules(language)
    clauses = [m[0] for m in _CLAUSE.finditer(plain(text).replace("，", ","))]
    for clause in clauses:
        if rules["danger"].search(clause) and not (rules["asked"].search(clause) or rules["supposed"].search(clause)):
            return "danger"
    return "legal" if any(rules["legal"].search(clause) for clause in clauses) else None


@lru_cache(maxsize=2)
def _rules(language: str) -> dict[str, re.Pattern[str]]:
    data = yaml.safe_load(resources.files(__package__).joinpath("alarms.yaml").read_text("utf-8"))[language]
    return {name: re.compile(pattern.replace("{danger}", data["danger"])) for name, pattern in data.items()}
