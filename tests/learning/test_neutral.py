"""Personal data goes out of texts, in values and outside of them, and what a message wishes stays."""

import pytest
from stored import answered

from shopassist.dialogue import Slot, Wish
from shopassist.learning.neutral import Values, neutral, read_then, values_of
from shopassist.replies import Reply
from shopassist.storage.memory import MemoryStore


def text(said, language="zh", values=None, **options):
    return neutral(said, language, values or {}, **options).text


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("帮我查订单ORD20241201002到哪了", "帮我查订单12到哪了"),
        ("订单号 2024 1203 003 怎么还没发", "订单号 12 怎么还没发"),
        ("尾号003的那单退了吧", "尾号12的那单退了吧"),
        ("地址改成上海市浦东新区世纪大道100号3号楼501室", "地址改成某地"),
        ("我家阳光花园3号楼2单元502，放门口", "我某地，放门口"),
        ("收件人改成王小明，其他不变", "收件人改成某人，其他不变"),
        ("收件人张伟，电话<PHONE_1>", "收件人某人，电话<PHONE_1>"),
        ("收件人改成 李 雷", "收件人改成 某人"),
        ("我叫王小明想退货", "我叫某人想退货"),
        ("我是李雷，退一下", "我是某人，退一下"),
        ("王女士买的手表", "某人女士买的手表"),
        ("抬头杭州云集科技有限公司，税号91330106MA2B0XYZ1K", "抬头某公司，税号12"),
        ("单号SF1234567890123到哪了", "单号运单到哪了"),
        ("电话一 三 八 零 零 一 三 八 零 零 零", "电话12"),
        ("加我微信 lilei_1990 说", "加我微信 12 说"),
        ("看这个 https://shop.example/o?id=99", "看这个 链接"),
        ("工单 88776655天津那个", "工单 12天津那个"),
        ("会员号 A12345678X 登不上", "会员号 12 登不上"),
    ],
)
def test_what_tells_of_somebody_goes_out_of_chinese(said, left):
    assert text(said) == left


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("where is order ORD 2024 1203 003 please", "where is order 12 please"),
        ("my name is emma watson and i want a refund", "my name is Alex Lee and i want a refund"),
        ("This is Emma, cancel it", "This is Alex Lee, cancel it"),
        ("send it to Tom Baker please", "send it to Alex Lee please"),
        ("ship to 22 Baker Street, Flat 4B, London NW1 6XE, today", "ship to someplace someplace, today"),
        ("call me on four one five five five five two six seven one", "call me on 12"),
        ("my wechat is emma_1990", "my wechat is 12"),
        ("Thanks, Emma Watson", "Thanks, Alex Lee"),
    ],
)
def test_what_tells_of_somebody_goes_out_of_english(said, left):
    assert text(said, "en") == left


@pytest.mark.parametrize(
    "said",
    [
        "能用20 30 40 瓦的吗",
        "iPhone15 256G能用吗",
        "2024-12-05买的充电宝20000毫安",
        "满300减50，12月5日下单",
        "买100000件多少钱",
        "我是老顾客了",
        "我是学生，有优惠吗",
        "开个人抬头",
        "12999.00元贵不贵",
        "双十一退货政策",
        "第三个",
        "七八天了还没到",
        "Is the WH-1000XM5 in stock",
        "for Black Friday",
        "delivered to New York",
    ],
)
def test_what_tells_of_nobody_stays(said):
    assert text(said, "zh" if max(said) >= "\u4e00" else "en") == said


def test_the_words_by_slot_stand_in_the_text():
    found = neutral("把ORD20241201002改成黑色，寄到杭州市西湖区文三路88号", "zh", {})
    assert found.text == "把12改成黑色，寄到某地"
    assert found.slots == {"order_id": ("12",), "variant": ("黑色",), "address": ("某地",)}


def test_a_placeholder_of_the_vault_stays_and_is_a_value():
    found = neutral("电话改成<PHONE_1>", "zh", {})
    assert (found.text, found.slots) == ("电话改成<PHONE_1>", {"phone": ("<PHONE_1>",)})


def test_what_the_turn_had_read_counts_although_no_form_tells_it():
    wish = Wish("change_contact", slots={"recipient": (Slot("Zoë", turn=1, span=(0, 3)),)})
    reply = Reply("r", 1, "好的", ("好的",), "en", wishes=(wish,))
    assert neutral("Zoë it is", "en", {}, read_then(reply, 9)).text == "Alex Lee it is"
    assert read_then(reply, 2) == []


def test_a_value_of_a_conversation_goes_wherever_it_stands_in_it():
    store = MemoryStore()
    answered(
        store,
        "a",
        "把收件人改成王小明",
        "好的，地址是上海市浦东新区世纪大道100号3号楼。",
        slots={"order_id": "ORD1234567"},
    )
    answered(store, "b", "收件人改成李雷")
    values = values_of(store, "a")
    assert text("王小明说小明的那单 ORD 1234567 寄到世纪大道", values=values) == "某人说某人的那单 12 寄到某地"
    assert "李雷" not in values
    assert values_of(store, "unknown") == {}


def test_a_latin_value_goes_as_a_whole_word_only():
    assert text("Tom comes tomorrow", "en", {"Tom": "recipient"}) == "Alex Lee comes tomorrow"


def test_a_short_number_of_a_conversation_is_looked_for_only_where_it_names_something():
    store = MemoryStore()
    answered(store, "a", "尾号10的订单")
    assert text("等了10天", values=values_of(store, "a")) == "等了10天"


def test_what_a_page_says_is_nobodys():
    page = "退货寄到杭州市西湖区文三路88号，收件人李雷。"
    assert text("寄到杭州市西湖区文三路88号就行", public=page) == "寄到杭州市西湖区文三路88号就行"


def test_of_a_long_conversation_the_last_values_are_held():
    store = MemoryStore()
    for n in range(210):
        answered(store, "a", f"订单ORD2024120{n:04}呢")
    values = values_of(store, "a")
    assert isinstance(values, Values)
    assert len(values) == 200
    assert "ORD20241200209" in values
