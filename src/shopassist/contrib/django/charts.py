"""Charts as SVG, drawn on the server: no script, no inline style; colours come from `shopassist/admin.css`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 640, 180
LEFT, RIGHT, TOP, BOTTOM = 50, 8, 10, 24
LABELS = 8
"""Labels below the chart at most."""


@dataclass(frozen=True, slots=True)
class Series:
    """A name, the class of its colour, and a value for each label; None where there is nothing to measure."""

    name: str
    colour: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with what it shows: `series` and `labels` stand in the table below it."""

    title: str
    note: str
    svg: SafeString
    labels: Sequence[str]
    series: Sequence[Series]
    unit: str = ""

    @property
    def rows(self) -> list[tuple[str, list[str]]]:
        """The figures as a table, a label a row."""
        return [(label, [_told(s.values[n], self.unit) for s in self.series]) for n, label in enumerate(self.labels)]


def columns(title: str, note: str, labels: Sequence[str], series: Sequence[Series], unit: str = "") -> Chart:
    """A column for each label, the series upon each other."""
    sums = [sum(value or 0 for value in values) for values in zip(*(s.values for s in series), strict=True)]
    top = ceiling(max(sums, default=0))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(labels))
    width = max(1.0, min(28.0, step * 0.72))
    parts = []
    for n, label in enumerate(labels):
        below = 0.0
        for one in series:
            value = one.values[n] or 0
            if value > 0:
                height = _span(value, top)
                x, y = LEFT + n * step + (step - width) / 2, HEIGHT - BOTTOM - _span(below, top) - height
                told = f"{label} {one.name}: {shown(value)}{unit}"
                parts.append((one.colour, f"{x:.1f}", f"{y:.1f}", f"{width:.1f}", f"{height:.1f}", told))
            below += value
    bars = format_html_join(
        "", '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="1.5"><title>{}</title></rect>', parts
    )
    return Chart(title, note, _svg(title, bars, labels, top, unit), labels, series, unit)


def lines(title: str, note: str, labels: Sequence[str], series: Sequence[Series], unit: str = "") -> Chart:
    """A line for each series, with a point for each label that has a value."""
    top = ceiling(max((value for s in series for value in s.values if value is not None), default=0))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(labels))
    drawn = SafeString("")
    for one in series:
        points = [
            (
                f"{LEFT + (n + 0.5) * step:.1f}",
                f"{HEIGHT - BOTTOM - _span(value, top):.1f}",
                f"{labels[n]} {one.name}: {shown(value)}{unit}",
            )
            for n, value in enumerate(one.values)
            if value is not None
        ]  # fmt: skip
        drawn += format_html(
            '<polyline class="line {}" points="{}"/>', one.colour, " ".join(f"{x},{y}" for x, y, _ in points)
        )
        dots = [(one.colour, x, y, told) for x, y, told in points]
        drawn += format_html_join("", '<circle class="{}" cx="{}" cy="{}" r="3"><title>{}</title></circle>', dots)
    return Chart(title, note, _svg(title, drawn, labels, top, unit), labels, series, unit)


def ceiling(value: float) -> float:
    """The next round number that a scale can end with: 1, 2, 4, 5, 8 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return float(next(m * power for m in (1, 2, 4, 5, 8, 10) if value <= m * power * (1 + 1e-9)))


def shown(value: float) -> str:
    """A figure as it is read."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}" if value >= 10 else f"{value:.2f}"


def _told(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{shown(value)}{unit}"


def _span(value: float, top: float) -> float:
    return value / top * (HEIGHT - TOP - BOTTOM)


def _svg(title: str, drawn: SafeString, labels: Sequence[str], top: float, unit: str) -> SafeString:
    every = max(1, -(-len(labels) // LABELS))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(labels))
    grid = [
        (LEFT, WIDTH - RIGHT, f"{HEIGHT - BOTTOM - _span(value, top):.1f}", LEFT - 6, f"{shown(value)}{unit}")
        for value in (0.0, top / 2, top)
    ]
    lined = format_html_join(
        "",
        '<line class="grid" x1="{0}" x2="{1}" y1="{2}" y2="{2}"/>'
        '<text class="tick" x="{3}" y="{2}" dy="0.32em" text-anchor="end">{4}</text>',
        grid,
    )
    below = [
        (f"{LEFT + (n + 0.5) * step:.1f}", HEIGHT - 6, label)
        for n, label in enumerate(labels)
        if (len(labels) - 1 - n) % every == 0
    ]
    named = format_html_join("", '<text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>', below)
    return format_html(
        '<svg class="sa-chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}</svg>',
        WIDTH, HEIGHT, title, lined, named, drawn,
    )  # fmt: skip
