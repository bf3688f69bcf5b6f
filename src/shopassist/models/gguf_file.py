"""The front of a GGUF file: its metadata, and where the weights begin.

Read here and not by the package `gguf`, whose reader makes an object of every token: 8 s and 560 MB for the file of a
1.5B, where this takes half a second. The tests hold it against that package.
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopassist.errors import WeightsMissing, WeightsUnfit

MAGIC = b"GGUF"
VERSIONS = (2, 3)
"""Those whose lengths have 64 bits; version 1 was gone before Qwen2."""

UINT32, FLOAT32, STRING, ARRAY = 4, 6, 8, 9
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", UINT32: "I", 5: "i", FLOAT32: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""The format's types of one value, and the letters that `struct` has for them."""

ALIGNMENT = 32

FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 32: "BF16",
}  # fmt: skip
"""llama.cpp's numbers for how most of the weights are kept (`general.file_type`)."""


@dataclass(frozen=True, slots=True)
class Front:
    """What stands before the weights of the GGUF file at `path`.

    `metadata` has the values by name. `places` has the bytes of each entry in the file, name and type included.
    `tensors` are the bytes of the weights' own list, and `weights` is where they begin; `alignment` in bytes.
    """

    path: Path
    version: int
    metadata: dict[str, Any]
    places: dict[str, tuple[int, int]]
    tensors: tuple[int, int]
    tensor_count: int
    parameters: int
    alignment: int
    weights: int

    @property
    def architecture(self) -> str:
        """The name that the model's own entries begin with; empty where a file has none."""
        return str(self.metadata.get("general.architecture", ""))

    @property
    def quantisation(self) -> str:
        """How most of the weights are kept, such as Q4_K_M."""
        number = self.metadata.get("general.file_type")
        return FILE_TYPES.get(number, f"file type {number}") if isinstance(number, int) else "unknown"


def read(path: Path) -> Front:
    """The front of a GGUF file. Raises `WeightsMissing`, or `WeightsUnfit` where it is none or not whole."""
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise WeightsUnfit(f"{path} is no GGUF file")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _front(path, data)
    except FileNotFoundError as error:
        raise WeightsMissing(f"{path} is not there") from error
    except OSError as error:
        raise WeightsUnfit(f"{path} cannot be read: {error.strerror or error}") from error
    except (struct.error, IndexError, ValueError, TypeError, ArithmeticError) as error:
        raise WeightsUnfit(f"{path} is damaged or cut short ({error}); fetch it again") from error


def _front(path: Path, data: mmap.mmap) -> Front:
    version, tensor_count, count = struct.unpack_from("<IQQ", data, len(MAGIC))
    if version not in VERSIONS:
        raise WeightsUnfit(f"{path} is GGUF of version {version}; {' and '.join(map(str, VERSIONS))} can be read")
    walk = _Walk(data, len(MAGIC) + struct.calcsize("<IQQ"))
    metadata: dict[str, Any] = {}
    places = {}
    for _ in range(count):
        begin = walk.at
        name = walk.text()
        metadata[name] = walk.value(walk.scalar("I"))
        places[name] = (begin, walk.at)
    begin = walk.at
    sizes, last = [], 0
    for _ in range(tensor_count):
        walk.text()
        sizes.append(math.prod(walk.scalar("Q") for _ in range(walk.scalar("I"))))
        walk.scalar("I")
        last = max(last, walk.scalar("Q"))
    alignment = int(metadata.get("general.alignment", ALIGNMENT))
    weights = padded(walk.at, alignment)
    if weights + last > len(data):
        raise IndexError("its last weights lie behind its end")
    return Front(path, version, metadata, places, (begin, walk.at), tensor_count, sum(sizes), alignment, weights)


def padded(size: int, alignment: int) -> int:
    """The next multiple of `alignment`."""
    return -(-size // alignment) * alignment


class _Walk:
    """A place in the file that moves on with what is read."""

    def __init__(self, data: mmap.mmap, at: int) -> None:
        self.data = data
        self.at = at

    def scalar(self, letter: str) -> Any:
        (value,) = struct.unpack_from(f"<{letter}", self.data, self.at)
        self.at += struct.calcsize(letter)
        return value

    def text(self) -> str:
        begin = self.at + 8
        self.at = begin + int(struct.unpack_from("<Q", self.data, self.at)[0])
        if self.at > len(self.data):
            raise IndexError("a text goes on behind its end")
        return self.data[begin : self.at].decode("utf-8", "surrogateescape")

    def value(self, kind: int) -> Any:
        if kind == STRING:
            return self.text()
        if kind in SCALARS:
            return self.scalar(SCALARS[kind])
        if kind != ARRAY:
            raise IndexError(f"an entry is of type {kind}, which the format does not have")
        inner, count = self.scalar("I"), self.scalar("Q")
        if inner in SCALARS:
            values = struct.unpack_from(f"<{count}{SCALARS[inner]}", self.data, self.at)
            self.at += count * struct.calcsize(SCALARS[inner])
            return list(values)
        one: Callable[[], Any] = self.text if inner == STRING else lambda: self.value(inner)
        return [one() for _ in range(count)]
