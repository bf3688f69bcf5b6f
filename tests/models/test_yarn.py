"""The copy that reads further, judged by the package `gguf`."""

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFReader

from shopassist.errors import InputError, NotEnoughSpace, SettingError, WeightsUnfit
from shopassist.models.yarn import plan, written
from tiny_gguf import tiny

YARN = {
    "qwen2.context_length": 131072,
    "qwen2.rope.scaling.type": "yarn",
    "qwen2.rope.scaling.factor": 4.0,
    "qwen2.rope.scaling.original_context_length": 32768,
}


@pytest.fixture
def file(tmp_path):
    return tiny(tmp_path / "tiny.gguf")


def write(file, target, keep=True, context=131072, progress=lambda done, total: None, **more):
    with written(plan(file, context), target, keep=keep, progress=progress, **more) as copy:
        return copy, copy.path.read_bytes()


def files(folder):
    return sorted(p.name for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock")


def entries(path):
    return {k: f.contents() for k, f in GGUFReader(path).fields.items() if not k.startswith("GGUF.")}


def test_a_copy_differs_in_four_entries_and_in_no_weight(file, tmp_path):
    target = tmp_path / "copy" / "long.gguf"
    copy, data = write(file, target)
    assert entries(target) == entries(file) | YARN
    before, after = GGUFReader(file).tensors, GGUFReader(target).tensors
    assert [t.name for t in after] == [t.name for t in before]
    assert all(np.array_equal(a.data, b.data) for a, b in zip(after, before, strict=True))
    assert (copy.sha256, copy.bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    assert target.read_bytes() == data


def test_the_weights_stay_aligned_as_the_file_says(tmp_path):
    file = tiny(tmp_path / "wide.gguf", alignment=256)
    write(file, tmp_path / "copy.gguf")
    assert GGUFReader(tmp_path / "copy.gguf").data_offset % 256 == 0
    assert np.array_equal(*(GGUFReader(p).tensors[0].data for p in (file, tmp_path / "copy.gguf")))


def test_the_factor_is_no_larger_than_it_must_be(file, tmp_path):
    write(file, tmp_path / "copy.gguf", context=65536)
    assert entries(tmp_path / "copy.gguf")["qwen2.rope.scaling.factor"] == 2.0


def test_a_copy_that_nobody_keeps_is_gone_at_the_end(file, tmp_path):
    write(file, tmp_path / "copy.gguf", keep=False)
    assert files(tmp_path) == ["tiny.gguf"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("when", ["while it is written", "afterwards"])
def test_whoever_stops_leaves_nothing_half(file, tmp_path, error, keep, when):
    def progress(done, total):
        if when == "while it is written":
            assert files(tmp_path) == ["copy.gguf.part", "tiny.gguf"]
            raise error

    with pytest.raises(error), written(plan(file, 131072), tmp_path / "copy.gguf", keep=keep, progress=progress):
        raise error
    assert files(tmp_path) == ["tiny.gguf"]


def test_what_a_killed_run_left_is_written_over(file, tmp_path):
    (tmp_path / "copy.gguf.part").write_bytes(b"half" * 100_000)
    write(file, tmp_path / "copy.gguf")
    assert entries(tmp_path / "copy.gguf")["qwen2.context_length"] == 131072
    assert files(tmp_path) == ["copy.gguf", "tiny.gguf"]


def test_the_bar_counts_to_the_end(file, tmp_path):
    seen = []
    copy, _ = write(file, tmp_path / "copy.gguf", progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (copy.bytes, copy.bytes)
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    ("context", "words"),
    [
        (32768, "trained for 32768 tokens and needs no copy"),
        (4096, "SHOPASSIST_MODEL_CONTEXT"),
        (131073, "131072 at most"),
    ],
)
def test_a_length_that_needs_no_copy_or_goes_too_far_is_refused(file, context, words):
    with pytest.raises(InputError, match=words):
        plan(file, context)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"architecture": "llama"}, "is llama; only Qwen2"),
        ({"split__count": 2}, "one part of several"),
        ({"qwen2__rope__scaling__type": "yarn"}, "is an extended copy already"),
    ],
)
def test_a_file_that_cannot_be_extended_is_refused(tmp_path, how, words):
    with pytest.raises(WeightsUnfit, match=words):
        plan(tiny(tmp_path / "other.gguf", **how), 131072)


def test_a_copy_of_a_copy_is_refused(file, tmp_path):
    write(file, tmp_path / "copy.gguf")
    with pytest.raises(WeightsUnfit, match="extend the original"):
        plan(tmp_path / "copy.gguf", 131072)


def test_the_space_is_looked_at_before_anything_is_written(file, tmp_path):
    size = plan(file, 131072).bytes
    with pytest.raises(NotEnoughSpace, match=f"needs {size} bytes in .*, and {size - 1} are free.*models_dir"):
        write(file, tmp_path / "copy.gguf", free=lambda _: size - 1)
    assert files(tmp_path) == ["tiny.gguf"]
    write(file, tmp_path / "copy.gguf", free=lambda _: size)


def test_a_server_on_the_same_disk_needs_the_space_again(file, tmp_path):
    size = plan(file, 131072).bytes
    with pytest.raises(NotEnoughSpace, match="once here, once at the server"):
        write(file, tmp_path / "copy.gguf", beside=tmp_path, free=lambda _: 2 * size - 1)
    write(file, tmp_path / "copy.gguf", beside=tmp_path, free=lambda _: 2 * size)


def test_two_do_not_write_the_same_copy(file, tmp_path):
    with (
        written(plan(file, 131072), tmp_path / "copy.gguf", keep=True, progress=lambda *_: None),
        pytest.raises(InputError, match=re.escape("another process writes")),
    ):
        write(file, tmp_path / "copy.gguf")
    assert files(tmp_path) == ["copy.gguf", "tiny.gguf"]


def test_a_folder_that_cannot_be_written_is_named(file, tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(SettingError, match=r"taken.*models_dir"):
        write(file, tmp_path / "taken" / "copy.gguf")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full, the disk that is always full")
def test_a_disk_that_runs_full_in_the_middle_is_told(file, tmp_path):
    (tmp_path / "copy.gguf.part").symlink_to("/dev/full")
    with pytest.raises(NotEnoughSpace, match="is full"):
        write(file, tmp_path / "copy.gguf")
    assert files(tmp_path) == ["tiny.gguf"]
