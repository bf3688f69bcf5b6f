"""Prints every regular expression that the package compiles, as JSON: pattern, flags and the places that it comes from.

Run in a process of its own, `re` is watched from the first import on, while all modules are imported, the loaders of
rules are called and dialogues are played.
"""

import importlib
import json
import pkgutil
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIALOGUES = sorted((ROOT / "scenarios" / "dialogues").glob("*.yaml"))
found = {}
compiled = re._compile


def watched(pattern, flags):
    """What stands in for the one door of `re` that compile, search and sub go through."""
    made = compiled(pattern, flags)
    asking = sys._getframe(2)
    module = asking.f_globals.get("__name__", "")
    if module.split(".")[0] == "shopassist" and isinstance(made.pattern, str):
        found.setdefault((made.pattern, made.flags), set()).add((module, asking.f_lineno))
    return made


def import_all():
    import django
    from django.conf import settings

    import shopassist

    names = ("auth", "contenttypes", "messages", "admin")
    apps = [*(f"django.contrib.{name}" for name in names), "shopassist.contrib.django"]
    settings.configure(INSTALLED_APPS=apps)
    django.setup()
    for module in pkgutil.walk_packages(shopassist.__path__, "shopassist."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def load_rules():
    """The loaders that a dialogue may pass by: by language, by section and by deed."""
    from shopassist.language import acts, answer_grammar, catalogue, mood, slots, spots, states
    from shopassist.learning import corrected
    from shopassist.prompts import claims
    from shopassist.testing.seed import sample_terms

    for name in ("acts", "alarms", "ellipsis", "giving_up", "parts", "provisos", "references", "segments"):
        for language in ("zh", "en"):
            importlib.import_module(f"shopassist.language.{name}")._rules(language)
    for language in ("zh", "en"):
        acts._leave(language)
        claims(language, "Xiaozhi")
        for rule in ("supposed", "rule"):
            states._rules(language, rule)
    for section, entries in spots.data().items():
        if section != "labels" and isinstance(entries, dict):
            spots._patterns(section)
    for name, values in spots.data()["labels"].items():
        if all(isinstance(words, str) for words in values.values()):
            slots._labels(name)
    for deed in {route.write for intent in catalogue.Catalogue.load() for route in intent.routes.values()}:
        answer_grammar.lexicon(deed, closing=True)
    corrected._rules()
    mood._lexicon()
    sample_terms()


def play():
    """The project's dialogues and utterances, without a model, on pages searched by words."""
    from shopassist.evaluation import sample
    from shopassist.evaluation.run import run
    from shopassist.evaluation.scenario import built_in, load
    from shopassist.knowledge.ingest import ingest
    from shopassist.settings import load as settings

    with tempfile.TemporaryDirectory() as folder:
        chosen = settings(data_dir=folder, model="none", embeddings="none")
        ingest([ROOT / "knowledge"], chosen.index_dir, None)
        there = sample.has(chosen)
        scenarios = [s for file in DIALOGUES for s in load(file, built_in()) if s.needs <= there]
        run(scenarios, sample.SampleAssistants(chosen))


if __name__ == "__main__":
    re._compile = watched
    import_all()
    load_rules()
    play()
    sys.stdout.write(json.dumps([(p, f, sorted(places)) for (p, f), places in found.items()]))
