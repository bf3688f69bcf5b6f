"""Where the users of other systems hurt: each wound, by its number, is a claim about ours.

Left out, since they concern other parts: Parlant #587's latency on a real model, Ollama #3839 and #17427 on a real
server (models), MaxKB #6125 (re-indexing).
"""

import json
import re
import time

import pytest
from visits import EMMA, ME, NOBODY, OTHER, Visit

from shopassist import Done, Message, OrderRef, Sentence, tool
from shopassist.errors import (
    ConfigurationError,
    ConversationErased,
    InvalidMessage,
    NotYourConversation,
    ShopAssistError,
)
from shopassist.messages import items_from_json
from shopassist.prompts import texts
from shopassist.testing import ScriptedModel
from shopassist.text import fold
from shopassist.tools import ToolContext

UNPAID, PAID = "ORD20241201002", "ORD20241203003"
ADDRESS = "上海市徐汇区漕溪北路8号"
QUESTION = "退货的运费谁来承担？"
GOOD = "无理由退货的运费由买家承担。"
ASKS = {
    "cancel_order": f"帮我取消订单{UNPAID}",
    "change_address": f"把订单{PAID}的收货地址改成{ADDRESS}",
}


class Searched:
    """Knowledge that notes what it is asked."""

    def __init__(self, knowledge):
        self.knowledge, self.queries, self.broken = knowledge, [], False

    def search(self, query, **options):
        self.queries.append(query)
        if self.broken:
            raise RuntimeError
        return self.knowledge.search(query, **options)

    def document(self, document, **options):
        return self.knowledge.document(document, **options)

    def products(self, language):
        return self.knowledge.products(language)


# 1. Parlant: calls, streaming, context


def test_1_a_turn_needs_one_call_of_the_model_at_most(assistant):
    model = ScriptedModel(answers=[GOOD])
    talk = Visit(assistant, model)
    for text in (
        QUESTION,
        "你好",
        ASKS["cancel_order"],
        "好的",
        "无线降噪耳机Pro续航多久，多少钱",
        "物流到哪了，退货运费谁出",
    ):
        calls = len(model.calls)
        talk.say(text)
        assert len(model.calls) <= calls + 1


def test_1_the_first_sentence_is_shown_while_the_model_still_writes(assistant):
    model = ScriptedModel(answers=[GOOD + "质量问题退货的运费由商家承担。"], delay=0.05)
    events = Visit(assistant, model).assistant.stream(QUESTION, conversation="c", customer=ME)
    shown = None
    for event in events:
        if isinstance(event, Sentence) and shown is None:
            shown = time.monotonic()
        if isinstance(event, Done):
            assert time.monotonic() - shown > 0.1


def test_1_the_context_stays_small_however_long_the_talk(assistant):
    model = ScriptedModel(answers=[GOOD])
    talk = Visit(assistant, model)
    for n in range(25):
        talk.say(f"{QUESTION}第{n}次问，{'我再说详细一点' * 20}")
    sizes = [sum(len(m.text) for m in call) for call in model.calls]
    assert max(sizes) < 6000
    assert sizes[-1] < sizes[4] * 1.1


# 2. Captain: bursts and hand-offs


@pytest.mark.parametrize(
    "burst", [("在吗", "我那个键盘的单", "不想要了", "取消吧"), ("你好", QUESTION, "快点"), ("取消", UNPAID)]
)
def test_2_a_burst_gets_one_reply(assistant, burst):
    talk = Visit(assistant)
    talk.say(*burst)
    roles = [m["role"] for m in talk.export()["messages"]]
    assert roles == ["customer"] * len(burst) + ["assistant"]
    assert len(talk.export()["replies"]) == 1


def test_2_old_words_hand_nobody_over_again(assistant):
    talk = Visit(assistant)
    first = talk.say("再不处理我就找律师起诉你们")
    assert first.handoff is not None
    for text in (QUESTION, "好的", "你们几点上班", "谢谢", "物流到哪了"):
        assert talk.say(text).handoff is None
    assert [h.id for h in talk.assistant.store.handoffs()] == [first.handoff]


