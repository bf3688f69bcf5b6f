"""What goes wrong between a customer and the shop: they see it, and nothing that they wrote is lost."""

import json

import pytest

pytest.importorskip("django", reason="the extra django is not installed")
expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra browser)").expect

QUESTION = "无线降噪耳机Pro续航多久"
PROBLEM = {"type": "urn:x", "code": "", "title": "", "status": 0, "detail": ""}


def refuse(visit, status, code, title, times=1, headers=None):
    """Answer the next messages with a problem, then let them through."""
    left = [times]

    def handle(route):
        if route.request.method != "POST" or left[0] == 0:
            route.fallback()
            return
        left[0] -= 1
        body = json.dumps({**PROBLEM, "code": code, "title": title, "status": status})
        given = {"Content-Type": "application/problem+json", **(headers or {})}
        route.fulfill(status=status, headers=given, body=body)

    visit.page.route("**/messages/", handle)


def test_a_page_loaded_anew_in_mid_stream_goes_on_with_the_same_message(visit, slow):
    v = visit(at=slow).open().say(QUESTION)
    expect(v.window.locator(".live .body span")).not_to_have_count(0, timeout=60_000)
    v.page.reload()
    expect(v.window).to_be_visible()
    assert "IPX4" in v.answered(1)
    expect(v.said).to_have_text([QUESTION])
    assert v.errors == v.violations == []


def test_a_question_whose_tab_was_closed_can_be_sent_again_in_another_one(visit, slow):
    v = visit(at=slow).open().say(QUESTION)
    expect(v.window.locator(".live .body span")).not_to_have_count(0, timeout=60_000)
    other = visit(at=slow, beside=v)
    v.page.close()
    other.page.wait_for_timeout(3000)  # until the server has seen it
    other.open()
    expect(other.window.locator(".row.assistant .body")).to_contain_text("单次续航")
    other.window.locator(".row.customer .note").get_by_role("button", name="重新发送").click()
    assert "IPX4" in other.answered(1)
    expect(other.said).to_have_text([QUESTION])


def test_a_lost_network_is_told_and_the_message_goes_out_when_it_is_back(visit):
    v = visit().open()
    v.ask("你好")
    v.page.context.set_offline(True)
    v.say(QUESTION)
    expect(v.window.locator(".notice")).to_contain_text("您已离线")
    expect(v.window.locator(".notice .rest")).to_contain_text("秒后重试")
    v.say("保修多久？")
    v.page.context.set_offline(False)
    expect(v.window.locator(".notice")).to_be_hidden(timeout=60_000)
    expect(v.window).not_to_have_attribute("data-writing", "", timeout=60_000)
    expect(v.said).to_have_count(3)
    assert any("8 小时" in text for text in v.answers.all_inner_texts())


def test_a_server_that_is_started_again_in_mid_stream_loses_nothing(visit, start):
    with start(SITE_DELAY=0.2) as site:
        v = visit(at=site).open().say(QUESTION)
        expect(v.window.locator(".live .body span")).not_to_have_count(0, timeout=60_000)
        shown = v.window.locator(".live .body").inner_text()
        site.end()
        expect(v.window.locator(".notice")).to_contain_text("连接已断开", timeout=60_000)
        expect(v.window.locator(".row.assistant .body")).to_contain_text(shown)
        site.begin()
        expect(v.window.locator(".notice")).to_be_hidden(timeout=60_000)
        assert "IPX4" in v.answered(1)
        expect(v.said).to_have_text([QUESTION])


@pytest.mark.parametrize(("status", "code"), [(429, "throttled"), (503, "overloaded")])
def test_a_refusal_that_passes_is_told_with_its_time_and_sent_again_by_itself(visit, status, code):
    v = visit().open()
    refuse(v, status, code, "请稍候再试。", headers={"Retry-After": "2"})
    v.say(QUESTION)
    expect(v.window.locator(".notice")).to_contain_text("请稍候再试。")
    expect(v.window.locator(".notice .rest")).to_contain_text("2 秒后重试")
    assert "8 小时" in v.answered(1)
    expect(v.window.locator(".notice")).to_be_hidden()
    expect(v.said).to_have_count(1)


