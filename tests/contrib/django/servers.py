"""Real servers with the small shop in them, and a client that reads a stream as it comes."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx

HERE = Path(__file__).parent
SOURCE = HERE.parents[2] / "src"
STARTING = 90.0


def environment(**values):
    """The environment of a process that has the small shop."""
    path = os.pathsep.join(map(str, (HERE, SOURCE, HERE.parents[1])))
    own = {"PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "shopsite.settings", "PYTHONUNBUFFERED": "1"}
    return {**os.environ, **own, **{name: str(value) for name, value in values.items()}}


def manage(*arguments, **values):
    """Run a command of the project; what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "django", *arguments], env=environment(**values), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def free_port():
    """A port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def served(kind, *, port=None, **values):
    """The address of a running server: uvicorn (ASGI) or gunicorn (WSGI, one worker with threads)."""
    port = port or free_port()
    commands = {
        "uvicorn": ["uvicorn", "shopsite.asgi:application", "--port", str(port), "--log-level", "warning"],
        "gunicorn": [
            "gunicorn",
            "shopsite.wsgi:application",
            "-b",
            f"127.0.0.1:{port}",
            "--threads",
            "8",
            "-k",
            "gthread",
        ],
    }
    process = subprocess.Popen([sys.executable, "-m", *commands[kind]], env=environment(**values))
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address, process)
        yield address
    finally:
        process.send_signal(signal.SIGINT if kind == "uvicorn" else signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(address, process):
    """Wait until a server answers."""
    ends = time.monotonic() + STARTING
    while time.monotonic() < ends:
        assert process.poll() is None, "the server ended while it started"
        try:
            httpx.get(f"{address}/assistant/openapi.json", timeout=STARTING)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server did not start")


class Visitor:
    """A visitor's browser: cookies, the CSRF token, one conversation."""

    def __init__(self, address):
        self.http = httpx.Client(base_url=f"{address}/assistant/", timeout=60)
        self.http.get("conversations/").raise_for_status()
        self.http.headers["X-CSRFToken"] = self.http.cookies["csrftoken"]
        self.id = self.http.post("conversations/").raise_for_status().json()["id"]
        self.at = f"conversations/{self.id}/"

    def ask(self, text, **body):
        """The answer in JSON."""
        return self.http.post(f"{self.at}messages/", json={"text": text, **body})

    @contextmanager
    def stream(self, text, **body):
        """The response of a stream that is open."""
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "gzip"}
        with self.http.stream("POST", f"{self.at}messages/", json={"text": text, **body}, headers=headers) as response:
            yield response


def events(response):
    """The events of a stream as they come: (name, data)."""
    name = None
    for line in response.iter_lines():
        if found := re.fullmatch(r"event: (\w+)", line):
            name = found[1]
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))
