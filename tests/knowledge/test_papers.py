"""PDF and Word files: their text in its order, and not what pages repeat or files hide."""

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from papers import pdf

from shopassist.errors import DocumentError
from shopassist.knowledge.sources import read


def text(path):
    (found,) = read(path)
    return found.text


def test_a_pdf_is_a_document(tmp_path):
    (found,) = read(pdf(tmp_path / "wrapping.pdf", "Gift wrapping costs 5 yuan for each item you order."))
    assert (found.id, found.language) == ("wrapping", "en")
    assert "5 yuan" in found.text


def test_a_sentence_that_lines_cut_is_whole_again(tmp_path):
    lines = [
        "You may send back what you bought within seven days after it was",
        "delivered, without a reason.",
        "Costs are yours.",
    ]
    assert text(pdf(tmp_path / "a.pdf", lines)) == (
        "You may send back what you bought within seven days after it was delivered, without a reason.\nCosts are yours."
    )


def test_what_every_page_repeats_is_left_out(tmp_path):
    pages = [
        ["Yunji Digital manual", f"Step {what}: press the {what} key.", f"Page {n} of 4"]
        for n, what in enumerate(["red", "green", "blue", "long"], 1)
    ]
    found = text(pdf(tmp_path / "a.pdf", *pages))
    assert "Yunji" not in found
    assert "Page" not in found
    assert found.split("\n\n") == [f"Step {c}: press the {c} key." for c in ("red", "green", "blue", "long")]


def test_steps_that_begin_alike_on_every_page_are_no_running_line(tmp_path):
    pages = [
        ["Yunji Digital manual", f"{n}. Press the key.", "It lights up.", "1. Open the lid.", f"- {n} -"]
        for n in range(1, 5)
    ]
    found = text(pdf(tmp_path / "a.pdf", *pages))
    assert "Yunji" not in found
    assert "- 2 -" not in found
    assert found.split("\n\n")[2] == "3. Press the key.\nIt lights up.\n1. Open the lid."


def test_a_pdf_of_pictures_is_told(tmp_path):
    with pytest.raises(DocumentError, match=r"a\.pdf: has no text: its pages are pictures"):
        text(pdf(tmp_path / "a.pdf", ""))


def test_a_pdf_with_a_password_is_told(tmp_path):
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(pdf(tmp_path / "a.pdf", "Costs are yours.")))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(tmp_path / "b.pdf")
    with pytest.raises(DocumentError, match=r"b\.pdf: is protected by a password"):
        text(tmp_path / "b.pdf")


@pytest.fixture
def word(tmp_path):
    file = docx.Document()

    def save(name="a.docx"):
        file.save(tmp_path / name)
        return tmp_path / name

    file.keep = save
    return file


def test_a_word_file_keeps_headings_lists_and_tables_in_their_order(word):
    word.add_heading("礼品包装", 0)
    word.add_paragraph("下单时可以选择礼品包装。")
    word.add_heading("价格", 1)
    table = word.add_table(rows=2, cols=3)
    for n, cell in enumerate(["种类", "价格", "时间", "普通", "5 元", "当天"]):
        table.rows[n // 3].cells[n % 3].text = cell
    word.add_paragraph("写贺卡", style="List Bullet")
    word.sections[0].header.paragraphs[0].text = "内部资料"
    assert text(word.keep()).split("\n\n") == [
        "# 礼品包装", "下单时可以选择礼品包装。", "# 价格",
        "| 种类 | 价格 | 时间 |\n| --- | --- | --- |\n| 普通 | 5 元 | 当天 |", "- 写贺卡",
    ]  # fmt: skip


def test_a_cell_of_a_word_table_stands_in_each_row_and_column_that_it_goes_over(word):
    table = word.add_table(rows=4, cols=3)
    texts = ["档次", "大陆", "", "", "首重", "续重", "小件", "8 元", "2 元", "超重请联系客服", "", ""]
    for n, cell in enumerate(texts):
        table.rows[n // 3].cells[n % 3].text = cell
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(0, 0).merge(table.cell(1, 0))
    table.cell(3, 0).merge(table.cell(3, 2))
    for cell in (table.cell(0, 1), table.cell(0, 0), table.cell(3, 0)):  # merging joins paragraphs
        cell.text = cell.text.strip()
    assert text(word.keep()).split("\n") == [
        "| 档次 | 大陆 | 大陆 |", "| --- | --- | --- |", "| 档次 | 首重 | 续重 |", "| 小件 | 8 元 | 2 元 |", "| 超重请联系客服 |",
    ]  # fmt: skip


def test_a_table_of_names_and_values_loses_no_row(word):
    table = word.add_table(rows=2, cols=2)
    for n, cell in enumerate(["防水", "IPX4", "重量", "250 克"]):
        table.rows[n // 2].cells[n % 2].text = cell
    assert text(word.keep()).startswith("| | |\n| --- | --- |\n| 防水 | IPX4 |")


def test_hidden_and_deleted_words_are_not_shown_and_inserted_ones_are(word):
    paragraph = word.add_paragraph("退货运费")
    paragraph.add_run("成本价 80 元").font.hidden = True
    for tag, words in (("w:del", "由商家"), ("w:ins", "由买家")):
        frame, run, part = OxmlElement(tag), OxmlElement("w:r"), OxmlElement("w:delText" if tag == "w:del" else "w:t")
        part.text = words
        run.append(part)
        frame.append(run)
        paragraph._p.append(frame)
    paragraph.add_run("承担。")
    assert text(word.keep()) == "退货运费由买家承担。"


def test_what_stands_in_a_content_control_is_read(word):
    frame, content = OxmlElement("w:sdt"), OxmlElement("w:sdtContent")
    content.append(word.add_paragraph("七天无理由。")._p)
    frame.append(content)
    word.element.body.insert(0, frame)
    assert text(word.keep()) == "七天无理由。"
    assert frame.tag == qn("w:sdt")


@pytest.mark.parametrize("name", ["broken.pdf", "broken.docx", "broken.xlsx"])
def test_a_broken_file_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"no such thing")
    with pytest.raises(DocumentError, match=rf"{name}: is damaged, (of|or of) another kind"):
        list(read(tmp_path / name))
