"""Each check finds what it is for, in the place where it stands, and leaves the sample shop's pages in peace."""

import random
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from shopassist.errors import DocumentError
from shopassist.knowledge.documents import document
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.lint import CHECKS, lint
from shopassist.knowledge.lint.contradictions import contradictions
from shopassist.knowledge.lint.duplicates import ALIKE, pairs
from shopassist.knowledge.lint.figures import figures
from shopassist.knowledge.lint.material import Material, from_index, from_paths
from shopassist.knowledge.lint.names import Names
from shopassist.knowledge.questions import Fallen, Probe

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "knowledge"
DAY = date(2024, 12, 5)
PLANTED = yaml.safe_load((ROOT / "benchmarks" / "data" / "contradictions.yaml").read_text("utf-8"))


def quiet(stage, done, total):
    pass


def page(id, text, **meta):
    return document(meta, text, source=f"{id}.md", id=id)


def found(*pages, kind=None, today=DAY, **values):
    findings = lint(Material(pages, today, **values), quiet)
    return [f for f in findings if kind is None or f.kind == kind]


@pytest.fixture(scope="module")
def sample():
    return from_paths([PAGES], DAY, quiet)


@pytest.fixture
def written(tmp_path):
    """Lint files: ``written({"a.md": "…"})``."""

    def write(files, kind=None):
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, "utf-8")
        return [f for f in lint(from_paths([tmp_path], DAY, quiet), quiet) if kind in (None, f.kind)]

    return write


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("48 小时内发货", "2 天内发货"),
        ("七天无理由", "7天无理由"),
        ("保修一年", "保修 12 个月"),
        ("十五天", "15 天"),
        ("within 7 days", "a 7-day window"),
        ("free over $1,000", "free over 1000 dollars"),
        ("1–3 个工作日", "1至3个工作日"),
        ("营业 9:00–21:00", "营业 9:00 至 21:00"),
        ("1 公斤", "1000 克"),
        ("７天", "7 天"),
    ],
)
def test_figures_are_compared_by_what_they_measure(one, other):
    [a], [b] = figures(one), figures(other)
    assert (a.kind, a.values) == (b.kind, b.values)


@pytest.mark.parametrize(
    ("one", "other"), [("7 天", "7 个工作日"), ("30 天", "1 个月"), ("IPX4", "IPX5"), ("98 折", "98%")]
)
def test_figures_that_are_not_the_same_stay_apart(one, other):
    [a], [b] = figures(one), figures(other)
    assert (a.kind, a.values) != (b.kind, b.values)


@pytest.mark.parametrize(
    "text",
    [
        "2024 年 11 月 1 日至 12 日",
        "12 月 5 日下单",
        "第 3 步",
        "P-1001",
        "ORD20241201002",
        "2024-11-05",
        "5 March 2024",
    ],
)
def test_dates_and_numbers_of_orders_are_no_figures(text):
    assert figures(text) == []


def test_a_figure_is_quoted_as_the_page_has_it():
    [figure] = figures("签收后 ７ 天内")
    assert figure.text == "７ 天"
    assert "签收后 ７ 天内"[figure.start : figure.stop] == "７ 天"


def test_the_longest_product_name_is_the_one_that_is_meant():
    names = Names(
        [page("p-1", "x", title="耳机", tags=["product"]), page("p-2", "x", title="耳机Pro", tags=["product"])]
    )
    assert names.within("耳机Pro 的保修") == {"p-2"}
    assert names.without("耳机Pro 的保修") == "  的保修"


@pytest.mark.parametrize("case", [c for c in PLANTED if c["part"] == "dev"], ids=lambda c: c["pages"][0]["id"])
def test_planted_contradictions_are_found_and_what_only_looks_so_is_not(case, sample):
    pages = [page(p["id"], p["text"], **{k: v for k, v in p.items() if k not in ("id", "text")}) for p in case["pages"]]
    beside = sample.documents if case.get("beside") else ()
    findings = list(contradictions(Material([*beside, *pages], DAY)))
    wanted = [set(map(str, pair)) for pair in case["conflicts"]]
    assert len(findings) == len(wanted)
    for finding, pair in zip(findings, wanted, strict=True):
        assert all(value in finding.text for value in pair), finding.text


