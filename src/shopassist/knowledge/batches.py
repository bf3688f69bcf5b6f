"""How many texts a model takes at once: found on the work itself, and halved where memory runs out."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

START, MOST = 16, 1024
GAIN = 1.1
"""A doubling that is not faster by a tenth is the last."""


class Batches:
    """Runs a model over texts in batches. Safe to use from several threads."""

    def __init__(self, start: int = START, most: int = MOST) -> None:
        self.size = start
        self.most = most
        self._settled = False
        self._rate = 0.0
        self._tried = 0
        self._lock = threading.Lock()

    def run(
        self,
        texts: Sequence[str],
        encode: Callable[[Sequence[str]], NDArray[np.float32]],
        clock: Callable[[], float] = time.perf_counter,
    ) -> NDArray[np.float32]:
        """Vectors of shape (len(texts), dimension), in the order of the texts.

        Texts of like length share a batch, long ones first, so that memory that is too small shows at once. Raises what
        `encode` raises, also for want of memory once a single text is too much.
        """
        if not texts:
            return np.empty((0, 0), np.float32)
        order = sorted(range(len(texts)), key=lambda n: -len(texts[n]))
        found: dict[int, NDArray[np.float32]] = {}
        start = 0
        while start < len(order):
            size = self.size
            places = order[start : start + size]
            began = clock()
            try:
                vectors = encode([texts[n] for n in places])
            except (MemoryError, RuntimeError) as error:
                if not _no_memory(error) or len(places) == 1:
                    raise
                self._halve(len(places))
                continue
            if len(places) == size:
                self._learn(size, sum(len(texts[n]) for n in places) / max(clock() - began, 1e-9))
            found.update(zip(places, vectors, strict=True))
            start += len(places)
        return np.stack([found[n] for n in range(len(texts))])

    def _learn(self, size: int, rate: float) -> None:
        """Double the size while that makes it faster, in characters a second; the first run of a size warms it up."""
        with self._lock:
            if self._settled or size != self.size:
                return
            self._tried += 1
            if self._tried < 2:
                return
            self._tried = 0
            if rate < GAIN * self._rate:
                self.size, self._settled = max(1, size // 2), True
            elif size >= self.most:
                self._settled = True
            else:
                self._rate, self.size = rate, size * 2

    def _halve(self, size: int) -> None:
        with self._lock:
            self.size, self._settled = max(1, min(self.size, size) // 2), True
        if (torch := sys.modules.get("torch")) is not None and torch.cuda.is_available():
            torch.cuda.empty_cache()


def _no_memory(error: Exception) -> bool:
    """Whether torch has run out of memory: it says so by class on CUDA, by words on the CPU and on Apple's GPUs."""
    text = str(error)
    return isinstance(error, MemoryError) or "out of memory" in text or "can't allocate memory" in text
