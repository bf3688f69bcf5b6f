"""The small grammar of short answers: clauses, made of words of known kinds, and what each clause says of a deed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

import yaml

from shopassist.language.spelling import simplified
from shopassist.text import HAN, fold

Label = Literal["yes", "no", "hold", "named", "told", "resolved", "torn", "silent", "unclear", "other"]
"""What a clause says of the deed.

- named: only the deed's object or a reason; silent: only courtesy, an ack, particles
- told: 取消了, an imperative or the report of a deed done
- resolved: 那我取消了, I'll cancel it, a yes only after a word that agrees
- torn: 不要了 where goods are given up (the goods, or the deed?)
- unclear: two negations, a question that falls apart into yes and no; other: there is residue in it
"""

_BREAK = re.compile(rf"[,.!;:~。;、…\n\r\u2014-]+|(?<=\?)(?!\?)|(?<=[{HAN}])\s+|\s{{1,9}}(?=[{HAN}])")
_SKIP = re.compile(r"[\s\"'“”()\[\]【】《》「」<>*_^#/\\|+=·`]+")
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|.", re.DOTALL)
_LATIN = re.compile(r"[a-z0-9]+")
_INVISIBLE = re.compile("[\ufe0e\ufe0f\u200d♂♀\U0001f3fb-\U0001f3ff]")
_MARK_IN_WORD = re.compile(r"(?<=[a-z0-9])[.\-:](?=[a-z0-9])")
_CORES = frozenset({"yes", "have", "neg", "deny", "refuse", "nothing"})
_POLITE = frozenset({"courtesy", "thanks", "ack", "particle", "filler", "ask", "now"})
_LEADS = _POLITE | {"yes", "have", "go", "verb", "copula", "want", "pointer", "resolve"}
_OBJECTS = frozenset({"object", "subject", "undone", "pointer"})
_NEGATORS = ("neg", "deny", "later")
_TELLING = (_POLITE | _OBJECTS | {"tell", "state", "matter", "person", "yes", "copula", "reason"}) - {"ask", "now"}
_REPORTING = _TELLING - {"pointer", "undone"} | {"other", "ask"}
_SPACED = re.compile(rf"(?<=[{HAN}]) (?=[{HAN}])")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a known kind, or residue (kind ``other``)."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause's words and what they say; `contrast` where 但是 or "but" leads into it."""

    tokens: tuple[Token, ...]
    label: Label
    contrast: bool = False

    def has(self, *kinds: str) -> bool:
        """Whether a word of one of the kinds is in it."""
        return any(t.kind in kinds for t in self.tokens)

    @property
    def names(self) -> bool:
        """Whether it names the deed or its object, rather than pointing at it."""
        return self.has("verb", "object", "subject", "undone")

    @property
    def tells(self) -> bool:
        """Whether it only tells, in known words, what was looked at, thought over or found: 我看过了, 太小了."""
        kinds = {t.kind for t in self.tokens}
        found = bool(kinds & {"tell", "state"}) or ("matter" in kinds and bool(kinds & {"ack", "yes"}))
        return self.label == "other" and found and kinds <= _TELLING

    @property
    def reports(self) -> bool:
        """Whether it tells in the customer's own words what he did or what became of him: 我刚搬家了, "I moved"."""
        if self.label != "other" or not {t.kind for t in self.tokens} <= _REPORTING:
            return False
        text = _SPACED.sub("", " ".join(t.text for t in self.tokens))
        return bool(re.search(rules("reports"), text)) and not re.search(rules("turning"), text)

    @property
    def commands(self) -> bool:
        """Whether it asks for the deed: 退吧, go ahead; 可以退 tells what can be done."""
        at = next((i for i, t in enumerate(self.tokens) if t.kind in ("verb", "go")), 0)
        can = self.tokens[at - 1].text in rules("modals") if at else False
        return self.label in ("yes", "resolved") and self.has("verb", "go") and not can


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words that count for one deed, a pattern a kind; the earlier kind wins where two are equally long."""

    kinds: tuple[tuple[str, re.Pattern[str]], ...]
    undoes: bool
    gives_up: bool


def clauses(text: str, deed: str | None, objects: Sequence[str] = (), *, closing: bool = False) -> list[Clause]:
    """The clauses of a message about a deed (the id of its intent) done to `objects` (words that name them).

    `closing` adds the words that answer "anything else?".
    """
    words = lexicon(deed, closing)
    wholes = tuple(_joined(o) for o in map(normal, objects) if len(o) > 1)
    found: list[Clause] = []
    others = _other_sorts(deed, wholes)
    for part in _BREAK.split(_joined(normal(text))):
        run: list[Token] = []
        contrast = False
        for token in _tokens(part, words, wholes):
            if token.kind == "sort" and token.text in others:
                token = Token("other", token.text)
            if token.kind == "contrast":
                _add(found, run, words, contrast)
                run, contrast = [], True
            else:
                run.append(token)
        _add(found, run, words, contrast, empty=contrast)
    return found


def normal(text: str) -> str:
    """Folded, in simplified characters, without variation selectors, the common misspellings put right."""
    data = _data()
    folded = _INVISIBLE.sub("", fold(text)).replace("’", "'").replace("‘", "'")
    folded = simplified(folded)
    for right, wrong in data["respelled"].items():
        folded = re.sub(wrong, right, folded)
    return folded


def _joined(text: str) -> str:
    """Codes and compounds in one piece: p-1001, go-ahead."""
    return _MARK_IN_WORD.sub("_", text)


def _other_sorts(deed: str | None, objects: Sequence[str]) -> frozenset[str]:
    """The words for the sorts of the deed that are not the one which the objects name, if they name one."""
    sorts = _sorts(deed)
    named = [sort for sort in sorts if any(o in sort for o in objects)]
    return frozenset(w for sort in sorts if named and sort not in named for w in sort)


def _sorts(deed: str | None) -> list[list[str]]:
    return [sort for part in (deed or "").split("_") for sort in _data()["sorts"].get(part, ())]


def _add(found: list[Clause], run: list[Token], words: Lexicon, contrast: bool, empty: bool = False) -> None:
    if run or empty:
        found.append(Clause(tuple(run), _label(run, words), contrast))


def _tokens(text: str, words: Lexicon, objects: tuple[str, ...]) -> Iterable[Token]:
    at, before = 0, ""
    while at < len(text):
        if skip := _SKIP.match(text, at):
            at = skip.end()
            continue
        kind, end = "other", at
        for name, pattern in words.kinds:
            if (match := pattern.match(text, at)) and match.end() > end:
                kind, end = name, match.end()
        if (named := _object_end(text, at, objects)) > end:
            part = before == "into" and text[at:named] not in objects
            kind, end = "other" if part else "object", named  # 改到漕溪北路8号: the same road of another town?
        if end == at:
            match = _WORD.match(text, at)
            end = match.end() if match else at + 1
        yield Token(kind, text[at:end])
        at, before = end, kind


def _object_end(text: str, at: int, objects: tuple[str, ...]) -> int:
    """Where a name of an object ends that begins at `at`: all of it, two characters, a word, its last three digits."""
    whole = max((len(o) for o in objects if text.startswith(o, at)), default=0)
    if match := _LATIN.match(text, at):
        word = match[0]
        if at + whole >= match.end():
            return at + whole
        last_digits = word.isdigit() and len(word) >= 3 and any(o.endswith(word) for o in objects)
        part = not word.isdigit() and len(word) >= 3 and any(word in _LATIN.findall(o) for o in objects)
        return match.end() if last_digits or part else at
    end = at
    while end < len(text) and any(text[at : end + 1] in o for o in objects):
        end += 1
    while end < len(text) and _LATIN.match(text, end) and _LATIN.match(text, end - 1):
        end -= 1  # never half a number
    return max(end if end - at >= 2 else at, at + whole)


def _label(tokens: Sequence[Token], words: Lexicon) -> Label:
    kinds = _settled(tokens, words)
    meaningful = next((k for k in kinds if k not in _LEADS), None)
    if meaningful == "hold":
        return "hold"
    if {"other", "condition", "mock"} & set(kinds):
        return "other"
    if "question" in kinds:
        return "unclear"
    if "hold" in kinds:
        return "hold"
    if set(_NEGATORS) & set(kinds):
        return _negated(tokens, kinds, words)
    if "refuse" in kinds:
        after = kinds[len(kinds) - kinds[::-1].index("refuse") :]
        before = kinds[: kinds.index("refuse")]
        split = {"yes", "verb", "go"} & set(after) or {"verb", "go"} & set(before)  # 算了取消吧, 取消不了, 取消算了
        return "unclear" if split else "no"
    if "nothing" in kinds:
        return "no"
    telling = max((i for i, k in enumerate(kinds) if k in ("tell", "state")), default=-1)
    led_on = any(t.text in rules("leads_on") for t in tokens[telling + 1 :])
    if (telling >= 0 and not ("verb" in kinds and led_on)) or ({"matter", "sort"} & set(kinds) and "verb" not in kinds):
        return "other"
    if "torn" in kinds:
        return "yes" if "verb" in kinds else "torn"
    if {"verb", "go"} & set(kinds):
        return _done(tokens, kinds)
    if {"yes", "have", "further"} & set(kinds):
        return "yes"
    if _OBJECTS & set(kinds) or "reason" in kinds:
        return "named"
    return "silent"


def _this(kinds: Sequence[str]) -> bool:
    """Whether what follows names again what was proposed: 改成这个地址."""
    return list(kinds[:2]) == ["pointer", "subject"]


def _settled(tokens: Sequence[Token], words: Lexicon) -> list[str]:
    """The tokens' kinds where those that depend on their neighbours are decided."""
    kinds = [t.kind for t in tokens]
    settled = list(kinds)
    others = {"other", "condition", "mock", "question"} & set(kinds)
    deed = bool({"verb", "go"} & set(kinds))
    pointed = bool(_OBJECTS & set(kinds))
    for i, kind in enumerate(kinds):
        following = next((k for k in kinds[i + 1 :] if k not in ("filler", "particle")), None)
        if kind == "first":
            settled[i] = "ask" if following in ("verb", "go", "ask") and deed else "other"
        elif kind == "softener":
            behind = next((k for k in reversed(settled[:i]) if k != "particle"), "")
            settled[i] = "particle" if behind in _CORES else "other"
        elif kind == "muse":
            by_us = "ask" in kinds[:i] or any(set("你您") & set(t.text) for t in tokens[:i])
            settled[i] = "other" if others or by_us else "hold"
        elif kind == "into":
            settled[i] = "verb" if following in ("object", "subject") or _this(kinds[i + 1 :]) else "other"
        elif kind == "yes" and deed and tokens[i].text in rules("supposed"):
            settled[i] = "condition"
        elif kind == "ask" and i and not following and tokens[i].text in rules("before_deed"):
            settled[i] = "other"
        elif kind == "person":
            settled[i] = "tell" if "tell" in kinds and not deed else "other"
        elif kind == "matter" and (deed or not {"tell", "ack", "yes"} & set(kinds)):
            settled[i] = "other"
        elif kind == "ack" and i and kinds[i - 1] in (*_NEGATORS, "verb", "go") and tokens[i].text != "就行":
            settled[i] = "other"  # 不知道, 取消好了
        elif kind == "copula":
            settled[i] = "filler" if pointed or deed or "reason" in kinds else "yes"
        elif kind == "nothing" and following not in (None, "courtesy", "thanks", "nothing", "refuse", "softener"):
            settled[i] = "other"  # 没有收到
        elif kind == "want":
            keeps = pointed and not deed and (words.undoes or words.gives_up)
            settled[i] = "question" if keeps else "ask" if deed else "yes"
    return settled


