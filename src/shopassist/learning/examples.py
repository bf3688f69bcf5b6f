"""Labelled messages of customers, in JSON lines.

A line is ``{"text": "…", "language": "zh", "wishes": [["cancel_order", "request"]], "mood": "neutral"}``; `wishes` has
an intent and an act for each thing that is wished, in the order of the text, none for an answer or a remark. A line
without `wishes` tells only of the mood, one without `mood` only of the wishes. `slots`, a mapping from a slot to what
the customer wrote for it, may be added. The lines of a file are one voice: what is measured on a voice is fitted
without it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, NoReturn, cast, get_args

from shopassist.dialogue import Act
from shopassist.errors import InputError
from shopassist.language.catalogue import ACTS, LANGUAGES, Catalogue
from shopassist.replies import Mood

MOODS: tuple[Mood, ...] = get_args(Mood)
_KEYS = {"text", "language", "wishes", "mood", "slots"}
UNCHECKED = "check"
"""The key of a line that `shopassist review` wrote and nobody has looked at: what it says was only guessed."""


@dataclass(frozen=True, slots=True)
class Example:
    """One message, and what it wishes: pairs of an intent and an act. `voice` is the file that it stands in.

    Of an example with `mood_alone` nobody has told what it wishes, of one with `wishes_alone` not its mood.
    """

    text: str
    language: str
    wishes: tuple[tuple[str, Act], ...] = ()
    mood: Mood = "neutral"
    slots: Mapping[str, Sequence[str]] = field(default_factory=dict)
    voice: str = ""
    mood_alone: bool = False
    wishes_alone: bool = False


def read(files: Sequence[Path], catalogue: Catalogue) -> list[Example]:
    """The examples of files, and of the files in folders. Raises `InputError` naming file and line."""
    found: list[Example] = []
    seen: dict[tuple[str, str], str] = {}
    for file in [f for path in files for f in (sorted(path.glob("*.jsonl")) if path.is_dir() else [path])]:
        for place, line in _lines(file):
            example = _example(place, line, file.stem, catalogue)
            before = seen.setdefault((example.text, example.language), place)
            if before != place:
                raise InputError(f"{place}: the same text stands at {before}; keep one of them")
            found.append(example)
    if not found:
        raise InputError(f"no examples in {', '.join(map(str, files))}; a line of a .jsonl file is one message")
    return found


def with_built_in(files: Sequence[Path], catalogue: Catalogue) -> list[Example]:
    """The built-in examples and those of files, which are right where both have the same text. Raises `InputError`."""
    with resources.as_file(resources.files("shopassist.learning").joinpath("messages")) as folder:
        built_in = read([folder], catalogue)
    own = read(files, catalogue) if files else []
    told = {(e.text, e.language) for e in own if not e.mood_alone}
    return [*(e for e in built_in if (e.text, e.language) not in told), *own]


def of_catalogue(catalogue: Catalogue) -> list[Example]:
    """The examples of the catalogue itself, whose acts nobody has told: each wishes its intent."""
    return [
        Example(text, language, ((intent.name, "request"),))
        for intent in catalogue
        for language in LANGUAGES
        for text in intent.examples.get(language, ())
    ]


def _lines(file: Path) -> Iterator[tuple[str, str]]:
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read ({error})") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield f"{file}:{number}", line


def _example(place: str, line: str, voice: str, catalogue: Catalogue) -> Example:
    def fail(reason: str) -> NoReturn:
        raise InputError(f"{place}: {reason}")

    try:
        told: Any = json.loads(line)
    except ValueError as error:
        fail(f"no JSON ({error})")
    if not isinstance(told, dict) or not isinstance(told.get("text"), str) or not told["text"].strip():
        fail("expected an object with a `text`")
    if UNCHECKED in told:
        fail(f"nobody has looked at this line yet: put `wishes` right, then take `{UNCHECKED}` out")
    if unknown := set(told) - _KEYS:
        fail(f"unknown key {min(unknown)!r}; the keys are {', '.join(sorted(_KEYS))}")
    if told.get("language") not in LANGUAGES:
        fail(f"`language` is one of {', '.join(LANGUAGES)}")
    if not {"wishes", "mood"} & set(told):
        fail("expected `wishes`, `mood` or both")
    if told.get("mood", "neutral") not in MOODS:
        fail(f"`mood` is one of {', '.join(MOODS)}")
    wishes = told.get("wishes", [])
    for wish in wishes if isinstance(wishes, list) else fail("`wishes` is a list"):
        if not isinstance(wish, list) or len(wish) != 2:
            fail(f"a wish is an intent and an act, got {wish!r}")
        if wish[0] not in catalogue.intents:
            fail(f"no intent is called {wish[0]!r}")
        if wish[1] not in ACTS:
            fail(f"{wish[1]!r} is no act; the acts are {', '.join(ACTS)}")
    slots = told.get("slots", {})
    for name, values in slots.items() if isinstance(slots, dict) else fail("`slots` is a mapping"):
        if not isinstance(values, list) or not all(isinstance(v, str) and v in told["text"] for v in values):
            fail(f"the values of {name!r} must stand in the text as they are")
    pairs = tuple((str(intent), cast("Act", act)) for intent, act in wishes)
    mood = told.get("mood", "neutral")
    return Example(
        told["text"],
        told["language"],
        pairs,
        mood,
        slots,
        voice,
        mood_alone="wishes" not in told,
        wishes_alone="mood" not in told,
    )
