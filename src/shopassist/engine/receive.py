"""Bound the text, clean it, and tell its language."""

from __future__ import annotations

import re
from typing import cast

from langgraph.runtime import Runtime

from shopassist.engine.state import Ports, Turn
from shopassist.language.foreign import foreign
from shopassist.language.spelling import has_pinyin
from shopassist.language.talk import small_talk
from shopassist.replies import Language
from shopassist.text import clean, language_of
from shopassist.vault import PLACEHOLDER

_WORD = re.compile(r"[A-Za-z0-9]+(?:['-][A-Za-z0-9]+)*")


def receive(state: Turn, runtime: Runtime[Ports]) -> Turn:
    """Join the messages of the burst, in which placeholders stand for personal data since they came in.

    Nothing is dropped but what cannot be shown. A text is not `readable` where it is in a third language.
    """
    ports = runtime.context
    text = "\n".join(filter(None, (clean(t).strip() for t in ports.raw)))
    told = language_of(PLACEHOLDER.sub(" ", text))
    if told == "en" and has_pinyin(text):
        told = "zh"
    language: Language = ports.memory.language or ports.settings.language
    if told in ("zh", "en") and not (told == "en" and ports.memory.language == "zh" and _says_little(text)):
        language = cast("Language", told)
    return {
        "text": text,
        "language": language,
        "readable": told != "other" and not (told == "en" and foreign(text)),
        "sentences": (),
        "citations": (),
        "rejected": (),
        "known": {},
        "rounds": 0,
        "settled": None,
        "reads": (),
        "outcomes": (),
        "hot": None,
        "recalled": None,
        "looked": (),
        "page": None,
        "evidence": (),
    }


def _says_little(text: str) -> bool:
    """Whether a text has no word beside codes, or is but an ok or a what?: who wrote Chinese goes on in Chinese."""
    words = [w for w in _WORD.findall(PLACEHOLDER.sub(" ", text)) if not any(c.isdigit() for c in w)]
    kind = small_talk(text)
    return not words or kind == "repeat" or (len(words) == 1 and kind is not None)
