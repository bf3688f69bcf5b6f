"""A way to a model: what every server and library offers the engine, whatever its own interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shopassist.models.tokens import Counter

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel


@dataclass(frozen=True, slots=True)
class Door:
    """A chat model, how many tokens it really reads and writes, what counts them, and what raises while it is away.

    `calls` is how many calls it serves at once, None where it does not say.
    """

    model: BaseChatModel
    context: int
    counter: Counter
    probe: Callable[[], None]
    calls: int | None = None
