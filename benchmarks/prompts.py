"""How often a turn calls the model, and how long the prompt is then.

    python benchmarks/prompts.py [--gguf FILE] [--json FILE] [DIALOGUES ...]

All dialogues of scenarios/ are played with a model that says a sentence of its prompt. Tokens are counted with the
tokenizer of a GGUF file of Qwen2.5, in its chat format, else estimated. `the same front` is the persona and the
examples, which a model with a prefix cache reads once.
"""

import argparse
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

import options as option
from report import Figure, describe, embedding_folder, save, show
from sample import ROOT, QuotingModel, settings_with_pages
from shopassist.assembly import embeddings_from, knowledge_from, toolbox_from
from shopassist.assistant import Assistant
from shopassist.engine.prompt import front
from shopassist.errors import InputError
from shopassist.evaluation.run import Scene, play
from shopassist.evaluation.sample import SampleTalk, has
from shopassist.evaluation.scenario import Scenario, load
from shopassist.language.catalogue import Catalogue
from shopassist.language.intents import Classifier
from shopassist.prompts import texts
from shopassist.settings import Settings
from shopassist.storage.memory import MemoryStore
from shopassist.tools import MemoryLedger
from tokens import counter


class Watched(SampleTalk):
    """A conversation that notes the prompts of each of its turns."""

    def __init__(self, assistant: Assistant, scene: Scene, turns: list[list]) -> None:
        super().__init__(assistant, scene)
        self._model, self._turns = assistant.writer.model, turns

    def reply_to_cards(self, *arguments, **options):
        self._model.calls.clear()
        try:
            return super().reply_to_cards(*arguments, **options)
        finally:
            self._turns.append(list(self._model.calls))


def turns(scenarios: list[Scenario], settings: Settings) -> list[list]:
    """The prompts of each turn of all scenarios; a turn in which only a person at the desk acts is none."""
    vectors = embeddings_from(settings)
    knowledge, classifier = knowledge_from(settings, vectors), Classifier(Catalogue.load(), vectors)
    found: list[list] = []

    def make(scene: Scene) -> Watched:
        own = settings.model_copy(update={"clock": scene.clock(), "tool_timeout": None})
        talker = Assistant(
            settings=own,
            store=MemoryStore(),
            knowledge=knowledge,
            model=QuotingModel(),
            toolbox=toolbox_from(own, scene.shop, (), MemoryLedger()),
            classifier=classifier,
        )
        return Watched(talker, scene, found)

    for scenario in scenarios:
        play(scenario, make)
    return found


def figures(found: list[list], count, settings: Settings) -> list[Figure]:
    calls = [len(prompts) for prompts in found]
    lengths = [sum(map(count, prompts)) for prompts in found if prompts]
    middle, high = np.percentile(lengths, [50, 95]) if lengths else (0.0, 0.0)
    return [
        Figure("turns with no call or one", 100 * sum(n < 2 for n in calls) / len(calls), "%", 95, least=True),
        Figure("calls in a turn, most", max(calls), "", 2),
        Figure("turns that call the model", 100 * sum(n > 0 for n in calls) / len(calls), "%"),
        Figure("prompt of a turn that calls, p50", float(middle), "tokens", 700),
        Figure("prompt of a turn that calls, p95", float(high), "tokens"),
        Figure("prompt of a turn that calls, longest", max(lengths, default=0), "tokens"),
        Figure("  the same front, zh", count(front(settings, texts("zh"))), "tokens"),
        Figure("  the same front, en", count(front(settings, texts("en"))), "tokens"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dialogues", nargs="*", type=option.file, help="YAML files; those of scenarios/ if not given")
    parser.add_argument("--gguf", type=option.file, help="count tokens with the tokenizer of this model of Qwen2.5")
    parser.add_argument("--threads", type=option.count, default=2, help="of the embedding model")
    parser.add_argument("--json", type=option.output, help="write the figures to this file")
    options = parser.parse_args()
    files = options.dialogues or sorted((ROOT / "scenarios/dialogues").glob("*.yaml"))
    try:
        count, how = counter(options.gguf)
        scenarios = [scenario for file in files for scenario in load(file)]
    except (ValueError, InputError) as error:
        parser.error(str(error))
    describe()
    folder = embedding_folder()
    embedded = folder.name if folder else "none, search by words alone"
    print(f"embeddings: {embedded}; model: says a sentence of its prompt; tokens: {how}")
    with tempfile.TemporaryDirectory() as data:
        settings = settings_with_pages(Path(data), folder, options.threads)
        found = turns([s for s in scenarios if s.needs <= has(settings)], settings)
    shares = dict(sorted(Counter(map(len, found)).items()))
    print({"dialogues": len(scenarios), "turns": len(found), "turns_by_calls": shares})
    rows = figures(found, count, settings)
    show("prompts", rows)
    save(
        options.json, rows, embeddings=embedded, tokens=how, dialogues=len(scenarios), turns=len(found),
        turns_by_calls=shares,
    )  # fmt: skip


if __name__ == "__main__":
    main()
