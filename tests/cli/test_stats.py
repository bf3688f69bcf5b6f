"""`shopassist stats`: what stored turns come to, for people and as JSON."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from shopassist import Customer
from shopassist.cli.main import app
from shopassist.evaluation.tally import tally
from shopassist.testing import MemoryShop, ScriptedModel

ME, OTHER = Customer("u-1001"), Customer("u-1002")
ANSWER = "无理由退货的运费由买家承担，质量问题的运费由商家承担。"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    return lambda *arguments: CliRunner().invoke(app, ["stats", *map(str, arguments)])


@pytest.fixture
def talk(assistant, settings):
    """Two customers with the same question, one without an answer, one angry, one hand-off."""
    model = ScriptedModel(answers=[ANSWER])
    made = assistant(model, name=".shopassist/conversations.db", shop=MemoryShop.sample(settings.now))
    for conversation, customer, said in (
        ("a", ME, "退货的运费谁来承担？"),
        ("b", OTHER, "请问退货的运费由谁承担"),
        ("b", OTHER, "你们老板的星座是什么"),
        ("c", ME, "气死我了，什么破店！"),
        ("c", ME, "转人工"),
        ("c", ME, "人呢"),
    ):
        made.reply(said, conversation=conversation, customer=customer)
    return made


def test_turns_cost_and_savings_are_counted(run, talk):
    total = json.loads(run("--json").stdout)["total"]
    replies = [t.reply for t in talk.store.turns()]
    assert total["turns"] == len(replies) == 6
    assert total["conversations"] == 3
    assert total["cached"] == 1
    assert total["saved_calls"] == 1
    assert total["saved_tokens"] > 0
    assert total["model_calls"] == sum(r.usage.model_calls for r in replies)
    assert total["searched"] == sum(r.query is not None for r in replies)
    assert total["hit_rate"] == round(1 / total["searched"], 4)
    assert total["handoffs"] == 1
    assert total["handoff_rate"] == round(1 / 6, 4)
    assert total["moods"]["negative"] >= 1
    assert sum(total["moods"].values()) == 6


def test_the_days_add_up(run, talk):
    found = json.loads(run("--json").stdout)
    assert sum(day["turns"] for day in found["days"].values()) == found["total"]["turns"]


def test_the_table_shows_the_hit_rate(run, talk):
    done = run()
    assert done.exit_code == 0, done.stderr
    [line] = [line for line in done.stdout.splitlines() if line.startswith("from the cache")]
    assert "1 (" in line
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_since_leaves_out_what_came_before(run, talk):
    assert json.loads(run("--json", "--since", "2h").stdout)["total"]["turns"] == 6
    assert json.loads(run("--json", "--since", "2999-01-01").stdout)["total"]["turns"] == 0
    assert "No turns yet" in run("--since", "2999-01-01").stderr


def test_a_wrong_since_says_what_is_allowed(run, talk):
    done = run("--since", "yesterday")
    assert done.exit_code == 1
    assert "2024-12-05" in done.stderr


def test_without_a_store_it_says_so(run):
    assert run().exit_code != 0


def test_a_turn_that_a_person_answered_is_not_the_bots(talk, settings):
    class Store:
        def turns(self, *, after=None, since=None, limit=100):
            found = talk.store.turns()[:1]
            return [] if after else [replace(found[0], reply=replace(found[0].reply, text=""))]

    assert tally(Store(), settings.timezone)[0].turns == 0
