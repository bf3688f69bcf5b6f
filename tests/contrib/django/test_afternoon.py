"""docs/afternoon.md, followed word by word in an empty folder."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.M | re.S)
OURS = "python -m venv", ". .venv", "pip install"
"""The commands that this test's own environment stands for."""


@dataclass
class Step:
    """A command with the output that is shown below it, or a file."""

    kind: str
    text: str
    shown: tuple[str, ...] = ()
    file: str = ""
    appended: bool = False


def steps(text):
    for kind, options, body in BLOCK.findall(text):
        if kind == "console":
            for command in re.split(r"^\$ ", body, flags=re.M)[1:]:
                line, *shown = command.rstrip("\n").split("\n")
                yield Step("command", line, tuple(shown))
        elif name := re.search(r"title=(\S+)( append)?", options):
            yield Step("file", body, file=name[1], appended=bool(name[2]))


TEXT = (DOCS / "afternoon.md").read_text("utf-8")
STEPS = list(steps(TEXT))
HTTP = next(n for n, step in enumerate(STEPS) if step.text.endswith("runserver"))


def fits(shown, output):
    """Whether the lines that are shown stand in the output in their order, … standing for anything."""
    pattern = ".*?".join(".*?".join(map(re.escape, line.split("…"))) for line in shown)
    return re.search(pattern, output, re.S) is not None


class Developer:
    """Types what stands in the page, in one shell with one folder."""

    def __init__(self, folder):
        self.folder, self.variables = folder, {}
        self.environment = {
            k: v for k, v in os.environ.items() if not k.startswith(("DJANGO_", "SHOPASSIST_", "SITE_"))
        }
        beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self.environment |= {"PATH": beside, "PYTHONPATH": str(DOCS.parent / "src"), "PYTHONUTF8": "1"}

    def take(self, step):
        if step.kind == "file":
            file = self.folder / step.file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text((file.read_text("utf-8") if step.appended else "") + step.text, "utf-8")
        elif step.text.startswith("cd "):
            self.folder /= step.text.removeprefix("cd ")
        elif not step.text.startswith(OURS):
            output = self.run(step.text)
            assert fits(step.shown, output), f"{step.text}\n{output}"

    def run(self, command):
        """The output of a command; what it sets in the shell stays."""
        kept = "".join(f"{name}={shlex.quote(value)}\n" for name, value in self.variables.items())
        done = subprocess.run(
            ["sh", "-c", f"{kept}{command}\nended=$?; echo; echo @@; set; exit $ended"],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        output, _, after = done.stdout.rpartition("\n@@\n")
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, f"{command}\n{done.stderr}"
        if name := re.match(r"([A-Z]+)=", command):
            self.variables[name[1]] = shlex.split(re.search(rf"^{name[1]}=(.*)$", after, re.M)[1])[0]
        return output


@pytest.fixture(scope="module")
def developer(tmp_path_factory):
    """Who has done all up to the server's start."""
    made = Developer(tmp_path_factory.mktemp("afternoon"))
    for step in STEPS[:HTTP]:
        made.take(step)
    return made


def test_every_step_does_what_the_page_shows(developer):
    assert (developer.folder / "db.sqlite3").exists()


def test_the_first_answer_takes_twenty_commands_and_sixty_lines_at_the_most():
    first = next(n for n, step in enumerate(STEPS) if "shopassist_talk" in step.text)
    assert sum(step.kind == "command" for step in STEPS[: first + 1]) <= 20
    code = [line for step in STEPS if step.file.endswith(".py") for line in step.text.splitlines() if line.strip()]
    assert len(code) <= 60


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_a_visitor_gets_the_window_and_is_answered_over_http(developer):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "manage.py", "runserver", "--noreload", str(port)],
        cwd=developer.folder, env=developer.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(300):
            assert server.poll() is None
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/assistant/conversations/").close()
                break
            except OSError:
                time.sleep(0.1)
        for step in STEPS[HTTP + 1 :]:
            step.text = step.text.replace(":8000", f":{port}")
            developer.take(step)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/static/shopassist/widget/widget.js") as script:
            assert "javascript" in script.headers["Content-Type"]
    finally:
        server.terminate()
        server.wait(30)


def test_the_page_has_every_file_that_it_speaks_of():
    for page in re.findall(r"\]\(([\w/]+\.md)", TEXT):
        assert (DOCS / page).exists(), page
