"""The report's page: what goes into it, and the page itself.

One file that asks the network for nothing. Its Content-Security-Policy lets its own style and script run, by their
hashes, and nothing else; every text is escaped where it is put in.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from shopassist.evaluation.pages.chart import Chart, Point
from shopassist.knowledge.documents import Document
from shopassist.knowledge.lint.findings import SEVERITIES, Finding, Place
from shopassist.knowledge.lint.languages import NAMES
from shopassist.knowledge.lint.material import Material
from shopassist.learning.gaps import Gaps
from shopassist.replies import version_of

if TYPE_CHECKING:
    from jinja2 import Environment

SNIPPET = 180
"""Characters of a passage that the map shows."""

PLACES = 12
"""Places of a finding that are listed; the rest are counted."""

SIDE = 1000
"""The side of a map's panel, in its own units."""

BETWEEN = 0.08
"""Of that, between two panels."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page shows. `gaps` and `chart` are None where there are no conversations, or no index."""

    shop: str
    made: datetime
    material: Material
    findings: Sequence[Finding]
    gaps: Gaps | None
    chart: Chart | None


def page(report: Report) -> str:
    """The whole page as HTML."""
    style, script = _file("report.css"), _file("report.js")
    return _environment().get_template("report.html").render(
        report=report,
        style=style,
        script=script,
        policy=_policy(style, script),
        tiles=_tiles(report),
        severities=SEVERITIES,
        findings=_findings(report),
        gaps=_gaps(report),
        documents=_documents(report),
        line=_time_line(report.material, report.made.date()),
        map=_map(report.chart),
        data=_data(report),
        side=SIDE,
    )  # fmt: skip


