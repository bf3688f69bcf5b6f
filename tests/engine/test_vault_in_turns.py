"""The vault in whole turns: the model, the log and the store never see what only the owner and a declared tool may."""

import json
import logging
import sqlite3

import pytest
from visits import EMMA, ME, NOW, OTHER, Instead, Visit, parts

from shopassist.testing import MemoryShop, ScriptedModel

MINE = "ORD20241203003"
QUESTION = "退货的运费谁来承担？"
NEW = "13900139000"

# As it is typed, what of it must be nowhere, and what a tool gets.
PERSONAL = {
    "phone": ("13900139000", "13900139000", "13900139000"),
    "phone-spaced": ("139 0013 9000", "139 0013 9000", "13900139000"),
    "phone-dashed": ("139-0013-9000", "139-0013-9000", "13900139000"),
    "phone-86": ("+86 13900139000", "13900139000", "13900139000"),
    "phone-0086": ("008613900139000", "13900139000", "13900139000"),
    "phone-wide": ("１３９００１３９０００", "１３９００１３９０００", "13900139000"),
    "phone-spoken": ("幺三九零零幺三九零零零", "幺三九零零幺三九零零零", "13900139000"),
    "id": ("11010519491231002X", "11010519491231002X", None),
    "id-small": ("11010519491231002x", "11010519491231002x", None),
    "card": ("6222020200112233446", "6222020200112233446", None),
    "card-spaced": ("6222 0202 0011 2233 446", "6222 0202 0011 2233 446", None),
    "card-16": ("4111111111111111", "4111111111111111", None),
    "email": ("li.lei+shop@example.com", "li.lei+shop@example.com", None),
    "email-wide": ("lilei＠qq.com", "lilei＠qq.com", None),
}
LABEL = {"id": "身份证号", "card": "银行卡号", "email": "邮箱", "phone": "电话"}


@pytest.fixture(autouse=True)
def _whole_log(caplog):
    caplog.set_level(logging.DEBUG)


def columns(folder):
    """All texts of the store's file, by table and column."""
    with sqlite3.connect(next(folder.glob("*.db"))) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {}
        for table in tables:
            rows = db.execute(f"SELECT * FROM {table}")
            names = [d[0] for d in rows.description]
            for row in rows:
                for name, value in zip(names, row, strict=True):
                    found.setdefault((table, name), []).append(str(value))
        return {place: "\n".join(values) for place, values in found.items()}


def holding(folder, value):
    """The columns in which the value stands, as it is or as JSON writes it."""
    forms = {value, json.dumps(value)[1:-1], value.replace(" ", "").replace("-", "")}
    return {name for (_, name), text in columns(folder).items() if any(form in text for form in forms)}


def sent(model):
    return "\n".join(message.text for call in model.calls for message in call)


@pytest.mark.parametrize("name", PERSONAL)
def test_a_personal_value_is_in_the_vault_alone(assistant, tmp_path, caplog, name):
    typed, secret, _ = PERSONAL[name]
    model = ScriptedModel(answers=["无理由退货的运费由买家承担。"])
    talk = Visit(assistant, model)
    text = f"我的{LABEL[name.partition('-')[0]]}是{typed}，{QUESTION}"
    talk.say(text)
    talk.say(f"再说一次，{typed}。{QUESTION}")
    assert model.calls
    assert secret not in sent(model)
    assert secret not in caplog.text
    assert holding(tmp_path, secret) == {"vault"}
    assert talk.export()["messages"][0]["text"] == text
    assert len(talk.assistant.store.vault("c")) == 1


def test_a_number_that_was_hidden_once_stays_hidden_however_it_is_spelled(assistant, tmp_path):
    talk = Visit(assistant)
    talk.say("我的银行卡号是6222020200112233445")
    talk.say("对，就是6222 0202 0011 2233 445")
    assert holding(tmp_path, "6222 0202 0011 2233 445") == {"vault"}


def test_the_vault_is_checked_where_it_is_looked_for(assistant, tmp_path):
    """What is no personal value is in the file: the search above can find."""
    Visit(assistant).say("寄到桂花路十八号的退货运费谁来承担？")
    assert {"text", "reply", "state"} <= holding(tmp_path, "桂花路十八号")


