"""examples/deploy: the compose file, and nginx (where it is installed) in front of servers that only seem to be Ollamas."""

import copy
import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import jsonschema
import pytest
import yaml

from shopassist.models.ollama import PROBE_SECONDS, models
from shopassist.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "examples/deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES = COMPOSE["services"]
OLLAMAS = [name for name in SERVICES if name.startswith("ollama-")]
CONFIG = (DEPLOY / "nginx/nginx.conf").read_text("utf-8")
BALANCES = ("by_conversation", "least_conn")
SCHEMA = json.loads((Path(__file__).parent / "data/compose-spec.json").read_text("utf-8"))

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
SHARED = Path(os.environ.get("SHOPASSIST_SHARED", ROOT.parent / "shared"))
OLLAMA = shutil.which("ollama") or shutil.which(SHARED / "bin/ollama")
GGUF = os.environ.get("SHOPASSIST_TEST_GGUF")
PAGE = (ROOT / "docs/serving.md").read_text("utf-8")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="no program nginx: on Debian, apt-get install nginx-light")
needs_ollama = pytest.mark.skipif(OLLAMA is None, reason="no program ollama: install it, or set SHOPASSIST_SHARED")


def faults(document):
    return [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(document)]


def test_the_compose_file_holds_to_the_specification():
    assert faults(COMPOSE) == []


@pytest.mark.parametrize(("key", "value"), [("enviroment", {}), ("ports", 11434), ("restart", True)])
def test_a_compose_file_with_a_slip_does_not(key, value):
    slipped = copy.deepcopy(COMPOSE)
    slipped["services"]["proxy"][key] = value
    assert faults(slipped)


def test_every_image_is_pinned_to_a_version():
    for name, service in SERVICES.items():
        assert re.fullmatch(r"[\w/-]+:v?\d+\.\d+\.\d+(-alpine)?", service["image"]), name


def test_every_server_has_a_gpu_of_its_own_and_is_named_to_nginx():
    (*devices,) = (SERVICES[name]["deploy"]["resources"]["reservations"]["devices"] for name in OLLAMAS)
    gpus = [gpu for [device] in devices for gpu in device["device_ids"]]
    assert len(set(gpus)) == len(gpus) == len(OLLAMAS) > 1
    for balance in BALANCES:
        named = re.findall(r"server ([\w-]+):11434", (DEPLOY / f"nginx/{balance}.conf").read_text("utf-8"))
        assert named == OLLAMAS


def test_the_numbers_of_the_parts_fit_together():
    settings = {name: field.default for name, field in Settings.model_fields.items()}
    environment = SERVICES["ollama-0"]["environment"]
    assert int(environment["OLLAMA_CONTEXT_LENGTH"]) == settings["model_context"]
    assert SERVICES["pull"]["command"][-1] == f"${{MODEL:-{settings['ollama_model']}}}"
    assert str(settings["ollama_url"]) in f"http://{SERVICES['proxy']['ports'][0]}"
    [patience] = re.findall(r"proxy_read_timeout (\d+)s", CONFIG)
    assert int(patience) > settings["model_deadline"]
    [hurry] = re.findall(r"proxy_connect_timeout (\d+)ms", CONFIG)
    assert int(hurry) / 1000 < PROBE_SECONDS
    for balance in BALANCES:
        bounds = re.findall(r"max_conns=(\d+)", (DEPLOY / f"nginx/{balance}.conf").read_text("utf-8"))
        assert set(bounds) == {str(2 * int(environment["OLLAMA_NUM_PARALLEL"]))}


def test_the_settings_that_the_page_names_are_there():
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    for path in [ROOT / "docs/serving.md", *DEPLOY.rglob("*.*")]:
        assert set(re.findall(rf"{PREFIX}\w+", path.read_text("utf-8"))) <= known, path.name


@needs_ollama
def test_ollama_takes_every_variable(tmp_path):
    wanted = SERVICES["ollama-0"]["environment"]
    with ollama(tmp_path, **wanted):
        pass
    log = (tmp_path / "ollama.log").read_text("utf-8")
    [taken] = re.findall(r"server config.*map\[(.*?)\]\"", log)
    for name, value in wanted.items():
        told = {"1": "(1|true)", "-1": r"2562047h47m16\.\d+s"}.get(value, re.escape(value))
        assert re.search(rf"\b{name}:{told}( |$)", taken), (name, taken)


