"""The admin: who sees which page, personal data masked and each look at them written down, trails, filters, figures."""

import importlib
import re
from datetime import timedelta
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from shopsite import assistants, routers

from shopassist import Customer
from shopassist.contrib.django import facts, models
from shopassist.contrib.django.assistant import engine_settings, get_assistant
from shopassist.contrib.django.statistics import statistics
from shopassist.contrib.django.store import DjangoStore
from shopassist.evaluation.tally import tally
from shopassist.testing import ScriptedModel

A = "/admin/shopassist/"
QUESTION = "无线降噪耳机Pro续航多久"
PHONE, ADDRESS = "13800138000", "上海市浦东新区世纪大道100号5号楼302"
EVIL = '<script>alert(1)</script><img src=x onerror="alert(2)">'


@pytest.fixture(autouse=True)
def _site(site, configured):
    with configured():
        yield


@pytest.fixture
def talk(shopper):
    """Say something as a customer: ``talk("c-1", "你好", "转人工")``; the last reply."""
    known = {}

    def said(conversation, *texts, who="li"):
        if who is not None and who not in known:
            known[who] = shopper(who)
        customer = Customer(str(known[who].pk)) if who is not None else None
        for text in texts:
            reply = get_assistant().reply(text, conversation=conversation, customer=customer)
        return reply

    return said


# Who sees what

PAGES = [
    ("conversation/", "view_conversation"),
    ("conversation/c-1/change/", "view_conversation"),
    ("write/", "view_write"),
    ("feedback/", "view_feedback"),
    ("handoff/", "view_handoff"),
    ("answertemplate/", "view_answertemplate"),
    ("answertemplate/import/", "add_answertemplate"),
    ("answertemplate/add/", "add_answertemplate"),
    ("statistics/", "view_statistics"),
    ("knowledgereport/", "view_knowledgereport"),
    ("look/", "view_look"),
]


@pytest.mark.parametrize(("page", "permission"), PAGES)
def test_a_page_is_for_staff_with_its_permission_alone(client_of, shopper, staff, talk, page, permission):
    talk("c-1", "你好")
    assert client_of().get(A + page).status_code == 302
    assert client_of(shopper("wang")).get(A + page).status_code == 302
    others = [p for _, p in PAGES if p != permission]
    assert client_of(staff("mei", *dict.fromkeys(others))).get(A + page).status_code == 403
    assert client_of(staff("lan", permission)).get(A + page).status_code == 200


def test_nobody_changes_what_the_assistant_wrote(client_of, talk):
    from shopsite.models import Shopper

    talk("c-1", "你好")
    client = client_of(Shopper.objects.create_superuser("boss"))
    for page in ("conversation/add/", "write/add/", "look/add/", "conversation/c-1/delete/"):
        assert client.post(A + page, {"post": "yes"}).status_code == 403
    assert models.Conversation.objects.filter(erased=None).count() == 1


def test_what_is_not_there_and_what_was_erased_is_not_found(client_of, staff, talk):
    talk("c-1", "你好")
    client = client_of(staff("lan", "view_conversation"))
    assert client.get(f"{A}conversation/none/change/").status_code == 404
    DjangoStore().erase("c-1")
    assert client.get(f"{A}conversation/c-1/change/").status_code == 404
    assert "你好" not in client.get(f"{A}conversation/").content.decode()


# Personal data


@pytest.fixture
def told(talk, order, shopper):
    """A conversation with a phone number and an address."""
    talk("c-1", f"我的电话是{PHONE}")
    li = models.Conversation.objects.get().owner
    from shopsite.models import Shopper

    order(Shopper.objects.get(pk=li))
    talk("c-1", f"订单ORD20241201002的地址改成{ADDRESS}", "好的")


