"""The widget's tag, its texts and its files: what can be said of them without a browser."""

import gzip
import json
import re
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.template import Context, Template
from django.test import RequestFactory, override_settings
from django.utils import translation

from shopassist.contrib.django import widget
from shopassist.contrib.django.widget_texts import CONTEXT, SUGGESTIONS, TEXTS

FOLDER = Path(widget.__file__).parent / "static" / "shopassist" / "widget"
FILES = sorted(FOLDER.iterdir())
KILOBYTES = 30


def rendered(arguments="", **context):
    return Template("{% load shopassist %}{% shopassist_widget " + arguments + " %}").render(Context(context))


def config_of(html):
    return json.loads(unescape(re.search(r'config="([^"]*)"', html)[1]))


def test_the_widget_weighs_at_most_30_kilobytes():
    weight = sum(len(gzip.compress(file.read_bytes(), mtime=0)) for file in FILES)
    assert {file.suffix for file in FILES} == {".js", ".css"}
    assert weight <= KILOBYTES * 1024


def test_nothing_in_it_makes_html_or_code_of_a_text_or_asks_another_host():
    for file in FILES:
        text = file.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|https?://\w", text
        ), file


def test_each_text_of_the_widget_is_listed_and_none_is_listed_for_nothing():
    source = "".join(file.read_text("utf-8") for file in FILES if file.suffix == ".js")
    used = set(re.findall(r'\bt\("([^"]+)"', source))
    assert used <= set(TEXTS)
    assert [text for text in TEXTS if f'"{text}"' not in source] == []


def test_18_each_text_is_translated_with_its_fields():
    with translation.override("zh-hans"):
        for text in (*TEXTS, *SUGGESTIONS):
            said = translation.pgettext(CONTEXT, text)
            assert said != text, text
            assert set(re.findall(r"\{\w+\}", said)) == set(re.findall(r"\{\w+\}", text))


def test_the_tag_hands_over_what_the_page_says():
    request = RequestFactory().get("/p/?a=1")
    with translation.override("zh-hans"):
        html = rendered(
            "product=code order=orders greeting='你好' suggestions='一|二' theme='dark' login='/in/?x=1'",
            request=request,
            code="P-1",
            orders=["O-1", "O-2"],
        )
    config = config_of(html)
    assert config["items"] == [{"order": "O-1"}, {"order": "O-2"}, {"product": "P-1"}]
    assert (config["greeting"], config["suggestions"]) == ("你好", ["一", "二"])
    assert config["login"] == "/in/?x=1&next=%2Fp%2F%3Fa%3D1"
    assert config["texts"]["Send"] == "发送"
    assert config["limit"] == 4000
    assert 'base="/assistant/"' in html
    assert 'theme="dark"' in html
    assert "nonce" not in html


def test_in_english_no_text_is_handed_over_and_the_shop_has_its_english_name():
    with translation.override("en"):
        config = config_of(rendered())
    assert (config["texts"], config["title"], config["dir"]) == ({}, "Yunji Digital", "ltr")
    with translation.override("ar"):
        assert config_of(rendered())["dir"] == "rtl"


def test_what_a_page_says_cannot_leave_its_attribute():
    evil = '"><script>alert(1)</script>'
    html = rendered("greeting=evil product=evil", evil=evil)
    assert "<script>alert" not in html
    assert config_of(html)["greeting"] == evil


@pytest.mark.parametrize("source", ["request", "context", "django6"])
def test_the_nonce_is_the_one_that_the_request_has(source):
    request = RequestFactory().get("/")
    if source == "request":
        request.csp_nonce = "abc"  # django-csp
    if source == "django6":
        request._csp_nonce = "abc"
    html = rendered(request=request, **({"csp_nonce": "abc"} if source == "context" else {}))
    assert html.count('nonce="abc"') == 2


def test_a_token_that_no_cookie_tells_stands_in_the_page():
    with override_settings(CSRF_COOKIE_HTTPONLY=True):
        assert config_of(rendered(request=RequestFactory().get("/")))["csrf"]["token"]
        with pytest.raises(ImproperlyConfigured, match="needs the request"):
            rendered()
    with override_settings(CSRF_COOKIE_NAME="own", CSRF_HEADER_NAME="HTTP_X_OWN"):
        assert config_of(rendered())["csrf"] == {"cookie": "own", "header": "X-OWN"}


