"""The desk: who has a conversation, what each side sees of the other, and what a person reads first."""

import asyncio
import json
import logging
import threading
import time

import pytest

from shopassist import Assistant, Customer, Done, Message, Sentence
from shopassist.assembly import toolbox_from
from shopassist.engine import hold
from shopassist.errors import (
    ConversationErased,
    HandOffClosed,
    HandOffNotClaimed,
    HandOffTaken,
    HandOffUnknown,
    InvalidMessage,
    MessageTooLong,
    NotYourConversation,
    StaleTurn,
    TurnFailed,
)
from shopassist.storage.sql import SqlStore
from shopassist.testing import MemoryLedger, MemoryShop, ScriptedModel

ME = Customer("u-1001")
QUESTION = "退货的运费谁来承担？"
ANSWER = "无理由退货的运费由买家承担。"
PHONE = "13812345678"
UNPAID, SHIPPED = "ORD20241201002", "ORD20241201001"


class Phone:
    """A customer with one conversation."""

    def __init__(self, assistant, conversation="c", customer=ME):
        self.assistant, self.conversation, self.customer = assistant, conversation, customer

    def say(self, text, **options):
        return self.assistant.reply(text, conversation=self.conversation, customer=self.customer, **options)

    def seen(self, after=0):
        found = self.assistant.history(self.conversation, customer=self.customer, after=after)
        return [(m.role, m.text) for m in found]


@pytest.fixture
def shop(settings):
    return MemoryShop.sample(settings.now)


@pytest.fixture
def phone(assistant, shop):
    return Phone(assistant(shop=shop))


@pytest.fixture
def taken(phone):
    """A conversation that anna has, under its hand-off's id."""
    handoff = phone.say("转人工").handoff
    phone.assistant.desk.claim(handoff, "anna")
    return handoff


# The bot is silent


def test_while_a_person_has_the_conversation_no_word_and_no_call_comes_from_the_bot(assistant, shop):
    model = ScriptedModel(answers=[ANSWER])
    phone = Phone(assistant(model, shop=shop))
    phone.assistant.desk.claim(phone.say("转人工").handoff, "anna")
    for text in (QUESTION, f"取消订单{UNPAID}", "好的", "转人工", "充电器漏电了"):
        reply = phone.say(text)
        assert (reply.text, reply.sentences, reply.mode) == ("", (), "person")
        assert (reply.handoff, reply.consent, reply.usage.model_calls) == (None, None, 0)
    assert model.calls == []
    assert [role for role, _ in phone.seen()] == ["customer", "assistant", *["customer"] * 5]
    assert shop.orders.get("u-1001", UNPAID).status == "unpaid"


def test_a_silent_turn_is_a_started_and_a_done(phone, taken):
    events = list(phone.assistant.stream("在吗", conversation="c", customer=ME))
    assert [type(e).__name__ for e in events] == ["Started", "Done"]


def test_a_repeated_message_to_a_person_is_stored_once(phone, taken):
    first = phone.say("在吗", message_id="m7")
    assert phone.say("在吗", message_id="m7") == first
    assert phone.seen(after=2) == [("customer", "在吗")]


def test_while_a_person_is_waited_for_the_bot_answers_and_hands_nobody_over(phone):
    first = phone.say("转人工")
    reply = phone.say(QUESTION)
    assert "买家" in reply.text
    assert reply.mode == "waiting"
    again = phone.say("人呢？转人工")
    assert again.handoff is None
    assert first.handoff in again.text
    assert [h.id for h in phone.assistant.desk.waiting()] == [first.handoff]


def test_who_waits_and_is_in_danger_waits_for_danger(phone, wordings):
    first = phone.say("转人工").handoff
    reply = phone.say("充电宝起火了")
    assert any(text in reply.text for text in wordings("handoff", "danger"))
    (waiting,) = phone.assistant.desk.waiting()
    assert (waiting.id, waiting.reason) == (first, "danger")
    assert "充电宝起火了" in phone.assistant.desk.text(waiting)
    phone.say("我要打12315投诉你们")
    assert [(h.id, h.reason) for h in phone.assistant.desk.waiting()] == [(first, "danger")], "no lesser one"


def test_a_released_conversation_waits_again_and_is_answered_meanwhile(phone, taken):
    desk = phone.assistant.desk
    desk.release(taken, "anna")
    assert phone.say(QUESTION).mode == "waiting"
    assert desk.claim(taken, "ben").agent == "ben"
    assert phone.say(QUESTION).text == ""


