"""How many tokens a prompt has: counted where the model's own tokenizer is there, else estimated, never too low."""

from __future__ import annotations

import logging
import math
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from shopassist.errors import ModelError

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from tokenizers import Tokenizer

log = logging.getLogger(__name__)

ROLES = {"human": "user", "ai": "assistant", "system": "system"}

FRAME = 5
"""Tokens around each message: two marks, the role and two line ends. The start of the answer costs three more."""

OPENING = 3

COUNTS = 2048
"""Texts of which the number of tokens is kept: a prompt's beginning is the same from turn to turn."""

COUNTED, SURE = 0.9, 0.33
"""What a count and an estimate are multiplied with for a number of tokens that a prompt has at the least. A server may
have a template of its own around the messages, or compose letters; an estimate is seldom twice too high."""

WAIT, AGAIN = 2.0, 30.0
"""Seconds that the first use of a tokenizer waits for it, and until one that could not be had is tried again."""


class Counter(Protocol):
    """Counts tokens."""

    @property
    def exact(self) -> bool:
        """Whether it counts and does not estimate."""
        ...

    def count(self, text: str) -> int:
        """The tokens of a text; of an estimate, at most these."""
        ...

    def prompt(self, messages: Sequence[BaseMessage]) -> int:
        """The tokens of a prompt in Qwen's chat format, up to the place where the answer begins."""
        ...

    def least(self, messages: Sequence[BaseMessage]) -> int:
        """The tokens that a prompt has at the least."""
        ...


