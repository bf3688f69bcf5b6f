from shopassist.language.names import Names
from shopassist.protocols import Product

CUP = Product("p-1", "玻璃杯大号", ("玻璃杯大号", "玻璃杯", "glass cup"))
BOTTLE = Product("p-2", "玻璃瓶", ("玻璃瓶", "杯", "玻璃瓶"))
HEADSET = Product("p-3", "头戴式耳机", ("头戴式耳机",))


def test_the_longest_names_come_first_and_then_the_products_in_their_order():
    assert Names([CUP, BOTTLE]).within("玻璃杯大号和玻璃瓶") == [
        ("玻璃杯大号", CUP),
        ("玻璃杯", CUP),
        ("玻璃瓶", BOTTLE),
        ("玻璃瓶", BOTTLE),
    ]


def test_a_name_of_one_character_and_one_that_is_only_begun_are_not_found():
    assert Names([CUP, BOTTLE]).within("杯 玻璃 glass") == []
    assert Names([CUP]).within("") == []


def test_a_chinese_beginning_is_known_where_one_product_alone_begins_so():
    assert Names([CUP, BOTTLE, HEADSET]).beginnings == {"头戴": HEADSET}
