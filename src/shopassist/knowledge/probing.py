"""Look things up in a generation from another process, before customers do."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from shopassist.errors import IndexDamaged
from shopassist.knowledge.chroma_server import ChromaServer
from shopassist.knowledge.encoding import encode, fingerprint
from shopassist.knowledge.questions import Fallen, Probe
from shopassist.knowledge.vectors import VectorStore

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

SAMPLE = 3
PATIENCE = 120.0
"""Seconds for the look-ups; each known question adds one."""


def probe(
    path: Path,
    embeddings: Embeddings | None,
    store: VectorStore,
    probes: Sequence[Probe] = (),
    *,
    today: date,
    sample: int = SAMPLE,
    patience: float = PATIENCE,
) -> tuple[list[str], list[Fallen]]:
    """What is wrong with the generation in `path`, and which known questions do not find their page in it.

    The other process has no embedding model: it sends its questions here. Raises `IndexDamaged` where it dies or takes
    longer than `patience`, and what the embeddings raise.
    """
    patience += len(probes)
    job = {
        "path": str(path.absolute()),
        "sample": sample,
        "server": _server(store),
        "fingerprint": fingerprint(embeddings),
        "probes": [{**asdict(p), "day": p.day.isoformat() if p.day else None} for p in probes],
        "today": today.isoformat(),
    }
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "shopassist.knowledge.probe"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=told, text=True, encoding="utf-8",
        )  # fmt: skip
        late = threading.Timer(patience, process.kill)
        late.start()
        try:
            answer = _conversation(process, job, embeddings)
            process.wait()
        finally:
            in_time = late.is_alive()
            late.cancel()
            process.kill()
            process.communicate()
        if answer is None or process.returncode:
            if not in_time:
                raise IndexDamaged(f"{path.name} did not answer its probes in {patience:g} s")
            told.seek(0)
            last = (told.read().strip().splitlines() or [f"exit status {process.returncode}"])[-1]
            raise IndexDamaged(f"{path.name} failed its probes ({last})")
    return answer["faults"], [
        Fallen(
            f["question"], f["language"], date.fromisoformat(f["day"]), tuple(f["expected"]), tuple(f["found"])
        )
        for f in answer["fallen"]
    ]  # fmt: skip


def _conversation(process: Any, job: dict[str, Any], embeddings: Embeddings | None) -> dict[str, Any] | None:
    """Give the job, and vectors as they are asked for; the findings, or None where the process ends before."""
    try:
        _send(process, job)
        for line in process.stdout:
            said = json.loads(line)
            if "encode" not in said:
                return said  # type: ignore[no-any-return]
            assert embeddings is not None  # noqa: S101 - a lexical index needs none
            _send(process, {"vectors": encode(embeddings, said["encode"]).tolist()})
    except (BrokenPipeError, ValueError):  # it died, perhaps in the middle of a line
        return None
    return None


def _send(process: Any, value: Any) -> None:
    process.stdin.write(json.dumps(value) + "\n")
    process.stdin.flush()


def _server(store: VectorStore) -> dict[str, str | None] | None:
    if not isinstance(store, ChromaServer):
        return None
    url = str(store.url)
    if store.url.login is not None:
        user, password = store.url.login
        scheme, _, rest = url.partition("://")
        url = f"{scheme}://{quote(user, safe='')}:{quote(password.get_secret_value(), safe='')}@{rest}"
    return {"url": url, "token": store.token.get_secret_value() if store.token else None}
