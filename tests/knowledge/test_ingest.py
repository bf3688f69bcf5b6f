"""An ingestion embeds only what changed, readers see all of it or nothing, and errors name the way out."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import date

import pytest

from shopassist.errors import DocumentError, IndexBusy, IndexDamaged, IndexMismatch, IndexMissing, KnowledgeError
from shopassist.knowledge.index import Generation, unreadable
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.knowledge.sources import Skipped
from shopassist.testing import HashEmbeddings

DAY = date(2024, 12, 5)
LONG = "# 长页\n\n" + "\n\n".join(f"## 第{n}节\n\n第{n}节说明一件事。" for n in range(1, 6))


@pytest.fixture
def pages(tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "returns.md").write_text("# 退货\n\n七天内可以退货。\n", "utf-8")
    (folder / "long.md").write_text(LONG, "utf-8")
    (folder / "shipping.md").write_text("# Shipping\n\nWe ship in 48 hours.\n", "utf-8")
    return folder


@pytest.fixture
def index(tmp_path):
    return tmp_path / "index"


@pytest.fixture(params=["hash", "lexical"])
def embeddings(request):
    return HashEmbeddings() if request.param == "hash" else None


def texts(index, document):
    meta = json.loads((current(index) / "meta.json").read_text("utf-8"))
    assert meta["format"] == 2
    rows = [r for s in Generation(current(index)).shelves.values() for r in s.rows]
    return [r.text for r in rows if r.document == document]


def documents(index):
    return {r.document for s in Generation(current(index)).shelves.values() for r in s.rows}


def current(index):
    return index / (index / "CURRENT").read_text().strip()


def generations(index):
    return sorted(p.name for p in index.glob("gen-*"))


def test_a_first_run_takes_everything(pages, index, embeddings):
    report = ingest([pages], index, embeddings)
    assert report.generation == "gen-000001"
    assert set(report.added) == {"returns/zh", "long/zh", "shipping/en"}
    assert report.passages == 7
    assert report.embedded == (7 if embeddings else 0)
    found = ChromaKnowledge(index, embeddings).search("退货", language="zh", valid_on=DAY)
    assert found[0].document == "returns"


def test_an_unchanged_run_embeds_nothing_and_makes_no_generation(pages, index, embeddings):
    ingest([pages], index, embeddings)
    (pages / "returns.md").touch()
    again = ingest([pages], index, embeddings)
    assert (again.generation, again.embedded, again.unchanged) == ("gen-000001", 0, 3)
    assert again.added == again.changed == again.removed == ()
    assert generations(index) == ["gen-000001"]


def test_of_a_changed_document_only_the_changed_passages_are_embedded(pages, index):
    embeddings = HashEmbeddings()
    ingest([pages], index, embeddings)
    (pages / "long.md").write_text(LONG.replace("第3节说明一件事", "第3节说明两件事"), "utf-8")
    report = ingest([pages], index, embeddings)
    assert (report.changed, report.embedded, report.passages) == (("long/zh",), 1, 7)
    assert "第3节说明两件事。" in texts(index, "long")
    assert "第3节说明一件事。" not in texts(index, "long")


def test_a_deleted_file_leaves_the_index(pages, index, embeddings):
    ingest([pages], index, embeddings)
    (pages / "shipping.md").unlink()
    report = ingest([pages], index, embeddings)
    assert report.removed == ("shipping/en",)
    assert documents(index) == {"returns", "long"}


def test_a_row_that_is_taken_out_of_a_table_leaves_the_index(pages, index):
    (pages / "faq.csv").write_text("id,q\n1,能退吗\n2,能换吗\n", "utf-8")
    (pages / "faq.csv.yaml").write_text('id: "faq-{id}"\ntext: "{q}"\n', "utf-8")
    ingest([pages], index, None)
    (pages / "faq.csv").write_text("id,q\n2,能换吗\n", "utf-8")
    assert ingest([pages], index, None).removed == ("faq-1/zh",)


def test_a_broken_file_is_named_and_the_others_go_in(pages, index):
    (pages / "bad.md").write_bytes("退货".encode("gbk"))
    report = ingest([pages], index, None)
    assert [b.source for b in report.broken] == [str(pages / "bad.md")]
    assert "not UTF-8" in report.broken[0].reason
    assert documents(index) == {"returns", "long", "shipping"}


def test_a_document_whose_file_breaks_keeps_its_former_text(pages, index):
    ingest([pages], index, None)
    (pages / "returns.md").write_text("---\nvalid_from: soon\n---\n十天。", "utf-8")
    (pages / "long.md").write_text("# 长页\n\n短了。", "utf-8")
    report = ingest([pages], index, None)
    assert len(report.broken) == 1
    assert report.removed == ()
    assert texts(index, "returns") == ["七天内可以退货。"]
    assert texts(index, "long") == ["短了。"]


def test_what_is_not_public_never_enters_and_leaves_when_it_is_hidden(pages, index):
    (pages / "staff.md").write_text("---\npublic: false\n---\n员工折扣是五折。", "utf-8")
    report = ingest([pages], index, None)
    assert report.hidden == ("staff/zh",)
    assert "员工折扣".encode() not in b"".join(p.read_bytes() for p in index.rglob("*") if p.is_file())
    (pages / "returns.md").write_text("---\npublic: false\n---\n七天。", "utf-8")
    assert ingest([pages], index, None).removed == ("returns/zh",)


@pytest.mark.parametrize("how", ["hidden", "deleted", "hidden and rebuilt", "deleted outright"])
def test_when_the_last_page_goes_the_index_becomes_empty(index, embeddings, tmp_path, how):
    folder = tmp_path / "pages"
    folder.mkdir()
    page = folder / "staff.md"
    page.write_text("员工折扣是五折。", "utf-8")
    root = page if how == "deleted outright" else folder
    ingest([root], index, embeddings)
    reader = ChromaKnowledge(index, embeddings)
    if how.startswith("hidden"):
        page.write_text("---\npublic: false\n---\n员工折扣是五折。", "utf-8")
    else:
        page.unlink()
    report = ingest([root], index, embeddings, rebuild=how.endswith("rebuilt"))
    assert (report.generation, report.passages) == ("gen-000002", 0)
    assert "员工折扣".encode() not in b"".join(p.read_bytes() for p in current(index).rglob("*") if p.is_file())
    assert not list(current(index).glob("lexical/*"))
    time.sleep(1.1)
    for knowledge in (reader, ChromaKnowledge(index, embeddings)):
        assert knowledge.search("员工折扣", language="zh", valid_on=DAY) == []
        assert knowledge.products("zh") == ()
    assert ingest([folder], index, embeddings).passages == 0
    page.write_text("# 折扣\n\n人人九折。", "utf-8")
    assert ingest([root], index, embeddings).added == ("staff/zh",)
    assert ChromaKnowledge(index, embeddings).search("折扣", language="zh", valid_on=DAY)


def test_a_path_that_is_gone_is_refused_where_the_index_knows_nothing_of_it(pages, index, tmp_path):
    ingest([pages], index, None)
    for rebuild in (False, True):
        with pytest.raises(DocumentError, match="typo does not exist"):
            ingest([tmp_path / "typo"], index, None, rebuild=rebuild)
    assert documents(index) == {"returns", "long", "shipping"}


def test_the_words_of_a_language_go_with_its_last_page(pages, index, embeddings):
    ingest([pages], index, embeddings)
    (pages / "shipping.md").unlink()
    ingest([pages], index, embeddings)
    assert [p.name for p in (current(index) / "lexical").iterdir()] == ["zh"]


def test_who_has_an_id_in_the_index_keeps_it_and_the_newcomer_is_named_with_both_files(pages, index, embeddings):
    ingest([pages], index, embeddings)
    (pages / "a-newcomer.md").write_text("---\nid: returns\n---\n十天。", "utf-8")  # first by path
    for rebuild in (False, True):
        report = ingest([pages], index, embeddings, rebuild=rebuild)
        (broken,) = report.broken
        assert broken.source == str(pages / "a-newcomer.md")
        assert f"returns/zh is already in {pages / 'returns.md'}" in broken.reason
        assert texts(index, "returns") == ["七天内可以退货。"]
    (pages / "returns.md").write_text("# 退货\n\n八天内可以退货。\n", "utf-8")
    assert ingest([pages], index, embeddings).changed == ("returns/zh",)
    (pages / "returns.md").unlink()
    assert ingest([pages], index, embeddings).broken == ()
    assert texts(index, "returns") == ["十天。"]


def test_a_broken_file_does_not_lose_its_id_to_a_newcomer(pages, index):
    ingest([pages], index, None)
    (pages / "returns.md").write_bytes(b"\xff")
    (pages / "a-newcomer.md").write_text("---\nid: returns\n---\n十天。", "utf-8")
    assert len(ingest([pages], index, None).broken) == 2
    assert texts(index, "returns") == ["七天内可以退货。"]


def test_two_rows_with_one_id_are_named_and_the_other_rows_go_in(pages, index):
    (pages / "faq.csv").write_text("id,q\n1,能退吗\n2,能换吗\n1,能修吗\n", "utf-8")
    (pages / "faq.csv.yaml").write_text('id: "faq-{id}"\ntitle: "{q}"\ntext: "{q}"\n', "utf-8")
    for _ in range(2):
        (broken,) = ingest([pages], index, None).broken
        assert (broken.source, broken.place) == (str(pages / "faq.csv"), "row 4")
        assert broken.reason.startswith(f"faq-1/zh is already in {pages / 'faq.csv'}#2")
        assert texts(index, "faq-1") == ["能退吗"]
        assert texts(index, "faq-2") == ["能换吗"]
    (pages / "faq.csv").write_text("id,q\n1,能修吗\n1,能退吗\n", "utf-8")  # the indexed row is the second now
    assert ingest([pages], index, None).removed == ("faq-2/zh",)
    assert texts(index, "faq-1") == ["能退吗"]


def test_what_is_passed_over_is_reported(pages, index):
    (pages / "prices.pptx").touch()
    (pages / "faq.csv.yaml").write_text("text: x", "utf-8")
    assert ingest([pages], index, None).skipped == (
        Skipped(str(pages / "faq.csv.yaml"), "a side file without its file"),
        Skipped(str(pages / "prices.pptx"), "of a kind that is not read"),
    )


def test_a_file_that_nobody_could_read_keeps_no_other_out(pages, index):
    (pages / "nested.md").write_text(f"---\ntags: {'[' * 5000}\n---\n正文", "utf-8")
    (pages / "half.md").write_text('---\ntitle: "\\ud800半"\n---\n正文', "utf-8")
    try:
        (pages / os.fsdecode(b"caf\xe9.md")).write_text("退货。", "utf-8")
        (pages / os.fsdecode(b"caf\xe9.pptx")).touch()
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    report = ingest([pages], index, None)
    assert documents(index) == {"returns", "long", "shipping", "half"}
    assert len(report.broken) == 2
    json.dumps([str(x) for x in (*report.broken, *report.skipped)], ensure_ascii=False).encode()


def test_the_same_key_twice_is_named_with_both_files(pages, index):
    (pages / "twice.md").write_text("---\nid: returns\n---\n十天。", "utf-8")
    (broken,) = ingest([pages], index, None).broken
    assert broken.source.endswith("twice.md")
    assert "returns/zh is already in" in broken.reason
    assert "returns.md" in broken.reason
    assert texts(index, "returns") == ["七天内可以退货。"]


def test_paths_that_are_ingested_apart_stay_side_by_side(pages, index, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "more.md").write_text("另一页。", "utf-8")
    ingest([pages], index, None)
    assert ingest([other], index, None).removed == ()
    assert documents(index) == {"returns", "long", "shipping", "more"}
    (other / "more.md").unlink()
    (other / "new.md").write_text("新的一页。", "utf-8")
    ingest([other], index, None)
    assert documents(index) == {"returns", "long", "shipping", "new"}


def test_a_key_that_another_path_holds_is_named_and_replaces_nothing(pages, index, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "returns.md").write_text("十天。", "utf-8")
    ingest([pages], index, None)
    report = ingest([other], index, None)
    assert f"returns/zh is already in {pages / 'returns.md'}" in report.broken[0].reason
    assert texts(index, "returns") == ["七天内可以退货。"]


def test_a_file_that_moves_is_the_same_document(pages, index, tmp_path):
    embeddings = HashEmbeddings()
    ingest([pages], index, embeddings)
    (pages / "policies #1").mkdir()
    moved = (pages / "returns.md").rename(pages / "policies #1" / "returns.md")
    report = ingest([pages], index, embeddings)
    assert (report.added, report.removed, report.embedded) == ((), (), 0)
    moved.write_bytes(b"\xff")
    ingest([pages], index, embeddings)
    assert texts(index, "returns") == ["七天内可以退货。"]


def test_other_embeddings_are_refused_and_a_rebuild_reads_all_earlier_roots(pages, index, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "more.md").write_text("另一页。", "utf-8")
    ingest([pages], index, None)
    ingest([other], index, None)
    with pytest.raises(
        IndexMismatch, match=r"run `shopassist ingest --rebuild`\. A rebuild embeds 8 passages, about \d+ s"
    ):
        ingest([pages], index, HashEmbeddings(64))
    with pytest.raises(IndexMismatch, match="--rebuild"):
        ChromaKnowledge(index, HashEmbeddings(64))
    report = ingest([], index, HashEmbeddings(64), rebuild=True)
    with pytest.raises(IndexMismatch, match="--rebuild"):
        ChromaKnowledge(index, HashEmbeddings(32))
    assert report.embedded == report.passages == 8
    assert (
        ChromaKnowledge(index, HashEmbeddings(64)).search("另一页", language="zh", valid_on=DAY)[0].document == "more"
    )


def test_a_second_ingestion_at_the_same_time_is_told_who_is_at_work(pages, index):
    begun, go_on = threading.Event(), threading.Event()

    class Slow(HashEmbeddings):
        def embed_documents(self, texts):
            begun.set()
            go_on.wait(20)
            return super().embed_documents(texts)

    first = threading.Thread(target=ingest, args=([pages], index, Slow()))
    first.start()
    assert begun.wait(20)
    try:
        with pytest.raises(IndexBusy, match=f"process {os.getpid()} "):
            ingest([pages], index, HashEmbeddings())
    finally:
        go_on.set()
        first.join()
    assert ingest([pages], index, HashEmbeddings()).unchanged == 3


def test_three_generations_are_kept(pages, index):
    for n in range(5):
        (pages / "returns.md").write_text(f"{n} 天内可以退。", "utf-8")
        ingest([pages], index, None)
    assert generations(index) == ["gen-000003", "gen-000004", "gen-000005"]
    assert current(index).name == "gen-000005"


WORK = """
import sys; from pathlib import Path
from shopassist.knowledge.ingest import ingest
from shopassist.testing import HashEmbeddings
print("ready", flush=True)
ingest([Path(sys.argv[1])], Path(sys.argv[2]), HashEmbeddings())
"""


def test_a_killed_ingestion_leaves_the_former_generation_and_the_next_one_cleans_up(pages, index):
    ingest([pages], index, HashEmbeddings())
    for n, delay in enumerate([0.0, 0.1, 0.2, 0.35, 0.6, 0.9]):
        (pages / "returns.md").write_text(f"# 退货\n\n第 {n} 版：可以退货。", "utf-8")
        before = current(index).name
        child = subprocess.Popen([sys.executable, "-c", WORK, str(pages), str(index)], stdout=subprocess.PIPE)
        with child:
            assert child.stdout.readline() == b"ready\n"
            time.sleep(delay)
            child.send_signal(signal.SIGKILL)
        after = current(index).name
        assert after >= before
        found = ChromaKnowledge(index, HashEmbeddings()).search("退货", language="zh", valid_on=DAY)
        assert found[0].document == "returns"
        if after == before:
            assert f"第 {n} 版" not in found[0].text
    (pages / "returns.md").write_text("# 退货\n\n最后一版。", "utf-8")
    ingest([pages], index, HashEmbeddings(), wait=20)
    assert texts(index, "returns") == ["最后一版。"]
    assert not list(index.glob("*.part"))
    assert len(generations(index)) <= 3


NO_REBUILD = r"^(?!.*--rebuild)"


def test_of_a_disk_that_may_not_be_read_the_reason_is_named_and_no_rebuild_advised(tmp_path):
    for code in (errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EMFILE, errno.EIO):
        error = unreadable(tmp_path, OSError(code, os.strerror(code)))
        assert not isinstance(error, IndexDamaged)
        assert os.strerror(code) in str(error)
        assert "--rebuild" not in str(error)


def test_vectors_on_a_full_disk_are_not_called_damaged(pages, small_disk):
    index = small_disk / "index"
    ingest([pages], index, HashEmbeddings())
    (small_disk / "filler").write_bytes(b"x" * shutil.disk_usage(small_disk).free)
    with pytest.raises(KnowledgeError, match=NO_REBUILD + r".*the disk is full"):
        ChromaKnowledge(index, HashEmbeddings())


def test_vectors_on_a_read_only_disk_are_not_called_damaged(pages, small_disk):
    index = small_disk / "index"
    ingest([pages], index, HashEmbeddings())
    if subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], capture_output=True).returncode:
        pytest.skip("this user may not mount a file system read-only")
    with pytest.raises(KnowledgeError, match=NO_REBUILD + r".*read-only"):
        ChromaKnowledge(index, HashEmbeddings())


@pytest.fixture
def small_disk(tmp_path):
    """A file system of a few MiB, where this user may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() or not shutil.which("mount"):
        pytest.skip("a small disk needs root and mount")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_named_and_the_former_generation_stays(pages, small_disk):
    index = small_disk / "index"
    ingest([pages], index, None)
    rest = shutil.disk_usage(small_disk).free
    (small_disk / "filler").write_bytes(b"x" * max(0, rest - 16_384))
    (pages / "big.md").write_text("# 大\n\n" + "很长的一页。" * 20_000, "utf-8")
    with pytest.raises(KnowledgeError, match="the disk is full; the former one stays"):
        ingest([pages], index, None)
    assert documents(index) == {"returns", "long", "shipping"}
    assert not list(index.glob("*.part"))


