"""Tokens of a prompt: counted, or estimated and never too low."""

import json
import os
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from shopassist.errors import PromptTooLong, WeightsMissing
from shopassist.models.budget import Budget, Item
from shopassist.models.gguf_tokenizer import tokenizer_of
from shopassist.models.tokens import Estimate, Tokenized
from tiny_gguf import tiny

ROOT = Path(__file__).parents[2]
GGUF = os.environ.get("SHOPASSIST_TEST_GGUF")
PROMPT = [SystemMessage("你是客服。"), HumanMessage("Hi, 续航多久？"), AIMessage("8 小时。"), HumanMessage("那Lite呢")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "好",
        "蟹腿 鲍鱼",
        "BILQ",
        "ORD20241201002",
        "e1f9eaf642daaf31",
        "😀😡🙏",
        "\n\n\n\n",
        "!!!!!!!!",
        "\ud83d",
        "\x00",
    ],
)
def test_an_estimate_is_a_number_for_any_text(text):
    assert Estimate().count(text) >= (1 if text else 0)


def test_a_tokenizer_that_cannot_be_had_is_told_once_and_estimated(caplog):
    def load():
        raise WeightsMissing("gone.gguf is not there")

    counter = Tokenized(load)
    assert counter.count("续航多久") == Estimate().count("续航多久")
    assert counter.prompt(PROMPT) == Estimate().prompt(PROMPT)
    assert counter.least(PROMPT) == Estimate().least(PROMPT)
    assert not counter.exact
    assert [r.getMessage() for r in caplog.records] == [
        "tokens are estimated, the model's tokenizer cannot be had: gone.gguf is not there"
    ]


def test_a_tokenizer_is_loaded_once_and_when_it_is_needed(tmp_path):
    file, loaded = tiny(tmp_path / "tiny.gguf"), []
    counter = Tokenized(lambda: loaded.append(1) or tokenizer_of(file))
    assert not loaded
    assert counter.exact
    counter.count("ab")
    counter.prompt(PROMPT)
    assert loaded == [1]


@pytest.mark.real_model
@pytest.mark.skipif(GGUF is None, reason="no weights: set SHOPASSIST_TEST_GGUF to a GGUF file")
def test_an_estimate_is_never_below_the_count():
    tokenizer = tokenizer_of(Path(GGUF))
    counted = Tokenized(lambda: tokenizer)
    pages = [p.read_text("utf-8") for p in sorted((ROOT / "knowledge").rglob("*.md"))]
    said = [p.read_text("utf-8") for p in sorted((ROOT / "scenarios").rglob("*.yaml"))]
    texts = [t[start : start + 600] for t in pages + said for start in range(0, len(t), 600)]
    texts += [json.dumps({"text": t, "n": n}, ensure_ascii=n % 2 == 0) for n, t in enumerate(texts[:50])]
    shares = [Estimate().count(t) / counted.count(t) for t in texts if counted.count(t)]
    assert min(shares) >= 1
    assert sum(shares) / len(shares) <= 1.6
    assert Estimate().least(PROMPT) <= counted.prompt(PROMPT) <= Estimate().prompt(PROMPT)


# The budget


class Letters:
    """A letter is a token."""

    exact = True

    def count(self, text):
        return len(text)


def budget(context=120, answer=17):
    return Budget(Letters(), context, answer)


def test_what_must_be_there_is_there_or_the_prompt_is_refused():
    made = budget()
    made.must("persona", [Item(("p" * 50,), framed=True)])
    assert made.left == 120 - 17 - 3 - 50 - 5
    with pytest.raises(PromptTooLong, match="question takes 46 tokens and 45 of 103 are left"):
        made.must("question", [Item(("q" * 46,))])


def test_pieces_are_taken_whole_and_the_best_first():
    made = budget()
    assert made.may("evidence", [Item(("a" * 40,)), Item(("b" * 40,)), Item(("c" * 40,))]) == 2
    assert [(s.name, s.tokens, s.dropped) for s in made.sections] == [("evidence", 80, 1)]
    assert made.left == 20


def test_a_section_keeps_to_its_limit_but_for_its_first_piece():
    assert budget().may("evidence", [Item(("a" * 40,))], 30) == 0
    assert budget().may("evidence", [Item(("a" * 40,)), Item(("b",))], 30, first=True) == 1
    assert budget().may("evidence", [Item(("a" * 101,))], 30, first=True) == 0


def test_all_sections_together_fit_the_context():
    made = budget()
    made.must("persona", [Item(("p" * 20,), framed=True)])
    for name in ("evidence", "history"):
        made.may(name, [Item(("x" * 9,), framed=True)] * 20)
    assert sum(s.tokens for s in made.sections) + 3 + 17 <= 120
