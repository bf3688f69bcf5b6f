"""What is in the database: one transaction with the shop's, bounded queries, nothing left of who is deleted."""

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime

import pytest
from django.apps import apps
from django.db import connections, transaction
from django.db.backends.signals import connection_created
from django.db.utils import OperationalError
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from shopsite import assistants, routers
from shopsite.models import Order, Regular, Shopper

from conftest import PAGES
from shopassist import Customer, Failed, Message, Sentence, Stage, Started
from shopassist.contrib.django import models
from shopassist.contrib.django.assistant import get_assistant
from shopassist.contrib.django.turns import Ask, stop, told
from shopassist.errors import HandOffTaken, ModelUnavailable
from shopassist.knowledge.ingest import ingest
from shopassist.testing import HashEmbeddings, ScriptedModel

QUESTION = "无线降噪耳机Pro续航多久"
OF_TRANSACTIONS = (
    "BEGIN",
    "COMMIT",
    "PRAGMA",
    "SET LOCAL",
    "SELECT journal_mode",
    "UPDATE shopassist_conversation SET fence",
)
ANSWER = "单次续航 8 小时，配合充电盒共 30 小时。"


@pytest.fixture(autouse=True)
def _site(site, configured):
    with configured():
        yield


def test_where_the_shop_rolls_back_neither_order_nor_ledger_has_changed(
    client_of, begin, say, shopper, order, monkeypatch
):
    li = shopper("li")
    order(li)
    client = client_of(li)
    at = begin(client)
    say(client, at, "帮我把订单ORD20241201002取消了")
    updated = []

    def breaks(orders, tx, customer, order_id, **values):
        assert connections[tx].in_atomic_block
        updated.append(Order.objects.using(tx).filter(number=order_id).update(**values))
        assert models.Write.objects.using(tx).count() == 1
        raise OperationalError("the shop's own trigger")

    monkeypatch.setattr("shopsite.shop.Orders._change", breaks)
    reply = say(client, at, "好的，取消吧").json()
    assert [o["status"] for o in reply["outcomes"]] == ["failed"]
    assert updated == [1]
    assert Order.objects.get().status == "paid"
    assert not models.Write.objects.exists()


def test_inside_a_transaction_of_the_callers_all_is_stored_or_nothing(shopper):
    assistant = get_assistant()
    with transaction.atomic(using=routers.current):
        assistant.reply("你好", conversation="c", customer=Customer("7"))
        assert models.Turn.objects.count() == 1
        transaction.set_rollback(True, using=routers.current)
    assert not models.Conversation.objects.exists()


def test_a_turn_takes_a_bounded_number_of_queries_however_long_the_conversation_is(client_of, begin, say, shopper):
    client = client_of(shopper("li"))
    at = begin(client)

    def queries(call):
        with CaptureQueriesContext(connections[routers.current]) as seen:
            assert call().status_code == 200
        return sum(not q["sql"].startswith(OF_TRANSACTIONS) for q in seen.captured_queries)

    first = queries(lambda: say(client, at, "七天无理由怎么退？"))
    for n in range(8):
        say(client, at, f"保修{n}年吗？")
    later = queries(lambda: say(client, at, "七天无理由怎么退？"))
    assert later <= first <= 24
    assert queries(lambda: client.get(f"{at}messages/?after=0")) <= 5
    assert queries(lambda: client.get("/assistant/conversations/")) <= 3


def test_11_a_request_opens_one_connection_and_with_a_model_lets_go_of_it_before_and_takes_one_after(
    client_of, begin, say, shopper
):
    opened = []
    assistants.model = ScriptedModel(answers=[ANSWER])
    client = client_of(shopper("li"))
    at = begin(client)

    def connected(**_):
        opened.append(1)

    connection_created.connect(connected)
    for text, times in (("你好", 1), (QUESTION, 3)):  # the third one looks, before the sentence is shown, what is new
        connections[routers.current].close()
        opened.clear()
        assert say(client, at, text).json()["text"]
        assert len(opened) == times


