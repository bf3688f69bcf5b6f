"""`shopassist ingest` as an editor and a server run it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from test_cli import PAGES, run


@pytest.fixture
def shop(tmp_path):
    """A shop's folder with two pages and settings that need no model."""
    (tmp_path / "pages").mkdir()
    for name, text in PAGES.items():
        (tmp_path / "pages" / name).write_text(text, "utf-8")
    (tmp_path / "shopassist.toml").write_text('model = "none"\nembeddings = "none"\n', "utf-8")
    return tmp_path


def tree(folder):
    return {p: p.stat().st_mtime_ns for p in folder.rglob("*") if "pages" not in p.parts}


def test_a_dry_run_tells_what_would_change_and_writes_nothing(shop):
    before = tree(shop)
    done = run(shop, "ingest", "pages", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("would be: 2 added, 0 changed, 0 removed")
    assert "2 passages, 0 embedded; nothing was written" in done.stdout
    assert "  added: hours/zh\n" in done.stdout
    assert tree(shop) == before
    run(shop, "ingest", "pages")
    before = tree(shop)
    (shop / "pages" / "hours.md").unlink()
    (shop / "pages" / "new.md").write_text("新的一页。", "utf-8")
    report = json.loads(run(shop, "ingest", "pages", "--dry-run", "--json").stdout)
    assert (report["added"], report["removed"], report["dry_run"]) == (["new/zh"], ["hours/zh"], True)
    assert tree(shop) == before


def test_the_report_as_json_has_names_places_and_reasons(shop):
    (shop / "pages" / "faq.csv").write_text("id,q\n1,能退吗\n2,\n", "utf-8")
    (shop / "pages" / "faq.csv.yaml").write_text('id: "f{id}"\ntext: "{q}"\n', "utf-8")
    (shop / "pages" / "a.jpg").touch()
    done = run(shop, "ingest", "pages", "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["broken"] == [{"source": "pages/faq.csv", "place": "row 3", "reason": "has no text"}]
    assert report["skipped"] == [{"source": "pages/a.jpg", "reason": "of a kind that is not read"}]


def test_keep_going_ends_well_though_something_broke(shop):
    (shop / "pages" / "bad.pdf").write_bytes(b"no such thing")
    done = run(shop, "ingest", "pages", "--keep-going")
    assert done.returncode == 0
    assert "broken: pages/bad.pdf: is damaged" in done.stderr
    assert "2 added" in done.stdout


def test_a_rebuild_that_would_lose_a_page_is_refused_unless_one_keeps_going(shop):
    run(shop, "ingest", "pages")
    (shop / "pages" / "hours.md").write_text("---\nvalid_to: soon\n---\n九点到九点。", "utf-8")
    refused = run(shop, "ingest", "--rebuild")
    assert refused.returncode == 1
    assert "1 document cannot be read again" in refused.stderr
    assert "valid_to must be a date" in refused.stderr
    assert "9:00" in run(shop, "search", "人工客服时间").stdout
    assert "1 added" in run(shop, "ingest", "--rebuild", "--keep-going").stdout


def test_what_does_not_go_together_is_refused(shop):
    for options in (["--watch"], ["pages", "--watch", "--dry-run"]):
        assert run(shop, "ingest", *options).returncode == 2


class Watching:
    """A running `ingest --watch`, and the reports it has printed."""

    def __init__(self, shop, *options):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("SHOPASSIST_")}
        self.errors = shop / "errors.txt"
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "shopassist.cli", "ingest", "pages", "--watch", "--json", *options],
            cwd=shop, env={**clean, "SHOPASSIST_CLOCK": "2024-12-05T10:00:00+08:00"},
            stdout=subprocess.PIPE, stderr=self.errors.open("w"), text=True,
        )  # fmt: skip

    def report(self):
        guard = threading.Timer(180, self.process.kill)  # a report that does not come fails, and holds nobody up
        guard.start()
        line = self.process.stdout.readline()
        guard.cancel()
        assert line, self.errors.read_text()
        return json.loads(line)

    def stop(self, how):
        self.process.send_signal(how)
        _, _ = self.process.communicate(timeout=60)
        return self.process.returncode, self.errors.read_text()


@pytest.fixture
def watching(shop):
    begun = []

    def start(*options):
        begun.append(Watching(shop, *options))
        return begun[-1]

    yield start
    for one in begun:
        one.process.kill()
        one.process.wait()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_watching_process_reads_what_changes_survives_what_breaks_and_ends_well(shop, watching, how):
    one = watching()
    assert len(one.report()["added"]) == 2
    (shop / "pages" / "new.md").write_text("新的一页。", "utf-8")
    assert one.report()["added"] == ["new/zh"]
    (shop / "pages" / "new.md").write_text("---\nvalid_to: soon\n---\n坏了。", "utf-8")
    report = one.report()
    assert (len(report["broken"]), report["removed"]) == (1, [])
    other = shop / "pages" / "new.md.tmp~"  # as editors save: another file in its place
    other.write_text("改好的一页。", "utf-8")
    other.replace(shop / "pages" / "new.md")
    assert one.report()["changed"] == ["new/zh"]
    (shop / "pages" / "hours.md").unlink()
    assert one.report()["removed"] == ["hours/zh"]
    code, errors = one.stop(how)
    assert code == 0
    assert "Stopped." in errors
    assert "Traceback" not in errors
    assert "改好的一页" in run(shop, "search", "改好的一页").stdout


def test_a_watching_process_waits_for_another_ingestion(shop, watching):
    from filelock import FileLock

    run(shop, "ingest", "pages")
    (shop / "pages" / "new.md").write_text("新的一页。", "utf-8")
    with FileLock(shop / ".shopassist" / "knowledge" / "ingest.lock"):
        one = watching()
        time.sleep(3)
        assert one.process.poll() is None
    assert one.report()["added"] == ["new/zh"]


def test_what_no_look_can_see_is_read_now_and_then(shop, watching):
    page = shop / "pages" / "hours.md"
    before = page.stat()
    one = watching("--every", "0.2")
    one.report()
    with page.open("r+", encoding="utf-8") as file:  # as long as before, and with the same time
        text = file.read().replace("9:00", "8:00")
        file.seek(0)
        file.write(text)
    os.utime(page, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert one.report()["changed"] == ["hours/zh"]


def test_progress_is_told_where_there_is_no_terminal(capsys, monkeypatch):
    from rich.console import Console

    from shopassist.cli import ingest

    now = iter(range(0, 1000, 6))
    monkeypatch.setattr(ingest.time, "monotonic", lambda: float(next(now)))
    with ingest.Drawn(Console(stderr=True, force_terminal=False)) as drawn:
        for done in (0, 600, 1200, 1800):
            drawn.step("vectors", done, 6000)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "computing vectors: 600 of 6000, 100.0/s, 54 s left",
        "computing vectors: 1800 of 6000, 100.0/s, 42 s left",
    ]


def test_a_change_during_the_first_ingestion_is_seen(tmp_path, monkeypatch):
    from shopassist.knowledge import watch

    monkeypatch.setattr(watch, "PAUSE", 0.01)
    (tmp_path / "a.md").write_text("一。", "utf-8")
    changed = watch.changes([tmp_path], 3600)
    (tmp_path / "b.md").write_text("二。", "utf-8")  # while the first ingestion reads
    assert next(changed) == [tmp_path]