def test_the_shops_own_limit_is_told(visit, start):
    with start(SITE_THROTTLE_USER="2/m") as strict:
        v = visit(at=strict).open()
        v.ask("你好")
        v.ask("保修多久？")
        v.say(QUESTION)
        expect(v.window.locator(".notice")).to_contain_text("消息发送过于频繁")
        expect(v.window.locator(".notice .rest")).to_contain_text("秒后重试")


def test_a_turn_that_fails_for_good_can_be_sent_again_or_edited(visit):
    v = visit().open()
    refuse(v, 500, "turn_failed", "出了点问题。", times=3)
    v.say(QUESTION)
    note = v.window.locator(".row.customer .note")
    expect(note).to_contain_text("出了点问题。", timeout=60_000)
    note.get_by_role("button", name="重新发送").click()
    assert "8 小时" in v.answered(1)
    expect(note).to_be_empty()


def test_what_is_refused_goes_back_into_the_field(visit):
    v = visit().open()
    refuse(v, 422, "invalid", "请求内容有误。")
    v.say(QUESTION)
    v.window.locator(".row.customer .note").get_by_role("button", name="修改").click()
    expect(v.field).to_have_value(QUESTION)
    expect(v.said).to_have_count(0)


def test_a_message_that_is_too_long_stays_in_the_field(visit):
    v = visit().open().say("很" * 4001)
    expect(v.window.locator(".notice")).to_contain_text("最多 4000 个字")
    expect(v.field).to_have_value("很" * 4001)


def test_a_logout_in_another_tab_takes_the_messages_away_and_keeps_what_is_typed(visit, site):
    v = visit().login(site.customer()[0]).open()
    v.ask("保修多久？")
    other = visit(beside=v)
    other.page.get_by_role("button", name="退出登录").click()
    v.page.bring_to_front()
    v.say(QUESTION)
    expect(v.window.locator(".notice")).to_contain_text("您已无法查看这段对话", timeout=60_000)
    expect(v.window.locator(".notice a")).to_have_text("登录")
    expect(v.said).to_have_count(0)
    expect(v.field).to_have_value(QUESTION)


def test_a_session_that_has_expired_is_told_and_what_was_sent_stands_in_the_field_again(visit, site):
    v = visit().login(site.customer()[0]).open()
    v.ask("保修多久？")
    [key] = [cookie["value"] for cookie in v.page.context.cookies() if cookie["name"] == "sessionid"]
    site.run(f"from django.contrib.sessions.models import Session; Session.objects.get(pk={key!r}).delete()")
    v.say(QUESTION)
    expect(v.window.locator(".notice")).to_contain_text("您已无法查看这段对话", timeout=60_000)
    expect(v.window.locator(".notice a")).to_have_text("登录")
    expect(v.said).to_have_count(0)
    expect(v.field).to_have_value(QUESTION)


def test_a_token_of_another_session_is_renewed(visit, site):
    v = visit().open()
    v.ask("你好")
    v.page.context.add_cookies([{"name": "csrftoken", "value": "x" * 32, "url": site.address}])
    assert "8 小时" in v.ask(QUESTION)


def test_two_tabs_show_the_same_conversation(visit):
    v = visit().open()
    v.ask("你好")
    other = visit(beside=v)
    expect(other.window).to_be_hidden()
    other.open()
    expect(other.said).to_have_text(["你好"])
    v.ask(QUESTION)
    expect(other.said).to_have_text(["你好", QUESTION], timeout=60_000)
    expect(other.answers).to_have_count(2, timeout=60_000)
    other.ask("保修多久？")
    expect(v.said).to_have_count(3, timeout=60_000)
    expect(v.answers).to_have_count(3, timeout=60_000)
    v.button("更多").click()
    v.button("删除本次对话").click()
    v.button("删除").click()
    expect(other.window.locator(".row")).to_have_count(0)


