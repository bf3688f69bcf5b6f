"""The desk: who may be there, one of two at once, what is shown of whom, and that nothing is sent by itself."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from shopsite import routers

from shopassist import Customer
from shopassist.contrib.django import desk_texts, desk_views, models
from shopassist.contrib.django.assistant import get_assistant

PHONE = "13800138000"


@pytest.fixture(autouse=True)
def _site(site, configured):
    with configured():
        yield


@pytest.fixture
def agent(staff, client_of):
    """A client of somebody who works at the desk: ``agent("lan")``."""
    return lambda name, **options: client_of(staff(name, "work_at_desk"), **options)


@pytest.fixture
def handed(shopper):
    """A customer's conversation that waits for a person: (number, customer)."""
    li = Customer(str(shopper("li").pk))
    reply = get_assistant().reply(f"我的电话是{PHONE}，七天无理由退货运费谁出？转人工", conversation="c-1", customer=li)
    assert reply.handoff
    return reply.handoff, li


def post(client, path, data=None):
    return client.post(f"/desk/{path}", json.dumps(data or {}), content_type="application/json")


def test_the_desk_is_for_staff_with_the_permission_alone(client_of, shopper, staff, agent, handed):
    from django.contrib.auth.models import Permission

    assert client_of().get("/desk/").status_code == 302
    customer = shopper("wang")
    customer.user_permissions.set(Permission.objects.filter(codename="work_at_desk"))
    for client in (client_of(customer), client_of(staff("mei", "view_conversation"))):
        assert client.get("/desk/").status_code == 403
    for client in (client_of(), client_of(customer)):
        for path in ("queue/", "events/", f"{handed[0]}/", f"{handed[0]}/messages/", f"{handed[0]}/orders/"):
            response = client.get(f"/desk/{path}")
            assert response.status_code == 403, path
            assert response.json()["code"] == "forbidden"
        for path in ("claim/", "say/", "release/", "give-back/", "close/"):
            assert post(client, f"{handed[0]}/{path}").status_code == 403
    assert models.HandOff.objects.get().status == "waiting"
    assert agent("lan").get("/desk/").status_code == 200


def test_what_changes_something_needs_the_csrf_token_and_is_a_post(agent, handed):
    client = agent("lan", csrf=True)
    for path in ("claim/", "say/", "release/", "give-back/", "close/"):
        assert client.post(f"/desk/{handed[0]}/{path}").status_code == 403
        assert client.get(f"/desk/{handed[0]}/{path}").status_code == 405
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', client.get("/desk/").content.decode())[1]
    assert client.post(f"/desk/{handed[0]}/claim/", headers={"X-CSRFToken": token}).status_code == 204


def test_of_two_at_once_one_gets_the_conversation(agent, handed):
    clients = [agent(f"a{n}") for n in range(4)]

    def claim(client):
        try:
            return post(client, f"{handed[0]}/claim/").status_code
        finally:
            connections[routers.current].close()

    with ThreadPoolExecutor(4) as threads:
        codes = sorted(threads.map(claim, clients))
    assert codes == [204, 409, 409, 409]
    others = [c for c in clients if post(c, f"{handed[0]}/claim/").status_code == 409]
    assert len(others) == 3
    assert post(others[0], f"{handed[0]}/claim/").json()["code"] == "taken"
    for path in ("messages/", "orders/", "suggestions/"):
        assert others[0].get(f"/desk/{handed[0]}/{path}").status_code == 409
    assert post(others[0], f"{handed[0]}/say/", {"text": "你好"}).status_code == 409


def test_a_person_takes_reads_answers_and_gives_back_and_the_bot_is_silent_meanwhile(agent, handed):
    number, li = handed
    lan = agent("lan")
    waiting = lan.get(f"/desk/{number}/").json()
    assert not waiting["mine"]
    assert "messages" not in waiting
    assert PHONE not in waiting["summary"]
    assert post(lan, f"{number}/claim/").status_code == 204
    mine = lan.get(f"/desk/{number}/").json()
    assert PHONE in mine["messages"][0]["text"]
    assert mine["customer"] == "li"
    silent = get_assistant().reply("有人吗", conversation="c-1", customer=li)
    assert (silent.text, silent.mode) == ("", "person")
    last = mine["messages"][-1]["seq"]
    [new] = lan.get(f"/desk/{number}/messages/?after={last}").json()["messages"]
    assert (new["role"], new["text"]) == ("customer", "有人吗")
    sent = post(lan, f"{number}/say/", {"text": "您好，运费由我们承担。"})
    assert sent.status_code == 201
    [seen] = get_assistant().history("c-1", customer=li, after=new["seq"])
    assert (seen.role, seen.text, seen.seq) == ("person", "您好，运费由我们承担。", sent.json()["seq"])
    assert post(lan, f"{number}/give-back/").status_code == 204
    assert lan.get(f"/desk/{number}/").json()["code"] == "closed"
    assert lan.get("/desk/queue/").json()["handoffs"] == []
    assert get_assistant().reply("七天无理由怎么退？", conversation="c-1", customer=li).text


