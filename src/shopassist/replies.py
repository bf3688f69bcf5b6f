"""What goes out: the reply, its sources, and the events of a stream. All of it is plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date, datetime
from typing import Any, Literal, Self, TypeVar

from shopassist.dialogue import AskedKind, Consent, Option, Quote, Slot, Wish

T = TypeVar("T")

Language = Literal["zh", "en"]
Mood = Literal["negative", "neutral", "positive"]
Mode = Literal["bot", "waiting", "person"]


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that a search found.

    `score` orders the passages of one search (higher is better) and compares with no other search. `relevance`
    is between 0 and 1 and does compare: how far the passage stands above what the index answers to questions
    that have nothing to do with it. `valid_from` and `valid_to` are both included in the period. `section` is the text
    with what stands beside it under the same heading, where there is more of it.
    """

    id: str
    document: str
    title: str
    text: str
    score: float
    relevance: float
    language: str
    url: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    tags: tuple[str, ...] = ()
    dense: float | None = None
    lexical: float | None = None
    section: str | None = None

    @property
    def version(self) -> str:
        """The document's id, with its period where it has one that ends: ``returns@2024-11-01..2024-11-12``."""
        return version_of(self.document, self.valid_from, self.valid_to)


def version_of(document: str, valid_from: date | None, valid_to: date | None) -> str:
    """Name one version of a document: ``id``, ``id@from`` or ``id@from..to``."""
    if valid_from is None and valid_to is None:
        return document
    start = valid_from.isoformat() if valid_from else ""
    return f"{document}@{start}" + (f"..{valid_to.isoformat()}" if valid_to else "")


@dataclass(frozen=True, slots=True)
class Citation:
    """A source of the reply: the document, its version, and the words that bear the reply out.

    `quote` stands so in the passage with the id `passage`. `sentences` are the places in `Reply.sentences` of those
    that it bears out; none for the rule by which a template speaks.
    """

    document: str
    version: str
    title: str
    quote: str
    url: str | None = None
    passage: str | None = None
    sentences: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """A sentence of the model that was not shown, why, and what stood in its place (None: nothing)."""

    sentence: str
    reason: str
    replacement: str | None


OutcomeStatus = Literal["done", "refused", "changed", "failed", "not_found", "unknown"]
"""How a call ended:

- done: a read found its facts; a write happened
- refused: a rule forbids it (`rule`, `reason` are the shop's), or nobody is logged in, or consent is missing
- changed: the order or the amount is no longer what the customer agreed to; nothing was written, ask again
- failed: the tool raised, hung or answered garbage; nothing was written
- not_found: no such order or product, or somebody else's order
- unknown: an external write began and its end was not seen; it is never tried again by itself
"""


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """The end of one tool call. `args` and `facts` are plain JSON values; amounts are decimal texts, dates ISO texts.

    `args` are as the caller gave them: placeholders of personal data are still placeholders. `reason` is the shop's
    own, or one of the toolbox's: ``login``, ``consent``, ``expired`` (refused), ``order`` (not_found), ``no_tool``,
    ``arguments`` (`facts["wrong"]` names them), ``raised``, ``garbage``, ``timeout`` (failed, unknown).
    `id` is what a write made (a ticket's or a return's number). `repeated`: this write's outcome comes from the
    ledger, and the tool was not run for it now.
    """

    name: str
    args: Mapping[str, Any]
    status: OutcomeStatus
    facts: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None
    rule: str | None = None
    id: str | None = None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the prompt: its tokens, and how many pieces (passages, turns) were left out for want of room."""

    name: str
    tokens: int
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Saved:
    """What a kept answer spared its turn: the calls, tokens and seconds that it once took to make.

    `how` is ``same`` where the question was the same but for courtesies and expressions of one meaning, ``alike`` where
    it also stood in another order or used a kindred word, and the cosine agreed.
    """

    how: Literal["same", "alike"]
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What the turn cost. Times are seconds from the start of the turn.

    `input_tokens` and `output_tokens` are as the model's server counted, over all calls; as counted here where it did
    not say, as of an answer that was ended when enough was said. `prompt` is what the last
    call's prompt was made of, as counted here before it was sent (`counted`: by the model's own tokenizer, else
    estimated), `context` how many tokens the model can read and write in all. `saved` is what an answer from the cache
    spared the turn, None where it was not from there.
    """

    model: str | None = None
    model_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    context: int | None = None
    prompt: tuple[Section, ...] = ()
    counted: bool = False
    times: Mapping[str, float] = field(default_factory=dict)
    first_sentence: float | None = None
    total: float = 0.0
    saved: Saved | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer.

    `evidence` is everything the answer was allowed to draw on, `citations` what it did draw on, `considered` all that
    the search found, also what was not relevant enough.
    `degraded` names why the model did not write the answer although one is set up; None where all went well.
    `merged` holds the ids of all messages that this reply answers. `superseded` says that the customer sent another
    message before all of it was shown; the rest was left out.

    `wishes` is what the customer wants, `slots` the values in force for it, carried ones included: name to value, or
    to several. `mood_cause` quotes what showed the mood. `asked` is the kind of question that the reply ends with,
    `consent` the change that waits for the customer's yes,
    `options` what they may choose from. `reads` names the tools that were asked, `tool_outcomes` are the changes that
    were tried. `handoff` is the number under which this turn handed the conversation to a person.
    """

    id: str
    turn: int
    text: str
    sentences: tuple[str, ...]
    language: Language
    intents: tuple[str, ...] = ()
    wishes: tuple[Wish, ...] = ()
    slots: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    mood: Mood = "neutral"
    mood_cause: tuple[str, ...] = ()
    mode: Mode = "bot"
    asked: AskedKind | None = None
    consent: Consent | None = None
    options: tuple[Option, ...] = ()
    reads: tuple[str, ...] = ()
    tool_outcomes: tuple[ToolOutcome, ...] = ()
    handoff: str | None = None
    query: str | None = None
    valid_on: date | None = None
    citations: tuple[Citation, ...] = ()
    evidence: tuple[Passage, ...] = ()
    considered: tuple[Passage, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    usage: Usage = field(default_factory=Usage)
    merged: tuple[str, ...] = ()
    degraded: str | None = None
    superseded: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The reply as plain JSON values: dates as ISO texts, tuples as lists."""
        return plain(self)  # type: ignore[no-any-return]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The reply that `to_dict` wrote; fields that a newer version added are left out."""
        known = {f.name for f in fields(cls)}
        values = {k: v for k, v in data.items() if k in known}
        values["sentences"] = tuple(values["sentences"])
        for name in ("intents", "merged", "mood_cause", "reads"):
            values[name] = tuple(values.get(name, ()))
        values["wishes"] = tuple(_wish(w) for w in values.get("wishes", ()))
        values["slots"] = {n: v if isinstance(v, str) else tuple(v) for n, v in values.get("slots", {}).items()}
        values["consent"] = _consent(values.get("consent"))
        values["options"] = tuple(_known(Option, o) for o in values.get("options", ()))
        values["tool_outcomes"] = tuple(_known(ToolOutcome, o) for o in values.get("tool_outcomes", ()))
        values["valid_on"] = _date(values.get("valid_on"))
        values["citations"] = tuple(_citation(c) for c in values.get("citations", ()))
        values["rejected"] = tuple(_known(Rejection, r) for r in values.get("rejected", ()))
        for name in ("evidence", "considered"):
            values[name] = tuple(_passage(p) for p in values.get(name, ()))
        values["usage"] = _usage(values.get("usage", {}))
        return cls(**values)


