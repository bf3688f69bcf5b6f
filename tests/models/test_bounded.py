"""A model's stream ends at its deadline and when its caller leaves, and what it was waiting for ends with it."""

import contextvars
import socket
import threading
import time
from contextlib import closing

import httpx
import pytest

from shopassist.errors import ModelError, ModelTimeout
from shopassist.models.bounded import AHEAD, bounded, watch

SOON = 4.0
"""Seconds within which is seen, also on a busy machine, what may take 0.2."""


def later(seconds):
    return time.monotonic() + seconds


def never():
    return threading.Event()


def after(seconds):
    event = threading.Event()
    timer = threading.Timer(seconds, event.set)
    timer.daemon = True
    timer.start()
    return event


def until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


class Endless:
    """A stream that notes how far it was read and that it was closed."""

    def __init__(self, pause=0.0):
        self.pause, self.count, self.closed = pause, 0, False

    def __iter__(self):
        return self

    def __next__(self):
        self.count += 1
        time.sleep(self.pause)
        return self.count

    def close(self):
        self.closed = True


def test_what_the_stream_says_comes_through_in_order():
    assert list(bounded(iter(range(500)), later(60), never())) == list(range(500))


def test_what_the_stream_raises_comes_through_after_what_it_said():
    def broken():
        yield 1
        raise ModelError("gone")

    chunks = bounded(broken(), later(60), never())
    assert next(chunks) == 1
    with pytest.raises(ModelError, match="gone"):
        next(chunks)


def test_a_silent_stream_is_a_timeout_at_the_deadline():
    began = time.monotonic()
    with pytest.raises(ModelTimeout, match="model_deadline"):
        list(bounded(Endless(pause=5), later(0.5), never()))
    assert 0.4 < time.monotonic() - began < 4


def test_a_stream_that_talks_on_is_a_timeout_at_the_deadline():
    stream = Endless(pause=0.01)
    with pytest.raises(ModelTimeout):
        list(bounded(stream, later(0.3), never()))
    assert until(lambda: stream.closed)


def test_a_silent_stream_ends_when_its_caller_has_left():
    began = time.monotonic()
    assert list(bounded(Endless(pause=5), later(60), after(0.2))) == []
    assert time.monotonic() - began < 0.2 + SOON


def test_a_stream_without_time_is_not_begun():
    stream = Endless()
    with pytest.raises(ModelTimeout):
        list(bounded(stream, later(0), never()))
    assert (stream.count, stream.closed) == (0, True)


def test_a_stream_whose_caller_has_left_already_is_not_begun():
    stream, stopped = Endless(), never()
    stopped.set()
    assert list(bounded(stream, later(60), stopped)) == []
    assert (stream.count, stream.closed) == (0, True)


def test_a_stream_is_not_read_far_ahead():
    stream = Endless()
    with closing(bounded(stream, later(60), never())) as chunks:
        assert next(chunks) == 1
        time.sleep(0.2)
        assert stream.count <= AHEAD + 2
    assert stream.closed


def test_a_stream_that_nobody_reads_on_is_closed_at_the_deadline():
    stream = Endless()
    chunks = bounded(stream, later(0.3), never())
    next(chunks)
    assert until(lambda: stream.closed)


def test_only_the_stream_runs_in_the_thread_and_in_the_callers_context():
    asked = contextvars.ContextVar("asked", default=None)
    seen = []

    def stream():
        seen.append((threading.get_ident(), asked.get()))
        yield 1

    asked.set("by me")
    assert list(bounded(stream(), later(60), never())) == [1]
    [(thread, said)] = seen
    assert thread != threading.get_ident()
    assert said == "by me"


# A server that takes the request and says nothing: so are llama.cpp and Ollama while they read the prompt


class Silent:
    """Accepts one connection, sends `answer`, and notes when the client hangs up."""

    def __init__(self, answer=b""):
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        self.answer, self.asked, self.left = answer, threading.Event(), threading.Event()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        connection, _ = self.listening.accept()
        with connection:
            while connection.recv(65536):
                connection.sendall(self.answer)
                self.asked.set()
            self.left.set()

    def close(self):
        self.listening.close()


STARTED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"


def request(url):
    limits = httpx.Limits(max_keepalive_connections=0)
    client = httpx.Client(timeout=60, trust_env=False, limits=limits, event_hooks={"request": [watch]})
    with client, client.stream("GET", url) as response:
        yield from response.iter_raw()


@pytest.mark.parametrize("answer", [b"", STARTED], ids=["before its response", "in the middle of it"])
def test_a_silent_server_is_hung_up_on_when_the_caller_leaves(answer):
    with closing(Silent(answer)) as server:
        began = time.monotonic()
        said = b"".join(bounded(request(server.url), later(60), after(0.3)))
        assert said == answer[-5:-2]
        assert server.left.wait(SOON)
        assert time.monotonic() - began < 0.3 + SOON


@pytest.mark.parametrize("answer", [b"", STARTED], ids=["before its response", "in the middle of it"])
def test_a_silent_server_is_hung_up_on_at_the_deadline(answer):
    with closing(Silent(answer)) as server:
        with pytest.raises(ModelTimeout):
            list(bounded(request(server.url), later(0.5), never()))
        assert server.left.wait(SOON)


def test_a_silent_server_is_hung_up_on_when_the_stream_is_closed():
    with closing(Silent(STARTED)) as server:
        chunks = bounded(request(server.url), later(60), never())
        assert next(chunks) == b"abc"
        chunks.close()
        assert server.left.wait(SOON)
