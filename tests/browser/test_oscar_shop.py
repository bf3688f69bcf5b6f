"""The example shop on Oscar with the widget on its pages and the desk of its staff, under uvicorn."""

import os

import pytest

pytest.importorskip("django", reason="the extra django is not installed")
expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra browser)").expect

pytest.importorskip("oscar", reason="the extra oscar is not installed")
pytest.importorskip("sorl", reason="sorl-thumbnail is not installed (extra example)")

from doc_pictures import Film, keep, taken  # noqa: E402
from oscar_site import ROOT, OscarSite  # noqa: E402
from shop_site import ANSWER  # noqa: E402
from windows import Visit  # noqa: E402

from shopassist.knowledge.ingest import ingest  # noqa: E402

GGUF = os.environ.get("SHOPASSIST_TEST_GGUF")
MODELS = {
    "scripted": {"DJANGO_SETTINGS_MODULE": "oscar_scripted", "SITE_ANSWER": ANSWER, "SITE_DELAY": "0.2"},
    "qwen": {
        "OSCAR_SHOP_MODEL": "embedded",
        "SHOPASSIST_MODEL_FILE": GGUF or "",
        "SHOPASSIST_MODEL_DEADLINE": "300",
        "SHOPASSIST_MODEL_FIRST_TOKEN": "300",
    },
}
PRODUCT = "无线降噪耳机Pro"
QUESTION = f"{PRODUCT}续航多久"
LONGEST = 6
"""Frames of the film in which nothing comes but the dots: a slow machine would fill it with them."""
LOADED = "i => i.complete && i.naturalWidth > 0"


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """The shop as scripts/oscar makes it; it is not started itself."""
    data = tmp_path_factory.mktemp("oscar")
    ingest([ROOT / "knowledge"], data / "assistant" / "knowledge", None)
    made = OscarSite(data)
    made.fill()
    return made


@pytest.fixture(scope="module")
def shop(filled, tmp_path_factory):
    """The running shop, which answers from its pages and templates."""
    with OscarSite(tmp_path_factory.mktemp("shop"), filled) as running:
        yield running


@pytest.fixture(
    scope="module",
    params=[
        "scripted",
        pytest.param(
            "qwen",
            marks=[
                pytest.mark.real_model,
                pytest.mark.skipif(GGUF is None, reason="no weights: set SHOPASSIST_TEST_GGUF to a GGUF file"),
            ],
        ),
    ],
)
def writing(request, filled, tmp_path_factory):
    """The same shop with a model that writes: the scripted one, and the embedded Qwen where its weights are."""
    if request.param == "qwen":
        pytest.importorskip("xllamacpp", reason="xllamacpp is not installed (extra embedded)")
    with OscarSite(tmp_path_factory.mktemp("writing"), filled, **MODELS[request.param]) as running:
        yield running


@pytest.fixture
def guest(browser, shop):
    """Open the shop as a new visitor: ``guest(color_scheme="dark")``."""
    contexts = []

    def opened(at=None, **options):
        options = {"locale": "zh-CN", "viewport": {"width": 1180, "height": 800}, "reduced_motion": "reduce", **options}
        contexts.append(browser.new_context(**options))
        return Visit(contexts[-1].new_page(), (at or shop).address)

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def customer(guest):
    """Log in through Oscar's own form: ``customer("u-1001")``."""

    def opened(name="u-1001", **options):
        v = guest(**options).go("/accounts/login/")
        v.page.locator("#id_login-username").fill(f"{name}@example.com")
        v.page.locator("#id_login-password").fill("shop")
        v.page.locator("button[name=login_submit]").click()
        v.page.wait_for_load_state()
        return v

    return opened


@pytest.fixture
def staff(guest):
    """Log in where the staff do: ``staff("mei", "/desk/")``."""

    def opened(name, path, **options):
        v = guest(viewport={"width": 1180, "height": 720}, **options).go(path)
        v.page.fill("#id_username", name)
        v.page.fill("#id_password", "shop")
        v.page.click("input[type=submit]")
        v.page.wait_for_url(f"**{path}*")
        return v

    return opened


