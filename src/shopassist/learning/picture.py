"""Pictures of what was measured, as SVG that reads on light pages and on dark ones."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from html import escape
from math import sqrt
from pathlib import Path

from shopassist.errors import InputError
from shopassist.learning.measure import Bin

CELL = 22
LEFT, TOP = 180, 175
"""Room for the names of rows and columns."""
TICKS = (0.01, 0.05, 0.25, 0.5, 1.0)
NAMED = 0.05
"""The share of a row from which on a cell has its number."""
SIDE = 400
"""Pixels of the reliability plot's axes."""
WIDER = 1.08
"""How much wider its frame is: the last number stands beside its point."""

_STYLE = """<style>
text { font: 12px system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif; fill: #1f2933 }
.title { font-size: 15px; font-weight: 600 } .small { font-size: 10px } .own { font-weight: 700 }
.paper { fill: #ffffff } .on { fill: #ffffff } .right { fill: #1f6fbf } .wrong { fill: #c2410c }
.line { stroke: #c5ccd6; fill: none } .curve { stroke: #1f6fbf; stroke-width: 2; fill: none }
@media (prefers-color-scheme: dark) {
text { fill: #e3e8ef } .paper { fill: #14181f } .on { fill: #14181f }
.right { fill: #6cb2ff } .wrong { fill: #ff9a62 } .line { stroke: #4a5361 } .curve { stroke: #6cb2ff }
}
</style>"""


def confusions(names: Sequence[str], matrix: Sequence[Sequence[int]], own: Collection[str] = ()) -> str:
    """A heat map: a row an intent, the columns what its examples were taken for, the last one nothing.

    The names in `own` stand out.
    """
    size, columns = len(names), [*names, "nothing"]
    width, height = LEFT + (size + 1) * CELL + 100, TOP + size * CELL + 90
    parts = [
        _text(16, 28, "What the other examples say of each example", "title"),
        _text(16, 48, "Each is left out in turn; a cell is the share of its row." + _bold(own)),
        _text(LEFT - 8, TOP - 28, "are taken for →", anchor="end"),
        _text(LEFT - 8, TOP - 8, "examples of ↓", anchor="end"),
    ]
    parts += [_text(LEFT - 8, TOP + (n + 0.7) * CELL, name, _own(name, own), "end") for n, name in enumerate(names)]
    parts += [_turned(LEFT + (n + 0.6) * CELL, TOP - 8, name, _own(name, own)) for n, name in enumerate(columns)]
    parts += _grid(size)
    for row, counts in enumerate(matrix):
        total = max(sum(counts), 1)
        for column, count in enumerate(counts):
            if count:
                told = f"{names[row]} → {columns[column]}: {count} of {total}"
                parts.append(_cell(row, column, count / total, told))
    parts += _legend(TOP + size * CELL + 28)
    return _svg(width, height, parts, "Confusions between intents")


def reliability(bins: Sequence[Bin]) -> str:
    """Scores against the share of candidates that was wished; on the dashed line both are the same."""
    left, top = 70, 70

    def x(value: float) -> float:
        return round(left + value * SIDE, 1)

    def y(value: float) -> float:
        return round(top + (1 - value) * SIDE, 1)

    parts = [
        _text(16, 28, "Are scores what they seem?", "title"),
        _text(16, 48, f"{sum(b.count for b in bins):,} candidates in messages of voices that were left out"),
        f'<rect class="line" x="{left}" y="{top}" width="{SIDE * WIDER:g}" height="{SIDE}"/>',
        f'<path class="line" stroke-dasharray="5 5" d="M{x(0)} {y(0)}L{x(1)} {y(1)}"/>',
        _text(left + SIDE / 2, top + SIDE + 42, "mean score", anchor="middle"),
        _turned(22, top + SIDE / 2 + 60, "share that was wished", angle=-90),
    ]
    for value in (0, 0.2, 0.4, 0.6, 0.8, 1):
        parts.append(f'<path class="line" d="M{x(value)} {y(0)}v5M{x(0)} {y(value)}h-5"/>')
        parts.append(_text(x(value), y(0) + 20, f"{value:g}", anchor="middle"))
        parts.append(_text(x(0) - 10, y(value) + 4, f"{value:g}", anchor="end"))
    parts.append(f'<path class="curve" d="M{"L".join(f"{x(b.score)} {y(b.share)}" for b in bins)}"/>')
    for b in bins:
        told = f"score {b.score:.2f}, wished {b.share:.2f}, {b.count:,} candidates"
        parts.append(f'<circle class="right" cx="{x(b.score)}" cy="{y(b.share)}" r="5"><title>{told}</title></circle>')
        right, down = (10, 14) if b.share > 0.05 else (24, -3)
        parts.append(_text(x(b.score) + right, y(b.share) + down, f"{b.count:,}", "small"))
    return _svg(left + SIDE + 70, top + SIDE + 64, parts, "Reliability of scores")


