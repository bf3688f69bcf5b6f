"""What stored turns come to: how many, what they cost, what kept answers spared, and how they ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shopassist.protocols import ConversationStore, StoredTurn
from shopassist.replies import Mood, Reply

PAGE = 500
"""Turns that are read at once."""

_SUMS = (
    "searched", "unanswered", "cached", "degraded", "model_calls", "saved_calls", "saved_tokens", "saved_seconds",
    "seconds",
)  # fmt: skip

UNDATED = "undated"
"""The day of turns that were stored without a time."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What one turn counts as, wherever turns are counted.

    `said`: the assistant spoke; a turn in which it was silent, since a person had the conversation, is none of its
    own. `searched`: a question was put to the pages, and `unanswered` where they gave nothing to answer from.
    `handed`: it called a person. `cached`: a kept answer was given. `replaced` sentences were not let out.
    """

    said: bool
    searched: bool
    unanswered: bool
    handed: bool
    cached: bool
    degraded: bool
    replaced: int
    mood: Mood
    model_calls: int
    saved_calls: int
    saved_tokens: int
    saved_seconds: float
    seconds: float

    @classmethod
    def of(cls, reply: Reply) -> Counted:
        """What the turn of a reply counts as."""
        usage, saved = reply.usage, reply.usage.saved
        return cls(
            said=bool(reply.text),
            searched=reply.query is not None,
            unanswered=reply.query is not None and not reply.evidence,
            handed=reply.handoff is not None,
            cached=saved is not None,
            degraded=reply.degraded is not None,
            replaced=len(reply.rejected),
            mood=reply.mood,
            model_calls=usage.model_calls,
            saved_calls=saved.calls if saved else 0,
            saved_tokens=saved.input_tokens + saved.output_tokens if saved else 0,
            saved_seconds=saved.seconds if saved else 0.0,
            seconds=usage.total,
        )


@dataclass(slots=True)
class Tally:
    """Sums over turns of what each counts as (`Counted`); `seconds` are the turns' own."""

    turns: int = 0
    conversations: set[str] = field(default_factory=set)
    searched: int = 0
    unanswered: int = 0
    cached: int = 0
    model_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0
    saved_calls: int = 0
    saved_tokens: int = 0
    saved_seconds: float = 0.0
    handoffs: int = 0
    degraded: int = 0
    moods: Counter[str] = field(default_factory=Counter)

    def add(self, turn: StoredTurn) -> None:
        """Count one turn, if the assistant spoke in it."""
        counted, usage = Counted.of(turn.reply), turn.reply.usage
        if not counted.said:
            return
        self.turns += 1
        self.conversations.add(turn.conversation)
        self.input_tokens += usage.input_tokens
        self.output_tokens += usage.output_tokens
        self.handoffs += counted.handed
        self.moods[counted.mood] += 1
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(counted, name))

    def plain(self) -> dict[str, Any]:
        """The counts and their shares as plain JSON; a share of nothing is null."""
        return {
            "turns": self.turns,
            "conversations": len(self.conversations),
            "searched": self.searched,
            "unanswered": self.unanswered,
            "unanswered_rate": share(self.unanswered, self.searched),
            "cached": self.cached,
            "hit_rate": share(self.cached, self.searched),
            "model_calls": self.model_calls,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "seconds": round(self.seconds, 3),
            "saved_calls": self.saved_calls,
            "saved_tokens": self.saved_tokens,
            "saved_seconds": round(self.saved_seconds, 3),
            "handoffs": self.handoffs,
            "handoff_rate": share(self.handoffs, self.turns),
            "degraded": self.degraded,
            "moods": {mood: self.moods[mood] for mood in ("negative", "neutral", "positive")},
        }


def share(part: int, whole: int) -> float | None:
    """A share, None of nothing."""
    return round(part / whole, 4) if whole else None


def tally(store: ConversationStore, zone: ZoneInfo, *, since: float | None = None) -> tuple[Tally, dict[str, Tally]]:
    """All turns together and by day, the latest day last; `since` is in seconds since the epoch.

    Raises `StorageError`.
    """
    total, days = Tally(), dict[str, Tally]()
    for turn in _turns(store, since):
        day = datetime.fromtimestamp(turn.answered, zone).date().isoformat() if turn.answered else UNDATED
        total.add(turn)
        days.setdefault(day, Tally()).add(turn)
    return total, {day: days[day] for day in sorted(days) if days[day].turns}


def _turns(store: ConversationStore, since: float | None) -> Iterator[StoredTurn]:
    after: tuple[str, int] | None = None
    while found := store.turns(after=after, since=since, limit=PAGE):
        for turn in found:
            if since is None or (turn.answered is not None and turn.answered >= since):
                yield turn
        after = found[-1].conversation, found[-1].number
