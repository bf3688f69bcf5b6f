"""What is put right after the question never leaves the old value to a bare yes."""

import pytest
from visits import EMMA, ME, Visit

ADDRESS = "充电器地址改成杭州市西湖区文三路478号"
CONTACT = "充电器收件人改成张伟，电话13912340000"
ENGLISH = "change the address of my order to 88 Huaihai Road, Shanghai, apt 12"


def written(talk):
    return [dict(o.args) for r in talk.replies for o in r.tool_outcomes if o.status == "done"]


@pytest.mark.parametrize(
    ("customer", "wish", "correction", "new"),
    [
        *(
            (ME, ADDRESS, t, "文三路487号")
            for t in ("不是478是487", "等等 门牌是487", "不对，是487号", "487", "478写错了，487")
        ),
        (ME, CONTACT, "是张玮不是张伟", "张玮"),
        (ME, CONTACT, "名字不是伟是玮", "张玮"),
        (EMMA, ENGLISH, "its apt 13 not 12", "apt 13"),
        (EMMA, ENGLISH, "sorry, 88 should be 89", "89 Huaihai Road"),
    ],
)
def test_the_new_question_shows_the_value_that_was_put_right(assistant, customer, wish, correction, new):
    talk = Visit(assistant, customer=customer)
    talk.say(wish)
    reply = talk.say(correction)
    talk.nothing_written()
    assert reply.consent is not None
    assert new in reply.text
    talk.say("yes")
    assert [v for args in written(talk) for v in args.values() if new in str(v)]


@pytest.mark.parametrize(
    ("customer", "wish", "doubt"),
    [
        *((ME, ADDRESS, t) for t in ("地址写错了", "等等 少写了3楼", "不是8是7", "应该是拱墅区", "我打错了一个字")),
        *((ME, CONTACT, t) for t in ("电话打错了", "尾号是0001不是0000", "名字有误")),
        *((EMMA, ENGLISH, t) for t in ("oh the number is wrong", "there is a typo", "I mean 98")),
    ],
)
def test_what_cannot_be_put_right_is_asked_for_and_no_yes_brings_the_old_value(assistant, customer, wish, doubt):
    talk = Visit(assistant, customer=customer)
    talk.say(wish)
    reply = talk.say(doubt)
    assert reply.consent is None
    assert reply.text.endswith(("。", "."))
    for _ in range(2):
        talk.say("yes" if customer is EMMA else "好")
    talk.nothing_written()


def test_a_question_beside_the_consent_is_no_correction(assistant):
    talk = Visit(assistant)
    talk.say(ADDRESS)
    reply = talk.say("是不是要明天才能改？")
    assert reply.consent is not None
    assert "478" in reply.sentences[-1]
