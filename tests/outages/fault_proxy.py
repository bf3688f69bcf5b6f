"""A proxy in front of an Ollama that spoils its answers as a test says, goes away and comes back."""

import http.client
import json
import socket
import struct
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Refused(Exception):
    """Raised by a fault: answer with this status and body instead."""

    def __init__(self, status, body):
        super().__init__(status)
        self.status = status
        self.body = body if isinstance(body, bytes) else json.dumps({"error": body}).encode()


class HangUp(Exception):
    """Raised by a fault: drop the connection, with a reset or without."""

    def __init__(self, reset=False):
        super().__init__()
        self.reset = reset


# A fault takes the lines of /api/chat's answer and gives what the client gets. The answer is asked for with its first
# line, so a fault that takes none keeps the server out of it.


def refused(status, body):
    def fault(lines):
        raise Refused(status, body)
        yield from lines

    return fault


def cut(after, reset=False):
    """Break off after so many bytes, or where `after(text so far)` holds: in the middle of the line that follows."""

    def fault(lines):
        sent, text = 0, ""
        for line in lines:
            text += json.loads(line).get("message", {}).get("content", "")
            if after(text) if callable(after) else sent + len(line) > after:
                yield line[: len(line) // 2 if callable(after) else after - sent]
                raise HangUp(reset)
            yield line
            sent += len(line)

    return fault


def held(seconds):
    """The first line comes late."""

    def fault(lines):
        time.sleep(seconds)
        yield from lines

    return fault


def spaced(seconds, after=3):
    """From some line on, lines come so far apart."""

    def fault(lines):
        for n, line in enumerate(lines):
            if n >= after:
                time.sleep(seconds)
            yield line

    return fault


def inserted(strange, after=3):
    """Another line stands between the server's own."""

    def fault(lines):
        for n, line in enumerate(lines):
            if n == after:
                yield strange + b"\n"
            yield line

    return fault


def error_line(after=3):
    """The server fails in mid-stream: the status was sent already, so a line tells it, and it is the last."""

    def fault(lines):
        for n, line in enumerate(lines):
            if n == after:
                yield b'{"error":"an error was encountered while running the model"}\n'
                return
            yield line

    return fault


def endless(lines):
    """The chunk that says done never comes, and the response ends as if all were well."""
    for line in lines:
        if not json.loads(line)["done"]:
            yield line


def wordless(lines):
    """The server says that all went well, and no chunk has a word: a call of a tool that it could not read."""
    for line in lines:
        chunk = json.loads(line)
        if chunk["done"]:
            yield json.dumps({**chunk, "message": {"role": "assistant", "content": ""}, "done_reason": "stop"}).encode()


def saying(text):
    """The server's own chunks with another text in the first."""

    def fault(lines):
        for n, line in enumerate(lines):
            chunk = json.loads(line)
            yield json.dumps({**chunk, "message": {"role": "assistant", "content": "" if n else text}}).encode() + b"\n"

    return fault


HTML = b"<!doctype html><html><body><h1>It works!</h1></body></html>"


class FaultProxy:
    """Stands at one address. `fault` spoils the answers of /api/chat, `other` puts (status, body) for every path.

    While it is `silent` it takes requests and answers none.

    `asked` are the bodies of the calls of /api/chat; `change` may alter a body on its way. `dropped` counts the answers
    whose client left before their end.
    """

    def __init__(self, upstream):
        self.upstream = urlsplit(upstream)
        self._port = 0
        self.come_back()
        self.url = f"http://127.0.0.1:{self._port}"
        self.heal()
        self.dropped = 0

    def heal(self):
        """Spoil nothing any more."""
        self.fault = self.other = None
        self.silent = False
        self.change = lambda body: body
        self.asked = []

    def leave(self):
        """Go away in the midst of all answers; the port refuses connections."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        for connection in list(self._server.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self):
        """Leave for good."""
        self.silent = False
        self.leave()

    def come_back(self):
        """Listen at the same port."""
        self._server = _Server(self, self._port)
        self._port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @contextmanager
    def away(self):
        """Away for the block."""
        self.leave()
        try:
            yield
        finally:
            self.come_back()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, proxy, port):
        self.proxy = proxy
        self.connections = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request, client_address):
        pass


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self):
        self.server.connections.discard(self.connection)
        with suppress(OSError, ValueError):
            super().finish()

    def do_GET(self):
        self.pass_on(None)

    def do_POST(self):
        self.pass_on(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    do_HEAD = do_DELETE = do_GET  # noqa: N815 - the base class's way

    def pass_on(self, body):
        proxy, chat = self.server.proxy, self.path == "/api/chat"
        self.close_connection = True
        while proxy.silent:
            time.sleep(0.05)
        if proxy.other is not None:
            self.begin(proxy.other[0], "text/html")
            self.chunk(proxy.other[1])
            self.end()
            return
        if chat:
            asked = proxy.change(json.loads(body))
            proxy.asked.append(asked)
            body = json.dumps(asked).encode()
        call = _Call(proxy.upstream, self.command, self.path, body)
        lines = proxy.fault(iter(call)) if chat and proxy.fault else iter(call)
        try:
            first = next(lines, None)
            self.begin(call.status, "application/x-ndjson")
            while first is not None:
                self.chunk(first)
                first = next(lines, None)
            self.end()
        except Refused as error:
            self.begin(error.status, "application/json")
            self.chunk(error.body)
            self.end()
        except HangUp as error:
            if error.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
        except (BrokenPipeError, ConnectionResetError):
            proxy.dropped += 1
        except (OSError, http.client.HTTPException):
            pass  # the server itself has gone: so does the connection
        finally:
            call.close()

    def begin(self, status, kind):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()

    def chunk(self, data):
        if data:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def end(self):
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_):
        pass


class _Call:
    """A request to the server behind, made when the first line is asked for."""

    def __init__(self, upstream, method, path, body):
        self.status = 200
        self._to, self._what = http.client.HTTPConnection(upstream.hostname, upstream.port), (method, path, body)

    def __iter__(self):
        self._to.request(*self._what, headers={"Content-Type": "application/json"})
        response = self._to.getresponse()
        self.status = response.status
        yield from response

    def close(self):
        self._to.close()
