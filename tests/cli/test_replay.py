"""`shopassist replay`: what a stored conversation's turns were made of, for people and as JSON."""

import json

import pytest
from typer.testing import CliRunner

from shopassist import Customer
from shopassist.cli.main import app
from shopassist.messages import Message, OrderRef
from shopassist.testing import MemoryShop, ScriptedModel

ME = Customer("u-1001")
PHONE = "13912345678"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")
    return lambda *arguments: CliRunner().invoke(app, ["replay", *map(str, arguments)])


@pytest.fixture
def talk(assistant, settings):
    """A conversation with a question to the pages, a change and a hand-off."""
    model = ScriptedModel(answers=["无理由退货的运费由买家承担。"])
    made = assistant(model, name=".shopassist/conversations.db", shop=MemoryShop.sample(settings.now))
    for said in (
        "退货的运费谁来承担？",
        f"我电话是{PHONE}",
        "把ORD20241201002取消了",
        "好的，取消吧",
        Message("这单呢", items=(OrderRef("ORD20241201001"),)),
        "转人工",
    ):
        made.reply(said, conversation="c-1", customer=ME)
    return made


def test_each_turn_shows_what_was_said_understood_decided_and_done(run, talk):
    done = run("c-1")
    assert done.exit_code == 0, done.stderr
    turns = done.stdout.split("turn ")[1:]
    assert len(turns) == 6
    assert "退货的运费谁来承担" in turns[0]
    assert "policy_question" in turns[0]
    assert "source " in turns[0]
    assert "waits       cancel_order(order_id=ORD20241201002" in turns[2]
    assert "wrote       cancel_order(order_id=ORD20241201002" in turns[3]
    assert "ORD20241201001" in turns[4]
    assert "hand-off    H" in turns[5]
    assert turns[5].rstrip().splitlines()[-1].startswith("now  ")
    assert "mode waiting" in turns[5]


def test_personal_data_is_shown_only_where_it_is_asked_for(run, talk):
    for options in ((), ("--json",)):
        assert PHONE not in run("c-1", *options).stdout
        assert PHONE in run("c-1", "--reveal", *options).stdout


def test_one_turn_alone(run, talk):
    one = json.loads(run("c-1", "--turn", 4, "--json").stdout)
    assert [r["turn"] for r in one["replies"]] == [4]
    assert next(m["text"] for m in one["messages"]) == "好的，取消吧"
    assert one["handoffs"] == []


def test_what_waits_for_its_answer_is_shown_too(run, talk):
    talk.store.enqueue("c-1", "u-1001", [Message("还在吗")])
    shown = run("c-1").stdout
    assert "not answered yet" in shown
    assert "还在吗" in shown


@pytest.mark.parametrize(
    ("arguments", "words"), [(("c-2",), "no conversation 'c-2'"), (("c-1", "--turn", "9"), "the last is 6")]
)
def test_what_is_not_there_is_named(run, talk, arguments, words):
    done = run(*arguments)
    assert done.exit_code == 1
    assert words in done.stderr


def test_an_erased_conversation_is_gone(run, talk):
    talk.forget("c-1", customer=ME)
    assert "no conversation" in run("c-1").stderr


def test_what_a_person_wrote_stands_under_their_name(run, talk):
    handoff = talk.desk.waiting()[0].id
    talk.desk.claim(handoff, "anna")
    talk.desk.say(handoff, "anna", "您好，我是小李")
    lines = run("c-1").stdout.splitlines()
    said = next(n for n, line in enumerate(lines) if "我是小李" in line)
    assert lines[said - 1].startswith("anna at the desk")
    assert not any("not answered yet" in line for line in lines)