def writable(file: Path, *kinds: str) -> None:
    """Raise `InputError` where a picture's file is of none of these kinds, or its folder is not there."""
    if file.suffix not in kinds:
        raise InputError(f"{file}: a picture's name ends in {' or '.join(kinds)}")
    if not file.parent.is_dir():
        raise InputError(f"{file}: there is no folder {file.parent}")


def write(file: Path, svg: str) -> None:
    """Write a picture, in a page of HTML where the file is one. Raises `InputError`."""
    style = "<style>:root{color-scheme:light dark}body{margin:1rem}</style>"
    head = f'<!doctype html><meta charset="utf-8"><title>{escape(file.stem)}</title>{style}\n'
    try:
        file.write_text(head + svg if file.suffix == ".html" else svg, "utf-8")
    except OSError as error:
        raise InputError(f"{file}: the picture cannot be written ({error})") from error


def _svg(width: float, height: float, parts: Sequence[str], label: str) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    ground = '<rect class="paper" width="100%" height="100%"/>'
    return "\n".join((f'{head} role="img" aria-label="{label}">', _STYLE, ground, *parts, "</svg>\n"))


def _text(x: float, y: float, text: str, look: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{look}" text-anchor="{anchor}">{escape(text)}</text>'


def _turned(x: float, y: float, text: str, look: str = "", angle: int = -55) -> str:
    return f'<text transform="translate({x:g} {y:g}) rotate({angle})" class="{look}">{escape(text)}</text>'


def _own(name: str, own: Collection[str]) -> str:
    return "own" if name in own else ""


def _bold(own: Collection[str]) -> str:
    return " The shop's own intents are bold." if own else ""


def _grid(size: int) -> Iterator[str]:
    """Lines around all cells, and every fifth one between them."""
    for n in (*range(0, size, 5), size):
        yield f'<path class="line" d="M{LEFT} {TOP + n * CELL}h{(size + 1) * CELL}"/>'
    for n in (*range(0, size, 5), size, size + 1):
        yield f'<path class="line" d="M{LEFT + n * CELL} {TOP}v{size * CELL}"/>'


def _shade(share: float) -> float:
    """How dense a share's colour is: its root, so that few are seen too."""
    return round(sqrt(share), 2)


def _cell(row: int, column: int, share: float, told: str) -> str:
    x, y, shade = LEFT + column * CELL, TOP + row * CELL, _shade(share)
    kind = "right" if row == column else "wrong"
    cell = (
        f'<rect class="{kind}" x="{x + 1}" y="{y + 1}" width="{CELL - 2}" height="{CELL - 2}" fill-opacity="{shade}"/>'
    )
    look = "small on" if shade > 0.7 else "small"
    number = _text(x + CELL / 2, y + CELL / 2 + 4, f"{share:.0%}"[:-1], look, "middle") if share >= NAMED else ""
    return f"<g><title>{escape(told)}</title>{cell}{number}</g>"


def _legend(top: float) -> Iterator[str]:
    for line, (kind, told) in enumerate((("right", "its own intent"), ("wrong", "another intent, or nothing"))):
        y = top + line * 24
        yield _text(LEFT - 8, y + 14, told, anchor="end")
        for n, share in enumerate(TICKS):
            x = LEFT + n * 70
            yield f'<rect class="{kind}" x="{x}" y="{y}" width="22" height="18" fill-opacity="{_shade(share)}"/>'
            yield _text(x + 27, y + 13, f"{share:.0%}", "small")
