from shopassist.language.names import Called, Names, names
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
    assert Names([CUP, BOTTLE, HEADSET]).beginnings("头戴的和玻璃的") == {"头戴": HEADSET}


def test_one_more_name_is_found_with_all_the_others_and_changes_none_of_the_shops():
    shop = [CUP, BOTTLE, HEADSET, *(Product(f"p-{n}", f"灯{n}号", (f"灯{n}号",)) for n in range(4, 12))]
    called = Called(shop, {"p-1": "玻璃", "p-3": "头戴"})
    cup, headset = called[0], called[2]
    assert (cup.names, headset.names) == ((*CUP.names, "玻璃"), ("头戴式耳机", "头戴"))
    assert names(called).within("玻璃杯大号和头戴") == [
        ("玻璃杯大号", cup),
        ("玻璃杯", cup),
        ("玻璃", cup),
        ("头戴", headset),
    ]
    assert names(called).within("灯5号") == [("灯5号", shop[4])]
    assert names(called).beginnings("头戴的") == {"头戴": headset}
    assert names(shop).within("头戴") == []


def test_one_more_name_may_make_a_beginning_ambiguous():
    shop = [HEADSET, *(Product(f"p-{n}", f"灯{n}号", (f"灯{n}号",)) for n in range(4, 12))]
    assert names(Called(shop, {"p-4": "头戴灯"})).beginnings("头戴的") == {}
