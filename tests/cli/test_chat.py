"""`shopassist chat` in a process of its own: how it waits, what it keeps to itself, and how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

PAGE = "---\nid: returns\ntitle: 退货政策\n---\n# 退货政策\n签收后 7 天内可以无理由退货。退货运费由买家承担。\n"
QUESTION = "退货运费谁出？\n"
GO_ON = re.compile(r"shopassist chat --conversation (\S+)")


def environment(**variables):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SHOPASSIST_")}
    return {**clean, "COLUMNS": "160", "SHOPASSIST_CLOCK": "2024-12-05T10:00:00+08:00", **variables}


def command(*arguments):
    return [sys.executable, "-u", "-m", "shopassist.cli", *arguments]


@pytest.fixture
def shop(tmp_path):
    """A shop's folder with an index by words alone, and no model."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "returns.md").write_text(PAGE, "utf-8")
    (tmp_path / "shopassist.toml").write_text('model = "none"\nembeddings = "none"\n', "utf-8")
    subprocess.run(command("ingest", "pages"), cwd=tmp_path, env=environment(), check=True, capture_output=True)
    return tmp_path


def chat(shop, say, *arguments, flags=(), **variables):
    return subprocess.run(
        command(*flags, "chat", *arguments),
        cwd=shop,
        env=environment(**variables),
        input=say,
        capture_output=True,
        text=True,
        timeout=120,
    )


class Failing(BaseHTTPRequestHandler):
    """An Ollama that has the model and cannot run it."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"models": [{"name": "qwen2.5:7b"}]}).encode())

    def do_POST(self):
        time.sleep(0.5)
        self.send_error(500)

    def log_message(self, *_):
        pass


@contextmanager
def failing_ollama():
    with ThreadingHTTPServer(("127.0.0.1", 0), Failing) as listening:
        threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield {"SHOPASSIST_MODEL": "ollama", "SHOPASSIST_OLLAMA_URL": f"http://127.0.0.1:{listening.server_port}"}
        listening.shutdown()


@contextmanager
def talking(shop, *arguments):
    """A chat that waits for the next message after its greeting."""
    process = subprocess.Popen(
        command("chat", *arguments),
        cwd=shop,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert "/quit" in process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.communicate()


def test_ctrl_c_at_the_empty_prompt_ends_quietly_and_tells_how_to_go_on(shop):
    with talking(shop) as process:
        process.stdin.write(QUESTION)
        process.stdin.flush()
        assert "买家承担" in process.stdout.readline()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert err == ""
    assert "Stopped" not in out
    assert GO_ON.search(out)


@pytest.mark.parametrize("end", ["", "/quit\n"])
def test_what_was_said_can_be_gone_on_with(shop, end):
    first = chat(shop, QUESTION + end)
    [conversation] = GO_ON.findall(first.stdout)
    second = chat(shop, "你好\n" + end, "--conversation", conversation)
    assert GO_ON.findall(second.stdout) == [conversation]


def test_where_nothing_was_said_there_is_nothing_to_go_on_with(shop):
    assert not GO_ON.search(chat(shop, "/help\n/quit\n").stdout)
    assert not GO_ON.search(chat(shop, QUESTION + "/new\n/quit\n").stdout)


def test_no_warning_stands_in_the_middle_of_an_answer(shop):
    with failing_ollama() as settings:
        done = chat(shop, QUESTION + "/why\n", **settings)
        asked_for = chat(shop, QUESTION, flags=["--verbose"], **settings)
    assert "买家承担" in done.stdout
    assert "degraded" in done.stdout
    assert "WARNING" not in done.stderr
    assert "WARNING" in asked_for.stderr


def test_a_warning_at_the_start_is_shown(shop):
    done = chat(shop, "", SHOPASSIST_DATA_DIR=str(shop / "empty"))
    assert "shopassist ingest" in done.stderr


def test_there_is_a_sign_of_life_before_the_first_sentence(shop):
    with failing_ollama() as settings:
        done = chat(shop, QUESTION, FORCE_COLOR="1", TERM="xterm", **settings)
    plain = re.sub(r"\x1b\[[^a-zA-Z]*[a-zA-Z]", "", done.stdout)
    assert "…" in plain.partition("买家承担")[0].partition("stops an answer.")[2].replace("loading the model …", "")


def test_what_cannot_be_answered_now_does_not_end_the_chat(shop):
    done = chat(shop, QUESTION + "/help\n", "--conversation", "a\tb")
    assert done.returncode == 0
    assert done.stdout.count("/why shows") == 2
