"""The words of the decisive sentences: deeds, refusals, questions, facts and amounts, by template.

``zh/points.yaml`` and ``en/points.yaml`` hold them; a shop changes or adds texts in files of the same form, with the
language on top::

    zh:
      done:
        cancel_order: 订单 {order|number} 取消好啦。
        wrap_gift: 礼品包装已登记[，贺卡写「{card}」]。
      words:
        products: {Keyboard K87: 机械键盘K87}

A kind (``fact``, ``done``, ``refused`` …) holds texts by name. A text is a sentence; a list of sentences that are said
in turn; or a list of cases ``{when: {status: paid}, say: …}``, of which the first speaks that holds and whose fields
are all there (`shopassist.prompts.template` has the notation, ``when: {eta: null}`` asks that a field be missing).

A point that has no text is said by a more general one: ``cancel_order.timeout`` by ``timeout``, then by
``cancel_order``; ``offer_wrap_gift`` by ``offer``; and everything by its kind's ``any``, which needs no field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, get_args

from shopassist.prompts.filters import FILTERS
from shopassist.prompts.points_file import KINDS, Case, Section, merged, section, sections
from shopassist.prompts.template import Missing, absent, look_up
from shopassist.replies import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Words:
    """One language's texts; the `Wording` of the filters."""

    language: Language
    section: Section

    @property
    def formats(self) -> Mapping[str, str]:
        """How money and days are written."""
        return self.section.formats

    @property
    def words(self) -> Mapping[str, Mapping[str, str]]:
        """Tables of words."""
        return self.section.words

    def piece(self, name: str, data: Mapping[str, Any]) -> str:
        """One element of a list; raises `Missing`."""
        said = self.told(self.section.pieces[name], data, 0)
        if said is None:
            raise Missing(name)
        return said

    def told(self, cases: tuple[Case, ...], data: Mapping[str, Any], variant: int) -> str | None:
        """The text of the first case that holds and whose fields are there, or None."""
        for case in cases:
            if not all(_holds(data, path, wanted) for path, wanted in case.when.items()):
                continue
            for n in range(len(case.say)):
                try:
                    return case.say[(variant + n) % len(case.say)].render(data, self._form)
                except Missing:
                    continue
        return None

    def _form(self, name: str, value: Any, argument: str, data: Mapping[str, Any]) -> Any:
        return FILTERS[name](value, argument, data, self)


@dataclass(frozen=True, slots=True)
class Points:
    """The texts of all languages."""

    languages: Mapping[Language, Words]

    @classmethod
    def load(cls, *extra_files: Path | str) -> Points:
        """The built-in texts, and a shop's own over them, later files over earlier ones.

        Raises `ConfigurationError` naming the file and the key.
        """
        own = [sections(Path(file), LANGUAGES) for file in extra_files]
        languages: dict[Language, Words] = {}
        for language in LANGUAGES:
            file = resources.files(__package__).joinpath(language, "points.yaml")
            whole = section(f"{language}/points.yaml", file.read_text("utf-8"))
            for given in own:
                if language in given:
                    whole = merged(whole, given[language])
            languages[language] = Words(language, whole.checked())
        return cls(languages)

    def say(self, kind: str, name: str, data: Mapping[str, Any], language: Language, *, variant: int = 0) -> str:
        """The sentences of a point; where a text has several forms, `variant` (the turn's number) picks one.

        Nothing that is missing in `data` raises. Raises ValueError for a kind that is none.
        """
        return self._said(kind, name, data, language, variant)[1]

    def speaks(self, kind: str, name: str, data: Mapping[str, Any], language: Language) -> str:
        """The key of the text that says this point: its own name, or the more general one that stands in."""
        return self._said(kind, name, data, language, 0)[0]

    def _said(self, kind: str, name: str, data: Mapping[str, Any], language: Language, variant: int) -> tuple[str, str]:
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no kind of point; there are {', '.join(KINDS)}")
        words = self.languages[language]
        known = {"tool": name.partition(".")[0], **data}
        for key in _keys(kind, name):
            said = words.told(words.section.kinds[kind].get(key, ()), known, variant)
            if said is not None:
                return key, said
        raise AssertionError(kind)  # `any` needs no field


@lru_cache(maxsize=1)
def points() -> Points:
    """The built-in texts, read once."""
    return Points.load()


def say(kind: str, name: str, data: Mapping[str, Any], language: Language, *, variant: int = 0) -> str:
    """`Points.say` of the built-in texts."""
    return points().say(kind, name, data, language, variant=variant)


def _keys(kind: str, name: str) -> Iterator[str]:
    """From the point's own name to the most general one."""
    yield name
    tool, dot, reason = name.partition(".")
    if dot:
        yield from (reason, tool)
    elif kind == "ask":
        yield name.partition("_")[0]
    yield "any"


def _holds(data: Mapping[str, Any], path: str, wanted: Any) -> bool:
    try:
        value = look_up(data, path)
    except Missing:
        return wanted is None
    if isinstance(wanted, list):
        return any(_same(value, one) for one in wanted)
    return wanted is not None and _same(value, wanted)


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, bool) or isinstance(value, bool):
        return value is wanted
    return not absent(value) and str(value) == str(wanted)
