"""The commands for those who write the pages: lint, ask-gaps, report, search --explain."""

import json

import pytest
import yaml
from rich.cells import cell_len
from typer.testing import CliRunner

from shopassist import Customer
from shopassist.cli.main import app
from shopassist.testing import MemoryShop

ME = Customer("u-1001")
GOOD = "# 退货\n\n衣服收到后 7 天内可以退货，吊牌不能剪。\n"
WRONG = "# 换季\n\n衣服收到后 15 天内可以退货，吊牌要在。\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("SHOPASSIST_CLOCK", "2024-12-05T10:00:00+08:00")
    monkeypatch.setenv("SHOPASSIST_EMBEDDINGS", "none")
    return lambda *arguments: CliRunner().invoke(app, [*map(str, arguments)])


@pytest.fixture
def pages(tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "returns.md").write_text(GOOD, "utf-8")
    (folder / "old.md").write_text(
        "---\nvalid_to: 2024-11-30\n---\n# 换季活动\n\n换季的衣服打包寄出，送收纳袋。\n", "utf-8"
    )
    return folder


@pytest.fixture
def talks(run, pages, assistant, settings):
    """An index, and conversations of which three found nothing."""
    assert (done := run("ingest", "pages")).exit_code == 0, done.output
    made = assistant(name=".shopassist/conversations.db", shop=MemoryShop.sample(settings.now))
    for n, text in enumerate(("你们有实体店吗", "实体店在哪里", "实体店在哪里啊", "退货运费谁出")):
        made.reply(text, conversation=f"conv-{n}", customer=ME)


def test_warnings_leave_the_exit_code_0_and_an_error_makes_it_1(run, pages):
    done = run("knowledge", "lint", "pages")
    assert done.exit_code == 0, done.output
    assert "expired" in done.stdout
    (pages / "season.md").write_text(WRONG, "utf-8")
    done = run("knowledge", "lint", "pages")
    assert done.exit_code == 1
    for shown in ("contradiction", "7 天 (returns) against 15 天 (season)", "pages/season.md:3", "→ Correct the page"):
        assert shown in done.stdout
    assert all(cell_len(line) <= 100 for line in done.stdout.splitlines())


def test_lint_gives_all_as_json(run, pages):
    (pages / "season.md").write_text(WRONG, "utf-8")
    done = run("knowledge", "lint", "pages", "--json")
    assert done.exit_code == 1
    first = json.loads(done.stdout)[0]
    assert (first["kind"], first["severity"]) == ("contradiction", "error")
    assert {(p["source"], p["line"]) for p in first["places"]} == {("pages/returns.md", 3), ("pages/season.md", 3)}
    assert "15 天" in "".join(p["quote"] for p in first["places"])
    assert json.loads(run("knowledge", "lint", "pages", "--kind", "expired", "--json").stdout)[0]["kind"] == "expired"


def test_lint_of_what_was_ingested_needs_no_path_and_asks_the_known_questions(run, pages):
    assert "there is no index" in run("knowledge", "lint").stderr
    assert (done := run("ingest", "pages")).exit_code == 0, done.output
    assert "expired" in run("knowledge", "lint").stdout
    (pages / "probes.yaml").write_text(
        "- {question: 衣服怎么退, document: returns}\n- {question: 有实体店吗, document: old}\n", "utf-8"
    )
    done = run("knowledge", "lint", "--kind", "probe")
    assert done.exit_code == 1
    assert "有实体店吗" in done.stdout
    assert "衣服怎么退" not in done.stdout


def test_the_day_can_be_another(run, pages):
    assert "expired" not in run("knowledge", "lint", "pages", "--on", "2024-11-01").stdout


def test_gaps_are_listed_without_what_is_personal(run, talks):
    done = run("knowledge", "ask-gaps")
    assert done.exit_code == 0, done.output
    assert "实体店" in done.stdout
    assert "no answer 3" in done.stdout
    assert "of 4 questions found nothing good" in done.stderr
    assert all(cell_len(line) <= 100 for line in done.stdout.splitlines())
    assert not any(secret in done.stdout for secret in ("u-1001", "conv-"))
    assert json.loads(run("knowledge", "ask-gaps", "--json", "--since", "2999-01-01").stdout) == []
    assert json.loads(run("knowledge", "ask-gaps", "--json").stdout)[0]["count"] == 3


