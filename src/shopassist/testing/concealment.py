"""The claims about what is taken out of a conversation's texts before they are stored, and kept apart."""

# The asserts and the tests' names are the product here:
# ruff: noqa: S101, D102

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

from shopassist.errors import ConversationErased, NotYourConversation, StorageError
from shopassist.messages import Message
from shopassist.testing.store_case import StoreCase, raises


class ConcealmentConformance(StoreCase):
    """Part of `ConversationStoreConformance`."""

    def test_a_concealed_text_is_stored_and_the_vault_apart(self) -> None:
        self.store.enqueue("c", "u-1", [Message("电话13800138000", "m1")], _conceal)
        assert [m.text for m in self.store.history("c")] == ["<N_1>"]
        assert self.store.vault("c") == {"<N_1>": "电话13800138000"}
        claim = self._claimed("c")
        assert [m.text for m in claim.messages] == ["<N_1>"]
        assert dict(claim.vault) == {"<N_1>": "电话13800138000"}
        assert dict(claim.state) == {}

    def test_nothing_is_concealed_unasked(self) -> None:
        self._say("c", "电话13800138000", "m1")
        assert [m.text for m in self.store.history("c")] == ["电话13800138000"]
        assert self.store.vault("c") == dict(self._claimed("c").vault) == {}

    def test_an_unknown_conversation_has_an_empty_vault(self) -> None:
        assert self.store.vault("unknown") == {}

    def test_each_message_is_concealed_with_what_the_one_before_left(self) -> None:
        self.store.enqueue("c", None, [Message("甲", "m1"), Message("乙", "m2")], _conceal)
        self._say("c", "不藏", "m3")
        self.store.enqueue("c", None, [Message("丙", "m4")], _conceal)
        assert [m.text for m in self.store.history("c")] == ["<N_1>", "<N_2>", "不藏", "<N_3>"]
        assert self.store.vault("c") == {"<N_1>": "甲", "<N_2>": "乙", "<N_3>": "丙"}

    def test_a_repeat_is_not_concealed_again(self) -> None:
        burst = [Message("甲", "m1"), Message("甲", "m1")]
        assert [e.seq for e in self.store.enqueue("c", None, burst, _conceal)] == [1, 1]
        self._answer(self._claimed("c"), "您好")
        [repeat] = self.store.enqueue("c", None, [Message("甲", "m1")], _conceal)
        assert repeat.reply is not None
        assert self.store.vault("c") == {"<N_1>": "甲"}

    def test_what_no_database_takes_is_dropped_before_concealing(self) -> None:
        self.store.enqueue("c", None, [Message("138\u200b0013\x008000\ud83d", "m1")], _conceal)
        assert self.store.vault("c") == {"<N_1>": "13800138000"}

    def test_what_is_concealed_during_a_turn_outlives_its_commit(self) -> None:
        self.store.enqueue("c", None, [Message("甲", "m1")], _conceal)
        claim = self._claimed("c")
        self.store.enqueue("c", None, [Message("乙", "m2")], _conceal)
        self._answer(claim, "您好", {"n": 1})
        assert dict(claim.vault) == {"<N_1>": "甲"}
        assert self.store.vault("c") == dict(self._claimed("c").vault) == {"<N_1>": "甲", "<N_2>": "乙"}

    def test_a_vault_may_forget(self) -> None:
        self.store.enqueue("c", None, [Message("甲", "m1")], _conceal)
        self.store.enqueue("c", None, [Message("乙", "m2")], lambda vault, text: (text, {}))
        assert self.store.vault("c") == {}

    def test_a_vault_in_use_is_not_the_stored_one(self) -> None:
        given: dict[str, str] = {}

        def conceal(vault: Mapping[str, str], text: str) -> tuple[str, Mapping[str, str]]:
            given.update(vault, **{"<N_1>": text})
            return "<N_1>", given

        self.store.enqueue("c", None, [Message("甲", "m1")], conceal)
        given["<N_1>"] = "改了"
        self.store.vault("c")["<N_1>"] = "也改了"
        assert self.store.vault("c") == {"<N_1>": "甲"}

    def test_where_concealing_breaks_nothing_is_stored(self) -> None:
        def breaks(vault: Mapping[str, str], text: str) -> tuple[str, Mapping[str, str]]:
            if text == "坏":
                raise ZeroDivisionError
            return _conceal(vault, text)

        with raises(ZeroDivisionError):
            self.store.enqueue("new", "u-1", [Message("甲"), Message("坏")], breaks)
        assert self.store.owner("new") == (False, None)
        self.store.enqueue("c", None, [Message("甲", "m1")], _conceal)
        with raises(ZeroDivisionError):
            self.store.enqueue("c", None, [Message("乙", "m2"), Message("坏", "m3")], breaks)
        assert [m.id for m in self.store.history("c")] == ["m1"]
        assert self.store.vault("c") == {"<N_1>": "甲"}

    def test_a_vault_that_is_not_json_stores_nothing(self) -> None:
        bad: Any = {"<N_1>": date(2024, 11, 11)}
        with raises(StorageError, match="N_1"):
            self.store.enqueue("c", None, [Message("甲", "m1")], lambda vault, text: (text, bad))
        assert self.store.history("c") == []

    def test_nothing_is_concealed_for_a_stranger(self) -> None:
        self.store.enqueue("c", "u-1", [Message("甲", "m1")], _conceal)
        with raises(NotYourConversation):
            self.store.enqueue("c", "u-2", [Message("乙", "m2")], _conceal)
        assert self.store.vault("c") == {"<N_1>": "甲"}

    def test_a_vault_is_exported_and_erased(self) -> None:
        self.store.enqueue("c", "u-1", [Message("甲", "m1")], _conceal)
        self.store.enqueue("d", "u-1", [Message("乙", "m1")], _conceal)
        assert self.store.export("c")["vault"] == {"<N_1>": "甲"}
        json.dumps(self.store.export("c"), allow_nan=False)
        self.store.erase("c")
        assert self.store.vault("c") == {}
        with raises(ConversationErased):
            self.store.enqueue("c", "u-1", [Message("丙", "m2")], _conceal)
        assert self.store.vault("c") == {}
        assert self.store.vault("d") == {"<N_1>": "乙"}

    def test_eight_threads_conceal_without_losing_a_value(self) -> None:
        store = self.store

        def talk(thread: int) -> None:
            for n in range(5):
                store.enqueue("c", None, [Message(f"{thread}-{n}", f"m{thread}-{n}")], _conceal)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(talk, range(8)))
        assert [m.text for m in store.history("c")] == [f"<N_{n}>" for n in range(1, 41)]
        assert sorted(store.vault("c").values()) == sorted(f"{t}-{n}" for t in range(8) for n in range(5))


def _conceal(vault: Mapping[str, str], text: str) -> tuple[str, Mapping[str, str]]:
    placeholder = f"<N_{len(vault) + 1}>"
    return placeholder, {**vault, placeholder: text}
