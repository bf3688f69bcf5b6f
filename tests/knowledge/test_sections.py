from dataclasses import replace
from datetime import date

from shopassist.knowledge.index import Row
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.knowledge.sections import SECTION_CHARS, chosen, section, wider

TODAY = date(2024, 12, 5)
ROW = Row("1", "a/zh", "a", "页", "保养", "甲" * 200, "zh", None, None, None, (), ())


def rows(*what):
    """Rows of (page, heading, length)."""
    return [
        replace(ROW, id=str(n), key=f"{page}/zh", document=page, heading=heading, text="字" * length)
        for n, (page, heading, length) in enumerate(what)
    ]


def test_a_piece_comes_with_what_stands_beside_it_under_its_heading():
    found = rows(("a", "甲", 100), ("a", "乙", 100), ("a", "乙", 100), ("b", "乙", 100))
    assert list(section(found, 1)) == [1, 2] == list(section(found, 2))
    assert list(section(found, 0)) == [0]
    assert wider(found, 0) is None
    assert wider(found, 2) == "乙\n" + "字" * 100 + "\n" + "字" * 100


def test_a_section_is_bounded():
    found = rows(*[("a", "乙", 150)] * 9)
    assert list(section(found, 4)) == [4, 5, 6]
    assert all(sum(len(found[n].text) + 1 for n in section(found, place)) <= SECTION_CHARS + 1 for place in range(9))
    assert list(section(found, 8)) == [6, 7, 8]


def test_no_piece_is_shown_twice_and_no_page_alone():
    found = rows(*[("a", f"h{n}", 300) for n in range(5)], ("b", "", 300), ("c", "", 100), ("c", "", 100))
    assert chosen(found, [0, 1, 2, 3, 4, 5, 6, 7], 4) == [0, 1, 5, 6]
    assert chosen(found, [6, 7, 5], 4) == [6, 5]


def test_where_there_is_no_other_page_one_fills_the_answer():
    found = rows(*[("a", f"h{n}", 300) for n in range(5)])
    assert chosen(found, [3, 1, 0, 4, 2], 4) == [3, 1, 0, 4]


def test_a_search_shows_a_small_piece_with_its_section(tmp_path):
    long = "\n".join(f"第 {n} 条：耳罩要用软布擦，" + "慢慢来，" * 30 + "不急。" for n in range(1, 4))
    (tmp_path / "a.md").write_text(f"# 保养\n\n## 清洁\n\n{long}\n\n## 存放\n\n放进收纳袋。", "utf-8")
    ingest([tmp_path / "a.md"], tmp_path / "index", None)
    found = ChromaKnowledge(tmp_path / "index", None).search("耳罩软布", language="zh", valid_on=TODAY)
    assert "第 1 条" in found[0].section
    assert "第 2 条" in found[0].section
    assert "收纳袋" not in found[0].section
    assert found[0].text in found[0].section
