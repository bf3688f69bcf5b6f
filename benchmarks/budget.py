"""Tokens counted before a prompt is sent, against the model's own tokenizer and the server's count.

    python benchmarks/budget.py --gguf FILE [--ollama URL --model NAME] [--texts 500] [--data FOLDER] [--json FILE]

Texts are Chinese, English, mixed and JSON in equal parts, drawn from the folder's .jsonl and .json files, else from
this tree's pages and dialogues. An estimate must never be too low. With --ollama the server counts 50 of them, each
in a prompt of a persona and the text, and must count what we do.
"""

import argparse
import json
import random
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from langchain_core.messages import HumanMessage, SystemMessage

import options as option
from report import Figure, describe, save, shared, show
from sample import ROOT
from shopassist.errors import ShopAssistError
from shopassist.models.gguf_tokenizer import tokenizer_of
from shopassist.models.routing import choose
from shopassist.models.tokens import Estimate, Tokenized
from shopassist.settings import load

KINDS = ("Chinese", "English", "mixed", "JSON")
LONGEST = 2000
SERVED, SERVED_CHARS = 50, 300
"""Texts that the server counts, and the most of each: it must read them."""

ENOUGH = 5
"""Tokens from which on a text's share says something: of one token, two are twice as many."""

_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]{2,}")


def drawn(folder: Path | None, count: int) -> dict[str, list[str]]:
    """So many texts in all, the same number of each kind, the same ones in every run."""
    found: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for text in _texts(folder):
        found[kind_of(text)].add(text[:LONGEST])
    chance = random.Random(5)
    share = count // len(KINDS)
    return {kind: chance.sample(sorted(texts), min(share, len(texts))) for kind, texts in found.items()}


def kind_of(text: str) -> str:
    if text[:1] in "{[":
        return "JSON"
    han, latin = len(_HAN.findall(text)), len(_LATIN.findall(text))
    return "mixed" if han and latin else "Chinese" if han else "English"


def _texts(folder: Path | None) -> Iterator[str]:
    if folder is None or not folder.is_dir():
        for path in sorted([*(ROOT / "knowledge").rglob("*.md"), *(ROOT / "scenarios").rglob("*.yaml")]):
            for line in path.read_text("utf-8").splitlines():
                if line.strip():
                    yield line.strip()
                    yield json.dumps({"text": line.strip()}, ensure_ascii=False)
        return
    for path in sorted([*folder.rglob("*.jsonl"), *folder.rglob("*.json")]):
        for line in path.read_text("utf-8").splitlines()[:2000]:
            if line.strip().startswith("{"):
                yield line.strip()
                yield from _strings(json.loads(line) if path.suffix == ".jsonl" else {})


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str) and value.strip():
        yield value.strip()
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def estimated(texts: dict[str, list[str]], counted: Tokenized) -> list[Figure]:
    """How far the estimate stands above the count."""
    rows, below, every = [], 0, []
    for kind, own in texts.items():
        pairs = [(Estimate().count(t), counted.count(t)) for t in own]
        below += sum(e < c for e, c in pairs)
        shares = [e / c - 1 for e, c in pairs if c >= ENOUGH]
        every += shares
        if shares:
            rows.append(Figure(f"{kind}, {len(own)} texts: above the count, mean", 100 * float(np.mean(shares)), "%"))
    return [
        Figure("estimates below the count", below, "texts", 0),
        Figure("all: above the count, mean", 100 * float(np.mean(every)), "%", 60),
        Figure("all: above the count, highest", 100 * max(every), "%"),
        *rows,
    ]


def served(texts: dict[str, list[str]], counted: Tokenized, url: str, model: str) -> list[Figure]:
    """How many of the server's counts are ours."""
    settings = load(model="ollama", ollama_url=url, ollama_model=model, max_tokens=16, model_first_token=600.0,
                    model_deadline=600.0, model_context=8192)  # fmt: skip
    writer = choose(settings).writer(settings)
    chosen = [t[:SERVED_CHARS] for n in range(SERVED) for kind in KINDS for t in texts[kind][n : n + 1]][:SERVED]
    same, off, low = 0, 0, 0
    for n, text in enumerate(chosen, start=1):
        prompt = [SystemMessage("你是网店的客服，只说一个字。"), HumanMessage(text)]
        writing = writer.write(prompt, deadline=time.monotonic() + 600, stopped=threading.Event())
        try:
            next(iter(writing), None)
            list(writing)
        except ShopAssistError as error:
            print(f"{n}: {type(error).__name__}: {error}")
        ours = counted.prompt(prompt)
        same += writing.input_tokens == ours
        off = max(off, abs(writing.input_tokens - ours))
        low += Estimate().prompt(prompt) < writing.input_tokens
        print(f"\r{n} of {len(chosen)}", end="", flush=True)
    print()
    writer.close()
    return [
        Figure("prompts that the server counts as we do", same, "prompts", len(chosen), least=True),
        Figure("largest difference", off, "tokens", 0),
        Figure("estimates below the server's count", low, "prompts", 0),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gguf", type=option.file, required=True, help="a model of Qwen2.5")
    parser.add_argument("--ollama", help="the address of an Ollama that has the same model")
    parser.add_argument("--model", default="qwen", help="its name there")
    parser.add_argument("--texts", type=option.count, default=500)
    parser.add_argument("--data", type=option.folder, default=shared() / "data", help="a folder with .jsonl files")
    parser.add_argument("--json", type=option.output, help="write the figures to this file")
    options = parser.parse_args()
    describe()
    tokenizer = tokenizer_of(options.gguf)
    counted = Tokenized(lambda: tokenizer)
    texts = drawn(options.data, options.texts)
    print({kind: len(own) for kind, own in texts.items()}, f"tokenizer of {options.gguf.name}")
    rows = estimated(texts, counted)
    show("estimate against the tokenizer", rows)
    if options.ollama:
        more = served(texts, counted, options.ollama, options.model)
        show("count against the server", more)
        rows += more
    save(options.json, rows, texts={kind: len(own) for kind, own in texts.items()}, gguf=options.gguf.name)


if __name__ == "__main__":
    main()
