"""The report on pages: one file that asks for nothing and runs nothing of others, and a map that is the same each time."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from datetime import date, datetime
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest

from shopassist.evaluation.pages import chart as charts
from shopassist.evaluation.pages.chart import chart
from shopassist.evaluation.pages.projection import nearest, on_a_plane
from shopassist.evaluation.pages.report import Report, page
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.lint import lint
from shopassist.knowledge.lint.material import from_paths
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.learning.gaps import Gap, Gaps, Nearest
from shopassist.testing import HashEmbeddings

EVIL = "</script><script>document.body.dataset.owned='yes'</script><img src=x onerror=alert(1)>\"'&\u2028"
DAY = date(2024, 12, 5)
MADE = datetime(2024, 12, 5, 10, 0)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def gap(question, count=3, closed=False, language="zh"):
    near = Nearest("returns", EVIL, 0.95 if closed else 0.3, closed)
    return Gap(question, language, count, {"nothing": count}, (EVIL,), {DAY: count}, near)


@pytest.fixture(scope="module")
def evil(tmp_path_factory):
    """A report on pages that try to run a script: by their titles, headings, texts, tags, ids, urls and file names."""
    folder = tmp_path_factory.mktemp("evil")
    meta = {"title": EVIL, "url": "javascript:alert(1)", "tags": [EVIL], "id": f"x{EVIL}", "valid_to": "2024-12-20"}
    front = "\n".join(f"{k}: {json.dumps(v)}" for k, v in meta.items())
    (folder / "a.md").write_text(
        f"---\n{front}\n---\n# {EVIL}\n\n## {EVIL}\n\n签收后 7 天内可以退货{EVIL}。\n\n## 空\n", "utf-8"
    )
    (folder / "b<b>.md").write_text(f"---\n{EVIL[:8]}: 1\n---\n正文。", "utf-8")
    ingest([folder], folder / "index", None, today=DAY)
    knowledge = ChromaKnowledge(folder / "index", None)
    gaps = Gaps((gap(EVIL), gap("有实体店吗", closed=True)), 4, 9, 0)
    material = from_paths([folder / "a.md", folder / "b<b>.md"], DAY, lambda *told: None)
    findings = lint(material, lambda *told: None)
    return page(Report(EVIL, MADE, material, findings, gaps, chart(knowledge.generation, gaps.gaps, None)))


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found, self.scripts, self._inside = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self._inside = tag == "script"

    def handle_data(self, data):
        if self._inside:
            self.scripts.append(data)

    def handle_endtag(self, tag):
        self._inside = False


def test_nothing_that_a_page_says_becomes_markup(evil):
    elements = Elements(evil).found
    assert [t for t, _ in elements if t == "script"] == ["script", "script"]
    assert not [t for t, _ in elements if t in ("img", "iframe", "object", "link", "base", "form", "b>")]
    assert not [a for _, attrs in elements for a in attrs if a.startswith("on") or a == "style"]
    assert not [
        v for _, attrs in elements for v in (attrs.get("href"), attrs.get("src")) if v and not v.startswith("#")
    ]


def test_the_file_asks_the_network_for_nothing(evil):
    assert not re.search(r"https?://|url\(|@import|fetch\(|XMLHttpRequest|import\(", evil.replace("http-equiv", ""))


def test_the_policy_allows_the_files_own_style_and_script_and_nothing_else(evil):
    elements = Elements(evil)
    policy = next(a["content"] for t, a in elements.found if t == "meta" and "http-equiv" in a)
    style = re.search(r"<style>(.*?)</style>", evil, re.S)[1]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for text, name in ((style, "style"), (elements.scripts[-1], "script")):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy


def test_the_maps_data_is_the_passages_own_text(evil):
    data = json.loads(Elements(evil).scripts[0])
    assert any(EVIL.rstrip("\u2028") in entry[0] for entry in data)
    assert "<" not in Elements(evil).scripts[0]


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
def test_a_browser_runs_the_reports_script_and_no_other(evil, tmp_path):
    (tmp_path / "report.html").write_text(evil, "utf-8")
    flags = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--enable-logging=stderr", "--dump-dom",
    ]  # fmt: skip
    done = subprocess.run(
        [CHROMIUM, *flags, f"--user-data-dir={tmp_path / 'profile'}", f"file://{tmp_path / 'report.html'}"],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert '<div class="tools">' in done.stdout  # shown by the script: the policy let it run
    assert "data-owned" not in done.stdout
    assert "Content Security Policy" not in done.stderr


def test_the_report_shows_counts_findings_gaps_and_periods(evil):
    for shown in ("1 error", "empty heading", "有实体店吗", "answers it by now", "ends soon", "2024-12-20"):
        assert shown in evil
    assert '<path class="gap"' in evil


def test_without_conversations_and_index_the_rest_is_shown(tmp_path):
    (tmp_path / "a.md").write_text("# 退货\n\n签收后七天内可以退货。", "utf-8")
    told = page(Report("店", MADE, from_paths([tmp_path], DAY, lambda *told: None), [], None, None))
    assert "There are no conversations" in told
    assert "There is no index to draw" in told
    assert "Nothing was found." in told


@pytest.fixture
def clouds():
    chance = np.random.default_rng(3)
    middles = chance.normal(size=(3, 32))
    vectors = np.repeat(middles, 40, axis=0) + 0.2 * chance.normal(size=(120, 32))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_what_is_alike_lies_together_and_the_same_each_time(clouds):
    places = on_a_plane(clouds)
    assert np.array_equal(places, on_a_plane(clouds))
    assert places.min() >= 0
    assert places.max() <= 1
    near = ((places[:, None] - places[None]) ** 2).sum(axis=-1).argsort(axis=1)[:, 1:6]
    assert (near // 40 == (np.arange(120) // 40)[:, None]).mean() > 0.95


@pytest.mark.parametrize("count", [0, 1, 2, 3, 11])
def test_a_few_vectors_have_their_places_too(clouds, count):
    places = on_a_plane(clouds[:count])
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()


def test_neighbours_are_those_of_comparing_all_with_all(clouds):
    wanted = np.argsort(-(clouds @ clouds.T) + 9 * np.eye(120), axis=1, kind="stable")[:, :4]
    assert np.array_equal(nearest(clouds, clouds, 4, apart=True), wanted)


@pytest.mark.parametrize("embeddings", [HashEmbeddings(), None], ids=["vectors", "words"])
def test_a_gap_lies_among_the_passages_that_are_nearest_to_it(hashed, lexical, embeddings):
    knowledge = hashed if embeddings else lexical
    found = chart(knowledge.generation, [gap("退货运费谁出，由买家承担吗")], embeddings)
    asked = next(p for p in found.points if p.gap == 0)
    by_distance = sorted(
        (p for p in found.points if p.row and p.language == "zh"),
        key=lambda p: (p.x - asked.x) ** 2 + (p.y - asked.y) ** 2,
    )
    assert found.by_words == (embeddings is None)
    assert any("退" in p.row.text for p in by_distance[:10])


def test_near_duplicates_are_joined_and_every_passage_is_drawn(lexical):
    found = chart(lexical.generation, (), None)
    drawn = [p for p in found.points if p.row]
    assert len(drawn) == found.passages == sum(found.counts)
    joined = {frozenset(drawn[n].row.document for n in link) for link in found.links}
    assert frozenset(("p-1001", "p-1002")) in joined
    assert all(len(pair) == 2 for pair in joined)


def test_of_very_many_passages_some_are_drawn_and_it_is_told(lexical, monkeypatch):
    monkeypatch.setattr(charts, "MOST", 50)
    found = chart(lexical.generation, (), None)
    assert 45 <= len(found.points) <= 55
    assert {p.language for p in found.points} == {"zh", "en"}
    material = SimpleNamespace(documents=(), pieces=(), versions={}, hidden=())
    assert f"of {found.passages} passages, evenly" in page(Report("店", MADE, material, [], None, found))
