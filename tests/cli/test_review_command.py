"""`shopassist review`: what it lists, what it writes, and what it leaves alone."""

import json
import sqlite3

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from shopassist import Customer
from shopassist.cli.main import app
from shopassist.language.catalogue import Catalogue
from shopassist.learning.examples import read
from shopassist.testing import MemoryShop, ScriptedModel

ME = Customer("u-1001")
UNCLEAR = "我叫王小明，嗯哼那个啥，ORD20241203003那个"
SECRETS = ("王小明", "ORD2024", "u-1001", "conv-")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return lambda *arguments: CliRunner().invoke(app, ["review", *map(str, arguments)])


@pytest.fixture
def talks(assistant, settings):
    """Three conversations in the store that the command reads."""
    model = ScriptedModel(answers=["无理由退货的运费由买家承担。"])
    made = assistant(model, name=".shopassist/conversations.db", shop=MemoryShop.sample(settings.now))
    talks = [(UNCLEAR, "转人工"), ("退货的运费谁来承担？",), ("把ORD20241201002取消了", "算了不取消了", "谢谢")]
    for n, texts in enumerate(talks):
        for text in texts:
            made.reply(text, conversation=f"conv-{n}", customer=ME)
    return made


def test_a_store_that_is_not_there_is_told_and_not_made(run, tmp_path):
    done = run()
    assert done.exit_code == 1
    assert "there are no conversations at sqlite:///.shopassist/conversations.db" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_conversations_is_told_and_left_as_it_is(run, tmp_path, monkeypatch):
    sqlite3.connect(tmp_path / "shop.db").close()
    monkeypatch.setenv("SHOPASSIST_DATABASE_URL", "sqlite:///shop.db")
    assert "there are no conversations" in run().stderr
    with sqlite3.connect(tmp_path / "shop.db") as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == []


def test_an_empty_store_has_nothing_to_look_at(run, assistant):
    assistant(name=".shopassist/conversations.db")
    done = run()
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "No turns to look at.\n")


def test_the_table_shows_each_turn_with_its_reasons_and_fits(run, talks):
    done = run()
    assert done.exit_code == 0
    assert all(cell_len(line) <= 100 for line in done.stdout.splitlines())
    for shown in ("unsure", "handed_over", "我叫某人", "understood: cancel_order request", "after: 算了不取消了"):
        assert shown in done.stdout
    assert "2 turns to look at" in done.stderr
    assert not any(secret in done.stdout for secret in SECRETS)


def test_one_reason_alone_can_be_asked_for(run, talks):
    assert [t["reasons"] for t in json.loads(run("--json", "--reason", "corrected").stdout)] == [
        {"corrected": "taken back"}
    ]
    assert len(json.loads(run("--json", "--reason", "corrected", "--reason", "unsure").stdout)) == 2
    assert json.loads(run("--json", "--since", "2999-01-01").stdout) == []
    assert len(json.loads(run("--json", "--since", "1d", "--limit", 1).stdout)) == 1


def test_what_is_written_is_read_once_somebody_has_looked(run, talks, tmp_path):
    done = run("--examples", "week.jsonl", "--chats", "chats.jsonl")
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in (tmp_path / "week.jsonl").read_text("utf-8").splitlines()]
    assert {line.pop("check").split(":")[0] for line in lines} == {"unsure", "corrected"}
    written = "".join((tmp_path / f).read_text("utf-8") for f in ("week.jsonl", "chats.jsonl"))
    assert not any(secret in written for secret in SECRETS)
    (tmp_path / "week.jsonl").write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    assert len(read([tmp_path / "week.jsonl"], Catalogue.load())) == 2
    [chat] = (tmp_path / "chats.jsonl").read_text("utf-8").splitlines()
    assert [m["role"] for m in json.loads(chat)["messages"]] == ["system", "user", "assistant"]


def test_a_file_that_is_there_stays_unless_told_otherwise(run, talks, tmp_path):
    (tmp_path / "week.jsonl").write_text("mine", "utf-8")
    done = run("--chats", "chats.jsonl", "--examples", "week.jsonl")
    assert done.exit_code == 1
    assert "--force" in done.stderr
    assert (tmp_path / "week.jsonl").read_text("utf-8") == "mine"
    assert not (tmp_path / "chats.jsonl").exists()
    assert run("--examples", "week.jsonl", "--force").exit_code == 0
    assert "check" in (tmp_path / "week.jsonl").read_text("utf-8")


def test_what_another_file_of_the_folder_has_is_not_written_again(run, talks, tmp_path):
    (tmp_path / "ours").mkdir()
    assert "2 examples" in run("--examples", "ours/one.jsonl").stderr
    done = run("--examples", "ours/two.jsonl")
    assert "there are no new texts" in done.stderr
    assert [f.name for f in (tmp_path / "ours").iterdir()] == ["one.jsonl"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--since", "yesterday"], "neither a day such as 2024-12-05"),
        (["--examples", "nowhere/x.jsonl"], "its folder is not there"),
        (["--examples", "."], "this is a folder"),
        (["--examples", "x.jsonl", "--chats", "./x.jsonl"], "a file each"),
    ],
)
def test_what_cannot_be_done_is_told_before_anything_is_read(run, tmp_path, arguments, told):
    done = run(*arguments)
    assert done.exit_code == 1
    assert told in done.stderr
    assert list(tmp_path.iterdir()) == []