def test_a_wrong_theme_and_missing_views_are_named():
    with pytest.raises(ImproperlyConfigured, match="light, dark"):
        rendered("theme='pink'")
    with (
        override_settings(ROOT_URLCONF="django.contrib.auth.urls"),
        pytest.raises(ImproperlyConfigured, match="include"),
    ):
        rendered()


class Hashed(ManifestStaticFilesStorage):
    """As docs/widget.md advises."""

    support_js_module_import_aggregation = True


def test_with_hashed_names_each_module_imports_hashed_ones_that_are_there(tmp_path):
    storage = {"BACKEND": f"{__name__}.Hashed"}
    with override_settings(STATIC_ROOT=tmp_path, STORAGES={**settings.STORAGES, "staticfiles": storage}):
        call_command("collectstatic", interactive=False, verbosity=0)
        html = rendered()
    folder = tmp_path / "shopassist" / "widget"
    script = re.search(r'src="/static/shopassist/widget/(widget\.\w+\.js)"', html)[1]
    assert (folder / Path(config_of(html)["stylesheet"]).name).exists()
    seen, left = set(), {script}
    while left:
        text = (folder / left.pop()).read_text("utf-8")
        named = set(re.findall(r'from "\./([^"]+)"', text))
        left |= named - seen
        seen |= named
    modules = {file.stem for file in FILES if file.suffix == ".js"} - {"widget"}
    assert {name.split(".")[0] for name in seen} == modules
    assert all(re.fullmatch(r"\w+\.[0-9a-f]{12}\.js", name) for name in (*seen, script))


# Cards


@pytest.fixture
def with_products(sqlite_site, configured):
    with configured(SHOP="shopsite.shop.ShopWithProducts"):
        yield


@pytest.mark.usefixtures("with_products")
def test_a_card_says_what_the_shop_says_now(client_of, shopper, order):
    li = shopper("li")
    order(li, status="paid")
    asked = "/assistant/cards/?order=ORD20241201002&product=P-1001&product=none"
    made, product = client_of(li).get(asked).json()["cards"]
    assert (made["id"], made["state"], made["amount"], made["date"]) == (
        "ORD20241201002",
        "已付款",
        "399.00",
        "2024-12-01",
    )
    assert (product["title"], product["amount"], product["currency"]) == ("无线降噪耳机Pro", "599", "CNY")
    assert product["url"] == "/product/P-1001/"


@pytest.mark.usefixtures("with_products")
def test_06_a_card_of_somebody_elses_order_is_as_one_that_is_not_there(client_of, shopper, order):
    order(shopper("li"))
    order(None, number="ORD-GUEST")
    for client in (client_of(), client_of(shopper("wang"))):
        answers = [
            client.get(f"/assistant/cards/?order={n}").content for n in ("ORD20241201002", "ORD-GUEST", "ORD-NONE")
        ]
        assert answers == [b'{"cards": []}'] * 3


@pytest.mark.usefixtures("with_products")
def test_cards_that_are_no_ids_or_too_many_are_refused(client_of):
    client = client_of()
    assert client.get("/assistant/cards/?order=<b>").status_code == 422
    assert client.get("/assistant/cards/?" + "&".join(f"product=p{n}" for n in range(11))).status_code == 422
    assert client.get("/assistant/cards/").json() == {"cards": []}


@pytest.mark.usefixtures("with_products")
def test_an_answer_names_its_orders_and_products_and_what_it_asks(client_of, shopper, order, begin, say):
    li = shopper("li")
    order(li)
    client = client_of(li)
    at = begin(client)
    reply = say(client, at, "帮我取消订单ORD20241201002").json()
    assert (reply["asked"], reply["items"]) == ("consent", [{"order": "ORD20241201002"}])
    listed = client.get("/assistant/conversations/").json()["conversations"]
    assert [one["title"] for one in listed] == ["帮我取消订单ORD20241201002"]


@pytest.mark.usefixtures("with_products")
def test_a_title_shows_the_owners_own_words_and_stores_none_of_their_data(client_of, begin, say):
    from shopassist.contrib.django.models import Message

    client = client_of()
    say(client, begin(client), "我的电话是13812345678，" + "很" * 100)
    title = client.get("/assistant/conversations/").json()["conversations"][0]["title"]
    assert title.startswith("我的电话是13812345678")
    assert len(title) == 80
    assert "13812345678" not in Message.objects.get(seq=1).text
