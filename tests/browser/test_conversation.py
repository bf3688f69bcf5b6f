"""A conversation from the first question to the answer, as customers of the shop see it."""

import pytest

pytest.importorskip("django", reason="the extra django is not installed")
expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra browser)").expect


@pytest.fixture(scope="module")
def thinking(start):
    """A shop whose model is silent for half a minute."""
    with start(SITE_DELAY=30, SITE_ANSWER_CACHE=0) as running:
        yield running


def test_a_first_question_is_answered_sentence_by_sentence_with_its_source(visit):
    v = visit().open()
    v.page.evaluate("""() => { window.seen = []; new MutationObserver(() => {
      const body = document.querySelector("shop-assistant").shadowRoot.querySelector(".row.live .body");
      if (body?.textContent) window.seen.push(body.textContent);
    }).observe(document.querySelector("shop-assistant").shadowRoot, { subtree: true, childList: true }); }""")
    text = v.ask("无线降噪耳机Pro续航多久")
    assert "8 小时" in text
    assert any(seen and text.startswith(seen) and len(seen) < len(text) for seen in v.page.evaluate("window.seen"))
    source = v.window.locator("details.source").first
    expect(source.locator("blockquote").first).to_be_hidden()
    source.locator("summary").click()
    expect(source.locator("blockquote").first).to_contain_text("8 小时")
    assert v.violations == v.errors == v.external == []
    assert v.shifts < 0.001


def test_what_it_is_doing_is_told_while_it_looks(visit, slow):
    v = visit(at=slow).open().say("无线降噪耳机Pro续航多久")
    expect(v.window.locator(".live .stage-text")).to_have_text("正在组织回答…", timeout=60_000)
    expect(v.button("停止回答")).to_be_visible()
    v.answered(1)


def test_two_wishes_get_one_answer_with_a_card_each(visit, site):
    v = name, order = site.customer()
    v = visit().login(name).open()
    text = v.ask("无线降噪耳机Pro多少钱？顺便查下我的订单到哪了")
    assert "599" in text
    assert order in text
    cards = v.window.locator(".row.assistant .card")
    expect(cards).to_have_count(2)
    expect(cards.filter(has_text=order)).to_contain_text("¥399")
    product = cards.filter(has_text="无线降噪耳机Pro")
    expect(product).to_contain_text("¥599")
    assert product.get_attribute("href").endswith("/product/P-1001/")
    assert product.locator("img").evaluate("i => i.complete && i.naturalWidth > 0")


def test_an_order_is_changed_by_the_button_of_its_question_after_a_digression(visit, site):
    name, order = site.customer()
    v = visit().login(name).open()
    v.ask(f"帮我取消订单{order}")
    expect(v.button("好的")).to_be_visible()
    v.ask("七天无理由怎么退？")
    expect(v.button("好的")).to_have_count(1)
    v.button("好的").click()
    assert "已取消" in v.answered(3)
    expect(v.window.locator(".card").last).to_contain_text("已取消")
    expect(v.window.locator(".row.assistant .choices")).to_have_count(0)
    told = site.run(f"from shopsite.models import Order; print(Order.objects.get(number={order!r}).status)")
    assert "cancelled" in told


def test_what_the_page_shows_goes_with_the_first_message_unless_taken_away(visit):
    v = visit("/product/P-1001/").open()
    expect(v.window.locator(".context")).to_contain_text("无线降噪耳机Pro")
    assert "8 小时" in v.ask("续航多久？")
    expect(v.window.locator(".row.customer .card")).to_have_count(1)
    expect(v.window.locator(".context")).to_be_hidden()
    other = visit("/product/P-1001/").open()
    other.button("不附带此内容").click()
    other.ask("你好")
    expect(other.window.locator(".row.customer .card")).to_have_count(0)


def test_an_offer_is_answered_by_a_button(visit):
    v = visit().open()
    v.ask("你们公司的股票代码是多少")
    expect(v.button("不用了")).to_be_visible()
    v.button("不用了").click()
    v.answered(2)
    expect(v.said.last).to_have_text("不用了")