def test_the_sample_shops_pages_hold_no_error(sample):
    assert [f for f in lint(sample, quiet) if f.severity == "error"] == []


def test_a_contradiction_names_each_page_with_its_line(written):
    [finding] = written(
        {
            "a.md": "# 退货\n\n## 期限\n\n衣服收到后 7 天内可以退货。\n",
            "b.md": "# 换季\n\n说明。\n\n衣服收到后 **15 天**内可以退货。\n",
            "c.md": "# 门店\n\n衣服收到后 15 天内可以退货，到店也行。\n",
        },
        "contradiction",
    )
    assert finding.severity == "error"
    assert {(Path(p.source).name, p.line) for p in finding.places} == {("a.md", 5), ("b.md", 5), ("c.md", 3)}
    assert "7 天 (a)" in finding.text
    assert "15 天 (b, c)" in finding.text


def test_a_tables_row_is_found_in_its_line(written):
    [finding] = written(
        {
            "a.md": "# 台灯\n\n| 项目 | 参数 |\n| --- | --- |\n| 台灯质保 | 24 个月 |\n",
            "b.md": "# 质保说明\n\n台灯质保 12 个月。\n",
        },
        "contradiction",
    )
    assert {p.line for p in finding.places} == {5, 3}


def test_pages_of_different_days_do_not_contradict():
    old = page("old", "衣服收到后 7 天内可以退货。", title="退货", valid_to=date(2024, 6, 30))
    new = page("new", "衣服收到后 15 天内可以退货。", title="退货", valid_from=date(2024, 7, 1))
    assert found(old, new, kind="contradiction") == []
    always = page("new", new.text, title="退货")
    assert [f.severity for f in found(old, always, kind="contradiction")] == ["warning"]
    assert [f.severity for f in found(old, always, kind="contradiction", today=date(2024, 6, 1))] == ["error"]


def test_an_exception_of_some_days_contradicts_no_page_that_holds_on_more():
    usual = page("returns", "衣服收到后 7 天内可以退货。", title="退货", valid_from=date(2024, 1, 1))
    feast = {"valid_from": date(2024, 11, 1), "valid_to": date(2024, 12, 31)}
    standing_in = page("returns", "衣服收到后 30 天内可以退货。", title="退货", **feast)
    product = page("coat", "衣服收到后 7 天内可以退货，吊牌要在。", title="大衣")
    assert found(usual, standing_in, product, kind="contradiction") == []
    assert len(found(standing_in, product, kind="contradiction")) == 1
    same_days = page("gifts", "衣服收到后 15 天内可以退货。", title="退货", **feast)
    [finding] = found(usual, standing_in, same_days, kind="contradiction")
    assert "30 天 (returns)" in finding.text


def test_figures_of_two_products_do_not_contradict_and_of_one_do():
    a = page("p-1", "续航 8 小时。", title="台灯A", tags=["product"])
    b = page("p-2", "续航 6 小时。", title="台灯B", tags=["product"])
    assert found(a, b, kind="contradiction") == []
    guide = page("guide", "台灯B 的续航是 9 小时。", title="怎么选")
    [finding] = found(a, b, guide, kind="contradiction")
    assert "6 小时 (p-2)" in finding.text


def version(start=None, end=None, **values):
    return page("returns", "退货的规定都在这里。", title="退货", valid_from=start, valid_to=end, **values)


@pytest.mark.parametrize(
    ("versions", "told"),
    [
        ([version(end=date(2024, 12, 4))], {("expired", "warning")}),
        ([version(end=date(2024, 12, 5))], {("ends soon", "warning")}),
        ([version(end=date(2025, 6, 1))], set()),
        ([version(end=date(2024, 12, 4)), version(start=date(2024, 12, 5))], set()),
        ([version(start=date(2025, 1, 1))], {("begins later", "notice")}),
        ([version(), version(date(2024, 11, 1), date(2024, 11, 12))], {("overlap", "notice")}),
        ([version(date(2024, 1, 1), date(2025, 3, 1)), version(date(2024, 6, 1))], {("overlap", "warning")}),
        ([version(date(2024, 1, 1)), version(date(2024, 1, 1), date(2025, 3, 1))], {("overlap", "error")}),
    ],
)
def test_periods_are_told_where_nothing_or_two_versions_hold(versions, told):
    kinds = ("expired", "ends soon", "begins later", "overlap")
    assert {(f.kind, f.severity) for f in found(*versions) if f.kind in kinds} == told


