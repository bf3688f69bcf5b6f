"""What a model's own metadata say of its context and of the memory that it takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shopassist.errors import WeightsUnfit

Cache = Literal["f16", "q8_0"]

BYTES: dict[Cache, float] = {"f16": 2.0, "q8_0": 34 / 32}
"""Bytes of one number in the cache; q8_0 keeps 32 numbers of a byte with a scale of two bytes."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model's shape. `trained` and `context` are tokens.

    `context` is what the metadata allow, and more is not given: Ollama cuts `num_ctx` to it without a word. Under YaRN
    it is `yarn` times `trained`; else the two are the same and `yarn` is None. `cached` is how many numbers of each
    token are kept, for all layers.
    """

    architecture: str
    trained: int
    context: int
    yarn: float | None
    cached: int

    def cache_bytes(self, tokens: int, kind: Cache = "f16") -> int:
        """The memory of so many tokens' keys and values, in bytes; the weights come on top."""
        return math.ceil(self.cached * BYTES[kind] * tokens)


def facts(metadata: Mapping[str, Any], name: str) -> ModelFacts:
    """A model's facts from its GGUF file's metadata, or from the `model_info` of Ollama's /api/show.

    Raises `WeightsUnfit`, which names the model by `name`, where they are no language model's.
    """
    architecture = metadata.get("general.architecture")

    def own(key: str, default: Any = None) -> Any:
        value = metadata.get(f"{architecture}.{key}", default)
        if value is None or value == []:  # a short /api/show leaves lists empty
            raise WeightsUnfit(f"{name} does not say {architecture}.{key}; is it a language model?")
        return value

    context = int(own("context_length"))
    layers, heads = int(own("block_count")), own("attention.head_count")
    kv_heads = own("attention.head_count_kv", heads)
    per_head = own("embedding_length") // (max(heads) if isinstance(heads, list) else heads)
    width = own("attention.key_length", per_head) + own("attention.value_length", per_head)
    yarn = own("rope.scaling.type", "none") == "yarn"
    factor = float(own("rope.scaling.factor", 1.0))
    return ModelFacts(
        architecture=str(architecture),
        trained=int(own("rope.scaling.original_context_length", round(context / factor))) if yarn else context,
        context=context,
        yarn=factor if yarn else None,
        cached=(sum(kv_heads) if isinstance(kv_heads, list) else layers * kv_heads) * width,
    )
