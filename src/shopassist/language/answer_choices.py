"""Which of the options a message picks: 第一个, 后者, 蓝色的, 尾号003, the blue one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from shopassist.dialogue import Option
from shopassist.language.answer_grammar import normal, rules
from shopassist.text import HAN

_SPLIT = re.compile(r"[,.!;~。;、…\n]+(?![a-z0-9])|\s{1,9}(?=第)")
_PIECE = re.compile(rf"[{HAN}]+|[a-z0-9]+(?:[.\-][a-z0-9]+)*")


def chosen(text: str, options: Sequence[Option], verb: re.Pattern[str]) -> tuple[str, bool] | None:
    """The value of the one option that the message picks and whether it says nothing else; None if it is not one.

    `verb` matches the words for the deed that the choice is for: 取消第一个. Only these options can be chosen. A
    comparison (便宜的那个, the newer one) is not decided here, and neither are two at once, one that is ruled out, or
    one that is asked about.
    """
    data = rules("choice")
    folded = normal(text)
    if re.search(data["all"], folded) or re.search(data["negated"], folded) or re.search(rules("asks"), folded):
        return None
    parts = [p for p in _SPLIT.split(folded) if p and p.strip()]
    picks = [_pick(part, options, verb) for part in parts]
    values = {p for p in picks if p is not None}
    if len(values) != 1:
        return None
    more = any(p is None and list(_cores(part, verb))[-1] for p, part in zip(picks, parts, strict=True))
    return values.pop(), not more


def _cores(part: str, verb: re.Pattern[str]) -> Iterator[str]:
    """The part, and what is left of it as the words that only frame a choice are taken off, one at a time."""
    before, after = (re.compile(rules("choice")[k]) for k in ("before", "after"))
    core = part.strip(" ?")
    yield core
    while True:
        shorter = before.sub("", core).strip()
        if shorter == core and (match := verb.match(core)):
            shorter = core[match.end() :].strip()
        if shorter == core:
            shorter = after.sub("", core).strip()
        if shorter == core:
            return
        core = shorter
        yield core


def _pick(part: str, options: Sequence[Option], verb: re.Pattern[str]) -> str | None:
    for option in options:
        if part.strip() in (normal(option.value), normal(option.label)):
            return option.value
    for core in _cores(part, verb):
        place = _place(core, len(options))
        if place is not None:
            return options[place].value if 0 <= place < len(options) else None
        if found := _labelled(core, options):
            return found
    return None


def _place(core: str, n: int) -> int | None:
    """The index that an ordinal or a word of place names (it may lie outside), or None where it names no place."""
    data = rules("choice")
    for pattern in data["ordinal"]:
        if match := re.search(pattern, core):
            from_end = "last" in match.groupdict()
            said = match["last"] if from_end else match["n"]
            number = data["numbers"].get(said) or int(said)
            return n - number if from_end else number - 1
    if core in data["first"]:
        return 0
    if core in data["last"]:
        return n - 1
    if core in data["former"] or core in data["latter"]:
        return (0 if core in data["former"] else 1) if n == 2 else n
    if core in data["middle"]:
        return n // 2 if n % 2 else n
    return None


def _labelled(core: str, options: Sequence[Option]) -> str | None:
    """The one option whose value or label holds all pieces of the core."""
    pieces = _PIECE.findall(core)
    if not pieces:
        return None
    fitting = [o.value for o in options if all(_holds(o, piece) for piece in pieces)]
    return fitting[0] if len(fitting) == 1 else None


def _holds(option: Option, piece: str) -> bool:
    label, value = normal(option.label), normal(option.value)
    if piece.isdigit():
        return (len(piece) >= 3 and value.endswith(piece)) or piece in re.findall(r"\d+", label)
    if piece[0].isascii():
        colour = rules("choice")["colours"].get(piece)
        return piece in _PIECE.findall(f"{label} {value}") or bool(colour and colour in label)
    short = piece.removesuffix("的").removesuffix("色")
    english = {e for e, zh in rules("choice")["colours"].items() if zh == short}
    return bool(short) and (piece in label or short in label or bool(english & set(re.findall("[a-z]+", label))))