def test_one_types_on_while_it_writes_and_nothing_is_lost_or_said_twice(visit, slow):
    v = visit(at=slow).open()
    v.say("无线降噪耳机Pro续航多久")
    expect(v.window.locator(".live .stage")).to_be_visible()
    v.say("还有，保修多久？")
    expect(v.window).not_to_have_attribute("data-writing", "", timeout=60_000)
    shown = v.window.locator(".row .bubble").all_inner_texts()
    assert {"无线降噪耳机Pro续航多久", "还有，保修多久？"} < set(shown)
    v.page.reload()
    expect(v.said).to_have_count(2)
    assert v.window.locator(".row .bubble").all_inner_texts() == shown


def test_an_answer_is_stopped_where_it_stands(visit, start):
    with start(SITE_DELAY=0.6, SITE_ANSWER_CACHE=0) as halting:
        v = visit(at=halting).open().say("无线降噪耳机Pro续航多久")
        expect(v.window.locator(".live .body span")).not_to_have_count(0, timeout=60_000)
        v.button("停止回答").click()
        text = v.answered(1)
        assert text.startswith("单次续航")
        assert "IPX4" not in text
        expect(v.window.locator(".row.assistant .note")).to_have_text("回答已在此处停止。")
        expect(v.button("停止回答")).to_be_hidden()


@pytest.mark.parametrize("reached", [False, True])
def test_one_that_is_stopped_before_its_first_sentence_leaves_a_note_and_no_empty_bubble(visit, thinking, reached):
    v = visit(at=thinking).open()
    if not reached:
        v.page.route("**/messages/", lambda route: route.request.method == "GET" and route.fallback())
    v.say("无线降噪耳机Pro续航多久")
    if reached:
        expect(v.window.locator(".live .stage-text")).to_have_text("正在组织回答…", timeout=60_000)
    v.button("停止回答").click()
    expect(v.window).not_to_have_attribute("data-writing", "", timeout=60_000)
    expect(v.window.locator(".row.customer .note")).to_contain_text("回答已在此处停止。")
    expect(v.window.get_by_role("button", name="重新发送")).to_have_count(0 if reached else 1)
    expect(v.window.locator(".row.assistant")).to_have_count(0)
    v.page.unroute_all()
    v.page.reload()
    expect(v.window).to_be_visible()
    expect(v.said).to_have_count(1 if reached else 0)
    expect(v.window.locator(".row.assistant")).to_have_count(0)
    assert v.errors == []


def test_one_that_is_stopped_when_the_server_has_ended_it_is_shown_whole(visit):
    v = visit().open()
    v.ask("你好")
    v.page.route("**/messages/", lambda route: route.fetch() if route.request.method == "POST" else route.fallback())
    v.say("无线降噪耳机Pro续航多久")
    v.button("停止回答").click()
    assert "8 小时" in v.answered(2)
    expect(v.window.locator(".row.customer .note").last).to_be_empty()
    assert v.errors == []


def test_several_conversations_are_kept_apart_and_one_is_deleted(visit):
    v = visit().open()
    v.ask("七天无理由怎么退？")
    v.button("更多").click()
    v.button("新对话").click()
    expect(v.window.locator(".row")).to_have_count(0)
    v.ask("保修多久？")
    v.button("更多").click()
    v.button("历史对话").click()
    entries = v.window.locator(".earlier")
    expect(entries).to_have_count(2)
    entries.filter(has_text="七天无理由").click()
    expect(v.said).to_have_text(["七天无理由怎么退？"])
    v.button("更多").click()
    v.button("删除本次对话").click()
    v.button("删除").click()
    expect(v.window.locator(".row")).to_have_count(0)
    v.button("更多").click()
    v.button("历史对话").click()
    expect(entries).to_have_count(1)


def test_an_answer_is_judged_with_a_reason(visit, site):
    v = visit().open()
    v.ask("保修多久？")
    v.button("没有帮助").click()
    v.window.get_by_label("不够完整").check()
    v.window.get_by_label("您希望得到怎样的回答？").fill("没说配件")
    v.window.locator(".reasons").get_by_role("button", name="发送").click()
    expect(v.window.locator(".thanks")).to_have_text("谢谢您的反馈")
    told = site.run(
        "from shopassist.contrib.django.models import Feedback as F;"
        f"f = F.objects.get(conversation_id={v.conversation!r}); print(f.rating, f.reason, f.comment)"
    )
    assert "down incomplete 没说配件" in told


