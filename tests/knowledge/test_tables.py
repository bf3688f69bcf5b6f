"""Tables of all kinds: one document a row, by a template or by columns that name fields."""

import json
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest

from shopassist.errors import DocumentError
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.sources import Records, read
from shopassist.knowledge.sources.records import fill

TEMPLATE = 'id: "{编号}"\ntitle: "{问题}"\ntext: "{问题}\\n{回答}"\n'


@pytest.fixture
def book(tmp_path):
    def book(sheets, side=TEMPLATE, name="faq.xlsx"):
        file = openpyxl.Workbook()
        file.remove(file.active)
        for title, rows in sheets.items():
            sheet = file.create_sheet(title.lstrip("!"))
            for row in rows:
                sheet.append(row)
            if title.startswith("!"):
                sheet.sheet_state = "hidden"
        file.save(tmp_path / name)
        if side:
            (tmp_path / f"{name}.yaml").write_text(side, "utf-8")
        return tmp_path / name

    return book


def test_each_row_of_a_workbook_becomes_a_document(book):
    head = ["编号", "问题", "回答"]
    first, second = read(
        book(
            {"FAQ": [head, ["f1", "保修多久", 24.0], [None, None, None], ["f2", "活动到哪天", datetime(2024, 11, 12)]]}
        )
    )
    assert (first.id, first.title, first.text) == ("f1", "保修多久", "保修多久\n24")
    assert second.text == "活动到哪天\n2024-11-12"
    assert second.source.endswith("faq.xlsx#4")


def test_hidden_sheets_are_left_out_and_told(book, tmp_path):
    head = ["编号", "问题", "回答"]
    sheets = {
        "甲": [head, ["1", "能退吗", "能"]],
        "!成本": [head, ["2", "成本价", "80"]],
        "乙": [head, ["3", "能换吗", "能"]],
        "空": [],
    }
    report = ingest([book(sheets)], tmp_path / "index", None)
    assert set(report.added) == {"1/zh", "3/zh"}
    assert "hidden sheets were left out: 成本" in report.remarks[0].text


def test_one_sheet_can_be_named(book):
    head = ["编号", "问题", "回答"]
    path = book({"说明": [["怎样填"]], "FAQ": [head, ["1", "能退吗", "能"]]}, TEMPLATE + "sheet: FAQ\n")
    assert [d.id for d in read(path)] == ["1"]
    path.with_name("faq.xlsx.yaml").write_text(TEMPLATE + "sheet: 没有\n", "utf-8")
    with pytest.raises(DocumentError, match="has no sheet '没有'; there are 说明, FAQ"):
        list(read(path))


@pytest.mark.parametrize(
    ("sheets", "side", "reason"),
    [
        ({"a": [["x"], ["1"]]}, None, r"needs a side file faq\.xlsx\.yaml"),
        ({"a": [["x"]]}, 'text: "{x}"', "the file has no rows"),
        ({"a": [["x", "x"], ["1", "2"]]}, 'text: "{x}"', "sheet a: has several columns 'x'"),
        (
            {"a": [["x"], ["甲"]], "b": [["y"], ["乙"]]},
            'text: "{x}"',
            "sheet b, row 2: the template .* no column 'x'; there are y",
        ),
    ],
)
def test_a_workbook_that_cannot_be_taken_is_told_with_its_place(book, sheets, side, reason):
    with pytest.raises(DocumentError, match=reason):
        list(read(book(sheets, side)))


def test_json_is_read_as_fields_or_by_a_template(tmp_path):
    path = tmp_path / "faq.json"
    path.write_text(
        json.dumps([{"id": "a", "title": "退货", "text": "七天。", "tags": ["policy"], "public": True}]), "utf-8"
    )
    (found,) = read(path)
    assert (found.id, found.title, found.text, found.tags) == ("a", "退货", "七天。", ("policy",))
    path.with_name("faq.json.yaml").write_text('id: "{id}"\ntext: "{名.称}：{名.说明}"\nlanguage: zh\n', "utf-8")
    path.write_text(json.dumps({"id": 7, "名": {"称": "充电", "说明": "十分钟"}}), "utf-8")
    (found,) = read(path)
    assert (found.id, found.text) == ("7", "充电：十分钟")