def test_a_disk_too_small_for_vectors_is_named(pages, small_disk):
    (pages / "big.md").write_text("# 大\n\n" + "很长的一页。" * 20_000, "utf-8")
    with pytest.raises(KnowledgeError, match="disk is full"):
        ingest([pages], small_disk / "index", HashEmbeddings())


def test_a_disk_that_cannot_be_written_is_named(pages, small_disk):
    index = small_disk / "index"
    ingest([pages], index, None)
    if subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], capture_output=True).returncode:
        pytest.skip("this user may not mount a file system read-only")
    (pages / "returns.md").write_text("十天。", "utf-8")
    with pytest.raises(KnowledgeError, match="cannot be written"):
        ingest([pages], index, None)
    assert ChromaKnowledge(index, None).search("退货", language="zh", valid_on=DAY)


def test_a_folder_under_a_file_cannot_be_written(pages):
    with pytest.raises(KnowledgeError, match="cannot be written"):
        ingest([pages], pages / "returns.md" / "index", None)
    with pytest.raises(KnowledgeError, match="a part of the path is a file"):
        ChromaKnowledge(pages / "returns.md" / "index", None)


def cut_in_a_line(generation):
    path = generation / "passages.jsonl"
    path.write_bytes(path.read_bytes()[:-20])


