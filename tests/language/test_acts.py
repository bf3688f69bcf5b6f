"""What a customer does with an intent, by the definitions of `shopassist.dialogue.Act`."""

import pytest

from shopassist.language.acts import act
from shopassist.text import language_of

ACTS = {
    "request": [
        ("cancel_order", "帮我取消订单"),
        ("cancel_order", "取消订单"),
        ("cancel_order", "能帮我取消吗"),
        ("cancel_order", "可以帮我把订单取消了吗"),
        ("return_refund", "我要退货"),
        ("return_refund", "不喜欢，给我退钱"),
        ("urge_delivery", "催一下"),
        ("urge_delivery", "麻烦快点发货"),
        ("urge_delivery", "都五天了还没到，快点送"),
        ("change_address", "把地址改成上海市世纪大道100号"),
        ("change_address", "地址可以帮我修改下吗"),
        ("exchange", "想换一个"),
        ("invoice", "帮我开发票"),
        ("cancel_order", "不想要了取消吧"),
        ("cancel_order", "please cancel my order"),
        ("cancel_order", "can you cancel my order"),
        ("return_refund", "I want a refund"),
        ("urge_delivery", "please hurry up my order"),
        ("change_address", "change the address to 12 King Street"),
    ],
    "can": [
        ("cancel_order", "还能取消吗"),
        ("cancel_order", "可以取消吗"),
        ("cancel_order", "订单可以取消不"),
        ("return_refund", "这个能退吗"),
        ("change_address", "地址写错了能改吗"),
        ("exchange", "可以换吗"),
        ("cancel_order", "can I still cancel it"),
        ("return_refund", "is it possible to return it"),
        ("change_address", "can I still change the address"),
    ],
    "how": [
        ("cancel_order", "怎么取消"),
        ("cancel_order", "在哪取消订单"),
        ("return_refund", "七天无理由怎么退"),
        ("invoice", "怎么开专票"),
        ("cancel_order", "how do I cancel"),
        ("return_refund", "where can I return it"),
        ("cancel_order", "I don't know how to cancel my order"),
    ],
    "status": [
        ("cancel_order", "取消了吗"),
        ("cancel_order", "订单取消成功了没"),
        ("refund_status", "退款到哪了"),
        ("track_delivery", "快递到哪了"),
        ("invoice", "发票开了吗"),
        ("invoice", "发票什么时候给我"),
        ("cancel_order", "has it been cancelled"),
        ("track_delivery", "where is my parcel"),
        ("return_refund", "has my return been approved"),
    ],
    "report": [
        ("refund_status", "取消了怎么没退款"),
        ("refund_status", "我退货好几天了钱还没到"),
        ("urge_delivery", "怎么还不发货"),
        ("urge_delivery", "都五天了还没到"),
        ("order_problem", "少发了一件"),
        ("refund_status", "I cancelled and no money has come"),
        ("urge_delivery", "why hasn't it shipped yet"),
        ("order_problem", "it arrived broken"),
    ],
    "verify": [
        ("refund_status", "取消后直接等退款是吗"),
        ("return_refund", "是不是拒收就可以了"),
        ("refund_status", "直接等退款就行了吧"),
        ("refund_status", "so I just wait, right?"),
    ],
    "conditional": [
        ("cancel_order", "要是不发货我就取消"),
        ("cancel_order", "如果明天还没到我就取消订单"),
        ("cancel_order", "if it does not ship today I'll cancel"),
    ],
    "retract": [
        ("cancel_order", "不取消了"),
        ("return_refund", "先不退了"),
        ("return_refund", "还是不退了吧"),
        ("cancel_order", "别取消"),
        ("urge_delivery", "不用催了"),
        ("cancel_order", "don't cancel after all"),
        ("return_refund", "I changed my mind, I'll keep it"),
    ],
    "blocked": [
        ("cancel_order", "我取消不了"),
        ("cancel_order", "点了取消没反应"),
        ("return_refund", "退不了 点申请没反应"),
        ("change_address", "改不了地址"),
        ("invoice", "发票下载不了"),
        ("cancel_order", "the cancel button does nothing"),
        ("cancel_order", "I can't cancel my order"),
    ],
}


@pytest.mark.parametrize(
    ("expected", "intent", "text"), [(name, intent, text) for name, rows in ACTS.items() for intent, text in rows]
)
def test_the_act(expected, intent, text):
    assert act(text, language_of(text), intent) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("取消订单", "request"), ("还能取消订单吗", "can"), ("订单怎么取消", "how"), ("订单取消了吗", "status"),
     ("订单取消了怎么还发货", "report"), ("取消后就不发货了是吧", "verify"), ("如果没货我就取消", "conditional"),
     ("订单别取消", "retract"), ("订单取消不了", "blocked")],
)  # fmt: skip
def test_one_verb_is_used_in_every_act(text, expected):
    assert act(text, "zh", "cancel_order") == expected


def test_a_question_after_a_state_asks_for_the_state():
    assert act("东西到了没", "zh", "track_delivery") == "status"


def test_a_piece_in_which_nothing_tells_is_a_request():
    assert act("", "zh", "invoice") == act("发票", "zh", "invoice") == act("invoice", "en", "invoice") == "request"
