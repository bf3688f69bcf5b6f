"""A model of the server's, made anew under its own name from a copy of its file that reads further."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import Any

from shopassist.errors import InputError, ModelError, ModelUnavailable, WeightsMissing
from shopassist.models.model_facts import facts
from shopassist.models.ollama_server import OllamaServer, Shown
from shopassist.models.yarn import Copy, Extension

Tell = Callable[..., None]

STORES = ("~/.ollama/models", "/usr/share/ollama/.ollama/models", "/var/lib/ollama/models")
"""Where Ollama keeps its files, unless its OLLAMA_MODELS says otherwise."""

TEMPLATE = "qwen2.5.template"
"""Qwen's chat template, tools included, in Ollama's language: for a file that the server knows no template of."""


def default_name(name: str, context: int) -> str:
    """The copy's name: `qwen2.5:7b` at 131072 tokens is `qwen2.5:7b-128k`."""
    return f"{name.removesuffix(':latest')}-{context // 1024}k"


def file_of(shown: Shown) -> Path:
    """The GGUF file of a server's model, if the server's store is on this machine. Raises `WeightsMissing`."""
    if shown.blob is None:
        raise WeightsMissing(f"the server does not say which file {shown.name} is; name it with `--gguf FILE`")
    own = os.environ.get("OLLAMA_MODELS")
    folders = [Path(f).expanduser() / "blobs" for f in ((own,) if own else ()) + STORES]
    for path in (shown.blob, *(folder / shown.blob.name for folder in folders)):
        if os.access(path, os.R_OK):  # a name that is its checksum cannot be another file's
            return path
    raise WeightsMissing(
        f"the file of {shown.name} ({shown.blob}) is not on this machine, or may not be read; run this where it is, or "
        "name the model's GGUF file with `--gguf FILE`"
    )


def store(shown: Shown | None) -> Path | None:
    """The folder of the server's files, if it is on this machine: it will take the copy too."""
    return shown.blob.parent if shown and shown.blob and shown.blob.is_file() else None


@dataclass(frozen=True, slots=True)
class Dress:
    """What a server keeps beside the weights. `template_from` says where the template is from."""

    template: str
    template_from: str
    rest: Mapping[str, Any]


def dress(source: Shown | None) -> Dress:
    """The template, system prompt, parameters and licence that the copy gets: the source's own, where it has them.

    A template that knows no messages (what Ollama takes for a file without one) gives way to Qwen's.
    """
    rest: dict[str, Any] = {}
    if source:
        parts = ("system", "license", "parameters", "messages")
        rest = {part: value for part in parts if (value := getattr(source, part))}
        if ".Messages" in source.template:
            return Dress(source.template, f"that of {source.name}", rest)
    return Dress(resources.files(__package__).joinpath(TEMPLATE).read_text("utf-8"), "Qwen2.5's own", rest)


def create(
    server: OllamaServer,
    name: str,
    copy: Copy,
    extension: Extension,
    look: Dress,
    *,
    uploaded: Callable[[int, int], None],
    said: Callable[[str], None],
) -> Shown:
    """Make the model at the server, and hold what the server then says of it against what was asked for.

    Raises a `ModelError`; then, and on Ctrl-C, nothing of the model is left there.
    """

    def send(tell: Tell, left: Event) -> None:
        server.upload(copy.path, copy.sha256, tell, left)

    def make(tell: Tell, _: Event) -> None:
        for status in server.create(name, copy.sha256, template=look.template, **look.rest):
            tell(status)

    with _all_or_nothing(server, name, copy.sha256):
        _waited(send, uploaded)
        _waited(make, said)
        return _verified(server, name, extension, look)


def check_same(source: Shown, extension: Extension) -> None:
    """Raise `InputError` if a file is not the server's model: another size of it would get its template and name."""
    told = source.info.get("general.parameter_count")
    if told is not None and told != extension.front.parameters:
        raise InputError(
            f"{extension.front.path} has {extension.front.parameters:,} parameters and {source.name} has {told:,}; "
            "name the file of this model, or give the copy of the other its own name"
        )


def check_free(server: OllamaServer, name: str) -> None:
    """Raise `InputError` if the server has a model of this name, which is never overwritten."""
    if server.show(name):
        raise InputError(
            f"the Ollama at {server.url} has a {name} already; take another name with `--to`, or `ollama rm {name}`"
        )


def _waited(work: Callable[[Tell, Event], None], told: Tell) -> None:
    """Do `work` in a thread, and tell here what it tells. It gets an event that is set once nobody wants it any more.

    Whoever leaves waits for its end: Ollama goes on making a model whose maker hung up, and what it makes can only be
    taken away when it is there.
    """
    heard: SimpleQueue[tuple[Any, ...] | None] = SimpleQueue()
    left = Event()

    def run() -> None:
        try:
            work(lambda *what: heard.put(what), left)
        finally:
            heard.put(None)

    with ThreadPoolExecutor(1) as pool:
        try:
            running = pool.submit(run)
            while (what := heard.get()) is not None:
                told(*what)
            running.result()
        finally:
            left.set()


@contextmanager
def _all_or_nothing(server: OllamaServer, name: str, sha256: str) -> Iterator[None]:
    """Take the model and its file away again if the body raises."""
    try:
        yield
    except BaseException:
        try:
            server.remove(name, sha256)
        except ModelError as error:
            raise ModelUnavailable(
                f"making {name} failed, and what is left of it cannot be taken away ({error}). If the server lists "
                f"it, run `ollama rm {name}`; the file sha256:{sha256} goes when the server starts again"
            ) from error
        raise


def _verified(server: OllamaServer, name: str, extension: Extension, look: Dress) -> Shown:
    shown = server.show(name)
    if shown is None:
        raise ModelUnavailable(f"the Ollama at {server.url} says that {name} was made, and does not have it")
    told = facts(shown.info, name)
    asked = (extension.context, extension.facts.trained, extension.factor, look.template.strip())
    if (told.context, told.trained, told.yarn, shown.template.strip()) != asked:
        raise ModelUnavailable(
            f"the Ollama at {server.url} made {name} otherwise than asked: {told.context} tokens, YaRN {told.yarn}, "
            f"{'the' if shown.template.strip() == look.template.strip() else 'another'} template"
        )
    return shown
