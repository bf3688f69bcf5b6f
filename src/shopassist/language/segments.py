"""A message, or a burst of them, in pieces that hold one wish each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from shopassist.language.spelling import simplified
from shopassist.text import fold

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a message and its place in it.

    `core` is the part that asks, `told` the clauses before or after it that only tell: 耳机坏了，想换一个 asks 想换一个
    and tells 耳机坏了. A piece that only tells is its own core; one that is `empty` says nothing by itself (行吗).
    Where one verb has two objects (改地址和电话), or two deeds are wanted together (退货换货都要), two segments have
    the same span; each text lacks the other's object or deed.
    """

    text: str
    span: Span
    core: str
    told: tuple[tuple[str, Span], ...] = ()
    asks: bool = False
    empty: bool = False


@lru_cache(maxsize=256)  # a turn asks for the pieces of its text more than once
def segments(text: str, language: str) -> tuple[Segment, ...]:
    """The pieces in the order of the text; lines of it are the messages of a burst."""
    rules = _rules(language)
    folded = _same_length(text)
    found: list[Segment] = []
    for group in _across([_grouped(clauses) for clauses in _sentences(folded, rules)]):
        found.extend(_coordinated(_segment(text, group), rules))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Clause:
    span: Span
    kind: str  # asks | told | opener | tag | onward
    leads: bool = False
    question: bool = False
    bound: bool = False
    denied: bool = False
    void: bool = False  # words of impatience that wish nothing: 少废话
    remark: bool = False  # a fragment that names nothing to be asked about: worst shop ever, give me my money back


_Group = list[_Clause]


def _sentences(folded: str, rules: _Rules) -> Iterator[list[_Clause]]:
    start = 0
    for end, stop in [*((m.start(), m.end()) for m in rules.breaks.finditer(folded)), (len(folded), len(folded))]:
        # A question mark belongs to its clause; other marks do no harm there.
        clauses = [_clause(folded, span, rules) for span in _clauses(folded, (start, end), rules)]
        if clauses:
            last = clauses[-1]
            clauses[-1] = _clause(folded, (last.span[0], len(folded[:stop].rstrip())), rules)
            yield clauses
        start = stop


def _clauses(folded: str, span: Span, rules: _Rules) -> Iterator[Span]:
    cuts = {span[0], span[1]}
    for match in rules.clause.finditer(folded, *span):
        cuts.add(match.end())
    for match in rules.join.finditer(folded, *span):
        if rules.splits(folded[match.start() : span[1]]):
            cuts.add(match.start())
    start = span[0]
    for end in sorted(cuts)[1:]:
        piece = folded[start:end]
        if rules.leads.fullmatch(piece.strip(" \t,")):
            continue  # 另外，… belongs to what it opens
        start, begin = end, start
        if re.search(r"\w", piece):
            yield begin + len(piece) - len(piece.lstrip()), begin + len(piece.rstrip(" \t,"))


def _clause(folded: str, span: Span, rules: _Rules) -> _Clause:
    piece = folded[span[0] : span[1]].strip(" ,.。!;~")
    leads = bool(rules.leads.search(piece))
    bound = bool(rules.bound.search(piece))
    if rules.void.search(piece):
        return _Clause(span, "opener", void=True)
    for kind, pattern in (("tag", rules.tag), ("opener", rules.opener), ("onward", rules.onward)):
        if pattern.search(piece):
            return _Clause(span, kind, leads, kind == "tag" and bool(rules.asks.search(piece)), bound)
    asks = rules.asks.search(piece) and (not rules.told.search(piece) or rules.overrides.search(piece))
    if rules.supposes(piece):
        asks = None
    if not asks and rules.fragment.search(piece) and not rules.denied.search(piece):
        return _Clause(span, "onward", leads, bound=bound, remark=not rules.topic.search(piece))
    denied = bool(rules.denied.search(piece))
    return _Clause(span, "asks" if asks or denied else "told", leads, bound=bound, denied=denied)


def _grouped(clauses: list[_Clause]) -> list[_Group]:
    """Clauses of one sentence: each group asks once; what only tells goes to the next that asks, else to the last."""
    groups: list[_Group] = []
    for n, clause in enumerate(clauses):
        more = any(c.kind == "asks" and not c.bound for c in clauses[n + 1 :])
        if not groups:
            groups.append([clause])
        elif clause.kind in ("tag", "onward") or (clause.bound and not groups[-1][-1].denied):
            groups[-1].append(clause)
        elif _asks(groups[-1]) and (clause.kind in ("asks", "opener") or more or clause.leads):
            groups.append([clause])
        else:
            groups[-1].append(clause)
    return groups


def _across(sentences: Iterable[list[_Group]]) -> list[_Group]:
    """Sentences that only tell go with the next one that asks, unless that opens another subject (另外, also)."""
    found: list[_Group] = []
    for groups in sentences:
        for n, group in enumerate(groups):
            before = found[-1] if found else None
            rounds_off = n == 0 and len(groups) == 1 and all(c.kind in ("tag", "onward") or c.bound for c in group)
            opens = before is not None and not _asks(before) and not group[0].leads
            if before is not None and (rounds_off or opens):
                before.extend(group)
            else:
                found.append(list(group))
    return found