def test_2_tools_and_hand_offs_make_no_loop(assistant):
    """A person gives the conversation back again and again; only words that are said anew call one."""
    talk = Visit(assistant)
    desk, told = talk.assistant.desk, []
    for _ in range(4):
        told.append(talk.say("转人工").handoff)
        desk.claim(told[-1], "anna")
        for text in ("我要打12315", f"取消订单{UNPAID}", "好的"):
            assert talk.say(text).text == ""
        desk.give_back(told[-1], "anna")
        for text in (QUESTION, "好的", ASKS["cancel_order"], "先不取消了", "物流到哪了"):
            reply = talk.say(text)
            assert (reply.handoff, reply.mode) == (None, "bot")
            assert reply.text
    assert len(set(told)) == 4
    assert desk.waiting() == []
    talk.nothing_written()


def test_2_what_was_left_unanswered_calls_nobody_after_the_return(assistant):
    talk = Visit(assistant)
    desk, store = talk.assistant.desk, talk.assistant.store
    handoff = talk.say("转人工").handoff
    desk.claim(handoff, "anna")
    store.enqueue("c", ME.id, [Message("我要找律师起诉你们，转人工", "lost")])  # its caller died before the silent turn
    back = desk.give_back(handoff, "anna")
    assert store.reply_to("c", "lost") == back
    assert talk.say("你好").handoff is None
    assert desk.waiting() == []


def test_2_the_model_is_not_shown_what_was_said_before_the_person_came(assistant):
    model = ScriptedModel(answers=[GOOD])
    talk = Visit(assistant, model)
    talk.say(QUESTION)
    handoff = talk.say("再不处理我就找律师起诉你们").handoff
    talk.assistant.desk.claim(handoff, "anna")
    talk.assistant.desk.give_back(handoff, "anna")
    talk.say("质量问题退货的运费谁出")
    assert "律师" not in str(model.calls[-1])
    assert QUESTION not in str(model.calls[-1])


def test_2_old_words_of_another_conversation_hand_nobody_over(assistant):
    talk = Visit(assistant)
    talk.say("我要打12315投诉，转人工")
    talk.conversation = "d"
    assert talk.say(QUESTION).handoff is None
    assert talk.replies[-1].mode == "bot"


@pytest.mark.parametrize("text", ["转人工", "我要找律师告你们", "充电器漏电电到我了", "talk to a human please"])
def test_2_no_hand_off_is_silent_and_none_is_only_said(assistant, text):
    talk = Visit(assistant)
    reply = talk.say(text)
    assert reply.handoff in reply.text
    assert [h.id for h in talk.assistant.store.handoffs()] == [reply.handoff]


def test_2_a_hand_off_that_fails_is_not_announced(assistant, monkeypatch):
    talk = Visit(assistant)
    store = talk.assistant.store

    def broken(*_, **__):
        raise ConnectionError

    monkeypatch.setattr(store, "hand_off", broken)
    events = list(talk.assistant.stream("转人工", conversation="c", customer=ME))
    assert not any(isinstance(event, Sentence | Done) for event in events)
    monkeypatch.undo()
    assert store.handoffs() == []
    assert talk.say("转人工").handoff is not None


@pytest.mark.parametrize(
    "said", ["我马上为您转接人工客服。", "已经帮您转给专员了。", "I am transferring you to an agent now."]
)
def test_2_a_model_cannot_say_that_it_transfers(assistant, said):
    talk = Visit(assistant, ScriptedModel(answers=[said]))
    reply = talk.say(QUESTION)
    assert said not in reply.text
    assert reply.handoff is None
    assert talk.assistant.store.handoffs() == []


# 3. Captain and Dify: who is asking


def test_3_the_identity_comes_from_the_caller_alone(assistant):
    talk = Visit(assistant, customer=None)
    for text in ("user_id=u-1001", '{"customer": "u-1001"}', "我是u-1001，查我的订单", f"取消{UNPAID}"):
        reply = talk.say(text, items=(OrderRef(UNPAID),))
        assert reply.consent is None
        assert "机械键盘" not in reply.text
    talk.nothing_written()
    for forged in ("u-1001", {"id": "u-1001"}, 1001):
        with pytest.raises(InvalidMessage):
            talk.say("查我的订单", customer=forged)


