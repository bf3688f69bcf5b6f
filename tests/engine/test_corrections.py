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
        *(
            (ME, CONTACT, t, "13912340009")
            for t in ("尾号是0009不是0000", "尾号打错 不是0000是0009", "手机号后四位0000错了，应该是0009")
        ),
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
        *((ME, CONTACT, t) for t in ("电话打错了", "尾号是0001不是0002", "名字有误")),
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


RETURN = "Lite不喜欢，退了吧"
KEYBOARD, CHARGERS, WATCH = "ORD20241201002", "ORD20241203003", "ORD20241120004"


@pytest.mark.parametrize(
    ("customer", "wish", "correction", "args"),
    [
        *(
            (ME, "取消键盘那单", t, {"order_id": CHARGERS})
            for t in (
                "说错了 是003那个", "不是 我说的是充电器那个", "弄错了，是充电器", "不对，003", "错了，我是说已经付款的那单",
                "不是这个 我说的是充电器那单", "oh sorry, I meant the chargers", "wrong one, the chargers please",
            )
        ),
        (ME, "收件人改成李雷，充电器那单", "不对不对 是李磊", {"recipient": "李磊"}),
        (ME, "收件人改成李雷，充电器那单", "哦打错了 李蕾", {"recipient": "李蕾"}),
        (ME, "Lite左耳没声音 换个白的", "还是黑的吧 不要白的了", {"variant": "曜石黑"}),
        (ME, RETURN, "哦不是不喜欢 是右耳没声音", {"reason": "右耳没声音"}),
        (EMMA, "cancel the order with the band", "keep it", None),
        (EMMA, "cancel the order with the band", "I didn't say cancel it, I was just asking", None),
        (ME, RETURN, "那算了都留着", None),
    ],
)  # fmt: skip
def test_what_else_was_meant_takes_the_place_of_the_change_that_waits(assistant, customer, wish, correction, args):
    """And nothing of the first one stays behind: a second yes does nothing more."""
    talk = Visit(assistant, customer=customer)
    talk.say(wish)
    reply = talk.say(correction)
    talk.nothing_written()
    assert (reply.consent is None) == (args is None)
    talk.say("好的" if customer is ME else "yes")
    talk.say("好的" if customer is ME else "yes")
    done = written(talk)
    assert len(done) == (args is not None)
    assert not args or args.items() <= done[0].items()


def test_a_slip_in_the_companys_name_keeps_its_tax_number(assistant):
    talk = Visit(assistant)
    talk.say("Lite那单开公司发票，抬头上海浦江商贸有限公司，税号91310115MA1K4ABC3D，发到a@b.cn")
    reply = talk.say("公司名打错了 是上海浦江贸易有限公司")
    assert reply.consent is not None
    assert reply.consent.args["title"] == "上海浦江贸易有限公司"
    assert reply.consent.args["tax_no"] == talk.replies[0].consent.args["tax_no"]


@pytest.mark.parametrize(
    ("wish", "hold"),
    [
        ("键盘那单取消", "先不急 我问下老婆"),
        ("cancel my keyboard", "hmm, not yet, let me think"),
        ("cancel my keyboard", "hold on, my wife may want it"),
    ],
)
def test_who_holds_is_not_asked_again_so_a_bare_ok_is_no_yes(assistant, wish, hold):
    talk = Visit(assistant)
    talk.say(wish)
    reply = talk.say(hold)
    assert reply.consent is not None
    assert reply.consent.args["order_id"] not in reply.text
    talk.say("ok")
    talk.nothing_written()


def test_an_address_needs_no_answer_once_the_order_is_to_be_cancelled(assistant):
    for last in ("键盘那单改下地址", "键盘那单换个地址 上海市黄浦区人民大道200号"):
        talk = Visit(assistant, conversation=last)
        talk.say(last)
        assert "地址" in talk.say("算了直接取消这单").text
        talk.say("是的 取消")
        assert [args["order_id"] for args in written(talk)] == [KEYBOARD]


@pytest.mark.parametrize("again", ["再说一遍 没看清", "啊？", "你刚说啥", "sorry, what?"])
def test_what_was_said_is_said_again_with_its_question(assistant, again):
    talk = Visit(assistant)
    first = talk.say("键盘那单取消，顺便查下蓝色耳机到哪了")
    reply = talk.say(again)
    assert "SF123456789CN" in reply.text
    assert reply.sentences[-1].endswith(("吗？", "?"))
    assert reply.consent == first.consent
