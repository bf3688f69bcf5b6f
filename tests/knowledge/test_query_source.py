"""A database query as a source: rows come, change and go; nothing is written, and no secret is told."""

import sqlite3

import pytest

from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.sources.sql import Query

TEMPLATE = {"id": "faq-{id}", "title": "{question}", "text": "{question}\n{answer}"}


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE faq (id INTEGER, question TEXT, answer TEXT, public BOOLEAN)")
        db.executemany(
            "INSERT INTO faq VALUES (?, ?, ?, 1)", [(1, "能退吗", "七天内可以。"), (2, "能换吗", "十五天内可以。")]
        )
    return path


def query(database, sql="SELECT id, question, answer FROM faq ORDER BY id"):
    return Query("faq", sql, database=f"sqlite:///{database}", template=TEMPLATE)


def test_each_row_of_a_query_is_a_document(database, tmp_path):
    index = tmp_path / "index"
    assert ingest([query(database)], index, None).added == ("faq-1/zh", "faq-2/zh")
    with sqlite3.connect(database) as db:
        db.execute("UPDATE faq SET answer = '三十天内可以。' WHERE id = 2")
        db.execute("DELETE FROM faq WHERE id = 1")
    report = ingest([query(database)], index, None)
    assert (report.changed, report.removed) == (("faq-2/zh",), ("faq-1/zh",))


def test_a_row_that_cannot_be_taken_loses_nothing(database, tmp_path):
    ingest([query(database)], tmp_path / "index", None)
    with sqlite3.connect(database) as db:
        db.execute("UPDATE faq SET id = 3, question = '', answer = '' WHERE id = 1")
    report = ingest([query(database)], tmp_path / "index", None)
    assert (report.removed, report.unchanged) == ((), 2)
    assert str(report.broken[0]) == "program:faq: record 2: has no text"


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("DELETE FROM faq RETURNING id, question, answer", "the database says: attempt to write a readonly database"),
        ("INSERT INTO faq VALUES (9, 'x', 'y', 1)", "the database says: attempt to write a readonly database"),
        ("SELECT id FROM faq; DROP TABLE faq", "the database says: You can only execute one statement at a time"),
        ("SELECT missing FROM faq", "the database says: no such column: missing"),
        ("PRAGMA query_only = OFF", "gives no rows"),
        ("SELECT :x", "the query failed"),
    ],
)
def test_nothing_can_be_written_and_a_bad_query_is_told(database, sql, reason):
    with pytest.raises(ValueError, match=reason):
        list(query(database, sql).read({}))
    with sqlite3.connect(database) as db:
        assert db.execute("SELECT count(*) FROM faq").fetchone() == (2,)


def test_no_secret_of_the_address_is_told(tmp_path):
    for url in (
        "postgresql+psycopg://shop:hunter2@127.0.0.1:1/x",
        "oracle://shop:hunter2@h/x",
        "no url hunter2",
        "sqlite:///hunter2.db",
    ):
        with pytest.raises(ValueError, match=r"database|sqlite") as caught:
            list(Query("x", "SELECT 1", database=url).read({}))
        assert "hunter2" not in str(caught.value).replace("file hunter2.db", "")


def test_a_source_file_names_the_variable_that_holds_the_address(database, tmp_path, monkeypatch):
    monkeypatch.setenv("MY_SHOP_DATABASE", f"sqlite:///{database}")
    file = tmp_path / "faq.source.yaml"
    file.write_text(
        "sql: SELECT id, question, answer FROM faq\ndatabase_variable: MY_SHOP_DATABASE\n"
        'id: "faq-{id}"\ntitle: "{question}"\ntext: "{answer}"\n',
        "utf-8",
    )
    assert len(ingest([file], tmp_path / "index", None).added) == 2
    assert str(database).encode() not in b"".join(
        p.read_bytes() for p in (tmp_path / "index").rglob("*") if p.is_file()
    )
    assert len(ingest([], tmp_path / "index", None, rebuild=True).added) == 2


def test_postgresql_is_held_to_reading(postgres_url):
    import sqlalchemy as sa

    engine = sa.create_engine(postgres_url)
    with engine.begin() as db:
        db.execute(sa.text("CREATE TABLE faq (id int, question text, answer text)"))
        db.execute(sa.text("INSERT INTO faq VALUES (1, '能退吗', '12:30 前可以。')"))
    (row,) = Query("faq", "SELECT * FROM faq", database=postgres_url, template=TEMPLATE).read({})
    assert row.text == "能退吗\n12:30 前可以。"
    for sql in (
        "DELETE FROM faq RETURNING *",
        "COMMIT; DELETE FROM faq",
        "SELECT 1; DROP TABLE faq",
        "SELECT nextval('s')",
    ):
        with pytest.raises(ValueError, match=r"database says|no rows"):
            list(Query("faq", sql, database=postgres_url, template=TEMPLATE).read({}))
    with engine.connect() as db:
        assert db.execute(sa.text("SELECT count(*) FROM faq")).scalar() == 1
    engine.dispose()
