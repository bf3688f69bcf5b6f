"""How an answer came about, told for the shop's staff: understood, looked up, decided, done, checked, how long."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from shopassist.contrib.django import names
from shopassist.contrib.django.approved import DOCUMENT
from shopassist.contrib.django.looks import HIDDEN, hidden_fields, hidden_slots
from shopassist.dialogue import Wish
from shopassist.engine.owner_view import owner_view
from shopassist.replies import Passage, Reply
from shopassist.vault import Vault

SHOWN = 160
"""Characters of a passage that are shown."""


@dataclass(frozen=True, slots=True)
class Line:
    """One fact: `label`, what is so, and what explains it. `tone` is good, bad, warn or plain; `share` draws a bar."""

    label: str
    text: str
    detail: str = ""
    tone: str = "plain"
    share: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the way, with its lines; `key` names it in the style sheet."""

    key: str
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class View:
    """Whose eyes: `text` gives a text as it may be seen, with personal data in their places only where `revealed`."""

    text: Callable[[str], str]
    revealed: bool = False
    vault: Vault = field(default_factory=Vault)

    def fields(self, values: Mapping[str, Any]) -> str:
        """A tool's arguments in one line."""
        shown = values if self.revealed else hidden_fields(values)
        return _pairs({k: v for k, v in shown.items() if v not in (None, "", [], {})})


def trail(reply: Reply, view: View, relevance: float) -> list[Step]:
    """The way of one reply, step by step; steps in which nothing happened are left out."""
    if view.revealed:
        reply = owner_view(reply, view.vault)
    parts = (
        ("understood", _("Understood"), _understood(reply, view)),
        ("looked", _("Looked up"), _looked(reply, view, relevance)),
        ("decided", _("Decided"), _decided(reply, view)),
        ("done", _("Changed in the shop"), _done(reply, view)),
        ("checked", _("Checked"), _checked(reply, view)),
        ("times", _("Times"), _times(reply)),
    )
    steps = (Step(key, title, tuple(lines)) for key, title, lines in parts)
    return [step for step in steps if step.lines]


def _understood(reply: Reply, view: View) -> Iterator[Line]:
    for wish in reply.wishes:
        how = _("by the model") if wish.reader == "model" else f"{wish.score:.0%}"
        text = f"{names.intent(wish.intent)}: {names.ACTS.get(wish.act, wish.act)}"
        yield Line(_("Wish"), text, _joined(how, _values(wish, view)), "warn" if wish.score < 0.5 else "plain")
    if not reply.wishes:
        yield Line(_("Wish"), _("nothing that calls for a deed"))
    if reply.mood != "neutral":
        cause = _joined(*(f"“{view.text(c)}”" for c in reply.mood_cause))
        yield Line(_("Mood"), str(names.MOODS[reply.mood]), cause, "bad" if reply.mood == "negative" else "good")
    slots = reply.slots if view.revealed else hidden_slots(reply.slots)
    if slots:
        yield Line(_("In force"), _pairs(slots))


def _values(wish: Wish, view: View) -> str:
    told = []
    for name, found in wish.slots.items():
        shown = {name: tuple(s.value for s in found)}
        value = _pairs(shown if view.revealed else hidden_slots(shown))
        told.append(f"{value} ({_joined(*dict.fromkeys(str(names.SOURCES.get(s.source, s.source)) for s in found))})")
    return _joined(*told)


def _looked(reply: Reply, view: View, relevance: float) -> Iterator[Line]:
    if reply.reads:
        yield Line(_("Asked the shop for"), _joined(*map(names.read_tool, reply.reads)))
    if reply.query:
        day = reply.valid_on.isoformat() if reply.valid_on else ""
        yield Line(_("Asked the pages"), view.text(reply.query), _("as they hold on %(day)s") % {"day": day})
    if reply.usage.saved is not None:
        approved = any(c.document.startswith(DOCUMENT) for c in reply.citations)
        yield Line(_("Kept answer"), _("approved by the shop") if approved else _saved(reply), tone="good")
    used = {p.id for p in reply.evidence}
    for passage in reply.considered:
        yield _passage(passage, passage.id in used, relevance)
    if reply.query and not reply.evidence:
        yield Line(_("Pages"), _("none of them answers it"), tone="bad")


def _saved(reply: Reply) -> str:
    saved = reply.usage.saved
    how = _("the same question was answered before") if saved and saved.how == "same" else _("one like it was answered")
    return how if not saved or not saved.calls else f"{how}, " + _("%(seconds).1f s saved") % {"seconds": saved.seconds}


