"""The readers of public data sets, on files of a few made-up lines."""

import json
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import corpora


@pytest.fixture
def folder(tmp_path):
    def write(name, *lines):
        (tmp_path / name).write_text("".join(json.dumps(x, ensure_ascii=False) + "\n" for x in lines), "utf-8")
        return tmp_path

    return write


def test_questions_of_a_bank_have_intents_or_none_and_their_fold(folder):
    found = corpora.nlupp(
        folder(
            "banking.jsonl",
            {"text": "block my card", "intents": ["card", "block"], "fold": 3},
            {"text": "on friday", "slots": {}, "fold": 11},
        )
    )
    assert found.texts == ("block my card", "on friday")
    assert found.labels == (frozenset({"card", "block"}), frozenset())
    assert found.groups == ("3", "11")
    assert not found.single
    known, left = found.split("3".__eq__)
    assert (known.texts, left.texts) == (("on friday",), ("block my card",))


def test_a_slot_of_a_bank_is_a_name_and_its_place(folder):
    told = {"date": {"text": "friday", "span": [3, 9]}, "time": {"text": "9 pm", "span": [13, 17]}}
    lines = {"text": "on friday at 9 pm", "slots": told, "fold": 3}, {"text": "block my card", "fold": 3}
    found = corpora.nlupp_slots(folder("banking.jsonl", *lines))
    assert found.labels == (frozenset({"date 3 9", "time 13 17"}), frozenset())
    assert found.groups == ("3", "3")


def test_an_utterance_has_its_acts_and_what_the_reply_before_was_about(folder):
    told = [["Inform", "餐馆", "名称", "甲"], ["Inform", "餐馆", "评分", "5"]]
    turns = [
        {
            "role": "usr",
            "text": "找家餐馆",
            "acts": [["Request", "餐馆", "名称", ""], ["General", "greet", "none", "none"]],
        },
        {"role": "sys", "text": "甲不错", "acts": told, "belief": {}},
        {"role": "usr", "text": "地址呢", "acts": [["Request", "餐馆", "地址", ""]]},
    ]
    found = corpora.crosswoz(folder("val.jsonl", {"id": "7", "turns": turns}, {"id": "8", "turns": turns[:1]}))
    assert found.texts == ("找家餐馆", "地址呢", "找家餐馆")
    assert found.labels[0] == {"Request-餐馆-名称", "General-greet-none"}
    assert found.labels[1] == {"Request-餐馆-地址"}
    assert found.groups == ("7", "7", "8")
    assert found.beside.tolist() == [[0, 0, 0], [1, 1, 1], [0, 0, 0]]
    assert found.bare().beside.shape == (3, 0)


def test_a_question_has_one_intent(folder):
    found = corpora.bitext(folder("train.jsonl", {"flags": "B", "utterance": "cancel it", "intent": "cancel_order"}))
    assert found.single
    assert (found.texts, found.labels) == (("cancel it",), ("cancel_order",))


def test_a_review_is_cut_and_praises_or_blames(folder):
    lines = [{"label": 1, "review": "好" * 300, "cat": "书籍"}, {"label": 0, "review": "差"}]
    found = corpora.reviews(folder("all.jsonl", *lines) / "all.jsonl")
    assert found.texts == ("好" * corpora.MOST, "差")
    assert found.labels == ("positive", "negative")


def test_a_part_of_the_groups_is_held_out_the_same_each_time(folder):
    lines = [{"utterance": f"question {n}", "intent": "a"} for n in range(40)]
    every = corpora.bitext(folder("train.jsonl", *lines))
    known, left = every.without(0.1, seed=0)
    assert len(left.texts) == 4
    assert not set(left.texts) & set(known.texts)
    assert every.without(0.1, seed=0)[1].texts == left.texts != every.without(0.1, seed=1)[1].texts


def test_the_own_messages_have_moods_and_voices():
    found = corpora.own_moods()
    assert set(found.labels) == {"negative", "neutral", "positive"}
    assert len(set(found.groups)) > 5
