"""What it costs to read a text: the graph's step `understand` alone, inside of real turns.

    python benchmarks/understanding.py [--json FILE] [--model FILE.gguf]

The texts are the single utterances and the dialogues of scenarios/, played once each, so that a dialogue's turn is
read against what was said before; every tenth is only played to warm up. Once by words alone and once with embeddings,
where the model for them is there.

With --model, also what the setting `understand_with_model` is worth with that model: texts that nothing was tuned to
(data/unsure.jsonl), read by code alone and with the model where code is unsure, and how long its calls take.
"""

import argparse
import gc
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path

import numpy as np

import asked
import options as option
import shopassist.engine.graph as wiring
from report import Figure, describe, embedding_folder, save, show
from sample import CLOCK, ROOT, settings_with_pages
from shopassist.evaluation.run import play
from shopassist.evaluation.sample import SampleAssistants, has
from shopassist.evaluation.scenario import Scenario, load
from shopassist.settings import load as settings_of

SLOWEST = 5  # texts that are named
WARM = 10  # every tenth scenario fills what is filled at its first use: modules, patterns, vectors of the examples

Readings = list[tuple[float, float, str]]
"""Seconds by the clock and of this thread's own work, and the text: on a busy machine the two part."""


@contextmanager
def timed() -> Iterator[Readings]:
    """Each reading while this is open; the graph is compiled anew around a watched step."""
    found: Readings = []
    step = wiring.understand

    @wraps(step)
    def watched(state, runtime):
        began, worked = time.perf_counter(), time.thread_time()
        try:
            return step(state, runtime)
        finally:
            found.append((time.perf_counter() - began, time.thread_time() - worked, state["text"]))

    wiring.understand = watched
    wiring.graph.cache_clear()
    try:
        yield found
    finally:
        wiring.understand = step
        wiring.graph.cache_clear()


def readings(scenarios: list[Scenario], assistants: SampleAssistants) -> Readings:
    """Play the scenarios; every `WARM`-th is played before the others and left out."""
    with timed() as found:
        for scenario in scenarios[::WARM]:
            play(scenario, assistants)
        found.clear()
        gc.collect()
        for number, scenario in enumerate(scenarios):
            if number % WARM:
                play(scenario, assistants)
    return found


def figures(name: str, found: Readings) -> list[Figure]:
    middle, high, highest = np.percentile([seconds * 1000 for seconds, _, _ in found], [50, 95, 99])
    worked = np.percentile([worked * 1000 for _, worked, _ in found], 99)
    return [
        Figure(f"{name}, p50", float(middle), "ms"),
        Figure(f"{name}, p95", float(high), "ms"),
        Figure(f"{name}, p99", float(highest), "ms", 20),
        Figure(f"{name}, p99 of the thread's own work", float(worked), "ms"),
        Figure(f"{name}, slowest", max(found)[0] * 1000, "ms"),
    ]


def measure(scenarios: list[Scenario], embeddings: Path | None, threads: int) -> Readings:
    """The readings on the sample shop's pages, by words alone without embeddings."""
    with tempfile.TemporaryDirectory() as data:
        settings = settings_with_pages(Path(data), embeddings, threads)
        assistants = SampleAssistants(settings)
        try:
            return readings([s for s in scenarios if s.needs <= has(settings)], assistants)
        finally:
            assistants.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=option.count, default=2, help="of the embedding model")
    parser.add_argument("--model", type=option.file, help="a GGUF file, to ask it where code is unsure")
    parser.add_argument("--json", type=option.output, help="write the figures to this file")
    options = parser.parse_args()
    describe()
    folder = embedding_folder()
    print(f"embeddings: {folder.name}" if folder else "skipped: embeddings; no model (set SHOPASSIST_EMBEDDING_MODEL)")
    files = [ROOT / "scenarios/utterances.jsonl", *sorted((ROOT / "scenarios/dialogues").glob("*.yaml"))]
    scenarios = [scenario for file in files for scenario in load(file)]
    every: list[Figure] = []
    facts: dict[str, object] = {}
    for name, model in (("by words", None), ("with embeddings", folder)):
        if name == "by words" or model is not None:
            found = measure(scenarios, model, options.threads)
            every += figures(name, found)
            slowest = [f"{s * 1000:.1f} ms: {t[:60]}" for s, _, t in sorted(found, reverse=True)[:SLOWEST]]
            facts[name] = {"texts": len(found), "slowest": slowest}
            print(f"{name}: {len(found)} texts; the slowest:", *slowest, sep="\n  ")
    show("reading a text", every)
    if options.model:
        patient = {"model_first_token": asked.SECONDS, "model_next_token": asked.SECONDS}
        named = {"model": "embedded", "model_file": options.model, "threads": options.threads}
        figures_asked, facts["asked"] = asked.measure(settings_of(clock=CLOCK, embeddings="none", **named, **patient))
        show(f"where code is unsure: {options.model.stem}", figures_asked)
        every += figures_asked
    save(options.json, every, embeddings=folder.name if folder else None, **facts)


if __name__ == "__main__":
    main()
