"""Hand-offs to a ticket system by a signed webhook: python examples/desk_webhook.py (to a server of its own)."""

import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
from tenacity import retry, stop_after_attempt, wait_random_exponential

from shopassist import Assistant
from shopassist.protocols import HandOff
from shopassist.storage.memory import MemoryStore

SECRET, OLDEST = b"change me", 300


def signature(timestamp: str, body: bytes) -> str:
    return hmac.new(SECRET, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class WebhookDesk:
    def __init__(self, url: str) -> None:
        self.url = url

    @retry(stop=stop_after_attempt(3), wait=wait_random_exponential(0.1, max=1), reraise=True)
    def open(self, handoff: HandOff, text: str) -> None:
        body = json.dumps({"id": handoff.id, "reason": handoff.reason, "text": text}, ensure_ascii=False).encode()
        now = str(int(time.time()))
        head = {"X-Timestamp": now, "X-Signature": signature(now, body), "Idempotency-Key": handoff.id}
        httpx.post(self.url, content=body, headers=head, timeout=2).raise_for_status()


class TicketSystem(BaseHTTPRequestHandler):
    tickets, answers = {}, iter([503, 200, 503, 503, 503])  # by the hand-off's id; it is busy at first, and later

    def do_POST(self) -> None:
        now, body = self.headers["X-Timestamp"], self.rfile.read(int(self.headers["Content-Length"]))
        genuine = hmac.compare_digest(signature(now, body), self.headers["X-Signature"])
        status = next(self.answers, 200) if genuine and time.time() - int(now) < OLDEST else 401
        if status != 401:  # kept, though it says 503: the repeat makes no second ticket
            self.tickets[self.headers["Idempotency-Key"]] = json.loads(body)["text"]
        print(status, len(self.tickets), "ticket")
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


server = HTTPServer(("127.0.0.1", 0), TicketSystem)
threading.Thread(target=server.serve_forever, daemon=True).start()
desk = WebhookDesk(f"http://127.0.0.1:{server.server_port}")
with Assistant.from_settings(store=MemoryStore(), desk=desk, model="none", desk_hours="00:00-24:00") as assistant:
    reply = assistant.reply("转人工", conversation="c")
    print("店:", reply.text, reply.handoff in TicketSystem.tickets)
    print("店:", assistant.reply("转人工", conversation="d").text)  # kept there, and withdrawn here: reconciled
    for number in [n for n in TicketSystem.tickets if assistant.desk.status(n) in ("gone", "closed")]:
        print("nobody waits for", TicketSystem.tickets.pop(number).splitlines()[0])
