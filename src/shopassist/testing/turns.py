"""The claims about reading what was answered in all conversations."""

# The asserts and the tests' names are the product here:
# ruff: noqa: S101, D102

from __future__ import annotations

from collections.abc import Mapping

from shopassist.messages import Message
from shopassist.protocols import StoredTurn
from shopassist.testing.store_case import StoreCase


class TurnsConformance(StoreCase):
    """Part of `ConversationStoreConformance`."""

    def test_a_store_without_answers_has_no_turns(self) -> None:
        assert self.store.turns() == []
        self._say("c", "你好", "m1")
        assert self.store.turns() == []

    def test_a_turn_is_listed_with_what_it_answers_its_reply_and_its_time(self) -> None:
        self.store.enqueue("c", "u-1", [Message("在吗", "m1"), Message("多少钱", "m2")])
        claim = self._claimed("c")
        self._say("c-2", "别的", "m1")
        self.clock.now += 2.5
        self._answer(claim, "399 元")
        [turn] = self.store.turns()
        assert (turn.conversation, turn.number, turn.texts) == ("c", 1, ("在吗", "多少钱"))
        assert turn.reply == self.store.latest("c")
        assert turn.answered == self.clock.now

    def test_the_texts_of_a_turn_are_those_that_are_stored(self) -> None:
        def conceal(vault: Mapping[str, str], text: str) -> tuple[str, Mapping[str, str]]:
            return "<N_1>", {**vault, "<N_1>": text}

        self.store.enqueue("c", None, [Message("13800138000", "m1")], conceal)
        self._answer(self._claimed("c"), "好的")
        assert [t.texts for t in self.store.turns()] == [("<N_1>",)]

    def test_all_turns_are_read_page_by_page_a_conversations_together_and_in_order(self) -> None:
        for n in range(1, 12):
            for name in ("b", "c", "a"):
                self._talk(name, f"{name}{n}")
        for limit in (1, 4, 11, 100):
            found: list[StoredTurn] = []
            while page := self.store.turns(after=_place(found), limit=limit):
                assert len(page) <= limit
                found += page
            names = list(dict.fromkeys(t.conversation for t in found))
            assert sorted(names) == ["a", "b", "c"]
            assert [_place([t]) for t in found] == [(name, n) for name in names for n in range(1, 12)]
            assert [t.texts for t in found] == [(f"{name}{n}",) for name in names for n in range(1, 12)]

    def test_a_conversation_that_was_answered_since_then_is_given_whole(self) -> None:
        self._talk("old", "一")
        self._talk("both", "二")
        self.clock.now += 60
        since = self.clock.now
        self._talk("both", "三")
        self._talk("new", "四")
        found = self.store.turns(since=since)
        assert sorted(_place([t]) or () for t in found) == [("both", 1), ("both", 2), ("new", 1)]
        assert [t.number for t in self.store.turns(since=since, after=("both", 1)) if t.conversation == "both"] == [2]
        assert self.store.turns(since=since + 1) == []

    def test_the_turns_of_an_erased_conversation_are_gone(self) -> None:
        for name in ("a", "b", "c"):
            self._talk(name, "你好")
        self.store.erase("b")
        assert [t.conversation for t in self.store.turns()] == ["a", "c"]
        self.store.erase("a")
        self.store.erase("c")
        assert self.store.turns(since=0) == []

    def test_when_it_was_answered_is_exported(self) -> None:
        self._talk("c", "你好")
        assert self.store.export("c")["replies"][0]["answered"] == self.clock.now

    def _talk(self, conversation: str, text: str) -> None:
        self._say(conversation, text, text)
        self._answer(self._claimed(conversation), f"答{text}")


def _place(turns: list[StoredTurn]) -> tuple[str, int] | None:
    return (turns[-1].conversation, turns[-1].number) if turns else None