def test_gaps_become_pages_to_fill_in_that_nobody_is_shown_before(run, talks, tmp_path):
    skeletons = yaml.safe_load(run("knowledge", "ask-gaps", "--yaml").stdout)
    assert skeletons[0]["page"]["public"] is False
    assert skeletons[0]["asked"] == 3
    done = run("knowledge", "ask-gaps", "--drafts", "pages/drafts")
    assert done.exit_code == 0, done.output
    file = next((tmp_path / "pages" / "drafts").iterdir())
    assert "public: false" in file.read_text("utf-8")
    report = json.loads(run("ingest", "pages", "--json").stdout)
    assert len(report["hidden"]) == len(skeletons)
    file.write_text("---\nlanguage: zh\n---\n# 你们有实体店吗，实体店在哪里\n\n没有实体店，只在网上卖。\n", "utf-8")
    assert (done := run("ingest", "pages")).exit_code == 0, done.output
    assert "already" in run("knowledge", "ask-gaps", "--drafts", "pages/drafts", "--answered").stderr
    assert "没有实体店" in file.read_text("utf-8")
    assert "实体店" not in run("knowledge", "ask-gaps").stdout
    assert "by now" in run("knowledge", "ask-gaps", "--answered").stdout


def test_without_conversations_ask_gaps_says_so(run, pages):
    run("ingest", "pages")
    done = run("knowledge", "ask-gaps")
    assert done.exit_code == 1
    assert "there are no conversations" in done.stderr


def test_the_report_is_written_and_no_file_is_lost(run, talks, tmp_path):
    done = run("knowledge", "report")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "knowledge-report.html").read_text("utf-8")
    for shown in ("换季活动", "实体店", "Map of the passages", "expired"):
        assert shown in text
    again = run("knowledge", "report")
    assert again.exit_code == 1
    assert "--force" in again.stderr
    assert run("knowledge", "report", "--force").exit_code == 0


def test_the_report_needs_no_index_and_no_conversations(run, pages, tmp_path):
    done = run("knowledge", "report", "pages", "-o", "r.html")
    assert done.exit_code == 0, done.output
    assert "Without gaps and map: there is no index" in done.stderr
    assert (done := run("ingest", "pages")).exit_code == 0, done.output
    done = run("knowledge", "report", "-o", "r2.html")
    assert "Without gaps: there are no conversations" in done.stderr
    assert 'id="chart"' in (tmp_path / "r2.html").read_text("utf-8")


def test_a_search_explains_itself(run, pages):
    run("ingest", "pages")
    done = run("search", "换季活动送收纳袋吗，有实体店吗", "--explain")
    assert done.exit_code == 0, done.output
    for shown in (
        "words alone",
        "of 2 passages hold on 2024-12-05",
        "ended on 2024-11-30",
        "lacks",
        "not answered from",
    ):
        assert shown in done.stdout
    assert all(cell_len(line) <= 100 for line in done.stdout.splitlines())


def test_what_is_said_in_another_word_is_not_missing(run, pages):
    (pages / "postage.md").write_text("# 运费\n\n退货的运费由买家承担，请先联系客服。\n", "utf-8")
    run("ingest", "pages")
    found = json.loads(run("search", "退货的邮费和刻字", "--explain", "--json").stdout)["found"]
    [postage] = [f["missing"] for f in found if f["passage"]["document"] == "postage"]
    assert postage == ["刻字"]


def test_the_explanation_is_given_as_json(run, pages):
    run("ingest", "pages")
    why = json.loads(run("search", "衣服几天能退，有实体店吗", "--explain", "--json").stdout)
    [first] = why["found"]
    assert "实体店" in first["missing"]
    assert first["answers"] == (first["passage"]["relevance"] >= why["relevance_needed"])
    assert sum(first["parts"].values()) == pytest.approx(first["passage"]["score"], abs=0.01)
    assert json.loads(run("search", "换季活动", "--explain", "--json").stdout)["superseded"][0]["reason"] == "ended"
