"""SQLite and PostgreSQL."""

import logging
import multiprocessing
import os
import signal
import sqlite3
import time
import traceback
from contextlib import closing
from uuid import uuid4

import pytest
import sqlalchemy as sa

from shopassist.errors import MissingExtra, StaleTurn, StorageError
from shopassist.messages import Message
from shopassist.replies import Reply
from shopassist.storage.sql import SCHEMA, SqlStore
from shopassist.testing import ConversationStoreConformance

SECRET = "我住在桂花路 18 号"

processes = multiprocessing.get_context("spawn")


class TestSqliteFile(ConversationStoreConformance):
    @pytest.fixture(autouse=True)
    def _place(self, sqlite_url):
        self.url = sqlite_url

    def make_store(self, clock):
        return SqlStore(self.url, clock=clock)


class TestSqliteInMemory(ConversationStoreConformance):
    def make_store(self, clock):
        return SqlStore("sqlite://", clock=clock)


class TestPostgres(ConversationStoreConformance):
    @pytest.fixture(autouse=True)
    def _place(self, postgres_url):
        self.url = postgres_url

    def make_store(self, clock):
        return SqlStore(self.url, clock=clock)


# Several processes


def _open_and_claim(url, barrier, results):
    barrier.wait()
    with closing(SqlStore(url)) as store:
        store.enqueue("c", None, [Message("你好", "m1")])
        barrier.wait()
        results.put(store.claim("c", lease=60) is not None)


def _claim_and_hang(url, claimed):
    SqlStore(url).claim("c", lease=1)
    claimed.set()
    time.sleep(60)


def _talk(url, name):
    with closing(SqlStore(url)) as store:
        for n in range(25):
            store.enqueue("c", None, [Message("喂", f"{name}-{n}")])


def _run(target, *arguments):
    process = processes.Process(target=target, args=arguments)
    process.start()
    return process


def test_processes_that_start_at_once_store_a_message_once_and_one_gets_it(url):
    barrier, results = processes.Barrier(4), processes.Queue()
    started = [_run(_open_and_claim, url, barrier, results) for _ in range(4)]
    assert sorted(results.get(timeout=60) for _ in started) == [False, False, False, True]
    for process in started:
        process.join(timeout=60)
        assert process.exitcode == 0
    with closing(SqlStore(url)) as store:
        assert [m.id for m in store.history("c")] == ["m1"]


def test_processes_number_their_messages_without_gaps(url):
    started = [_run(_talk, url, f"p{n}") for n in range(4)]
    for process in started:
        process.join(timeout=60)
        assert process.exitcode == 0
    with closing(SqlStore(url)) as store:
        assert [m.seq for m in store.history("c", limit=1000)] == list(range(1, 101))


def test_after_a_killed_worker_another_one_answers(url):
    with closing(SqlStore(url)) as store:
        store.enqueue("c", None, [Message("你好", "m1")])
        claimed = processes.Event()
        worker = _run(_claim_and_hang, url, claimed)
        assert claimed.wait(60)
        os.kill(worker.pid, signal.SIGKILL)
        worker.join(timeout=60)
        deadline = time.monotonic() + 10
        while (claim := store.claim("c", lease=15)) is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [m.id for m in claim.messages] == ["m1"]
        store.commit(claim, state={}, reply=_reply("您好"))
        assert store.reply_to("c", "m1").text == "您好"


def test_a_conversation_outlives_its_process(url):
    with closing(SqlStore(url)) as store:
        store.enqueue("c", "u-1", [Message("你好", "m1")])
        store.commit(store.claim("c", lease=15), state={"n": 1}, reply=_reply("您好"))
    with closing(SqlStore(url)) as store:
        assert store.owner("c") == (True, "u-1")
        assert store.export("c")["state"] == {"n": 1}
        assert store.latest("c").text == "您好"


def test_a_reader_does_not_wait_for_a_writer(sqlite_url, tmp_path):
    with closing(SqlStore(sqlite_url)) as store, closing(sqlite3.connect(tmp_path / "conversations.db")) as other:
        store.enqueue("c", None, [Message("你好", "m1")])
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        assert len(store.history("c")) == 1
        assert store.owner("c") == (True, None)
        assert store.export("c")["messages"]
        assert store.latest("c") is store.reply_to("c", "m1") is None
        assert time.monotonic() - began < 4


# Hand-offs that a person has taken