def sizing():
    """scripts/sizing.py as a module."""
    spec = importlib.util.spec_from_file_location("sizing", ROOT / "scripts/sizing.py")
    sys.modules["sizing"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_sizing(*options):
    command = [sys.executable, str(ROOT / "scripts/sizing.py"), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_the_tables_of_the_page_are_what_the_script_says():
    [tables] = re.findall(r"<!-- sizing -->\n(.*?)<!-- /sizing -->\n", PAGE, re.DOTALL)
    assert tables == run_sizing().stdout


def test_the_command_of_the_page_runs():
    [options] = re.findall(r"^python scripts/sizing.py (.+)$", PAGE, re.MULTILINE)
    done = run_sizing(*options.split())
    assert done.returncode == 0, done.stderr
    assert "GPUs, mine" in done.stdout


@pytest.mark.real_model
@needs_ollama
@pytest.mark.skipif(GGUF is None, reason="no weights: set SHOPASSIST_TEST_GGUF to a GGUF file")
def test_a_real_ollama_takes_the_memory_that_the_script_says(tmp_path):
    with ollama(tmp_path, OLLAMA_NUM_PARALLEL="4", OLLAMA_CONTEXT_LENGTH="2048") as url:
        (tmp_path / "Modelfile").write_text(f"FROM {GGUF}\n", "utf-8")
        command = [OLLAMA, "create", "sized", "-f", str(tmp_path / "Modelfile")]
        subprocess.run(command, env={**os.environ, "OLLAMA_HOST": url}, check=True, capture_output=True, timeout=300)
        info = httpx.post(f"{url}/api/show", json={"model": "sized"}, trust_env=False).json()["model_info"]
        loaded = httpx.post(f"{url}/api/generate", json={"model": "sized"}, trust_env=False, timeout=300)
        assert loaded.json()["done_reason"] == "load"
    found = re.findall(r"KV self size\s+=\s+([\d.]+) MiB, K \(f16\)", (tmp_path / "ollama.log").read_text("utf-8"))
    layers, heads = info["qwen2.block_count"], info["qwen2.attention.head_count_kv"]
    head = info["qwen2.embedding_length"] // info["qwen2.attention.head_count"]
    [model] = [m for m in sizing().MODELS.values() if (m.layers, m.kv_heads, m.head) == (layers, heads, head)]
    assert float(found[-1]) * 1024**2 == 4 * 2048 * model.kv


def test_twice_the_customers_need_twice_the_gpus_and_half_the_speed_does_too():
    def needed(*options):
        return int(run_sizing(*options).stdout.splitlines()[-1].strip("| ").split("|")[-1])

    common = ("--prompt", "1000", "--front", "400", "--answer", "200", "--calling", "1", "--turns", "6", "--load", "1")
    # 100 customers × 6 turns/min = 10 calls/s; each takes 600/6000 + 200/100 = 2.1 s of a GPU
    assert needed(*common, "--customers", "100", "--server", "mine:6000:100") == 21
    assert needed(*common, "--customers", "200", "--server", "mine:6000:100") == 42
    assert needed(*common, "--customers", "100", "--server", "mine:3000:50") == 42


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--load", "1.5"), "'1.5' is no number above 0 up to 1"),
        (("--slots", "2.5"), "'2.5' is no whole number above 0"),
        (("--server", "mine:fast"), "'mine:fast' is no NAME:PREFILL:DECODE"),
        (("--prompt", "400", "--front", "500"), "--front 500 is no part of a prompt of 400 tokens"),
    ],
)
def test_figures_that_make_no_sense_are_told(options, told):
    done = run_sizing(*options)
    assert done.returncode == 2
    assert told in done.stderr


