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


def test_of_many_products_they_are_made_once():
    many = [*SOLD, *(Product(f"p-{n}", f"第{n}号杯", (f"第{n}号杯",)) for n in range(10, 20))]
    assert kinds(many) is kinds(many)
    assert kinds(many) is not kinds(list(many))
    assert isinstance(kinds(()), Kinds)
    assert kinds(()).find("耳机") == []


def test_what_is_made_of_other_products_does_not_drive_out_what_is_in_use():
    many = [Product(f"p-{n}", f"第{n}号杯", (f"第{n}号杯",)) for n in range(10)]
    first = kinds(many)
    for _ in range(20):
        kinds(list(many))
        assert kinds(many) is first


def test_a_word_for_a_kind_that_only_one_product_is_of_is_its_name_in_this_text():
    made = Kinds(SOLD)
    found = made.find("充电器坏了")
    [charger] = [p for p in made.also_called(found) if p.document == "p-3"]
    assert charger.names[-1] == "充电器"
    assert made.also_called(found) == made.also_called(made.find("我的充电器呢"))
    assert made.also_called(made.find("耳机坏了")) is SOLD
