"""What a shop's own tests need: the claims that every conversation store must hold to."""

# The asserts and the tests' names are the product here:
# ruff: noqa: S101, D102

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

from shopassist.errors import ConversationErased, NotYourConversation, StaleTurn, StorageError, TurnFailed
from shopassist.messages import Image, Message, OrderRef, ProductRef
from shopassist.replies import Citation, Passage, Rejection, Reply, Section, Usage
from shopassist.testing.concealment import ConcealmentConformance
from shopassist.testing.handoffs import HandOffConformance
from shopassist.testing.persons import PersonsConformance
from shopassist.testing.store_case import raises
from shopassist.testing.turns import TurnsConformance


class ConversationStoreConformance(ConcealmentConformance, HandOffConformance, PersonsConformance, TurnsConformance):
    """The claims that every `ConversationStore` must hold to, for pytest.

    Inherit it where pytest collects tests, and make a fresh store that tells the time by `clock`::

        from shopassist.testing import ConversationStoreConformance

        class TestMyStore(ConversationStoreConformance):
            def make_store(self, clock):
                return MyStore(clock=clock)

    `make_store` is called once in a test, after its fixtures; the store is closed after the test. A store that
    takes no clock can override `clock` with an object whose ``now += seconds`` waits.
    """

    # What comes in

    def test_a_repeated_message_is_stored_once(self) -> None:
        first = self._say("c", "你好", "m1")
        assert self._say("c", "你好", "m1") == first
        assert [m.text for m in self.store.history("c")] == ["你好"]

    def test_an_idle_conversation_is_claimed_for_a_turn_without_a_message(self) -> None:
        assert self.store.claim("c", lease=15, idle=True) is None
        self._say("c", "在吗", "m1")
        assert self.store.claim("c", lease=15, idle=True) is None
        self._answer(self._claimed("c"), "在的")
        idle = self.store.claim("c", lease=15, idle=True)
        assert idle is not None
        assert (idle.turn, idle.messages) == (2, ())
        assert self.store.claim("c", lease=15, idle=True) is None
        self._say("c", "多少钱", "m2")
        assert self.store.claim("c", lease=15) is None
        self._answer(idle, "欢迎回来")
        assert [(m.role, m.turn) for m in self.store.history("c")] == [
            ("customer", 1), ("assistant", 1), ("customer", None), ("assistant", 2),
        ]  # fmt: skip
        assert [m.text for m in self._claimed("c").messages] == ["多少钱"]

    def test_a_message_repeated_within_a_burst_is_stored_once(self) -> None:
        burst = [Message("在吗", "m1"), Message("在吗", "m1"), Message("多少钱", "m2")]
        assert [e.seq for e in self.store.enqueue("c", None, burst)] == [1, 1, 2]
        assert len(self.store.history("c")) == 2

    def test_a_repeat_gets_the_stored_reply(self) -> None:
        self._say("c", "你好", "m1")
        self._answer(self._claimed("c"), "您好")
        [repeat] = self.store.enqueue("c", None, [Message("你好", "m1")])
        assert repeat.reply is not None
        assert repeat.reply.text == "您好"
        assert self.store.claim("c", lease=15) is None

    def test_a_message_without_an_id_gets_one_of_its_own(self) -> None:
        enqueued = self.store.enqueue("c", None, [Message("你好"), Message("你好")])
        assert [e.seq for e in enqueued] == [1, 2]
        assert len({e.id for e in enqueued}) == 2
        assert [m.id for m in self.store.history("c")] == [e.id for e in enqueued]

    def test_the_same_id_in_two_conversations_is_two_messages(self) -> None:
        self._say("a", "你好", "m1")
        self._say("b", "再见", "m1")
        assert [m.text for m in self.store.history("b")] == ["再见"]

    def test_the_first_message_decides_the_owner(self) -> None:
        self.store.enqueue("c", "u-1", [Message("你好", "m1")])
        assert self.store.owner("c") == (True, "u-1")
        for stranger in ("u-2", None):
            with raises(NotYourConversation):
                self.store.enqueue("c", stranger, [Message("看看别人的", "m2")])
        assert self.store.owner("c") == (True, "u-1")
        assert len(self.store.history("c")) == 1

    def test_an_anonymous_conversation_is_not_taken_by_a_customer(self) -> None:
        self._say("c", "你好", "m1")
        with raises(NotYourConversation):
            self.store.enqueue("c", "u-1", [Message("你好", "m2")])
        assert self.store.owner("c") == (True, None)

    def test_what_no_database_takes_does_not_lose_the_message(self) -> None:
        self._say("c", "耳机\ud83d多少\x00钱🎧𠮷", "m1")
        text = self.store.history("c")[0].text
        assert text.encode("utf-8").decode() == text
        assert {"耳机", "🎧𠮷"} <= {text[:2], text[-2:]}

    def test_what_was_sent_with_a_message_stays_with_it(self) -> None:
        items = (OrderRef("ORD1"), ProductRef("耳机-7"), Image("https://shop.example/a.jpg?x=1"))
        self.store.enqueue("c", None, [Message("这个", "m1", items), Message("你好", "m2")])
        claim = self._claimed("c")
        assert [m.items for m in claim.messages] == [items, ()]
        self._answer(claim, "您好")
        assert [m.items for m in self.store.history("c")] == [items, (), ()]
        exported = [m["items"] for m in self.store.export("c")["messages"]]
        assert exported == [
            [{"order": "ORD1"}, {"product": "耳机-7"}, {"image": "https://shop.example/a.jpg?x=1"}],
            [],
            [],
        ]

    # Whose it is

    def test_a_visitors_conversation_becomes_a_customers_with_all_it_holds(self) -> None:
        self._say("c", "你好", "m1")
        self._answer(self._claimed("c"), "您好", {"n": 1})
        before = self.store.export("c")
        self.store.adopt("c", "u-1")
        assert self.store.owner("c") == (True, "u-1")
        assert self.store.export("c") == {**before, "owner": "u-1"}
        [repeat] = self.store.enqueue("c", "u-1", [Message("你好", "m1")])
        assert repeat.reply is not None
        with raises(NotYourConversation):
            self._say("c", "还是我", "m2")

    def test_a_conversation_is_adopted_once(self) -> None:
        self._say("c", "你好", "m1")
        self.store.adopt("c", "u-1")
        self.store.adopt("c", "u-1")
        with raises(NotYourConversation):
            self.store.adopt("c", "u-2")
        assert self.store.owner("c") == (True, "u-1")

    def test_a_customers_own_conversation_is_not_adopted_by_another(self) -> None:
        self.store.enqueue("c", "u-1", [Message("你好", "m1")])
        self.store.adopt("c", "u-1")
        with raises(NotYourConversation):
            self.store.adopt("c", "u-2")

    def test_a_turn_at_work_goes_on_in_an_adopted_conversation(self) -> None:
        self._say("c", "你好", "m1")
        claim = self._claimed("c")
        self.store.adopt("c", "u-1")
        self._answer(self.store.renew(claim, lease=15), "您好")
        assert self.store.owner("c") == (True, "u-1")
        assert self.store.reply_to("c", "m1") is not None

    def test_what_is_not_there_is_not_adopted(self) -> None:
        self.store.adopt("c", "u-1")
        assert self.store.owner("c") == (False, None)
        self._say("c", "我是访客", "m1")
        self.store.erase("c")
        with raises(ConversationErased):
            self.store.adopt("c", "u-1")
        assert self.store.owner("c") == (False, None)

    # Who works on it

    def test_unanswered_messages_are_claimed_together_in_order(self) -> None:
        self.store.enqueue("c", None, [Message("在吗", "m1"), Message("多少钱", "m2")])
        self._say("c", "耳机", "m3")
        claim = self._claimed("c")
        assert [(m.seq, m.id, m.role, m.text) for m in claim.messages] == [
            (1, "m1", "customer", "在吗"),
            (2, "m2", "customer", "多少钱"),
            (3, "m3", "customer", "耳机"),
        ]
        assert (claim.conversation, claim.turn, dict(claim.state)) == ("c", 1, {})
        assert claim.until == self.clock.now + 15

    def test_where_nothing_is_unanswered_nothing_is_claimed(self) -> None:
        assert self.store.claim("unknown", lease=15) is None
        self._say("c", "你好", "m1")
        self._answer(self._claimed("c"), "您好")
        assert self.store.claim("c", lease=15) is None

    def test_a_held_conversation_is_not_claimed_again(self) -> None:
        self._say("c", "你好", "m1")
        self._claimed("c")
        self.clock.now += 14
        assert self.store.claim("c", lease=15) is None

    def test_after_the_lease_another_worker_takes_over(self) -> None:
        self._say("c", "你好", "m1")
        lost = self._claimed("c")
        self.clock.now += 16
        taken = self._claimed("c")
        assert taken.fence > lost.fence
        assert taken.token != lost.token
        assert (taken.turn, [m.id for m in taken.messages]) == (1, ["m1"])

    def test_a_renewed_lease_lasts_longer(self) -> None:
        self._say("c", "你好", "m1")
        claim = self._claimed("c")
        self.clock.now += 10
        renewed = self.store.renew(claim, lease=15)
        assert renewed.until == self.clock.now + 15
        self.clock.now += 10
        assert self.store.claim("c", lease=15) is None
        self._answer(renewed, "您好")

    def test_a_lost_lease_is_not_renewed(self) -> None:
        self._say("c", "你好", "m1")
        lost = self._claimed("c")
        self.clock.now += 16
        self._claimed("c")
        with raises(StaleTurn):
            self.store.renew(lost, lease=15)

    def test_released_messages_stay_unanswered(self) -> None:
        self._say("c", "你好", "m1")
        released = self._claimed("c")
        self.store.release(released)
        with raises(StaleTurn):
            self._answer(released, "您好")
        assert [m.id for m in self._claimed("c").messages] == ["m1"]

    def test_a_claim_given_back_untried_does_not_count(self) -> None:
        self._say("c", "你好", "m1")
        for _ in range(4):
            self.store.release(self._claimed("c"), tried=False)
        for _ in range(3):
            self.store.release(self._claimed("c"))
        assert self.store.claim("c", lease=15) is None

    def test_releasing_a_lost_lease_changes_nothing(self) -> None:
        self._say("c", "你好", "m1")
        lost = self._claimed("c")
        self.clock.now += 16
        taken = self._claimed("c")
        self.store.release(lost, tried=False)
        assert self.store.claim("c", lease=15) is None
        self._answer(taken, "您好")

    def test_a_message_that_broke_three_workers_is_left_out(self) -> None:
        self._say("c", "坏", "m1")
        for _ in range(3):
            self._claimed("c")
            self.clock.now += 16
        assert self.store.claim("c", lease=15) is None
        self._say("c", "好", "m2")
        claim = self._claimed("c")
        assert [m.id for m in claim.messages] == ["m2"]
        self._answer(claim, "好的")
        assert self.store.reply_to("c", "m2") is not None

    def test_a_message_that_was_given_up_is_told_at_once_and_for_good(self) -> None:
        self._say("c", "坏", "m1")
        for _ in range(3):
            assert self.store.reply_to("c", "m1") is None
            claim = self._claimed("c")
            assert self.store.reply_to("c", "m1") is None  # the third try may still succeed
            self.store.release(claim)
        with raises(TurnFailed, match="given up"):
            self.store.reply_to("c", "m1")
        assert self._say("c", "坏", "m1") == 1
        self._say("c", "好", "m2")
        claim = self._claimed("c")  # somebody works, but not on m1
        with raises(TurnFailed):
            self.store.reply_to("c", "m1")
        self._answer(claim, "好的")
        with raises(TurnFailed):
            self.store.reply_to("c", "m1")

    def test_a_last_try_that_died_is_given_up_when_its_lease_ends(self) -> None:
        self._say("c", "坏", "m1")
        for _ in range(2):
            self.store.release(self._claimed("c"))
        claim = self._claimed("c")
        assert self.store.reply_to("c", "m1") is None
        self.clock.now += 16
        with raises(TurnFailed):
            self.store.reply_to("c", "m1")
        self._answer(claim, "来晚了")  # nobody took over: a late reply is better than none
        assert self.store.reply_to("c", "m1") is not None

    # What is stored

    def test_a_turn_is_stored_as_a_whole(self) -> None:
        self._say("c", "你好", "m1")
        self._answer(self._claimed("c"), "您好", {"language": "zh", "tasks": [{"id": 1}]})
        assert [(m.seq, m.role, m.text, m.turn) for m in self.store.history("c")] == [
            (1, "customer", "你好", 1),
            (2, "assistant", "您好", 1),
        ]
        self._say("c", "再见", "m2")
        claim = self._claimed("c")
        assert (claim.turn, claim.state) == (2, {"language": "zh", "tasks": [{"id": 1}]})
        assert [(m.seq, m.id) for m in claim.messages] == [(3, "m2")]

    def test_a_stale_commit_stores_nothing(self) -> None:
        self._say("c", "你好", "m1")
        lost = self._claimed("c")
        self.clock.now += 16
        taken = self._claimed("c")
        with raises(StaleTurn):
            self._answer(lost, "迟到", {"late": True})
        assert self.store.latest("c") is None
        assert len(self.store.history("c")) == 1
        self._answer(taken, "您好", {"late": False})
        assert self.store.export("c")["state"] == {"late": False}

    def test_a_late_commit_counts_while_nobody_took_over(self) -> None:
        self._say("c", "你好", "m1")
        claim = self._claimed("c")
        self.clock.now += 60
        self._answer(claim, "您好")
        assert self.store.reply_to("c", "m1") is not None

    def test_a_turn_is_committed_once(self) -> None:
        self._say("c", "你好", "m1")
        claim = self._claimed("c")
        self._answer(claim, "您好")
        with raises(StaleTurn):
            self._answer(claim, "您好您好")
        assert [m.text for m in self.store.history("c")] == ["你好", "您好"]

    def test_what_arrives_during_a_turn_waits_for_the_next(self) -> None:
        self._say("c", "你好", "m1")
        claim = self._claimed("c")
        self._say("c", "还有", "m2")
        self._answer(claim, "您好")
        assert self.store.reply_to("c", "m2") is None
        following = self._claimed("c")
        assert [m.id for m in following.messages] == ["m2"]
        self._answer(following, "请讲")
        assert [(m.text, m.turn) for m in self.store.history("c")] == [
            ("你好", 1),
            ("还有", 2),
            ("您好", 1),
            ("请讲", 2),
        ]

    def test_a_reply_comes_back_as_it_was_stored(self) -> None:
        self._say("c", "双十一怎么退", "m1")
        reply = _full_reply()
        self.store.commit(self._claimed("c"), state={}, reply=reply)
        assert self.store.reply_to("c", "m1") == reply
        assert self.store.latest("c") == reply

    def test_the_latest_reply_is_the_last_turn(self) -> None:
        assert self.store.latest("unknown") is None
        for n in range(1, 12):
            self._say("c", "问", f"m{n}")
            self._answer(self._claimed("c"), f"答{n}")
        latest = self.store.latest("c")
        assert latest is not None
        assert latest.text == "答11"

    def test_state_that_is_not_json_is_refused(self) -> None:
        self._say("c", "你好", "m1")
        claim = self._claimed("c")
        for bad in (date(2024, 11, 11), {"a", "b"}, float("nan")):
            with raises(StorageError, match="deadline"):
                self._answer(claim, "您好", {"deadline": bad})
        self._answer(claim, "您好")

    def test_a_state_in_use_is_not_the_stored_one(self) -> None:
        self._say("c", "你好", "m1")
        state: dict[str, Any] = {"tasks": [1]}
        self._answer(self._claimed("c"), "您好", state)
        state["tasks"].append(2)
        assert self.store.export("c")["state"] == {"tasks": [1]}

    def test_history_goes_on_after_a_message(self) -> None:
        self.store.enqueue("c", None, [Message(f"第{n}句", f"m{n}") for n in range(1, 6)])
        assert [m.seq for m in self.store.history("c", after=2)] == [3, 4, 5]
        assert [m.seq for m in self.store.history("c", after=2, limit=2)] == [3, 4]
        assert self.store.history("c", after=5) == []
        assert self.store.history("unknown") == []

    def test_an_export_holds_everything_that_was_said(self) -> None:
        assert self.store.export("unknown") == {}
        self.store.enqueue("c", "u-1", [Message("我的地址是桂花路", "m1")])
        self._answer(self._claimed("c"), "记下了", {"slot": "桂花路"})
        self.store.enqueue("c", "u-1", [Message("还没回答", "m2")])
        export = self.store.export("c")
        written = json.dumps(export, ensure_ascii=False, allow_nan=False)
        for part in ("u-1", "我的地址是桂花路", "m1", "记下了", "还没回答", "m2"):
            assert part in written
        assert export["state"] == {"slot": "桂花路"}

    # What is forgotten, and what is not

    def test_an_erased_conversation_leaves_a_tombstone(self) -> None:
        self.store.enqueue("c", "u-1", [Message("你好", "m1")])
        self._answer(self._claimed("c"), "您好")
        self.store.enqueue("c", "u-1", [Message("还在吗", "m2")])
        self.store.erase("c")
        self.store.erase("c")
        assert self.store.history("c") == []
        assert self.store.export("c") == {}
        assert self.store.owner("c") == (False, None)
        assert self.store.latest("c") is None
        assert self.store.reply_to("c", "m1") is None
        assert self.store.claim("c", lease=15) is None
        for caller in ("u-1", "u-2", None):
            with raises(ConversationErased):
                self.store.enqueue("c", caller, [Message("你好", "m1")])

    def test_a_turn_at_work_does_not_bring_an_erased_conversation_back(self) -> None:
        self._say("c", "你好", "m1")
        claim = self._claimed("c")
        self.store.erase("c")
        with raises(StaleTurn):
            self.store.renew(claim, lease=15)
        with raises(ConversationErased):
            self._answer(claim, "您好")
        self.store.release(claim)
        assert self.store.history("c") == []

    def test_erasing_what_is_not_there_leaves_nothing(self) -> None:
        self.store.erase("c")
        self._say("c", "你好", "m1")
        assert len(self.store.history("c")) == 1

    def test_other_conversations_are_untouched(self) -> None:
        for name in ("a", "b"):
            self.store.enqueue(name, f"u-{name}", [Message("你好", "m1")])
        before = self.store.export("b")
        held = self._claimed("a")
        self.store.enqueue("a", "u-a", [Message("再问", "m2")])
        self._answer(held, "您好", {"only": "a"})
        self.store.erase("a")
        assert self.store.export("b") == before
        assert [m.id for m in self._claimed("b").messages] == ["m1"]

    # Several at once

    def test_eight_threads_number_their_messages_without_gaps(self) -> None:
        store = self.store

        def talk(thread: int) -> list[int]:
            return [store.enqueue("c", None, [Message("喂", f"m{thread}-{n}")])[0].seq for n in range(10)]

        with ThreadPoolExecutor(8) as pool:
            numbers = [seq for seqs in pool.map(talk, range(8)) for seq in seqs]
        assert sorted(numbers) == list(range(1, 81))
        assert [m.seq for m in store.history("c")] == list(range(1, 81))

    def test_eight_threads_with_one_message_store_it_once(self) -> None:
        store = self.store
        with ThreadPoolExecutor(8) as pool:
            seqs = list(pool.map(lambda _: store.enqueue("c", None, [Message("喂", "m1")])[0].seq, range(8)))
        assert seqs == [1] * 8
        assert len(store.history("c")) == 1

    def test_of_two_customers_at_once_one_adopts_the_conversation(self) -> None:
        store = self.store

        def adopt(thread: int) -> str | None:
            try:
                store.adopt("c", f"u-{thread % 2}")
            except NotYourConversation:
                return None
            return f"u-{thread % 2}"

        self._say("c", "你好", "m1")
        with ThreadPoolExecutor(8) as pool:
            adopted = Counter(pool.map(adopt, range(8)))
        exists, owner = store.owner("c")
        assert exists
        assert adopted == {owner: 4, None: 4}

    def test_of_eight_threads_one_gets_the_claim(self) -> None:
        store = self.store
        self._say("c", "你好", "m1")
        with ThreadPoolExecutor(8) as pool:
            claims = list(pool.map(lambda _: store.claim("c", lease=15), range(8)))
        assert sum(claim is not None for claim in claims) == 1

    def test_eight_workers_answer_each_message_once(self) -> None:
        store = self.store

        def work(worker: int) -> int:
            turns = 0
            for n in range(5):
                store.enqueue("c", None, [Message("喂", f"m{worker}-{n}")])
                claim = store.claim("c", lease=15)
                if claim is not None:
                    self._answer(claim, "在")
                    turns += 1
            return turns

        with ThreadPoolExecutor(8) as pool:
            turns = sum(pool.map(work, range(8)))
        last = store.claim("c", lease=15)
        if last is not None:
            self._answer(last, "在")
            turns += 1
        messages = store.history("c", limit=1000)
        assert [m.seq for m in messages] == list(range(1, 40 + turns + 1))
        assert [m.turn for m in messages if m.role == "assistant"] == list(range(1, turns + 1))
        assert Counter(m.role for m in messages if m.turn is not None) == {"customer": 40, "assistant": turns}