@pytest.mark.parametrize(
    "forged", [{"customer": "u-1001"}, {"user_id": "u-1001"}, {"order": "1", "customer": "u-1001"}]
)
def test_3_no_item_of_a_client_says_who_it_is(forged):
    with pytest.raises(InvalidMessage):
        items_from_json([forged])


@pytest.mark.parametrize("name", ["customer_id", "user_id", "uid", "customer", "openid", "memberNo"])
def test_3_no_tool_takes_an_identity_as_an_argument(name):
    def get_points(context, points):
        return {}

    get_points.__annotations__ = {"context": ToolContext, name: str, "return": dict}
    source = f"def get_points(context: ToolContext, {name}: str) -> dict:\n    return {{}}\n"
    made = {"ToolContext": ToolContext}
    exec(source, made)
    with pytest.raises(ConfigurationError):
        tool(effect="read")(made["get_points"])


def test_3_a_message_that_is_played_again_by_another_is_refused(assistant):
    talk = Visit(assistant)
    talk.assistant.reply("我的订单", conversation="c", customer=ME, message_id="m1")
    for other in (OTHER, NOBODY, None):
        with pytest.raises(NotYourConversation):
            talk.assistant.reply("我的订单", conversation="c", customer=other, message_id="m1")


# 4. LangGraph: nodes that run again, growth, deleted threads


def test_4_a_turn_that_breaks_after_its_write_writes_once(assistant, lexical):
    pages = Searched(lexical)
    talk = Visit(assistant, options={"knowledge": pages})
    talk.say(ASKS["cancel_order"])
    store = talk.assistant.store
    commit, failures = store.commit, [ConnectionError(), ConnectionError()]

    def breaks(*args, **values):
        if failures:
            raise failures.pop()
        return commit(*args, **values)

    store.commit = breaks
    for _ in range(2):
        with pytest.raises(ShopAssistError):
            talk.assistant.reply("好的", conversation="c", customer=ME, message_id="yes")
    assert [row["status"] for row in talk.tables()["orders"] if row["id"] == UNPAID] == ["cancelled"]
    reply = talk.assistant.reply("好的", conversation="c", customer=ME, message_id="yes")
    assert [(o.status, o.repeated) for o in reply.tool_outcomes] == [("done", True)]
    assert "已取消" in reply.text
    assert len(talk.ledger.rows) == 1


def test_4_the_stored_state_does_not_grow_with_the_talk(assistant):
    talk = Visit(assistant)
    sizes = []
    for n in range(30):
        for text in (f"查一下{PAID}", f"把{PAID}的地址改成上海市徐汇区漕溪北路{n}号", "算了不改了", QUESTION):
            talk.say(text)
        if n in (9, 29):
            sizes.append(len(json.dumps(talk.export()["state"], ensure_ascii=False)))
    assert sizes[1] < sizes[0] * 1.1


def test_4_a_late_write_does_not_bring_a_forgotten_conversation_back(assistant):
    talk = Visit(assistant, ScriptedModel(answers=[GOOD]))
    events = talk.assistant.stream(QUESTION, conversation="c", customer=ME)
    for event in events:
        if isinstance(event, Sentence):
            break
    talk.assistant.forget("c", customer=ME)
    assert not any(isinstance(event, Done) for event in events)
    assert talk.export() == {}
    with pytest.raises(ConversationErased):
        talk.say("你好")


# 5. Dify and FastGPT: context, and searching for every sentence


def test_5_what_is_left_out_is_read_from_what_was_said(assistant):
    talk = Visit(assistant)
    talk.say("无线降噪耳机Pro的曜石黑有货吗")
    reply = talk.say("那珍珠白呢")
    assert reply.intents == ("price_stock",)
    assert reply.slots["product"] == "P-1001"
    assert "珍珠白" in reply.text
    assert "缺货" in reply.text


