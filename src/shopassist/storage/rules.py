"""What holds for every store, wherever it keeps its conversations."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from shopassist.errors import (
    ConversationErased,
    HandOffClosed,
    HandOffNotClaimed,
    HandOffTaken,
    HandOffUnknown,
    NotYourConversation,
    StaleTurn,
    StorageError,
    TurnFailed,
)
from shopassist.messages import items_to_json
from shopassist.protocols import Claim, Conceal, StoredMessage
from shopassist.text import clean

MAX_ATTEMPTS = 3
"""How often a message is claimed before it counts as one that breaks its worker.

One more means that this is settled: the last try has ended, since another claim was made after it.
"""

OPEN = ("waiting", "person")
"""The statuses of a hand-off that is not closed."""

MODES = {"waiting": "waiting", "person": "person", "closed": "bot"}
"""Who has the conversation, by its hand-off's status."""

_SPEAKABLE = "34679CDFHJKMNPRTVWXY"  # of those that look alike one is left or none, and no vowels: they make words


def plain_json(values: Mapping[str, Any]) -> str:
    """Write values as JSON text without lone surrogates, which no database takes.

    Raises `StorageError`, naming the key, where a value is not JSON (NaN and infinity are not).
    """
    for key in values:
        if not isinstance(key, str):
            raise StorageError(f"cannot store the key {key!r}: keys must be texts")
    try:
        text = json.dumps(dict(values), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        # The cause may quote the value, which may be a customer's.
        wrong = next((repr(k) for k, v in values.items() if not _is_json(v)), "the values")
        raise StorageError(f"cannot store {wrong}: its value is not plain JSON") from None
    return text.encode("utf-8", "ignore").decode()


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def check_access(conversation: str, *, erased: bool, owner: str | None, caller: str | None) -> None:
    """Raise `ConversationErased` or `NotYourConversation` where the caller may not write to the conversation."""
    if erased:
        raise ConversationErased(f"the conversation {conversation!r} was erased; start a new one")
    if owner != caller:
        raise NotYourConversation(f"the conversation {conversation!r} belongs to somebody else; answer with 404")


def check_held(claim: Claim, *, erased: bool, token: str | None, fence: int) -> None:
    """Raise `ConversationErased` or `StaleTurn` unless the claim is the conversation's last one and still open."""
    if erased:
        raise ConversationErased(f"the conversation {claim.conversation!r} was erased while it was being answered")
    if (token, fence) != (claim.token, claim.fence):
        raise stale(claim)


def is_held(token: str | None, until: float | None, now: float) -> bool:
    """Whether somebody works on the conversation now; a lease that ran out holds nothing."""
    return token is not None and until is not None and until > now


def adopts(conversation: str, *, erased: bool, owner: str | None, caller: str) -> bool:
    """Whether the caller gets a visitor's conversation; False where it is theirs already. Raises as `check_access`."""
    check_access(conversation, erased=erased, owner=caller if owner is None else owner, caller=caller)
    return owner is None


def stale(claim: Claim) -> StaleTurn:
    """Make the error for a claim that was lost."""
    return StaleTurn(f"turn {claim.turn} of the conversation {claim.conversation!r} lost its lease; nothing was stored")


def unanswered(attempts: int) -> bool:
    """Whether a message without a turn still waits for one."""
    return attempts < MAX_ATTEMPTS


def given_up(*, turn: int | None, attempts: int, held: bool) -> bool:
    """Whether a message will get no reply; `held`: somebody works on its conversation now, maybe at its last try."""
    return turn is None and (attempts > MAX_ATTEMPTS or (attempts == MAX_ATTEMPTS and not held))


def no_reply(conversation: str) -> TurnFailed:
    """Make the error for a message that was given up."""
    return TurnFailed(
        f"a message of the conversation {conversation!r} was given up after {MAX_ATTEMPTS} turns that broke (the log "
        "says on what); put it differently, under a new message id"
    )


def concealed(vault: Mapping[str, str], text: str, conceal: Conceal | None) -> tuple[str, Mapping[str, str]]:
    """The text as it is stored, and the vault after it."""
    # Cleaned first: what hides between the digits of a number would hide the number too.
    text = clean(text)
    if conceal is None:
        return text, vault
    text, vault = conceal(vault, text)
    return str(text), vault


def new_handoff_id() -> str:
    """An id that can be read out; two are the same once in 25,000,000,000."""
    return "H" + "".join(secrets.choice(_SPEAKABLE) for _ in range(8))


def unknown(handoff: str) -> HandOffUnknown:
    """Make the error for an id that no hand-off has."""
    return HandOffUnknown(f"there is no hand-off {handoff!r}; check the id, or whether its conversation was erased")


def check_takes(handoff: str, agent: str, *, status: str, holder: str | None) -> None:
    """Raise `HandOffClosed` or `HandOffTaken` unless this person may have the hand-off."""
    if status == "closed":
        raise HandOffClosed(f"the hand-off {handoff} is closed; the bot has the conversation again")
    if status == "person" and holder != agent:
        raise HandOffTaken(f"the hand-off {handoff} was claimed by {holder!r}; it is free once they release it")


def check_has(handoff: str, agent: str, *, status: str, holder: str | None) -> None:
    """Raise the `DeskError` that says why this person does not have the hand-off."""
    check_takes(handoff, agent, status=status, holder=holder)
    if status != "person":
        raise HandOffNotClaimed(f"nobody has claimed the hand-off {handoff}; claim it first")


def exported(message: StoredMessage) -> dict[str, Any]:
    """A message as plain JSON."""
    return {**asdict(message), "items": items_to_json(message.items)}
