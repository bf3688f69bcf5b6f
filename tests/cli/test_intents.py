"""`shopassist intents check`: what it prints, draws and ends with."""

import json

import pytest
from typer.testing import CliRunner

from shopassist.cli.main import app

TWICE = """
intents:
  gift_wrap:
    description: Have an order wrapped as a gift.
    examples: {zh: [帮我包成礼物, 取消订单], en: ["[bold]gift wrap[/bold] it"]}
    routes: {any: {policy: gifts}}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the command in a folder of its own with this file of the shop's, 100 columns wide."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("SHOPASSIST_EMBEDDINGS", "none")

    def done(*arguments, ours=TWICE):
        if ours:
            (tmp_path / "ours.yaml").write_text(ours, "utf-8")
            monkeypatch.setenv("SHOPASSIST_INTENTS_FILE", "ours.yaml")
        return CliRunner().invoke(app, ["intents", "check", *arguments])

    return done


def test_it_says_what_hurts_with_the_way_out_and_fails_only_if_asked_to(run, tmp_path):
    done = run("--picture", "m.svg")
    assert done.exit_code == 0, done.output
    assert "1 of them word for word" in done.stdout
    assert "Another intent wins 1 example of the shop's own: move them" in done.stdout
    assert "[bold]gift wrap[/bold] it" in done.stdout
    assert "shopassist train" in done.stdout
    assert (tmp_path / "m.svg").read_text("utf-8").startswith("<svg")
    strict = run("--strict", "--json")
    assert strict.exit_code == 1
    found = json.loads(strict.stdout)
    assert (found["clean"], found["own"]) == (False, ["gift_wrap"])
    assert found["won"][0]["example"]["text"] == "取消订单"
    assert len(found["matrix"]) == len(found["names"]) == len(found["matrix"][0]) - 1


def test_messages_of_the_shop_cover_acts_and_a_wrong_one_is_named(run, tmp_path):
    (tmp_path / "m.jsonl").write_text(
        '{"text": "包一下", "language": "zh", "wishes": [["gift_wrap", "request"]]}', "utf-8"
    )
    assert "request" not in json.loads(run("m.jsonl", "--json").stdout)["uncovered"][0]["acts"]
    (tmp_path / "m.jsonl").write_text('{"text": "x"}', "utf-8")
    wrong = run("m.jsonl")
    assert wrong.exit_code == 1
    assert "m.jsonl:1: `language`" in wrong.output


def test_without_a_file_the_built_in_catalogue_is_shown_and_passes(run):
    done = run("--strict", ours=None)
    assert done.exit_code == 0
    assert "this is the built-in catalogue" in done.output
    assert "the shop" not in done.stdout
    assert "Every intent has 20 examples or more" in done.stdout


def test_a_picture_of_another_kind_is_refused_before_anything_is_read(run):
    done = run("--picture", "m.png", ours="no yaml: [")
    assert done.exit_code == 1
    assert "ends in .svg or .html" in done.output