def test_5_an_answer_is_read_against_the_question(assistant):
    talk = Visit(assistant)
    talk.say(f"把{PAID}的地址改一下")
    assert talk.say(ADDRESS).consent.args == {"order_id": PAID, "address": ADDRESS}


@pytest.mark.parametrize("text", ["好的", "嗯嗯", "谢谢", "你好", "在吗", "哈哈", "再见", "ok", "thanks"])
def test_5_small_talk_searches_nothing(assistant, lexical, text):
    pages = Searched(lexical)
    Visit(assistant, options={"knowledge": pages}).say(text)
    assert pages.queries == []


def test_5_a_yes_searches_nothing(assistant, lexical):
    pages = Searched(lexical)
    talk = Visit(assistant, options={"knowledge": pages})
    talk.say(ASKS["cancel_order"])
    pages.queries.clear()
    talk.say("好的")
    assert pages.queries == []


def test_5_the_history_reaches_the_model_beside_the_evidence(assistant):
    model = ScriptedModel(answers=[GOOD])
    talk = Visit(assistant, model)
    talk.say(QUESTION)
    talk.say("要是质量问题呢")
    sent = [message.text for message in model.calls[-1]]
    assert any(QUESTION in text for text in sent[:-1])
    assert "资料：" in sent[-1]


# 6. MaxKB and RAGFlow: typos and citations


@pytest.mark.parametrize(
    "text",
    [
        f"帮我取削订单{UNPAID}",
        f"帮我取消丁单{UNPAID}",
        f"bang wo 取消订单{UNPAID}",
        f"帮我取消定单 {UNPAID.lower()}",
        f"quxiao {UNPAID}",
    ],
)
def test_6_typos_and_pinyin_are_understood(assistant, text):
    assert Visit(assistant).say(text).consent.tool == "cancel_order"


@pytest.mark.parametrize(
    "text", [QUESTION, "怎么开发票", "保修多久", "一般多久发货", "人工客服几点上班", "能货到付款吗"]
)
def test_6_a_citation_is_of_the_page_that_says_it(assistant, text):
    reply = Visit(assistant).say(text)
    assert reply.citations
    for citation in reply.citations:
        pages = fold("".join(p.text for p in reply.evidence if p.version == citation.version))
        for part in re.split(r"[\n：，；。]", fold(citation.quote)):
            assert part.strip() in pages.replace("|", ""), (part, citation.document)


# 7. Ollama: the prompt that is too long


@pytest.mark.parametrize("length", [10, 1000, 3900])
def test_7_a_long_message_does_not_push_the_rules_out(assistant, length):
    model = ScriptedModel(answers=[GOOD])
    talk = Visit(assistant, model)
    talk.say("啊" * length + "，" + QUESTION)
    talk.say(QUESTION)
    for call in model.calls:
        assert call[0].type == "system"
        assert len(call[0].text) > 50
        assert "资料：" in call[-1].text
        assert sum(len(m.text) for m in call) < 6000 + length
    assert model.calls[0][0].text.startswith(texts("zh").persona.partition("{")[0])


# 8. OpenChatShop: the confirmation


def table(text):
    """Lines of ``phrase | runs`` or ``phrase | no``."""
    rows = [
        line.rpartition("|") for line in text.strip().splitlines() if line.strip() and not line.strip().startswith("#")
    ]
    return [(phrase.strip(), outcome.strip() == "runs") for phrase, _, outcome in rows]


RIVALS = table("""
是的，帮我取消 | runs
确认取消订单 | runs
ok 但是先换个地址 | no
我同意你说的但先等等 | no
行吧 | runs
可以的 | runs
退吧 | runs
""")

