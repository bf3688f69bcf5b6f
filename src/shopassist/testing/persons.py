"""The claims about what a person does with a conversation that was handed over."""

# The asserts and the tests' names are the product here:
# ruff: noqa: S101, D102

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from shopassist.errors import (
    ConversationErased,
    HandOffClosed,
    HandOffNotClaimed,
    HandOffTaken,
    HandOffUnknown,
    StaleTurn,
)
from shopassist.protocols import HandOff
from shopassist.replies import Reply
from shopassist.testing.store_case import StoreCase, raises

QUIET = Reply(id="q", turn=2, text="", sentences=(), language="zh", mode="person")
RETURNED = Reply(id="b", turn=0, text="后面由我继续", sentences=("后面由我继续",), language="zh")


class PersonsConformance(StoreCase):
    """Part of `ConversationStoreConformance`."""

    # Who has it

    def test_a_person_takes_a_hand_off(self) -> None:
        handoff = self._handed("c")
        taken = self.store.take(handoff, "anna")
        assert (taken.id, taken.status, taken.agent) == (handoff, "person", "anna")
        assert self.store.handoff(handoff) == taken
        assert self.store.handoffs("person") == [taken]
        assert self.store.handoffs() == []

    def test_the_hand_off_that_is_not_closed_is_found_by_its_conversation(self) -> None:
        assert self.store.open_handoff("c") is None
        handoff = self._handed("c")
        assert self.store.open_handoff("c") == self.store.handoff(handoff)
        assert self.store.open_handoff("d") is None
        assert self.store.take(handoff, "anna") == self.store.open_handoff("c")
        self._given_back(handoff)
        assert self.store.open_handoff("c") is None

    def test_whoever_has_it_takes_it_again_without_harm(self) -> None:
        handoff = self._handed("c")
        assert self.store.take(handoff, "anna") == self.store.take(handoff, "anna")

    def test_what_one_person_has_another_does_not_get(self) -> None:
        handoff = self._handed("c")
        self.store.take(handoff, "anna")
        with raises(HandOffTaken, "anna"):
            self.store.take(handoff, "ben")
        assert self.store.handoff(handoff).agent == "anna"

    def test_of_eight_persons_at_once_one_gets_it(self) -> None:
        handoff = self._handed("c")

        def take(number: int) -> str | None:
            try:
                return self.store.take(handoff, f"a{number}").agent
            except HandOffTaken:
                return None

        with ThreadPoolExecutor(8) as pool:
            winners = [agent for agent in pool.map(take, range(8)) if agent]
        assert winners == [self.store.handoff(handoff).agent]

    def test_a_hand_off_that_is_put_back_waits_for_the_next(self) -> None:
        handoff = self._handed("c")
        self.store.take(handoff, "anna")
        self.store.put_back(handoff, "anna")
        [waiting] = self.store.handoffs()
        assert (waiting.id, waiting.agent) == (handoff, None)
        assert self.store.take(handoff, "ben").agent == "ben"

    def test_only_whoever_has_it_writes_puts_back_and_gives_back(self) -> None:
        handoff = self._handed("c")
        for error in (HandOffNotClaimed, HandOffTaken):
            with raises(error):
                self.store.say(handoff, "ben", "您好")
            with raises(error):
                self.store.put_back(handoff, "ben")
            with raises(error):
                self.store.give_back(handoff, "ben", RETURNED)
            self.store.take(handoff, "anna")
        assert self.store.handoff(handoff).agent == "anna"
        assert [m.role for m in self.store.history("c")] == ["customer", "assistant"]

    def test_a_closed_hand_off_stays_closed(self) -> None:
        handoff = self._handed("c")
        self._given_back(handoff)
        with raises(HandOffClosed):
            self.store.take(handoff, "anna")
        with raises(HandOffClosed):
            self.store.say(handoff, "anna", "您好")
        with raises(HandOffClosed):
            self.store.give_back(handoff, "anna", RETURNED)
        [closed] = self.store.handoffs("closed")
        assert (closed.id, closed.agent) == (handoff, "anna")

    def test_an_id_that_no_hand_off_has_is_told(self) -> None:
        self._handed("c")
        with raises(HandOffUnknown, "H0"):
            self.store.take("H0", "anna")
        with raises(HandOffUnknown):
            self.store.handoff("H0")

    def test_an_erased_conversations_hand_off_is_unknown(self) -> None:
        handoff = self._handed("c")
        self.store.take(handoff, "anna")
        self.store.erase("c")
        with raises(HandOffUnknown):
            self.store.say(handoff, "anna", "您好")
        with raises(HandOffUnknown):
            self.store.give_back(handoff, "anna", RETURNED)

    # What a person writes

    def test_a_persons_words_are_numbered_with_all_others(self) -> None:
        handoff = self._handed("c")
        self.store.take(handoff, "anna")
        said = self.store.say(handoff, "anna", "您好，我是人工客服")
        self._say("c", "太好了", "m2")
        assert (said.seq, said.role, said.agent, said.turn) == (3, "person", "anna", None)
        assert self.store.history("c", after=2)[0] == said
        assert [(m.seq, m.role) for m in self.store.history("c")] == [
            (1, "customer"),
            (2, "assistant"),
            (3, "person"),
            (4, "customer"),
        ]

    def test_a_persons_words_wait_for_no_answer(self) -> None:
        handoff = self._handed("c")
        self.store.take(handoff, "anna")
        self.store.say(handoff, "anna", "您好")
        assert self.store.claim("c", lease=15) is None
        self._say("c", "在", "m2")
        assert [m.id for m in self._claimed("c").messages] == ["m2"]

    def test_a_persons_words_are_concealed_too(self) -> None:
        def conceal(vault: Mapping[str, str], text: str) -> tuple[str, Mapping[str, str]]:
            return "<N_1>", {**vault, "<N_1>": text}

        handoff = self._handed("c")
        self.store.take(handoff, "anna")
        assert self.store.say(handoff, "anna", "13800138000", conceal).text == "<N_1>"
        assert self.store.vault("c") == {"<N_1>": "13800138000"}

    def test_a_persons_words_are_exported_and_erased(self) -> None:
        handoff = self._handed("c")
        self.store.take(handoff, "anna")
        self.store.say(handoff, "anna", "您好")
        exported = self.store.export("c")
        assert [(m["role"], m["agent"]) for m in exported["messages"]][-1] == ("person", "anna")
        assert [(h["status"], h["agent"]) for h in exported["handoffs"]] == [("person", "anna")]
        json.dumps(exported, allow_nan=False)
        self.store.erase("c")
        assert self.store.history("c") == []

    # The bot

    def test_a_claim_tells_who_has_the_conversation(self) -> None:
        self._say("c", "转人工", "m1")
        claim = self._claimed("c")
        assert (claim.handoff, claim.epoch) == (None, 1)
        handoff = self.store.hand_off(claim, reason="asked", summary={})
        self._answer(claim, "已转人工")
        assert self._seen("c", "m2") == ("waiting", 1)
        self.store.take(handoff, "anna")
        assert self._seen("c", "m3") == ("person", 1)
        self._given_back(handoff)
        assert self._seen("c", "m4") == (None, 2)

    def test_a_turn_at_work_stores_nothing_once_a_person_has_it(self) -> None:
        handoff = self._handed("c")
        self._say("c", "人呢", "m2")
        claim = self._claimed("c")
        self.store.take(handoff, "anna")
        with raises(StaleTurn):
            self._answer(claim, "还在排队")
        with raises(StaleTurn):
            self.store.renew(claim, lease=15)
        assert [m.role for m in self.store.history("c")] == ["customer", "assistant", "customer"]
        assert [m.id for m in self._claimed("c").messages] == ["m2"]

    def test_a_turn_at_work_stores_nothing_once_a_person_has_let_go(self) -> None:
        for let_go in ("put_back", "give_back"):
            handoff = self._handed(let_go)
            self.store.take(handoff, "anna")
            self._say(let_go, "在吗", "m2")
            claim = self._claimed(let_go)
            self.store.put_back(handoff, "anna") if let_go == "put_back" else self._given_back(handoff)
            with raises(StaleTurn):
                self.store.commit(claim, state={}, reply=QUIET)

    def test_a_reply_without_text_answers_and_leaves_no_message(self) -> None:
        self.store.take(self._handed("c"), "anna")
        self._say("c", "在吗", "m2")
        self.store.commit(self._claimed("c"), state={"n": 1}, reply=QUIET)
        assert [m.role for m in self.store.history("c")] == ["customer", "assistant", "customer"]
        found = self.store.reply_to("c", "m2")
        assert found is not None
        assert (found.text, found.mode) == ("", "person")
        assert self.store.claim("c", lease=15) is None

    def test_what_is_left_unanswered_is_answered_by_the_return(self) -> None:
        handoff = self._handed("c")
        self.store.take(handoff, "anna")
        self._say("c", "转人工", "m2")
        self._say("c", "转人工啊", "m3")
        reply = self.store.give_back(handoff, "anna", RETURNED)
        assert (reply.turn, reply.merged, reply.text) == (2, ("m2", "m3"), RETURNED.text)
        assert self.store.reply_to("c", "m3") == self.store.latest("c") == reply
        assert self.store.claim("c", lease=15) is None
        assert [(m.role, m.turn) for m in self.store.history("c", after=2)] == [
            ("customer", 2),
            ("customer", 2),
            ("assistant", 2),
        ]

    def test_after_the_return_a_new_hand_off_is_another_one(self) -> None:
        first = self._handed("c")
        self._given_back(first)
        second = self._handed("c", "m2")
        assert second != first
        assert [h.id for h in self.store.handoffs()] == [second]

    def test_what_the_desk_does_not_take_in_is_withdrawn(self) -> None:
        self._say("c", "转人工", "m1")
        claim = self._claimed("c")
        first = self.store.hand_off(claim, reason="asked", summary={})
        self.store.withdraw(claim, first)
        assert self.store.handoffs() == []
        with raises(HandOffUnknown):
            self.store.take(first, "anna")
        self._answer(claim, "没有转接成功")
        assert self._seen("c", "m2") == (None, 1)

    def test_what_a_person_has_is_not_withdrawn(self) -> None:
        self._say("c", "转人工", "m1")
        claim = self._claimed("c")
        handoff = self.store.hand_off(claim, reason="asked", summary={})
        self.store.take(handoff, "anna")
        with raises(StaleTurn):
            self.store.withdraw(claim, handoff)
        assert self.store.handoff(handoff).status == "person"

    def test_nothing_is_withdrawn_from_an_erased_conversation(self) -> None:
        self._say("c", "转人工", "m1")
        claim = self._claimed("c")
        handoff = self.store.hand_off(claim, reason="asked", summary={})
        self.store.erase("c")
        with raises(ConversationErased):
            self.store.withdraw(claim, handoff)

    def test_a_hand_off_in_use_is_not_the_stored_one(self) -> None:
        taken = self.store.take(self._handed("c"), "anna")
        assert isinstance(taken.summary, dict)
        taken.summary["more"] = 1
        assert self.store.handoff(taken.id).summary == {"said": "转人工"}

    def _handed(self, conversation: str, message_id: str = "m1") -> str:
        self._say(conversation, "转人工", message_id)
        claim = self._claimed(conversation)
        handoff = self.store.hand_off(claim, reason="asked", summary={"said": "转人工"})
        self._answer(claim, "已转人工")
        return handoff

    def _given_back(self, handoff: str) -> None:
        self.store.take(handoff, "anna")
        self.store.give_back(handoff, "anna", RETURNED)

    def _seen(self, conversation: str, message_id: str) -> tuple[str | None, int]:
        """What a claim says of the hand-off and the epoch."""
        self._say(conversation, "在吗", message_id)
        claim = self._claimed(conversation)
        self._answer(claim, "在的")
        handoff: HandOff | None = claim.handoff
        return handoff.status if handoff else None, claim.epoch
