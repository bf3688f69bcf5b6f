"""A database of each older version, as its release made it, is brought up to date where it is opened."""

import json
import multiprocessing
from contextlib import closing

import pytest
import sqlalchemy as sa

from shopassist.errors import StorageError
from shopassist.messages import Message, OrderRef
from shopassist.replies import Reply
from shopassist.storage.sql import SCHEMA, SqlStore

VERSION_1 = (
    "CREATE TABLE shopassist_schema (version INTEGER PRIMARY KEY)",
    "CREATE TABLE shopassist_conversation (id TEXT NOT NULL PRIMARY KEY, owner TEXT, mode TEXT, state TEXT,"
    " schema INTEGER NOT NULL, revision INTEGER NOT NULL, lease_token TEXT, lease_until DOUBLE PRECISION,"
    " fence INTEGER NOT NULL, erased_at DOUBLE PRECISION)",
    "CREATE TABLE shopassist_message (conversation TEXT NOT NULL REFERENCES shopassist_conversation (id),"
    " seq INTEGER NOT NULL, role TEXT NOT NULL, client_id TEXT, text TEXT NOT NULL, turn INTEGER,"
    " attempts INTEGER NOT NULL, PRIMARY KEY (conversation, seq), UNIQUE (conversation, client_id))",
    "CREATE INDEX shopassist_message_turn ON shopassist_message (conversation, turn)",
    "CREATE TABLE shopassist_turn (conversation TEXT NOT NULL REFERENCES shopassist_conversation (id),"
    " number INTEGER NOT NULL, id TEXT NOT NULL, status TEXT NOT NULL, reply TEXT NOT NULL, usage TEXT NOT NULL,"
    " PRIMARY KEY (conversation, number))",
    "INSERT INTO shopassist_schema VALUES (1)",
    "INSERT INTO shopassist_conversation (id, owner, mode, state, schema, revision, fence)"
    """ VALUES ('c', 'u-1', 'bot', '{"n": 1}', 1, 1, 1)""",
    "INSERT INTO shopassist_conversation (id, schema, revision, fence, erased_at) VALUES ('gone', 1, 0, 0, 17.0)",
    "INSERT INTO shopassist_message VALUES ('c', 1, 'customer', 'm1', '你好', 1, 1),"
    " ('c', 2, 'assistant', NULL, '您好', 1, 0), ('c', 3, 'customer', 'm2', '还在吗', NULL, 0)",
)
LATER = {
    2: (
        "ALTER TABLE shopassist_conversation ADD COLUMN vault TEXT",
        "ALTER TABLE shopassist_message ADD COLUMN items TEXT",
        "CREATE TABLE shopassist_handoff (id TEXT NOT NULL PRIMARY KEY,"
        " conversation TEXT NOT NULL REFERENCES shopassist_conversation (id), turn INTEGER NOT NULL,"
        " reason TEXT NOT NULL, summary TEXT NOT NULL, status TEXT NOT NULL, created DOUBLE PRECISION NOT NULL,"
        " UNIQUE (conversation, turn))",
        "CREATE INDEX shopassist_handoff_status ON shopassist_handoff (status, created)",
        "UPDATE shopassist_schema SET version = 2",
    ),
    3: (
        "ALTER TABLE shopassist_turn ADD COLUMN created DOUBLE PRECISION",
        "CREATE INDEX shopassist_turn_created ON shopassist_turn (conversation, created)",
        "UPDATE shopassist_schema SET version = 3",
    ),
}
"""What made each version of the one before; never changed afterwards, unlike the store's own upgrades."""

REPLY = Reply(id="r1", turn=1, text="您好", sentences=("您好",), language="zh")

processes = multiprocessing.get_context("spawn")


def made(url, version):
    """A database of a version with one conversation, whose last message has no answer, and a tombstone."""
    answer = REPLY.to_dict()
    usage = answer.pop("usage")
    engine = sa.create_engine(url)
    with engine.begin() as db:
        for statement in (*VERSION_1, *(s for v in LATER if v <= version for s in LATER[v])):
            db.exec_driver_sql(statement)
        turn = "INSERT INTO shopassist_turn (conversation, number, id, status, reply, usage)"
        values = {"reply": json.dumps(answer), "usage": json.dumps(usage)}
        db.execute(sa.text(f"{turn} VALUES ('c', 1, 'r1', 'done', :reply, :usage)"), values)
    engine.dispose()
    return url


@pytest.fixture(params=range(1, SCHEMA), ids="version {}".format)
def old(request, url):
    """The URL of a database of an older version."""
    return made(url, request.param)


def test_every_older_version_is_known_here():
    assert {1, *LATER} >= {*range(1, SCHEMA)}


def _scalars(url, statement):
    engine = sa.create_engine(url)
    with engine.begin() as db:
        found = db.scalars(sa.text(statement)).all()
    engine.dispose()
    return found


def test_an_old_conversation_is_read_as_it_was(old):
    with closing(SqlStore(old)) as store:
        assert store.owner("c") == (True, "u-1")
        assert [(m.text, m.id, m.turn, m.items) for m in store.history("c")] == [
            ("你好", "m1", 1, ()),
            ("您好", None, 1, ()),
            ("还在吗", "m2", None, ()),
        ]
        assert store.latest("c") == store.reply_to("c", "m1") == REPLY
        assert store.vault("c") == store.vault("gone") == {}
        assert store.handoffs() == []
        export = store.export("c")
        assert (export["state"], export["vault"], export["handoffs"]) == ({"n": 1}, {}, [])


