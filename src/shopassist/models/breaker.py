"""A model that failed several times in a row is left alone until it answers a probe: its customers need not wait."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from shopassist.errors import CircuitOpen

log = logging.getLogger(__name__)

FAILURES = 3
"""Failures in a row after which the circuit opens."""

REST = (1.0, 2.0, 4.0)
"""Seconds before each probe; the last one goes on. It is well below the 10 s in which a model that is back is used."""


class Breaker:
    """Counts failures in a row; open, it refuses calls until `probe` (which raises while the model is away) succeeds.

    After that one call is let through at a time, until one succeeds; if it fails, the circuit is open again. The probe
    runs in a thread that lives only while the circuit is open.
    """

    def __init__(self, probe: Callable[[], None], *, failures: int = FAILURES, rest: tuple[float, ...] = REST) -> None:
        self._probe = probe
        self._allowed = failures
        self._rest = rest
        self._lock = threading.Lock()
        self._failed = 0
        self._open = self._trying = False
        self._tries = 0
        self._closed = threading.Event()

    @property
    def is_open(self) -> bool:
        """Whether calls are refused."""
        return self._open

    def check(self) -> None:
        """Raise `CircuitOpen` where a call would be refused now."""
        if self._open or self._trying:
            raise CircuitOpen("the model failed several times in a row; it is asked again once it answers a probe")

    def admit(self) -> bool:
        """Let a call through; whether it is the one that decides about all others. Raises `CircuitOpen`."""
        with self._lock:
            self.check()
            self._trying = self._failed >= self._allowed
            return self._trying

    def succeeded(self) -> None:
        """A call went well."""
        with self._lock:
            if self._failed >= self._allowed:
                log.warning("the model answers again")
            self._failed = self._tries = 0
            self._open = self._trying = False

    def failed(self, *, trial: bool = False) -> None:
        """A call failed, and the model is to blame."""
        with self._lock:
            self._failed += 1
            self._trying = self._trying and not trial
            if self._failed < self._allowed or self._open or self._closed.is_set():
                return
            self._open = True
        log.warning("the model failed %d times in a row: templates answer until a probe succeeds", self._failed)
        threading.Thread(target=self._wait, name="shopassist-probe", daemon=True).start()

    def left(self, *, trial: bool = False) -> None:
        """A call ended without telling anything about the model: its caller went away."""
        with self._lock:
            self._trying = self._trying and not trial

    def close(self) -> None:
        """End the probe."""
        self._closed.set()

    def _wait(self) -> None:
        while not self._closed.wait(self._rest[min(self._tries, len(self._rest) - 1)]):
            if not self._open:
                return  # a call that began before has ended well
            self._tries += 1
            try:
                self._probe()
            except Exception as error:  # noqa: BLE001 - whatever it is, the model is not back
                log.debug("the model is still away: %s", type(error).__name__)
            else:
                with self._lock:
                    self._open = False
                return
