"""How a JSON schema is put to a server with OpenAI's interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The request's `response_format`; vLLM, llama.cpp and LM Studio make a grammar of it."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": dict(schema)}}
