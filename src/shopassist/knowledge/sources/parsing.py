"""The process in which `Parser` parses: a task a line on its input, a result a line on its output, JSON both."""

from __future__ import annotations

import importlib
import json
import logging
import os
import signal
import sys
import warnings
from typing import Any

from shopassist.knowledge.sources.findings import Fault

MEMORY = 2 << 30
"""Bytes that it may take, where the system can hold it to that."""

SPARE = 30.0
"""Seconds beyond the limit, which is the other process's to keep."""

MODULES = {"html": "html", "pdf": "pdf", "docx": "docx", "xlsx": "xlsx"}


def main() -> None:
    """Answer tasks until the input ends. What parsers print goes nowhere."""
    logging.disable()
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    _bound()
    answers.write("{}\n")
    answers.flush()
    for line in sys.stdin:
        answers.write(json.dumps(_answer(json.loads(line))) + "\n")
        answers.flush()


def _answer(task: dict[str, str]) -> dict[str, Any]:
    kind, seconds = task.pop("kind"), float(task.pop("seconds"))
    _alarm(seconds + SPARE)
    try:
        module = importlib.import_module(f"shopassist.knowledge.sources.{MODULES[kind]}")
        found: dict[str, Any] = module.parse(**task)
        return found
    except Fault as error:
        return {"error": str(error)}
    except RecursionError:
        return {"error": "nested too deeply"}
    except MemoryError:
        return {"error": f"cannot be read in {MEMORY >> 20} MiB of memory"}
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - each library raises its own for a broken file, Rust's panics among them
        return {"error": f"is damaged, of another kind than its name says, or holds too much ({type(error).__name__})"}
    finally:
        _alarm(0)


def _alarm(seconds: float) -> None:
    """End this process should nobody else do it any more: who started it may have been killed."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _bound() -> None:
    try:
        import resource
    except ImportError:  # no such thing on this system
        return
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))
    except (OSError, ValueError):  # a system that knows the limit and does not take it
        return


if __name__ == "__main__":
    main()
