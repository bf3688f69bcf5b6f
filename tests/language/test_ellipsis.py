from datetime import date

import pytest

from shopassist.language.ellipsis import only_values, pointing_back, supposing
from shopassist.language.slots import slots
from shopassist.protocols import Product

LITE = Product("p-1002", "无线降噪耳机Lite", ("无线降噪耳机lite", "lite"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("那白色的呢", True),
        ("ORD20241203003", True),
        ("尾号003那单呢", True),
        ("那Lite呢？", True),
        ("and the red one?", True),
        ("what about ORD20241203003", True),
        ("那白色的什么时候有货", False),
        ("ORD20241203003取消掉", False),
        ("Lite防水吗", False),
        ("cancel ORD20241203003", False),
        ("is the red one waterproof", False),
    ],
)
def test_a_message_of_values_alone_leaves_its_wish_unsaid(text, expected):
    language = "en" if text.isascii() else "zh"
    found = slots(text, language, today=date(2024, 12, 5), products=[LITE])
    assert only_values(text, language, found) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("要是质量问题呢", True),
        ("那如果拆封了呢？", True),
        ("万一不合适怎么办", True),
        ("what if it is faulty?", True),
        ("and if I opened it", True),
        ("要是明天还不发货，我就取消", False),
        ("质量问题怎么退", False),
        ("if it does not come by friday, cancel it", False),
    ],
)
def test_a_condition_alone_adds_to_what_was_asked(text, expected):
    assert supposing(text, "en" if text.isascii() else "zh") is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("充电器的也改成这个地址", True),
        ("再给我开一张", True),
        ("use the same address", True),
        ("改到南京西路8号", False),
    ],
)
def test_some_words_point_back(text, expected):
    assert pointing_back(text, "en" if text.isascii() else "zh") is expected
