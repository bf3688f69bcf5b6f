import pytest

from shopassist.dialogue import Asked
from shopassist.language.answers import read_answer
from shopassist.language.remarks import remark

FEELING = (
    "好麻烦啊 好烦 好贵啊 好慢啊 可麻烦了 真是麻烦死了 怎么这么慢 这也太慢了吧 好复杂 好难用 太麻烦了 心累 烦死了 是真的麻烦|pretty annoying|"
    "ugh so annoying|great, another delay|what a hassle|fine, another hassle|this is ridiculous"
)
WAITING = (
    "都两天了 已经等了三天了 都好几天了啊 等了好久了 这么久了 还要等多久 这都一个星期了|it's been 3 days|been waiting for a week|"
    "it's been three days already|still waiting|this is taking forever|3 days now"
)
URGING = "快点啊 搞快点 能不能快点 赶紧的 抓紧|hurry up|faster please"
LEAVE = "可以吗 可以不 行不行 这样可以吗 好吗 能行吗|is that ok?|may i?|can I|is this possible"
NONE = (
    "好麻烦你了 快递慢 两天 两天后送 耳机好贵 退了吧 可以 不可以 可以不要吗 可以不取消吗 快点发货 快递到哪了 都两天了还没发货 好 行 又坏了 谢谢 好的|"
    "is it possible to cancel|can I return it|3 days|the mouse is slow|great|yes|fine"
)


def words(text):
    han, *english = text.split("|")
    return [*han.split(), *english]


TABLE = [
    (text, kind)
    for said, kind in ((FEELING, "feeling"), (WAITING, "waiting"), (URGING, "urging"), (LEAVE, "leave"), (NONE, None))
    for text in words(said)
]


@pytest.mark.parametrize(("text", "kind"), TABLE)
def test_a_message_is_a_remark_if_it_says_nothing_else(text, kind):
    assert remark(text) == kind


@pytest.mark.parametrize("text", [t for t, kind in TABLE if kind and t not in ("搞快点",)])
@pytest.mark.parametrize("deed", ["cancel_order", "return_refund", "urge_delivery"])
def test_a_remark_is_no_yes_and_no_no(text, deed):
    if deed != "urge_delivery" or remark(text) != "urging":  # "hurry up" asks for that very deed
        assert read_answer(text, "zh", Asked("consent", deed)) is None