def _asks(group: _Group) -> bool:
    """Whether a group wants something: 降价了，怎么办 asks too, by what rounds it off."""
    return any(c.kind == "asks" or (c.question and c is not group[0]) for c in group)


def _segment(text: str, group: _Group) -> Segment:
    group = group[next((n for n, c in enumerate(group) if not c.void), 0) :]
    span = (group[0].span[0], group[-1].span[1])
    asking = [c for c in group if c.kind == "asks"]
    told = [c for c in group if c.kind == "told" or (c.remark and c.span < asking[0].span)] if asking else []
    core = [c for c in group if c not in told and c.kind != "opener"] or group
    return Segment(
        text[span[0] : span[1]],
        span,
        " ".join(text[c.span[0] : c.span[1]] for c in core),
        tuple((text[c.span[0] : c.span[1]], c.span) for c in told),
        bool(asking),
        all(c.kind in ("tag", "opener") and not c.void for c in group),
    )


def _coordinated(segment: Segment, rules: _Rules) -> list[Segment]:
    """A segment for each object of 地址和电话改一下, and for each deed of 退货换货都给我申请."""
    match = rules.pair(fold(segment.core))
    if match is None:
        return [segment]
    both = match.span("both") if "both" in match.re.groupindex else (-1, -1)
    texts = [
        _lacking(segment.core, [(match.start("first"), match.end("and")), both]),
        _lacking(segment.core, [(match.start("and"), match.end("second")), both]),
    ]
    return [Segment(t, segment.span, t, segment.told, segment.asks) for t in reversed(texts)]


def _lacking(text: str, spans: Iterable[Span]) -> str:
    for start, end in sorted(spans, reverse=True):
        if start >= 0:
            text = text[:start] + text[end:]
    return text


def _same_length(text: str) -> str:
    """Folded character by character where the whole would change places in the text."""
    folded = fold(text)
    if len(folded) != len(text):
        folded = "".join(f if len(f := fold(c)) == 1 else c for c in text)
    return simplified(folded)


@dataclass(frozen=True, slots=True)
class _Rules:
    language: str
    breaks: re.Pattern[str]
    clause: re.Pattern[str]
    join: re.Pattern[str]
    leads: re.Pattern[str]
    asks: re.Pattern[str]
    told: re.Pattern[str]
    overrides: re.Pattern[str]
    opener: re.Pattern[str]
    void: re.Pattern[str]
    tag: re.Pattern[str]
    onward: re.Pattern[str]
    fragment: re.Pattern[str]
    topic: re.Pattern[str]
    bound: re.Pattern[str]
    denied: re.Pattern[str]
    condition: re.Pattern[str]
    pairs: tuple[re.Pattern[str], ...]

    def splits(self, rest: str) -> bool:
        """Whether what a joining word opens is a piece of its own; "and" joins nouns too, so its right side decides."""
        if self.language == "zh":
            return True
        right = self.leads.sub("", rest).lstrip(" ,")
        return bool(self.asks.search(right.partition("?")[0])) or bool(re.match(r"i\b", right))

    def supposes(self, piece: str) -> bool:
        """Whether a clause only sets a condition for another: 要是明天不发货."""
        return bool(self.condition.search(piece))

    def pair(self, core: str) -> re.Match[str] | None:
        """Two objects of different kinds, or two deeds, joined."""
        return next((m for m in (p.search(core) for p in self.pairs) if m), None)


@lru_cache(maxsize=2)
def _rules(language: str) -> _Rules:
    data: dict[str, Any] = yaml.safe_load(resources.files(__package__).joinpath("segments.yaml").read_text("utf-8"))
    rules = data[language]
    deeds: dict[str, Any] = rules["deeds"]
    pairs = [
        *_pairs(rules["objects"], rules["and"]),
        *_pairs(deeds["kinds"], deeds["and"], deeds["before"], deeds["after"]),
    ]
    names = (
        "clause",
        "join",
        "leads",
        "asks",
        "told",
        "overrides",
        "opener",
        "void",
        "tag",
        "onward",
        "fragment",
        "topic",
        "bound",
        "denied",
        "condition",
    )
    compiled = {name: re.compile(rules[name]) for name in names}
    return _Rules(language, re.compile(rules["break"]), pairs=tuple(pairs), **compiled)


def _pairs(kinds: dict[str, str], joint: str, before: str = "", after: str = "") -> list[re.Pattern[str]]:
    """Two words of different kinds and what joins them, one expression for each pair of kinds."""
    return [
        re.compile(f"{before}(?P<first>{a})(?P<and>{joint})(?P<second>{b}){after}")
        for kind, a in kinds.items()
        for other, b in kinds.items()
        if kind != other
    ]