def test_the_list_of_products_and_their_pages_show_pictures_and_are_searched(guest):
    v = guest().go("/")
    pictures = v.page.locator(".product_pod img")
    expect(pictures).to_have_count(12)
    assert all(picture.evaluate(LOADED) for picture in pictures.all())
    v.page.locator(".product_pod a", has_text=PRODUCT).click()
    expect(v.page.locator("h1")).to_have_text(PRODUCT)
    assert v.page.locator("#product_gallery img").first.evaluate(LOADED)
    v.go("/search/?q=键盘")
    expect(v.page.locator(".product_pod")).to_have_count(1)


def test_a_customer_asks_on_a_products_page_and_has_an_order_cancelled(customer):
    v = customer()
    v.go("/").open().ask(f"{PRODUCT}多少钱？")
    v.window.locator(".card", has_text=PRODUCT).click()
    expect(v.page.locator("h1")).to_have_text(PRODUCT)
    expect(v.window.locator(".context")).to_contain_text(PRODUCT)
    assert "8" in v.ask("续航多久？")
    text = v.ask("这个多少钱？顺便看看订单ORD20241203003到哪了")
    assert "599" in text
    assert "ORD20241203003" in text
    expect(v.window.locator(".card img")).not_to_have_count(0)
    assert all(image.evaluate(LOADED) for image in v.window.locator(".card img").all())
    keep("widget-oscar", taken(v, whole=True))
    v.ask("帮我取消订单ORD20241203003")
    v.ask("七天无理由怎么退？")
    v.button("好的").click()
    assert "已取消" in v.answered(6)
    card = v.window.locator(".card").last
    expect(card).to_contain_text("已取消")
    card.click()
    expect(v.page.locator("h1, .page-header").first).to_contain_text("ORD20241203003")
    expect(v.page.locator("body")).to_contain_text("Cancelled")
    expect(v.window).to_be_visible()
    expect(v.said).to_have_count(6)
    assert v.errors == v.external == []


def test_a_visitor_who_logs_in_keeps_the_conversation(guest):
    v = guest().go("/").open()
    v.ask("七天无理由怎么退？")
    v.go("/accounts/login/")
    v.page.locator("#id_login-username").fill("u-1003@example.com")
    v.page.locator("#id_login-password").fill("shop")
    v.page.locator("button[name=login_submit]").click()
    v.go("/")
    expect(v.said).to_have_text(["七天无理由怎么退？"])
    assert v.ask("我的订单到哪了？")


def test_a_person_at_the_desk_takes_over_and_hands_back_and_how_it_came_about_is_seen_in_the_admin(customer, staff):
    v = customer("u-1002").go("/").open()
    v.ask("七天无理由退货运费谁出？")
    v.ask("转人工")
    expect(v.window.locator(".handed")).to_contain_text("受理编号")
    desk = staff("mei", "/desk/").page
    desk.locator("#waiting .entry").first.click()
    desk.click("#claim")
    expect(desk.locator("#orders")).to_contain_text("ORD20241110007")
    expect(desk.locator("#suggestions .from a").first).to_be_visible()
    expect(v.window.locator(".subtitle")).to_have_text("人工客服为您服务")
    desk.locator("#suggestions li button").first.click()
    suggested = desk.input_value("#text")
    assert suggested
    expect(v.window.locator(".row.person")).to_have_count(0)  # it is not sent by itself
    desk.fill("#text", "您好，我是小梅，正在看您的订单，请稍等。")
    keep("desk", desk.screenshot())
    desk.press("#text", "Enter")
    expect(v.window.locator(".row.person .bubble")).to_contain_text("我是小梅")
    answers = v.answers.count()
    v.say("好的，谢谢")
    expect(desk.locator("#messages li.customer").last).to_contain_text("好的，谢谢")
    expect(v.window).not_to_have_attribute("data-writing", "")
    assert v.answers.count() == answers  # the assistant is silent
    desk.click("#give-back")
    desk.click("#sure button[value=yes]")
    expect(v.window.locator(".handed")).to_be_hidden()
    expect(v.answers).to_have_count(answers + 1)
    assert "保修" in v.ask("保修多久？")
    boss = staff("boss", "/admin/shopassist/conversation/").page
    boss.click("#toggle-nav-sidebar")
    boss.locator("#result_list tbody a", has_text="保修多久").click()
    trail = boss.locator("details.sa-trail").first
    trail.locator("summary").click()
    expect(trail.locator("section").first).to_be_visible()
    keep("trail", boss.screenshot())
    assert v.errors == v.external == []


