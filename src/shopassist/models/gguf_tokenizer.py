"""A Qwen2.5's own tokenizer, out of its GGUF file: what the server will count, without asking it.

It counts as llama.cpp and Ollama do with a rendered prompt: control tokens in the text are control tokens. Unlike the
tokenizer.json of Qwen's own release it composes no letters (NFC) beforehand, since llama.cpp does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shopassist.errors import WeightsMissing, WeightsUnfit
from shopassist.models import gguf_file

if TYPE_CHECKING:
    from tokenizers import Tokenizer

QWEN2 = (
    r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How a text is cut before its bytes are merged, in llama.cpp's form, which differs from Qwen's in one letter (ſ)."""

CUTS = {"qwen2": QWEN2, "deepseek-r1-qwen": QWEN2}
"""By the entry `tokenizer.ggml.pre`."""

CONTROL, USER_DEFINED, UNUSED = 3, 4, 5
"""Of the entry `tokenizer.ggml.token_type`."""


def tokenizer_of(path: Path) -> Tokenizer:
    """The tokenizer of a Qwen2.5's GGUF file; takes about a second.

    Raises `WeightsMissing`, or `WeightsUnfit` where the file is damaged or its tokenizer is another kind.
    """
    return tokenizer_from(gguf_file.read(path).metadata, str(path))


def tokenizer_from(metadata: Mapping[str, Any], name: str) -> Tokenizer:
    """The tokenizer that a model's metadata describe: a GGUF file's, or what /api/show says with `verbose`.

    `name` is for the error: `WeightsUnfit`, where it is another kind than Qwen2's.
    """
    kind = metadata.get("tokenizer.ggml.model"), metadata.get("tokenizer.ggml.pre")
    if kind[0] != "gpt2" or kind[1] not in CUTS:
        raise WeightsUnfit(
            f"{name} has the tokenizer {kind[0]} / {kind[1]}; only that of Qwen2 is known (gpt2 / qwen2)"
        )
    parts = [f"tokenizer.ggml.{part}" for part in ("tokens", "token_type", "merges")]
    for part in parts:
        if not metadata.get(part):
            raise WeightsUnfit(f"{name} lacks {part}, without which its tokens cannot be counted")
    tokens, types, merges = (metadata[part] for part in parts)
    return _built(CUTS[kind[1]], tokens, types, [tuple(merge.split(" ", 1)) for merge in merges])


def from_file(path: Path) -> Tokenizer:
    """The tokenizer of a GGUF file or of a tokenizer.json. Raises what `tokenizer_of` and `load_tokenizer` do."""
    return tokenizer_of(path) if path.suffix == ".gguf" else load_tokenizer(path)


def load_tokenizer(path: Path) -> Tokenizer:
    """A tokenizer.json. Raises `WeightsMissing`, or `WeightsUnfit` where the file is none."""
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_str(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise WeightsMissing(f"{path} is not there") from error
    except Exception as error:  # tokenizers raises bare exceptions
        raise WeightsUnfit(f"{path} is no tokenizer.json ({error})") from error


def _built(cut: str, tokens: list[str], types: list[int], merges: list[Any]) -> Tokenizer:
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

    vocabulary = {token: n for n, token in enumerate(tokens) if types[n] != UNUSED}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, fuse_unk=False, byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(cut), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    for kind in (CONTROL, USER_DEFINED):
        found = [
            AddedToken(token, special=kind == CONTROL, normalized=False)
            for token, own in zip(tokens, types, strict=True)
            if own == kind
        ]
        (tokenizer.add_special_tokens if kind == CONTROL else tokenizer.add_tokens)(found)
    return tokenizer
