"""Known questions: `probes.yaml` says which page each must find, and an index that no longer finds it is not used.

::

    - question: 双十一买的东西多久能退
      document: returns            # its id; of a list, one of them
      day: 2024-11-05              # on which the pages must hold; today if not given
      language: zh                 # told from the question if not given
      within: 3                    # among so many documents; 3 if not given
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from shopassist.errors import DocumentError
from shopassist.protocols import Knowledge
from shopassist.text import language_of
from shopassist.yaml_text import load_yaml

FILE = "probes.yaml"
WITHIN = 3
PASSAGES = 8
"""So many passages are asked for each document that may be found: a page has several."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A question and the documents of which one must be found among the first `within`."""

    question: str
    documents: tuple[str, ...]
    language: str
    day: date | None = None
    within: int = WITHIN


@dataclass(frozen=True, slots=True)
class Fallen:
    """A known question that does not find its document; `found` are the ids that it finds instead, best first."""

    question: str
    language: str
    day: date
    expected: tuple[str, ...]
    found: tuple[str, ...]

    def __str__(self) -> str:
        instead = ", ".join(self.found) or "nothing"
        return (
            f"“{self.question}” ({self.language}, {self.day}): {' or '.join(self.expected)} expected, {instead} found"
        )


def places(named: Path | None, roots: Sequence[str]) -> list[Path]:
    """The files with known questions: the one that is named, else those at the roots. Raises `DocumentError`."""
    if named is not None:
        if not named.is_file():
            raise DocumentError(f"{named}, which the setting `probes_file` names, is not there")
        return [named]
    return [file for root in roots if (file := Path(root) / FILE).is_file()]


def read(files: Sequence[Path]) -> list[Probe]:
    """The known questions of these files. Raises `DocumentError` that names the file, the entry and what is wrong."""
    found = []
    for file in files:
        try:
            entries = load_yaml(file.read_text("utf-8")) or []
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise DocumentError(f"{file}: {str(error).splitlines()[0]}") from error
        if not isinstance(entries, list):
            raise DocumentError(f"{file}: a list of questions is needed")
        for number, entry in enumerate(entries, start=1):
            try:
                found.append(_probe(entry))
            except (ValueError, TypeError, KeyError) as error:
                raise DocumentError(f"{file}: question {number}: {error}") from error
    return found


def fallen(knowledge: Knowledge, probes: Sequence[Probe], today: date) -> list[Fallen]:
    """Which of the questions do not find their documents. Raises `KnowledgeError`."""
    missed = []
    for probe in probes:
        day = probe.day or today
        passages = knowledge.search(
            probe.question, language=probe.language, valid_on=day, limit=probe.within * PASSAGES
        )
        found = tuple(dict.fromkeys(p.document for p in passages))[: probe.within]
        if not set(found) & set(probe.documents):
            missed.append(Fallen(probe.question, probe.language, day, probe.documents, found))
    return missed


def _probe(entry: Any) -> Probe:
    if not isinstance(entry, dict):
        raise TypeError("`question` and `document` are needed")
    if strange := entry.keys() - {"question", "document", "language", "day", "within"}:
        raise ValueError(f"there is no field `{min(map(str, strange))}`")
    question, document = entry.get("question"), entry.get("document")
    if not (isinstance(question, str) and question.strip()):
        raise ValueError("`question` is needed, a text")
    named = document if isinstance(document, list) else [document]
    documents = tuple(d for d in named if isinstance(d, str) and d)
    if not documents or len(documents) < len(named):
        raise ValueError("`document` is needed, the id of a page or a list of ids")
    told = language_of(question)
    language = entry.get("language", told if told in ("zh", "en") else "zh")
    if language not in ("zh", "en"):
        raise ValueError("`language` is zh or en")
    day, within = entry.get("day"), entry.get("within", WITHIN)
    if day is not None and type(day) is not date:  # a datetime is a date, too
        raise ValueError("`day` is a day such as 2024-11-05")
    if isinstance(within, bool) or not isinstance(within, int) or not 1 <= within <= 20:
        raise ValueError("`within` is a number from 1 to 20")
    return Probe(question, documents, language, day, within)