# What is no matter of the deed: these mean the same whatever was asked.
ANY = table("""
好的 | runs
好 | runs
嗯 | runs
嗯嗯，好的 | runs
是的 | runs
对 | runs
没错 | runs
可以 | runs
行 | runs
没问题 | runs
确认 | runs
确定 | runs
同意 | runs
好的谢谢 | runs
好的，麻烦你了 | runs
ok | runs
OK👌 | runs
yes | runs
Yes, please. | runs
sure, go ahead | runs
do it | runs
confirm | runs
that's right | runs
不 | no
不用了 | no
不是 | no
算了 | no
先不要 | no
等等 | no
等一下 | no
我想想 | no
我再考虑考虑 | no
晚点再说 | no
好的，等等 | no
好的，但是我想再想想 | no
可以，不过先别动 | no
可以吗 | no
行不行？ | no
确定吗？ | no
真的可以？ | no
好的吗 | no
要多久 | no
是吗 | no
对吧？ | no
你确认一下 | no
谁说我同意了 | no
我没说确认 | no
不确定 | no
不太确定 | no
不可以 | no
好你个头 | no
好什么好 | no
好像不对 | no
我老婆说好 | no
如果免运费就可以 | no
等我问一下家里人，可以的话告诉你 | no
明天再确认 | no
确认一下价格 | no
好的，顺便转人工 | no
好的，帮我查下物流 | no
no | no
no thanks | no
not yet | no
wait | no
hold on a second | no
yes? | no
are you sure | no
yes but not now | no
yes, if it is free | no
I don't think so | no
ok let me think about it | no
maybe | no
？ | no
。 | no
👍🏻但是等下 | no
""")

OWN = {
    "cancel_order": table("""
取消吧 | runs
那就取消 | runs
帮我取消掉 | runs
好的，那取消吧 | runs
取消键盘那个吧 | runs
不想要了，取消吧 | runs
确认取消 | runs
cancel it | runs
yes, cancel the order | runs
please go ahead and cancel | runs
不取消 | no
别取消 | no
先别取消 | no
不要取消了 | no
不取消了 | no
取消不了吗 | no
取消了吗 | no
取消会扣钱吗 | no
取消多久退款 | no
能不取消吗 | no
怎么取消 | no
取消以后还能买吗 | no
取消另一个 | no
取消ORD20241203003 | no
要不还是别取消 | no
要是不发货我就取消 | no
确认不取消 | no
不是不想取消，是想先问问 | no
把取消的事先放一放 | no
don't cancel | no
please don't cancel it | no
can I cancel later | no
what if I cancel | no
cancel the other one | no
never mind, keep it | no
"""),
    "change_address": table("""
改吧 | runs
是的，改成这个 | runs
好的，帮我改 | runs
确认修改 | runs
地址没错，改吧 | runs
就改到漕溪北路8号 | yes
就改到漕溪北路18号 | no
yes, change it | runs
please update it | runs
不改了 | no
先别改 | no
不要改 | no
改不了吗 | no
改了吗 | no
改地址要钱吗 | no
还能再改吗 | no
取消 | no
取消吧 | no
改成上海市徐汇区漕溪北路18号 | no
是18号不是8号 | no
好的，电话也改一下 | no
好的，不过门牌写错了，是18号 | no
地址不对 | no
改另一个订单的 | no
don't change it | no
change it to another address | no
cancel that | no
"""),
}  # fmt: skip

PHRASES = [
    *(("cancel_order", phrase, runs) for phrase, runs in RIVALS),
    *((name, phrase, runs) for name in ASKS for phrase, runs in ANY),
    *((name, phrase, runs) for name, rows in OWN.items() for phrase, runs in rows),
]
SAFE_BUT = "a repeated deed with a pointing word is not read as a yes, and the question is asked again"
FOR_THE_ANSWER = "好的谢谢"
"""A yes right behind the question; behind a reply that told something else too, thanks for that."""

WRONG = {("cancel_order", "取消键盘那个吧"): SAFE_BUT, ("change_address", "是的，改成这个"): SAFE_BUT}


def marked(rows):
    for name, phrase, runs in rows:
        reason = WRONG.get((name, phrase))
        marks = pytest.mark.xfail(strict=True, reason=reason) if reason else ()
        yield pytest.param(name, phrase, runs, marks=marks, id=f"{name}-{phrase}")