def test_release_lets_a_colleague_take_over_and_close_ends_it(agent, handed):
    number, _ = handed
    lan, mei = agent("lan"), agent("mei")
    post(lan, f"{number}/claim/")
    assert post(lan, f"{number}/release/").status_code == 204
    assert post(mei, f"{number}/claim/").status_code == 204
    assert post(mei, f"{number}/close/").status_code == 204
    assert models.HandOff.objects.get().status == "closed"
    assert post(mei, "HNOTHERE/claim/").json()["code"] == "gone"


def test_bad_input_at_the_desk_is_refused_and_named(agent, handed):
    lan = agent("lan")
    assert post(lan, f"{handed[0]}/say/", {"text": "你好"}).json()["code"] == "not_claimed"
    post(lan, f"{handed[0]}/claim/")
    assert post(lan, f"{handed[0]}/say/", {"text": "  "}).status_code == 422
    assert post(lan, f"{handed[0]}/say/", {"text": "啊" * 9_000}).status_code == 422
    assert post(lan, f"{handed[0]}/say/", {"text": "好", "agent": "1"}).status_code == 422
    assert lan.post(f"/desk/{handed[0]}/say/", {"text": "好"}).status_code == 415
    assert lan.get(f"/desk/{handed[0]}/messages/?after=x").status_code == 422
    assert not models.Message.objects.filter(role="person").exists()


def test_each_claim_and_opening_is_written_down_and_the_list_is_none(agent, handed):
    lan = agent("lan")
    lan.get("/desk/queue/")
    lan.get(f"/desk/{handed[0]}/")
    assert not models.Look.objects.exists()
    post(lan, f"{handed[0]}/claim/")
    assert models.Look.objects.count() == 1  # from here on the messages may be read
    lan.get(f"/desk/{handed[0]}/")
    lan.get(f"/desk/{handed[0]}/messages/?after=0")
    looks = list(models.Look.objects.values_list("name", "conversation", "place"))
    assert looks == [("lan", "c-1", "desk")] * 2


def test_the_orders_are_the_customers_own_and_come_from_the_shop(agent, handed, order, shopper, monkeypatch):
    from shopsite.models import Shopper

    number, li = handed
    order(Shopper.objects.get(pk=li.id), "ORD1", address="北京市海淀区中关村大街1号")
    order(shopper("wang"), "ORD2")
    lan = agent("lan")
    post(lan, f"{number}/claim/")
    [one] = lan.get(f"/desk/{number}/orders/").json()["orders"]
    assert (one["id"], one["status"]) == ("ORD1", "待发货")
    assert one["lines"] == ["云听 Pro 真无线耳机 × 1"]

    def breaks(orders, customer):
        raise RuntimeError(PHONE)

    monkeypatch.setattr("shopsite.shop.Orders.list", breaks)
    response = lan.get(f"/desk/{number}/orders/")
    assert response.json() == {"orders": None, "visitor": False}


def test_a_visitor_has_no_orders(agent):
    number = get_assistant().reply("转人工", conversation="c-v").handoff
    lan = agent("lan")
    post(lan, f"{number}/claim/")
    assert lan.get(f"/desk/{number}/orders/").json() == {"orders": [], "visitor": True}


def test_suggestions_come_with_their_source_and_are_never_sent(agent, handed):
    number, _ = handed
    for n, (text, approved) in enumerate([("由我们店承担运费。", timezone.now()), ("草稿说的运费。", None)]):
        models.AnswerTemplate.objects.create(
            language="zh", kind="answer", question=f"七天无理由退货运费谁出{'？' * n}", text=text, approved=approved
        )
    lan = agent("lan")
    post(lan, f"{number}/claim/")
    told = lan.get(f"/desk/{number}/suggestions/?q=七天无理由退货运费谁出").json()["suggestions"]
    assert told[0]["kind"] == "template"
    assert told[0]["text"] == "由我们店承担运费。"
    pages = [one for one in told if one["kind"] == "page"]
    assert pages
    assert all(one["title"] and one["text"].split("。")[0] in one["quote"] for one in pages)
    assert "草稿说的运费" not in str(told)
    by_itself = lan.get(f"/desk/{number}/suggestions/").json()
    assert PHONE not in by_itself["question"]
    assert "运费" in by_itself["question"]
    assert not models.Message.objects.filter(role="person").exists()


def test_the_bare_wish_for_a_person_is_not_what_answers_are_looked_for(agent):
    for text in ("七天无理由退货运费谁出？", "转人工"):
        reply = get_assistant().reply(text, conversation="c-v")
    lan = agent("lan")
    post(lan, f"{reply.handoff}/claim/")
    get_assistant().reply("还有，保修多久？", conversation="c-v")  # no turn answers it: a person has the conversation
    told = lan.get(f"/desk/{reply.handoff}/suggestions/").json()
    assert "保修" in told["question"]
    assert "转人工" not in told["question"]
    assert told["suggestions"]


