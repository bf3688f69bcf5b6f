"""Whether a model helps where code is unsure what is wanted: texts that nothing was tuned to, read with and without."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from report import Figure
from sample import CUSTOMER
from shopassist.engine.receive import receive
from shopassist.engine.state import Memory, Ports
from shopassist.engine.understand import understand
from shopassist.language.catalogue import Catalogue
from shopassist.language.intents import Classifier
from shopassist.models.routing import choose
from shopassist.models.writer import Writer
from shopassist.settings import Settings
from shopassist.tools import Toolbox
from shopassist.vault import Vault

TEXTS = Path(__file__).parent / "data/unsure.jsonl"
"""A text a line, and the intents that are right for it; ``pages`` stands for no wish: the pages are asked."""

SECONDS = 300.0
"""What a turn's model may take here: slow machines measure too."""


@dataclass
class Reading:
    """One text as it was read; `seconds` of the model's call, None where it was not asked."""

    text: str
    wishes: list[str]
    right: bool
    seconds: float | None = None

    @property
    def none(self) -> bool:
        return self.wishes == ["pages"]


def read(line: dict, settings: Settings, classifier: Classifier, writer: Writer | None) -> Reading:
    ports = Ports(
        settings=settings,
        now=settings.now(),
        customer=CUSTOMER,
        memory=Memory(),
        conversation="c",
        turn=1,
        raw=(line["text"],),
        items=(),
        vault=Vault(),
        catalogue=classifier.catalogue,
        classifier=classifier,
        texts=None,
        toolbox=Toolbox(()),
        hand_off=lambda reason, summary: "H-1",
        knowledge=None,
        writer=writer,
        who="a customer",
        warm_at="0",
        began=0.0,
        deadline=time.monotonic() + SECONDS,
    )
    runtime = SimpleNamespace(context=ports)
    state = receive({}, runtime)
    began = time.perf_counter()
    heard = understand(state, runtime)["heard"]
    seconds = time.perf_counter() - began
    names = {w.intent for w in heard.wishes} or {"pages"}
    told = [f"{w.intent}/{w.act}" + "".join(f" {n}={s[0].value}" for n, s in w.slots.items()) for w in heard.wishes]
    right = len(names) == 1 and names <= set(line["intents"])
    return Reading(line["text"], told or ["pages"], right, seconds if ports.spent.calls else None)


def told(reading: Reading) -> Reading:
    """Print a reading that took the model, as it comes."""
    if reading.seconds is not None:
        print(
            f"  {'right' if reading.right else 'WRONG'} {reading.seconds:5.1f} s  {reading.text}: {reading.wishes}",
            flush=True,
        )
    return reading


def measure(settings: Settings) -> tuple[list[Figure], dict]:
    """Read every text by code alone, then with the model that the settings name."""
    lines = [json.loads(line) for line in TEXTS.read_text("utf-8").splitlines()]
    classifier = Classifier(Catalogue.load())
    settings = settings.model_copy(update={"understand_with_model": True})
    writer = choose(settings).writer(settings)
    try:
        alone = [read(line, settings, classifier, None) for line in lines]
        asked = [told(read(line, settings, classifier, writer)) for line in lines]
    finally:
        writer.close()
    pairs = [(a, b) for a, b in zip(alone, asked, strict=True) if b.seconds is not None]
    times = sorted(b.seconds for _, b in pairs)
    figures = [
        Figure("texts", len(lines), ""),
        Figure("asked about", len(pairs), ""),
        Figure("right by code alone", sum(a.right for a in alone), ""),
        Figure("right with the model", sum(b.right for b in asked), ""),
        Figure("made right", sum(b.right and not a.right for a, b in pairs), ""),
        Figure("made wrong", sum(a.right and not b.right for a, b in pairs), ""),
        Figure("a wrong wish in place of none", sum(not b.right and a.none and not b.none for a, b in pairs), ""),
        Figure("a call, first", next(b.seconds for _, b in pairs), "s"),
        Figure("a call, median", times[len(times) // 2], "s"),
    ]
    return figures, {"model": writer.name, "readings": [vars(b) for b in asked]}