@pytest.mark.parametrize("status", ["person", "closed"])
def test_a_hand_off_that_is_open_stands_for_the_next_and_a_closed_one_does_not(url, status):
    with closing(SqlStore(url)) as store:
        store.enqueue("c", None, [Message("转人工", "m1")])
        claim = store.claim("c", lease=15)
        first = store.hand_off(claim, reason="asked_for", summary={})
        _execute(url, f"UPDATE shopassist_handoff SET status = '{status}'")
        assert store.hand_off(claim, reason="asked_for", summary={}) == first
        store.commit(claim, state={}, reply=_reply("好的"))
        store.enqueue("c", None, [Message("转人工", "m2")])
        again = store.claim("c", lease=15)
        second = store.hand_off(again, reason="asked_for", summary={})
        assert (second == first) == (status == "person")
        assert store.hand_off(again, reason="asked_for", summary={}) == second
        assert [h.id for h in store.handoffs(status)] == [first]
        assert [h.id for h in store.handoffs()] == ([] if status == "person" else [second])


# What goes wrong


def test_the_folder_of_a_file_is_made(tmp_path):
    with closing(SqlStore(f"sqlite:///{tmp_path}/new/folder/c.db")) as store:
        store.enqueue("c", None, [Message("你好")])
    assert (tmp_path / "new/folder/c.db").stat().st_size > 0


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match=f"folder {tmp_path}/file"):
        SqlStore(f"sqlite:///{tmp_path}/file/c.db")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into every folder")
def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match="folder may be written"):
        SqlStore(f"sqlite:///{tmp_path}/c.db")
    tmp_path.chmod(0o700)


def test_a_file_that_cannot_be_opened_is_told(tmp_path):
    (tmp_path / "c.db").mkdir()
    with pytest.raises(StorageError, match="cannot be opened; check"):
        SqlStore(f"sqlite:///{tmp_path}/c.db")


def test_a_file_of_another_kind_is_told(tmp_path):
    (tmp_path / "c.db").write_text("not a database" * 100)
    with pytest.raises(StorageError, match="not an SQLite database"):
        SqlStore(f"sqlite:///{tmp_path}/c.db")


def test_a_full_disk_is_told_and_stores_nothing_by_halves(sqlite_url):
    with closing(SqlStore(sqlite_url)) as store:
        sa.event.listen(sa.Engine, "begin", _no_more_pages)
        try:
            with pytest.raises(StorageError, match="no room left") as caught:
                store.enqueue("c", None, [Message(SECRET * 1000, f"m{n}") for n in range(10)])
        finally:
            sa.event.remove(sa.Engine, "begin", _no_more_pages)
        assert SECRET not in "".join(traceback.format_exception(caught.value))
        assert store.history("c") == []


def _no_more_pages(connection):
    connection.exec_driver_sql("PRAGMA max_page_count = 1")


def test_a_lock_that_stays_is_told_after_five_seconds(sqlite_url, tmp_path):
    with closing(SqlStore(sqlite_url)) as store, closing(sqlite3.connect(tmp_path / "conversations.db")) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="stayed locked for 5 s"):
            store.enqueue("c", None, [Message(SECRET)])
        other.execute("ROLLBACK")
        store.enqueue("c", None, [Message(SECRET)])


def test_a_store_of_a_newer_version_is_refused(url):
    SqlStore(url).close()
    _execute(url, f"UPDATE shopassist_schema SET version = {SCHEMA + 7}")
    with pytest.raises(StorageError, match=rf"version {SCHEMA + 7}, .* version {SCHEMA};"):
        SqlStore(url)


def test_a_conversation_that_a_newer_version_wrote_is_refused(url):
    with closing(SqlStore(url)) as store:
        store.enqueue("c", None, [Message("你好")])
        _execute(url, f"UPDATE shopassist_conversation SET schema = {SCHEMA + 7}")
        with pytest.raises(StorageError, match=rf"version {SCHEMA + 7}, .* version {SCHEMA};"):
            store.claim("c", lease=15)


def _execute(url, statement):
    engine = sa.create_engine(url)
    with engine.begin() as db:
        db.execute(sa.text(statement))
    engine.dispose()


def test_a_lost_table_is_told_without_the_text(url):
    with closing(SqlStore(url)) as store:
        _execute(url, "DROP TABLE shopassist_message")
        with pytest.raises(StorageError) as caught:
            store.enqueue("c", None, [Message(SECRET)])
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_refused_row_is_told_without_the_text(postgres_url):
    with closing(SqlStore(postgres_url)) as store:
        _execute(postgres_url, "ALTER TABLE shopassist_message ADD CHECK (length(text) < 3)")
        with pytest.raises(StorageError, match="refused a statement") as caught:
            store.enqueue("c", None, [Message(SECRET)])
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_no_text_is_logged(url, caplog):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, "sqlalchemy")
    with closing(SqlStore(url)) as store:
        store.enqueue("c", None, [Message(SECRET, "m1")])
        store.enqueue("c", None, [Message(SECRET, "m2")], lambda vault, text: (text, {"<N_1>": text}))
        claim = store.claim("c", lease=15)
        store.hand_off(claim, reason="asked_for", summary={"said": SECRET})
        store.commit(claim, state={"slot": SECRET}, reply=_reply(SECRET))
        with pytest.raises(StaleTurn) as caught:
            store.commit(claim, state={"slot": SECRET}, reply=_reply(SECRET))
        assert store.history("c")[0].text == SECRET
    assert "INSERT INTO shopassist_message" in caplog.text
    assert SECRET not in caplog.text
    assert SECRET not in str(caught.value)


