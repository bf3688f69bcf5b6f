"""What people and programs are shown of a run."""

import io
import json

import pytest
from rich.console import Console
from stand_in import Outcome, Said, Script, written

from shopassist.evaluation import report
from shopassist.evaluation.run import run

DIALOGUES = """
- name: 取消要先问
  customer: u-1001
  turns:
    - {say: 取消, expect: {intents: [cancel_order], consent: pending, tools: []}}
    - {say: [嗯, 好的], expect: {reply_lacks: [已退款], reply_has: [[已取消, 取消成功], "24"], slots: {order_id: "002"}}}
- name: small talk
  turns: [{say: 你好, expect: {mood: neutral}}, {say: 错}]
"""
LINES = """{"text": "多少钱", "intents": ["price_stock"], "slots": {}, "mood": "neutral"}
{"text": "查快递", "intents": ["track_delivery"], "mood": "neutral"}
"""
REPLIES = {
    "取消": Said("确认吗？", intents=("cancel_order",), tool_outcomes=(Outcome("cancel_order", {"order_id": "ORD2"}),)),
    "嗯/好的": Said("已退款。", slots={"order_id": "ORD20241203003"}),
    "错": ValueError("told to [bold]fail"),
    "多少钱": Said(intents=("price_stock",)),
}


@pytest.fixture
def dialogues(tmp_path):
    return run(written(tmp_path, DIALOGUES), lambda scene: Script(REPLIES))


@pytest.fixture
def everything(tmp_path, dialogues):
    return [*dialogues, *run(written(tmp_path, LINES, "own.jsonl"), lambda scene: Script(REPLIES))]


def rendered(results, width):
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(report.table(results))
    return console.file.getvalue()


def test_the_json_object_has_the_counts_and_every_miss_with_both_sides(dialogues):
    found = json.loads(json.dumps(report.as_json(dialogues)))
    misses = found.pop("misses")
    assert found == {"scenarios": 2, "passed": 0, "turns": 4, "turns_passed": 1}
    assert [(m["turn"], m["key"]) for m in misses] == [
        (1, "tools"), (1, "consent"), (2, "slots.order_id"), (2, "reply_has"), (2, "reply_has"), (2, "reply_lacks"),
        (2, "error"),
    ]  # fmt: skip
    assert misses[0] == {
        "scenario": "取消要先问",
        "turn": 1,
        "say": "取消",
        "key": "tools",
        "expected": [],
        "seen": [{"name": "cancel_order", "args": {"order_id": "ORD2"}, "status": "done"}],
        "reply": "确认吗？",
    }
    assert misses[2] | {"expected": "002", "seen": "ORD20241203003", "say": ["嗯", "好的"]} == misses[2]
    assert (misses[3]["expected"], misses[3]["seen"]) == (["已取消", "取消成功"], None)
    assert (misses[6]["expected"], misses[6]["seen"], misses[6]["reply"]) == (
        "a reply", "ValueError: told to [bold]fail", None,
    )  # fmt: skip


def test_utterances_add_their_measures_and_their_misses_and_count_as_no_dialogue(everything):
    found = report.as_json(everything)
    assert (found["scenarios"], found["turns"]) == (2, 4)
    assert found["understanding"] == {
        "n": 2, "intent_micro_f1": pytest.approx(2 / 3), "intent_exact": 0.5, "slot_f1": 1.0, "mood_accuracy": 1.0,
        "mood_macro_f1": 1.0,
    }  # fmt: skip
    assert found["misses"][-1]["scenario"] == "line 2"
    assert found["misses"][-1]["say"] == "查快递"


@pytest.mark.parametrize("width", [80, 120])
def test_people_see_a_line_a_file_and_what_was_expected_and_seen(everything, width):
    shown = rendered(everything, width)
    squeezed = "".join(shown.split())
    assert max(map(len, shown.splitlines())) <= width
    for text in (
        "取消要先问·turn1", "expectedreply_has:已取消or取消成功", "seencancel_order(order_id=ORD2)done", "seennotinthereply", "seenitstandsinthereply",
        "expectedconsent:pending", "ValueError:toldto[bold]fail", "reply(none)", "said嗯/好的", "own.jsonl·line2",
        "together", "2utterances", "0.667",
    ):  # fmt: skip
        assert text in squeezed


def test_nothing_missed_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = run(written(tmp_path, "- {name: a, turns: [{say: 好}]}"), lambda scene: Script())
    assert len(rendered(results, 80).strip().splitlines()) == 2
