"""The sample shop's terms: windows, deadlines, surcharges, and the words by which it tells reasons and titles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from shopassist.text import content, fold

ReasonKind = Literal["none", "own_damage", "change_of_mind", "wrong_item", "fault", "unclear"]

DESCRIBED = 2
"""Tokens that carry meaning, from which a reason describes something: 嗯 and "ok" do not."""


@dataclass(frozen=True, slots=True)
class ReturnTerms:
    """One version of the returns policy: for orders placed from `start` to `until`, both included."""

    start: date
    until: date | None
    days: int


@dataclass(frozen=True, slots=True)
class Words:
    """Patterns over folded text. `reasons` are (kind, pattern, exception), the first that fits decides."""

    company: re.Pattern[str]
    special_invoice: re.Pattern[str]
    far_address: re.Pattern[str]
    opened: re.Pattern[str]
    fine: re.Pattern[str]
    reasons: tuple[tuple[ReasonKind, re.Pattern[str], re.Pattern[str] | None], ...]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Words:
        """The patterns of the section ``words`` of a shop's YAML."""
        single = {k: re.compile(v) for k, v in data.items() if k != "reasons"}
        reasons = tuple(
            (r["kind"], re.compile(r["words"]), re.compile(r["unless"]) if "unless" in r else None)
            for r in data["reasons"]
        )
        return cls(**single, reasons=reasons)

    def reason(self, text: str | None) -> ReasonKind:
        """Why goods come back: ``none`` where nothing was described, ``unclear`` where no word is known.

        Faults are told in endless ways: what is unclear is taken for a claim that the warehouse looks into.
        """
        whole = fold(text or "")
        said = self.fine.sub(" ", whole)
        for kind, words, unless in self.reasons:
            if words.search(said) and not (unless and unless.search(said)):
                return kind
        return "unclear" if len(content(whole)) >= DESCRIBED else "none"


@dataclass(frozen=True, slots=True)
class Terms:
    """The figures behind the policies' pages. Days count in `timezone`, the last day included."""

    timezone: ZoneInfo
    returns: tuple[ReturnTerms, ...]
    exchange_days: int
    protection_days: int
    refund_hours: int
    refund_days: tuple[int, int]
    dispatch_hours: int
    invoice_hours: int
    far_surcharge: Decimal
    desk_opens: time
    desk_closes: time
    history_days: int
    words: Words

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], words: Mapping[str, Any]) -> Terms:
        """The sections ``terms`` and ``words`` of a shop's YAML."""
        values = dict(data)
        desk = values.pop("desk")
        return cls(
            **values
            | {
                "timezone": ZoneInfo(values["timezone"]),
                "returns": tuple(ReturnTerms(r["from"], r.get("until"), r["days"]) for r in values["returns"]),
                "refund_days": tuple(values["refund_days"]),
                "far_surcharge": Decimal(str(values["far_surcharge"])),
            },
            desk_opens=time.fromisoformat(desk["opens"]),
            desk_closes=time.fromisoformat(desk["closes"]),
            words=Words.from_dict(words),
        )

    def return_days(self, placed: date) -> int:
        """How many days after delivery an order of that day can be returned."""
        holding = [r for r in self.returns if r.start <= placed and (r.until is None or placed <= r.until)]
        return max(holding or self.returns[:1], key=lambda r: r.start).days

    def desk_answers(self, now: datetime) -> datetime:
        """When a person reads what is left now: at once in service hours, else when the desk opens next."""
        opening = now.replace(hour=self.desk_opens.hour, minute=self.desk_opens.minute, second=0, microsecond=0)
        if now < opening:
            return opening
        return now if now.time() < self.desk_closes else opening + timedelta(days=1)

    def far(self, address: str | None) -> bool:
        """Whether delivery there costs the surcharge."""
        return bool(self.words.far_address.search(fold(address or "")))
