"""`shopassist train`: what it says before it fits anything, and how one goes back."""

import pytest
from typer.testing import CliRunner

from shopassist.cli.main import app
from shopassist.language.head import Head
from shopassist.learning.versions import Heads


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["train", *map(str, arguments)])


@pytest.fixture
def heads(tmp_path):
    return Heads(tmp_path / ".shopassist" / "heads")


def test_the_heads_are_listed_with_the_one_in_use(run, heads):
    assert run("--list").stdout == "* the built-in head\n"
    for _ in range(2):
        heads.add(Head.load(), "{}")
    assert run("--list").stdout == "  the built-in head\n  head-000001.npz\n* head-000002.npz\n"


def test_one_goes_back_to_the_head_before_and_then_to_the_built_in_one(run, heads):
    for _ in range(2):
        heads.add(Head.load(), "{}")
    assert "head-000001.npz" in run("--back").output
    assert "the built-in head" in run("--back").output
    last = run("--back")
    assert last.exit_code == 1
    assert "nothing to go back to" in last.output


def test_a_wrong_message_is_named_with_its_place_and_nothing_is_fitted(run, heads, tmp_path):
    (tmp_path / "ours.jsonl").write_text(
        '{"text": "好", "language": "zh", "wishes": []}\n{"text": "x", "wishes": []}\n', "utf-8"
    )
    done = run("ours.jsonl")
    assert done.exit_code == 1
    assert "ours.jsonl:2: `language`" in done.output
    assert heads.every() == []


def test_a_picture_that_cannot_be_written_is_refused_before_anything_is_fitted(run, heads):
    for name, told in (("m.png", "ends in .svg"), ("gone/m.svg", "there is no folder gone")):
        done = run("--picture", name)
        assert done.exit_code == 1
        assert told in done.output
    assert heads.every() == []
