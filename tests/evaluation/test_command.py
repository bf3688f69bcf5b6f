"""The command as it is typed: its table, its JSON object and its exit codes."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from shopassist.cli.eval import evaluate

SUITE = """
- name: the postage of a return
  turns:
    - say: 不喜欢想退货，运费谁出？
      expect: {mood: neutral, cites: [[returns, faq-return-postage]], reply_has: [[买家, 您]], language: zh}
- name: hello
  customer: u-1001
  turns: [{say: 你好, expect: {intents: [greeting], reply_lacks: [退款]}}]
"""


@pytest.fixture
def shopassist(tmp_path, lexical_index, monkeypatch):
    """Run ``shopassist eval`` in a folder with an index of the sample shop's pages."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "knowledge").symlink_to(lexical_index)
    (tmp_path / "shopassist.toml").write_text('data_dir = "data"\nembeddings = "none"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.command("eval")(evaluate)

    def run(text, *arguments, name="suite.yaml"):
        (tmp_path / name).write_text(text, "utf-8")
        return CliRunner().invoke(app, [name, *arguments], env={"COLUMNS": "100"})

    return run


def test_a_suite_that_passes_ends_with_0_and_a_table(shopassist):
    done = shopassist(SUITE)
    assert done.exit_code == 0, done.output
    assert "suite.yaml" in done.stdout
    assert "✗" not in done.stdout


def test_json_is_one_object_on_stdout(shopassist):
    done = shopassist(SUITE, "--json", "--model", "none")
    assert json.loads(done.stdout) == {"scenarios": 2, "passed": 2, "turns": 2, "turns_passed": 2, "misses": []}


def test_several_processes_say_the_same(shopassist):
    done = shopassist(SUITE, "--json", "--jobs", "2")
    assert json.loads(done.stdout)["passed"] == 2


def test_without_an_index_the_pages_beside_it_are_read_for_this_run(shopassist, tmp_path):
    (tmp_path / "data" / "knowledge").unlink()
    (tmp_path / "knowledge").symlink_to(Path(__file__).parents[2] / "knowledge")
    done = shopassist(SUITE, "--json")
    assert json.loads(done.stdout)["passed"] == 2, done.stderr
    assert not list((tmp_path / "data").iterdir())


def test_a_miss_ends_with_1(shopassist):
    done = shopassist(SUITE.replace("greeting", "thanks"), "--json")
    assert done.exit_code == 1
    [miss] = json.loads(done.stdout)["misses"]
    assert (miss["scenario"], miss["key"], miss["expected"], miss["seen"]) == (
        "hello", "intents", ["thanks"], ["greeting"],
    )  # fmt: skip


def test_a_file_that_is_no_scenarios_ends_with_2_and_names_the_place(shopassist):
    done = shopassist(SUITE.replace("mood", "moood"))
    assert done.exit_code == 2
    assert "scenario 'the postage of a return', turn 1, key 'expect.moood'" in done.stderr
    assert shopassist("{", name="own.jsonl").exit_code == 2


def test_scenarios_that_need_what_is_lacking_are_left_out_and_that_is_said(shopassist):
    done = shopassist(SUITE + "- {name: b, needs: embeddings, turns: [{say: 好, expect: {mood: negative}}]}", "--json")
    assert done.exit_code == 0
    assert "Left out for want of embeddings: 1 of 3" in " ".join(done.stderr.split())


def test_a_wrong_setting_is_one_message(shopassist):
    done = shopassist(SUITE, "--model", "big")
    assert done.exit_code == 1
    assert "setting `model`" in done.stderr
