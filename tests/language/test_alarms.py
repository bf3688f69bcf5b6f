import pytest

from shopassist.language.alarms import alarm

HEARD = """
    净化器漏电，刚才电到我了 | danger
    充电宝冒烟了！！ | danger
    昨晚充着电突然起火 | danger
    手表表带把我孩子的手划伤了 | danger
    电池鼓包了 | danger
    再不处理我打12315 | legal
    我已经找了律师 | legal
    等着法院传票吧我要起诉你们 | legal
    会不会漏电啊 |
    这个充电器防起火吗 |
    充电的时候会爆炸吗 |
    万一着火了怎么办 |
    有过热保护和漏电保护功能吗 |
    怎么退货 |
    气炸了都 |
    the power bank started smoking while charging | danger
    it gave me an electric shock | danger
    the charger caught fire last night | danger
    my son was burned by it | danger
    my lawyer will contact you | legal
    I'll take legal action | legal
    can it catch fire? |
    does it have electric shock protection |
    what if it explodes |
    is it smoke proof |
    how do I return it |
"""


@pytest.mark.parametrize("line", [line.strip() for line in HEARD.strip().splitlines()])
def test_danger_and_law_are_heard_and_questions_about_them_are_not(line):
    text, _, expected = (part.strip() for part in line.partition("|"))
    assert alarm(text, "en" if text.isascii() else "zh") == (expected or None)
