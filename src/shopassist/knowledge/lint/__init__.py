"""What is wrong with the shop's pages, for those who write them: one check a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from shopassist.knowledge.inventory import Progress
from shopassist.knowledge.lint.contradictions import contradictions
from shopassist.knowledge.lint.duplicates import duplicates
from shopassist.knowledge.lint.files import files
from shopassist.knowledge.lint.findings import Finding, in_order
from shopassist.knowledge.lint.languages import languages
from shopassist.knowledge.lint.links import links
from shopassist.knowledge.lint.material import Material
from shopassist.knowledge.lint.periods import periods
from shopassist.knowledge.lint.prices import prices
from shopassist.knowledge.lint.probes import probes
from shopassist.knowledge.lint.texts import texts

Check = Callable[[Material], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (files, probes, contradictions, periods, languages, duplicates, prices, texts, links)


def lint(material: Material, progress: Progress, checks: Sequence[Check] = CHECKS) -> list[Finding]:
    """What the checks find, the worst first."""
    found: list[Finding] = []
    for number, check in enumerate(checks, start=1):
        found.extend(check(material))
        progress("checks", number, len(checks))
    return in_order(found)
