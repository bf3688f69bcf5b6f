"""Generations: known questions guard the swap, readers hold what they read, and one can look, go back and clear away."""

import json
import os
import random
import signal
import subprocess
import sys
from datetime import date

import numpy as np
import pytest
from typer.testing import CliRunner

from shopassist.cli.main import app
from shopassist.errors import DocumentError, IndexDamaged, IndexMismatch, KnowledgeError, ProbesFailed
from shopassist.knowledge import generations
from shopassist.knowledge.encoding import encode
from shopassist.knowledge.index import Generation, open_current
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.knowledge.vectors import Embedded
from shopassist.knowledge.verify import verify
from shopassist.testing import HashEmbeddings

DAY = date(2024, 12, 5)


@pytest.fixture
def pages(tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "returns.md").write_text("# 退货\n\n七天内可以退货。\n", "utf-8")
    (folder / "invoice.md").write_text("# 发票\n\n发票在订单里下载。\n", "utf-8")
    (folder / "shipping.md").write_text("# Shipping\n\nWe ship in 48 hours.\n", "utf-8")
    return folder


@pytest.fixture
def index(tmp_path):
    return tmp_path / "knowledge"


def probes(pages, text):
    (pages / "probes.yaml").write_text(text, "utf-8")


def editions(pages, index, count, embeddings=None):
    for n in range(count):
        (pages / "returns.md").write_text(f"# 退货\n\n{n} 天内可以退货。\n", "utf-8")
        ingest([pages], index, embeddings)


def current(index):
    return (index / "CURRENT").read_text().strip()


@pytest.mark.parametrize("embeddings", [HashEmbeddings(), None], ids=["hash", "lexical"])
def test_a_new_index_that_loses_a_known_question_is_not_used(pages, index, embeddings):
    probes(pages, "- {question: 发票怎么下载, document: invoice}\n- {question: when do you ship, document: shipping}\n")
    assert ingest([pages], index, embeddings, today=DAY).skipped == ()
    (pages / "invoice.md").unlink()
    with pytest.raises(ProbesFailed) as caught:
        ingest([pages], index, embeddings, today=DAY)
    told = str(caught.value)
    assert told.startswith("1 of 2 known questions do not find their page in the new index; gen-000001 stays current")
    assert "“发票怎么下载” (zh, 2024-12-05): invoice expected, " in told
    assert "shopassist knowledge accept" in told
    (fallen,) = caught.value.fallen
    assert (fallen.expected, "invoice" in fallen.found) == (("invoice",), False)
    assert current(index) == "gen-000001"
    assert ChromaKnowledge(index, embeddings).search("发票", language="zh", valid_on=DAY)[0].document == "invoice"


def test_what_was_refused_is_not_embedded_twice_and_goes_when_the_next_one_is_built(pages, index):
    probes(pages, "- {question: 发票, document: invoice, within: 1}\n")
    embeddings = HashEmbeddings()
    ingest([pages], index, embeddings)
    (pages / "invoice.md").write_text("# 抬头\n\n抬头可以改。\n", "utf-8")
    (pages / "more.md").write_text("# 发票\n\n发票问客服。\n", "utf-8")
    with pytest.raises(ProbesFailed):
        ingest([pages], index, embeddings)
    assert generations.refused(index).name == "gen-000002.refused"
    probes(pages, "- {question: 发票, document: [invoice, more], within: 1}\n")
    report = ingest([pages], index, embeddings)
    assert (report.generation, set(report.changed), report.embedded) == ("gen-000002", {"invoice/zh"}, 0)
    assert generations.refused(index) is None
    assert not list(index.glob("*.journal"))


def test_a_refused_index_can_be_taken_as_long_as_nothing_else_was_built(pages, index):
    probes(pages, "- {question: 发票, document: invoice, within: 1}\n")
    ingest([pages], index, None)
    (pages / "invoice.md").unlink()
    with pytest.raises(ProbesFailed):
        ingest([pages], index, None)
    assert generations.accept(index) == current(index) == "gen-000002"
    with pytest.raises(KnowledgeError, match="was refused"):
        generations.accept(index)
    (pages / "shipping.md").unlink()
    with pytest.raises(ProbesFailed):
        ingest([pages], index, None)
    generations.rollback(index)
    with pytest.raises(KnowledgeError, match=r"gen-000003.refused was built on gen-000002, and gen-000001 is current"):
        generations.accept(index)


