"""Files that are too much, lie or lead elsewhere: each is a clear line, and the rest goes in."""

import os
import signal
import threading
import time
import zipfile
import zlib

import docx
import openpyxl
import pytest
from papers import pdf

from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.inventory import gone, inventory
from shopassist.knowledge.sources import Limits
from shopassist.knowledge.sources.parser import Parser

MEGA = 1_000_000


@pytest.fixture
def pages(tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "good.md").write_text("# 退货\n\n七天内可以退货。\n", "utf-8")
    return folder


def told(pages, tmp_path, **limits):
    """The one broken line of an ingestion in which the good page went in."""
    report = ingest([pages], tmp_path / "index", None, limits=Limits(**limits))
    assert report.added == ("good/zh",)
    (broken,) = report.broken
    return str(broken).removeprefix(f"{pages}/")


def test_a_html_file_of_200_mb_is_refused_unread(pages, tmp_path):
    with (pages / "big.html").open("wb") as file:
        file.truncate(200 * MEGA)
    assert told(pages, tmp_path) == ("big.html: has 200.0 MB, more than the 50 MB that the setting max_file_mb allows")


def test_a_side_file_that_is_too_large_is_told(pages, tmp_path):
    (pages / "a.md").write_text("一。", "utf-8")
    (pages / "a.md.yaml").write_text("title: " + "x" * 20_000, "utf-8")
    assert told(pages, tmp_path, megabytes=0.01).startswith("a.md: side file a.md.yaml: has 0.0 MB")


