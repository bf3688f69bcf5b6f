"""The front of a GGUF file, held against the package `gguf`, which wrote it."""

import struct

import pytest
from gguf import GGUFReader

from shopassist.errors import WeightsMissing, WeightsUnfit
from shopassist.models.gguf_file import read
from tiny_gguf import tiny


@pytest.fixture
def file(tmp_path):
    return tiny(tmp_path / "tiny.gguf", general__size_label="1.5B")


def test_all_that_the_package_gguf_reads_is_read(file):
    judge, front = GGUFReader(file), read(file)
    told = {name: field.contents() for name, field in judge.fields.items() if not name.startswith("GGUF.")}
    assert front.metadata == told
    assert front.weights == judge.data_offset
    assert front.tensor_count == len(judge.tensors)
    assert front.parameters == sum(int(t.n_elements) for t in judge.tensors)
    assert (front.architecture, front.quantisation) == ("qwen2", "Q4_K_M")


def test_each_entry_is_where_it_is_said_to_be(file):
    data, front = file.read_bytes(), read(file)
    begin, end = front.places["qwen2.context_length"]
    name = b"qwen2.context_length"
    assert data[begin:end] == struct.pack("<Q", len(name)) + name + struct.pack("<II", 4, 32768)
    assert sorted(front.places.values()) == list(front.places.values())
    assert max(end for _, end in front.places.values()) == front.tensors[0]


def test_an_unknown_quantisation_is_told_by_its_number(tmp_path):
    data = tiny(tmp_path / "tiny.gguf").read_bytes()
    entry = b"general.file_type" + struct.pack("<I", 4)
    new = tmp_path / "new.gguf"
    new.write_bytes(data.replace(entry + struct.pack("<I", 15), entry + struct.pack("<I", 99)))
    assert read(new).quantisation == "file type 99"


@pytest.mark.parametrize("share", [0.001, 0.01, 0.5, 0.9])
def test_a_file_that_was_cut_short_is_named(file, share):
    whole = file.read_bytes()
    file.write_bytes(whole[: max(8, int(len(whole) * share))])
    with pytest.raises(WeightsUnfit, match=r"tiny\.gguf is damaged or cut short"):
        read(file)


def test_a_damaged_length_is_no_endless_reading(file):
    data = bytearray(file.read_bytes())
    data[16:24] = struct.pack("<Q", 2**60)  # the number of entries
    file.write_bytes(data)
    with pytest.raises(WeightsUnfit, match="damaged"):
        read(file)


@pytest.mark.parametrize("content", [b"", b"GGU", b"this is no model"], ids=["empty", "three bytes", "a text"])
def test_what_is_no_gguf_is_named(tmp_path, content):
    (tmp_path / "no.gguf").write_bytes(content)
    with pytest.raises(WeightsUnfit, match=r"no\.gguf is no GGUF file"):
        read(tmp_path / "no.gguf")


def test_a_version_of_the_format_that_is_not_known_is_named(file):
    data = bytearray(file.read_bytes())
    data[4:8] = struct.pack("<I", 1)
    file.write_bytes(data)
    with pytest.raises(WeightsUnfit, match="GGUF of version 1; 2 and 3"):
        read(file)


def test_what_is_not_there_or_no_file_is_named(tmp_path):
    with pytest.raises(WeightsMissing, match=r"gone\.gguf"):
        read(tmp_path / "gone.gguf")
    with pytest.raises(WeightsUnfit, match="cannot be read"):
        read(tmp_path)
