"""How it looks and is reached: by keyboard, by a screen reader, on phones, in the dark, from right to left.

With WIDGET_PICTURES=1 the pictures of docs/widget.md are written anew.
"""

import pytest

pytest.importorskip("django", reason="the extra django is not installed")
expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra browser)").expect

from doc_pictures import keep, taken  # noqa: E402

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

QUESTION = "无线降噪耳机Pro续航多久"


def check(visit):
    """No violation of axe-core's rules, in the widget and in the page around it."""
    found = axe.Axe().run(visit.page).response
    assert any(rule["id"] == "color-contrast" for rule in found["passes"])
    assert [(rule["id"], [node["html"][:150] for node in rule["nodes"]]) for rule in found["violations"]] == []


SHOWN = "open-light", "answer-light", "answer-dark", "consent-light", "person-light", "phone", "right-to-left"


def picture(visit, name, *, whole=False):
    """Write a picture for the docs, where it is one that they show."""
    if name in SHOWN:
        visit.page.wait_for_timeout(400)
        keep(f"widget-{name}", taken(visit, whole=whole))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_state_breaks_a_rule_of_accessibility(visit, site, slow, theme):
    name, order = site.customer()
    v = visit(color_scheme=theme, reduced_motion="reduce").login(name)
    check(v)
    v.go("/product/P-1001/").open()
    expect(v.window.locator(".context")).to_be_visible()
    check(v)
    picture(v, f"open-{theme}")
    v.ask("续航多久？")
    v.window.locator("summary").first.click()
    check(v)
    picture(v, f"answer-{theme}")
    v.button("没有帮助").click()
    check(v)
    v.ask(f"帮我取消订单{order}")
    check(v)
    picture(v, f"consent-{theme}")
    v.button("更多").click()
    check(v)
    v.button("历史对话").click()
    check(v)
    v.button("返回").click()
    v.button("更多").click()
    v.button("删除本次对话").click()
    check(v)
    v.button("保留").click()
    v.page.context.set_offline(True)
    v.say("你好")
    expect(v.window.locator(".notice")).to_be_visible()
    check(v)
    v.page.context.set_offline(False)
    v.button("立即重试").click()
    v.answered(3)
    v.ask("转人工")
    site.staff(
        v.conversation, "desk.claim(waiting.id, 'mei'); desk.say(waiting.id, 'mei', '您好，我是小梅，正在看您的订单。')"
    )
    expect(v.window.locator(".row.person")).to_be_visible(timeout=60_000)
    check(v)
    picture(v, f"person-{theme}")
    writing = visit(at=slow, color_scheme=theme, reduced_motion="reduce").open().say(QUESTION)
    expect(writing.window.locator(".live .stage")).to_be_visible()
    check(writing)
    writing.answered(1)


def test_everything_is_reached_by_the_keyboard_alone(visit, site):
    name, order = site.customer()
    v = visit().login(name)
    press = v.page.keyboard.press
    v.page.locator("main button").focus()
    press("Tab")
    press("Enter")
    expect(v.field).to_be_focused()
    v.page.keyboard.type(f"帮我取消订单{order}")
    press("Enter")
    v.answered(1)
    expect(v.field).to_be_focused()
    _to(v, "好的")
    press("Enter")
    assert "已取消" in v.answered(2)
    expect(v.field).to_be_focused()
    _to(v, "更多")
    press("Enter")
    press("Tab")
    press("Enter")
    expect(v.window.locator(".earlier")).to_have_count(1)
    press("Escape")
    expect(v.window.locator(".panel")).to_be_hidden()
    expect(v.field).to_be_focused()
    press("Escape")
    expect(v.window).to_be_hidden()
    expect(v.page.locator("shop-assistant .launcher")).to_be_focused()


def _to(visit, name):
    """Go back with Shift and Tab until a button has the focus."""
    for _ in range(20):
        visit.page.keyboard.press("Shift+Tab")
        if visit.button(name).evaluate("b => b.getRootNode().activeElement === b"):
            return
    raise AssertionError(f"the keyboard does not reach {name}")


