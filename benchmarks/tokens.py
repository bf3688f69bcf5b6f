"""Tokens of a prompt, by the tokenizer that a GGUF file of Qwen2.5 holds, else estimated."""

from collections.abc import Callable, Sequence
from pathlib import Path

from langchain_core.messages import BaseMessage

from shopassist.errors import ShopAssistError
from shopassist.models.gguf_tokenizer import tokenizer_of
from shopassist.models.tokens import Estimate, Tokenized


def counter(gguf: Path | None) -> tuple[Callable[[Sequence[BaseMessage]], int], str]:
    """What counts a prompt's tokens, and how it does. Raises `ValueError` for a file that is no GGUF of a Qwen2."""
    if gguf is None:
        return Estimate().prompt, "estimated, at most so many (--gguf FILE counts)"
    try:
        tokenizer = tokenizer_of(gguf)
    except ShopAssistError as error:
        raise ValueError(str(error)) from error
    return Tokenized(lambda: tokenizer).prompt, f"counted by the tokenizer of {gguf.name}"
