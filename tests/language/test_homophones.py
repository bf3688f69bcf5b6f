"""Slips of the input method: what is mended, and what stays as it is."""

from datetime import date

import pytest

from shopassist.language.catalogue import Catalogue
from shopassist.language.grams import Vocabulary
from shopassist.language.head import Head
from shopassist.language.homophones import slips, without
from shopassist.language.intents import Classifier
from shopassist.language.reading import finder_in
from shopassist.language.slots import slots
from shopassist.language.spelling import simplified
from shopassist.language.wishes import wishes

KNOWN = Head.load().vocabulary
TODAY = date(2024, 12, 5)


def mended(text):
    return without(text, slips(text, KNOWN))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("收获地址", "收货地址"),
        ("我要tui货", "我要退货"),
        ("布要了", "不要了"),
        ("帮我取肖订单", "帮我取消订单"),
        ("怎么退宽", "怎么退款"),
        ("运非谁出", "运费谁出"),
        ("能不能便移点", "能不能便宜点"),
        ("发漂抬头写错了 怎么退宽", "发票抬头写错了 怎么退款"),
    ],
)
def test_a_character_that_fits_nowhere_is_what_sounds_like_it(written, meant):
    assert mended(written) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "退",
        "我叫张伟",
        "寄到朝阳区建国路88号",
        "戴森吹风机坏了",
        "墨绿色的有吗",
        "iphone 15 pro max 紫的",
        "ok no",
    ],
)
def test_names_places_and_what_is_right_stay(text):
    assert mended(text) == text


def test_nothing_is_mended_by_a_head_that_knows_nothing():
    assert slips("帮我取肖订单", Vocabulary.of([])) == ()


@pytest.mark.parametrize(("text", "wish"), [("键盘帮我tui货", "return_refund"), ("我要取肖订单", "cancel_order")])
def test_a_wish_with_a_slip_is_heard_and_its_values_stay_as_they_were_written(text, wish):
    classifier = Classifier(Catalogue.load())
    found = slots(text, "zh", today=TODAY)
    assert [w.intent for w in wishes(text, "zh", classifier, finder_in(text, found))] == [wish]
    assert all(text[slice(*f.span)] for f in found)


@pytest.mark.parametrize(
    ("traditional", "plain"),
    [
        ("訂單裡的頭髮夾 後天發貨嗎", "订单里的头发夹 后天发货吗"),
        ("妳們賬號", "你们账号"),
        ("\ud800貨", "?货"),
        ("plain", "plain"),
    ],
)
def test_traditional_characters_become_simplified_ones_in_their_places(traditional, plain):
    assert simplified(traditional) == plain
    assert len(plain) == len(traditional)
