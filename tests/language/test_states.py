import pytest

from shopassist.language.states import bought, states, supposed, without_states

TOLD = """
    那个还没付款的订单取消掉吧 | unpaid
    顺便把没付款那个取消了 | unpaid
    未付款的那单不要了 | unpaid
    没发货的那个先别发 | paid
    还没收到的那单到哪了 | shipped
    在路上的那个包裹能改地址吗 | shipped
    已签收的那单开个发票 | delivered
    收到的那个坏了 | delivered
    沒付款的那筆訂單取消 | unpaid
    還沒發貨的那單退掉 | paid
    我的订单还没发货 |
    没发货的话催一下 |
    怎么还没收到 |
    取消了怎么没退款 |
    cancel the one I have not paid for | unpaid
    the unpaid order please | unpaid
    where is the one on its way | shipped
    return the one that was delivered | delivered
    has it shipped yet |
    I have not paid |
"""


@pytest.mark.parametrize("line", [line.strip() for line in TOLD.strip().splitlines()])
def test_a_state_tells_an_order_only_where_it_stands_with_one(line):
    text, _, state = (part.strip() for part in line.partition("|"))
    language = "en" if text.isascii() else "zh"
    assert [s for s, _ in states(text, language)] == ([state] if state else [])


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        ("12月3号买的那个充电器", "12月3号", True),
        ("上周下单的耳机", "上周", True),
        ("前天拍的", "前天", True),
        ("明天肯定到是吧", "明天", False),
        ("周六送到行不行", "周六", False),
        ("the earbuds I bought last week", "last week", True),
        ("will it come on Friday", "Friday", False),
    ],
)
def test_a_day_of_a_purchase_is_told_from_one_of_delivery(text, day, expected):
    start = text.index(day)
    assert bought(text, "en" if text.isascii() else "zh", (start, start + len(day))) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("没发货的话帮我取消", ("paid",)),
        ("如果还没发货就取消吧", ("paid",)),
        ("那没发的话催下仓库总可以吧", ("paid",)),
        ("要是已经发货了我就拒收", ("shipped",)),
        ("没发货怎么取消", ()),
        ("我的还没发货", ()),
        ("cancel it if it has not shipped", ("paid",)),
        ("has it shipped", ()),
    ],
)
def test_a_supposed_state_is_told_from_one_that_is_told(text, expected):
    assert supposed(text, "en" if text.isascii() else "zh") == expected


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("没付钱那单取消", "那单取消"),
        ("还没发货的那个给我退了", "那个给我退了"),
        ("cancel the unpaid order", "cancel the order"),
        ("没付钱就取消", "没付钱就取消"),
        ("屏幕有亮线 刚收到的", "屏幕有亮线 刚收到的"),
        ("cancel it if it has not shipped", "cancel it if it has not shipped"),
    ],
)
def test_the_state_that_tells_an_order_is_taken_out(text, left):
    assert without_states(text, "en" if text.isascii() else "zh") == left
