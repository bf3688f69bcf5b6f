"""`shopassist model`: what a model can really read, and a copy of it that reads further."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn
from rich.table import Table
from rich.text import Text

from shopassist.cli.errors import shown

if TYPE_CHECKING:
    from shopassist.models.inspection import Inspection
    from shopassist.models.ollama_server import OllamaServer
    from shopassist.settings import Settings

app = typer.Typer(no_args_is_help=True, help="What a model can read, and a copy of it that reads further.")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def inspect(
    name: Annotated[
        str | None,
        typer.Argument(help="A model's name in Ollama or a GGUF file; the setting `ollama_model` if not given."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say how many tokens a model was trained for, is asked for and is given, and the memory that they take."""
    with shown():
        from shopassist import settings as settings_

        found = _inspection(settings_.load(), name)
        if as_json:
            typer.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
        else:
            _print(found)


@app.command()
def extend(
    name: Annotated[str, typer.Argument(help="The model's name in Ollama.")],
    context: Annotated[int, typer.Option(help="Tokens that the copy can read.")] = 131072,
    gguf: Annotated[
        Path | None,
        typer.Option(help="The model's GGUF file, where Ollama's own store is on another machine.", show_default=False),
    ] = None,
    to: Annotated[str | None, typer.Option(help="The copy's name; NAME-128k if not given.", show_default=False)] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the copy's file in `models_dir` too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a copy of a Qwen2.5 that reads further, under a name of its own: the same weights, with YaRN switched on.

    The original stays as it is. Stopped or failed, nothing of the copy is left, here or at the server.
    """
    with shown():
        from shopassist import settings as settings_
        from shopassist.models.ollama_server import OllamaServer

        settings = settings_.load()
        with OllamaServer(settings.ollama_url) as server:
            result = _extend(settings, server, name, context, gguf, to, keep)
        if as_json:
            typer.echo(json.dumps(result, ensure_ascii=False, indent=2))
        else:
            _print_extended(result)


def _inspection(settings: Settings, name: str | None) -> Inspection:
    from shopassist.models import inspection
    from shopassist.models.ollama_server import OllamaServer

    numbers = {"asked": settings.model_context, "answer": settings.max_tokens}
    if name and (name.endswith(".gguf") or Path(name).is_file()):
        return inspection.of_file(Path(name), **numbers)
    with OllamaServer(settings.ollama_url) as server:
        return inspection.of_server(server, name or settings.ollama_model, **numbers)


def _extend(
    settings: Settings, server: OllamaServer, name: str, context: int, gguf: Path | None, to: str | None, keep: bool
) -> dict[str, Any]:
    from shopassist.errors import ModelUnavailable
    from shopassist.models import extended, inspection, yarn
    from shopassist.models.model_facts import BYTES

    target = to or extended.default_name(name, context)
    extended.check_free(server, target)
    source = server.show(name)
    if gguf is None:
        if source is None:
            way = f"run `ollama pull {name}`, or name its file with `--gguf FILE`"
            raise ModelUnavailable(f"the Ollama at {server.url} has no {name!r}; {way}")
        gguf = extended.file_of(source)
    extension, look = yarn.plan(gguf, context), extended.dress(source)
    if source:
        extended.check_same(source, extension)
    file = settings.models_dir / f"{target.replace('/', '_').replace(':', '_')}.gguf"
    with (
        _bars() as bar,
        yarn.written(
            extension, file, keep=keep, progress=bar(f"writing {file.name}"), beside=extended.store(source)
        ) as copy,
    ):
        extended.create(server, target, copy, extension, look, uploaded=bar("sending it to the server"), said=bar.say)
    found = inspection.of_server(server, target, asked=settings.model_context, answer=settings.max_tokens)
    return {
        "name": target,
        "original": name if source else None,
        "server": server.url,
        "context": found.facts.context,
        "trained": found.facts.trained,
        "yarn": found.facts.yarn,
        "template": look.template_from,
        "tools": found.tools,
        "kv_bytes": {kind: found.facts.cache_bytes(context, kind) for kind in BYTES},
        "kept": str(file) if keep else None,
        "notes": list(found.yarn_notes()),
    }


class _Bars:
    """Bars for bytes, one for each thing that takes its time."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def __call__(self, what: str) -> Callable[[int, int], None]:
        task: list[TaskID] = []

        def moved(done: int, total: int) -> None:
            if not task:
                task.append(self.progress.add_task(what, total=total))
            self.progress.update(task[0], completed=done)

        return moved

    def say(self, text: str) -> None:
        """A line of the server's."""
        self.progress.console.print(Text(f"server: {text}"), style="dim", soft_wrap=True)


@contextmanager
def _bars() -> Iterator[_Bars]:
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield _Bars(progress)


def _print(found: Inspection) -> None:
    from shopassist.models.inspection import LENGTHS
    from shopassist.models.model_facts import BYTES

    known = found.facts
    rows = Table(box=None, show_header=False, padding=(0, 1))
    rows.add_row("model", f"{known.architecture}, {found.parameters / 1e9:.1f} B parameters, {found.quantisation}")
    rows.add_row("trained for", f"{known.trained:,} tokens")
    if known.yarn:
        rows.add_row("in the file", f"{known.context:,} tokens, by YaRN × {known.yarn:g}")
    rows.add_row("asked for", f"{found.asked:,} tokens (setting `model_context`)")
    if found.server:
        rows.add_row("allocated", f"{found.allocated:,} tokens" if found.allocated else "not loaded at this moment")
    rows.add_row("usable", f"{found.usable:,} tokens, {found.answer:,} of them for the answer (setting `max_tokens`)")
    rows.add_row("template", _template(found))
    memory = Table("KV memory for", *BYTES, box=None, padding=(0, 1))
    for tokens in (1, *LENGTHS):
        beyond = "" if tokens <= known.context else "  (more than this file has)"
        sizes = [_size(known.cache_bytes(tokens, kind)) for kind in BYTES]
        memory.add_row(f"{tokens:,} token{'s' * (tokens > 1)}", *sizes[:-1], sizes[-1] + beyond)
    where = f"at {found.server} (Ollama {found.version})" if found.server else "(a file)"
    console = Console()
    console.print(Text(f"{found.name} {where}"), style="bold", soft_wrap=True)
    console.print(rows)
    console.print(memory)
    for note in found.notes():
        console.print(Text(f"• {note}"), soft_wrap=True)


def _template(found: Inspection) -> str:
    if not found.template:
        return "none for messages"
    return "messages and tools" if found.tools else "messages, no tools"


def _print_extended(result: dict[str, Any]) -> None:
    memory = ", ".join(f"{_size(size)} as {kind}" for kind, size in result["kv_bytes"].items())
    use = f"SHOPASSIST_OLLAMA_MODEL={result['name']} SHOPASSIST_MODEL_CONTEXT={result['context']}"
    original = result["original"] or "the original, which is not at this server (`ollama create` takes its file),"
    lines = [
        f"{result['name']} is at {result['server']}: {result['context']:,} tokens, as the server says.",
        *result["notes"],
        f"So {original} stays for short prompts, and {result['name']} is for long ones.",
        f"Template: {result['template']}; tools: {'yes' if result['tools'] else 'no'}.",
        f"To use it whole: {use}. A prompt of that length takes {memory} of KV memory beside the weights.",
    ]
    if result["kept"]:
        lines.append(f"The copy's file is kept: {result['kept']}")
    for line in lines:
        Console().print(Text(line), soft_wrap=True)


def _size(count: int) -> str:
    """Bytes in powers of 1024, as memory is told."""
    for unit, power in (("GiB", 3), ("MiB", 2), ("KiB", 1)):
        if count >= 1024**power:
            return f"{count / 1024**power:.{2 if power == 3 else 1}f} {unit}"
    return f"{count} bytes"