def test_a_known_question_is_asked_on_its_day(pages, index):
    (pages / "festival.md").write_text(
        "---\nvalid_from: 2024-11-01\nvalid_to: 2024-11-12\n---\n# 双十一\n\n双十一满三百减五十。\n", "utf-8"
    )
    probes(pages, "- {question: 双十一满减, document: festival, day: 2024-11-05}\n")
    ingest([pages], index, None)
    probes(pages, "- {question: 双十一满减, document: festival}\n")
    with pytest.raises(ProbesFailed, match=r"2024-12-05\): festival expected, "):
        ingest([pages], index, None, rebuild=True, today=DAY)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("question: x", "a list of questions is needed"),
        ("- {question: 发票}", "question 1: `document` is needed"),
        ("- {document: a, question: x}\n- {question: '', document: a}", "question 2: `question` is needed"),
        ("- {question: x, document: a, day: soon}", "`day` is a day such as 2024-11-05"),
        ("- {question: x, document: a, within: 0}", "`within` is a number"),
        ("- {question: x, document: a, top: 3}", "there is no field `top`"),
        ("- {question: x, document: a, language: fr}", "`language` is zh or en"),
        ("- [", "probes.yaml: "),
    ],
)
def test_known_questions_that_cannot_be_read_stop_an_ingestion_with_the_place(pages, index, text, reason):
    probes(pages, text)
    with pytest.raises(DocumentError) as caught:
        ingest([pages], index, None)
    assert str(pages / "probes.yaml") in str(caught.value)
    assert reason in str(caught.value)
    assert not generations.names(index)


def test_a_named_file_of_known_questions_must_be_there(pages, index, tmp_path):
    with pytest.raises(DocumentError, match="`probes_file` names, is not there"):
        ingest([pages], index, None, probes=tmp_path / "gone.yaml")


READER = """
import sys, time
from datetime import date
from pathlib import Path
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.testing import HashEmbeddings
knowledge = ChromaKnowledge(Path(sys.argv[1]), HashEmbeddings())
while True:
    print(time.time(), knowledge.search("退货", language="zh", valid_on=date(2024, 12, 5))[0].text, flush=True)
    time.sleep(0.05)
"""


@pytest.fixture
def reader(index):
    """Start a process that searches all the time, and prints when and what it found."""
    running = []

    def start():
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        process = subprocess.Popen(
            [sys.executable, "-c", READER, str(index)], stdout=subprocess.PIPE, text=True, env=environment
        )
        running.append(process)
        assert process.stdout.readline()
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


def test_readers_in_other_processes_see_a_new_generation_within_two_seconds(pages, index, reader):
    ingest([pages], index, HashEmbeddings())
    readers = [reader(), reader()]
    (pages / "returns.md").write_text("# 退货\n\n八天内可以退货。\n", "utf-8")
    ingest([pages], index, HashEmbeddings())
    swapped = (index / "CURRENT").stat().st_mtime
    for process in readers:
        for line in process.stdout:
            moment, _, text = line.partition(" ")
            if "八天" in text:
                break
            assert "七天" in text
        assert float(moment) - swapped < 2
        assert process.poll() is None


def test_what_a_process_reads_is_not_removed_until_it_ends(pages, index, reader):
    ingest([pages], index, HashEmbeddings())
    process = reader()
    os.kill(process.pid, signal.SIGSTOP)  # it will not notice what comes
    editions(pages, index, 4, HashEmbeddings())
    assert generations.names(index)[0] == "gen-000001"
    with generations.alone(index, 0):
        assert generations.prune(index, 1) == (["gen-000003", "gen-000004"], ["gen-000001"])
    assert generations.names(index) == ["gen-000001", "gen-000005"]
    process.kill()
    process.wait()
    with generations.alone(index, 0):
        assert generations.prune(index, 1) == (["gen-000001"], [])


