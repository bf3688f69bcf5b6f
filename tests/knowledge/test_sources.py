import os
import re
from datetime import date

import pytest

from shopassist.errors import DocumentError
from shopassist.knowledge.sources import files, read, skipped


@pytest.fixture
def write(tmp_path):
    """Write a file, and a side file where one is given; the file's path."""

    def write(name, text, side=None):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        if side is not None:
            path.with_name(name + ".yaml").write_text(side, "utf-8")
        return path

    return write


def test_front_matter_says_what_is_known_about_a_page(write):
    page = write(
        "a.md",
        "---\nid: returns\ntitle: 退货\nlanguage: zh\npublic: false\nvalid_from: 2024-11-01\nvalid_to: 2024-11-12\n"
        "url: /help\ntags: [policy, 退货]\naliases: 退\n---\n# 双十一\n\n三十天。\n",
    )
    (found,) = read(page)
    assert (found.id, found.title, found.language, found.public) == ("returns", "退货", "zh", False)
    assert (found.valid_from, found.valid_to) == (date(2024, 11, 1), date(2024, 11, 12))
    assert (found.url, found.tags, found.aliases) == ("/help", ("policy", "退货"), ("退",))
    assert found.text == "# 双十一\n\n三十天。"
    assert found.key == "returns@2024-11-01..2024-11-12/zh"


def test_without_front_matter_the_name_the_heading_and_the_letters_say_it(write):
    (found,) = read(write("shipping.md", "# How we ship\n\nIn two days.\n"))
    assert (found.id, found.title, found.language, found.public) == ("shipping", "How we ship", "en", True)


@pytest.mark.parametrize(
    "text", ["\ufeff---\nid: x\n---\n退货。", "---\r\nid: x\r\n---\r\n退货。\r\n", "---\nid: x\n--- \n退货。"]
)
def test_a_byte_order_mark_and_foreign_line_ends_do_no_harm(write, text):
    (found,) = read(write("a.md", text))
    assert (found.id, found.text) == ("x", "退货。")


@pytest.mark.parametrize(
    "opening", ["--- \n", "---\t\u3000\n", "\n \n---\n", "\ufeff\n\ufeff---\n", "\r\n--- \r\n", "  ---\n"]
)
@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.html"])
def test_blanks_around_its_first_line_do_not_open_front_matter_to_the_public(write, name, opening):
    (found,) = read(write(name, f"{opening}id: staff\npublic: false\n---\n<p>员工折扣是五折。</p>"))
    assert (found.id, found.public) == ("staff", False)
    assert "public" not in found.text


def test_rules_that_hold_nothing_between_them_are_text(write):
    (found,) = read(write("a.md", "-----\n\n正文：public 的意思。\n\n-----\n"))
    assert found.public
    assert "正文" in found.text


def test_half_a_character_in_the_metadata_is_dropped(write):
    half = '"\\ud800退货"'
    meta = f"id: {half}\ntitle: {half}\nurl: {half}\ntags: [{half}]\naliases: {half}\n"
    (found,) = read(write("a.md", f"---\n{meta}---\n正文"))
    assert {found.id, found.title, found.url, *found.tags, *found.aliases} == {"退货"}
    (named,) = read(write("b.md", '---\nid: "\\udfff"\n---\n正文'))
    assert named.id == "b"


def test_empty_front_matter_and_a_rule_in_the_text_are_no_mistake(write):
    (found,) = read(write("a.md", "---\n---\n上面。\n\n---\n\n下面。"))
    assert found.text == "上面。\n\n---\n\n下面。"