def _full_reply() -> Reply:
    passage = Passage(
        id="returns#3",
        document="returns",
        title="双十一退货",
        text="双十一订单可在 30 天内退货。",
        score=12.5,
        relevance=0.75,
        language="zh",
        url="https://shop.example/returns",
        valid_from=date(2024, 11, 1),
        valid_to=date(2024, 11, 12),
        tags=("policy", "促销"),
        dense=0.5,
    )
    return Reply(
        id="r-1",
        turn=1,
        text="双十一订单可在 30 天内退货。🎧",
        sentences=("双十一订单可在 30 天内退货。", "🎧"),
        language="zh",
        intents=("policy_question", "return_refund"),
        mood="negative",
        mode="waiting",
        query="双十一 退货",
        valid_on=date(2024, 11, 11),
        citations=(Citation("returns", passage.version, passage.title, "30 天内退货", passage.url),),
        evidence=(passage,),
        rejected=(Rejection("保证明天到账。", "promise", None),),
        usage=Usage(
            model="qwen2.5:7b",
            model_calls=1,
            input_tokens=812,
            output_tokens=40,
            context=8192,
            prompt=(Section("persona", 210), Section("evidence", 380, 2)),
            counted=True,
            times={"retrieve": 0.05, "compose": 1.5},
            first_sentence=0.9,
            total=2.25,
        ),
        merged=("m1",),
        degraded="timeout",
    )
