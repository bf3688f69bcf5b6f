"""Vectors in the index and on a real Chroma server behave alike; a server that is away costs no answer."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import numpy as np
import pytest
from pydantic import SecretStr

from shopassist.assembly import vector_store_from
from shopassist.errors import IndexMismatch, KnowledgeError
from shopassist.knowledge import generations
from shopassist.knowledge.chroma_server import READING, ChromaServer
from shopassist.knowledge.encoding import encode
from shopassist.knowledge.index import open_current
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.knowledge.vectors import Embedded, StoreAway
from shopassist.knowledge.verify import verify
from shopassist.settings import Address, load
from shopassist.testing import HashEmbeddings

DAY = date(2024, 12, 5)
CHROMA = shutil.which("chroma", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def served(folder, port):
    """A `chroma run`, once it answers."""
    with (folder / "chroma.log").open("ab") as log:
        process = subprocess.Popen(
            [CHROMA, "run", "--path", str(folder / "chroma"), "--host", "127.0.0.1", "--port", str(port)],
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/api/v2/heartbeat", timeout=1).raise_for_status()
            return process
        except httpx.HTTPError:
            time.sleep(0.1)
    end(process)
    pytest.fail(f"chroma run does not answer: {(folder / 'chroma.log').read_text(errors='replace')[-500:]}")


def end(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if CHROMA is None:
        pytest.skip("there is no command `chroma`")
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    process = served(folder, port)
    yield ChromaServer(Address(f"http://127.0.0.1:{port}"))
    end(process)


@pytest.fixture(params=["embedded", "server"])
def store(request):
    return Embedded() if request.param == "embedded" else request.getfixturevalue("server")


@pytest.fixture
def pages(tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    for n in range(12):
        (folder / f"page-{n}.md").write_text(
            f"# 页 {n}\n\n第{n}页说明退货。\n\n## 运费\n\n第{n}页的运费是 {n * 7} 元。\n", "utf-8"
        )
    (folder / "shipping.md").write_text("# Shipping\n\nWe ship in 48 hours.\n", "utf-8")
    return folder


@pytest.fixture
def index(tmp_path):
    return tmp_path / "index"


def found(index, store, question="第7页的运费"):
    knowledge = ChromaKnowledge(index, HashEmbeddings(), store=store)
    return [(p.document, p.text) for p in knowledge.search(question, language="zh", valid_on=DAY)]


# -- conformance: the same of each place ---------------------------------------------------------------------------


def test_what_is_nearest_is_what_comparing_finds(pages, index, store):
    ingest([pages], index, HashEmbeddings(), store=store)
    shelf = open_current(index, store).shelves["zh"]
    for vector in encode(HashEmbeddings(), ["第3页退货", "运费 21 元", "说明"]):
        rows, cosines = shelf.nearest(vector, 5)
        _, exact = shelf.exact(vector, 5)
        assert np.allclose(cosines, exact, atol=1e-5)
        assert np.allclose(shelf.vectors[rows] @ vector, cosines, atol=1e-5)
        assert shelf.taken(rows[:1]) @ vector == pytest.approx(cosines[:1], abs=1e-5)


def test_changes_arrive_and_nothing_is_embedded_twice(pages, index, store):
    ingest([pages], index, HashEmbeddings(), store=store)
    reader = ChromaKnowledge(index, HashEmbeddings(), store=store)
    (pages / "page-7.md").write_text("# 页 7\n\n第7页说明退货。\n\n## 运费\n\n第7页的运费全免。\n", "utf-8")
    (pages / "page-8.md").unlink()
    report = ingest([pages], index, HashEmbeddings(), store=store)
    assert (report.embedded, report.passages) == (1, 23)
    time.sleep(1.1)
    texts = [p.text for p in reader.search("第7页的运费", language="zh", valid_on=DAY, limit=30)]
    assert any("全免" in t for t in texts)
    assert not any("49 元" in t or "第8页" in t for t in texts)
    verdict = verify(index / "gen-000002", HashEmbeddings(), store, [], today=DAY)
    assert verdict.whole, verdict


def test_one_goes_back_and_old_ones_go(pages, index, store):
    for n in range(4):
        (pages / "page-7.md").write_text(f"# 页 7\n\n第7页的运费是第 {n} 版。\n", "utf-8")
        ingest([pages], index, HashEmbeddings(), store=store)
    assert generations.names(index) == ["gen-000002", "gen-000003", "gen-000004"]
    generations.rollback(index, "gen-000002")
    assert any("第 1 版" in text for _, text in found(index, store))
    if isinstance(store, ChromaServer):
        mine = (index / "ID").read_text().strip()
        names = {c.name for c in store.client(READING).list_collections(limit=1000) if c.name.startswith(mine)}
        assert names == {f"{mine}-gen-00000{n}-{language}" for n in (2, 3, 4) for language in ("zh", "en")}


def test_a_stopped_ingestion_leaves_nothing_behind_for_long(pages, index, store):
    ingest([pages], index, HashEmbeddings(), store=store)

    class Stopped(HashEmbeddings):
        def embed_documents(self, texts):
            raise KeyboardInterrupt

    (pages / "page-7.md").write_text("# 页 7\n\n别的。\n", "utf-8")
    with pytest.raises(KeyboardInterrupt):
        ingest([pages], index, Stopped(), store=store)
    assert ingest([pages], index, HashEmbeddings(), store=store).generation == "gen-000002"
    assert any("别的" in text for _, text in found(index, store, "别的"))


def test_several_hosts_search_while_one_ingests(pages, index, store):
    """Two readers with clients of their own, on the folder that they share."""
    ingest([pages], index, HashEmbeddings(), store=store)
    twin = ChromaServer(store.url) if isinstance(store, ChromaServer) else store
    readers = [ChromaKnowledge(index, HashEmbeddings(), store=s) for s in (store, twin)]
    failed, stop = [], threading.Event()

    def search(knowledge):
        while not stop.is_set():
            try:
                if not knowledge.search("第7页的运费", language="zh", valid_on=DAY):
                    failed.append("nothing")
            except KnowledgeError as error:
                failed.append(error)

    threads = [threading.Thread(target=search, args=(r,)) for r in readers]
    for thread in threads:
        thread.start()
    try:
        for n in range(3):
            (pages / "page-7.md").write_text(f"# 页 7\n\n第7页的运费是第 {n} 版。\n", "utf-8")
            ingest([pages], index, HashEmbeddings(), store=store)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failed == []


# -- moving, and outages -------------------------------------------------------------------------------------------


def test_vectors_move_to_a_server_and_back_without_being_embedded_again(pages, index, server):
    ingest([pages], index, HashEmbeddings())
    with pytest.raises(IndexMismatch, match=r"`chroma_url`.*shopassist ingest PATH"):
        ChromaKnowledge(index, HashEmbeddings(), store=server)
    for store in (server, Embedded()):
        report = ingest([pages], index, HashEmbeddings(), store=store)
        assert (report.embedded, report.unchanged) == (0, 13)
        assert found(index, store)[0][0] == "page-7"


def test_while_the_server_is_away_the_same_is_found_and_nothing_is_ingested(pages, index, tmp_path):
    if CHROMA is None:
        pytest.skip("there is no command `chroma`")
    port = free_port()
    process = served(tmp_path, port)
    try:
        store = ChromaServer(Address(f"http://someone:secret@127.0.0.1:{port}"), SecretStr("token-1"))
        ingest([pages], index, HashEmbeddings(), store=store)
        reader = ChromaKnowledge(index, HashEmbeddings(), store=store)
        before = reader.search("第7页的运费", language="zh", valid_on=DAY)
    finally:
        end(process)
    assert reader.search("第7页的运费", language="zh", valid_on=DAY) == before
    assert [d for d, _ in found(index, store)] == [p.document for p in before]  # opened meanwhile
    (pages / "page-7.md").unlink()
    with pytest.raises(
        StoreAway, match=rf"http://127.0.0.1:{port} cannot be used .*chroma run.*`chroma_url`"
    ) as caught:
        ingest([pages], index, HashEmbeddings(), store=store)
    assert "secret" not in str(caught.value)
    assert "token-1" not in str(caught.value)
    assert generations.names(index) == ["gen-000001"]
    process = served(tmp_path, port)
    try:
        assert ingest([pages], index, HashEmbeddings(), store=store).removed == ("page-7/zh",)
    finally:
        end(process)


class Silent(BaseHTTPRequestHandler):
    """Takes a request and its headers, and never answers."""

    def do_GET(self):
        self.server.seen.append(dict(self.headers))
        self.server.over.wait(20)

    def log_message(self, *_):
        return


@pytest.fixture
def silent():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Silent)
    server.seen, server.over = [], threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()


def test_a_server_that_hangs_is_given_up_and_left_alone_for_some_seconds(silent, pages, index, server):
    ingest([pages], index, HashEmbeddings(), store=server)
    hung = ChromaServer(Address(f"http://127.0.0.1:{silent.server_port}"), SecretStr("token-1"))
    reader = ChromaKnowledge(index, HashEmbeddings(), store=hung)
    for question in ("第7页的运费", "第8页的运费"):
        assert reader.search(question, language="zh", valid_on=DAY)
    assert len(silent.seen) == 1  # the second search did not wait
    assert silent.seen[0]["Authorization"] == "Bearer token-1"


def test_the_settings_name_the_server_and_hide_what_is_secret():
    settings = load(chroma_url="https://u:secret@chroma.shop:8443/x", chroma_token="token-1")
    store = vector_store_from(settings)
    assert isinstance(store, ChromaServer)
    assert store.url == "https://chroma.shop:8443/x"
    assert "secret" not in repr(settings)
    assert "token-1" not in repr(settings)
    assert isinstance(vector_store_from(load()), Embedded)
