"""What the shop calls what the customer said."""

from __future__ import annotations

from collections.abc import Sequence

from shopassist.text import fold


def variant_of(said: str, names: Sequence[str]) -> str:
    """The shop's own name for what was said, where only one of its variants can be meant: 红 is 红轴."""
    fitting = [n for n in names if fold(said) == fold(n)] or [n for n in names if fold(said) in fold(n)]
    return fitting[0] if len(fitting) == 1 else said
