"""The management commands."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from shopassist.contrib.django import models

SCENARIO = """
- name: a greeting
  turns:
    - say: 你好
      expect: {intents: [greeting], tools: []}
"""


@pytest.fixture(autouse=True)
def _site(site, configured):
    with configured():
        yield


def run(*arguments, **options):
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


@pytest.fixture
def talked(client_of, begin, say, shopper, order):
    """A customer who cancelled an order, told a phone number and judged an answer; the conversation's address."""
    li = shopper("li")
    order(li)
    client = client_of(li)
    at = begin(client)
    say(client, at, "帮我把订单ORD20241201002取消了，我的电话13800138000")
    say(client, at, "好的，取消吧")
    client.post(f"{at}feedback/", {"turn": 2, "rating": "up"}, content_type="application/json")
    return li, at


def test_16_an_export_is_complete_json(talked, tmp_path):
    li, _ = talked
    found = json.loads(run("shopassist_export", "--user", "li"))
    assert found["customer"] == str(li.pk)
    [conversation] = found["conversations"]
    assert [m["role"] for m in conversation["messages"]] == ["customer", "assistant"] * 2
    assert "13800138000" in conversation["messages"][0]["text"]
    assert [f["rating"] for f in conversation["feedback"]] == ["up"]
    assert [(c["tool"], c["state"]) for c in found["changes"]] == [("cancel_order", "done")]
    file = tmp_path / "li.json"
    run("shopassist_export", "--customer", str(li.pk), "--to", str(file))
    assert json.loads(file.read_text("utf-8")) == found
    assert file.stat().st_mode & 0o077 == 0


def test_16_forgetting_leaves_nothing_in_any_model(talked, client_of, begin, say, shopper):
    other = client_of(shopper("wang"))
    say(other, begin(other), "你好")
    assert "conversations: 1, changes: 1, unsettled: 0" in run("shopassist_forget", "--user", "li", "--no-input")
    assert json.loads(run("shopassist_export", "--user", "li")) == {
        "customer": str(talked[0].pk),
        "conversations": [],
        "changes": [],
    }
    assert models.Message.objects.count() == 2
    assert models.Turn.objects.count() == 1
    assert not models.Feedback.objects.exists()
    [empty] = models.Conversation.objects.exclude(erased=None)
    assert (empty.owner, empty.state, empty.vault) == (None, {}, {})


def test_what_is_old_is_purged_and_what_a_person_has_stays(client_of, begin, say):
    client = client_of()
    old, new, handed = (begin(client) for _ in range(3))
    say(client, old)
    say(client, new)
    say(client, handed, "我要转人工")
    assert models.HandOff.objects.count() == 1
    for at in (old, handed):
        models.Conversation.objects.filter(pk=at.split("/")[-2]).update(touched=timezone.now() - timedelta(days=31))
    assert "1 conversations are older" in run("shopassist_purge", "--days", "30", "--dry-run")
    assert "conversations: 1" in run("shopassist_purge", "--days", "30")
    assert client.get(old).status_code == 404
    assert client.get(new).status_code == client.get(handed).status_code == 200
    models.Conversation.objects.exclude(erased=None).update(erased=timezone.now() - timedelta(days=2))
    assert "empty rows: 1" in run("shopassist_purge", "--days", "30")
    with pytest.raises(CommandError, match="RETENTION_DAYS"):
        run("shopassist_purge")


def test_a_conversation_is_replayed_without_personal_data_unless_asked_for(talked, capsys):
    name = talked[1].split("/")[-2]
    run("shopassist_replay", name, "--json")
    assert "13800138000" not in capsys.readouterr().out
    run("shopassist_replay", name, "--reveal")
    shown = capsys.readouterr().out
    assert "13800138000" in shown
    assert "cancel_order" in shown
    with pytest.raises(CommandError, match="no conversation"):
        run("shopassist_replay", "unknown")


def test_the_doctor_says_what_is_broken_and_what_mends_it(configured, capsys):
    run("shopassist_check", "--json")
    found = {f["about"]: f for f in json.loads(capsys.readouterr().out)}
    assert found["database"]["state"] == found["knowledge"]["state"] == "ok"
    assert "cancel_order" in found["tools"]["text"]
    with configured(SHOP="shopsite.shop.Shopp"), pytest.raises(SystemExit):
        run("shopassist_check", "--json")
    [broken] = [f for f in json.loads(capsys.readouterr().out) if f["state"] == "broken"]
    assert (broken["about"], broken["mend"]) == ("shopassist.E004", "Did you mean 'shopsite.shop.Shop'?")


def test_scenarios_are_played_with_the_projects_settings(tmp_path, capsys):
    file = Path(tmp_path / "greeting.yaml")
    file.write_text(SCENARIO, "utf-8")
    run("shopassist_eval", str(file), "--json")
    assert json.loads(capsys.readouterr().out)
    file.write_text(SCENARIO.replace("greeting]", "human]"), "utf-8")
    with pytest.raises(SystemExit):
        run("shopassist_eval", str(file), "--json")


def test_an_unknown_user_is_named():
    with pytest.raises(CommandError, match="no user 'zhao'"):
        run("shopassist_export", "--user", "zhao")


def test_celerys_tasks_do_what_the_commands_do(talked, configured):
    pytest.importorskip("celery", reason="celery is not installed")
    from shopassist.contrib.django import tasks

    models.Conversation.objects.update(touched=timezone.now() - timedelta(days=31))
    assert tasks.purge.apply().get() == {}
    with configured(RETENTION_DAYS=30):
        assert tasks.purge.apply().get()["conversations"] == 1
    assert tasks.forget.apply(args=[str(talked[0].pk)]).get()["changes"] == 1
    assert not models.Write.objects.exists()
