"""A language model in this process, asked for labels with a schema and shown no example."""

import json
import statistics
import time
from pathlib import Path

from langchain_core.messages import HumanMessage, SystemMessage

from corpora import Labelled
from guessers import Guesses
from shopassist.models.embedded import EmbeddedChat

MOST = 6
"""Labels that an answer may have."""
TOKENS = 160
SECONDS = 300.0
"""What a token may take: slow machines measure too."""


class Prompted:
    """Labels by a GGUF file; `seconds` are those of each text that was asked last."""

    def __init__(self, file: Path, threads: int) -> None:
        self._model = EmbeddedChat(file=file, max_tokens=TOKENS, threads=threads, timeout=SECONDS)
        self.name = file.stem
        self.seconds: list[float] = []

    def close(self) -> None:
        self._model.close()

    def guesses(self, known: Labelled, left: Labelled) -> Guesses:
        """The examples give no more than the names of the labels."""
        names = sorted(set(known.labels) if known.single else frozenset().union(*known.labels))
        count = "exactly one label" if known.single else "every label that holds, none that does not"
        front = SystemMessage(f"Give the customer's text {count}. Answer in JSON. The labels: {', '.join(names)}")
        options = self._model.structured(schema(names, known.single), TOKENS)
        self._model.invoke([front, HumanMessage(left.texts[0])], **options)  # reads the front, once for all texts
        self.seconds, found = [], []
        for text in left.texts:
            began = time.perf_counter()
            found.append(read(self._model.invoke([front, HumanMessage(text)], **options).text))
            self.seconds.append(time.perf_counter() - began)
        return found

    def median(self) -> float:
        return statistics.median(self.seconds)


def schema(names: list[str], single: bool) -> dict:
    most = 1 if single else MOST
    labels = {"type": "array", "items": {"enum": names}, "minItems": int(single), "maxItems": most}
    return {"type": "object", "properties": {"labels": labels}, "required": ["labels"], "additionalProperties": False}


def read(answer: str) -> frozenset[str]:
    """The labels of an answer; none of one that was cut."""
    try:
        return frozenset(json.loads(answer)["labels"])
    except ValueError:
        return frozenset()
