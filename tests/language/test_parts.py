"""Which of the things that a text names are to stay, and whether it speaks of a part."""

from datetime import date

import pytest

from shopassist.language.parts import joined, kept, says_part
from shopassist.language.slots import slots
from shopassist.protocols import Product

SOLD = (
    Product("p-3002", "智能手环B5", ("手环", "band")),
    Product("p-8001", "硅胶耳塞套", ("耳塞套", "ear tips")),
)


def staying(text, language):
    return kept(text, language, slots(text, language, today=date(2024, 12, 5), products=SOLD))


@pytest.mark.parametrize(
    ("language", "text", "stays"),
    [
        ("zh", "手环取消，耳塞套留着", {"P-8001"}),
        ("zh", "不要耳塞套了，要手环", {"P-3002"}),
        ("zh", "除了手环都取消", {"P-3002"}),
        ("zh", "耳塞套退掉，手环照常发", {"P-3002"}),
        ("zh", "我要手环的发票", set()),
        ("zh", "不要手环了", set()),
        ("zh", "手环和耳塞套都取消", set()),
        ("en", "cancel the ear tips and keep the band", {"P-3002"}),
        ("en", "cancel it all except for the ear tips", {"P-8001"}),
        ("en", "return the ear tips, the band is fine", {"P-3002"}),
        ("en", "cancel the band", set()),
        ("en", "I want to cancel the band", set()),
    ],
)
def test_what_is_only_named_to_stay(language, text, stays):
    assert staying(text, language) == stays


@pytest.mark.parametrize(
    ("language", "text", "part"),
    [
        ("zh", "取消其中一件", True),
        ("zh", "买了两个退一个", True),
        ("zh", "只退一部分行吗", True),
        ("zh", "取消一个订单", False),
        ("zh", "换一个新的", False),
        ("zh", "全部取消", False),
        ("en", "cancel one of them", True),
        ("en", "just one please", True),
        ("en", "can I get a partial refund", True),
        ("en", "cancel one of my orders", False),
        ("en", "cancel the order", False),
    ],
)
def test_whether_a_part_is_meant(language, text, part):
    assert says_part(text, language) is part


@pytest.mark.parametrize(
    ("between", "two"),
    [
        ("那单和", True),
        ("、", True),
        ("取消掉 ", True),
        ("取消，帮我把", True),
        (" and the ", True),
        ("s, and cancel the ", True),
        ("的", False),
        ("那个", False),
        (" ", False),
        ("很好用，", False),
        (" is great and I love the ", False),
    ],
)
def test_two_descriptions_are_joined_by_no_more_than_the_deed(between, two):
    assert joined(between) is two