def test_whole_sentences_are_told_to_a_screen_reader_once(visit):
    v = visit().open()
    text = v.ask(QUESTION)
    spoken = v.window.locator("[role=status][aria-live=polite]")
    assert "".join(spoken.locator("p").all_inner_texts()).replace("\n", "") == text.replace("\n", "")
    assert spoken.locator("p").count() == 2
    expect(v.window.locator("[role=log]")).to_have_attribute("aria-live", "off")


def test_an_enter_that_an_input_method_takes_sends_nothing(visit):
    v = visit().open()
    v.field.fill("ni hao")
    v.field.evaluate(
        "f => f.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }))"
    )
    expect(v.said).to_have_count(0)
    expect(v.field).to_have_value("ni hao")


def test_on_a_phone_it_has_the_whole_screen_and_what_is_touched_is_large_enough(visit, site):
    name, order = site.customer()
    v = visit(width=360, height=640, has_touch=True, is_mobile=True, reduced_motion="reduce").login(name)
    v.go("/product/P-1001/").open()
    assert v.window.bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 640}
    v.ask("续航多久？")
    v.ask(f"帮我取消订单{order}")
    picture(v, "phone", whole=True)
    small = v.window.locator("button:visible, summary:visible, textarea:visible").evaluate_all(
        "all => all.map(e => [e.textContent || e.ariaLabel, e.getBoundingClientRect()]).filter(([, r]) => r.height < 44 || r.width < 44).map(([name]) => name)"
    )
    assert small == []
    assert v.page.evaluate("document.documentElement.scrollWidth") == 360
    check(v)
    v.go("/")
    expect(v.window).to_be_hidden()


@pytest.mark.parametrize("width", [320, 768])
def test_nothing_is_cut_off_on_other_screens(visit, width):
    v = visit(width=width, height=480).open()
    v.ask(QUESTION)
    box = v.window.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["y"] >= 0
    assert v.window.locator(".log").evaluate("e => e.scrollWidth <= e.clientWidth && e.clientHeight > 100")


def test_in_english_every_word_is_english(visit):
    v = visit("/?lang=en", locale="en-US").open()
    picture(v, "english")
    v.ask("How long is the warranty?")
    texts = v.window.locator("button, h2, .subtitle, .small, .thanks").evaluate_all(
        "all => all.map(e => e.textContent + (e.ariaLabel ?? '')).join(' ')"
    )
    assert not any("\u4e00" <= c <= "\u9fff" for c in texts)


def test_in_a_language_from_right_to_left_everything_is_on_the_other_side(visit):
    v = visit("/?lang=ar", locale="ar").open()
    v.ask("How long is the warranty?")
    box, said, answer = (x.bounding_box() for x in (v.window, v.said.first, v.answers.first))
    assert box["x"] < 100
    assert said["x"] - box["x"] < answer["x"] - box["x"] or said["x"] < answer["x"] + answer["width"]
    middle = box["x"] + box["width"] / 2
    assert said["x"] + said["width"] / 2 < middle
    assert answer["x"] + answer["width"] > middle + box["width"] / 4
    assert v.answers.first.evaluate("e => getComputedStyle(e).direction") == "ltr"
    check(v)
    picture(v, "right-to-left")


def test_the_theme_is_the_systems_or_the_pages_and_its_colours_are_variables(visit):
    def ground(visit):
        return visit.window.evaluate("w => getComputedStyle(w).backgroundColor")

    assert ground(visit(color_scheme="dark").open()) == "rgb(28, 31, 38)"
    assert ground(visit("/?theme=light", color_scheme="dark").open()) == "rgb(255, 255, 255)"
    v = visit("/?theme=dark", color_scheme="light").open()
    assert ground(v) == "rgb(28, 31, 38)"
    v.page.evaluate(
        "document.querySelector('shop-assistant').style.setProperty('--shopassist-dark-surface', 'rgb(1, 2, 3)')"
    )
    assert ground(v) == "rgb(1, 2, 3)"


def test_who_wants_no_motion_gets_none(visit):
    v = visit(reduced_motion="reduce").open()
    assert v.window.evaluate("w => getComputedStyle(w).animationName") == "none"