def test_a_deleted_user_leaves_nothing_and_a_rolled_back_deletion_leaves_all(client_of, begin, say, shopper, order):
    li = shopper("li")
    order(li)
    client = client_of(li)
    at = begin(client)
    say(client, at, "帮我把订单ORD20241201002取消了")
    say(client, at, "好的，取消吧")
    with transaction.atomic(using=routers.current):
        li.delete()
        assert not models.Message.objects.exists()
        transaction.set_rollback(True, using=routers.current)
    li = Shopper.objects.get(username="li")
    assert models.Message.objects.count() == 4
    Shopper.objects.filter(pk=li.pk).delete()
    for model in (models.Message, models.Turn, models.HandOff, models.Write, models.Feedback):
        assert not model.objects.exists(), model
    assert not models.Conversation.objects.exclude(owner=None).exists()


def test_16_who_is_erased_during_a_turn_stays_erased(shopper):
    li = shopper("li")
    assistants.model = ScriptedModel(answers=[ANSWER + "防水等级是 IPX4。" * 5], delay=0.05)
    assistant = get_assistant()
    events = assistant.stream(QUESTION, conversation="c", customer=Customer(str(li.pk)))
    assert isinstance(next(events), Started)
    Shopper.objects.filter(pk=li.pk).delete()
    last = list(events)[-1]
    assert (type(last), last.error) == (Failed, "ConversationErased")
    assert not models.Message.objects.exists()
    assert not models.Turn.objects.exists()
    assert list(models.Conversation.objects.values_list("owner", "state", "vault")) == [(None, {}, {})]


def test_16_who_is_erased_during_a_turn_leaves_nothing_in_models_files_or_vectors(shopper, configured, tmp_path):
    said, phone = "我住在梧桐里三号楼，" + QUESTION + "，有事打13800138000", "13800138000"
    assistants.embeddings = HashEmbeddings()
    ingest([PAGES], tmp_path / "knowledge", assistants.embeddings)
    before = _vectors(tmp_path)
    assistants.model = ScriptedModel(answers=[ANSWER + "防水等级是 IPX4。" * 5], delay=0.05)
    with configured(DATA_DIR=str(tmp_path)):
        assistant, li = get_assistant(), shopper("li")
        customer = Customer(str(li.pk))
        assistant.reply("我住在梧桐里三号楼，我要转人工", conversation="b", customer=customer)
        events = assistant.stream(said, conversation="c", customer=customer)
        assert next(type(event) for event in events if not isinstance(event, Started | Stage)) is Sentence
        assert any("梧桐里" in row for row in _rows())
        li.delete()
        assert list(events)[-1].error == "ConversationErased"
        assert assistant.knowledge.vector(said) is not None
        kept = repr([vars(assistant.answers)])
    for trace in ("梧桐里", phone, "<PHONE_1>"):
        assert not [row for row in _rows() if trace in row]
        assert trace not in kept
    after = _files(tmp_path)
    assert [name for name in after if "梧桐里".encode() in after[name] or phone.encode() in after[name]] == []
    assert before[0] > 0
    assert _vectors(tmp_path) == before


def _rows():
    """Each row of the app's tables, as text."""
    for model in apps.get_app_config("shopassist").get_models():
        yield from map(repr, model.objects.values_list())


def _files(folder):
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def _vectors(folder):
    """How many vectors Chroma has, and all other files of the index: its own hold what is left of memory too."""
    [chroma] = folder.rglob("chroma.sqlite3")
    with closing(sqlite3.connect(chroma)) as db:
        count = db.execute("SELECT count(*) FROM embeddings").fetchone()[0]
    return count, {name: data for name, data in _files(folder).items() if "/chroma/" not in name}


