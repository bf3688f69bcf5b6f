"""`shopassist chat`, where it matters in a process of its own: how it waits, what it keeps to itself, and how it ends."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from commands import invoke

PAGE = "---\nid: returns\ntitle: 退货政策\n---\n# 退货政策\n签收后 7 天内可以无理由退货。退货运费由买家承担。\n"
QUESTION = "退货运费谁出？\n"
CANCEL = "帮我把订单ORD20241201002取消了\n"
SHOP = ".shopassist/sample_shop.db"
GO_ON = re.compile(r"shopassist chat --conversation (\S+)")
AS = re.compile(r"shopassist chat --as (\S+) --conversation (\S+)")


def given(**variables):
    values = {"COLUMNS": "160", "SHOPASSIST_CLOCK": "2024-12-05T10:00:00+08:00", **variables}
    return {name: value for name, value in values.items() if value is not None}


def environment(**variables):
    return {k: v for k, v in os.environ.items() if not k.startswith("SHOPASSIST_")} | given(**variables)


def command(*arguments):
    return [sys.executable, "-u", "-m", "shopassist.cli", *arguments]


@pytest.fixture
def shop(tmp_path):
    """A shop's folder with an index by words alone, and no model."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "returns.md").write_text(PAGE, "utf-8")
    (tmp_path / "shopassist.toml").write_text('model = "none"\nembeddings = "none"\n', "utf-8")
    assert invoke(tmp_path, "ingest", "pages").returncode == 0
    return tmp_path


def chat(shop, say, *arguments, flags=(), **variables):
    return invoke(shop, *flags, "chat", *arguments, say=say, **given(**variables))


FACTS = {
    "general.architecture": "qwen2",
    "qwen2.context_length": 32768,
    "qwen2.block_count": 28,
    "qwen2.embedding_length": 3584,
    "qwen2.attention.head_count": 28,
    "qwen2.attention.head_count_kv": 4,
}


