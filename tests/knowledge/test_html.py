"""A shop's page: what it says about its product or rule, and not what stands on every page."""

import pytest

from shopassist.knowledge.documents import document
from shopassist.knowledge.sources.findings import Fault
from shopassist.knowledge.sources.html import parse
from shopassist.knowledge.split import split

TOP = """<!DOCTYPE html><html lang="zh-CN"><head><title>云听 Pro - 云集数码</title></head><body class="has-sidebar menu-open">
<div class="site-top"><div class="top-bar"><a href="/login">你好，请登录</a><a href="/reg">免费注册</a><a href="/o">我的订单</a></div></div>
<div id="mainMenu"><ul><li><a href="/a">手机</a></li><li><a href="/b">耳机</a></li><li><a href="/c">手表</a></li></ul></div>
<div class="cookie-banner"><p>我们使用 Cookie 来改善您的浏览体验，详情见隐私政策。</p><button>接受</button></div>
<div class="crumbs"><a href="/">首页</a> &gt; <a href="/b">耳机</a> &gt; 云听 Pro</div>
<div class="wrap"><div class="product">"""
BOTTOM = """</div><div class="recommend"><h3>猜你喜欢</h3><ul><li><a href="/p/1">云听 Lite</a></li><li><a href="/p/2">云听 Max</a></li>
<li><a href="/p/3">收纳盒</a></li></ul></div></div>
<div class="foot"><div><a href="/about">关于我们</a><a href="/join">加入我们</a><a href="/law">法律声明</a></div>
<p>© 2024 云集数码 沪ICP备12345678号</p></div></body></html>"""


def blocks(body):
    return parse(TOP + body + BOTTOM)["text"].split("\n\n")


def passages(body):
    found = split(document({"language": "zh"}, "\n\n".join(blocks(body)), source="x", id="x", title="云听 Pro"))
    return [line for p in found for line in p.text.split("\n")]


def test_of_a_page_without_semantic_tags_the_product_stays():
    assert blocks("<h1>云听 Pro 主动降噪耳机</h1><div>深度降噪 45 dB，通勤也安静。<b>支持</b>两台设备。</div>") == [
        "# 云听 Pro 主动降噪耳机", "深度降噪 45 dB，通勤也安静。支持两台设备。",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "specifications",
    [
        "<table><tr><th>防水</th><td>IPX4</td></tr><tr><th>重量</th><td>250 克</td></tr></table>",
        "<table><tr><td>防水</td><td>IPX4</td></tr><tr><td>重量</td><td>250 克</td></tr></table>",
        "<table><tr><th>防水</th><td>IPX4</td><th>重量</th><td>250 克</td></tr></table>",
        "<dl><dt>防水</dt><dd>IPX4</dd><dt>重量</dt><dd>250 克</dd></dl>",
        "<dl><div><dt>防水</dt><dd>IPX4</dd></div><div><dt>重量</dt><dd>250 克</dd></div></dl>",
        "<ul><li><span>防水</span><span>IPX4</span></li><li><span>重量：</span><em>250 克</em></li></ul>",
        "<div><div><div>防水</div><div>IPX4</div></div><div><div>重量</div><div>250 克</div></div></div>",
        "<table><thead><tr><th>项目</th><th>参数</th></tr></thead><tr><td>防水</td><td>IPX4</td></tr><tr><td>重量</td><td>250 克</td></tr></table>",
    ],
)
def test_specifications_become_sentences_however_they_are_marked(specifications):
    assert passages(f"<h1>云听 Pro</h1><p>一副耳机。</p><h2>规格</h2>{specifications}")[-2:] == [
        "防水：IPX4。",
        "重量：250 克。",
    ]


def test_a_cell_that_spans_rows_stands_in_each_of_them():
    table = "<table><tr><th rowspan='2'>主体</th><th>品牌</th><td>云听</td></tr><tr><th>型号</th><td>YT-200</td></tr></table>"
    assert passages(f"<h1>x</h1>{table}")[-2:] == ["主体 品牌：云听。", "主体 型号：YT-200。"]


def test_questions_and_answers_stay_two_lines():
    found = blocks(
        "<h1>x</h1><dl><dt>能退吗？</dt><dd>七天内可以。</dd></dl><h3><button>能换吗？</button></h3><p>可以。</p>"
    )
    assert found[1:] == ["能退吗？", "七天内可以。", "### 能换吗？", "可以。"]


def test_text_between_blocks_and_lines_of_an_address_are_kept_apart():
    found = blocks("<h1>x</h1><div>寄回地址<p>杭州市西湖区<br>文三路 1 号</p>电话见包裹</div>")
    assert found[1:] == ["寄回地址", "杭州市西湖区\n文三路 1 号", "电话见包裹"]


def test_links_in_a_sentence_and_a_lone_download_are_no_menu():
    found = blocks(
        "<h1>x</h1><p>退货见<a href='/r'>退货政策</a>，换货见<a href='/e'>换货</a>，都在<a href='/h'>帮助中心</a>里写明了条件和时间。</p>"
        "<ul><li><a href='/m.pdf'>使用说明书（PDF）</a></li></ul>"
    )
    assert found[1].startswith("退货见退货政策，换货见换货")
    assert found[2] == "- 使用说明书（PDF）"


def test_several_articles_are_all_read():
    page = "<body><article><h2>一</h2><p>第一条规定。</p></article><article><h2>二</h2><p>第二条规定。</p></article></body>"
    assert parse(page)["text"].split("\n\n") == ["## 一", "第一条规定。", "## 二", "第二条规定。"]


def test_a_page_that_is_one_form_and_a_heading_in_an_articles_header_are_kept():
    page = "<body><form id='aspnetForm'><article><header><h1>退货</h1></header><p>七天内可以退。</p></article></form></body>"
    assert parse(page)["text"] == "# 退货\n\n七天内可以退。"


def test_a_page_of_links_alone_keeps_them_rather_than_nothing():
    page = "<body><ul>" + "".join(f"<li><a href='/{n}'>怎样退货 {n}</a></li>" for n in range(5)) + "</ul></body>"
    assert parse(page)["text"].startswith("- 怎样退货 0")


def test_a_page_without_text_is_told():
    with pytest.raises(Fault, match="no text outside its navigation"):
        parse("<nav>home</nav>")


def test_a_cell_over_several_columns_stands_in_each():
    """Counted once it moved the others: the fee for more weight was told as that of another region."""
    head = (
        "<tr><th rowspan=2>档次</th><th colspan=2>大陆</th><th colspan=2>港澳</th></tr>"
        "<tr><th>首重</th><th>续重</th><th>首重</th><th>续重</th></tr>"
    )
    rows = (
        "<tr><td>小件</td><td>8 元</td><td>2 元</td><td>20 元</td><td>5 元</td></tr>"
        "<tr><td>信件</td><td colspan=2>免费</td><td>12 元</td><td>3 元</td></tr>"
        "<tr><td colspan=5>超重请联系客服</td></tr>"
    )
    assert passages(f"<h1>运费</h1><table>{head}{rows}</table>")[-3:] == [
        "小件：大陆首重：8 元，大陆续重：2 元，港澳首重：20 元，港澳续重：5 元。",
        "信件：大陆首重：免费，大陆续重：免费，港澳首重：12 元，港澳续重：3 元。",
        "超重请联系客服。",
    ]