@pytest.mark.parametrize("name", [name for name, (_, _, tool) in PERSONAL.items() if tool])
def test_a_tool_that_declares_it_gets_the_plain_number(assistant, tmp_path, caplog, name):
    typed, secret, plain = PERSONAL[name]
    given = []
    shop = MemoryShop.sample(lambda: NOW)

    def change_contact(tx, customer, order_id, recipient, phone):
        given.append((customer, order_id, recipient, phone))
        return shop.orders.change_contact(tx, customer, order_id, recipient, phone)

    talk = Visit(assistant, shop=shop, parts=parts(shop, orders=Instead(shop.orders, change_contact=change_contact)))
    asked = talk.say(f"把{MINE}的收件电话改成{typed}")
    assert asked.consent.args == {"order_id": MINE, "phone": plain}
    done = talk.say("好的")
    assert given == [(ME.id, MINE, None, plain)]
    assert [o.status for o in done.tool_outcomes] == ["done"]
    for reply in (asked, done):
        assert typed in reply.text
        assert typed in "".join(reply.sentences)
        assert reply.slots["phone"] == plain
    shown = "".join(e.text for e in talk.events if hasattr(e, "text"))
    assert shown.count(typed) == 2
    assert "<PHONE" not in talk.seen()
    assert holding(tmp_path, secret) == {"vault"}
    assert secret not in caplog.text
    assert plain not in caplog.text
    assert json.dumps([dict(row.args) for row in talk.ledger.rows.values()]).count("<PHONE_1>") == 1


def test_what_the_shop_says_of_a_hidden_number_stays_hidden(assistant, tmp_path):
    talk = Visit(assistant)
    talk.say(f"把{MINE}的收件电话改成{NEW}")
    talk.say("好的")
    assert NEW in talk.say(f"{MINE}寄到哪里").text
    assert holding(tmp_path, NEW) == {"vault"}


def test_the_model_does_not_read_the_shops_own_number_in_the_history(assistant):
    model = ScriptedModel(answers=["无理由退货的运费由买家承担。"])
    talk = Visit(assistant, model)
    assert "13800138000" in talk.say(f"{MINE}寄到哪里").text
    talk.say(QUESTION)
    assert model.calls
    assert "13800138000" not in sent(model)


def test_the_owner_sees_it_in_export_and_nobody_a_placeholder(assistant):
    talk = Visit(assistant)
    talk.say(f"把{MINE}的收件电话改成138 0013 8001")
    exported = json.dumps(talk.export(), ensure_ascii=False)
    assert "138 0013 8001" in exported
    assert "<PHONE_1>" not in exported
    assert "vault" not in talk.export()


@pytest.mark.parametrize("typed", ["<ID_1>", "＜ID_1＞", "<id_1>", "< ID_1 >", "<ID​_1>", "﹤ID_1﹥"])
def test_a_placeholder_typed_by_hand_is_disarmed(assistant, typed):
    number = "11010519491231002X"
    talk = Visit(assistant)
    talk.say(f"我的身份证号是{number}")
    for text in (f"把{MINE}的地址改成上海市徐汇区漕溪北路8号{typed}", "好的", f"把{MINE}的收件人改成{typed}", "好的"):
        reply = talk.say(text)
        assert number not in reply.text
        assert number not in json.dumps([dict(reply.slots), reply.to_dict()["tool_outcomes"]], ensure_ascii=False)
    assert not any(number in m["text"] for m in talk.export()["messages"][1:])
    assert number not in str(talk.tables())


def test_a_placeholder_typed_by_hand_shows_nothing_of_another_vault(assistant):
    talk = Visit(assistant)
    talk.say(f"我的电话是{NEW}")
    other = Visit(assistant, customer=OTHER, conversation="d")
    other.assistant = talk.assistant
    reply = other.say("<PHONE_1>是谁的电话？退货的运费谁来承担？")
    assert NEW not in reply.text + json.dumps(other.export(), ensure_ascii=False)