def _negated(tokens: Sequence[Token], kinds: list[str], words: Lexicon) -> Label:
    """A clause with a negator in it. 不不不 is a no, 不是不可以 is nothing."""
    negators = [t.text for t in tokens if t.kind in _NEGATORS]
    if "nothing" in kinds or len({*negators} - {"不"}) > 1 or ("不" in negators[1:] and negators[0] != "不"):
        return "unclear"
    at = max(i for i, k in enumerate(kinds) if k in _NEGATORS)
    after, before = set(kinds[at + 1 :]), set(kinds[:at])
    if "refuse" in kinds and at < kinds.index("refuse"):
        return "unclear"  # 不算了, 不取消了算了
    if "verb" in before and "verb" in after:
        return "unclear"  # 取消不取消
    if kinds[at] == "deny" and "reason" in after and "verb" not in after:
        return "other"  # 不是不喜欢: another reason, and no other will
    if kinds[at] == "neg" and "undone" in after and "verb" not in kinds:
        return "yes"  # 不退了 is a yes to undoing the return
    if kinds[at] == "later" and not {"verb", "go", "yes"} & after:
        return "hold"
    if "verb" in before and not {"verb", "go", "yes"} & after:
        return "unclear"  # 不退不行, 取消不
    return "no"


def _done(tokens: Sequence[Token], kinds: list[str]) -> Label:
    """A clause with the deed in it: asked for, told of, or resolved upon."""
    at = min(i for i, k in enumerate(kinds) if k in ("verb", "go"))
    before = [t.text for t in tokens[:at]]
    own = "verb" in kinds and not set("你您") & set("".join(before)) and not {"now", "go"} & set(kinds)
    then = {"那", "那么"} & set(before) and {"我", "我们", "咱", "咱们"} & set(before) and tokens[-1].text == "了"
    resolved = own and ("resolve" in kinds or bool(then)) and not any(t.text in rules("at_once") for t in tokens)
    if not resolved and ("resolve" in kinds or _reads_as_told(tokens, kinds)):
        return "told"
    if "sort" in kinds and any(t.text == "还是" for t in tokens):
        return "other"
    return "resolved" if (resolved or "sort" in kinds) and "yes" not in kinds[:at] else "yes"