def test_an_erased_text_leaves_no_bytes_on_the_disk(sqlite_url, tmp_path):
    with closing(SqlStore(sqlite_url)) as store:
        store.enqueue("c", "u-1", [Message(SECRET, "m1")])
        store.commit(store.claim("c", lease=15), state={"slot": SECRET}, reply=_reply(SECRET))
        store.erase("c")
    for file in tmp_path.iterdir():
        assert SECRET.encode() not in file.read_bytes()


def _bytes_on_disk(folder):
    return b"".join(file.read_bytes() for file in folder.iterdir())


def test_what_was_concealed_or_told_to_a_person_is_erased_from_the_disk(sqlite_url, tmp_path):
    with closing(SqlStore(sqlite_url)) as store:
        store.enqueue("c", "u-1", [Message(SECRET, "m1")], lambda vault, text: ("<N_1>", {"<N_1>": text}))
        store.hand_off(store.claim("c", lease=15), reason="asked_for", summary={"said": SECRET[::-1]})
        assert SECRET.encode() in _bytes_on_disk(tmp_path)
        store.erase("c")
        assert SECRET.encode() not in _bytes_on_disk(tmp_path)
        assert SECRET[::-1].encode() not in _bytes_on_disk(tmp_path)


def test_an_erased_text_is_gone_while_the_store_is_open(sqlite_url, tmp_path):
    with closing(SqlStore(sqlite_url)) as store:
        store.enqueue("c", "u-1", [Message(SECRET, "m1")])
        store.commit(store.claim("c", lease=15), state={"slot": SECRET}, reply=_reply(SECRET))
        assert SECRET.encode() in _bytes_on_disk(tmp_path)
        store.erase("c")
        assert SECRET.encode() not in _bytes_on_disk(tmp_path)
        store.enqueue("d", None, [Message("你好")])


def test_a_reader_keeps_an_erased_text_no_longer_than_it_reads(sqlite_url, tmp_path, caplog):
    with closing(SqlStore(sqlite_url)) as store, closing(sqlite3.connect(tmp_path / "conversations.db")) as other:
        store.enqueue("c", "u-1", [Message(SECRET, "m1")])
        other.isolation_level = None
        other.execute("BEGIN")
        other.execute("SELECT text FROM shopassist_message").fetchall()
        began = time.monotonic()
        store.erase("c")
        assert time.monotonic() - began < 3
        assert store.export("c") == {}
        store.enqueue("d", None, [Message("你好")])
        assert len([r for r in caplog.records if "until a write" in r.message]) == 1
        other.execute("ROLLBACK")
        store.enqueue("d", None, [Message("你好")])
        assert SECRET.encode() not in _bytes_on_disk(tmp_path)


def test_an_unreachable_server_is_told_without_the_password():
    pytest.importorskip("psycopg", reason="psycopg, a driver for PostgreSQL, is not installed")
    password = uuid4().hex
    with pytest.raises(StorageError, match="cannot be reached") as caught:
        SqlStore(f"postgresql+psycopg://shop:{password}@127.0.0.1:1/shop?password={password}")
    assert password not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "url", ["no url, password hunter2", "mysql://shop:hunter2@db/shop", "postgresql+none://u:hunter2@h/d"]
)
def test_a_url_of_no_use_is_told_without_the_password(url):
    with pytest.raises(StorageError) as caught:
        SqlStore(url)
    assert "hunter2" not in str(caught.value)


def test_a_driver_that_is_not_installed_is_named():
    with pytest.raises(MissingExtra, match="pip install pg8000"):
        SqlStore("postgresql+pg8000://shop@db/shop")


def test_an_id_that_no_database_takes_is_a_storage_error(url):
    with closing(SqlStore(url)) as store, pytest.raises(StorageError):
        store.history("c\ud800")


def test_a_closed_store_is_not_opened_again(url):
    store = SqlStore(url)
    store.close()
    store.close()
    with pytest.raises(StorageError, match="was closed"):
        store.history("c")


def test_a_store_stands_beside_the_shops_own_tables(url):
    _execute(url, "CREATE TABLE message (id INTEGER)")
    with closing(SqlStore(url)) as store:
        store.enqueue("c", None, [Message("你好")])
        assert len(store.history("c")) == 1


def test_a_store_that_is_only_looked_at_is_not_made(url):
    with pytest.raises(StorageError, match=r"there are no conversations at"):
        SqlStore(url, create=False)
    SqlStore(url).close()
    with closing(SqlStore(url, create=False)) as store:
        assert store.turns() == []


def _reply(text):
    return Reply(id="r1", turn=1, text=text, sentences=(text,), language="zh")
