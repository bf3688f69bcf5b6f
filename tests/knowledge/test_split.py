import re

from shopassist.knowledge.documents import document
from shopassist.knowledge.sources import files, read
from shopassist.knowledge.split import PASSAGE_CHARS, split


def passages(text, **meta):
    return split(document({"language": "zh", "title": "退货", **meta}, text, source="x", id="returns"))


LONG = "".join(
    f"第{n}条规定说明商品在签收后的第{n}天内可以申请，运费由责任方承担！还有疑问吗？请联系客服。" for n in range(1, 41)
)


def test_headings_travel_with_the_text():
    found = passages("# 退货\n\n开头。\n\n## 运费\n\n### 质量问题\n\n商家付。\n\n## 步骤\n\n三步。")
    assert [(p.heading, p.text) for p in found] == [("", "开头。"), ("运费 › 质量问题", "商家付。"), ("步骤", "三步。")]
    assert found[1].indexed == "退货\n运费 › 质量问题\n商家付。"


def test_a_row_of_a_table_becomes_a_sentence():
    two = passages("| 项目 | 参数 |\n| --- | :--: |\n| **防水** | IPX4 |\n| 保修 | 24 个月 |")
    assert two[0].text == "防水：IPX4。\n保修：24 个月。"
    three = passages("| 券码 | 条件 | 备注 |\n|---|---|---|\n| NEW20 | 满 199 减 20 | |")
    assert three[0].text == "NEW20：条件：满 199 减 20。"


def test_a_head_of_two_rows_names_each_column_by_both():
    [found] = passages(
        "| 档次 | 大陆 | | 港澳 | |\n| --- | --- | --- | --- | --- |\n| | 首重 | 续重 | 首重 | 续重 |\n"
        "| 小件 | 8 元 | 2 元 | 20 元 | 5 元 |"
    )
    assert found.text == "小件：大陆首重：8 元，大陆续重：2 元，港澳首重：20 元，港澳续重：5 元。"


def test_a_row_without_a_name_or_with_gaps_is_no_second_head():
    [found] = passages("| 档次 | 大陆 | |\n|---|---|---|\n| | 8 元 | 2 元 |\n| 小件 | 9 元 | |")
    assert found.text == "：大陆：8 元，2 元。\n小件：大陆：9 元。"
    [found] = passages("| 券码 | 条件 | 备注 |\n|---|---|---|\n| | 满减 | 一次 |")
    assert found.text == "：条件：满减，备注：一次。"


def test_an_english_table_reads_as_english():
    found = passages("| Code | Terms | Note |\n|---|---|---|\n| NEW20 | 20 off 199 | once |", language="en")
    assert found[0].text == "NEW20: Terms: 20 off 199, Note: once."


def test_marks_of_markdown_are_not_shown():
    assert passages("- **能退吗？** 看[这里](/help)的`说明`")[0].text == "能退吗？ 看这里的说明"


def test_no_passage_is_longer_than_the_limit():
    assert max(len(p.text) for p in passages(LONG)) <= PASSAGE_CHARS
    assert max(len(p.text) for p in passages("无标点" * 400)) <= PASSAGE_CHARS


def test_no_chinese_sentence_is_cut():
    found = passages(LONG)
    assert len(found) > 3
    assert all(re.search(r"[。！？]$", p.text) for p in found)
    assert "".join(p.text for p in found) == LONG


def test_nothing_of_the_sample_pages_is_lost_or_too_long(pytestconfig):
    for path in files([pytestconfig.rootpath / "knowledge"]):
        for page in read(path):
            found = split(page)
            assert all(0 < len(p.text) <= PASSAGE_CHARS for p in found)
            words = set(re.findall(r"\w+", page.text))
            kept = set(re.findall(r"\w+", " ".join(p.indexed for p in found)))
            heads = {w for row in re.findall(r"^\|.*\|$", page.text, re.M) for w in re.findall(r"\w+", row)}
            assert not words - kept - heads, path


def test_ids_are_stable_unique_and_depend_on_the_version():
    text = "## 甲\n\n一样。\n\n## 甲\n\n一样。\n\n## 乙\n\n一样。"
    ids = [p.id for p in passages(text)]
    assert ids == [p.id for p in passages(text)]
    assert len(set(ids)) == len(ids) == 3
    assert not set(ids) & {p.id for p in passages(text, valid_from="2024-11-01")}
