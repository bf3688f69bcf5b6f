"""LangChain's loaders as sources: any `BaseLoader`, those of langchain-community among them (extra `loaders`).

The only file that has to do with langchain-community, which is archived: a shop names its loaders, none is needed here.
"""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from langchain_core.document_loaders import BaseLoader

from shopassist.knowledge.documents import FIELDS, LANGUAGES
from shopassist.knowledge.sources.records import Records, check_template, row_fields
from shopassist.protocols import Source, SourceText, Unchanged, Unreadable
from shopassist.text import fold

PLACES = ("source", "file_path", "url")
"""Where loaders note in their metadata what a document is from."""


class Loaded:
    """A source that is a LangChain loader; of its metadata those that are fields of front matter are taken.

    `template` may name the metadata's entries in braces, and the document's own text as `page_content`.
    """

    def __init__(self, name: str, loader: BaseLoader, template: Mapping[str, Any] | None = None) -> None:
        self.name = name
        self.loader = loader
        self.template = check_template(template or {})

    def read(self, marks: Mapping[str, str]) -> Iterator[SourceText | Unchanged | Unreadable]:
        """One text a document of the loader's; whatever the loader raises is raised."""
        counts: dict[str, int] = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # announced upstream; pyproject bounds the version
            for found in self.loader.lazy_load():
                meta = dict(found.metadata)
                origin = next((str(meta[k]) for k in PLACES if meta.get(k)), self.name)
                counts[origin] = counts.get(origin, 0) + 1
                row = {k: v for k, v in meta.items() if k in FIELDS} | {"text": found.page_content}
                row["language"] = fold(str(row.get("language") or "")).partition("-")[0]
                if row["language"] not in LANGUAGES:  # loaders of pages note en-US, and that they found none
                    del row["language"]
                if "text" in self.template:
                    row = {**meta, "page_content": found.page_content}
                try:
                    fields, text = row_fields(row, self.template)
                except ValueError as error:
                    yield Unreadable(origin, f"part {counts[origin]}: {error}")
                    continue
                yield SourceText(found.id or f"{Path(origin).stem}-{counts[origin]}", text, fields, origin)


def named(name: str, address: Any, *, arguments: Any = None, template: Mapping[str, Any] | None = None) -> Source:
    """The source behind `package.module:Name`: a loader's class, or a function that gives a loader or mappings.

    It is called with `arguments`. Raises `ValueError`.
    """
    module, _, attribute = str(address).partition(":")
    if not module or not attribute.isidentifier():
        raise ValueError(f"loader must be package.module:Name, not {address!r}")
    if not isinstance(arguments or {}, dict):
        raise ValueError("arguments must be lines of `name: value`")
    if os.getcwd() not in sys.path:  # a console script does not see the shop's own modules otherwise
        sys.path.insert(0, os.getcwd())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            made = getattr(importlib.import_module(module), attribute)(**(arguments or {}))
    except ImportError as error:
        extra = "; pip install 'shopassist[loaders]'" if str(error.name).startswith("langchain_community") else ""
        raise ValueError(f"{address} cannot be imported: {error}{extra}") from error
    except TypeError as error:
        raise ValueError(f"{address} does not take these arguments ({error})") from error
    except Exception as error:  # the shop's own code; its message may hold secrets
        raise ValueError(f"{address} cannot be made ({type(error).__name__})") from error
    if isinstance(made, BaseLoader):
        return Loaded(name, made, template)
    if isinstance(made, Iterable) and not isinstance(made, str | bytes | Mapping):
        return Records(name, made, template)
    raise ValueError(f"{address} gives a {type(made).__name__}, no loader and no iterable of mappings")