def _policy(style: str, script: str) -> str:
    style_hash, script_hash = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)
    )
    return (
        f"default-src 'none'; style-src 'sha256-{style_hash}'; script-src 'sha256-{script_hash}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _tiles(report: Report) -> list[tuple[str, str, str]]:
    """Figures for the top: number, what it counts, and how it is coloured."""
    counts = Counter(f.severity for f in report.findings)
    languages = Counter(d.language for d in report.material.documents)
    tiles = [
        (str(sum(languages.values())), "pages (" + ", ".join(f"{n} {x}" for x, n in languages.most_common()) + ")", "")
    ]
    if report.chart:
        tiles.append((f"{report.chart.passages:,}", "passages", ""))
    tiles += [(str(counts[s]), f"{s}s" if counts[s] != 1 else s, s) for s in SEVERITIES]
    if report.gaps:
        open_ = [g for g in report.gaps.gaps if not g.closed]
        tiles.append((str(len(open_)), f"gaps, asked {sum(g.count for g in open_)} times", "gap"))
    return tiles


def _findings(report: Report) -> list[dict[str, Any]]:
    return [
        {"finding": f, "places": f.places[:PLACES], "more": max(0, len(f.places) - PLACES)} for f in report.findings
    ]


def _gaps(report: Report) -> list[dict[str, Any]]:
    """The gaps with their bars: of the count against the greatest, and of the days."""
    if report.gaps is None:
        return []
    most = max((g.count for g in report.gaps.gaps), default=1)
    return [{"gap": g, "width": round(100 * g.count / most, 1), "days": _bars(g.days)} for g in report.gaps.gaps]


def _bars(days: Mapping[date, int]) -> list[tuple[float, float, str]]:
    """A bar a day (or a span of days, where there are more than 40): place, height, both of 100, and what it says."""
    if not days:
        return []
    first, last = min(days), max(days)
    span = max(1, -(-((last - first).days + 1) // 40))
    counts = Counter((day - first).days // span for day in days for _ in range(days[day]))
    slots, most = (last - first).days // span + 1, max(counts.values())
    return [
        (round(100 * n / slots, 2), round(100 * count / most, 1), f"{first + timedelta(days=n * span)}: {count}")
        for n, count in sorted(counts.items())
    ]


def _documents(report: Report) -> list[dict[str, Any]]:
    passages = Counter(piece.document.key for piece in report.material.pieces)
    found = Counter(key for f in report.findings for key in {p.document for p in f.places if p.document})
    return [
        {
            "document": d,
            "file": str(Place(d.source)),
            "version": version_of(d.id, d.valid_from, d.valid_to),
            "kind": d.tags[0] if d.tags else "",
            "state": _state(d, report.made.date()),
            "passages": passages[d.key],
            "findings": found[d.key],
        }
        for d in sorted(report.material.documents, key=lambda d: (d.language, d.id, d.valid_from or date.min))
    ]


def _state(document: Document, today: date) -> str:
    if document.valid_to and document.valid_to < today:
        return "ended"
    return "coming" if document.valid_from and document.valid_from > today else "holds"


def _time_line(material: Material, today: date) -> dict[str, Any] | None:
    """The versions of pages with a period: a row a page, bars in per cent of the time from first day to last."""
    rows = {k: v for k, v in material.versions.items() if any(d.valid_from or d.valid_to for d in v)}
    if not rows:
        return None
    days = [day for versions in rows.values() for d in versions for day in (d.valid_from, d.valid_to) if day]
    first, last = min([*days, today]) - timedelta(days=14), max([*days, today]) + timedelta(days=30)
    length = (last - first).days

    def place(day: date) -> float:
        return round(100 * (day - first).days / length, 2)

    def bar(document: Document) -> dict[str, Any]:
        start = place(document.valid_from) if document.valid_from else 0.0
        end = place(document.valid_to + timedelta(days=1)) if document.valid_to else 100.0
        return {
            "start": start, "width": max(0.6, round(end - start, 2)), "state": _state(document, today),
            "open": document.valid_to is None, "title": document.title,
            "days": f"{document.valid_from or 'ever'} – {document.valid_to or 'open'}",
        }  # fmt: skip

    return {
        "rows": [
            {"id": id, "language": language, "bars": [bar(d) for d in versions]}
            for (id, language), versions in sorted(rows.items())
        ],
        "today": place(today),
        "marks": [(place(day), day) for day in _marks(first, last) if 3 <= place(day) <= 97],
    }


def _marks(first: date, last: date) -> list[date]:
    """Firsts of months to write under the line, ten or so."""
    months = (last.year - first.year) * 12 + last.month - first.month
    step = next((s for s in (1, 2, 3, 6, 12, 24, 60) if months <= 10 * s), 120)
    found = []
    for month in range(first.year * 12 + first.month, last.year * 12 + last.month):
        if month % step == 0:
            found.append(date(month // 12, month % 12 + 1, 1))
    return found


def _map(chart: Chart | None) -> dict[str, Any] | None:
    """The map's marks in its own units: the panels of the languages stand side by side."""
    if chart is None or not chart.points:
        return None
    languages = [x for x, _ in Counter(p.language for p in chart.points).most_common()]
    places = [
        (round((p.x + languages.index(p.language) * (1 + BETWEEN)) * SIDE, 1), round((1 - p.y) * SIDE, 1))
        for p in chart.points
    ]
    drawn = sum(p.row is not None for p in chart.points)
    return {
        "points": [(n, *places[n], p) for n, p in enumerate(chart.points)],
        "links": [(*places[a], *places[b]) for a, b in chart.links],
        "legend": list(zip(chart.kinds, chart.counts, strict=True)),
        "panels": [(n * (1 + BETWEEN) * SIDE, NAMES[x]) for n, x in enumerate(languages)],
        "width": round((len(languages) * (1 + BETWEEN) - BETWEEN) * SIDE),
        "drawn": drawn,
        "radius": 8 if drawn < 800 else 6 if drawn < 4000 else 4,
    }


def _data(report: Report) -> str:
    """What the map's script shows of each point, as JSON that can stand in a page."""
    chart, gaps = report.chart, report.gaps
    if chart is None:
        return "[]"
    every = [_told(p, chart, gaps) for p in chart.points]
    text = json.dumps(every, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _told(point: Point, chart: Chart, gaps: Gaps | None) -> list[Any]:
    """Title, heading, text, and below them: the page's version, language and kind, or how often a gap was asked."""
    if point.gap is not None and gaps is not None:
        gap = gaps.gaps[point.gap]
        near = f"nearest page: {gap.nearest.title} ({gap.nearest.relevance:.2f})" if gap.nearest else ""
        return [gap.question, "", "\n".join(gap.examples), f"asked {gap.count} times; {near}"]
    row = point.row
    assert row is not None  # noqa: S101 - a point is one or the other
    version = version_of(row.document, row.valid_from, row.valid_to)
    text = " ".join(row.text.split())
    return [
        row.title,
        row.heading,
        text if len(text) <= SNIPPET else f"{text[:SNIPPET]}…",
        f"{version} · {row.language} · {chart.kinds[point.kind]}",
        row.key,
    ]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import DictLoader, Environment, StrictUndefined

    return Environment(
        loader=DictLoader({"report.html": _file("report.html")}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")