class Held:
    """Knowledge whose searches wait for leave."""

    def __init__(self, knowledge):
        self.knowledge, self.reached, self.leave = knowledge, threading.Event(), threading.Event()

    def search(self, query, **options):
        self.reached.set()
        assert self.leave.wait(20)
        return self.knowledge.search(query, **options)

    def document(self, document, **options):
        return self.knowledge.document(document, **options)

    def periods(self, document, **options):
        return self.knowledge.periods(document, **options)

    def products(self, language):
        return self.knowledge.products(language)


def test_a_turn_at_work_says_nothing_once_a_person_has_claimed(assistant, shop, lexical):
    held = Held(lexical)
    phone = Phone(assistant(shop=shop, knowledge=held))
    handoff = phone.say("转人工").handoff
    replies = []
    worker = threading.Thread(target=lambda: replies.append(phone.say(QUESTION)))
    worker.start()
    assert held.reached.wait(20)
    phone.assistant.desk.claim(handoff, "anna")
    phone.assistant.desk.say(handoff, "anna", "您好，我来看看")
    held.leave.set()
    worker.join(20)
    assert [(r.text, r.mode) for r in replies] == [("", "person")]
    assert phone.seen(after=2) == [("customer", QUESTION), ("person", "您好，我来看看")]
    assert phone.say("好").text == ""


def test_an_asynchronous_caller_hears_that_a_person_took_over(assistant, shop, monkeypatch):
    """The lease is renewed while the model writes, and is found to be lost."""
    monkeypatch.setattr(hold, "RENEW", 0.05)  # the turn learns of its lost lease at the next renewal: in 5 s else
    model = ScriptedModel(answers=[ANSWER + "质量问题退货的运费由商家承担。" * 20], delay=0.05)
    phone = Phone(assistant(model, shop=shop))
    handoff = phone.say("转人工").handoff

    async def stream():
        shown = []
        async for event in phone.assistant.astream(QUESTION, conversation="c", customer=ME):
            shown.append(event)
            if isinstance(event, Sentence) and not claimed:
                claimed.append(await phone.assistant.desk.aclaim(handoff, "anna"))
        return shown

    claimed = []
    events = asyncio.run(asyncio.wait_for(stream(), 30))
    assert isinstance(events[-1], Done)
    shown = "".join(event.text for event in events if isinstance(event, Sentence))
    assert ANSWER in shown
    assert shown.endswith("。")
    assert (events[-1].reply.text, events[-1].reply.mode) == (shown, "person")
    assert phone.seen(after=2) == [("customer", QUESTION), ("assistant", shown)]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_was_shown_before_a_person_claimed_is_in_the_history(request, settings, lexical, kind):
    """Personal data in it stay placeholders in the store."""
    store = SqlStore(request.getfixturevalue(f"{kind}_url"))
    model = ScriptedModel(answers=[f"{ANSWER}请拨打{PHONE}。"])
    phone = Phone(Assistant(settings=settings, store=store, knowledge=lexical, model=model))
    handoff = phone.say(f"转人工，我的电话是{PHONE}").handoff
    shown = []
    for event in phone.assistant.stream(QUESTION, conversation="c", customer=ME):
        if isinstance(event, Sentence):
            if not shown:
                phone.assistant.desk.claim(handoff, "anna")
                phone.assistant.desk.say(handoff, "anna", "您好，我来看看")
            shown.append(event.text)
    assert (event.reply.text, event.reply.mode) == ("".join(shown), "person")
    told = [("customer", QUESTION), ("person", "您好，我来看看"), ("assistant", "".join(shown))]
    assert phone.seen(after=2) == told
    assert [(m.role, m.text) for m in phone.assistant.desk.history(handoff, "anna", after=2)] == told
    assert PHONE not in json.dumps([m.text for m in store.history("c")], ensure_ascii=False)
    assert phone.say("好的").text == ""
    phone.assistant.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@pytest.mark.parametrize("act", ["claim", "forget"])