def cut_between_lines(generation):
    path = generation / "passages.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def no_vectors(generation):
    shutil.rmtree(generation / "chroma")


def no_words(generation):
    shutil.rmtree(generation / "lexical")


def bad_meta(generation):
    (generation / "meta.json").write_text("{")


def foreign_meta(generation):
    (generation / "meta.json").write_text("[]")


def endless_meta(generation):
    (generation / "meta.json").write_text("[" * 100_000)


def poor_meta(generation):
    meta = json.loads((generation / "meta.json").read_text("utf-8"))
    meta["documents"] = {key: {} for key in meta["documents"]}
    (generation / "meta.json").write_text(json.dumps(meta))


def foreign_passages(generation):
    (generation / "passages.jsonl").write_text("[]\n" * 7)


def binary_current(generation):
    (generation.parent / "CURRENT").write_bytes(b"\xff\x00\xfe")


def strange_current(generation):
    (generation.parent / "CURRENT").write_text("../pages\n")


SHAPES = [bad_meta, foreign_meta, endless_meta, poor_meta, foreign_passages, binary_current, strange_current]


@pytest.mark.parametrize("damage", [cut_in_a_line, cut_between_lines, no_vectors, no_words, *SHAPES])
def test_a_damaged_generation_is_named_with_the_way_out(pages, index, damage):
    embeddings = HashEmbeddings() if damage is no_vectors else None
    ingest([pages], index, embeddings)
    damage(current(index))
    with pytest.raises(IndexDamaged, match=r"run `shopassist ingest --rebuild`"):
        ChromaKnowledge(index, embeddings)


