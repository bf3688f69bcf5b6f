"""The tables of weights.toml as plain data: what can be fetched, from where, and how it is known to be right."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

Role = Literal["chat", "embedding"]


@dataclass(frozen=True, slots=True)
class File:
    """One file of an artefact; `path` is relative to the artefact's folder, in the source and on disk."""

    path: str
    bytes: int
    sha256: str

    def at(self, folder: Path) -> Path:
        """Where the whole, verified file is."""
        return folder / self.path

    def part(self, folder: Path) -> Path:
        """Where the file grows until it is verified."""
        return folder / f"{self.path}.part"


@dataclass(frozen=True, slots=True)
class Hub:
    """Files of a model hub's repository, or of a mirror's."""

    repo: str
    revision: str


@dataclass(frozen=True, slots=True)
class Packages:
    """One file in parts of `part_bytes` (the last is shorter), each in a package of its own; `n` counts from 1."""

    names: str
    version: str
    count: int
    member: str
    part_bytes: int


@dataclass(frozen=True, slots=True)
class Package:
    """Files in a folder of one package."""

    package: str
    version: str
    folder: str
    wheel_bytes: int


Source = Hub | Packages | Package


@dataclass(frozen=True, slots=True)
class Extra:
    """Packages without which an artefact is of no use; `size` is a sentence's end, since it depends on the index."""

    name: str
    module: str
    requirement: str
    licence: str
    size: str


@dataclass(frozen=True, slots=True)
class Artefact:
    """A model that can be fetched. `asks`: its licence needs somebody's consent first."""

    id: str
    role: Role
    name: str
    licence: str
    files: tuple[File, ...]
    source: Source
    asks: bool = False
    extra: Extra | None = None

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(file.bytes for file in self.files)


@cache
def catalogue() -> tuple[Artefact, ...]:
    """Every artefact of weights.toml, in the order of preference within its role."""
    text = resources.files(__package__).joinpath("weights.toml").read_text(encoding="utf-8")
    tables: dict[Role, dict[str, dict[str, Any]]] = tomllib.loads(text)  # type: ignore[assignment]
    return tuple(_artefact(role, key, table) for role, group in tables.items() for key, table in group.items())


def _artefact(role: Role, key: str, table: dict[str, Any]) -> Artefact:
    return Artefact(
        id=key,
        role=role,
        name=table["name"],
        licence=table["licence"],
        files=tuple(File(**file) for file in table["files"]),
        source=_source(**table["source"]),
        asks=table.get("asks", False),
        extra=Extra(**table["extra"]) if "extra" in table else None,
    )


def _source(kind: str, **fields: Any) -> Source:
    kinds: dict[str, type[Hub] | type[Packages] | type[Package]] = {
        "hub": Hub,
        "packages": Packages,
        "package": Package,
    }
    return kinds[kind](**fields)