class Tokenized:
    """Counts with the model's own tokenizer, which `load` brings at the first use; until it is there, it estimates.

    The first use waits for it, but not for long: a server may be silent. Where `load` raises `ModelError` a later use
    tries again, any other error is for good.
    """

    def __init__(self, load: Callable[[], Tokenizer]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._counter: Callable[[str], int] | None = None
        self._loading: threading.Thread | None = None
        self._next = 0.0
        self._until: float | None = None

    @property
    def exact(self) -> bool:
        """Whether the tokenizer is there."""
        self._ready()
        return self._counter is not None

    def count(self, text: str) -> int:
        """The tokens of a text."""
        return self._ready()(text)

    def prompt(self, messages: Sequence[BaseMessage]) -> int:
        """The tokens of a prompt. Parts are counted for themselves: no token reaches across a mark or a role's line."""
        return OPENING + sum(FRAME + self.count(m.text) for m in messages)

    def least(self, messages: Sequence[BaseMessage]) -> int:
        """Nearly the tokens of the texts alone, where the tokenizer is there."""
        return int(COUNTED * sum(self.count(m.text) for m in messages)) if self.exact else Estimate().least(messages)

    def _ready(self) -> Callable[[str], int]:
        if self._counter is None:
            with self._lock:
                now = time.monotonic()
                if self._counter is None and self._loading is None and now >= self._next:
                    self._until = self._until or now + WAIT
                    self._loading = threading.Thread(target=self._bring, name="shopassist-tokenizer", daemon=True)
                    self._loading.start()
                loading, left = self._loading, (self._until or now) - now
            if loading is not None:
                loading.join(max(left, 0.0))
        return self._counter or Estimate().count

    def _bring(self) -> None:
        try:
            tokenizer = self._load()
        except ModelError as error:
            self._next = time.monotonic() + AGAIN
            log.info("tokens are estimated, the model's tokenizer cannot be had yet: %s", error)
        except Exception as error:  # noqa: BLE001 - whatever it is, an estimate does
            self._next = math.inf
            log.warning("tokens are estimated, the model's tokenizer cannot be had: %s", error)
        else:

            @lru_cache(maxsize=COUNTS)
            def count(text: str) -> int:
                return len(tokenizer.encode(text, add_special_tokens=False).ids)

            self._counter = count
        finally:
            self._loading = None


class Estimate:
    """Counts by the kinds of characters, high enough for Qwen2.5's tokenizer; see ``benchmarks/budget.py``.

    A Han character counts nearly a token though two often share one, a word by its length and by how unlike a word it
    looks, a digit and a mark one each. Of 16,078 customers' messages and JSON lines it counts one too low, by a token.
    """

    @property
    def exact(self) -> bool:
        """Never."""
        return False

    def count(self, text: str) -> int:
        """At most so many tokens has a text."""
        return _estimate(text)

    def prompt(self, messages: Sequence[BaseMessage]) -> int:
        """At most so many tokens has a prompt."""
        return OPENING + sum(FRAME + self.count(m.text) for m in messages)

    def least(self, messages: Sequence[BaseMessage]) -> int:
        """A number of tokens that a prompt surely has: of what is repeated again and again, only twice counts."""
        return int(SURE * sum(map(_least, (m.text for m in messages))))


_PIECE = re.compile(r"[A-Za-z]+|[\u4e00-\u9fff]+|[0-9]|\s+|[!-/:-@\[-`{-~]+|.", re.S)
_REPEATED = re.compile(r"(.{1,8}?)\1{2,}", re.S)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ODD = re.compile(r"[b-df-hj-np-tv-xz]{3,}|[aeiou]{3,}|q(?!u)|[jvx][b-df-hj-np-tv-z]")
_MARKS = frozenset("，。！？、；：“”‘’（）《》【】…—～·￥")


@lru_cache(maxsize=COUNTS)
def _estimate(text: str) -> int:
    return int(sum(_pieces(text)) + 1) + 1 if text else 0


@lru_cache(maxsize=COUNTS)
def _least(text: str) -> int:
    return _estimate(_REPEATED.sub(r"\1\1", text))


def _pieces(text: str) -> Iterator[float]:
    """Tokens of each piece; the figures are fitted on the texts of ``benchmarks/budget.py``."""
    for match in _PIECE.finditer(text):
        piece, before, after = match[0], text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        first = piece[0]
        if first.isascii():
            if first.isalpha():
                yield _letters(piece, before.isdigit() or after.isdigit())
            elif first.isspace():
                free = piece == " " and after.isascii() and not after.isdigit()  # it belongs to the word that follows
                yield 0 if free else 1 + (len(piece) - 1) / 2
            elif first.isdigit():
                yield 1
            else:
                alike = len(set(piece)) == 1
                yield 1 + len(piece) // 4 if alike else -(-len(piece) * 3 // 4)
        elif "\u4e00" <= first <= "\u9fff":
            common = sum(han in _common() for han in piece)
            few = len(set(piece)) <= len(piece) / 2  # 啊啊啊啊 are no words, in which characters share tokens
            yield 2.6 * (len(piece) - common) + (1.1 * common if few else min(common, 1 + 0.87 * common))
        elif first in _MARKS:
            yield 1
        else:
            size = len(piece.encode("utf-8", "surrogatepass"))
            yield {2: 1.4, 3: 2.4, 4: 3.6}.get(size, size)


def _letters(word: str, beside_digit: bool) -> float:
    """Tokens of a run of Latin letters: few for a word, more for an abbreviation, a number's part or a password."""
    parts = _WORD.findall(word)
    if beside_digit or len(parts) > 3:
        return len(word) if len(word) < 3 else -(-len(word) * 2 // 3)
    return sum(map(_part, parts))


def _part(part: str) -> float:
    length = len(part)
    tokens: float
    if length > 1 and part.isupper():
        tokens = (length * 3 + 3) // 4 if length <= 4 else -(-length * 2 // 3)
    else:
        tokens = 1 + 0.4 * max(length - 4, 0) if length <= 11 else length / 1.8
    return tokens + sum(0.8 * max(len(odd[0]) - 2, 1) for odd in _ODD.finditer(part.lower()))


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    """The 3,755 characters of GB 2312's first level, which Qwen's tokenizer has as one token or as a part of one."""
    rows = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    return frozenset("".join(pair.decode("gb2312", "ignore") for pair in rows))
