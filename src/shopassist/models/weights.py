"""The models' files: which are there, and how the best that can be had gets there."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from shopassist.errors import DownloadError, NoSource, NotEnoughSpace
from shopassist.models.catalogue import Artefact, Extra, File, Role, catalogue
from shopassist.models.fetch import Unavailable, describe, fetch, reach, sha256_of, size_of, temporary_bytes

__all__ = ["SETTING", "Artefact", "Extra", "File", "Found", "Role", "catalogue", "distrust", "find", "pull"]

SETTING: dict[Role, str] = {"chat": "model_file", "embedding": "embedding_model"}
MARKER = ".verified"

Progress = Callable[[str, int, int], None]
Accept = Callable[[Artefact], bool]


@dataclass(frozen=True, slots=True)
class Found:
    """A complete artefact on disk. `path` is the GGUF file for chat and the folder for embedding."""

    artefact: Artefact
    path: Path


def find(role: Role, models_dir: Path, *, artefacts: Sequence[Artefact] | None = None) -> Found | None:
    """Return the best artefact whose files are all there with the right size; hashes are for `pull`."""
    for artefact in _of(role, artefacts):
        if _complete(artefact, models_dir / artefact.id):
            return _found(artefact, models_dir)
    return None


def pull(
    role: Role,
    models_dir: Path,
    *,
    progress: Progress,
    accept: Accept,
    artefacts: Sequence[Artefact] | None = None,
    endpoint: str | None = None,
    free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
) -> Found:
    """Fetch the best artefact that can be had, and verify it; what is there and verified is left as it is.

    `progress(name, done, total)` counts an artefact's bytes; `accept(artefact)` is asked where a licence needs consent.
    `endpoint` is the hub's address (from HF_ENDPOINT if not given). Raises `NoSource`, `ChecksumMismatch`,
    `NotEnoughSpace`, or `DownloadError` where a download breaks off or the disk cannot be written.
    """
    failures = []
    for artefact in _of(role, artefacts):
        try:
            with _disk_errors(artefact, models_dir):
                _obtain(artefact, models_dir, progress, accept, endpoint, free)
        except Unavailable as reason:
            failures.append(f"  {artefact.name} from {describe(artefact.source, endpoint)}: {reason}")
        else:
            return _found(artefact, models_dir)
    raise NoSource(_no_source(role, models_dir, failures, _of(role, artefacts)[0]))


def distrust(file: Path) -> None:
    """Let the next `pull` check a chat model's file again, since it could not be loaded."""
    with suppress(OSError):  # a folder that may not be written: whoever may will find no fault but the same error
        file.with_name(MARKER).unlink(missing_ok=True)


def _of(role: Role, artefacts: Sequence[Artefact] | None) -> list[Artefact]:
    return [a for a in (catalogue() if artefacts is None else artefacts) if a.role == role]


def _found(artefact: Artefact, models_dir: Path) -> Found:
    folder = models_dir / artefact.id
    return Found(artefact, artefact.files[0].at(folder) if artefact.role == "chat" else folder)


def _obtain(
    artefact: Artefact,
    models_dir: Path,
    progress: Progress,
    accept: Accept,
    endpoint: str | None,
    free: Callable[[Path], int],
) -> None:
    folder = models_dir / artefact.id
    if _verified(artefact, folder):  # before anything is written: the folder may be read-only
        return
    if artefact.asks and not _complete(artefact, folder) and not accept(artefact):
        raise Unavailable(f"not accepted (licence: {artefact.licence})")
    report = partial(_report, artefact, folder, progress)
    with _only_one(artefact, models_dir, report):
        if _verified(artefact, folder):
            return
        missing = [file for file in artefact.files if not _right(file, folder)]
        if missing:
            reach(artefact.source, missing[0], endpoint)
            _check_space(artefact, models_dir, free)
            fetch(artefact, missing, folder, report, endpoint)
        folder.joinpath(MARKER).write_text(_marker(artefact, folder), encoding="ascii")


def _complete(artefact: Artefact, folder: Path) -> bool:
    return all(size_of(file.at(folder)) == file.bytes for file in artefact.files)


def _verified(artefact: Artefact, folder: Path) -> bool:
    try:
        marked = folder.joinpath(MARKER).read_text(encoding="ascii")
    except (FileNotFoundError, UnicodeDecodeError):
        return False
    return _complete(artefact, folder) and marked == _marker(artefact, folder)


def _marker(artefact: Artefact, folder: Path) -> str:
    """What stands in the marker of a verified artefact: a file that was written to since then is hashed again.

    In the form that `sha256sum --check` reads (it skips lines with a #), so that anybody can verify again. Whole
    seconds, since archives and images keep no more.
    """
    hashes = "".join(f"{file.sha256}  {file.path}\n" for file in artefact.files)
    return hashes + "".join(f"# {int(file.at(folder).stat().st_mtime)}  {file.path}\n" for file in artefact.files)


def _right(file: File, folder: Path) -> bool:
    path = file.at(folder)
    if size_of(path) == file.bytes and sha256_of(path) == file.sha256:
        return True
    path.unlink(missing_ok=True)
    return False


def _present(artefact: Artefact, folder: Path) -> int:
    return sum(min(file.bytes, size_of(file.at(folder)) or size_of(file.part(folder))) for file in artefact.files)


def _report(artefact: Artefact, folder: Path, progress: Progress) -> None:
    progress(artefact.name, _present(artefact, folder), artefact.bytes)


@contextmanager
def _only_one(artefact: Artefact, models_dir: Path, report: Callable[[], None]) -> Iterator[None]:
    locks = models_dir / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    lock = FileLock(locks / f"{artefact.id}.lock")
    while True:
        try:
            lock.acquire(timeout=0.5)
            break
        except Timeout:
            report()  # whoever waits sees the other's download grow
    try:
        yield
    finally:
        lock.release()


def _check_space(artefact: Artefact, models_dir: Path, free: Callable[[Path], int]) -> None:
    needed = artefact.bytes - _present(artefact, models_dir / artefact.id) + temporary_bytes(artefact.source)
    available = free(models_dir)
    if available < needed:
        raise NotEnoughSpace(
            f"{artefact.name} needs {needed} bytes more in {models_dir}, and {available} are free. "
            "Make room, or let the setting `models_dir` name a folder on another disk."
        )


@contextmanager
def _disk_errors(artefact: Artefact, models_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise DownloadError(f"{models_dir} cannot be used for {artefact.name}: {error}") from error
        missing = artefact.bytes - _present(artefact, models_dir / artefact.id)
        raise NotEnoughSpace(
            f"the disk of {models_dir} is full: {artefact.name} needs {missing} bytes more. What was fetched is kept; "
            "make room and run `shopassist pull` again."
        ) from error


def _no_source(role: Role, models_dir: Path, failures: list[str], best: Artefact) -> str:
    files = "\n".join(f"  {f.at(models_dir / best.id)} ({f.bytes} bytes, SHA-256 {f.sha256})" for f in best.files)
    return (
        f"No source of the {role} model answered. Tried:\n" + "\n".join(failures) + "\n"
        "Ways out: let HF_ENDPOINT name a mirror that can be reached from here; "
        f"or copy {best.name} from another machine:\n{files}\n"
        f"or let the setting `{SETTING[role]}` name a model that you have."
    )