def test_personal_data_are_left_out_without_the_permission(client_of, staff, told):
    client = client_of(staff("lan", "view_conversation", "view_write"))
    page = client.get(f"{A}conversation/c-1/change/").content.decode()
    assert "改地址" in page
    for value in (PHONE, ADDRESS, "世纪大道", "ORD20241201002", 'name="reveal"'):
        assert value not in page
    assert client.post(f"{A}conversation/c-1/change/", {"reveal": "1"}).status_code == 403
    write = models.Write.objects.get()
    shown = client.get(f"{A}write/{write.pk}/change/").content.decode()
    assert ADDRESS not in shown
    assert "ORD20241201002" not in shown
    listed = client.get(f"{A}conversation/").content.decode()
    assert f">{write.subject}<" not in listed
    assert not models.Look.objects.exists()


def test_a_look_at_personal_data_is_asked_for_and_written_down_without_them(client_of, staff, told):
    user = staff("lan", "view_conversation", "view_write", "view_personal")
    client = client_of(user)
    page = client.get(f"{A}conversation/c-1/change/").content.decode()
    assert PHONE not in page
    assert not models.Look.objects.exists()
    page = client.post(f"{A}conversation/c-1/change/", {"reveal": "1"}).content.decode()
    assert PHONE in page
    assert ADDRESS in page
    write = models.Write.objects.get()
    assert ADDRESS in client.post(f"{A}write/{write.pk}/change/", {"reveal": "1"}).content.decode()
    looks = models.Look.objects.order_by("pk")
    assert [(k.user, k.name, k.conversation, k.place) for k in looks] == [
        (str(user.pk), "lan", "c-1", "admin"),
        (str(user.pk), "lan", write.pk, "write"),
    ]
    assert PHONE not in str(list(looks.values()))


def test_a_look_needs_the_csrf_token(client_of, staff, told):
    client = client_of(staff("lan", "view_conversation", "view_personal"), csrf=True)
    assert client.post(f"{A}conversation/c-1/change/", {"reveal": "1"}).status_code == 403
    assert not models.Look.objects.exists()


def test_a_customers_id_finds_their_conversations_for_who_may_see_it_alone(client_of, staff, talk):
    talk("c-1", "你好")
    owner = models.Conversation.objects.get().owner
    models.Conversation.objects.update(owner="customer-77")
    assert owner
    for permissions, found in ((["view_conversation"], False), (["view_conversation", "view_personal"], True)):
        client = client_of(staff(f"s{len(permissions)}", *permissions))
        page = client.get(f"{A}conversation/?q=customer-77").content.decode()
        assert ("c-1/change" in page) is found


# The trail


def test_the_trail_tells_what_was_understood_looked_up_replaced_and_how_long_it_took(client_of, staff, talk):
    assistants.model = ScriptedModel(answers=["续航可达 99 小时。"])
    reply = talk("c-1", QUESTION)
    assert reply.rejected
    page = client_of(staff("lan", "view_conversation")).get(f"{A}conversation/c-1/change/").content.decode()
    steps = dict(re.findall(r'<section class="sa-step sa-step-(\w+)">(.*?)</section>', page, re.S))
    assert {"understood", "looked", "checked", "times"} <= {*steps}
    assert "问商品" in steps["understood"]
    assert all(p.title in steps["looked"] for p in reply.considered)
    assert "续航可达 99 小时。" in steps["checked"]
    assert "其中的数字没有出处" in steps["checked"]
    assert reply.rejected[0].replacement in steps["checked"]
    assert reply.citations[0].title in steps["checked"]
    assert f"{reply.usage.total:.2f} s" in steps["times"]
    assert "ScriptedModel" in steps["times"]


def test_the_trail_tells_the_consent_the_change_and_the_hand_off(client_of, staff, told, talk):
    reply = talk("c-1", "转人工")
    page = client_of(staff("lan", "view_conversation")).get(f"{A}conversation/c-1/change/").content.decode()
    assert "等顾客同意：修改收货地址" in page
    assert "修改收货地址：已完成" in page
    assert reply.handoff in page


