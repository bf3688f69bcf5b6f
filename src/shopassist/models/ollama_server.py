"""What an Ollama says of its models, and how it gets a new one: over its HTTP API, so on another machine too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any, Self

import httpx

from shopassist.errors import InputError, ModelTimeout, ModelUnavailable
from shopassist.models.login import login
from shopassist.models.requests import named
from shopassist.settings import Address

ANSWER_SECONDS = 60.0
WORK_SECONDS = 600.0
"""For creating a model: Ollama may read all weights before it says the next word."""

CHUNK = 1024**2

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Shown:
    """What Ollama says of a model. `info` has the metadata of its file; `blob` is the file at the server."""

    name: str
    info: dict[str, Any]
    details: dict[str, Any]
    template: str = ""
    system: str = ""
    license: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    capabilities: tuple[str, ...] = ()
    blob: Path | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in an Ollama's memory.

    `context` is the tokens that it was given, None before Ollama 0.10; `size` its bytes and `vram` those of them on a
    GPU; `until` is when it is unloaded if nobody calls, by the server's clock, if it says so.
    """

    context: int | None
    size: int
    vram: int
    until: datetime | None


class OllamaServer:
    """One Ollama; close it after use. All methods raise `ModelUnavailable` or `ModelTimeout` where it fails."""

    def __init__(self, url: str) -> None:
        address = Address(url)
        self.url = str(address)
        self._client = httpx.Client(
            base_url=self.url,
            auth=login(address),
            trust_env=False,
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=5.0),
            event_hooks={"request": [named]},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def version(self) -> str:
        """Its version, such as 0.11.4."""
        with self._errors():
            response = self._client.get("/api/version")
            if response.status_code == httpx.codes.NOT_FOUND:  # every Ollama has this page
                raise ModelUnavailable(
                    f"what answers at {self.url} is no Ollama: it has no page /api/version; set SHOPASSIST_OLLAMA_URL"
                )
            return str(self._checked(response).json()["version"])

    def show(self, name: str, *, tokens: bool = False) -> Shown | None:
        """What it says of a model, with `tokens` also those of its tokenizer (4 MB); None if it has none of this name.

        Raises `InputError` for what can be no name.
        """
        with self._errors():
            response = self._client.post("/api/show", json={"model": name, "verbose": tokens})
            if response.status_code == httpx.codes.NOT_FOUND:
                return None
            if not response.is_success and _reason(response).startswith("invalid model"):  # 400 or 500, by version
                raise InputError(f"{name!r} can be no model's name; Ollama takes names like qwen2.5:7b-128k")
            return _shown(name, self._checked(response).json())

    def loaded(self, name: str) -> Loaded | None:
        """What it says of a model that is in its memory; None if it is not."""
        with self._errors():
            models = self._checked(self._client.get("/api/ps")).json()["models"]
            full = name if ":" in name.rpartition("/")[2] else f"{name}:latest"
            for model in models:
                if full in (model.get("name"), model.get("model")):
                    until = datetime.fromisoformat(model["expires_at"]) if model.get("expires_at") else None
                    return Loaded(model.get("context_length"), model.get("size", 0), model.get("size_vram", 0), until)
        return None

    def upload(self, file: Path, sha256: str, progress: Progress, stopped: Event | None = None) -> None:
        """Send a file to the server, if it has none with this SHA-256. Once `stopped`, nothing of it stays there."""
        size, path = file.stat().st_size, f"/api/blobs/sha256:{sha256}"

        def chunks() -> Iterator[bytes]:
            with file.open("rb") as data:
                while not (stopped and stopped.is_set()) and (chunk := data.read(CHUNK)):
                    yield chunk
                    progress(data.tell(), size)

        with self._errors():
            if self._client.head(path).is_success:
                progress(size, size)
                return
            length = {"Content-Length": str(size)}  # else it would go in pieces, which some proxies keep back
            timeout = httpx.Timeout(ANSWER_SECONDS, connect=5.0, read=WORK_SECONDS)
            self._checked(self._client.post(path, content=chunks(), headers=length, timeout=timeout))

    def create(self, name: str, sha256: str, **rest: Any) -> Iterator[str]:
        """Make a model of an uploaded file and `rest` (`template`, `system`, ...); yields what the server says."""
        body = {"model": name, "files": {"model.gguf": f"sha256:{sha256}"}, "stream": True, **rest}
        timeout = httpx.Timeout(ANSWER_SECONDS, connect=5.0, read=WORK_SECONDS)
        with self._errors(), self._client.stream("POST", "/api/create", json=body, timeout=timeout) as response:
            if not response.is_success:
                response.read()
            said: dict[str, Any] = {}
            for line in self._checked(response).iter_lines():
                if line:
                    said = json.loads(line)
                    if "error" in said:
                        raise ModelUnavailable(f"the Ollama at {self.url} cannot make {name}: {said['error']}")
                    yield str(said["status"])
            if said.get("status") != "success":
                raise ModelUnavailable(f"the Ollama at {self.url} broke off making {name}; its log says why")

    def remove(self, name: str, sha256: str) -> None:
        """Take a model away, and its file, also where the file alone got there: Ollama frees it only with a model."""
        if self.show(name) is None:
            with self._errors():
                if not self._client.head(f"/api/blobs/sha256:{sha256}").is_success:
                    return
            for _ in self.create(name, sha256):
                pass
        with self._errors():
            self._checked(self._client.request("DELETE", "/api/delete", json={"model": name}))

    def _checked(self, response: httpx.Response) -> httpx.Response:
        if not response.is_success:
            raise ModelUnavailable(f"the Ollama at {self.url} answers {response.status_code}: {_reason(response)}")
        return response

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except httpx.TimeoutException as error:
            raise ModelTimeout(f"the Ollama at {self.url} did not answer in time ({type(error).__name__})") from error
        except httpx.TransportError as error:
            raise ModelUnavailable(
                f"no Ollama answers at {self.url} ({type(error).__name__}); start it with `ollama serve`, or set "
                "SHOPASSIST_OLLAMA_URL"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise ModelUnavailable(f"what answers at {self.url} is no Ollama") from error


def _shown(name: str, said: dict[str, Any]) -> Shown:
    return Shown(
        name=name,
        info=said["model_info"],
        details=said["details"],
        template=said.get("template", ""),
        system=said.get("system", ""),
        license=said.get("license", ""),
        parameters=_parameters(said.get("parameters", "")),
        messages=said.get("messages") or [],
        capabilities=tuple(said.get("capabilities") or ()),
        blob=_blob(said.get("modelfile", "")),
    )


def _parameters(text: str) -> dict[str, Any]:
    """The lines `name   value` as a request takes them; a name that comes again is a list."""
    found: dict[str, list[Any]] = {}
    for line in text.splitlines():
        name, _, shown = line.partition(" ")
        try:
            value = json.loads(shown)
        except ValueError:
            value = shown.strip()
        found.setdefault(name, []).append(value)
    return {name: values if name == "stop" else values[-1] for name, values in found.items()}


def _blob(modelfile: str) -> Path | None:
    """The file of the line `FROM`, if it is one whose name is its checksum."""
    for line in modelfile.splitlines():
        path = Path(line.removeprefix("FROM "))
        if line.startswith("FROM ") and path.name.startswith("sha256-"):
            return path
    return None


def _reason(response: httpx.Response) -> str:
    """The server's own words."""
    try:
        return str(response.json()["error"])[:300]
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase
