"""What the engine adds to a model's stream, and what the prefix cache saves: on a real server.

    python benchmarks/stream.py --ollama URL --model NAME [--questions 5] [--json FILE]

For each question the same prompt goes to the server through a whole turn, and raw (httpx and a JSON line at a time).
The ratio is of the times to the sentence that the turn showed first, from the moment at which the request is sent; the
order alternates, and a turn before, not counted, brings the prompt into the server's cache, so that both find it there:
the hardest case, since reading it costs nothing. The second figure is the server's own time for reading the prompt
(`prompt_eval_duration`) of a conversation's second turn, about another product, against its first, before which the
cache was cold.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np

import options as option
from report import Figure, describe, save, show
from sample import settings_with_pages
from shopassist.assistant import Assistant
from shopassist.replies import Sentence
from shopassist.storage.memory import MemoryStore

QUESTIONS = (
    "无线降噪耳机Pro续航多久", "机械键盘K87支持热插拔吗", "电动牙刷S3一次充电能用多久", "空气净化器A6适合多大的房间",
    "27寸显示器的刷新率是多少", "65W充电器能给笔记本充电吗", "智能手表W2防水吗", "无线降噪耳机Lite有几种颜色",
)  # fmt: skip
REPEATS = 3
FILLER = "请把下面的数字读一遍：" + "、".join(map(str, range(400)))


class Probed:
    """Notes the requests and the answers of the adapter's own client."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.body: dict = {}
        self.sent = 0.0
        self.told: dict = {}
        model = assistant.writer.model
        stream = type(model)._create_chat_stream

        def noted(own, messages, stop=None, **options):
            self.body = own._chat_params(list(messages), stop, **options)
            self.sent = time.perf_counter()
            for part in stream(own, messages, stop, **options):
                if part.get("done"):
                    self.told = dict(part)
                yield part

        type(model)._create_chat_stream = noted

    def turn(self, question: str, conversation: str) -> tuple[str, float] | None:
        """The first sentence of a turn that the model wrote, and the seconds to it from the request."""
        shown = None
        for event in self.assistant.stream(question, conversation=conversation):
            if isinstance(event, Sentence) and shown is None and self.body:
                shown = event.text.strip(), time.perf_counter() - self.sent
        return shown


def raw(url: str, body: dict) -> list[tuple[float, str]]:
    """What the server has written after so many seconds."""
    request = {k: v for k, v in body.items() if v is not None}
    request["messages"] = [{k: v for k, v in dict(m).items() if v} for m in body["messages"]]
    began, text, written = time.perf_counter(), "", []
    with (
        httpx.Client(timeout=600, trust_env=False) as client,
        client.stream("POST", f"{url}/api/chat", json=request) as answer,
    ):
        answer.raise_for_status()
        for line in answer.iter_lines():
            text += json.loads(line).get("message", {}).get("content", "")
            written.append((time.perf_counter() - began, text))
    return written


def cold(url: str, body: dict) -> None:
    """Put something else into the server's cache."""
    request = {"model": body["model"], "options": {**body["options"], "num_predict": 1}, "stream": False}
    request["messages"] = [{"role": "user", "content": FILLER}]
    httpx.post(f"{url}/api/chat", json=request, timeout=600, trust_env=False).raise_for_status()


def ratios(probed: Probed, url: str, count: int) -> list[tuple[float, float]]:
    """Pairs of seconds to the first sentence, through the engine and raw, of prompts that lie in the server's cache."""
    pairs = []
    for n, question in enumerate(QUESTIONS[:count]):
        probed.body = {}
        if probed.turn(question, f"warm-{n}") is None:
            print(f"{question}: no sentence of the model")
            continue
        for again in range(REPEATS):
            body = dict(probed.body)
            written = raw(url, body) if again % 2 else []
            shown = probed.turn(question, f"engine-{n}-{again}")
            written = written or raw(url, body)
            bare = next((seconds for seconds, text in written if shown and shown[0] in text), None)
            if shown is None or bare is None:
                print(f"{question}: the raw stream has another sentence")
                continue
            pairs.append((shown[1], bare))
            print(f"{question}: {shown[1]:.2f} s through the engine, {bare:.2f} s raw")
    return pairs


def prefixes(probed: Probed, url: str, count: int) -> list[tuple[float, float]]:
    """Pairs of the server's seconds for reading the prompt: a conversation's first turn, its second."""
    found = []
    for n in range(count):
        seconds = []
        for place in range(2):
            probed.told = {}
            if place == 0:
                cold(url, probed.body)
            probed.turn(QUESTIONS[(2 * n + place) % len(QUESTIONS)], f"prefix-{n}")
            seconds.append(probed.told.get("prompt_eval_duration", 0) / 1e9)
        print(f"reading the prompt: first turn {seconds[0]:.2f} s, second {seconds[1]:.2f} s")
        if all(seconds):
            found.append((seconds[0], seconds[1]))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ollama", required=True, help="the address of an Ollama")
    parser.add_argument("--model", required=True, help="the model's name there")
    parser.add_argument("--questions", type=option.count, default=5)
    parser.add_argument("--json", type=option.output, help="write the figures to this file")
    options = parser.parse_args()
    describe()
    with tempfile.TemporaryDirectory() as data:
        settings = settings_with_pages(Path(data), None, 2).model_copy(update={
            "model": "ollama", "ollama_url": options.ollama, "ollama_model": options.model,
            "model_first_token": 600.0, "model_next_token": 60.0, "model_deadline": 600.0, "max_tokens": 80,
        })  # fmt: skip
        with Assistant.from_settings(settings, store=MemoryStore()) as assistant:
            probed = Probed(assistant)
            pairs = ratios(probed, options.ollama, options.questions)
            read = prefixes(probed, options.ollama, min(3, options.questions))
    rows = []
    if pairs:
        shares = [engine / bare for engine, bare in pairs]
        rows.append(Figure("first sentence, engine against raw, median", float(np.median(shares)), "", 1.1))
        rows.append(Figure("first sentence, engine against raw, highest", max(shares), ""))
    if read:
        shares = [100 * second / first for first, second in read]
        rows.append(Figure("reading the prompt, second turn against first, median", float(np.median(shares)), "%", 25))
    show("streams", rows)
    save(options.json, rows, model=options.model, pairs=pairs, prefixes=read)


if __name__ == "__main__":
    main()