def test_html_loses_its_boilerplate_and_keeps_its_structure(write):
    page = write(
        "guide.html",
        "<html lang='zh-CN'><head><title>选购</title><style>p{}</style></head><body><nav><p>首页</p></nav>"
        "<main><h2>价格</h2><p>订单满 <b>99</b> 元包邮。</p><ul><li>黑</li></ul><div>只在中国大陆发货。</div>"
        "<table><tr><th>项目</th><th>参数</th></tr><tr><td>防水</td><td>IPX4</td></tr></table>"
        "<script>track()</script></main><footer>版权</footer></body></html>",
    )
    (found,) = read(page)
    assert (found.id, found.title, found.language) == ("guide", "选购", "zh")
    assert found.text.split("\n\n") == [
        "## 价格", "订单满 99 元包邮。", "- 黑", "只在中国大陆发货。",
        "| 项目 | 参数 |\n| --- | --- |\n| 防水 | IPX4 |",
    ]  # fmt: skip


def test_a_side_file_speaks_for_a_page_that_cannot(write):
    (found,) = read(write("g.html", "<p>hello there</p>", "id: guide\nlanguage: en\ntags: [guide]\n"))
    assert (found.id, found.tags) == ("guide", ("guide",))


def test_each_row_of_a_csv_becomes_a_document(write):
    table = write(
        "faq.csv",
        'id,question,answer,tags\nship,多久发货？,"48 小时，\n节假日除外。",物流\npay,怎么付款？,支付宝。,付款;分期\n',
        'id: "faq-{id}"\ntitle: "{question}"\ntext: "{question}\\n{answer}"\nlanguage: zh\n',
    )
    ship, pay = read(table)
    assert (ship.id, ship.title, ship.text) == ("faq-ship", "多久发货？", "多久发货？\n48 小时，\n节假日除外。")
    assert (pay.id, pay.tags) == ("faq-pay", ("付款", "分期"))
    assert ship.source != pay.source


SIDE = 'text: "{q} {a}"\nlanguage: en\n'