@pytest.mark.parametrize("damage", [cut_in_a_line, cut_between_lines, *SHAPES])
def test_nothing_is_built_on_a_damaged_generation_and_a_rebuild_mends_it(pages, index, damage):
    ingest([pages], index, None)
    damage(current(index))
    (pages / "returns.md").write_text("十天。", "utf-8")
    with pytest.raises(IndexDamaged, match=r"run `shopassist ingest --rebuild`"):
        ingest([pages], index, None)
    ingest([pages], index, None, rebuild=True)
    assert documents(index) == {"returns", "long", "shipping"}
    assert texts(index, "returns") == ["十天。"]


@pytest.mark.parametrize("damage", [cut_in_a_line, *SHAPES])
def test_a_rebuild_without_a_path_finds_the_paths_in_what_can_still_be_read(pages, index, damage):
    ingest([pages], index, None)
    (pages / "returns.md").write_text("# 退货\n\n十天。", "utf-8")
    ingest([pages], index, None)
    damage(current(index))
    ingest([], index, None, rebuild=True)
    assert documents(index) == {"returns", "long", "shipping"}
    assert ChromaKnowledge(index, None).search("退货", language="zh", valid_on=DAY)


def test_a_rebuild_that_finds_no_path_says_that_one_must_be_named(pages, index):
    ingest([pages], index, None)
    bad_meta(current(index))
    with pytest.raises(KnowledgeError, match=r"run `shopassist ingest --rebuild PATH`"):
        ingest([], index, None, rebuild=True)
    ingest([pages], index, None, rebuild=True)
    shutil.rmtree(pages)
    with pytest.raises(KnowledgeError, match=r"none of the paths .* is there any more \(.*pages\)"):
        ingest([], index, None, rebuild=True)
    assert documents(index) == {"returns", "long", "shipping"}