def test_a_search_goes_on_with_the_generation_it_began_on(pages, index):
    ingest([pages], index, HashEmbeddings())
    shelf = open_current(index).shelves["zh"]  # and nothing else of the generation
    editions(pages, index, 4, HashEmbeddings())
    assert generations.names(index)[0] == "gen-000001"
    rows, _ = shelf.nearest(encode(HashEmbeddings(), ["七天内可以退货。"])[0], 1)
    assert len(rows) == 1
    del shelf
    with generations.alone(index, 0):
        generations.prune(index, 3)
    assert generations.names(index)[0] == "gen-000003"


def test_one_goes_back_to_the_generation_before_and_on_from_there(pages, index):
    editions(pages, index, 3)
    assert generations.rollback(index) == current(index) == "gen-000002"
    assert generations.rollback(index, "gen-000001") == "gen-000001"
    with pytest.raises(KnowledgeError, match="no generation before gen-000001"):
        generations.rollback(index)
    with pytest.raises(KnowledgeError, match=r"no generation 'gen-7' .*; there are gen-000001, gen-000002, gen-000003"):
        generations.rollback(index, "gen-7")
    assert ingest([pages], index, None).generation == "gen-000004"  # the pages are still those of the third
    with pytest.raises(IndexMismatch, match="set them back first"):
        generations.rollback(index, fingerprint="other")
    assert current(index) == "gen-000004"


def test_the_current_generation_is_never_removed(pages, index):
    editions(pages, index, 3)
    generations.rollback(index, "gen-000001")
    with generations.alone(index, 0):
        assert generations.prune(index, 1) == ([], [])
    assert generations.names(index) == ["gen-000001", "gen-000002", "gen-000003"]


def grown(index):
    """An index whose graph Chroma keeps in files: more than its threshold of 1,000."""
    folder = index.parent / "many"
    folder.mkdir()
    text = "".join(f"## 第{n}节\n\n这是第{n}节的说明，编号 {n * 7919}。\n\n" for n in range(1100))
    (folder / "many.md").write_text(f"# 多\n\n{text}", "utf-8")
    ingest([folder], index, HashEmbeddings())
    return index / current(index)


def test_every_file_that_is_cut_is_named(index):
    path = grown(index)
    assert verify(path, HashEmbeddings(), Embedded(), [], today=DAY).whole
    names = [n for n, (size, _) in Generation(path).meta["files"].items() if size]
    assert any(n.startswith("chroma/") for n in names)
    assert {"passages.jsonl", "vectors/zh.npy"} < set(names)
    for name in names:
        whole = (path / name).read_bytes()
        (path / name).write_bytes(whole[:-1])
        verdict = verify(path, HashEmbeddings(), Embedded(), [], today=DAY)
        assert verdict.faults == (f"{name} has {len(whole) - 1} bytes of {len(whole)}",)
        with pytest.raises(IndexDamaged, match=f"{os.path.basename(name)}.*shopassist ingest --rebuild"):
            ChromaKnowledge(index, HashEmbeddings())
        (path / name).write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
        assert verify(path, HashEmbeddings(), Embedded(), [], today=DAY).faults == (f"{name} is not what was written",)
        (path / name).write_bytes(whole)


def test_vectors_that_chroma_lost_are_missed(pages, index):
    import chromadb
    from chromadb.config import Settings

    ingest([pages], index, HashEmbeddings())
    path = index / current(index)
    client = chromadb.PersistentClient(str(path / "chroma"), settings=Settings(anonymized_telemetry=False))
    collection = client.get_collection("passages-zh", embedding_function=None)
    collection.delete(ids=[collection.get()["ids"][0]])
    client.close()
    verdict = verify(path, HashEmbeddings(), Embedded(), [], today=DAY)
    assert "1 vectors for 2 passages in zh" in verdict.faults[0]


@pytest.fixture
def shop(monkeypatch, tmp_path, index):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOPASSIST_DATA_DIR", str(index.parent))
    monkeypatch.setenv("SHOPASSIST_EMBEDDINGS", "none")
    return lambda *words: CliRunner().invoke(app, ["knowledge", *words])


