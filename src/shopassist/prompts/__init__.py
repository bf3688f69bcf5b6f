"""Every sentence of a prompt or an answer, by language, in files beside this one.

``persona.txt`` and ``examples.yaml`` are the static front of the prompt, ``prompt.yaml`` what stands around the
question, ``points.yaml`` the sentences that code says, ``checks.yaml`` the words by which a claim is known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from shopassist.replies import Language
from shopassist.settings import Settings
from shopassist.yaml_text import load_yaml


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language."""

    language: Language
    persona: str
    examples: tuple[tuple[str, str], ...]
    moods: dict[str, str]
    question: str
    evidence: str
    known: str
    comma: str
    again: dict[str, str]
    polite: str


@lru_cache(maxsize=2)
def texts(language: Language) -> Texts:
    """The texts of a language, read once."""
    folder = resources.files(__package__).joinpath(language)
    prompt = load_yaml(folder.joinpath("prompt.yaml").read_text("utf-8"))
    checks = load_yaml(folder.joinpath("checks.yaml").read_text("utf-8"))
    examples = load_yaml(folder.joinpath("examples.yaml").read_text("utf-8"))
    return Texts(
        language=language,
        persona=folder.joinpath("persona.txt").read_text("utf-8").strip(),
        examples=tuple((_question(prompt, e["evidence"], e["question"]), e["answer"]) for e in examples),
        moods=prompt["moods"],
        question=prompt["question"],
        evidence=prompt["evidence"],
        known=prompt["known"],
        comma=prompt["comma"],
        again=prompt["again"],
        polite=checks["polite"],
    )


@dataclass(frozen=True, slots=True, eq=False)
class Claims:
    """What a sentence must not claim, as patterns on folded text; see ``checks.yaml``.

    Those of a language are made once and are known by identity, as keys of what is remembered of a page.
    """

    deeds: re.Pattern[str]
    supposed: re.Pattern[str]
    opposed: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]
    sides: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]
    denies: re.Pattern[str]
    negated: re.Pattern[str]
    modal: re.Pattern[str]
    things: frozenset[str]


@lru_cache(maxsize=16)
def claims(language: Language, assistant: str) -> Claims:
    """The claims of a language, for an assistant of this name."""
    data = load_yaml(resources.files(__package__).joinpath(language, "checks.yaml").read_text("utf-8"))

    def pattern(text: str) -> re.Pattern[str]:
        return re.compile(text.replace("{verbs}", data["verbs"]).replace("{assistant}", re.escape(assistant.lower())))

    return Claims(
        pattern("|".join(f"(?:{p})" for p in data["deeds"])),
        pattern(data["supposed"]),
        tuple((pattern(a), pattern(b)) for a, b in data["opposed"]),
        tuple((pattern(a), pattern(b)) for a, b in data["sides"]),
        pattern(data["denies"]),
        pattern(data["negated"]),
        pattern(data["modal"]),
        frozenset(data["things"].split()),
    )


def names(settings: Settings, words: Texts) -> dict[str, str]:
    """The shop's and the assistant's name in a language."""
    if words.language == "zh":
        return {"shop": settings.shop_name, "assistant": settings.assistant_name}
    return {"shop": settings.shop_name_en, "assistant": settings.assistant_name_en}


def _question(prompt: dict[str, str], evidence: str, question: str) -> str:
    title, _, text = evidence.partition("\n")
    return prompt["question"].format(
        evidence=prompt["evidence"].format(title=title, text=text.strip()), question=question
    )
