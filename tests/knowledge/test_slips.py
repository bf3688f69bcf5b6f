import pytest

from shopassist.knowledge.lexical import Lexical
from shopassist.knowledge.slips import mended

PAGES = ["退货的运费由买家承担。发票在收货后开。", "手机充电，蓝牙耳机也要充电。", "The power bank is shipped within two days.",
         "Our address and the purifier's filter."]  # fmt: skip


@pytest.fixture(scope="module")
def frequency():
    return Lexical.build(PAGES).frequency


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("我要退或", "我要退货"),
        ("发漂啥时候开", "发票啥时候开"),
        ("能给手机冲电吗", "能给手机充电吗"),
        ("蓝芽怎么连", "蓝牙怎么连"),
        ("powerbank", "power bank"),
        ("wrong adress", "wrong address"),
        ("purifer filter", "purifier filter"),
    ],
)
def test_a_slip_is_read_as_what_the_pages_have(frequency, written, meant):
    assert mended(written, frequency) == meant


@pytest.mark.parametrize(
    "text",
    ["退货运费谁出", "P-1001 有没有", "没人理我", "refrigerator", "SHIPPED?", "", "？！", "fridge", "k87"],
)
def test_what_is_right_or_unknown_stays_as_it_is(frequency, text):
    assert mended(text, frequency) == text


def test_without_pages_nothing_is_mended():
    assert mended("我要退或 powerbank adress", lambda token: 0) == "我要退或 powerbank adress"


def test_a_word_of_the_dictionary_is_no_slip_though_no_page_has_it(frequency):
    assert mended("我打车去", frequency) == "我打车去"
