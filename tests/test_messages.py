"""What a message may be, and what may be sent with it."""

import pytest

from shopassist import Image, Item, Message, OrderRef, ProductRef
from shopassist.errors import InvalidMessage
from shopassist.messages import items_from_json, items_to_json

ITEMS = (OrderRef("ORD1"), ProductRef("耳机-7"), Image("https://shop.example/a.jpg"))
JSON = [{"order": "ORD1"}, {"product": "耳机-7"}, {"image": "https://shop.example/a.jpg"}]


def test_items_survive_json():
    assert items_to_json(ITEMS) == JSON
    assert items_from_json(JSON) == ITEMS
    assert items_from_json(items_to_json(())) == ()


@pytest.mark.parametrize(
    "data",
    [None, "order", {"order": "ORD1"}, [None], ["ORD1"], [{}], [{"parcel": "P1"}], [{"order": "1", "product": "2"}],
     [{"order": 7}], [{"order": ""}], [{"image": None}], [[("order", "ORD1")]]],
)  # fmt: skip
def test_json_that_holds_no_items_is_refused(data):
    with pytest.raises(InvalidMessage):
        items_from_json(data)


@pytest.mark.parametrize("kind", [OrderRef, ProductRef])
@pytest.mark.parametrize("wrong", ["", "   ", "x" * 201, "OR\nD1", "OR\u200bD1", "OR\ud800", 7, None])
def test_an_id_is_a_printable_text_of_up_to_200_characters(kind, wrong):
    assert kind("x" * 200).id == "x" * 200
    with pytest.raises(InvalidMessage):
        kind(wrong)


@pytest.mark.parametrize("wrong", ["", "https://x/\n", "x" * 2001, None])
def test_a_url_is_a_printable_text_of_up_to_2000_characters(wrong):
    assert Image("x" * 2000).url == "x" * 2000
    with pytest.raises(InvalidMessage):
        Image(wrong)


def test_a_list_of_items_becomes_a_tuple():
    message = Message("这个", items=list(ITEMS))
    assert message == Message("这个", items=ITEMS)
    assert hash(message) == hash(Message("这个", items=ITEMS))
    assert all(isinstance(item, Item) for item in message.items)


def test_a_message_has_ten_items_at_most():
    assert len(Message("这些", items=ITEMS[:1] * 10).items) == 10
    with pytest.raises(InvalidMessage, match="at most 10"):
        Message("这些", items=ITEMS[:1] * 11)


@pytest.mark.parametrize("items", [None, "ORD1", OrderRef("ORD1"), {"order": "ORD1"}, iter(ITEMS)])
def test_items_come_as_a_list_or_a_tuple(items):
    with pytest.raises(InvalidMessage, match="a tuple or a list"):
        Message("这个", items=items)


@pytest.mark.parametrize("item", [None, "", "ORD1", {"order": "ORD1"}, Message("你好")])
def test_what_is_no_item_is_refused(item):
    with pytest.raises(InvalidMessage, match="OrderRef"):
        Message("这个", items=[OrderRef("ORD1"), item])


def test_what_a_customer_sent_is_not_quoted_in_an_error():
    with pytest.raises(InvalidMessage) as caught:
        Message("这个", items=["我的电话13800138000"])
    assert "13800138000" not in str(caught.value)