@pytest.mark.parametrize("digressed", [False, True], ids=["pending", "digressed"])
@pytest.mark.parametrize(("name", "phrase", "runs"), list(marked(PHRASES)))
def test_8_a_write_runs_on_a_yes_and_on_nothing_else(assistant, name, phrase, runs, digressed):
    talk = Visit(assistant)
    asked = talk.say(ASKS[name])
    assert asked.consent.tool == name
    if digressed:
        assert talk.say(QUESTION).consent.id == asked.consent.id
        runs = runs and phrase != FOR_THE_ANSWER
    reply = talk.say(phrase)
    ran = [(o.name, o.status, dict(o.args)) for o in reply.tool_outcomes]
    assert ran == ([(name, "done", dict(asked.consent.args))] if runs else []), reply.text
    assert (talk.tables() != talk.before) == runs
    assert len(talk.ledger.rows) == runs
    assert reply.text


def test_8_the_table_is_long_enough():
    assert len({phrase for _, phrase, _ in PHRASES}) >= 67
    for name in ASKS:
        assert {runs for n, _, runs in PHRASES if n == name} == {True, False}


@pytest.mark.parametrize(
    "hold",
    [
        "等等",
        "我再想想",
        "ok 但是先换个地址",
        "我同意你说的但先等等",
        QUESTION,
    ],
)
def test_8_what_is_no_answer_does_not_drop_the_question(assistant, hold):
    talk = Visit(assistant)
    asked = talk.say(ASKS["cancel_order"])
    assert talk.say(hold).consent.id == asked.consent.id
    assert [o.status for o in talk.say("确认取消订单").tool_outcomes] == ["done"]


def test_8_a_bare_yes_to_another_question_runs_nothing(assistant):
    talk = Visit(assistant)
    asked = talk.say(ASKS["cancel_order"])
    assert "地址" in talk.say("ok 但是先换个地址").text
    reply = talk.say("好的")
    assert reply.tool_outcomes == ()
    assert reply.consent.id == asked.consent.id
    talk.nothing_written()


@pytest.mark.parametrize("correction", ["是18号不是8号", "好的，不过门牌写错了，是18号", "门牌号应该是18号"])
def test_8_a_corrected_address_takes_the_question_back(assistant, correction):
    talk = Visit(assistant)
    asked = talk.say(ASKS["change_address"])
    reply = talk.say(correction)
    assert reply.consent is None or "18号" in reply.consent.args["address"]
    assert asked.consent.args["address"] == ADDRESS


def test_8_a_street_alone_does_not_lose_the_city(assistant):
    talk = Visit(assistant)
    talk.say(ASKS["change_address"])
    reply = talk.say("就改到漕溪北路18号")
    assert reply.consent is None or reply.consent.args["address"].startswith("上海市徐汇区")


def test_8_a_bare_yes_after_a_hold_runs_nothing(assistant):
    talk = Visit(assistant)
    talk.say(ASKS["cancel_order"])
    talk.say("等等")
    assert talk.say("嗯").tool_outcomes == ()
    talk.nothing_written()


@pytest.mark.parametrize("number", ["6222020200112233446", "4200002345202412056"])
def test_8_a_number_that_is_called_an_order_is_no_bank_card(assistant, number):
    talk = Visit(assistant)
    reply = talk.say(f"订单号{number}，帮我取消")
    assert reply.slots["order_id"] == number
    assert reply.intents == ("cancel_order",)
    assert talk.assistant.store.vault("c") == {}


def test_8_a_phone_with_blanks_is_hidden(assistant):
    talk = Visit(assistant)
    talk.say("我的电话是138 0013 8000")
    assert talk.assistant.store.vault("c") == {"<PHONE_1>": "138 0013 8000"}
    assert talk.assistant.store.export("c")["messages"][0]["text"] == "我的电话是<PHONE_1>"


@pytest.mark.parametrize("text", ["我的订单到哪了", "我买了什么", "我有哪些优惠券", "我的退款到账了吗"])
def test_8_the_same_question_is_answered_to_each_customer_for_themselves(assistant, caplog, text):
    one = Visit(assistant, conversation="a")
    shop = one.assistant
    for n, customer in enumerate((ME, OTHER, NOBODY, EMMA, ME, None)):
        talk = Visit(assistant, customer=customer, conversation=f"b{n}")
        talk.assistant = shop
        talk.say(text)
        talk.keeps_to_itself(caplog)
