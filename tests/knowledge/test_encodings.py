"""Text in another encoding goes in and is told, or is told to be unsure; it never goes in as other signs."""

import pytest

from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.sources.encoding import decoded

SIMPLE = (
    "签收后七天内可以无理由退货，商品须完好、配件齐全，退货运费由买家承担；质量问题退货，运费由商家承担，请联系客服。"
)
TRADITIONAL = (
    "簽收後七天內可以無理由退貨，商品須完好、配件齊全，退貨運費由買家承擔；品質問題退貨，運費由商家承擔，請聯絡客服。"
)


@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        (SIMPLE, "gbk", "GBK"), (SIMPLE, "gb18030", "GBK"), (TRADITIONAL, "big5", "Big5"), (SIMPLE, "utf-16", "UTF-16"),
        ("Returns within seven days.", "utf-16-le", "UTF-16"), ("第1页\n" + SIMPLE, "utf-16-be", "UTF-16"),
        (SIMPLE, "utf-32", "UTF-32"), (SIMPLE, "utf-8", None), (SIMPLE, "utf-8-sig", None),
    ],
)  # fmt: skip
def test_what_it_is_in_is_found_out(text, encoding, name):
    assert decoded(text.encode(encoding)) == (text, name)


@pytest.mark.parametrize(("encoding", "declared"), [("gbk", "gb2312"), ("big5", "big5")])
def test_a_page_that_declares_its_encoding_is_believed_however_short(encoding, declared):
    page = (
        f'<html><head><meta charset="{declared}"></head><p>退貨</p>'
        if encoding == "big5"
        else (f'<meta http-equiv="Content-Type" content="text/html; charset={declared}"><p>退货镕</p>')
    )  # 镕 is not in GB 2312: pages declare less than they use
    assert decoded(page.encode(encoding), markup=True) == (page, None)


def test_a_wrong_declaration_is_not_believed():
    page = f'<meta charset="gb2312"><p>{SIMPLE}</p>'
    assert decoded(page.encode(), markup=True) == (page, None)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("退货".encode("gbk"), "not UTF-8 at byte 0"),
        (b"caf\xe9 au lait", "not UTF-8 at byte 3"),
        (SIMPLE.encode() + b"\xff\xfe\xfd" * 50, "not UTF-8 at byte"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0", "is no text"),
        (b"\xff\xfea\x00b", "not UTF-16 at byte"),
    ],
)
def test_what_cannot_be_told_is_refused(data, reason):
    with pytest.raises(ValueError, match=reason):
        decoded(data)


def test_pages_in_old_encodings_go_in_and_are_told(tmp_path):
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "a.md").write_bytes(f"---\nid: gbk\n---\n{SIMPLE}".encode("gbk"))
    (pages / "b.md").write_bytes(f"---\nid: big5\n---\n{TRADITIONAL}".encode("big5"))
    (pages / "c.csv").write_bytes(f"q,a\n能退吗,{SIMPLE}\n".encode("utf-16"))
    (pages / "c.csv.yaml").write_bytes('id: "utf16"\ntext: "{q} {a}"\n'.encode("utf-16"))
    (pages / "d.md").write_bytes(b"---\nid: staff\npublic: false\n---\n" + SIMPLE.encode("gbk"))
    (pages / "e.md").write_bytes("员工".encode("gbk"))
    report = ingest([pages], tmp_path / "index", None)
    assert set(report.added) == {"gbk/zh", "big5/zh", "utf16/zh"}
    assert report.hidden == ("staff/zh",)
    assert [str(b).partition(": ")[2] for b in report.broken] == [
        "not UTF-8 at byte 2, and too short to tell what else; save it as UTF-8"
    ]
    assert [r.text.partition(",")[0] for r in report.remarks] == [
        "was read as GBK", "was read as Big5", "was read as UTF-16", "was read as GBK"
    ]  # fmt: skip
