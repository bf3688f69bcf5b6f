"""A real Qwen2.5 in this process: llama.cpp by xllamacpp, as a LangChain chat model."""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

from shopassist.errors import MissingExtra, ModelTimeout, ModelUnavailable, WeightsMissing, WeightsUnfit
from shopassist.models import gguf_file, gguf_tokenizer, weights
from shopassist.models.bounded import watch
from shopassist.models.door import Door
from shopassist.models.model_facts import facts
from shopassist.models.response_format import response_format
from shopassist.models.tokens import ROLES, Tokenized
from shopassist.settings import Settings

log = logging.getLogger(__name__)

WARM_SECONDS = 600.0
"""The longest that `warm` waits: nobody waits with it, and slow machines read the front of a prompt in minutes."""

BATCH = 128
"""Tokens of a prompt that are read in one go. llama.cpp hears of a caller who has left between two batches only: with
its own 2048 that took up to half a minute on two cores. Measured there, 128 cost 1% more time than 512, and 64 3%."""


class EmbeddedChat(BaseChatModel):
    """llama.cpp's own server on the loopback interface, guarded by a key that only this object knows.

    The model is loaded at the first call or by `warm`, once for all threads; `close` stops it. A stream that is
    closed frees the model at once. `timeout` is the longest wait for a token, in seconds, the first one too: llama.cpp
    is silent while it reads the prompt. `bounded` ends a stream earlier.
    """

    file: Path
    context: int = 8192
    max_tokens: int = 220
    temperature: float = 0.0
    threads: int = 2
    timeout: float = 30.0

    _lock: Any = PrivateAttr(default_factory=threading.Lock)
    _server: Any = PrivateAttr(default=None)
    _client: Any = PrivateAttr(default=None)

    @property
    def _llm_type(self) -> str:
        return "shopassist-embedded"

    @property
    def model_name(self) -> str:
        """The file's name, for usage figures."""
        return self.file.stem

    def warm(self, messages: list[BaseMessage] | None = None) -> None:
        """Load the model, and read the static front of the prompt into its cache. Raises `ModelUnavailable`."""
        if messages:
            for _ in self.stream(messages, max_tokens=1, timeout=WARM_SECONDS):
                pass
        else:
            self._open()

    def structured(self, schema: Mapping[str, Any], most: int) -> dict[str, Any]:
        """Options of `stream` for an answer of at most `most` tokens that fits a JSON schema."""
        return {"response_format": response_format(schema), "max_tokens": most}

    def close(self) -> None:
        """Stop the model and free its memory."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = self._server = None

    def _open(self) -> httpx.Client:
        with self._lock:
            if self._client is None:
                self._server, key = _start(self)
                self._client = httpx.Client(
                    base_url=self._server.listening_address,
                    headers={"Authorization": f"Bearer {key}"},
                    trust_env=False,  # a proxy of the environment must not see the loopback traffic
                    limits=httpx.Limits(max_keepalive_connections=0),
                    event_hooks={"request": [watch]},
                )
                weakref.finalize(self, self._client.close)
            return self._client  # type: ignore[no-any-return]

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        body = {
            "messages": [{"role": ROLES[m.type], "content": m.text} for m in messages],
            "stream": True,
            "stream_options": {"include_usage": True},
            "cache_prompt": True,
            "max_tokens": kwargs.get("max_tokens", self.max_tokens),
            "temperature": self.temperature,
            "stop": stop or [],
            **{name: kwargs[name] for name in ("response_format",) if name in kwargs},
        }
        client = self._open()
        silence = kwargs.get("timeout", self.timeout)
        timeout = httpx.Timeout(silence, connect=5.0)
        try:
            with client.stream("POST", "/v1/chat/completions", json=body, timeout=timeout) as response:
                if response.status_code != httpx.codes.OK:
                    raise ModelUnavailable(f"the embedded model refused: {_reason(response.read())}")
                for line in response.iter_lines():
                    chunk = _chunk(line)
                    if chunk is not None:
                        if run_manager:
                            run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                        yield chunk
        except httpx.TimeoutException as error:
            raise ModelTimeout(f"the embedded model was silent for {silence:g} s") from error
        except httpx.HTTPError as error:
            raise ModelUnavailable(f"the embedded model broke off: {type(error).__name__}") from error

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        whole: ChatGenerationChunk | None = None
        for chunk in self._stream(messages, stop, run_manager, **kwargs):
            whole = chunk if whole is None else whole + chunk
        if whole is None:
            raise ModelUnavailable("the embedded model answered nothing")
        message = AIMessage(
            content=whole.text,
            response_metadata=whole.message.response_metadata,
            usage_metadata=getattr(whole.message, "usage_metadata", None),
        )
        return ChatResult(generations=[ChatGeneration(message=message)])


def door(settings: Settings, file: Path) -> Door:
    """The model of a GGUF file. The weights are loaded by the first call; that it can be loaded shows only then."""
    context = settings.model_context
    try:
        context = min(context, facts(gguf_file.read(file).metadata, file.name).context)
    except WeightsUnfit as error:  # loading it says more, and what to do
        log.warning("the context of %s cannot be told: %s", file.name, error)
    model = EmbeddedChat(
        file=file,
        context=context,
        max_tokens=settings.max_tokens,
        threads=settings.threads,
        timeout=settings.model_deadline,
    )
    kept = settings.tokenizer_file or file
    return Door(model, context, Tokenized(lambda: gguf_tokenizer.from_file(kept)), lambda: None, 1)


def available() -> bool:
    """Whether xllamacpp can be imported; it is not imported for that."""
    from importlib.util import find_spec

    return find_spec("xllamacpp") is not None


def _start(chat: EmbeddedChat) -> tuple[Any, str]:
    if not chat.file.is_file():
        raise WeightsMissing(f"{chat.file} is not there; run `shopassist pull`, or set SHOPASSIST_MODEL_FILE")
    try:
        import xllamacpp
    except ImportError as error:
        raise MissingExtra("the embedded model needs xllamacpp: pip install 'shopassist[embedded]'") from error
    began = time.monotonic()
    key = secrets.token_urlsafe(24)
    params = xllamacpp.CommonParams()
    params.model.path = str(chat.file)
    params.hostnames, params.port, params.api_keys, params.ui = ["127.0.0.1"], 0, [key], False
    params.n_ctx, params.n_parallel, params.n_predict = chat.context, 1, chat.max_tokens
    params.n_batch = params.n_ubatch = BATCH
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = chat.threads
    params.verbosity = -1
    try:
        server = xllamacpp.Server(params)
    except RuntimeError as error:
        weights.distrust(chat.file)
        raise ModelUnavailable(
            f"{chat.file} cannot be loaded ({error}); is it a whole GGUF file, and is there memory for it? "
            "`shopassist pull` checks the file, and fetches it anew if it is damaged"
        ) from error
    log.info("loaded %s in %.1f s", chat.file.name, time.monotonic() - began)
    return server, key


def _chunk(line: str) -> ChatGenerationChunk | None:
    """One line of the server's event stream."""
    if not line.startswith("data: ") or line == "data: [DONE]":
        if line.startswith("error: "):
            raise ModelUnavailable(f"the embedded model failed in mid-answer: {_reason(line[7:].encode())}")
        return None
    data = json.loads(line[6:])
    if "error" in data:
        raise ModelUnavailable(f"the embedded model failed in mid-answer: {_reason(line[6:].encode())}")
    choice = (data.get("choices") or [{}])[0]
    usage = data.get("usage")
    details = {k: choice[k] for k in ("finish_reason",) if choice.get(k)}
    if data.get("timings"):
        details["timings"] = data["timings"]
    message = AIMessageChunk(
        content=choice.get("delta", {}).get("content") or "",
        response_metadata=details,
        usage_metadata=UsageMetadata(
            input_tokens=usage["prompt_tokens"],
            output_tokens=usage["completion_tokens"],
            total_tokens=usage["total_tokens"],
        )
        if usage
        else None,
    )
    return ChatGenerationChunk(message=message)


def _reason(body: bytes) -> str:
    """The server's own words, without the prompt."""
    try:
        error = json.loads(body)["error"]
        return str(error.get("message") if isinstance(error, dict) else error)[:300]
    except (ValueError, KeyError, TypeError):
        return "an answer that is no JSON"