def test_17_of_two_agents_one_gets_the_hand_off_and_what_the_customer_writes_reaches_them(client_of, begin, say):
    client = client_of()
    at = begin(client)
    handed = say(client, at, "我要转人工").json()
    assert client.get(at).json()["handoff"] == {"id": handed["handoff"], "status": "waiting"}
    desk = get_assistant().desk

    def claim(agent):
        try:
            return desk.claim(handed["handoff"], agent).agent
        except HandOffTaken:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        got = list(pool.map(claim, ("anna", "bo")))
    [agent] = filter(None, got)
    reply = say(client, at, "还在吗？").json()
    assert (reply["text"], reply["mode"]) == ("", "person")
    assert [m.text for m in desk.history(handed["handoff"], agent)][-1] == "还在吗？"
    desk.say(handed["handoff"], agent, "在的，我来帮您。")
    seen = client.get(f"{at}messages/").json()
    assert seen["conversation"]["mode"] == "person"
    assert (seen["messages"][-1]["role"], seen["messages"][-1]["text"]) == ("person", "在的，我来帮您。")
    desk.give_back(handed["handoff"], agent)
    assert client.get(at).json()["mode"] == "bot"


def test_a_write_under_way_is_finished_although_its_caller_leaves(shopper, order):
    li = shopper("li")
    order(li)
    assistant, customer = get_assistant(), Customer(str(li.pk))
    assistant.reply("帮我把订单ORD20241201002取消了", conversation="c", customer=customer)
    ask = Ask(assistant, "c", customer, Message("好的，取消吧", "m2"))
    events = told(ask, threading.Event())
    for name, data in events:
        if (name, data.get("name")) == ("stage", "write"):
            break
    events.close()
    assert Order.objects.get().status == "cancelled"
    assert [o.status for o in assistant.store.reply_to("c", "m2").tool_outcomes] == ["done"]


def test_what_was_shown_is_stored_before_another_may_end_the_answer(shopper, monkeypatch):
    assistants.model = ScriptedModel(answers=["单次续航 8 小时。防水等级是 IPX4。"])
    assistant, customer = get_assistant(), Customer(str(shopper("li").pk))
    keep, free = assistant.store.keep_partial, []

    def kept(*given):
        free.append(assistant.store.claim("c", lease=15.0))
        keep(*given)

    monkeypatch.setattr(assistant.store, "keep_partial", kept)  # the real one, and a look at that moment
    events = told(Ask(assistant, "c", customer, Message(QUESTION, "m1")), threading.Event())
    shown = next(data["text"] for name, data in events if name == "sentence")
    events.close()
    assert free == [None], "who could claim it at this moment would end it without a word"
    assert stop(assistant.store, "c", "zh")["text"] == shown


def test_a_dead_model_leaves_templates_and_says_so(client_of, begin, say):
    assistants.model = ScriptedModel(answers=[ModelUnavailable("no server")])
    client = client_of()
    reply = say(client, begin(client), QUESTION).json()
    assert reply["degraded"]
    assert "8" in reply["text"]


def test_a_deactivated_user_who_is_deleted_leaves_nothing_either(client_of, begin, say, shopper):
    li = shopper("li")
    client = client_of(li)
    say(client, begin(client))
    li.is_active = False
    li.save()
    li.delete()
    assert not models.Message.objects.exists()


def test_16_a_user_who_is_deleted_by_a_proxy_of_the_model_leaves_nothing_either(client_of, begin, say, shopper):
    li = shopper("li")
    client = client_of(li)
    say(client, begin(client))
    Regular.objects.get(pk=li.pk).delete()
    assert not models.Message.objects.exists()


def test_16_what_a_user_begins_while_they_are_deleted_goes_with_them(shopper):
    li = shopper("li")
    with transaction.atomic(using=routers.current):
        key = str(li.pk)
        li.delete()
        get_assistant().reply("你好", conversation="late", customer=Customer(key))
    assert not models.Message.objects.exists()
    assert models.Conversation.objects.get().owner is None


@pytest.mark.parametrize("zone", [True, False])
def test_times_are_right_with_and_without_timezones(client_of, begin, say, zone):
    before = time.time()
    with override_settings(USE_TZ=zone):
        client = client_of()
        at = begin(client)
        say(client, at)
        told = client.get(f"{at}messages/").json()
        name = at.split("/")[-2]
        answered = get_assistant().store.turns()[0].answered
        assert get_assistant().store.export(name)["replies"][0]["answered"] == answered
    assert before - 1 <= answered <= time.time() + 1
    written = datetime.fromisoformat(told["messages"][0]["created"])
    assert abs(written.timestamp() - answered) < 60