NUMBERS = [
    "1234567890987654321", "2411281234567890123", "4200002345202412051", "ORD20241203003", "ORD20249999999", "SF1234509876543",
    "JD0098765432101", "RET20241203001", "91110108MA01ABCD2X",
]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("text", ["我的订单{}到哪了", "{}发货了吗", "单号是{}", "Where is order {}?"])
def test_a_shops_number_is_never_hidden(assistant, number, text):
    talk = Visit(assistant)
    reply = talk.say(text.format(number))
    assert talk.assistant.store.vault("c") == {}
    assert number in talk.export()["messages"][0]["text"]
    assert number not in reply.slots.get("phone", ())


@pytest.mark.parametrize("again", ["13900139000", "139 0013 9000", "+86 139-0013-9000", "１３９００１３９０００"])
def test_one_number_is_one_placeholder(assistant, again):
    model = ScriptedModel(answers=["无理由退货的运费由买家承担。"])
    talk = Visit(assistant, model)
    talk.say(f"电话{NEW}，{QUESTION}")
    talk.say(f"电话是{again}，对，{again}，{QUESTION}")
    talk.say(f"另一个电话13700137000，{QUESTION}")
    assert list(talk.assistant.store.vault("c")) == ["<PHONE_1>", "<PHONE_2>"]
    assert "<PHONE_1>" in sent(model)


def test_two_customers_vaults_are_apart(assistant, tmp_path):
    one = Visit(assistant, conversation="a")
    one.say(f"我的电话是{NEW}")
    two = Visit(assistant, customer=EMMA, conversation="b")
    two.assistant = one.assistant
    two.say("我的电话是13700137000")
    store = one.assistant.store
    assert store.vault("a") == {"<PHONE_1>": NEW}
    assert store.vault("b") == {"<PHONE_1>": "13700137000"}
    assert NEW not in two.seen()
    assert "13700137000" not in one.seen()


def test_adopting_keeps_the_vault(assistant, tmp_path):
    talk = Visit(assistant, customer=None)
    talk.say(f"我的电话是{NEW}")
    talk.assistant.adopt("c", customer=ME)
    talk.customer = ME
    assert talk.export()["messages"][0]["text"] == f"我的电话是{NEW}"
    talk.say(f"把{MINE}的收件电话改成{NEW}")
    assert list(talk.assistant.store.vault("c")) == ["<PHONE_1>"]
    talk.say("好的")
    [row] = [row for row in talk.tables()["orders"] if row["id"] == MINE]
    assert row["phone"] == NEW
    assert holding(tmp_path, NEW) == {"vault"}


def test_forgetting_empties_the_vault(assistant, tmp_path):
    talk = Visit(assistant)
    talk.say(f"我的电话是{NEW}")
    talk.assistant.forget("c", customer=ME)
    assert holding(tmp_path, NEW) == set()


@pytest.mark.parametrize("error", [RuntimeError(NEW), ("您的电话", ValueError(NEW))], ids=["at-once", "midway"])
def test_a_model_that_breaks_with_the_number_in_its_error_tells_no_log(assistant, tmp_path, caplog, error):
    talk = Visit(assistant, ScriptedModel(answers=[error]))
    talk.say(f"我的电话是{NEW}，{QUESTION}")
    assert NEW not in caplog.text
    assert holding(tmp_path, NEW) == {"vault"}


def test_a_shop_that_breaks_with_the_number_in_its_error_tells_no_log(assistant, tmp_path, caplog):
    def breaks(*_, **values):
        raise RuntimeError(f"no contact {NEW}")

    shop = MemoryShop.sample(lambda: NOW)
    talk = Visit(assistant, shop=shop, parts=parts(shop, orders=Instead(shop.orders, change_contact=breaks)))
    talk.say(f"把{MINE}的收件电话改成{NEW}")
    assert [o.status for o in talk.say("好的").tool_outcomes] == ["failed"]
    assert NEW not in caplog.text
    assert holding(tmp_path, NEW) == {"vault"}
    assert talk.ledger.rows == {}


def test_the_desk_gets_placeholders(assistant, tmp_path):
    talk = Visit(assistant)
    talk.say(f"我的电话是{NEW}")
    reply = talk.say(f"转人工，打我电话{NEW}")
    assert reply.handoff is not None
    [handoff] = talk.assistant.store.handoffs()
    assert NEW not in json.dumps(dict(handoff.summary), ensure_ascii=False)
    assert holding(tmp_path, NEW) == {"vault"}
