"""A copy of a GGUF file that can read four times as far: the same weights, with YaRN in the metadata.

Ollama has no option for YaRN and cuts `num_ctx` to what the metadata say, so the metadata must say it. The way and the
factor of 4 are Qwen's own advice for Qwen2.5.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from shopassist.errors import InputError, NotEnoughSpace, SettingError, WeightsUnfit
from shopassist.models import gguf_file
from shopassist.models.gguf_file import FLOAT32, STRING, UINT32, Front, padded
from shopassist.models.model_facts import ModelFacts, facts

ARCHITECTURE = "qwen2"
"""The one that this was tried with."""

FACTOR = 4.0
"""The largest that Qwen has tried."""

CHUNK = 4 * 1024**2
"""Bytes at a time: small enough that Ctrl-C is heard at once and a bar moves."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Copy:
    """A written copy: its file, its SHA-256 in hexadecimal, and its size in bytes."""

    path: Path
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Extension:
    """What is to be written: the file at `front.path` for `context` tokens instead of `facts.trained`."""

    front: Front
    facts: ModelFacts
    context: int

    @property
    def factor(self) -> float:
        """How much further it reads."""
        return self.context / self.facts.trained

    @property
    def bytes(self) -> int:
        """The size of the copy."""
        return len(_head(self)) + self.front.path.stat().st_size - self.front.weights


def plan(path: Path, context: int) -> Extension:
    """Look whether a GGUF file can be extended to `context` tokens.

    Raises `WeightsMissing`, `WeightsUnfit` where this file cannot be, or `InputError` where the number is not allowed.
    """
    front = gguf_file.read(path)
    known = facts(front.metadata, str(path))
    if known.architecture != ARCHITECTURE:
        raise WeightsUnfit(f"{path} is {known.architecture}; only Qwen2.5 ({ARCHITECTURE}) can be extended")
    if front.metadata.get(f"{ARCHITECTURE}.rope.scaling.type", "none") != "none":
        raise WeightsUnfit(f"{path} is an extended copy already ({known.context} tokens); extend the original file")
    if front.metadata.get("split.count", 1) != 1:
        raise WeightsUnfit(f"{path} is one part of several; merge them first (llama.cpp's `llama-gguf-split --merge`)")
    if context <= known.trained:
        raise InputError(
            f"{path} is trained for {known.trained} tokens and needs no copy for {context}; "
            "set SHOPASSIST_MODEL_CONTEXT instead"
        )
    if context > FACTOR * known.trained:
        raise InputError(
            f"{context} tokens are more than {FACTOR:g} times the {known.trained} that {path} is trained for, which is "
            f"as far as YaRN was tried; take {int(FACTOR * known.trained)} at most, or a model that is trained for more"
        )
    return Extension(front, known, context)


@contextmanager
def written(
    extension: Extension,
    target: Path,
    *,
    keep: bool,
    progress: Progress,
    beside: Path | None = None,
    free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
) -> Iterator[Copy]:
    """Write the copy, and remove it at the end; with `keep` it becomes `target` if the body did not raise.

    `beside` is a folder that will take the copy a second time (a server's on this machine). `progress(done, total)`
    counts bytes. Raises `NotEnoughSpace` before anything is written, `SettingError` where it cannot be, `InputError`
    while another process writes the same copy.
    """
    part = target.with_name(f"{target.name}.part")
    with _only_one(target):
        _check_space(extension.bytes, target.parent, beside, free)
        try:
            yield _write(extension, part, target, progress)
            if keep:
                part.replace(target)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)


@contextmanager
def _only_one(target: Path) -> Iterator[None]:
    locks = target.parent / ".locks"
    with _disk_errors(target, 0):
        locks.mkdir(parents=True, exist_ok=True)
        lock = FileLock(locks / f"{target.name}.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout as error:
            raise InputError(f"another process writes {target} at this moment; wait for it") from error
    try:
        yield
    finally:
        lock.release()


def _check_space(size: int, folder: Path, beside: Path | None, free: Callable[[Path], int]) -> None:
    twice = beside is not None and beside.stat().st_dev == folder.stat().st_dev
    needed, there = size * (1 + twice), free(folder)
    if beside is not None and not twice and free(beside) < size:
        folder, needed, there = beside, size, free(beside)
    if there < needed:
        raise NotEnoughSpace(
            f"the copy needs {needed} bytes in {folder}{' (once here, once at the server)' if twice else ''}, and "
            f"{there} are free. Make room, or let the setting `models_dir` name a folder on another disk."
        )


def _write(extension: Extension, part: Path, target: Path, progress: Progress) -> Copy:
    digest, size = hashlib.sha256(), extension.bytes
    with _disk_errors(target, size), extension.front.path.open("rb") as source, part.open("wb") as out:
        source.seek(extension.front.weights)
        chunk = _head(extension)
        while chunk:
            out.write(chunk)
            digest.update(chunk)
            progress(out.tell(), size)
            chunk = source.read(CHUNK)
        out.flush()
        os.fsync(out.fileno())  # a power cut after the rename must not leave a whole name over half a file
    return Copy(part, digest.hexdigest(), size)


@contextmanager
def _disk_errors(target: Path, size: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NotEnoughSpace(f"the disk of {target.parent} is full: the copy needs {size} bytes") from error
        raise SettingError(
            f"{error.filename or target} cannot be used: {error.strerror or error}. "
            "Let the setting `models_dir` name a folder that can be written."
        ) from error


def _head(extension: Extension) -> bytes:
    """All that stands before the weights: the entries of the file byte for byte, but for what YaRN changes."""
    front, context = extension.front, extension.context
    changed = {
        f"{ARCHITECTURE}.context_length": struct.pack("<II", UINT32, context),
        f"{ARCHITECTURE}.rope.scaling.type": struct.pack("<I", STRING) + _text("yarn"),
        f"{ARCHITECTURE}.rope.scaling.factor": struct.pack("<If", FLOAT32, extension.factor),
        f"{ARCHITECTURE}.rope.scaling.original_context_length": struct.pack("<II", UINT32, extension.facts.trained),
    }
    with front.path.open("rb") as file:
        old = file.read(front.tensors[1])
    entries = [old[begin:end] for name, (begin, end) in front.places.items() if name not in changed]
    entries += [_text(name) + value for name, value in changed.items()]
    start = gguf_file.MAGIC + struct.pack("<IQQ", front.version, front.tensor_count, len(entries))
    head = b"".join((start, *entries, old[slice(*front.tensors)]))
    return head.ljust(padded(len(head), front.alignment), b"\0")


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()