def _wish(data: Mapping[str, Any]) -> Wish:
    slots = {name: tuple(_slot(s) for s in found) for name, found in data.get("slots", {}).items()}
    return _known(Wish, {**data, "slots": slots, "span": tuple(data.get("span", (0, 0)))})


def _slot(data: Mapping[str, Any]) -> Slot:
    span = data.get("span")
    return _known(Slot, {**data, "span": tuple(span) if span else None})


def _consent(data: Mapping[str, Any] | None) -> Consent | None:
    if data is None:
        return None
    quote, expires = _known(Quote, data["quote"]), datetime.fromisoformat(data["expires"])
    return _known(Consent, {**data, "quote": quote, "expires": expires})


def _usage(data: Mapping[str, Any]) -> Usage:
    saved = data.get("saved")
    prompt = tuple(_known(Section, section) for section in data.get("prompt", ()))
    return replace(_known(Usage, data), prompt=prompt, saved=_known(Saved, saved) if saved else None)


def _citation(data: Mapping[str, Any]) -> Citation:
    return _known(Citation, {**data, "sentences": tuple(data.get("sentences", ()))})


def _passage(data: Mapping[str, Any]) -> Passage:
    dates = {name: _date(data.get(name)) for name in ("valid_from", "valid_to")}
    return _known(Passage, {**data, **dates, "tags": tuple(data.get("tags", ()))})


def _known(cls: type[T], data: Mapping[str, Any]) -> T:
    """An object from the fields that this version knows; a newer one may have stored more."""
    return cls(**{k: v for k, v in data.items() if k in cls.__dataclass_fields__})  # type: ignore[attr-defined]


def plain(value: Any) -> Any:
    """A dataclass, a date or a container as plain JSON values."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {k: plain(v) for k, v in value.items()}
    return value.isoformat() if isinstance(value, date) else value


def _date(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


@dataclass(frozen=True, slots=True)
class Started:
    """The turn has begun; nobody else works on this conversation."""

    conversation: str
    turn: int


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of the turn has finished, `seconds` after the turn began. `name` is the step's name in the graph."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """A tool is called: a read, a change's pre-check, or the change itself."""

    name: str
    effect: Literal["read", "check", "write"]


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """The call has ended; `status` is that of `ToolOutcome`, and of a pre-check ``done`` or ``refused``."""

    name: str
    effect: Literal["read", "check", "write"]
    status: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A checked sentence that may be shown. `text` ends with the white space that parts it from the next one."""

    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """The turn is stored; `reply.text` is the sentences together."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Failed:
    """The turn failed and was not stored; `error` is the class's name, `message` can be shown to a developer."""

    error: str
    message: str


Event = Started | Stage | ToolStarted | ToolFinished | Sentence | Done | Failed