def bomb(path, inner, size):
    """A zip of one file of so many zeros."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(inner, "w", force_zip64=True) as file,
    ):
        for _ in range(size // MEGA):
            file.write(b"\0" * MEGA)
    return path


@pytest.mark.parametrize(("name", "inner"), [("a.docx", "word/document.xml"), ("a.xlsx", "xl/worksheets/sheet1.xml")])
def test_a_zip_bomb_is_told_by_what_it_declares(pages, tmp_path, name, inner):
    bomb(pages / name, inner, 60 * MEGA)
    assert (pages / name).stat().st_size < MEGA
    assert (
        told(pages, tmp_path, megabytes=5)
        == f"{name}: unpacks to 60 MB or more; 50 MB are allowed (setting max_file_mb)"
    )


def test_a_zip_bomb_that_lies_about_its_size_is_told(pages, tmp_path):
    path = bomb(pages / "a.docx", "word/document.xml", 60 * MEGA)
    data = path.read_bytes()
    path.write_bytes(
        data.replace((60 * MEGA).to_bytes(8, "little"), (1000).to_bytes(8, "little")).replace(
            (60 * MEGA).to_bytes(4, "little"), (1000).to_bytes(4, "little")
        )
    )
    assert sum(m.file_size for m in zipfile.ZipFile(path).infolist()) == 1000
    assert told(pages, tmp_path, megabytes=5).startswith("a.docx: is damaged")


def test_entities_that_grow_are_not_expanded(pages, tmp_path):
    docx.Document().save(pages / "a.docx")
    grown = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 20}">' for n in range(1, 9))
    body = (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "x">{grown}]><w:document '
        'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>&e8;</w:t></w:r></w:p></w:body></w:document>'
    )
    with zipfile.ZipFile(pages / "a.docx") as old:
        parts = {name: old.read(name) for name in old.namelist()} | {"word/document.xml": body.encode()}
    with zipfile.ZipFile(pages / "a.docx", "w") as new:
        for name, data in parts.items():
            new.writestr(name, data)
    began = time.monotonic()
    assert told(pages, tmp_path).startswith("a.docx: ")
    assert time.monotonic() - began < 50


def test_a_pdf_that_unpacks_without_end_is_told(pages, tmp_path):
    """A content stream of a few kB that unpacks to 200 MB of operators."""
    path = pdf(pages / "a.pdf", "x")
    packed = zlib.compress(b"BT (x) Tj ET " * 16_000_000, 9)
    head, _, rest = path.read_bytes().partition(b"<< /Length ")
    stream = b"<< /Filter /FlateDecode /Length %d >>\nstream\n" % len(packed) + packed + b"\nendstream"
    path.write_bytes(head + stream + rest[rest.index(b"endstream") + 9 :])
    assert told(pages, tmp_path, seconds=30).startswith("a.pdf: is damaged, of another kind")


def test_a_parser_that_is_killed_or_hangs_is_started_anew(tmp_path):
    with Parser(Limits(seconds=30)) as parser:
        assert parser.parse("html", text="<p>一</p>")["text"] == "一"
        child = parser._process
        os.kill(child.pid, signal.SIGSTOP)  # hangs
        parser.limits = Limits(seconds=1)
        with pytest.raises(ValueError, match=r"cannot be read within 1 s \(setting max_file_seconds\)"):
            parser.parse("html", text="<p>二</p>")
        assert child.poll() is not None
        parser.limits = Limits(seconds=30)
        assert parser.parse("html", text="<p>三</p>")["text"] == "三"
        os.kill(parser._process.pid, signal.SIGSTOP)
        threading.Timer(1, parser._process.kill).start()
        with pytest.raises(ValueError, match="ended the process"):
            parser.parse("html", text="<p>四</p>")
        assert parser.parse("html", text="<p>五</p>")["text"] == "五"
        last = parser._process
    assert last.poll() is not None


def test_a_file_that_wants_all_memory_ends_only_its_parser(pages, tmp_path):
    book = openpyxl.Workbook()
    book.active["XFD1048576"] = "far away"  # a table of 17 thousand million cells
    book.save(pages / "a.xlsx")
    (pages / "a.xlsx.yaml").write_text('text: "{x}"', "utf-8")
    (pages / "b.html").write_text("<p>还在。</p>", "utf-8")
    report = ingest([pages], tmp_path / "index", None, limits=Limits(seconds=120))
    assert set(report.added) == {"good/zh", "b/zh"}
    assert str(report.broken[0]).startswith(f"{pages}/a.xlsx: ")


@pytest.mark.parametrize("page", ["<div>" * 50_000 + "x", "<!--" * 20_000, "<a " * 20_000, "&#" * 50_000])
def test_html_that_was_made_to_hurt_ends(pages, tmp_path, page):
    (pages / "b.html").write_text(f"<p>还在。</p>{page}", "utf-8")
    report = ingest([pages], tmp_path / "index", None, limits=Limits(seconds=5))
    assert "good/zh" in report.added
    assert len(report.broken) + ("b/zh" in report.added) == 1


def test_links_out_of_the_folder_are_not_followed_and_told(pages, tmp_path):
    secret = tmp_path / "secret.md"
    secret.write_text("员工折扣是五折。", "utf-8")
    (pages / "out.md").symlink_to(secret)
    (pages / "etc").symlink_to(tmp_path)
    (pages / "nowhere.md").symlink_to(tmp_path / "gone.md")
    (pages / "circle.md").symlink_to(pages / "circle.md")
    (pages / "alias.md").symlink_to(pages / "good.md")
    (pages / "sided.md").write_text("一页。", "utf-8")
    (pages / "sided.md.yaml").symlink_to(secret)
    report = ingest([pages], tmp_path / "index", None)
    assert {s.source.rpartition("/")[2]: s.reason.partition(";")[0] for s in report.skipped} == {
        "circle.md": "a link that leads nowhere", "etc": "a link out of the folder",
        "nowhere.md": "a link that leads nowhere", "out.md": "a link out of the folder",
        "sided.md.yaml": "a link out of the folder",
    }  # fmt: skip
    assert any("sided.md.yaml is a link out of the folder" in b.reason for b in report.broken)
    assert "员工折扣".encode() not in b"".join(p.read_bytes() for p in (tmp_path / "index").rglob("*") if p.is_file())


@pytest.mark.parametrize(("mode", "told"), [(0o700, "{}: the folder cannot be read"), (0o744, "{}/a.md")])
def test_a_folder_that_may_not_be_looked_into_loses_nothing(pages, tmp_path, mode, told):
    inner = pages / "inner"
    inner.mkdir()
    (inner / "a.md").write_text("里面的一页。", "utf-8")
    ingest([pages], tmp_path / "index", None)
    (pages / "good.md").unlink()
    if os.geteuid():
        pytest.skip("only root can become somebody who may not look")
    for parent in (pages, *pages.parents):
        if not parent.stat().st_mode & 0o001:  # pytest keeps its folders to itself
            parent.chmod(parent.stat().st_mode | 0o055)
    inner.chmod(mode)
    os.seteuid(65534)
    try:
        found = inventory([pages], lambda *_: None)
    finally:
        os.seteuid(0)
    assert [str(b) for b in found.broken] == [f"{told.format(inner)}: Permission denied"]
    assert not gone(str(inner / "a.md"), [pages], found.unread)
    assert gone(str(pages / "good.md"), [pages], found.unread)


def test_a_pipe_that_is_named_like_a_page_does_not_hold_us_up(pages, tmp_path):
    os.mkfifo(pages / "a.md")
    report = ingest([pages], tmp_path / "index", None)
    assert [str(s) for s in report.skipped] == [f"{pages}/a.md: no file"]
    with pytest.raises(Exception, match="is no file and no folder"):
        ingest([pages / "a.md"], tmp_path / "index", None)
