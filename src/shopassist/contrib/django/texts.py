"""The shop's own words from the model `AnswerTemplate`, over the built-in ones and those of a file."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import yaml

from shopassist.contrib.django import models
from shopassist.contrib.django.connection import reading
from shopassist.errors import ConfigurationError, StorageError
from shopassist.prompts.points import LANGUAGES, Points, Words
from shopassist.prompts.points_file import Section, merged, section
from shopassist.replies import Language

log = logging.getLogger(__name__)

SECONDS = 10.0
"""How long a process goes on with texts that may have been changed."""


def section_of(templates: Iterable[models.AnswerTemplate]) -> Section:
    """Templates of one language as the engine takes them. Raises `ConfigurationError` that names the template."""
    kinds: dict[str, dict[str, Any]] = {}
    for template in templates:
        forms = [line.strip() for line in template.text.splitlines() if line.strip()]
        kinds.setdefault(template.kind, {})[template.name] = forms
    return section("template", yaml.safe_dump(kinds, allow_unicode=True))


def with_templates(below: Points) -> Points:
    """Texts that follow the model's rows, ten seconds later at most."""
    return Points(_Live(below.languages))


class _Live(Mapping[Language, Words]):
    """The words by language, read anew where a row has changed."""

    def __init__(self, below: Mapping[Language, Words]) -> None:
        self._below, self._now, self._read = below, dict(below), float("-inf")

    def __getitem__(self, language: Language) -> Words:
        if time.monotonic() - self._read > SECONDS:
            self._read = time.monotonic()
            try:
                self._now = dict(self._joined())
            except (ConfigurationError, StorageError) as error:
                log.error("the answer templates cannot be used: %s", error)
        return self._now[language]

    def __iter__(self) -> Iterator[Language]:
        return iter(self._below)

    def __len__(self) -> int:
        return len(self._below)

    def _joined(self) -> Iterator[tuple[Language, Words]]:
        with reading() as db:
            rows = list(models.AnswerTemplate.objects.using(db).filter(active=True))
        for language in LANGUAGES:
            below = self._below[language]
            own = section_of(row for row in rows if row.language == language)
            yield language, replace(below, section=merged(below.section, own).checked())