def test_a_person_takes_over_writes_without_reload_and_hands_back(visit, site):
    v = visit().login(site.customer()[0]).open()
    v.ask("转人工")
    expect(v.window.locator(".handed")).to_contain_text("受理编号")
    site.staff(v.conversation, "desk.claim(waiting.id, 'mei'); desk.say(waiting.id, 'mei', '您好，我是小梅。')")
    person = v.window.locator(".row.person .bubble")
    expect(person).to_have_text("您好，我是小梅。", timeout=60_000)
    expect(v.window.locator(".subtitle")).to_have_text("人工客服为您服务")
    answers = v.answers.count()
    v.say("我的包裹破了")
    expect(v.window).not_to_have_attribute("data-writing", "")
    site.staff(v.conversation, "desk.say(waiting.id, 'mei', '我来处理。')")
    expect(person).to_have_count(2, timeout=60_000)
    assert v.answers.count() == answers
    v.page.reload()
    expect(person).to_have_count(2)
    expect(v.said).to_have_text(["转人工", "我的包裹破了"])
    site.staff(v.conversation, "desk.give_back(waiting.id, 'mei')")
    expect(v.window.locator(".handed")).to_be_hidden(timeout=60_000)
    expect(v.answers).to_have_count(answers + 1)
    assert v.ask("保修多久？")


def test_under_wsgi_the_whole_answer_comes_in_json(visit, start):
    with start("gunicorn") as wsgi:
        v = visit(at=wsgi).open()
        assert "8 小时" in v.ask("无线降噪耳机Pro续航多久")
        expect(v.window.locator("details.source")).not_to_have_count(0)
        assert v.violations == v.errors == []


LONG = """
from django.utils import timezone
from shopassist.contrib.django.models import Conversation, Message
of, now = Conversation.objects.get(pk={conversation!r}), timezone.now()
first = of.messages.count() + 1
Message.objects.bulk_create(
    Message(conversation=of, seq=n, role="customer" if n % 2 else "assistant", text=f"第{{n}}条", turn=n, created=now)
    for n in range(first, {most} + 1)
)
"""


def test_of_a_long_conversation_a_window_is_kept_and_the_rest_is_fetched_when_scrolled_to(visit, site):
    v = visit().open()
    v.ask("你好")
    site.run(LONG.format(conversation=v.conversation, most=500))
    v.page.reload()
    rows, log = v.window.locator(".row"), v.window.locator(".log")
    expect(v.window.get_by_text("第500条", exact=True)).to_be_in_viewport()
    assert rows.count() <= 40
    most = 0
    for _ in range(60):
        log.evaluate("e => e.scrollTop = 0")
        v.page.wait_for_timeout(120)
        most = max(most, rows.count())
        if v.window.get_by_text("你好", exact=True).count():
            break
    expect(v.window.get_by_text("你好", exact=True)).to_be_visible()
    assert most <= 120 + 40
    expect(v.window.get_by_text("第500条", exact=True)).to_have_count(0)
    for _ in range(60):
        log.evaluate("e => e.scrollTop = e.scrollHeight")
        v.page.wait_for_timeout(120)
        if v.window.get_by_text("第500条", exact=True).count():
            break
    expect(v.window.get_by_text("第500条", exact=True)).to_be_visible()
    texts = v.window.locator(".bubble").all_inner_texts()
    assert texts == [f"第{n}条" for n in range(501 - len(texts), 501)]
    log.evaluate("e => e.scrollTop = 0")
    v.say("保修多久？")
    expect(v.said.last).to_have_text("保修多久？")
    expect(v.window).not_to_have_attribute("data-writing", "")
    expect(v.answers.last).to_be_in_viewport()
    expect(v.answers.last).to_contain_text("保修")


def test_where_one_reads_stays_where_it_is_when_older_messages_come(visit, site):
    v = visit().open()
    v.ask("你好")
    site.run(LONG.format(conversation=v.conversation, most=200))
    v.page.reload()
    row = v.window.get_by_text("第165条", exact=True)
    expect(row).to_be_visible()
    row.evaluate("e => e.scrollIntoView({ block: 'center' })")
    before = row.bounding_box()["y"]
    expect(v.window.get_by_text("第140条", exact=True)).to_have_count(1)
    assert abs(row.bounding_box()["y"] - before) < 2