def test_pages_that_one_language_lacks_are_told_together():
    both = [page("a", "退货的规定。", title="退货"), page("a", "How to return.", title="Returns", language="en")]
    [finding] = found(*both, page("b", "换货。", title="换货"), page("c", "发票。", title="发票"), kind="one language")
    assert [p.document for p in finding.places] == ["b/zh", "c/zh"]
    assert found(page("b", "换货。", title="换货"), page("d", "Exchange things.", title="x"), kind="one language") == []


def test_a_page_in_another_language_than_it_says_is_told():
    [finding] = found(page("a", "You can return an item within 7 days.", title="退货", language="zh"), kind="language")
    assert "English" in finding.text
    two = "可以退货。请看说明。" + " You can return the item in a week if it is as new."
    assert len(found(page("a", two, language="zh"), kind="language")) == 1
    assert found(page("a", "无线降噪耳机Pro 支持 USB-C 和 iOS，很好用，放心买。"), kind="language") == []


def test_prices_and_stock_are_told_and_figures_of_rules_are_not():
    lamp = page("p-1", "台灯A 仅售 299 元。库存还有 32 件。", title="台灯A", tags=["product"])
    assert [f.kind for f in found(lamp) if f.kind in ("price", "stock")] == ["price", "stock"]
    rules = page("rule", "订单满 99 元包邮，不满收 8 元运费。押金 200 元。价格和库存以下单页面为准。", title="运费")
    assert [f for f in found(lamp, rules) if f.kind in ("price", "stock") and f.places[0].document == "rule/zh"] == []
    english = page("e", "The lamp is priced at $49 and only 3 left.", title="Lamp")
    assert [f.kind for f in found(english) if f.kind in ("price", "stock")] == ["price"]


def test_near_duplicates_are_found_and_versions_of_one_page_are_none():
    text = "签收后 7 天内可以退货，商品须完好、配件齐全，退货的运费由买家承担，退款在验收以后原路退回。"
    near = text.replace("须完好", "要完好")
    [finding] = found(page("a", text, title="甲"), page("b", near, title="乙"), kind="duplicate")
    assert finding.severity == "warning"
    assert found(page("a", text, title="甲"), page("a", near, title="甲", valid_to=DAY), kind="duplicate") == []


def test_minhash_finds_what_comparing_all_with_all_finds():
    chance = random.Random(5)
    base = ["".join(chance.choice("天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往") for _ in range(80)) for _ in range(40)]
    texts = base + [t[:n] + "改" + t[n + 1 :] for t in base for n in (10, 40)]

    def runs(text):
        return {text[n : n + 4] for n in range(len(text) - 3)}

    wanted = {
        (a, b)
        for a, b in combinations(range(len(texts)), 2)
        if len(runs(texts[a]) & runs(texts[b])) / len(runs(texts[a]) | runs(texts[b])) >= ALIKE
    }
    assert {(p.one, p.other) for p in pairs(texts)} == wanted
    assert len(wanted) == 120


def test_many_copies_of_one_text_do_not_take_the_square_of_their_number():
    assert len(pairs(["同一段话写在很多页上，一个字也不差，编辑应当只留一处。"] * 3000)) < 20_000


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("empty", "# 退货\n\n见店。"),
        ("too long", "# 退货\n\n" + "一段话说一件事。\n\n" * 800),
        ("no headings", "# 退货\n\n" + "一段话说一件事。\n" * 200),
        ("empty heading", "# 退货\n\n## 期限\n\n## 运费\n\n无理由退货的运费由买家承担。"),
        ("empty heading", "# 退货\n\n无理由退货的运费由买家承担。\n\n## 运费\n"),
    ],
)
def test_texts_that_are_hard_to_find_are_told(kind, text):
    assert [f.kind for f in found(page("a", text)) if f.kind not in ("no headings",) or kind == "no headings"][:1] == [
        kind
    ]