def _reads_as_told(tokens: Sequence[Token], kinds: list[str]) -> bool:
    """Whether a deed may be reported: 取消了 and 谢谢你取消, with nothing that asks for it; 我现在取消."""
    asked = "ask" in kinds or "now" in kinds
    by_customer = any(t.text == "我" and k == "now" for t, k in zip(tokens, kinds[1:], strict=False))
    thanked = "thanks" in kinds[: min(i for i, k in enumerate(kinds) if k in ("verb", "go"))] and "yes" not in kinds
    return by_customer or ((tokens[-1].text == "了" or thanked) and not asked)


@lru_cache(maxsize=128)
def lexicon(deed: str | None, closing: bool = False) -> Lexicon:
    """The words for a deed; an id that the lists do not know lends its own words (``cancel_subscription``)."""
    data = _data()
    parts = deed.split("_") if deed else []
    head = next((p for p in parts if p in data["heads"]), None)
    done_to = head in ("cancel", "change", "urge")
    verbs: list[str] = [*(data["heads"][head] if head else ()), *data["also"].get(deed, ())]
    subjects: list[str] = []
    undone: list[str] = []
    for part in parts:
        subject = data["subjects"].get(part)
        if subject:
            (undone if head == "cancel" else subjects if done_to else verbs).extend(subject["deeds"])
            subjects.extend(subject["names"])
        elif part != head:
            subjects.append(part)
    gives_up = deed in data["gives_up"]
    kinds: list[tuple[str, list[str], list[str]]] = [("verb", verbs, [])]
    kinds += [("subject", subjects, []), ("undone", undone, [])]
    if gives_up:
        kinds += [("torn", data["torn"], []), ("reason", data["reasons"], [])]
    kinds.append(("sort", [w for sort in _sorts(deed) for w in sort], []))
    for kind, entry in [*(data["closing"].items() if closing else ()), *data["kinds"].items()]:
        words = [w for w in entry.get("words", ()) if w not in verbs]
        kinds.append((kind, words, entry.get("patterns", [])))
    if "change" in parts or "exchange" in parts:
        kinds.append(("into", data["into"], []))
    dropped = [w for w in data["drops"] if w not in verbs]
    kinds.append(("refuse" if head or verbs else "mock", dropped, []))
    compiled = tuple((k, _alternation(w, p)) for k, w, p in kinds if w or p)
    return Lexicon(compiled, undoes=head == "cancel", gives_up=gives_up)


