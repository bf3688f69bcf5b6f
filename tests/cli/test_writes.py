"""`shopassist writes`: what was changed for customers, and settling what nobody saw the end of."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from shopassist import Assistant, Customer, ToolContext, settings
from shopassist.cli.main import app
from shopassist.dialogue import Consent, Quote
from shopassist.errors import ConfigurationError
from shopassist.testing import SqlShop
from shopassist.tools import SqlLedger, Toolbox, tool

ME = Customer("u-1001")
PHONE, STREET = "13912345678", "世纪大道100号"
MODULE = """
from shopassist.tools import SqlLedger
def ledger():
    return SqlLedger("sqlite:///own.db")
nothing = 7
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.setenv("SHOPASSIST_CLOCK", "2024-12-05T10:00:00+08:00")
    monkeypatch.syspath_prepend(str(tmp_path))
    return lambda *arguments: CliRunner().invoke(app, ["writes", *map(str, arguments)])


@pytest.fixture
def own(run, tmp_path, monkeypatch):
    """A shop's own ledger with one change that is done and one whose end nobody saw; the box that made them."""
    name = f"own_shop_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(MODULE, "utf-8")
    monkeypatch.setenv("SHOPASSIST_LEDGER", f"{name}:ledger")
    now = settings.load().now()
    calls = []

    @tool(effect="write", commit="external", personal=("phone",))
    def send_taxi(context: ToolContext, product: str, address: str, phone: str) -> dict:
        calls.append(product)
        if product == "lost":
            raise ConnectionError(PHONE)
        return {"id": f"T-{product}", "address": address}

    box = Toolbox([send_taxi], ledger=SqlLedger(f"sqlite:///{tmp_path}/own.db"))

    def send(product, key):
        args = {"product": product, "address": STREET, "phone": "<PHONE_1>"}
        consent = Consent(key, "send_taxi", args, Quote(True), now + timedelta(minutes=15))
        return box.write(
            "send_taxi", args, consent, ToolContext(ME, now, reveal=lambda t: t.replace("<PHONE_1>", PHONE))
        )

    assert (send("lost", "k-1").status, send("kept", "k-2").status) == ("unknown", "done")
    return send


def test_what_nobody_saw_the_end_of_comes_first_and_nothing_personal_is_shown(run, own):
    done = run()
    assert done.exit_code == 0, done.stderr
    first, second = done.stdout.splitlines()[1:]
    assert ("unknown" in first, "k-1" in first, "lost" in first) == (True, True, True)
    assert ("done" in second, "k-2" in second, "T-kept" in second) == (True, True, True)
    listed = run("--json")
    assert [(w["id"], w["state"], w["about"]) for w in json.loads(listed.stdout)] == [
        ("k-1", "unknown", {"product": "lost"}),
        ("k-2", "done", {"product": "kept"}),
    ]
    for secret in (PHONE, STREET, "PHONE_1", "u-1001"):
        assert secret not in done.stdout + listed.stdout + done.stderr


def test_a_finding_settles_it_and_is_the_outcome_from_then_on(run, own):
    done = run("--settle", "k-1", "done", "--note", f"rang the driver on {PHONE}")
    assert (done.exit_code, done.stdout) == (0, "k-1 is done.\n")
    [row] = [w for w in json.loads(run("--json").stdout) if w["id"] == "k-1"]
    assert (row["state"], row["note"]) == ("done", "rang the driver on <PHONE_1>")
    again = own("lost", "k-1")
    assert (again.status, again.repeated) == ("done", True)
    assert own("lost", "k-3").status == "unknown", "the next one is a deed of its own"
    assert run("--settle", "k-3", "not-done").exit_code == 0
    assert (own("lost", "k-3").status, own("lost", "k-3").reason) == ("refused", "not_done")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("k-2", "done"), "settled already: done"),
        (("nope", "done"), "no change 'nope'"),
        (("k-1", "maybe"), "not as 'maybe'"),
    ],
)
def test_what_cannot_be_settled_is_said(run, own, arguments, says):
    done = run("--settle", *arguments)
    assert done.exit_code != 0
    assert says in done.output
    assert own("lost", "k-1").status == "unknown"


def test_since_leaves_out_what_is_older(run, own):
    assert "No changes." in run("--since", "2024-12-06").stdout
    assert "k-1" in run("--since", "2024-12-05").stdout


def test_the_changes_of_one_conversation(run, tmp_path):
    """The sample shop's ledger is taken where the setting names none."""
    found = settings.load(model="none", embeddings="none")
    shop = SqlShop.create(f"sqlite:///{found.data_dir / 'sample_shop.db'}", found.now)
    with Assistant.from_settings(found, shop=shop, ledger=SqlLedger(shop.engine)) as assistant:
        for name, number in (("c", "ORD20241201002"), ("d", "ORD20241203003")):
            assistant.reply(f"取消订单{number}", conversation=name, customer=ME)
            assert assistant.reply("好的", conversation=name, customer=ME).tool_outcomes[0].status == "done"
    shop.close()
    assert [w["about"]["order_id"] for w in json.loads(run("--conversation", "c", "--json").stdout)] == [
        "ORD20241201002"
    ]
    assert len(json.loads(run("--json").stdout)) == 2
    missing = run("--conversation", "nope")
    assert missing.exit_code != 0
    assert "nope" in missing.output


def test_without_a_ledger_it_says_which_setting_names_one(run):
    done = run()
    assert done.exit_code != 0
    assert "`ledger`" in done.output


@pytest.mark.parametrize("name", ["nothing", "absent"])
def test_a_setting_that_names_no_ledger_is_told(run, own, monkeypatch, name):
    module = settings.load().ledger.partition(":")[0]
    monkeypatch.setenv("SHOPASSIST_LEDGER", f"{module}:{name}")
    done = run()
    assert done.exit_code != 0
    assert f"{module}:{name}" in done.output
    with pytest.raises(ConfigurationError, match=name):
        Assistant.from_settings(model="none", embeddings="none")
