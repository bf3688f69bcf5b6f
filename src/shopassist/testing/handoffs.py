"""The claims about conversations that are handed to a person."""

# The asserts and the tests' names are the product here:
# ruff: noqa: S101, D102

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

from shopassist.errors import ConversationErased, StaleTurn, StorageError
from shopassist.protocols import Claim, HandOff
from shopassist.testing.store_case import StoreCase, raises


class HandOffConformance(StoreCase):
    """Part of `ConversationStoreConformance`."""

    def test_a_hand_off_is_stored_at_once(self) -> None:
        claim = self._talking("c")
        summary = {"tasks": [{"intent": "return_refund", "slots": {"order": "ORD1"}}], "心情": "negative"}
        found = self._hand_off(claim, "asked_for", summary)
        wanted = HandOff(found, "c", 1, "asked_for", summary, "waiting", self.clock.now)
        assert self.store.handoffs() == self.store.handoffs("waiting") == [wanted]
        assert self.store.handoffs("person") == self.store.handoffs("closed") == []

    def test_a_hand_offs_id_can_be_read_out(self) -> None:
        ids = [self._hand_off(self._talking(f"c{n}")) for n in range(20)]
        assert len(set(ids)) == 20
        for found in ids:
            assert re.fullmatch("H[0-9A-Z]{8}", found)
            assert not set(found) & set("0O1IL")

    def test_a_turn_hands_over_once(self) -> None:
        claim = self._talking("c")
        first = self._hand_off(claim, "asked_for", {"n": 1})
        assert self._hand_off(claim, "danger", {"n": 2}) == first
        assert [(h.reason, h.summary) for h in self.store.handoffs()] == [("asked_for", {"n": 1})]

    def test_a_turn_that_is_done_again_hands_over_once(self) -> None:
        first = self._hand_off(self._talking("c"))
        self.clock.now += 16
        assert self._hand_off(self._claimed("c")) == first
        assert len(self.store.handoffs()) == 1

    def test_a_hand_off_that_waits_takes_a_new_reason(self) -> None:
        claim = self._talking("c")
        first = self._hand_off(claim)
        self._answer(claim, "已转人工")
        self._say("c", "充电器冒烟了", "m2")
        assert self._hand_off(self._claimed("c"), "danger", {"n": 2}) == first
        assert [(h.turn, h.reason, h.summary) for h in self.store.handoffs()] == [(1, "danger", {"n": 2})]

    def test_a_hand_off_outlives_a_turn_that_breaks(self) -> None:
        claim = self._talking("c")
        first = self._hand_off(claim)
        self.store.release(claim)
        assert [h.id for h in self.store.handoffs()] == [first]

    def test_a_lost_claim_hands_nothing_over(self) -> None:
        lost = self._talking("c")
        self.clock.now += 16
        taken = self._claimed("c")
        with raises(StaleTurn):
            self._hand_off(lost)
        self._answer(taken, "您好")
        with raises(StaleTurn):
            self._hand_off(taken)
        assert self.store.handoffs() == []

    def test_a_late_hand_off_counts_while_nobody_took_over(self) -> None:
        claim = self._talking("c")
        self.clock.now += 60
        assert self._hand_off(claim) == self.store.handoffs()[0].id

    def test_an_erased_conversation_is_not_handed_over(self) -> None:
        claim = self._talking("c")
        self.store.erase("c")
        with raises(ConversationErased):
            self._hand_off(claim)
        assert self.store.handoffs() == []

    def test_hand_offs_are_listed_oldest_first(self) -> None:
        claims = [self._talking(name) for name in ("b", "c", "a")]
        for claim in claims:
            self.clock.now += 1
            self._hand_off(claim)
        assert [h.conversation for h in self.store.handoffs()] == ["b", "c", "a"]

    def test_a_summary_that_is_not_json_is_refused(self) -> None:
        claim = self._talking("c")
        with raises(StorageError, match="deadline"):
            self._hand_off(claim, "asked_for", {"deadline": date(2024, 11, 11)})
        assert self.store.handoffs() == []

    def test_a_summary_in_use_is_not_the_stored_one(self) -> None:
        summary: dict[str, Any] = {"tasks": [1]}
        self._hand_off(self._talking("c"), "asked_for", summary)
        summary["tasks"].append(2)
        self.store.handoffs()[0].summary["tasks"].append(3)
        assert self.store.handoffs()[0].summary == {"tasks": [1]}

    def test_hand_offs_are_exported_and_erased(self) -> None:
        first = self._hand_off(self._talking("c"), "asked_for", {"地址": "桂花路"})
        other = self._hand_off(self._talking("d"))
        assert self.store.export("c")["handoffs"] == [
            {
                "id": first,
                "conversation": "c",
                "turn": 1,
                "reason": "asked_for",
                "summary": {"地址": "桂花路"},
                "status": "waiting",
                "created": self.clock.now,
                "agent": None,
            }
        ]
        json.dumps(self.store.export("c"), allow_nan=False)
        self.store.erase("c")
        assert self.store.export("c") == {}
        assert [h.id for h in self.store.handoffs()] == [other]

    def test_of_eight_hand_offs_at_once_one_is_stored(self) -> None:
        claim = self._talking("c")
        with ThreadPoolExecutor(8) as pool:
            ids = set(pool.map(lambda _: self._hand_off(claim), range(8)))
        assert [h.id for h in self.store.handoffs()] == list(ids)

    def _talking(self, conversation: str) -> Claim:
        self._say(conversation, "转人工", "m1")
        return self._claimed(conversation)

    def _hand_off(self, claim: Claim, reason: str = "asked_for", summary: Mapping[str, Any] | None = None) -> str:
        return self.store.hand_off(claim, reason=reason, summary=summary or {})