def test_an_old_conversation_goes_on_with_all_that_is_new(old):
    with closing(SqlStore(old)) as store:
        card = Message("13800138000", "m3", (OrderRef("ORD1"),))
        store.enqueue("c", "u-1", [card], lambda vault, text: ("<N_1>", {**vault, "<N_1>": text}))
        claim = store.claim("c", lease=15)
        assert (claim.turn, claim.fence, dict(claim.state)) == (2, 2, {"n": 1})
        assert [(m.text, m.items) for m in claim.messages] == [("还在吗", ()), ("<N_1>", (OrderRef("ORD1"),))]
        assert dict(claim.vault) == {"<N_1>": "13800138000"}
        handoff = store.hand_off(claim, reason="asked_for", summary={})
        store.commit(claim, state={"n": 2}, reply=REPLY)
        assert [h.id for h in store.handoffs()] == [handoff]
        assert store.vault("c") == {"<N_1>": "13800138000"}


def test_a_turn_of_before_is_listed_without_a_time(old):
    with closing(SqlStore(old)) as store:
        assert [(t.texts, t.reply, t.answered) for t in store.turns()] == [(("你好",), REPLY, None)]
        assert store.turns(since=0) == []
        store.commit(store.claim("c", lease=15), state={"n": 2}, reply=REPLY)
        assert [t.answered is None for t in store.turns(since=0)] == [True, False]


def test_what_a_worker_of_the_old_version_would_misread_is_marked_as_new(old):
    with closing(SqlStore(old)) as store:
        store.enqueue("c", "u-1", [Message("在吗", "m3")])
        assert _scalars(old, "SELECT schema FROM shopassist_conversation WHERE id = 'c'") == [1]
        store.enqueue("c", "u-1", [Message("13800138000", "m4")], lambda vault, text: ("<N_1>", {"<N_1>": text}))
        assert _scalars(old, "SELECT schema FROM shopassist_conversation WHERE id = 'c'") == [SCHEMA]


def test_a_worker_of_the_old_version_can_still_write(old):
    with closing(SqlStore(old)) as store:
        engine = sa.create_engine(old)
        with engine.begin() as db:
            db.exec_driver_sql(
                "INSERT INTO shopassist_message (conversation, seq, role, client_id, text, turn, attempts)"
                " VALUES ('c', 4, 'customer', 'm3', '喂', NULL, 0)"
            )
        engine.dispose()
        assert [m.id for m in store.claim("c", lease=15).messages] == ["m2", "m3"]


def test_a_database_is_brought_up_to_date_once(old):
    for _ in range(3):
        SqlStore(old).close()
        assert _scalars(old, "SELECT version FROM shopassist_schema") == [SCHEMA]


def test_where_bringing_it_up_to_date_fails_it_stays_as_it_was(url):
    old = made(url, 1)
    engine = sa.create_engine(old)
    with engine.begin() as db:  # the second of the two new columns is in the way
        db.exec_driver_sql("ALTER TABLE shopassist_message ADD COLUMN items TEXT")
    engine.dispose()
    with pytest.raises(StorageError):
        SqlStore(old)
    assert _scalars(old, "SELECT version FROM shopassist_schema") == [1]
    engine = sa.create_engine(old)
    assert "vault" not in {c["name"] for c in sa.inspect(engine).get_columns("shopassist_conversation")}
    assert not sa.inspect(engine).has_table("shopassist_handoff")
    engine.dispose()


def _open_and_read(url, barrier, results):
    barrier.wait()
    with closing(SqlStore(url)) as store:
        results.put(len(store.history("c")))


def test_processes_that_start_at_once_bring_it_up_to_date_together(old):
    barrier, results = processes.Barrier(4), processes.Queue()
    started = [processes.Process(target=_open_and_read, args=(old, barrier, results)) for _ in range(4)]
    for process in started:
        process.start()
    assert [results.get(timeout=60) for _ in started] == [3, 3, 3, 3]
    for process in started:
        process.join(timeout=60)
        assert process.exitcode == 0
    assert _scalars(old, "SELECT version FROM shopassist_schema") == [SCHEMA]


def test_a_database_brought_up_to_date_has_the_columns_of_a_new_one(old, tmp_path):
    new = f"sqlite:///{tmp_path}/new.db"
    columns = []
    for url in (old, new):
        SqlStore(url).close()
        engine = sa.create_engine(url)
        tables = [t for t in sa.inspect(engine).get_table_names() if t.startswith("shopassist_")]
        columns.append({t: {c["name"] for c in sa.inspect(engine).get_columns(t)} for t in tables})
        engine.dispose()
    assert columns[0] == columns[1]


def test_a_hand_off_of_the_version_before_can_be_taken(url):
    with closing(SqlStore(url)) as store:
        store.enqueue("c", None, [Message("转人工", "m1")])
        claim = store.claim("c", lease=15)
        handoff = store.hand_off(claim, reason="asked", summary={})
        store.commit(claim, state={}, reply=REPLY)
    engine = sa.create_engine(url)
    with engine.begin() as db:
        for table in ("shopassist_message", "shopassist_handoff"):
            db.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN agent")
        db.exec_driver_sql("UPDATE shopassist_schema SET version = 3")
        db.exec_driver_sql("UPDATE shopassist_conversation SET schema = 3")
    engine.dispose()
    with closing(SqlStore(url)) as store:
        assert [(h.id, h.agent) for h in store.handoffs()] == [(handoff, None)]
        assert store.take(handoff, "anna").agent == "anna"
        assert store.say(handoff, "anna", "您好").seq == 3
    assert _scalars(url, "SELECT schema FROM shopassist_conversation") == [SCHEMA]
