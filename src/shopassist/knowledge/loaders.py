"""Formats that LangChain's loaders read (extra `loaders`).

The only file that leans on langchain-community, which is archived.
"""

from __future__ import annotations

import warnings
from pathlib import Path

LOADERS = {".pdf": "PyPDFLoader", ".docx": "Docx2txtLoader"}
"""The class in `langchain_community.document_loaders` for each ending."""


def load(path: Path) -> str:
    """A file's text, its pages apart by blank lines. Raises `ValueError` that says what is lacking or wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # announced upstream; pyproject bounds the version
        try:
            from langchain_community import document_loaders

            pages = getattr(document_loaders, LOADERS[path.suffix.lower()])(str(path)).load()
        except ImportError as error:
            raise ValueError(f"needs {error.name}: pip install 'shopassist[loaders]'") from error
        except Exception as error:  # each format's library raises its own for a broken file
            raise ValueError(f"cannot be read ({type(error).__name__})") from error
    return "\n\n".join(p.page_content.strip() for p in pages if p.page_content.strip())
