import pytest

from shopassist.language.references import attached, leaning, mentioned, restated
from shopassist.protocols import Product

PRO = Product("p-1001", "无线降噪耳机Pro", ("p-1001", "无线降噪耳机pro", "耳机pro", "pro"))
LITE = Product("p-1002", "无线降噪耳机Lite", ("p-1002", "无线降噪耳机lite", "耳机lite", "lite"))
BAND = Product("p-3002", "运动手环B5", ("p-3002", "运动手环b5", "手环", "b5"))
TIPS = Product("p-8001", "硅胶耳塞套", ("p-8001", "硅胶耳塞套", "耳塞套"))
ALL = [PRO, LITE, BAND, TIPS]


def whole(text, *, last=None, focus=(), language="zh"):
    return restated(text, language, last=last, named=mentioned(text, ALL), focus=focus)


@pytest.mark.parametrize("text", ["那Lite呢", "那 lite 呢？", "Lite呢", "那無線降噪耳機Lite呢"])
def test_another_name_repeats_the_last_question_for_it(text):
    assert whole(text, last="无线降噪耳机Pro防水吗", focus=[PRO]) == "无线降噪耳机Lite 防水吗"


@pytest.mark.parametrize("text", ["what about the Lite?", "and the lite", "how about Lite"])
def test_it_does_so_in_english(text):
    found = whole(text, last="is the Pro waterproof", focus=[PRO], language="en")
    assert "Lite" in found
    assert "waterproof" in found
    assert "pro " not in found.lower()


@pytest.mark.parametrize(("text", "language"), [("它防水吗", "zh"), ("这款多重", "zh"), ("is it waterproof?", "en")])
def test_a_pronoun_stands_for_the_product_in_focus(text, language):
    assert whole(text, last="无线降噪耳机Pro多少钱", focus=[PRO], language=language) == f"无线降噪耳机Pro {text}"


@pytest.mark.parametrize(
    ("last", "text", "language"),
    [("怎么退货", "那运费呢", "zh"), ("how do I return it", "and the shipping?", "en")],
)
def test_a_bare_point_goes_with_the_last_question(last, text, language):
    assert whole(text, last=last, language=language) == f"{last} {text}"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("怎么退货", "zh"),
        ("发票怎么开", "zh"),
        ("运费谁出", "zh"),
        ("那退货运费谁出", "zh"),
        ("how do I get an invoice", "en"),
    ],
)
def test_a_new_subject_is_left_alone(text, language):
    assert whole(text, last="无线降噪耳机Pro防水吗", focus=[PRO], language=language) == text
    assert not attached(text, language)


def test_a_pronoun_brings_the_product_into_a_question_about_a_policy():
    assert whole("它能退吗", last="耳塞套有几个尺码", focus=[TIPS]) == "硅胶耳塞套 它能退吗"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("运动手环B5跑步不带手机能记轨迹吗", "zh"),
        ("双十一的时候买的它，现在还能不能退货", "zh"),
        ("I bought it on Double 11, can I still return it?", "en"),
    ],
)
def test_a_full_question_is_left_alone(text, language):
    assert whole(text, last="耳机Pro防水吗", focus=[PRO], language=language) == text
    assert not attached(text, language)


def test_a_short_question_without_a_subject_leans_on_the_last_one_where_no_product_is_in_focus():
    assert whole("那要多久呢", last="退款怎么到账") == "退款怎么到账 那要多久呢"


def test_nothing_is_added_where_nothing_was_said():
    assert whole("那多久呢") == "那多久呢"


def test_a_longer_name_covers_the_shorter_ones_in_it():
    assert mentioned("无线降噪耳机Lite和耳机pro", ALL) == [LITE, PRO]


def test_products_are_named_in_the_order_of_the_text_and_once():
    assert mentioned("B5 和 P-1001 比，b5 防水吗", ALL) == [BAND, PRO]


def test_a_name_inside_another_word_is_no_name():
    assert mentioned("profile elite b52", ALL) == []


@pytest.mark.parametrize("text", ["那Lite呢", "它防水吗", "这款呢？", "多久", "为什么"])
def test_a_message_that_leans_is_told(text):
    assert leaning(text, "zh")


@pytest.mark.parametrize("text", ["怎么退货", "耳机防水吗", "你好"])
def test_a_message_that_stands_alone_is_told(text):
    assert not leaning(text, "zh")