def test_without_vectors_nothing_is_built_on_either(pages, index):
    ingest([pages], index, HashEmbeddings())
    shutil.rmtree(current(index) / "vectors")
    (pages / "returns.md").write_text("十天。", "utf-8")
    with pytest.raises(IndexDamaged, match=r"run `shopassist ingest --rebuild`"):
        ingest([pages], index, HashEmbeddings())
    assert current(index).name == "gen-000001"


def test_a_lost_chroma_is_made_again_from_the_vectors(pages, index):
    ingest([pages], index, HashEmbeddings())
    shutil.rmtree(current(index) / "chroma")
    (pages / "returns.md").write_text("# 退货\n\n十天。", "utf-8")
    assert ingest([pages], index, HashEmbeddings()).embedded == 1
    assert ChromaKnowledge(index, HashEmbeddings()).search("退货", language="zh", valid_on=DAY)[0].text == "十天。"


def test_embeddings_that_fail_are_not_called_a_damaged_index(pages, index):
    class Away(HashEmbeddings):
        def embed_documents(self, texts):
            raise ConnectionError("refused")

    with pytest.raises(KnowledgeError, match=r"the embeddings failed .*refused") as caught:
        ingest([pages], index, Away())
    assert not isinstance(caught.value, IndexDamaged)

    class AwayLater(HashEmbeddings):
        def embed_documents(self, texts):
            if self.embedded:
                raise ConnectionError("refused")
            return super().embed_documents(texts)

    with pytest.raises(KnowledgeError, match=r"the embeddings failed .*refused") as caught:
        ingest([pages], index, AwayLater())  # at the questions that measure its noise
    assert not isinstance(caught.value, IndexDamaged)


def test_without_an_index_the_command_that_makes_one_is_named(index, tmp_path):
    with pytest.raises(IndexMissing, match="shopassist ingest PATH"):
        ChromaKnowledge(index, None)
    with pytest.raises(DocumentError, match="does not exist"):
        ingest([tmp_path / "gone"], index, None)


def test_pages_that_hold_nothing_public_make_no_index(index, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(KnowledgeError, match="no public document under"):
        ingest([tmp_path / "empty"], index, None)