def test_a_heading_above_another_is_not_empty():
    assert found(page("a", "# 退货\n\n## 期限\n\n### 双十一\n\n延长到签收后 30 天。"), kind="empty heading") == []


def test_a_page_without_a_title_and_pages_of_one_title_are_told(written):
    findings = written(
        {
            "x1.txt": "退货的运费由买家承担，请先联系客服。\n",
            "b.md": "# 退货\n\n七天内可以退。请看说明书。",
            "c.md": "# 退货\n\n东西坏了可以换，运费我们出。",
        }
    )
    assert {f.kind for f in findings} == {"no title", "shared title"}


def test_links_to_pages_that_are_not_there_are_told(written):
    findings = written(
        {
            "a.md": "---\nurl: /help/a\n---\n# 甲\n\n看[乙](b.md)、[丙](c.md)、[帮助](/help/none)、[首页](/)、[外面](https://example.org/x)、[上面](#甲)。",
            "b.md": "---\nurl: /help/b\n---\n# 乙\n\n看[甲](/help/a#x)，以及别的说明。",
            "d.html": "<html><body><nav><a href='/help/gone'>x</a></nav><main><p>看<a href='none.html'>这里</a>的说明文字。</p></main></body></html>",
        },
        "lost link",
    )
    assert sorted((Path(f.places[0].source).name, f.places[0].quote) for f in findings) == [
        ("a.md", "/help/none"),
        ("a.md", "c.md"),
        ("d.html", "none.html"),
    ]


def test_a_page_that_is_not_taken_is_an_error_with_the_way_out(written):
    findings = written(
        {
            "a.md": "---\ntitel: 退货\n---\n七天内可以退货。",
            "b.md": "---\nvalid_to: 2024-13-01\n---\n正文。",
            "c.numbers": "x",
        }
    )
    told = {f.kind: f for f in findings}
    assert told["unknown field"].advice == "Write `title` instead."
    assert told["broken"].severity == "error"
    assert told["not read"].severity == "notice"


def test_where_a_file_is_broken_is_told_by_its_line_or_row(written):
    pages = {
        "a.md": "---\ntitle: [退货\n---\n七天内可以退货。",
        "b.csv": "q,a\n怎么换,十五天内\n怎么退,七天内,多了\n",
        "b.csv.yaml": 'id: "b-{q}"\ntext: "{q} {a}"\n',
    }
    places = {Path(f.places[0].source).name: f.places[0] for f in written(pages, "broken")}
    assert places["a.md"].line is not None
    assert places["b.csv"].quote == "row 3"  # as a spreadsheet counts: the head is row 1


def test_known_questions_that_fall_are_errors():
    pages = [page("returns", "退货的规定都在这里。", title="退货")]
    gone = Probe("能开发票吗", ("invoice",), "zh")
    fallen = Fallen("怎么退", "zh", DAY, ("returns",), ("shipping",))
    findings = found(*pages, kind="probe", probes=[gone], fallen=[fallen])
    assert [f.severity for f in findings] == ["error", "error"]
    assert "shipping" in findings[1].text


def test_an_index_is_looked_through_where_the_files_are_gone(tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "a.md").write_text("# 退货\n\n## 期限\n\n衣服收到后 7 天内可以退货。", "utf-8")
    (folder / "b.md").write_text("# 换季\n\n衣服收到后 15 天内可以退货。", "utf-8")
    name = ingest([folder], tmp_path / "index", None).generation
    for file in folder.iterdir():
        file.unlink()
    material = from_index(tmp_path / "index" / name, DAY)
    [finding] = contradictions(material)
    assert [p.line for p in finding.places] == [None, None]
    assert {d.title for d in material.documents} == {"退货", "换季"}


def test_the_worst_comes_first_and_every_check_can_run_alone(sample):
    severities = [f.severity for f in lint(sample, quiet)]
    assert severities == sorted(severities, key=("error", "warning", "notice").index)
    for check in CHECKS:
        list(check(sample))


def test_a_path_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(DocumentError, match="does not exist"):
        from_paths([tmp_path / "none"], DAY, quiet)
