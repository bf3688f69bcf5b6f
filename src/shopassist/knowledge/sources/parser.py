"""Foreign formats, parsed in a process of its own: it may take so much time and memory, and may die of a file."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from typing import Any, Self

from shopassist.knowledge.sources.limits import Limits

START = 60
"""Seconds in which the process must have begun, on however busy a machine."""


class Parser:
    """One process for all files of an ingestion, started when first needed, and anew after it was killed."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str] = queue.Queue()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def parse(self, kind: str, **task: str) -> dict[str, Any]:
        """What the parser of this kind makes of a `path` or a `text`. Raises `ValueError` that says why it cannot."""
        process = self._running()
        try:
            assert process.stdin is not None  # noqa: S101 - opened as a pipe
            process.stdin.write(json.dumps({"kind": kind, "seconds": self.limits.seconds, **task}) + "\n")
            process.stdin.flush()
        except OSError as error:
            self._stop()
            raise ValueError("cannot be read: the process that parses it has ended") from error
        answer = self._answer(self.limits.seconds)
        if answer is None:
            self._stop()
            raise ValueError(
                f"cannot be read within {self.limits.seconds:g} s (setting max_file_seconds): there is too much in it"
            )
        if not answer:
            code = process.wait()
            self._stop()
            raise ValueError(f"cannot be read: parsing it ended the process (status {code}), for want of memory maybe")
        found: dict[str, Any] = json.loads(answer)
        if "error" in found:
            raise ValueError(found["error"])
        return found

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "shopassist.knowledge.sources.parsing"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="ascii",  # JSON with escapes
                start_new_session=True,  # Ctrl-C is for us; it ends when its input does
            )
            self._answers = queue.Queue()
            threading.Thread(target=_listen, args=(self._process, self._answers), daemon=True).start()
            if not self._answer(START):
                self._stop()
                raise ValueError(f"cannot be read: {sys.executable} did not start the process that parses it")
        return self._process

    def _answer(self, seconds: float) -> str | None:
        """A line; empty where the process has ended, None where it said nothing in time."""
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty:
            return None

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:  # what was not sent to a killed process
                    continue


def _listen(process: subprocess.Popen[str], answers: queue.Queue[str]) -> None:
    assert process.stdout is not None  # noqa: S101 - opened as a pipe
    try:
        for line in process.stdout:
            answers.put(line)
    except ValueError:  # closed while it was read
        pass
    answers.put("")