@pytest.mark.parametrize("clock", ["2020-01-01T00:00:00Z", "2037-01-01T00:00:00Z"])
def test_a_clock_that_is_wrong_changes_nothing(visit, site, clock):
    name, order = site.customer()
    v = visit()
    v.page.clock.install(time=clock)
    v.login(name).open()
    v.ask(f"帮我取消订单{order}")
    v.button("好的").click()
    assert "已取消" in v.answered(2)


def test_storage_that_is_switched_off_is_no_harm(visit):
    v = visit()
    v.page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    v.go("/").open()
    assert "8 小时" in v.ask(QUESTION)
    assert v.errors == []


# What others write


EVIL = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'
TRICKS = [
    EVIL,
    "[点我](javascript:window.pwned=1) **粗** ![x](http://evil.example/x.png) http://evil.example/",
    "\u202eevil\u202c \u2067abc 订单",
    "无" + "w" * 3000,
]


def test_what_a_customer_writes_is_text_and_nothing_else(visit):
    v = visit().open()
    for n, text in enumerate(TRICKS, start=1):
        v.ask(text)
        assert v.said.nth(n - 1).inner_text().split() == text.split()
    v.page.reload()
    expect(v.said).to_have_count(len(TRICKS))
    v.button("更多").click()
    v.button("历史对话").click()
    expect(v.window.locator(".earlier")).to_contain_text("<img src=x")
    _inert(v)


def test_what_a_model_or_a_shop_writes_is_text_and_nothing_else(visit):
    """Whatever came through the checks of the engine: the answer of the server is changed on its way."""
    v = visit().open()
    word = "w" * 10_000
    url = "javascript:window.pwned=1"
    citation = {"document": "d", "title": EVIL, "quote": EVIL + word, "url": url}
    card = {"kind": "product", "id": "p", "title": EVIL + word, "state": EVIL, "amount": "1e999", "currency": EVIL, "date": None, "url": url, "image": "data:image/svg+xml,<svg onload=alert(1)>"}  # fmt: skip
    reply = {
        "id": "r", "turn": 1, "seq": 2, "text": "\n".join([*TRICKS, word]), "language": "zh", "mode": "bot", "asked": "choice", "items": [{"product": "p"}], "consent": None,
        "options": [{"value": "x", "label": EVIL + word}], "citations": [citation], "outcomes": [], "handoff": EVIL, "superseded": False, "degraded": False, "merged": [],
    }  # fmt: skip
    v.page.route("**/cards/?*", lambda route: route.fulfill(json={"cards": [card]}))

    def answer(route):
        lines = [
            ("started", {"message": "m", "turn": 1}),
            *(("sentence", {"text": t}) for t in TRICKS),
            ("done", reply),
        ]
        body = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in lines)
        route.fulfill(headers={"Content-Type": "text/event-stream"}, body=body)

    v.page.route("**/messages/", answer)
    v.say("你好")
    expect(v.answers).to_contain_text("<script>")
    expect(v.window.locator(".card")).to_be_visible()
    v.window.locator("summary").click()
    assert v.window.locator("a").count() == 0
    assert v.window.locator("img").count() == 0
    _inert(v)


def test_what_a_person_writes_is_text_and_nothing_else(visit, site):
    v = visit().open()
    v.ask("转人工")
    site.staff(v.conversation, f"desk.claim(waiting.id, 'mei'); desk.say(waiting.id, 'mei', {EVIL!r})")
    expect(v.window.locator(".row.person .bubble")).to_have_text(EVIL, timeout=60_000)
    _inert(v)


def _inert(v):
    assert v.page.evaluate("window.pwned") is None
    assert v.violations == v.errors == v.external == []
    log = v.window.locator(".log")
    assert log.evaluate("e => e.scrollWidth <= e.clientWidth")
    assert v.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
