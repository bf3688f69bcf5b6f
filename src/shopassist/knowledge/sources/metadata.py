"""What is known about a text: front matter, a side file, and templates that name columns in braces.

What nearly is front matter makes the file broken: read as text, a page that it keeps from the public would be shown.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from shopassist.knowledge.documents import FIELDS
from shopassist.knowledge.sources.encoding import decoded
from shopassist.knowledge.sources.findings import Fault
from shopassist.knowledge.sources.limits import Limits, content

_OPENING = re.compile(r"^\s*---[^\S\n]*(?:\n|$)")
_CLOSING = re.compile(r"\n---[^\S\n]*(?:\n|$)")
_FIELD = rf"[^\S\n]*[\"']?(?:{'|'.join(FIELDS)})[\"']?[^\S\n]*[:：=]"
_NEARLY = re.compile(rf"^\s*(?:[-–—－+]{{2,}}+[^\n]*\n(?:[^\S\n]*+\S[^\n]*\n){{0,40}}?{_FIELD})", re.I)
_HIDING = re.compile(r"^[^\S\n]*public[^\S\n]*[:：=][^\S\n]*(?:false|no|off)[^\S\n]*$", re.I | re.M)


def front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The metadata and the text below them. Raises `ValueError`, `Fault`."""
    opening = _OPENING.match(text)
    meta, body = {}, text
    if opening:
        end = _CLOSING.search(text, max(0, opening.end() - 1))
        if not end:
            raise ValueError("the front matter opens with --- and is not closed by a line with ---")
        above = "\n" * text.count("\n", 0, opening.end())  # keeps the line numbers
        meta, body = mapping(above + text[opening.end() : end.start()]), text[end.end() :]
    if (not opening and _NEARLY.match(text)) or ("public" not in meta and _HIDING.search(text)):
        raise ValueError("what looks like front matter is none; it stands first, between two lines of ---")
    return meta, body


def side_file(path: Path, limits: Limits) -> dict[str, Any]:
    """What the side file says, if there is one. Raises `ValueError`, `Fault`, `OSError`."""
    side = path.with_name(path.name + ".yaml")
    if not side.exists() and not side.is_symlink():
        return {}
    if side.is_symlink() and not side.resolve().is_relative_to(path.parent.resolve()):
        raise ValueError(f"its side file {side.name} is a link out of the folder; put the file itself there")
    try:
        return mapping(decoded(content(side, limits))[0])
    except ValueError as error:
        place = getattr(error, "place", "")
        raise Fault(str(error), f"side file {side.name}" + (f": {place}" if place else "")) from error


class _Loader(yaml.SafeLoader):
    """YAML whose dates stay texts, so that a wrong one is named with its field."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def mapping(text: str) -> dict[str, Any]:
    """A text of `name: value` lines. Raises `ValueError`, and `Fault` with the line."""
    try:
        value = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "the metadata are no YAML"
        raise Fault(problem, f"line {mark.line + 1}" if mark else "") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError("the metadata must be lines of `name: value`")
    return {str(k): v for k, v in value.items()}