def test_a_change_does_not_begin_once_a_person_has_claimed_or_all_is_forgotten(request, settings, shop, kind, act):
    """That comes while the turn is at work, before its write, which looks for newer messages first."""

    class Store(SqlStore):
        def history(self, *arguments, **options):
            found = super().history(*arguments, **options)
            if armed:
                armed.pop()()
            return found

    armed, own = [], settings.model_copy(update={"tool_timeout": None})
    store = Store(request.getfixturevalue(f"{kind}_url"))
    toolbox = toolbox_from(own, shop, (), MemoryLedger())
    phone = Phone(Assistant(settings=own, store=store, knowledge=None, model=None, toolbox=toolbox))
    handoff = phone.say("转人工").handoff
    phone.say(f"取消订单{UNPAID}")
    desk = phone.assistant.desk
    armed.append({"claim": lambda: desk.claim(handoff, "anna"), "forget": lambda: store.erase("c")}[act])
    if act == "claim":
        reply = phone.say("好的")
        assert (reply.text, reply.mode, reply.tool_outcomes) == ("", "person", ())
    else:
        with pytest.raises(ConversationErased):
            phone.say("好的")
        assert (store.export("c"), desk.waiting()) == ({}, [])
    assert shop.orders.get("u-1001", UNPAID).status == "unpaid"
    phone.assistant.close()


def test_who_waits_for_an_answer_in_a_conversation_that_is_forgotten_is_told_soon(phone):
    store, told = phone.assistant.store, []
    phone.say("在吗")
    store.enqueue("c", "u-1001", [Message("第一句")])
    assert store.claim("c", lease=60) is not None  # another worker is at it

    def wait():
        try:
            phone.say("第二句", wait=60.0)
        except ConversationErased as error:
            told.append(error)

    caller = threading.Thread(target=wait)
    caller.start()
    while len(store.history("c")) < 4:
        time.sleep(0.01)
    phone.assistant.forget("c", customer=ME)
    caller.join(30)
    assert len(told) == 1
    assert store.export("c") == {}


def test_what_a_dropped_turn_wrote_is_told_and_kept_with_the_message(assistant, shop):
    """A person claims between the yes and the answer: the order is cancelled, both sides hear it, nothing is asked."""
    claims = []

    class Ledger(MemoryLedger):
        def settle(self, *arguments, **options):
            claims.append(phone.assistant.desk.claim(handoff, "anna"))
            return super().settle(*arguments, **options)

    phone = Phone(assistant(shop=shop, ledger=Ledger()))
    handoff = phone.say("转人工").handoff
    phone.say(f"取消订单{UNPAID}")
    reply = phone.say("好的", message_id="yes")
    assert len(claims) == 1
    assert "已取消" in reply.text
    assert not reply.text.endswith("？")
    assert phone.seen(after=reply.turn + 2)[-1] == ("assistant", reply.text)
    assert shop.orders.get("u-1001", UNPAID).status == "cancelled"
    kept = phone.assistant.store.reply_to("c", "yes")
    assert [(o.name, o.status) for o in kept.tool_outcomes] == [("cancel_order", "done")]


def test_a_lost_lease_without_a_person_is_a_stale_turn_as_ever(assistant, shop, lexical):
    held = Held(lexical)
    phone = Phone(assistant(shop=shop, knowledge=held))
    store, caught = phone.assistant.store, []

    def work():
        try:
            phone.say(QUESTION)
        except StaleTurn as error:
            caught.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    assert held.reached.wait(20)
    store._clock = lambda: time.time() + 3600  # the store's clock is a parameter; here the hour passes at once
    assert store.claim("c", lease=15) is not None
    held.leave.set()
    worker.join(20)
    assert len(caught) == 1