def verb_of(deed: str | None) -> re.Pattern[str]:
    """The words for what the deed does; nothing for a deed whose verb is not known."""
    return next((p for kind, p in lexicon(deed).kinds if kind == "verb"), re.compile("(?!)"))


def pattern_of(entry: dict[str, list[str]]) -> re.Pattern[str]:
    """The pattern of an entry of words and patterns."""
    return _alternation(entry.get("words", ()), entry.get("patterns", ()))


def rules(name: str) -> Any:
    """A part of answers.yaml."""
    return _data()[name]


def _alternation(words: Iterable[str], patterns: Iterable[str] = ()) -> re.Pattern[str]:
    literal = [_literal(w) for w in sorted(set(words), key=len, reverse=True)]
    return re.compile("|".join([*(f"(?:{p})" for p in patterns), *literal]))


def _literal(word: str) -> str:
    escaped = re.escape(word).replace(r"\ ", r"[\s_]+")
    if not re.match(r"[a-z0-9]", word):
        return escaped
    tail = rf"{word[-1]}*(?![a-z0-9'])" if word[-1].isascii() and word[-1].isalnum() else ""
    return rf"(?<![a-z0-9']){escaped}{tail}"


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(resources.files(__package__).joinpath("answers.yaml").read_text("utf-8"))
    return data
