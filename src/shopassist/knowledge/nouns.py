"""The things that a Chinese text names, by rjieba's word classes."""

from __future__ import annotations

from functools import lru_cache

from shopassist.text import fold

_NOUNS = ("n", "nr", "ns", "nt", "nz", "eng")


@lru_cache(maxsize=4096)
def nouns(text: str) -> tuple[str, ...]:
    """The nouns and foreign words of two letters and more, in their order; of a text without Chinese none."""
    import rjieba

    folded = fold(text)
    if not any("\u3400" <= c <= "\u9fff" for c in folded):
        return ()
    return tuple(w.strip() for w, kind in rjieba.tag(folded) if kind in _NOUNS and len(w.strip()) > 1)