def test_of_two_persons_at_once_one_gets_it_and_the_other_is_told_who(phone):
    handoff, together = phone.say("转人工").handoff, threading.Barrier(2)
    told = []

    def claim(agent):
        together.wait()
        try:
            phone.assistant.desk.claim(handoff, agent)
        except HandOffTaken as error:
            told.append((agent, str(error)))

    workers = [threading.Thread(target=claim, args=(agent,)) for agent in ("anna", "ben")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    [(loser, text)] = told
    assert {"anna": "ben", "ben": "anna"}[loser] in text


# What a person does


def test_what_a_person_writes_reaches_the_customer_by_number(phone, taken):
    phone.say("在吗")
    said = phone.assistant.desk.say(taken, "anna", f"在的，稍后打{PHONE}给您")
    assert phone.seen(after=3) == [("person", f"在的，稍后打{PHONE}给您")]
    assert (said.seq, said.agent) == (4, "anna")
    assert PHONE not in said.text
    assert phone.seen(after=said.seq) == []
    assert phone.assistant.export("c", customer=ME)["messages"][3]["text"] == f"在的，稍后打{PHONE}给您"


def test_nobody_else_reads_a_conversation(phone, taken):
    with pytest.raises(NotYourConversation):
        phone.assistant.history("c", customer=Customer("u-1002"))
    with pytest.raises(HandOffTaken):
        phone.assistant.desk.history(taken, "ben")
    phone.assistant.desk.release(taken, "anna")
    with pytest.raises(HandOffNotClaimed):
        phone.assistant.desk.history(taken, "anna")


def test_only_the_claimed_agent_sees_personal_data(phone, caplog):
    handoff = phone.say(f"转人工，我的手机是{PHONE}").handoff
    desk = phone.assistant.desk
    [waiting] = desk.waiting()
    assert PHONE not in json.dumps(waiting.summary, ensure_ascii=False) + desk.text(waiting)
    claimed = desk.claim(handoff, "anna")
    assert PHONE in claimed.summary["quotes"][-1]
    assert PHONE in desk.text(claimed)
    assert PHONE in desk.history(handoff, "anna")[0].text
    assert PHONE not in caplog.text


@pytest.mark.parametrize("text", ["", "  ", "\x00"])
def test_a_person_who_writes_nothing_is_told(phone, taken, text):
    with pytest.raises(InvalidMessage):
        phone.assistant.desk.say(taken, "anna", text)


def test_a_persons_message_has_a_length_too(phone, taken):
    with pytest.raises(MessageTooLong):
        phone.assistant.desk.say(taken, "anna", "好" * 5000)


def test_a_person_has_an_id(phone):
    handoff = phone.say("转人工").handoff
    with pytest.raises(InvalidMessage):
        phone.assistant.desk.claim(handoff, "")


def test_a_hand_off_that_is_none_is_told(phone):
    with pytest.raises(HandOffUnknown, match="H12345678"):
        phone.assistant.desk.claim("H12345678", "anna")


def test_the_desk_has_asynchronous_doors(phone):
    desk, handoff = phone.assistant.desk, phone.say("转人工").handoff

    async def work():
        assert [h.id for h in await desk.awaiting()] == [handoff]
        await desk.aclaim(handoff, "anna")
        assert [h.id for h in await desk.aclaimed("anna")] == [handoff]
        assert await desk.astatus(handoff) == "person"
        await desk.asay(handoff, "anna", "您好")
        assert [m.role for m in await desk.ahistory(handoff, "anna")] == ["customer", "assistant", "person"]
        assert [m.text for m in await phone.assistant.ahistory("c", customer=ME, after=2)] == ["您好"]
        await desk.arelease(handoff, "anna")
        await desk.aclaim(handoff, "ben")
        assert (await desk.agive_back(handoff, "ben")).mode == "bot"
        await desk.aclose((await phone.assistant.areply("转人工", conversation="c", customer=ME)).handoff, "ben")

    asyncio.run(work())
    assert desk.waiting() == []


# Back with the bot


def test_the_bot_says_that_it_has_the_conversation_again(phone, taken, wordings):
    reply = phone.assistant.desk.give_back(taken, "anna")
    assert reply.text in wordings("handoff", "returned")
    assert phone.seen(after=2) == [("assistant", reply.text)]
    assert phone.say(QUESTION).mode == "bot"


def test_it_is_said_in_the_customers_language(phone, wordings):
    handoff = phone.say("let me talk to a human please").handoff
    phone.assistant.desk.claim(handoff, "anna")
    assert phone.assistant.desk.give_back(handoff, "anna").text in wordings("handoff", "returned", "en")


def test_a_closed_hand_off_says_nothing_to_the_customer(phone):
    handoff = phone.say("转人工").handoff
    phone.assistant.desk.close(handoff, "anna")
    assert phone.assistant.desk.waiting() == []
    assert phone.seen(after=2) == []
    assert phone.say(QUESTION).mode == "bot"
    with pytest.raises(HandOffClosed):
        phone.assistant.desk.claim(handoff, "anna")


def test_after_the_return_nothing_of_before_is_under_way(phone, shop):
    phone.say(f"取消订单{UNPAID}")
    handoff = phone.say("转人工").handoff
    phone.assistant.desk.claim(handoff, "anna")
    phone.assistant.desk.give_back(handoff, "anna")
    reply = phone.say("好的")
    assert reply.tool_outcomes == ()
    assert reply.consent is None
    assert shop.orders.get("u-1001", UNPAID).status == "unpaid"
    state = phone.assistant.export("c", customer=ME)["state"]
    assert (state["epoch"], state["mode"], state["handoff"], state["dialogue"]["tasks"]) == (2, "bot", None, [])


def test_a_new_danger_after_the_return_is_a_new_hand_off(phone, taken):
    phone.assistant.desk.give_back(taken, "anna")
    second = phone.say("充电器又漏电了")
    assert second.handoff not in (None, taken)


# The summary


def test_the_summary_says_who_what_was_done_what_not_and_why_and_quotes(assistant, shop):
    phone = Phone(assistant(shop=shop))
    phone.say(f"取消订单{UNPAID}")
    phone.say("好的")
    phone.say(f"再把{SHIPPED}取消了，气死我了")
    phone.say("订单ORD20241203003改一下收货地址")
    phone.say("转人工")
    [handoff] = phone.assistant.desk.waiting()
    told = handoff.summary
    assert (handoff.reason, told["who"]) == ("asked", "u-1001")
    assert [(d["intent"], d["order"]) for d in told["done"]] == [("cancel_order", UNPAID)]
    assert [(d["order"], d["reason"]) for d in told["refused"]] == [(SHIPPED, "cancel_order.shipped")]
    assert [(d["intent"], d["status"], d["slot"]) for d in told["open"]] == [("change_address", "asking", "address")]
    assert (told["mood"]["is"], told["mood"]["times"]) == ("negative", 1)
    assert told["mood"]["cause"]
    assert told["quotes"][0] == f"取消订单{UNPAID}"
    assert told["quotes"][-1] == "转人工"
    text = phone.assistant.desk.text(handoff)
    for words in (handoff.id, "u-1001", "顾客要求", "已经发货", "收货地址", "不满", "气死我了"):
        assert words in text
    english = phone.assistant.desk.text(handoff, "en")
    for words in (handoff.id, "asked for a person", "has shipped", "the address", "unhappy", "气死我了"):
        assert words in english


def test_the_summary_is_of_the_moment_of_the_claim(phone, shop):
    """The customer went on while nobody came, and the bot did what was asked for."""
    phone.say(f"取消订单{UNPAID}")
    handoff = phone.say("转人工").handoff
    [waiting] = phone.assistant.desk.waiting()
    phone.say("好的")
    phone.say("气死我了，什么垃圾店")
    claimed = phone.assistant.desk.claim(handoff, "anna")
    assert (waiting.summary["open"][0]["status"], waiting.summary["done"]) == ("consent", [])
    assert ([d["order"] for d in claimed.summary["done"]], claimed.summary["open"]) == ([UNPAID], [])
    assert (claimed.summary["mood"]["times"], waiting.summary["mood"]["times"]) == (1, None)
    assert claimed.summary["quotes"][-2:] == ["好的", "气死我了，什么垃圾店"]
    assert [w["intent"] for w in claimed.summary["wishes"]][:1] == ["cancel_order"]
    text = phone.assistant.desk.text(claimed)
    assert "已办：取消订单" in text
    assert "等顾客确认" not in text
    assert phone.assistant.desk.claim(handoff, "anna").summary == claimed.summary


def test_a_visitor_who_logged_in_meanwhile_has_a_name_in_the_summary(assistant, shop):
    phone = Phone(assistant(shop=shop), customer=None)
    handoff = phone.say("转人工").handoff
    phone.assistant.adopt("c", customer=ME)
    phone.customer = ME
    phone.say("在吗")
    assert phone.assistant.desk.claim(handoff, "anna").summary["who"] == "u-1001"


def test_a_hand_off_whose_turn_broke_keeps_the_summary_that_it_has(assistant, shop, monkeypatch):
    phone = Phone(assistant(shop=shop))
    monkeypatch.setattr(phone.assistant.store, "commit", lambda *_, **__: 1 / 0)
    with pytest.raises(TurnFailed):
        phone.say("转人工，充电器漏电了")
    monkeypatch.undo()
    [waiting] = phone.assistant.desk.waiting()
    assert phone.assistant.desk.claim(waiting.id, "anna").summary == waiting.summary
    assert waiting.summary["quotes"] == ["转人工，充电器漏电了"]


def test_who_has_what_is_listed_for_a_page_that_is_opened_again(phone, taken):
    desk = phone.assistant.desk
    assert [h.id for h in desk.claimed("anna")] == [taken]
    assert (desk.claimed("ben"), desk.waiting()) == ([], [])
    desk.give_back(taken, "anna")
    assert desk.claimed("anna") == []


def test_the_summary_of_a_visitor_names_nobody(assistant):
    phone = Phone(assistant(), customer=None)
    phone.say("转人工")
    [handoff] = phone.assistant.desk.waiting()
    assert handoff.summary["who"] is None
    assert "访客" in phone.assistant.desk.text(handoff)


def test_the_summary_stays_short_however_long_the_talk(phone):
    for n in range(12):
        phone.say(f"{QUESTION}第{n}次问，" + "说得再详细一点" * 60)
    phone.say("转人工")
    [handoff] = phone.assistant.desk.waiting()
    assert len(handoff.summary["quotes"]) == 5
    assert len(json.dumps(handoff.summary, ensure_ascii=False)) < 2500


# The shop's own desk


class Tickets:
    """A desk of the shop's own: it notes what it is told, or fails."""

    def __init__(self, broken=False):
        self.opened, self.broken = [], broken

    def open(self, handoff, text):
        if self.broken:
            raise ConnectionError("秘密")
        self.opened.append((handoff, text))


def test_the_shops_own_desk_is_told_before_the_customer(assistant, shop):
    tickets = Tickets()
    phone = Phone(assistant(shop=shop, desk=tickets))
    shown = []
    for event in phone.assistant.stream("转人工", conversation="c", customer=ME):
        if isinstance(event, Sentence):
            shown.append(len(tickets.opened))
        if isinstance(event, Done):
            reply = event.reply
    assert set(shown) == {1}
    [(handoff, text)] = tickets.opened
    assert handoff.id == reply.handoff
    assert handoff.id in text
    assert phone.assistant.desk.claim(handoff.id, "anna").status == "person"


def test_a_desk_that_cannot_be_reached_is_not_pretended(assistant, shop, wordings, caplog):
    caplog.set_level(logging.INFO)
    tickets = Tickets(broken=True)
    phone = Phone(assistant(shop=shop, desk=tickets))
    reply = phone.say("转人工")
    assert reply.text in wordings("handoff", "unreached")
    assert (reply.handoff, reply.mode) == (None, "bot")
    assert phone.assistant.desk.waiting() == []
    assert "ConnectionError" in caplog.text
    assert "秘密" not in caplog.text
    tickets.broken = False
    second = phone.say("那再试试转人工")
    assert second.handoff in second.text
    assert [h.id for h, _ in tickets.opened] == [second.handoff]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_desk_that_took_it_in_and_could_not_say_so_learns_that_nobody_waits(request, settings, kind):
    """Its call timed out: the ticket is there, the hand-off was withdrawn, and asking for it is no error."""

    class Slow(Tickets):
        def open(self, handoff, text):
            super().open(handoff, text)
            raise TimeoutError

    tickets, store = Slow(), SqlStore(request.getfixturevalue(f"{kind}_url"))
    phone = Phone(Assistant(settings=settings, store=store, knowledge=None, model=None, desk=tickets))
    assert phone.say("转人工").handoff is None
    [(lost, _)] = tickets.opened
    desk = phone.assistant.desk
    assert desk.status(lost.id) == "gone"
    tickets.open = lambda *_: None
    kept = phone.say("转人工").handoff
    assert desk.status(kept) == "waiting"
    desk.claim(kept, "anna")
    assert desk.status(kept) == "person"
    desk.close(kept, "anna")
    assert desk.status(kept) == "closed"
    phone.assistant.forget("c", customer=ME)
    assert (desk.status(kept), desk.status("H00000000")) == ("gone", "gone")
    phone.assistant.close()


def test_who_is_in_danger_hears_what_to_do_even_if_the_desk_is_out(assistant, shop, wordings):
    phone = Phone(assistant(shop=shop, desk=Tickets(broken=True)))
    reply = phone.say("充电器漏电电到我了")
    assert any(text in reply.text for text in wordings("handoff", "danger"))
    assert any(text in reply.text for text in wordings("handoff", "unreached"))
