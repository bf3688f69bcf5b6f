"""A real model in the process. Needs a GGUF file: SHOPASSIST_MODEL_FILE, SHOPASSIST_TEST_GGUF, or a pulled one."""

import os
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from langchain_core.messages import AIMessage, HumanMessage

from shopassist.engine.prompt import front
from shopassist.errors import ModelTimeout, ModelUnavailable, WeightsMissing
from shopassist.models import weights
from shopassist.models.bounded import bounded
from shopassist.models.embedded import EmbeddedChat
from shopassist.models.gguf_tokenizer import tokenizer_of
from shopassist.models.tokens import Tokenized
from shopassist.prompts import texts
from shopassist.settings import load

pytest.importorskip("xllamacpp")

ASK = [HumanMessage("用一句话介绍杭州。")]
LONG = [HumanMessage("从一数到一百，用汉字，每个数写一行。")]


def _file():
    named = os.environ.get("SHOPASSIST_MODEL_FILE") or os.environ.get("SHOPASSIST_TEST_GGUF")
    if named:
        return Path(named)
    found = weights.find("chat", Path("~/.cache/shopassist/models").expanduser())
    return found.path if found else None


FILE = _file()
real_model = pytest.mark.real_model
needs_weights = pytest.mark.skipif(
    FILE is None or not FILE.is_file(), reason="no weights: set SHOPASSIST_TEST_GGUF or run `shopassist pull`"
)


@pytest.fixture(scope="module")
def chat():
    model = EmbeddedChat(file=FILE, context=2048, max_tokens=24, threads=min(4, os.cpu_count() or 1), timeout=120)
    yield model
    model.close()


@real_model
@needs_weights
def test_an_answer_comes_in_pieces_and_its_tokens_are_counted(chat):
    chunks = list(chat.stream(ASK))
    assert len([c for c in chunks if c.text]) > 3
    usage = [c.usage_metadata for c in chunks if c.usage_metadata]
    assert len(usage) == 1
    assert usage[0]["input_tokens"] > 5
    assert 1 < usage[0]["output_tokens"] <= 24


@real_model
@needs_weights
def test_a_whole_answer_has_usage_too(chat):
    answer = chat.invoke(ASK)
    assert answer.text
    assert answer.usage_metadata["total_tokens"] > answer.usage_metadata["output_tokens"] > 0


@real_model
@needs_weights
def test_a_closed_stream_frees_the_model_at_once(chat):
    stream = chat.stream(LONG, max_tokens=2000)
    next(stream)
    stream.close()
    began = time.monotonic()
    first = next(c for c in chat.stream(LONG, max_tokens=8) if c.text)
    assert first.text
    assert time.monotonic() - began < 3  # the 2000 tokens would take a minute


@real_model
@needs_weights
@pytest.mark.parametrize("leaves", [False, True], ids=["at the deadline", "when the caller leaves"])
def test_a_prompt_that_takes_too_long_is_put_down(chat, leaves):
    chat.warm()
    pages = "".join(f"第{n}种商品的编号是{n * 37}，价格是{n * 13}元，库存{n}件。" for n in range(20))
    stopped = threading.Event()
    timer = threading.Timer(0.5, stopped.set if leaves else lambda: None)
    timer.start()
    stream = chat.stream([HumanMessage(f"{leaves}：{pages}")], max_tokens=1)
    began = time.monotonic()
    try:
        said = list(bounded(stream, began + (60 if leaves else 0.5), stopped))
        assert (leaves, said) == (True, [])
    except ModelTimeout:
        assert not leaves
    assert time.monotonic() - began < 0.5 + 1  # five times the 0.2 s that it may take
    began = time.monotonic()
    assert chat.invoke(ASK, max_tokens=1)
    waited = time.monotonic() - began
    began = time.monotonic()
    list(chat.stream([HumanMessage(f"{leaves}又：{pages}")], max_tokens=1, timeout=120))
    assert waited < (time.monotonic() - began) / 2  # the model did not read the prompt to its end


@real_model
@needs_weights
def test_a_silence_longer_than_the_timeout_is_told(chat):
    hasty = EmbeddedChat(file=chat.file, context=2048, max_tokens=8, threads=chat.threads, timeout=0.3)
    try:
        hasty.warm([HumanMessage("你好" * 40)])  # takes its time
        with pytest.raises(ModelTimeout, match=r"0\.3 s"):
            hasty.invoke([HumanMessage("再见" * 400)])
    finally:
        hasty.close()


@real_model
@needs_weights
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_static_front_of_a_prompt_is_read_once(chat, language):
    """By llama.cpp's own count of the tokens that it took from its cache."""
    always = front(load(), texts(language))
    tokenizer = tokenizer_of(chat.file)
    tokens = Tokenized(lambda: tokenizer).prompt(always)
    timings = []
    for rest in (
        [HumanMessage("续航多久？")],
        [HumanMessage("多重？"), AIMessage("5.2 克。"), HumanMessage("防水吗？")],
    ):
        chunks = list(chat.stream([*always, *rest], max_tokens=2, timeout=120))
        timings.append(next(c.response_metadata["timings"] for c in chunks if "timings" in c.response_metadata))
    assert timings[0]["prompt_n"] > tokens - 50, "the first one was read whole"
    assert timings[1]["cache_n"] >= tokens - 10
    assert timings[1]["prompt_n"] < 60


@real_model
@needs_weights
def test_two_threads_are_both_answered(chat):
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(chat.invoke, [ASK, [HumanMessage("1+1=?")]])
    assert first.text
    assert second.text


@real_model
@needs_weights
def test_a_closed_model_comes_back_with_the_next_call(chat):
    chat.close()
    assert chat.invoke(ASK).text


@real_model
@needs_weights
def test_the_server_listens_to_nobody_without_its_key(chat, caplog):
    caplog.set_level("INFO", logger="httpx")
    assert chat.invoke(ASK, max_tokens=1)
    address = re.search(r"http://127\.0\.0\.1:\d+/\S+", caplog.text)[0]
    for headers in ({}, {"Authorization": "Bearer guess"}):
        body = {"messages": [{"role": "user", "content": "hi"}]}
        assert httpx.post(address, json=body, headers=headers, trust_env=False).status_code == 401


def test_a_file_that_is_no_gguf_is_named(tmp_path):
    file = tmp_path / "not-weights.gguf"
    file.write_bytes(b"this is no model" * 1000)
    with pytest.raises(ModelUnavailable, match=r"not-weights\.gguf"):
        EmbeddedChat(file=file).invoke(ASK)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(WeightsMissing, match=r"gone\.gguf"):
        EmbeddedChat(file=tmp_path / "gone.gguf").invoke(ASK)