def test_a_long_conversation_is_read_in_pages_with_a_bounded_number_of_queries(client_of, staff, talk):
    talk("c-1", "你好")
    row = models.Conversation.objects.get()
    models.Message.objects.bulk_create(
        models.Message(conversation=row, seq=n, role="customer", text=f"第{n}句", created=timezone.now())
        for n in range(3, 400)
    )
    client = client_of(staff("lan", "view_conversation"))
    with CaptureQueriesContext(connections[routers.current]) as seen:
        page = client.get(f"{A}conversation/c-1/change/").content.decode()
    assert "第399句" in page
    assert "第100句" not in page
    assert len(seen) <= 16
    assert "第100句" in client.get(f"{A}conversation/c-1/change/?page=2").content.decode()
    assert "你好" in client.get(f"{A}conversation/c-1/change/?turn=1").content.decode()


# The list


def _listed(client, query):
    page = client.get(f"{A}conversation/?{query}")
    assert page.status_code == 200
    return set(re.findall(r"/conversation/([\w-]+)/change/", page.content.decode()))


def test_conversations_are_found_by_wish_mood_hand_off_and_what_stayed_unanswered(client_of, staff, talk):
    talk("c-cancel", "帮我取消订单ORD1")
    talk("c-angry", "你们太差劲了，气死我了！")
    talk("c-person", "转人工")
    talk("c-fridge", "你们卖冰箱吗")
    talk("c-fine", "七天无理由怎么退？")
    client = client_of(staff("lan", "view_conversation"))
    assert _listed(client, "intent=cancel_order") == {"c-cancel"}
    assert "c-angry" in _listed(client, "mood=negative")
    assert "c-fine" not in _listed(client, "mood=negative")
    assert _listed(client, "handoff=waiting") == _listed(client, "handoff=any") == {"c-person"}
    assert "c-person" not in _listed(client, "handoff=none")
    assert "c-fridge" in _listed(client, "unanswered=page")
    assert "c-fine" not in _listed(client, "unanswered=page")
    assert _listed(client, "intent=cancel_order&mood=positive") == set()
    number = models.HandOff.objects.get().pk
    assert _listed(client, f"q={number}") == {"c-person"}
    assert _listed(client, "q=冰箱") == {"c-fridge"}
    get_assistant().desk.claim(number, "lan")
    talk("c-person", "有人吗")
    assert _listed(client, "handoff=person") == {"c-person"}


def test_the_list_of_many_conversations_takes_a_bounded_number_of_queries(client_of, staff):
    now = timezone.now()
    models.Conversation.objects.bulk_create(
        models.Conversation(id=f"c-{n}", created=now, touched=now - timedelta(minutes=n)) for n in range(1000)
    )
    client = client_of(staff("lan", "view_conversation"))
    with CaptureQueriesContext(connections[routers.current]) as seen:
        page = client.get(f"{A}conversation/").content.decode()
    assert page.count("/change/") >= 50
    assert len(seen) <= 10


# Figures


def test_the_charts_figures_are_those_of_the_counted_rows(client_of, staff, talk):
    talk("c-1", "七天无理由怎么退？", "你们卖冰箱吗")
    talk("c-2", "太差劲了！", "转人工")
    settings = engine_settings()
    total, days = statistics(timezone.localdate(timezone=settings.timezone), 7, settings.timezone)
    counted, by_day = tally(DjangoStore(), settings.timezone)
    for name in ("turns", "searched", "unanswered", "cached", "model_calls", "saved_calls", "degraded"):
        assert getattr(total, name) == getattr(counted, name), name
    assert total.handed == counted.handoffs == 1
    assert total.moods == counted.moods
    assert total.conversations == counted.conversations
    assert {day.isoformat(): count.turns for day, count in days.items() if count.turns} == {
        day: count.turns for day, count in by_day.items()
    }
    page = client_of(staff("lan", "view_statistics")).get(f"{A}statistics/?days=7").content.decode()
    assert f'<p class="sa-value">{len(total.conversations)}</p>' in page
    assert f"{total.handed / total.turns:.1%}" in page
    today = [*days.values()][-1]
    assert re.search(rf"<title>[^<]*: {today.turns}</title>", page)


