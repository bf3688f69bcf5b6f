"""Tokens of a prompt, by the tokenizer that a GGUF file of Qwen2.5 holds; the weights are not read.

Without the file the tokens are estimated. The chat format is Qwen2.5's: each message between two marks, with its role.
"""

import re
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from langchain_core.messages import BaseMessage
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from shopassist.models.embedded import ROLES

WEIGHTS = {r"[\u4e00-\u9fff]": 0.72, r"[A-Za-z]+": 1.03, r"\d": 1.33, r"[^\w\s]": 1.13}
"""Tokens for a Han character, a word, a digit and a mark, fitted on the prompts of prompts.py: 1% off, at most 5%."""

_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_CONTROL = 3
_NUMBERS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9


def counter(gguf: Path | None) -> tuple[Callable[[Sequence[BaseMessage]], int], str]:
    """What counts a prompt's tokens, and how it does. Raises `ValueError` for a file that is no GGUF of a Qwen2."""
    if gguf is None:
        return lambda prompt: round(_estimate(chat(prompt))), "estimated by characters (--gguf FILE counts)"
    tokenizer = _tokenizer(gguf)
    return lambda prompt: len(tokenizer.encode(chat(prompt)).ids), f"counted by the tokenizer of {gguf.name}"


def chat(prompt: Sequence[BaseMessage]) -> str:
    """A prompt as Qwen2.5 reads it."""
    said = "".join(f"<|im_start|>{ROLES[m.type]}\n{m.text}<|im_end|>\n" for m in prompt)
    return f"{said}<|im_start|>assistant\n"


def _estimate(text: str) -> float:
    plain, marks = re.subn(r"<\|\w+\|>", "", text)
    return marks + sum(weight * len(re.findall(pattern, plain)) for pattern, weight in WEIGHTS.items())


def _tokenizer(gguf: Path) -> Tokenizer:
    with gguf.open("rb") as file:
        try:
            data = dict(_metadata(file))
        except (struct.error, KeyError, UnicodeDecodeError) as error:
            raise ValueError(f"{gguf} is no whole GGUF file ({type(error).__name__})") from error
    if data.get("tokenizer.ggml.pre") != "qwen2":
        raise ValueError(f"{gguf} has no tokenizer of Qwen2, but {data.get('tokenizer.ggml.pre')!r}")
    words, kinds = data["tokenizer.ggml.tokens"], data["tokenizer.ggml.token_type"]
    merges = [tuple(pair.split(" ")) for pair in data["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE(vocab={w: n for n, w in enumerate(words)}, merges=merges))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.add_special_tokens([w for w, kind in zip(words, kinds, strict=True) if kind == _CONTROL])
    return tokenizer


def _metadata(file: BinaryIO):
    """Keys and values of the file's head: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md."""
    magic, version = file.read(4), _number(file, "<I")
    if magic != b"GGUF" or version < 2:
        raise ValueError(f"{file.name} is no GGUF file of version 2 or later")
    _number(file, "<Q")  # tensors
    for _ in range(_number(file, "<Q")):
        key = _value(file, _STRING)
        yield key, _value(file, _number(file, "<I"))


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        length = _number(file, "<Q")
        return _bytes(file, length).decode("utf-8")
    if kind == _ARRAY:
        inner, length = _number(file, "<I"), _number(file, "<Q")
        return [_value(file, inner) for _ in range(length)]
    return _number(file, _NUMBERS[kind])


def _number(file: BinaryIO, form: str) -> Any:
    return struct.unpack(form, file.read(struct.calcsize(form)))[0]


def _bytes(file: BinaryIO, length: int) -> bytes:
    found = file.read(length)
    if len(found) < length:
        raise struct.error("the file ends")
    return found