def _passage(passage: Passage, used: bool, relevance: float) -> Line:
    text = " ".join(passage.text.split())[:SHOWN]
    least = _("used") if used else _("not used") if passage.relevance >= relevance else _("too far from the question")
    return Line(passage.title, text, least, "good" if used else "dim", round(passage.relevance * 100))


def _decided(reply: Reply, view: View) -> Iterator[Line]:
    if (consent := reply.consent) is not None:
        quote = consent.quote
        amount = _("amount %(amount)s") % {"amount": quote.amount} if quote.amount is not None else ""
        rule = _("rule %(rule)s") % {"rule": quote.rule} if quote.rule else ""
        until = _("until %(time)s") % {"time": f"{consent.expires:%H:%M}"}
        text = _("waits for the customer's yes: %(deed)s") % {"deed": names.deed(consent.tool)}
        yield Line(_("Consent"), text, _joined(view.fields(consent.args), amount, rule, until), "warn")
    if reply.options:
        labels = [o.label if view.revealed else view.text(o.label) for o in reply.options]
        yield Line(_("Let choose"), _joined(*labels))
    if reply.handoff:
        yield Line(_("Hand-off"), reply.handoff, _("a person was called"), "warn")
    if reply.superseded:
        yield Line(_("Broken off"), _("a newer message came, or the customer stopped it"), tone="warn")
    if reply.degraded:
        text = _("the model failed (%(error)s): templates and the pages' own words") % {"error": reply.degraded}
        yield Line(_("Without the model"), text, tone="bad")


def _done(reply: Reply, view: View) -> Iterator[Line]:
    tones = {"done": "good", "unknown": "bad", "failed": "bad"}
    for one in reply.tool_outcomes:
        told = _("%(deed)s: %(end)s") % {"deed": names.deed(one.name), "end": names.OUTCOMES[one.status]}
        rule = _("rule %(rule)s") % {"rule": one.rule} if one.rule else ""
        number = one.id or "" if view.revealed else HIDDEN if one.id else ""
        again = _("told again, not done again") if one.repeated else ""
        detail = _joined(view.fields(one.args), one.reason or "", rule, number, again)
        yield Line(_("Deed"), told, detail, tones.get(one.status, "warn"))


def _checked(reply: Reply, view: View) -> Iterator[Line]:
    for one in reply.rejected:
        shown = view.text(one.replacement) if one.replacement else ""
        instead = _("shown instead: %(text)s") % {"text": shown} if shown else _("left out")
        yield Line(_("Replaced"), view.text(one.sentence), _joined(names.objection(one.reason), instead), "warn")
    for citation in reply.citations:
        yield Line(_("Source"), citation.title, citation.quote, "good")
    if reply.sentences and not reply.rejected:
        yield Line(_("Sentences"), _("%(count)d, none replaced") % {"count": len(reply.sentences)}, tone="good")


def _times(reply: Reply) -> Iterator[Line]:
    usage, before = reply.usage, 0.0
    if not usage.total:
        return
    for name, at in usage.times.items():
        took = max(0.0, at - before)
        before = at
        share = round(100 * took / usage.total) if usage.total else 0
        yield Line(str(names.STEPS.get(name, name)), f"{took:.2f} s", share=share)
    first = (
        _("first sentence after %(seconds).2f s") % {"seconds": usage.first_sentence} if usage.first_sentence else ""
    )
    yield Line(_("In all"), f"{usage.total:.2f} s", first)
    if usage.model_calls:
        data = {
            "model": usage.model,
            "calls": usage.model_calls,
            "read": usage.input_tokens,
            "out": usage.output_tokens,
        }
        yield Line(
            _("Model"), _("%(model)s, %(calls)d calls") % data, _("%(read)d tokens read, %(out)d written") % data
        )
    else:
        yield Line(_("Model"), _("not called"))


def _pairs(values: Mapping[str, Any]) -> str:
    return _joined(*(f"{names.slot(name)} {_plain(value)}" for name, value in values.items()))


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return _joined(*(_plain(v) for v in value.values()))
    if isinstance(value, list | tuple):
        return " / ".join(_plain(v) for v in value)
    return HIDDEN if value is None else str(value)


def _joined(*parts: str) -> str:
    return " · ".join(filter(None, map(str, parts)))
