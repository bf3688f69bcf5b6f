"""What the conversation's owner sees: their own personal data in place of the placeholders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from shopassist.replies import Reply
from shopassist.vault import Vault

T = TypeVar("T")

_SAID = ("text", "sentences", "query", "mood_cause")
"""Fields in which values stand as the customer wrote them."""

_USED = ("wishes", "slots", "consent", "options", "tool_outcomes")
"""Fields in which they stand in normal form, as tools get them."""


def owner_view(reply: Reply, vault: Vault) -> Reply:
    """The reply as its owner may see it; what is stored keeps the placeholders."""
    if not vault.to_dict():
        return reply
    said = {name: mapped(getattr(reply, name), vault.reveal) for name in _SAID}
    used = {name: mapped(getattr(reply, name), vault.normal) for name in _USED}
    return replace(reply, **said, **used)


def revealed(exported: dict[str, Any]) -> dict[str, Any]:
    """What a store exports, the values of its vault in their places instead of beside them."""
    return mapped({k: v for k, v in exported.items() if k != "vault"}, Vault(exported.get("vault", {})).reveal)


def mapped(value: T, change: Callable[[str], str]) -> T:
    """The value with every text in it changed; keys of mappings stay."""
    result: Any = value
    if isinstance(value, str):
        result = change(value)
    elif is_dataclass(value) and not isinstance(value, type):
        result = replace(value, **{f.name: mapped(getattr(value, f.name), change) for f in fields(value)})
    elif isinstance(value, Mapping):
        result = {key: mapped(inner, change) for key, inner in value.items()}
    elif isinstance(value, tuple | list):
        result = type(value)(mapped(inner, change) for inner in value)
    return result  # type: ignore[no-any-return]