def test_on_a_phone_in_the_dark_and_in_english(guest):
    v = guest(
        viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True, color_scheme="dark", locale="en-GB"
    )
    v.page.context.add_cookies([{"name": "django_language", "value": "en", "url": v.address}])
    v.go("/").open()
    assert "months" in v.ask("How long is the warranty of the Mechanical Keyboard K87?")
    assert v.window.bounding_box()["width"] == 390
    keep("widget-oscar-phone", taken(v, whole=True))
    said = v.window.locator("button, h2, .subtitle, .small").evaluate_all(
        "all => all.map(e => e.textContent + (e.ariaLabel ?? '')).join(' ')"
    )
    assert not any("\u4e00" <= c <= "\u9fff" for c in said)


def test_by_keyboard_alone_and_in_two_tabs(customer):
    v = customer("u-1004").go("/")
    v.page.locator("shop-assistant .launcher").focus()
    v.page.keyboard.press("Enter")
    expect(v.field).to_be_focused()
    v.page.keyboard.type("帮我取消订单ORD20241204010")
    v.page.keyboard.press("Enter")
    v.answered(1)
    other = Visit(v.page.context.new_page(), v.address).go("/").open()
    expect(other.said).to_have_text(["帮我取消订单ORD20241204010"])
    v.page.bring_to_front()
    for _ in range(20):
        v.page.keyboard.press("Shift+Tab")
        if v.button("好的").evaluate("b => b.getRootNode().activeElement === b"):
            break
    v.page.keyboard.press("Enter")
    assert "已取消" in v.answered(2)
    expect(other.answers).to_have_count(2)
    assert "已取消" in other.answers.last.inner_text()


# With a model


def test_a_page_loaded_anew_while_the_model_writes_and_a_lost_network_lose_nothing(guest, writing):
    v = guest(at=writing).go("/").open().say(QUESTION)
    expect(v.window.locator(".live .body span")).not_to_have_count(0, timeout=300_000)
    v.page.reload()
    expect(v.window).to_be_visible()
    expect(v.answers).to_have_count(1, timeout=300_000)
    assert "8" in v.answers.last.inner_text()
    v.page.context.set_offline(True)
    v.say("保修多久？")
    expect(v.window.locator(".notice")).to_contain_text("您已离线")
    v.page.context.set_offline(False)
    expect(v.answers).to_have_count(2, timeout=300_000)
    expect(v.said).to_have_text([QUESTION, "保修多久？"])
    assert v.errors == v.external == []


def test_a_whole_conversation_is_filmed(customer, writing):
    v = customer(at=writing, reduced_motion="no-preference", viewport={"width": 460, "height": 700})
    v.go("/").open()
    v.page.wait_for_timeout(600)  # it comes in softly
    film = Film(v)
    film.shoot(1200)
    _filmed(film, QUESTION, 1)
    v.window.locator("details.source summary").first.click()
    film.shoot(2200)
    _filmed(film, f"{PRODUCT}现在多少钱？顺便看看订单ORD20241203003", 2)
    _filmed(film, "帮我取消订单ORD20241203003", 3)
    v.button("好的").click()
    expect(v.answers).to_have_count(4, timeout=300_000)
    expect(v.window.locator(".card").last).to_contain_text("已取消")
    v.page.wait_for_timeout(300)
    film.shoot(3500)
    assert v.violations == v.errors == v.external == []
    assert len(film.gif()) <= 2**20
    film.keep("conversation")


def _filmed(film, text, answers):
    """Type a question and film it until its answer stands."""
    v = film.visit
    for end in (len(text) // 2, len(text)):
        v.field.fill(text[:end])
        film.shoot(500)
    v.field.press("Enter")
    seen, times = None, 0
    while v.answers.count() < answers or v.window.get_attribute("data-writing") is not None:
        shown = v.window.locator(".rows").inner_text()
        seen, times = shown, times + 1 if shown == seen else 0
        if times < LONGEST:
            film.shoot(180)
        v.page.wait_for_timeout(60)
    v.page.wait_for_timeout(300)
    film.shoot(2600)