class Upstream(ThreadingHTTPServer):
    """What seems to be an Ollama: it notes what it is asked, and answers in one of the ways below."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = []
        self.manner = "answer"
        self.go_on = threading.Event()
        self.left = threading.Event()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def handle_error(self, *_):
        pass  # a connection that nginx closes is what some tests are about

    def stop(self):
        self.go_on.set()
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.do_POST()

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.path, dict(self.headers)))
        getattr(self, self.server.manner)()

    def head(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.end_headers()

    def line(self, **data):
        self.wfile.write(json.dumps(data).encode() + b"\n")

    def answer(self):
        self.head()
        self.line(models=[{"name": "qwen2.5:7b"}], done=True)

    def two_lines(self):
        """One at once, the other when the test says so or when nobody listens any more."""
        self.head()
        self.line(said="一")
        self.until_left_or_told()
        self.line(said="二", done=True)

    def silent(self):
        """As long as a prompt is read: not even a status."""
        self.until_left_or_told()

    def hang_up(self):
        self.connection.shutdown(socket.SHUT_RDWR)

    def until_left_or_told(self):
        self.connection.settimeout(0.02)
        while not self.server.go_on.is_set():
            try:
                if not self.connection.recv(1):
                    self.server.left.set()
                    return
            except TimeoutError:
                continue

    def log_message(self, *_):
        pass


@pytest.fixture
def upstreams():
    made = [Upstream(), Upstream()]
    yield made
    for one in made:
        one.stop()


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def until(true, what, seconds=10.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(url):
    try:
        return httpx.get(url, trust_env=False, timeout=5.0).status_code == 200
    except httpx.TransportError:
        return False


def nginx(folder, ports, balance="by_conversation", port=11434):
    """The command that starts nginx with the example's files, which differ only in ports and the folder to write to."""
    upstream = (DEPLOY / f"nginx/{balance}.conf").read_text("utf-8")
    config = CONFIG.replace("/tmp/", f"{folder}/").replace("listen 11434", f"listen 127.0.0.1:{port}")
    for name, at in zip(OLLAMAS, ports, strict=True):
        upstream = upstream.replace(f"server {name}:11434", f"server 127.0.0.1:{at}")
    (folder / "nginx.conf").write_text(config, "utf-8")
    (folder / "upstream.conf").write_text(upstream, "utf-8")
    return [NGINX, "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]


@contextmanager
def proxied(folder, ports, balance="by_conversation"):
    """The address of a running nginx."""
    port = free_port()
    command = nginx(folder, ports, balance, port)
    with (folder / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as run:
        try:
            until(lambda: listens(port) or run.poll() is not None, "nginx does not listen")
            assert run.poll() is None, (folder / "log").read_text("utf-8")
            yield f"http://127.0.0.1:{port}"
        finally:
            run.terminate()


@contextmanager
def ollama(folder, **environment):
    """The address of a running Ollama without models, on the loopback interface."""
    url = f"http://127.0.0.1:{free_port()}"
    env = {
        **os.environ,
        **environment,
        "OLLAMA_HOST": url,
        "OLLAMA_MODELS": str(folder / "models"),
        "HOME": str(folder),
    }
    with (
        (folder / "ollama.log").open("w") as log,
        subprocess.Popen([OLLAMA, "serve"], env=env, stdout=log, stderr=log) as run,
    ):
        try:
            until(lambda: answers(f"{url}/api/version"), "Ollama does not answer", 30)
            yield url
        finally:
            run.terminate()


@pytest.fixture
def proxy(tmp_path, upstreams):
    """A client of nginx in front of both upstreams, and these."""
    with proxied(tmp_path, [one.server_port for one in upstreams]) as url, client(url) as http:
        yield http, upstreams


def client(url):
    return httpx.Client(base_url=url, trust_env=False, timeout=5.0)


def of(conversation):
    return {"X-Conversation": conversation}


def ask(http, conversation):
    return http.post("/api/chat", json={"model": "qwen2.5:7b"}, headers=of(conversation))


def home(http, upstreams, conversation):
    """The upstream to which a conversation goes, and the other."""
    ask(http, conversation)
    [first] = [one for one in upstreams if one.asked]
    first.asked.clear()
    return first, next(one for one in upstreams if one is not first)


@needs_nginx
@pytest.mark.parametrize("balance", BALANCES)
def test_nginx_takes_the_files(balance, tmp_path):
    done = subprocess.run([*nginx(tmp_path, [1, 2], balance), "-t"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert "test is successful" in done.stderr
    assert "[warn]" not in done.stderr


@needs_nginx
def test_a_conversation_stays_with_a_server_and_conversations_are_spread(proxy):
    http, upstreams = proxy
    served = {name: {ask(http, name).headers["X-Served-By"] for _ in range(3)} for name in map(str, range(40))}
    assert all(len(servers) == 1 for servers in served.values())
    assert {server for servers in served.values() for server in servers} == {
        f"127.0.0.1:{one.server_port}" for one in upstreams
    }


@needs_nginx
def test_requests_without_a_conversation_are_spread(proxy):
    http, upstreams = proxy
    for _ in range(40):
        assert http.get("/api/tags").status_code == 200
    assert all(one.asked for one in upstreams)


@needs_nginx
def test_the_conversation_does_not_go_on_to_the_server(proxy):
    http, upstreams = proxy
    ask(http, "c-42")
    [(path, headers)] = [asked for one in upstreams for asked in one.asked]
    assert path == "/api/chat"
    assert "c-42" not in str(headers)
    assert headers["Host"] == "localhost"


@needs_nginx
def test_each_line_arrives_when_it_is_said(proxy):
    http, upstreams = proxy
    for one in upstreams:
        one.manner = "two_lines"
    with http.stream("POST", "/api/chat", json={}, headers=of("c")) as response:
        lines = response.iter_lines()
        assert json.loads(next(lines)) == {"said": "一"}
        for one in upstreams:
            one.go_on.set()
        assert json.loads(next(lines))["said"] == "二"


@needs_nginx
@pytest.mark.parametrize("balance", BALANCES)
def test_a_server_that_is_down_is_passed_over(balance, tmp_path, upstreams):
    down, up = upstreams
    down.stop()
    with proxied(tmp_path, [one.server_port for one in upstreams], balance) as url, client(url) as http:
        assert models(url, timeout=5.0) == ["qwen2.5:7b"]
        served = {ask(http, str(number)).headers["X-Served-By"].split(", ")[-1] for number in range(20)}
    assert served == {f"127.0.0.1:{up.server_port}"}


@needs_nginx
def test_a_turn_that_was_begun_is_not_sent_to_another_server(proxy):
    http, upstreams = proxy
    first, other = home(http, upstreams, "c")
    first.manner = "hang_up"
    assert ask(http, "c").status_code == 502
    assert (len(first.asked), other.asked) == (1, [])


@needs_nginx
@pytest.mark.parametrize("manner", ["silent", "two_lines"])
def test_a_client_that_leaves_frees_the_server(manner, proxy):
    http, upstreams = proxy
    first, _ = home(http, upstreams, "c")
    first.manner = manner
    with socket.create_connection(("127.0.0.1", http.base_url.port)) as leaving:
        leaving.sendall(b"POST /api/chat HTTP/1.1\r\nHost: x\r\nX-Conversation: c\r\nContent-Length: 2\r\n\r\n{}")
        until(lambda: first.asked, "nothing came")
        if manner == "two_lines":
            assert b"said" in leaving.recv(4096)
        assert not first.left.is_set()
    assert first.left.wait(2)


@contextmanager
def waiting(http, count, conversation="c"):
    """So many turns of a conversation that are not answered yet."""
    request = f"POST /api/chat HTTP/1.1\r\nHost: x\r\nX-Conversation: {conversation}\r\nContent-Length: 2\r\n\r\n{{}}"
    opened = []
    try:
        for _ in range(count):
            opened.append(socket.create_connection(("127.0.0.1", http.base_url.port)))
            opened[-1].sendall(request.encode())
        yield
    finally:
        for one in opened:
            one.close()


@needs_nginx
def test_a_full_server_gives_to_another_and_where_all_are_full_it_is_told_at_once(proxy):
    http, upstreams = proxy
    first, other = home(http, upstreams, "c")
    first.manner = other.manner = "silent"
    with waiting(http, 8):
        until(lambda: len(first.asked) == 8, "the first is not full")
        assert other.asked == []
        with waiting(http, 8):
            until(lambda: len(other.asked) == 8, "the other is not full")
            assert ask(http, "c").status_code == 502
            assert (len(first.asked), len(other.asked)) == (8, 8)


@needs_nginx
def test_with_least_conn_a_turn_goes_where_fewer_wait(tmp_path, upstreams):
    ports = [one.server_port for one in upstreams]
    with proxied(tmp_path, ports, "least_conn") as url, client(url) as http:
        for one in upstreams:
            one.manner = "silent"
        with waiting(http, 6):
            until(lambda: sum(len(one.asked) for one in upstreams) == 6, "not all came")
            assert [len(one.asked) for one in upstreams] == [3, 3]


@needs_nginx
@pytest.mark.parametrize(
    "what", ["POST /api/pull", "DELETE /api/delete", "POST /api/create", "GET /", "POST /api/chat/"]
)
def test_nginx_lets_through_only_what_a_shop_asks_for(what, proxy):
    http, upstreams = proxy
    assert http.request(*what.split(" ")).status_code == 403
    assert [one.asked for one in upstreams] == [[], []]


@needs_nginx
@pytest.mark.skipif(shutil.which("curl") is None, reason="no program curl")
def test_the_checks_of_the_page_run(proxy):
    http, upstreams = proxy
    commands = re.findall(r"^curl .+$", PAGE, re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        here = re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{http.base_url.port}", command)
        done = subprocess.run(["bash", "-c", here], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, (command, done.stderr)
    asked = {path for one in upstreams for path, _ in one.asked}
    assert asked == {"/api/tags", "/api/chat", "/v1/models"}


@needs_nginx
@needs_ollama
def test_a_real_ollama_answers_through_nginx(tmp_path):
    with ollama(tmp_path) as url:
        port = int(url.rpartition(":")[2])
        with proxied(tmp_path, [port, port]) as proxy_url, client(proxy_url) as http:
            assert models(proxy_url, timeout=5.0) == []
            missing = ask(http, "c")
            assert missing.status_code == 404
            assert "qwen2.5:7b" in missing.json()["error"]
