"""The shop's own words from the model `AnswerTemplate`, over the built-in ones and those of a file."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

import yaml
from django.db.models import F, Q
from django.utils.translation import gettext as _

from shopassist.contrib.django import models
from shopassist.contrib.django.conf import on_reset
from shopassist.contrib.django.connection import reading
from shopassist.errors import ConfigurationError, StorageError
from shopassist.prompts.points import LANGUAGES, Points, Words, points
from shopassist.prompts.points_file import Section, merged, section
from shopassist.prompts.template import read
from shopassist.replies import Language
from shopassist.settings import Settings

log = logging.getLogger(__name__)

SECONDS = 10.0
"""How long a process goes on with texts that may have been changed."""

NAMES = ("shop", "assistant")
"""The fields that an answer to a question may have."""


@lru_cache(maxsize=1)
def _settings() -> Settings:
    from shopassist.contrib.django.assistant import engine_settings

    return engine_settings()


on_reset.append(_settings.cache_clear)


def today() -> date:
    """The day in the shop's timezone."""
    return _settings().now().date()


def said(day: date) -> list[models.AnswerTemplate]:
    """The templates that are said on a day; of several for one sentence the last in the list speaks."""
    with reading() as db:
        rows = models.AnswerTemplate.objects.using(db).filter(active=True, approved__isnull=False)
        rows = rows.filter(Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gte=day))
        return list(rows.order_by(F("valid_from").asc(nulls_first=True), "approved", "pk"))


def mistakes(template: models.AnswerTemplate) -> dict[str, str]:
    """By field, why the assistant could not say a template; empty where it could, but for a text that lacks still."""
    wrong: dict[str, str] = {}
    if template.valid_from and template.valid_to and template.valid_to < template.valid_from:
        wrong["valid_to"] = _("The last day lies before the first one.")
    if template.kind == models.TemplateKind.ANSWER:
        return wrong | _mistakes_of_answer(template)
    if not template.name.strip():
        wrong["name"] = _("A sentence needs the name of what it says, such as cancel_order.")
    if not template.text.strip():
        wrong["text"] = _("A sentence is missing.")
    if not wrong and template.language in LANGUAGES:
        try:
            merged(points().languages[template.language].section, section_of([template])).checked()
        except ConfigurationError as error:
            wrong["text"] = str(error)
    return wrong


def _mistakes_of_answer(template: models.AnswerTemplate) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not template.questions:
        wrong["question"] = _("The answer to a question needs the question.")
    try:
        paths = {path for field in read(template.text).fields() for path in field.paths}
    except ValueError as error:
        return {**wrong, "text": str(error)}
    if paths - {*NAMES}:
        wrong["text"] = _("The answer to a question has the fields {shop} and {assistant} alone.")
    return wrong


def section_of(templates: Iterable[models.AnswerTemplate]) -> Section:
    """Templates of one language as the engine takes them. Raises `ConfigurationError` that names the template."""
    kinds: dict[str, dict[str, Any]] = {}
    for template in templates:
        forms = [line.strip() for line in template.text.splitlines() if line.strip()]
        kinds.setdefault(template.kind, {})[template.name] = forms
    return section("template", yaml.safe_dump(kinds, allow_unicode=True))


def with_templates(below: Points, day: Callable[[], date] = today) -> Points:
    """Texts that follow the model's rows, ten seconds later at most. `day` gives the shop's day."""
    return Points(_Live(below.languages, day))


class _Live(Mapping[Language, Words]):
    """The words by language, read anew where a row has changed."""

    def __init__(self, below: Mapping[Language, Words], day: Callable[[], date]) -> None:
        self._below, self._now, self._read, self._day = below, dict(below), float("-inf"), day

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
        rows = [row for row in said(self._day()) if row.kind != models.TemplateKind.ANSWER]
        for language in LANGUAGES:
            below = self._below[language]
            own = section_of(row for row in rows if row.language == language)
            yield language, replace(below, section=merged(below.section, own).checked())
