"""Pages that one language has and another lacks, and pages whose language is not what they say."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from shopassist.knowledge.documents import LANGUAGES, Document
from shopassist.knowledge.inventory import ROW
from shopassist.knowledge.lint.findings import Finding, listed
from shopassist.knowledge.lint.material import Material
from shopassist.text import HAN, language_of

_HAN = re.compile(f"[{HAN}]")
_WORD = re.compile(r"[A-Za-z]{2,}")
FOREIGN = 0.35
"""The share of another language's words from which a page is of two: English names in Chinese pages stay below."""

NAMES = {"zh": "Chinese", "en": "English"}


def languages(material: Material) -> Iterator[Finding]:
    """Orphans, told together, where the shop has pages in several languages; and pages in two languages."""
    yield from _orphans(material)
    for document in material.documents:
        yield from _unsure(material, document)


def _orphans(material: Material) -> Iterator[Finding]:
    having: dict[str, dict[str, Document]] = defaultdict(dict)
    for document in material.documents:
        having[document.id].setdefault(document.language, document)
    if not any(len(versions) > 1 for versions in having.values()):
        return  # a shop of one language, or one whose languages share no ids
    used = [x for x in LANGUAGES if any(x in versions for versions in having.values())]
    lacking: dict[tuple[str, str], list[Document]] = defaultdict(list)
    for versions in having.values():
        document = next(iter(versions.values()))
        for language in used:
            if language not in versions:
                lacking[document.language, language].append(document)
    for (own, language), documents in sorted(lacking.items()):
        documents.sort(key=lambda d: (ROW.sub("", d.source), len(d.source), d.source))
        what = f"“{documents[0].title}” is" if len(documents) == 1 else f"{len(documents)} pages are"
        which = f": {listed([d.id for d in documents])}" if len(documents) > 1 else ""
        yield Finding(
            "one language", "warning", tuple(material.place(d) for d in documents),
            f"{what} there in {NAMES[own]} and not in {NAMES[language]}{which}.",
            f"Write it in {NAMES[language]} under the same id; until then questions in {NAMES[language]} miss it.",
        )  # fmt: skip


def _unsure(material: Material, document: Document) -> Iterator[Finding]:
    told = language_of(document.text)
    if told is not None and told != document.language:
        yield Finding(
            "language", "warning", (material.place(document),),
            f"“{document.title}” stands among the pages in {NAMES[document.language]}, and its text reads as "
            f"{NAMES.get(told, 'neither')}.",
            "Put `language:` right in its front matter, or the text into the file of its own language.",
        )  # fmt: skip
        return
    han, words = len(_HAN.findall(document.text)) / 2, len(_WORD.findall(document.text))
    foreign = words if document.language == "zh" else han
    if han + words and foreign / (han + words) > FOREIGN:
        yield Finding(
            "language", "warning", (material.place(document),),
            f"“{document.title}” is in two languages; it is found only by questions in {NAMES[document.language]}.",
            "Make a page of each language, under the same id.",
        )  # fmt: skip
