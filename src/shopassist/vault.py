"""A customer's personal numbers, kept apart from what understanding, the model, logs and the store see.

::

    vault.hide("改成138-0013-8000")  ->  "改成<PHONE_1>"      # at the inbox; all else works on this
    vault.reveal("改成<PHONE_1>")    ->  "改成138-0013-8000"  # the owner's own view: as it was written
    vault.normal("<PHONE_1>")        ->  "13800138000"        # an argument of a tool that declares the kind

Hidden are phones, Chinese resident ids, bank cards and e-mail addresses (`personal.Kind`). Not hidden is what the shop
works with: numbers of orders, parcels, products and invoices, tax numbers (统一社会信用代码: a company's public number,
and an invoice needs it), prices, days, and the service numbers that begin with 400 or 800.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Self, cast

from shopassist.personal import Kind, found, normal_form
from shopassist.text import clean, fold

BOUND = 50
"""How many values a vault holds."""

PLACEHOLDER = re.compile(r"<([A-Z]+)_([1-9][0-9]{0,8})>")
"""What stands in a text for a hidden value: ``<PHONE_1>``."""

_BRACKETED = re.compile("[<＜﹤]([^<>＜＞﹤﹥]+)[>＞﹥]")
_TYPED = re.compile(r"(?:phone|id|card|email)_[0-9]+")


class Hidden(str):
    """A text that its conversation's vault has been through: its placeholders are the vault's, not the customer's.

    What is joined or cut from it is a plain `str` again. Mark such a text, or one read back from the store, with
    ``Hidden(text)``; `Vault.hide` takes the placeholders of any other text for typed ones and disarms them.
    """

    __slots__ = ()


class Vault:
    """One conversation's values by placeholder.

    A value keeps its placeholder throughout the conversation, however it is spelled (it comes back as first written).
    Numbers are never given twice. Beyond `BOUND` values the kind that has the most loses its oldest, whose
    placeholder then stays where it stands, so a flood of one kind does not push out the others.
    """

    __slots__ = ("_entries",)

    def __init__(self, entries: Mapping[str, str] = {}) -> None:
        """`entries` is what `to_dict` gave. Raises `ValueError` for a key that is no placeholder."""
        if wrong := [key for key in entries if not PLACEHOLDER.fullmatch(key)]:
            raise ValueError(f"not a placeholder: {wrong[0]!r}")
        self._entries = dict(entries)

    def __repr__(self) -> str:
        return f"Vault({', '.join(self._entries)})"

    def hide(self, text: str) -> Hidden:
        """The text with personal values replaced; placeholders that somebody typed get brackets that are no longer any.

        A `Hidden` text is given back as it is.
        """
        if isinstance(text, Hidden):
            return text
        return self._hidden(_BRACKETED.sub(_disarmed, text), 1)

    def cover(self, text: str, least: int) -> Hidden:
        """As `hide`, for a text of our own: its placeholders stay, and new ones are numbered from `least`.

        A turn that numbers from its own thousand never gives a number that a message gets in the meantime.
        """
        return self._hidden(text, least)

    def _hidden(self, text: str, least: int) -> Hidden:
        names = {(_kind(key), normal_form(_kind(key), value)): key for key, value in self._entries.items()}
        numbers = {_kind(key): 0 for key in self._entries}
        for key in self._entries:
            numbers[_kind(key)] = max(numbers[_kind(key)], _number(key))
        parts, end = [], 0
        for start, stop, kind, normal in found(text, {value: cast("Kind", kind) for kind, value in names}):
            if (kind, normal) not in names:
                numbers[kind] = max(numbers.get(kind, 0) + 1, least)
                names[kind, normal] = f"<{kind.upper()}_{numbers[kind]}>"
                self._entries[names[kind, normal]] = text[start:stop]
            parts += [text[end:start], names[kind, normal]]
            end = stop
        self._forget()
        return Hidden("".join(parts) + text[end:])

    def reveal(self, text: str, kinds: Collection[Kind] | None = None) -> str:
        """The text with the values back as they were written; of `kinds` only, if given. Unknown placeholders stay."""
        return self._filled(text, kinds, lambda kind, value: value)

    def normal(self, text: str, kinds: Collection[Kind] | None = None) -> str:
        """`reveal` with the values in their normal form (`personal.normal_form`), as a tool's argument wants them."""
        return self._filled(text, kinds, normal_form)

    def kinds(self, text: str) -> frozenset[Kind]:
        """The kinds of the values whose placeholders stand in the text."""
        return frozenset(cast("Kind", _kind(m[0])) for m in PLACEHOLDER.finditer(text) if m[0] in self._entries)

    def to_dict(self) -> dict[str, str]:
        """The values by placeholder, plain JSON; the order of the keys carries no meaning."""
        return dict(self._entries)

    @classmethod
    def from_dict(cls, state: Mapping[str, str]) -> Self:
        """The vault that gave `state`."""
        return cls(state)

    def _filled(self, text: str, kinds: Collection[Kind] | None, form: Callable[[str, str], str]) -> str:
        def value(match: re.Match[str]) -> str:
            held, kind = self._entries.get(match[0]), _kind(match[0])
            return match[0] if held is None or (kinds is not None and kind not in kinds) else form(kind, held)

        return PLACEHOLDER.sub(value, text)

    def _forget(self) -> None:
        """Drop what is beyond the bound. The last of a kind always stays: the next number is told by it."""
        if len(self._entries) <= BOUND:
            return
        by_kind: dict[str, list[str]] = {}
        for key in sorted(self._entries, key=_number, reverse=True):
            by_kind.setdefault(_kind(key), []).append(key)
        for _ in range(len(self._entries) - BOUND):
            del self._entries[max(by_kind.values(), key=len).pop()]


def conceal(vault: Mapping[str, str], text: str) -> tuple[str, Mapping[str, str]]:
    """The text without personal data, and the vault that holds it: a `shopassist.protocols.Conceal`."""
    held = Vault(vault)
    return held.hide(text), held.to_dict()


def _kind(key: str) -> str:
    return key[1 : key.index("_")].lower()


def _number(key: str) -> int:
    return int(key[key.index("_") + 1 : -1])


def _disarmed(match: re.Match[str]) -> str:
    """A typed placeholder in 〈〉: brackets that neither NFKC nor lower case turns back, as it would ＜＞."""
    inner = re.sub(r"\s", "", fold(clean(match[1])))
    return f"〈{match[1]}〉" if _TYPED.fullmatch(inner) else match[0]
