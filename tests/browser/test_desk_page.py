"""The desk's page in Chromium: a person works at it, by mouse and by keyboard alone, and nothing written runs."""

import re
from types import SimpleNamespace

import pytest
import servers

from shopassist.knowledge.ingest import ingest

EVIL = '<script>window.hit=1</script><img src=x onerror="window.hit=1"> [x](javascript:window.hit=1)'
MAKE = (
    "from shopsite.models import Shopper; from django.contrib.auth.models import Permission\n"
    "for name in ('lan', 'mei'):\n"
    "    u = Shopper.objects.create_user(name, password=name, is_staff=True)\n"
    "    u.user_permissions.set(Permission.objects.filter(codename__in=('work_at_desk', 'view_conversation')))\n"
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The address of a shop under uvicorn with two people of its staff, lan and mei."""
    data, folder = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("desk-site")
    ingest([servers.SOURCE.parent / "knowledge"], data / "knowledge", None)
    values = {"SITE_FOLDER": folder, "SITE_DATA": data}
    servers.manage("migrate", "--verbosity=0", **values)
    servers.manage("shell", "--verbosity=0", "-c", MAKE, **values)
    with servers.served("uvicorn", **values) as address:
        yield address


@pytest.fixture
def desk(browser, shop):
    """Open the desk as somebody: ``desk("lan")``; a page whose errors are collected in `errors`."""
    contexts = []

    def opened(name, **options):
        options = {"locale": "zh-CN", "viewport": {"width": 1360, "height": 860}, **options}
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if "Content Security Policy" in m.text else None)
        page.goto(f"{shop}/admin/login/?next=/desk/")
        page.fill("#id_username", name)
        page.fill("#id_password", name)
        page.click("input[type=submit]")
        page.wait_for_selector("#hours:not(:empty)")
        return SimpleNamespace(page=page, errors=errors, context=contexts[-1])

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def visitor(shop):
    """A visitor who wants a person: with `number` of the hand-off."""
    made = []

    def called(text="转人工"):
        visit = servers.Visitor(shop)
        visit.number = visit.ask(text).json()["handoff"]
        made.append(visit)
        return visit

    yield called
    for visit in made:
        visit.http.delete(visit.at)
        visit.http.close()


def texts(visit):
    """What the customer reads."""
    return [m["text"] for m in visit.http.get(f"{visit.at}messages/").json()["messages"]]


def entry(number):
    return f'.entry[data-id="{number}"]'


def test_a_person_takes_answers_and_hands_back_without_a_reload(desk, visitor):
    lan, mei = desk("lan"), desk("mei")
    visit = visitor()
    lan.page.wait_for_selector(f"#waiting {entry(visit.number)}")  # it came by itself
    assert re.match(r"\(\d+\)", lan.page.title())
    lan.page.click(entry(visit.number))
    lan.page.click("#claim")
    lan.page.wait_for_selector("#messages li.customer")
    mei.page.wait_for_selector(f"#others {entry(visit.number)}")
    assert visit.ask("有人吗？").json()["mode"] == "person"
    lan.page.wait_for_selector("#messages li.customer:has-text('有人吗？')")
    lan.page.fill("#text", "我在，请讲。")
    lan.page.press("#text", "Enter")
    lan.page.wait_for_selector("#messages li.person:has-text('我在，请讲。')")
    assert lan.page.input_value("#text") == ""
    assert "我在，请讲。" in texts(visit)
    lan.page.click("#give-back")
    lan.page.click("#sure button[value=yes]")
    lan.page.wait_for_selector(entry(visit.number), state="detached")
    assert visit.ask("七天无理由怎么退？").json()["text"]
    assert lan.errors == mei.errors == []


def test_by_keyboard_alone(desk, visitor):
    visit = visitor("七天无理由退货运费谁出？转人工")
    page = desk("lan").page
    page.wait_for_selector(entry(visit.number))
    page.focus("#waiting .entry")
    page.keyboard.press("ArrowDown")
    page.focus(entry(visit.number))
    page.keyboard.press("Enter")
    page.wait_for_selector("#claim:focus")
    page.keyboard.press("Enter")
    page.wait_for_selector("#text:focus")
    page.wait_for_selector("#suggestions li button")
    page.keyboard.press("Alt+1")
    assert page.input_value("#text") == page.inner_text("#suggestions li:first-child > div:first-child")
    assert not page.query_selector("#messages li.person")  # never sent by itself
    page.keyboard.press("Enter")
    page.wait_for_selector("#messages li.person")
    page.keyboard.press("Escape")
    page.wait_for_selector("#choose:not([hidden])")


def test_nothing_that_was_written_becomes_markup(desk, visitor):
    visit = visitor()
    visit.ask(EVIL)
    lan = desk("lan")
    lan.page.wait_for_selector(f"{entry(visit.number)}:has-text('<script>')")
    lan.page.click(entry(visit.number))
    lan.page.click("#claim")
    lan.page.wait_for_selector("#messages li.customer")
    lan.page.fill("#text", EVIL)
    lan.page.press("#text", "Enter")
    lan.page.wait_for_selector("#messages li.person")
    assert EVIL.split()[0] in lan.page.inner_text("#messages li.person .body")
    assert lan.page.evaluate("window.hit") is None
    assert lan.page.query_selector_all("#desk img, #desk script, #desk a[href^=javascript]") == []
    assert lan.errors == []


def test_without_a_network_the_text_is_kept_and_goes_out_later(desk, visitor):
    visit = visitor()
    lan = desk("lan")
    lan.page.click(entry(visit.number))
    lan.page.click("#claim")
    lan.page.wait_for_selector("#text:focus")
    lan.context.set_offline(True)
    lan.page.fill("#text", "稍等，我查一下。")
    lan.page.press("#text", "Enter")
    lan.page.wait_for_selector("#notice.bad:not([hidden])")
    assert lan.page.input_value("#text") == "稍等，我查一下。"
    lan.context.set_offline(False)
    lan.page.wait_for_selector("#send:not([disabled])")
    lan.page.press("#text", "Enter")
    lan.page.wait_for_selector("#messages li.person:has-text('稍等')")
    assert texts(visit).count("稍等，我查一下。") == 1


def test_a_draft_is_there_again_after_a_reload(desk, visitor):
    visit = visitor()
    page = desk("lan").page
    page.click(entry(visit.number))
    page.click("#claim")
    page.wait_for_selector("#text:focus")
    page.keyboard.type("写到一半")
    page.reload()
    page.wait_for_selector("#messages li.customer")
    assert page.input_value("#text") == "写到一半"


def test_what_was_read_is_not_new_after_a_reload_and_what_came_since_is(desk, visitor):
    first, second = visitor(), visitor()
    page = desk("lan").page
    for visit in (first, second):
        page.click(entry(visit.number))
        page.click("#claim")
        page.wait_for_selector(f"#mine {entry(visit.number)}[aria-current=true]")
        page.wait_for_selector("#messages li.customer")
    page.keyboard.press("Escape")
    page.wait_for_selector("#choose:not([hidden])")
    page.reload()
    page.wait_for_selector(f"#mine {entry(second.number)}")
    assert page.locator("#mine .unread").count() == 0
    first.ask("还在吗？")
    page.wait_for_selector(f"#mine {entry(first.number)} .unread")
    page.reload()
    page.wait_for_selector(f"#mine {entry(first.number)} .unread")
    assert page.locator("#mine .unread").count() == 1


def test_no_sound_before_somebody_asked_for_it(desk):
    page = desk("lan").page
    assert page.get_attribute("#sound", "aria-pressed") == "false"
    page.click("#sound")
    assert page.get_attribute("#sound", "aria-pressed") == "true"


@pytest.mark.parametrize(
    "options", [{"viewport": {"width": 390, "height": 780}}, {"color_scheme": "dark"}, {"locale": "en-GB"}]
)
def test_it_fits_a_phone_the_dark_and_english(desk, visitor, options):
    visit = visitor()
    lan = desk("lan", **options)
    lan.page.click(entry(visit.number))
    lan.page.click("#claim")
    lan.page.wait_for_selector("#messages li.customer")
    assert lan.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert lan.errors == []