class Failing(BaseHTTPRequestHandler):
    """An Ollama that has the model and cannot run it."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"models": [{"name": "qwen2.5:7b"}]}).encode())

    def do_POST(self):
        if self.path == "/api/show":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"model_info": FACTS, "details": {}}).encode())
            return
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
def talking(shop, *arguments, **variables):
    """A chat that waits for the next message after its greeting."""
    process = subprocess.Popen(
        command("chat", *arguments),
        cwd=shop,
        env=environment(**variables),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert "/quit" in process.stdout.readline()
        assert "sample_shop.db" in process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.communicate()


def plain(text):
    return re.sub(r"\x1b\[[^a-zA-Z]*[a-zA-Z]", "", text)


def until(stream, end):
    """What comes up to and with the end, without colours; a status line ends in no newline."""
    text = ""
    while end not in plain(text):
        piece = stream.read(1)
        assert piece, plain(text)
        text += piece
    return plain(text)


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
    assert "…" in plain(done.stdout).partition("买家承担")[0].partition(SHOP)[2].replace("loading the model …", "")


def test_what_cannot_be_answered_now_does_not_end_the_chat(shop):
    done = chat(shop, QUESTION + "/help\n", "--conversation", "a\tb")
    assert done.returncode == 0
    assert "/orders" in done.stdout


def test_the_start_says_which_shop_and_which_day_it_is(shop):
    first = chat(shop, "").stdout
    assert SHOP in first
    assert "2024-12-05 10:00" in first
    assert "SHOPASSIST_CLOCK" not in first
    assert "SHOPASSIST_CLOCK" in chat(shop, "", SHOPASSIST_CLOCK=None).stdout


def test_a_visitor_is_told_how_to_become_a_customer(shop):
    assert "/as u-1001" in chat(shop, "/orders\n").stdout.partition(SHOP)[2]


def test_a_customer_sees_their_orders_and_an_unknown_one_who_there_is(shop):
    done = chat(shop, "/as u-9\n/orders\n/as u-1001\n/orders\n/as u-1003\n/orders\n/as\n/orders\n")
    unknown, zhang, wang, visitor = re.split("A new conversation, as ", done.stdout)
    assert "'u-9'" in unknown
    assert "u-1002 (李娜)" in unknown
    [keyboard] = [line for line in zhang.splitlines() if "ORD20241201002" in line]
    assert keyboard.split() == ["ORD20241201002", "unpaid", "机械键盘K87", "红轴", "399", "2024-12-01"]
    assert "No orders" in wang
    assert "/as u-1001" in visitor


def test_an_unknown_customer_is_refused_at_the_start(shop):
    done = chat(shop, "", "--as", "u-9")
    assert done.returncode == 1
    assert "u-1001 (张伟)" in done.stderr


def test_a_change_is_asked_about_then_done_and_kept_between_runs(shop):
    asked = chat(shop, f"{CANCEL}/why\n/orders\n", "--as", "u-1001")
    assert "waits       cancel_order(order_id=ORD20241201002) for a yes until 10:15, rule cancel" in asked.stdout
    assert "wish        cancel_order, request: order_id=ORD20241201002 (said)" in asked.stdout
    assert "unpaid" in asked.stdout
    [(customer, conversation)] = AS.findall(asked.stdout)
    done = chat(shop, "好的，取消吧\n/why\n", "--as", customer, "--conversation", conversation)
    assert "wrote       cancel_order(order_id=ORD20241201002): done, rule cancel" in done.stdout
    [order] = [x for x in chat(shop, "/orders\n", "--as", "u-1001").stdout.splitlines() if "ORD20241201002" in x]
    assert "cancelled" in order


def test_somebody_elses_conversation_is_refused(shop):
    [(_, conversation)] = AS.findall(chat(shop, CANCEL, "--as", "u-1001").stdout)
    done = chat(shop, "好的，取消吧\n/orders\n", "--as", "u-1002", "--conversation", conversation)
    assert "belongs to somebody else" in done.stdout
    assert "unpaid" in chat(shop, "/orders\n", "--as", "u-1001").stdout


def test_reset_makes_the_shop_anew_and_begins_a_new_conversation(shop):
    done = chat(shop, f"{CANCEL}好的，取消吧\n/orders\n/reset\n/orders\n好的，取消吧\n/why\n", "--as", "u-1001")
    before, after = done.stdout.split("The sample shop is as it was at first.")
    assert re.search("ORD20241201002 +cancelled", before)
    assert re.search("ORD20241201002 +unpaid", after)
    assert "wrote" not in after


def test_the_status_line_says_in_plain_words_which_tool_runs(shop):
    with talking(shop, "--as", "u-1001", FORCE_COLOR="1", TERM="xterm") as process:
        process.stdin.write(CANCEL)
        process.stdin.flush()
        until(process.stdout, "吗？")
        with closing(sqlite3.connect(shop / ".shopassist/sample_shop.db")) as other:
            other.execute("BEGIN IMMEDIATE")  # the shop is busy: the change waits for it
            process.stdin.write("好的，取消吧\n")
            process.stdin.flush()
            waiting = until(process.stdout, "cancel order …")
            other.rollback()
        until(process.stdout, "已取消")
    assert "doing it" in waiting


def test_a_handed_over_conversation_shows_its_number(shop):
    done = chat(shop, "转人工\n/why\n", "--as", "u-1001")
    assert re.search(r"handed over under \w+; mode waiting", done.stdout)


def test_a_shop_that_is_no_database_is_named(shop):
    chat(shop, "")
    (shop / ".shopassist/sample_shop.db").write_bytes(b"no database" * 100)
    done = chat(shop, "")
    assert done.returncode == 1
    assert "sample_shop.db" in done.stderr
    assert "Traceback" not in done.stderr


def test_one_question_can_be_asked_as_a_customer(shop):
    def ask(*arguments):
        done = invoke(shop, "ask", *arguments, **given())
        return done.returncode, done.stdout + done.stderr

    assert "SF123456789CN" in ask("--as", "u-1001", "订单ORD20241201001到哪了？")[1]
    assert "SF123456789CN" not in ask("--as", "u-1002", "订单ORD20241201001到哪了？")[1]
    assert "SF123456789CN" not in ask("订单ORD20241201001到哪了？")[1]
    code, said = ask("--as", "u-9", "在吗")
    assert code == 1
    assert "u-1004 (Emma Clark)" in said


def test_the_desk_takes_writes_and_gives_back(shop):
    say = "/desk\n转人工\n/desk\n/desk say 您好\n/desk claim\n在吗\n/desk say 在的，请讲\n/desk return\n" + QUESTION
    done = chat(shop, say)
    assert done.returncode == 0, done.stderr
    shown = done.stdout
    places = [
        "Nobody was handed over",
        "is waiting",
        "claim it first",
        "顾客要求",
        "a person has the conversation",
        "Person: 在的，请讲",
        "由我继续",
        "买家承担",
    ]
    assert [p for p in places if p not in shown] == []
    assert sorted(places, key=shown.index) == places