BROKEN = {
    "not UTF-8": ("a.md", "退货".encode("gbk"), None, r"not UTF-8 at byte 0"),
    "unclosed front matter": ("a.md", "---\nid: x\n正文", None, r"not closed"),
    "four dashes": ("a.md", "----\npublic: false\n----\n正文", None, r"looks like front matter .* lines of ---"),
    "long dashes": ("a.md", "———\nid: x\npublic: false\n———\n正文", None, r"looks like front matter"),
    "a remark behind the dashes": ("a.md", "--- # staff\ntitle: x\n---\n正文", None, r"looks like front matter"),
    "front matter of another kind": ("a.md", '+++\ntitle = "x"\n+++\n正文', None, r"looks like front matter"),
    "no opening line": ("a.md", "public: false\n---\n正文", None, r"looks like front matter"),
    "below a heading": ("a.md", "# 员工\n\n---\npublic: false\n---\n正文", None, r"looks like front matter"),
    "swallowed by the line above": ("a.md", "---\nid: x\n  public:false\n---\n正文", None, r"looks like front matter"),
    "unclosed behind a blank line": ("a.md", "\n--- \npublic: false\n正文", None, r"not closed"),
    "unclosed in HTML": ("a.html", "---\npublic: false\n<p>正文</p>", None, r"not closed"),
    "nested without end": ("a.md", f"---\ntags: {'[' * 5000}\n---\n正文", None, r"nested too deeply"),
    "a tag that YAML trips over": ("a.md", "---\nid: !!timestamp x\n---\n正文", None, r"cannot be read \(\w+\)"),
    "an id that is a list": ("a.md", "---\nid: [a]\n---\n正文", None, r"id must be one text"),
    "bad YAML": ("a.md", "---\nid: x\ntags: [a\n---\n正文", None, r"line \d+: .+"),
    "front matter that is a list": ("a.md", "---\n- x\n---\n正文", None, r"name: value"),
    "unknown field": ("a.md", "---\nuntil: 2024-01-01\n---\n正文", None, r"'until'; allowed are .*valid_to"),
    "bad date": ("a.md", "---\nvalid_from: 1.11.2024\n---\n正文", None, r"valid_from .*2024-11-01, not '1.11.2024'"),
    "a day that is not": ("a.md", "---\nvalid_to: 2024-11-31\n---\n正文", None, r"valid_to .*'2024-11-31'"),
    "end before start": ("a.md", "---\nvalid_from: 2024-02-01\nvalid_to: 2024-01-01\n---\n正文", None,
                         r"valid_to 2024-01-01 is before valid_from 2024-02-01"),
    "public as a text": ("a.md", "---\npublic: maybe\n---\n正文", None, r"public must be true or false, not 'maybe'"),
    "empty file": ("a.md", "", None, r"no text"),
    "front matter alone": ("a.md", "---\nid: x\n---\n\n", None, r"no text"),
    "empty page": ("a.html", "<nav>home</nav>", None, r"no text outside its navigation"),
    "language not supported": ("a.md", "---\nlanguage: de\n---\nGuten Tag", None, r"language 'de' is not one of zh"),
    "language not told": ("1.md", "1 2 3", None, r"say it in the front matter"),
    "CSV without side file": ("a.csv", "q,a\n1,2\n", None, r"side file a\.csv\.yaml"),
    "CSV without rows": ("a.csv", "q,a\n", SIDE, r"no rows"),
    "empty CSV": ("a.csv", "", SIDE, r"no rows"),
    "a column that is not there": ("a.csv", "q,b\nx,y\n", SIDE, r"row 2: .*names no column 'a'; there are q, b"),
    "a template that asks for more": ("a.csv", "q,a\nx,y\n", 'text: "{q.answer}"\n', r"row 2: .*names no column"),
    "a row too short": ("a.csv", "q,a\nx,y\nx\n", SIDE, r"row 3: has not as many cells as the head \(2\)"),
    "a row too long": ("a.csv", "q,a\nx,y,z\n", SIDE, r"row 2: has not as many cells"),
    "an open quote": ("a.csv", 'q,a\n"x,y\n', SIDE, r"line \d+: "),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "side", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_named_with_its_place_and_reason(write, name, text, side, reason):
    path = write(name, text, side)
    with pytest.raises(DocumentError) as caught:
        list(read(path))
    assert str(caught.value).startswith(f"{path}: ")
    assert re.search(reason, str(caught.value)), caught.value


def test_the_line_of_bad_yaml_is_the_line_in_the_file(write):
    with pytest.raises(DocumentError, match=r"line 3: "):
        list(read(write("a.md", "---\nid: x\ntitle: a: b\n---\n正文")))

    with pytest.raises(DocumentError, match=r"line 5: "):
        list(read(write("b.md", "\n\n---\nid: x\ntitle: a: b\n---\n正文")))


def test_a_file_whose_name_is_not_utf8_is_named(tmp_path):
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.md")).write_text("退货。", "utf-8")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    (path,) = files([tmp_path])
    with pytest.raises(DocumentError, match=r"caf\\udce9\.md: its name, .* is not UTF-8; rename it") as caught:
        list(read(path))
    assert str(caught.value).encode()


def test_what_is_passed_over_in_a_folder_is_known(write, tmp_path):
    write("a.md", "一。", "id: x")
    (tmp_path / "folder").mkdir()
    (tmp_path / ".hidden.md").touch()
    passed = [write("b.csv.yaml", "text: x"), write("c.pptx", b"PK"), write("folder/d.yml", "x: y")]
    (tmp_path / "linked").symlink_to(tmp_path / "folder")
    assert [s.source for s in skipped([tmp_path])] == [str(p) for p in (*passed, tmp_path / "linked")]
    assert files([tmp_path]) == [tmp_path / "a.md"]


def test_hidden_files_unknown_kinds_and_side_files_are_passed_over_in_a_folder(write, tmp_path):
    wanted = write("a.md", "一。")
    table = write("b.csv", "q\n", "text: x")
    write("c.pptx", b"PK")
    (tmp_path / ".git").mkdir()
    write(".git/d.md", "四。")
    assert files([tmp_path]) == [wanted, table]


def test_an_unknown_kind_that_is_named_outright_is_refused(write):
    with pytest.raises(DocumentError, match=r"c\.pptx is of an unknown kind; known are .*\.md"):
        files([write("c.pptx", b"PK")])


def test_a_path_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DocumentError, match="gone does not exist"):
        files([tmp_path / "gone"])
