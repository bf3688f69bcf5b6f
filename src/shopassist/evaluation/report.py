"""What came of the scenarios, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shopassist.evaluation.judge import Miss
from shopassist.evaluation.measures import Understanding, understanding
from shopassist.evaluation.run import Played, Result

SHOWN_SAY = 120
"""Characters of what the customer said that are shown in a heading."""


def measured(results: Sequence[Result]) -> Understanding | None:
    """The measures of the single utterances, None where there were none."""
    rows = [r.row for r in results if r.row is not None]
    return understanding(rows) if rows else None


def as_json(results: Sequence[Result]) -> dict[str, Any]:
    """The object that ``--json`` prints.

    `scenarios`, `passed`, `turns` and `turns_passed` count dialogues; single utterances are counted in
    `understanding`. Misses are of both.
    """
    dialogues = [r for r in results if r.row is None]
    counts: dict[str, Any] = {
        "scenarios": len(dialogues),
        "passed": sum(r.passed for r in dialogues),
        "turns": sum(len(r.turns) for r in dialogues),
        "turns_passed": sum(not t.misses for r in dialogues for t in r.turns),
        "misses": [_miss(r, t, m) for r in results for t in r.turns for m in t.misses],
    }
    measures = measured(results)
    return counts if measures is None else {**counts, "understanding": asdict(measures)}


def _miss(result: Result, turn: Played, miss: Miss) -> dict[str, Any]:
    say = turn.say[0] if len(turn.say) == 1 else list(turn.say)
    return {
        "scenario": result.scenario.name,
        "turn": turn.number,
        "say": say,
        "key": miss.key,
        "expected": miss.expected,
        "seen": miss.seen,
        "reply": turn.reply,
    }


def table(results: Sequence[Result]) -> RenderableType:
    """A line a file, each miss below with what was expected and what was seen, and the measures last."""
    parts: list[RenderableType] = [*_misses(results), _files(results)]
    if measures := measured(results):
        parts.extend((Text(), _measures(measures)))
    return Group(*parts)


def _files(results: Sequence[Result]) -> Table:
    found = Table("file", box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("scenarios", "passed", "turns", "passed"):
        found.add_column(name, justify="right", no_wrap=True)
    by_file: dict[str, list[Result]] = {}
    for result in results:
        by_file.setdefault(result.scenario.file, []).append(result)
    for file, own in by_file.items():
        _line(found, _short(file), own)
    if len(by_file) > 1:
        _line(found, "together", results, "bold")
    return found


def _line(found: Table, name: str, results: Sequence[Result], style: str = "") -> None:
    turns = [t for r in results for t in r.turns]
    passed, turns_passed = sum(r.passed for r in results), sum(not t.misses for t in turns)
    found.add_row(
        Text(name, overflow="fold"),
        str(len(results)),
        Text(str(passed), style="green" if passed == len(results) else "red"),
        str(len(turns)),
        Text(str(turns_passed), style="green" if turns_passed == len(turns) else "red"),
        style=style,
    )


def _measures(measures: Understanding) -> Table:
    found = Table("understanding", *_NAMES.values(), box=None, padding=(0, 2, 0, 0), header_style="bold")
    values = (getattr(measures, name) for name in _NAMES)
    found.add_row(f"{measures.n} utterances", *("–" if v is None else f"{v:.3f}" for v in values))
    return found


_NAMES = {
    "intent_micro_f1": "intents F1",
    "intent_exact": "exact",
    "slot_f1": "slots F1",
    "mood_accuracy": "mood",
    "mood_macro_f1": "macro F1",
}


def _misses(results: Sequence[Result]) -> Iterator[RenderableType]:
    for result in results:
        for turn in result.turns:
            if turn.misses:
                yield _heading(result, turn)
                yield Padding(_sides(turn), (0, 0, 1, 2))


def _heading(result: Result, turn: Played) -> Text:
    place = f"{_short(result.scenario.file)} · {result.scenario.name}"
    return Text.assemble(("✗ ", "bold red"), (place if result.row else f"{place} · turn {turn.number}", "bold"))


def _sides(turn: Played) -> Table:
    found = Table.grid(padding=(0, 2, 0, 0))
    found.add_column(style="dim", no_wrap=True)
    found.add_column(overflow="fold")
    found.add_row("said", Text(_cut(" / ".join(turn.say)) if turn.say else "(a person at the desk)"))
    for miss in turn.misses:
        found.add_row("expected", Text(f"{miss.key}: {_shown(miss.key, miss.expected)}", style="green"))
        found.add_row("seen", Text(_seen(miss), style="red"))
    found.add_row("reply", Text("(none)" if turn.reply is None else turn.reply or "(empty)"))
    return found


def _seen(miss: Miss) -> str:
    if miss.key == "reply_lacks":
        return "it stands in the reply"
    return "not in the reply" if miss.key == "reply_has" else _shown(miss.key, miss.seen)


def _shown(key: str, value: Any) -> str:
    """One side of a miss; a list within a list, and one of `reply_has`, holds alternatives."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return json.dumps(value, ensure_ascii=False, default=str)
    if key == "reply_has":
        return _either(value)
    return ", ".join(_write(v) if isinstance(v, dict) else _either(v) for v in value) or "nothing"


def _either(value: Any) -> str:
    return value if isinstance(value, str) else " or ".join(map(str, value))


def _write(value: dict[str, Any]) -> str:
    """A write as a call, with how it ended where that is known."""
    args = ", ".join(f"{name}={given}" for name, given in value["args"].items())
    return f"{value['name']}({args})" + (f" {value['status']}" if "status" in value else "")


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_SAY else f"{text[:SHOWN_SAY]}…"


def _short(file: str) -> str:
    """A file's path from the working folder, if it is in there."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file