def test_turns_that_are_there_already_get_their_facts_from_the_migration(talk):
    talk("c-1", "帮我取消订单ORD1", "你们卖冰箱吗")
    fields = [f.name for f in models.TurnFacts._meta.fields if f.name != "id"]
    before = list(models.TurnFacts.objects.order_by("number").values(*fields))
    models.TurnFacts.objects.all().delete()
    migration = importlib.import_module("shopassist.contrib.django.migrations.0004_facts")
    migration.fill(apps, SimpleNamespace(connection=connections[routers.current]))
    assert list(models.TurnFacts.objects.order_by("number").values(*fields)) == before
    assert len(before) == 2


def test_an_erased_conversation_leaves_no_facts(talk):
    talk("c-1", "你好")
    assert models.TurnFacts.objects.count() == 1
    DjangoStore().erase("c-1")
    assert not models.TurnFacts.objects.exists()


def test_intents_beyond_the_column_are_left_out_whole():
    kept = facts.barred([f"intent_{n}" for n in range(100)])
    assert len(kept) <= facts.INTENTS_CHARS
    assert kept.endswith("|")
    assert "|intent_1|" in kept


def test_the_knowledge_page_tells_what_answers_and_what_is_not_answered(client_of, staff, talk):
    talk("c-1", "你们卖冰箱吗")
    talk("c-2", "你们卖冰箱吗", who=None)
    page = client_of(staff("lan", "view_knowledgereport")).get(f"{A}knowledgereport/?gaps=1").content.decode()
    assert "gen-000001" in page
    assert "你们卖冰箱吗" in page


# What people wrote stays text


class Tags(HTMLParser):
    """The tags of a page with attributes by which a script could run, and its inline scripts."""

    def __init__(self, page):
        super().__init__()
        self.found, self.inline, self._script = [], [], False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        self.found += [tag] if tag == "img" and names.get("src") == "x" else []
        self.found += [name for name in names if name.startswith("on") or name == "style"]
        self.found += [v for k, v in attrs if k in ("href", "src") and (v or "").lower().startswith("javascript:")]
        self._script = tag == "script" and "src" not in names and names.get("type") != "application/json"

    def handle_data(self, data):
        self.inline += [data] if self._script and data.strip() else []


def test_nothing_that_was_written_runs_in_the_admin_and_no_page_needs_inline_script_or_style(client_of, talk):
    from shopsite.models import Shopper

    assistants.model = ScriptedModel(answers=[EVIL])
    talk("c-1", EVIL, f"{EVIL}七天无理由怎么退？", f"转人工{EVIL}")
    row = models.Conversation.objects.get()
    models.Feedback.objects.create(conversation=row, turn=1, rating="down", comment=EVIL, created=timezone.now())
    models.Message.objects.filter(role="customer").update(partial=EVIL, items=[{"product": EVIL}])
    template = models.AnswerTemplate.objects.create(language="zh", kind="answer", question=EVIL, text=EVIL, author=EVIL)
    models.Write.objects.create(
        key="w-1", tool=EVIL, subject="1", args={"reason": EVIL, EVIL: EVIL}, consent={"quote": {"rule": EVIL}},
        state="done", begun=timezone.now(), outcome={"facts": {"status": EVIL}, "reason": EVIL},
    )  # fmt: skip
    models.Look.objects.create(user="1", name=EVIL, conversation="c-1", place="admin")
    client = client_of(Shopper.objects.create_superuser("boss", first_name=EVIL[:100]))
    pages = [page for page, _ in PAGES]
    pages += [f"answertemplate/{template.pk}/change/", "write/w-1/change/", "answertemplate/import/?look=1"]
    pages += ["knowledgereport/?gaps=1", "conversation/?q=alert", "answertemplate/fields/?kind=answer"]
    for page in pages:
        response = client.get(A + page)
        assert response.status_code == 200, page
        tags = Tags(response.content.decode())
        assert tags.found == [], page
        assert tags.inline == [], page
    revealed = client.post(f"{A}conversation/c-1/change/", {"reveal": "1"}).content.decode()
    assert "&lt;script&gt;alert(1)" in revealed
    assert Tags(revealed).found == []