def test_a_broken_line_of_jsonl_keeps_no_other_out_and_loses_nothing(tmp_path):
    path, index = tmp_path / "faq.jsonl", tmp_path / "index"
    path.write_text('{"id": "a", "text": "第一条。"}\n\n{"id": "b", "text": "第二条。"}\n', "utf-8")
    assert set(ingest([path], index, None).added) == {"a/zh", "b/zh"}
    path.write_text(
        '{"id": "a", "text": "第一条，改了。"}\n\n{"id": "b", "words": "第二条。"}\n{"id": "c", "text": "第三条。"}\n',
        "utf-8",
    )
    report = ingest([path], index, None)
    assert (report.added, report.changed, report.removed) == (("c/zh",), ("a/zh",), ())
    assert str(report.broken[0]) == f"{path}: line 3: has no `text`; its columns are id, words"
    path.write_text('{"id": "a", "text": "第一条，改了。"}\n', "utf-8")
    assert set(ingest([path], index, None).removed) == {"b/zh", "c/zh"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[{"text": "x"},]', r"line 1, column \d+: "),
        ('["x"]', "object 1: must be an object of fields, not a str"),
        ("[]", "the file has no objects"),
        ('[{"text": ""}]', "object 1: has no text"),
        ('[{"text": "七天", "until": "x"}]', "object 1: unknown field 'until'"),
        ('[{"text": "七天", "public": "maybe"}]', "object 1: public must be true or false"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_json_that_cannot_be_taken_is_told_with_its_place(tmp_path, text, reason):
    (tmp_path / "a.json").write_text(text, "utf-8")
    with pytest.raises(DocumentError, match=reason):
        list(read(tmp_path / "a.json"))


def test_a_csv_may_name_fields_instead_of_a_template(tmp_path):
    (tmp_path / "a.csv").write_text(
        "id,title,text,public,tags\nx,退货,七天。,true,政策;退货\ny,内部,五折。,FALSE,\n", "utf-8"
    )
    first, second = read(tmp_path / "a.csv")
    assert (first.id, first.title, first.tags, second.public) == ("x", "退货", ("政策", "退货"), False)


def test_a_template_reaches_columns_and_nothing_behind_them():
    class Secret:
        password = "hunter2"

    assert fill("{a} {b.c} {{x}}", {"a": 1.0, "b": {"c": Decimal("9.90")}}) == "1 9.90 {x}"
    assert fill("{价格:元}", {"价格:元": 5}) == "5"
    assert fill(["{d}", 3], {"d": date(2024, 11, 1)}) == ["2024-11-01", 3]
    for template in ("{s.password}", "{s.__class__}", "{a[0]}", "{a:>99999999999}", "{", "{0}"):
        with pytest.raises(ValueError, match="template"):
            fill(template, {"s": Secret(), "a": "x"})


def rows(*ids):
    return [{"id": i, "text": f"第{i}条规定。"} for i in ids]


def test_a_programs_records_come_change_and_go(tmp_path):
    index = tmp_path / "index"
    assert ingest([Records("erp", rows("1", "2"))], index, None).added == ("1/zh", "2/zh")
    again = ingest([Records("erp", [{"id": "0", "text": "新的一条。"}, *rows("1", "2")])], index, None)
    assert (again.added, again.changed, again.unchanged) == (("0/zh",), (), 2)
    assert ingest([Records("erp", rows("1"))], index, None).removed == ("2/zh", "0/zh")
    (tmp_path / "a.md").write_text("七天。", "utf-8")
    assert ingest([tmp_path / "a.md"], index, None).removed == ()


def test_records_that_break_off_lose_nothing(tmp_path):
    def half():
        yield rows("1")[0]
        raise ValueError("the cursor is closed")

    ingest([Records("erp", rows("1", "2"))], tmp_path / "index", None)
    report = ingest([Records("erp", half())], tmp_path / "index", None)
    assert report.removed == ()
    assert str(report.broken[0]) == "program:erp: the cursor is closed"
    report = ingest([Records("erp", [*rows("1"), {"id": "2"}, "x"])], tmp_path / "index", None)
    assert report.removed == ()
    assert [b.place for b in report.broken] == ["record 2", "record 3"]


def test_a_rebuild_asks_for_what_only_a_program_can_give(tmp_path):
    index = tmp_path / "index"
    (tmp_path / "a.md").write_text("七天。", "utf-8")
    ingest([tmp_path / "a.md", Records("erp", rows("1"))], index, None)
    with pytest.raises(Exception, match="as the source 'erp', which a rebuild needs again"):
        ingest([], index, None, rebuild=True)
    assert set(ingest([Records("erp", rows("1"))], index, None, rebuild=True).added) == {"a/zh", "1/zh"}
    assert ingest([Records("erp", [])], index, None).removed == ("1/zh",)
    assert ingest([], index, None, rebuild=True).added == ("a/zh",)


@pytest.mark.parametrize("names", [["a#1"], [" "], ["a » b"], ["erp", "erp"]])
def test_a_source_that_the_index_could_not_tell_from_others_is_refused(tmp_path, names):
    with pytest.raises(DocumentError, match="a source's name must be one line"):
        ingest([Records(name, rows("1")) for name in names], tmp_path / "index", None)