def test_the_list_tells_who_waits_why_and_who_is_there(agent, handed):
    number, li = handed
    lan, mei = agent("lan"), agent("mei")
    lan.get("/desk/queue/")
    assert post(mei, "presence/", {"away": True}).status_code == 204
    told = lan.get("/desk/queue/").json()
    [one] = told["handoffs"]
    assert (one["id"], one["state"], one["reason"], one["visitor"]) == (number, "waiting", "顾客要求", False)
    assert PHONE not in json.dumps(told)
    assert [(p["name"], p["away"]) for p in told["people"]] == [("lan", False), ("mei", True)]
    assert told["hours"]["hours"] == "09:00-21:00"
    assert lan.get("/desk/queue/", {"mark": told["mark"]}).json() == {"mark": told["mark"]}
    post(lan, f"{number}/claim/")
    changed = lan.get("/desk/queue/", {"mark": told["mark"]}).json()
    assert changed["handoffs"][0]["state"] == "mine"
    assert mei.get("/desk/queue/").json()["handoffs"][0]["with"] == "lan"
    get_assistant().reply("在吗", conversation="c-1", customer=li)
    assert lan.get("/desk/queue/", {"mark": changed["mark"]}).json()["handoffs"][0]["said"] == "在吗"
    assert post(mei, "leave/").status_code == 204
    models.Presence.objects.filter(name="lan").update(seen=timezone.now() - timedelta(minutes=5))
    assert [p["name"] for p in mei.get("/desk/queue/").json()["people"]] == ["mei"]


@pytest.mark.parametrize(
    ("clock", "is_open"), [("2024-12-05T10:00:00+08:00", True), ("2024-12-05T22:00:00+08:00", False)]
)
def test_service_hours_are_the_settings_own(agent, configured, clock, is_open):
    with configured(CLOCK=clock):
        hours = agent("lan").get("/desk/queue/").json()["hours"]
    assert hours["open"] is is_open
    assert is_open or hours["from"] == "12-06 09:00"


def test_the_list_of_a_thousand_takes_a_bounded_number_of_queries(agent):
    now = timezone.now()
    rows = [models.Conversation(id=f"c-{n}", mode="waiting", created=now, touched=now) for n in range(1001)]
    models.Conversation.objects.bulk_create(rows)
    models.Message.objects.bulk_create(
        models.Message(conversation=row, seq=1, role="customer", text="转人工", created=now) for row in rows
    )
    models.HandOff.objects.bulk_create(
        models.HandOff(id=f"H{n}", conversation=row, turn=1, reason="asked", summary={"wishes": []}, created=now)
        for n, row in enumerate(rows)
    )
    lan = agent("lan")
    with CaptureQueriesContext(connections[routers.current]) as seen:
        told = lan.get("/desk/queue/").json()
    assert len(told["handoffs"]) == 1000
    assert told["more"]
    assert len(seen) <= 18
    with CaptureQueriesContext(connections[routers.current]) as again:
        assert lan.get("/desk/queue/", {"mark": told["mark"]}).json() == {"mark": told["mark"]}
    assert len(again) <= len(seen)


def test_the_page_works_under_a_strict_policy_and_says_all_its_sentences(agent):
    for language, title in (("zh-hans", "人工客服台"), ("en", "Desk")):
        page = agent(f"lan-{language}").get("/desk/", headers={"Accept-Language": language})
        text = page.content.decode()
        assert f"<title>{title}</title>" in text
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert re.findall(r"<[^>]*\s(?:style|on\w+)=", text) == []
        assert re.findall(r"<script(?![^>]*(?:src=|application/json))", text) == []
        words = json.loads(re.search(r'id="desk-words" type="application/json">(.*?)</script>', text, re.S)[1])
        assert {*words} == {*desk_texts.WORDS}
    script = (desk_views.__file__.rsplit("/", 1)[0]) + "/static/shopassist/desk.js"
    with open(script, encoding="utf-8") as file:
        source = file.read()
    used = {*re.findall(r"\bwords\.(\w+)", source), *re.findall(r'\bsay\("(\w+)"', source)}
    assert used <= {*desk_texts.WORDS}
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser", source
    )


def test_a_names_markup_stays_text_on_the_page(client_of, staff):
    user = staff("lan", "work_at_desk")
    user.first_name = "<script>alert(1)</script>"
    user.save()
    assert "<script>alert" not in client_of(user).get("/desk/").content.decode()


def test_without_asgi_the_page_is_told_to_ask_instead(agent):
    assert agent("lan").get("/desk/events/").status_code == 204


def test_each_problem_of_the_desk_has_its_words():
    from shopassist import errors

    kinds = {k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, errors.DeskError)}
    assert kinds - {errors.DeskError} == {*desk_views.PROBLEMS}
    with translation.override("zh-hans"):
        assert all(str(text) for _, _, text in desk_views.PROBLEMS.values())