def test_the_commands_show_check_go_back_and_clear_away(pages, index, shop):
    assert "shopassist ingest PATH" in shop("status").output
    probes(pages, "- {question: 发票, document: invoice}\n")
    editions(pages, index, 3)
    rows = json.loads(shop("status", "--json").output)
    assert [(r["name"], r["current"]) for r in rows] == [(f"gen-00000{n}", n == 3) for n in (1, 2, 3)]
    assert (rows[0]["documents"], rows[0]["passages"], rows[0]["languages"]) == (3, 3, ["en", "zh"])
    assert rows[0]["roots"] == [str(pages)]
    done = shop("verify")
    assert done.exit_code == 0
    assert "gen-000003: 3 passages, 3 looked for by themselves, 1 known questions; whole" in done.output
    assert "gen-000002 answers now" in shop("rollback").output
    (pages / "invoice.md").unlink()
    refused = CliRunner().invoke(app, ["ingest", str(pages)])
    assert refused.exit_code == 1
    assert "gen-000002 stays current" in refused.output
    assert "refused" in shop("status").output
    assert "gen-000004 answers now" in shop("accept").output
    assert "1 removed: gen-000001" in shop("prune").output
    damaged = shop("verify", "gen-000003", "--json")
    assert damaged.exit_code == 0
    (index / "gen-000003" / "passages.jsonl").write_text("")
    damaged = shop("verify", "gen-000003")
    assert damaged.exit_code == 1
    assert "passages.jsonl has 0 bytes" in damaged.output


def test_a_process_that_waits_for_the_lock_is_told_who_has_it(pages, index):
    code = (
        "import sys,time; from pathlib import Path; from shopassist.knowledge import generations\n"
        "with generations.alone(Path(sys.argv[1]), 0): print('ready', flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    child = subprocess.Popen([sys.executable, "-c", code, str(index)], stdout=subprocess.PIPE, env=environment)
    assert child.stdout.readline() == b"ready\n"
    try:
        with pytest.raises(KnowledgeError, match=rf"process {child.pid} on \S+ is ingesting .*--wait SECONDS"):
            ingest([pages], index, None)
    finally:
        child.kill()
        child.communicate()
    assert ingest([pages], index, None).generation == "gen-000001"  # the system let go of the lock


STEPS = 6


def test_an_index_that_was_edited_step_by_step_equals_one_that_was_built_anew(pages, index, tmp_path):
    draw = random.Random(3)
    ingest([pages], index, HashEmbeddings())
    for step in range(STEPS):
        for n in draw.sample(range(6), 3):
            page = pages / f"page-{n}.md"
            if page.exists() and draw.random() < 0.3:
                page.unlink()
            else:
                page.write_text(
                    f"# 页 {n}\n\n第 {step} 步写的，{draw.random()}。\n\n## 不变\n\n不变的一节 {n}。\n", "utf-8"
                )
        ingest([pages], index, HashEmbeddings())
    anew = tmp_path / "anew"
    ingest([pages], anew, HashEmbeddings())
    one, other = open_current(index).shelves, open_current(anew).shelves
    assert one.keys() == other.keys()
    for language in one:
        assert one[language].rows == other[language].rows
        assert np.array_equal(one[language].vectors, other[language].vectors)
    assert open_current(index).meta["calibration"] == open_current(anew).meta["calibration"]
    for name in ("passages.jsonl", "lexical/zh/data.csc.index.npy", "vectors/zh.npy"):
        assert (index / current(index) / name).read_bytes() == (anew / current(anew) / name).read_bytes()


def test_a_stopped_ingestion_keeps_what_it_has_embedded(pages, index, tmp_path):
    (pages / "many.md").write_text("# 多\n\n" + "".join(f"## {n}\n\n第{n}节的说明。\n\n" for n in range(600)), "utf-8")

    class Dies(HashEmbeddings):
        def embed_documents(self, texts):
            if self.embedded >= 512:
                raise KeyboardInterrupt
            return super().embed_documents(texts)

    with pytest.raises(KeyboardInterrupt):
        ingest([pages], index, Dies())
    (journal,) = index.glob("*.journal")
    with journal.open("ab") as file:
        file.write(b"half a record")
    report = ingest([pages], index, HashEmbeddings())
    assert (report.passages, report.embedded) == (603, 603 - 512)
    assert not list(index.glob("*.journal"))
    anew = tmp_path / "anew"
    ingest([pages], anew, HashEmbeddings())
    assert (index / "gen-000001/vectors/zh.npy").read_bytes() == (anew / "gen-000001/vectors/zh.npy").read_bytes()
