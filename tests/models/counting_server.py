"""A server that speaks Ollama's interface and OpenAI's, and counts instead of thinking."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

KINDS = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
NUMBERS = "一二三四五六七八九十"
PAUSE = 0.01
FACTS = {
    "general.architecture": "qwen2",
    "qwen2.context_length": 4096,
    "qwen2.block_count": 28,
    "qwen2.embedding_length": 1536,
    "qwen2.attention.head_count": 12,
    "qwen2.attention.head_count_kv": 2,
}


def tokens_of(message):
    """Nearly as Qwen's tokenizer counts: ten Han characters in seven tokens, four others in one."""
    han = sum("\u4e00" <= c <= "\u9fff" for c in message.text)
    return 5 + round(han * 0.7) + (len(message.text) - han) // 4


class Handler(BaseHTTPRequestHandler):
    """Writes ten words for a long question, or what `max_tokens` allows; `requests` has what it was sent."""

    def do_GET(self):
        if self.path == "/api/tags":
            self.whole({"models": [{"name": "qwen"}]})
        elif self.path == "/v1/models":
            self.whole({"data": [{"id": "qwen", "max_model_len": 4096}]})
        else:
            self.send_error(404)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, self.headers, body))
        if self.path == "/api/show":
            self.whole({"model_info": FACTS, "details": {}})
        elif body.get("model") != "qwen":
            self.refuse(404, {"error": f"model '{body.get('model')}' not found"})
        elif self.path == "/api/chat":
            self.answer(body, body["options"]["num_predict"], self.ollama)
        elif self.path == "/v1/chat/completions":
            self.answer(body, body["max_tokens"], self.openai)
        else:
            self.send_error(404)

    def answer(self, body, most, shape):
        prompt = [KINDS[m["role"]](m["content"]) for m in body["messages"]]
        wanted = 100 if "一百" in prompt[-1].text else 6
        count = min(wanted, most)
        self.send_response(200)
        self.end_headers()
        try:
            for n in range(count if body["stream"] else 0):
                self.wfile.write(shape(NUMBERS[n % 10], None, None))
                time.sleep(PAUSE)
            tokens = sum(map(tokens_of, prompt)), count
            self.wfile.write(shape("", "length" if wanted > most else "stop", tokens))
        except OSError:
            self.server.left += 1

    def ollama(self, text, reason, tokens):
        part = {"model": "qwen", "message": {"role": "assistant", "content": text}, "done": reason is not None}
        if tokens:
            part |= {"done_reason": reason, "prompt_eval_count": tokens[0], "eval_count": tokens[1]}
            part |= {"prompt_eval_duration": 10**9}
        return json.dumps(part, ensure_ascii=False).encode() + b"\n"

    def openai(self, text, reason, tokens):
        choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": reason}
        said = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "qwen", "choices": [choice]}
        lines = [said]
        if tokens:
            usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}
            lines.append({**said, "choices": [], "usage": usage})
        text = "".join(f"data: {json.dumps(line, ensure_ascii=False)}\n\n" for line in lines)
        return (text + ("data: [DONE]\n\n" if tokens else "")).encode()

    def whole(self, body):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def refuse(self, status, body):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_):
        pass


@contextmanager
def counting_server():
    """The server; `url` is its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.requests, server.left = [], 0
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
