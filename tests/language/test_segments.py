"""Where a message falls apart: the pieces that hold one wish each, and what of them asks."""

import pytest

from shopassist.language.segments import segments
from shopassist.text import language_of

PIECES = {
    "耳机多少钱？顺便查下我的订单到哪了": ["耳机多少钱？", "顺便查下我的订单到哪了"],
    "耳机多少钱顺便查下我的订单到哪了": ["耳机多少钱", "顺便查下我的订单到哪了"],
    "把地址改成上海市世纪大道100号，收件人改成李雷": ["把地址改成上海市世纪大道100号", "收件人改成李雷"],
    "把地址改成上海市世纪大道100号，3号楼502，收件人改成李雷": ["把地址改成上海市世纪大道100号，3号楼502", "收件人改成李雷"],
    "我昨天买的耳机坏了，左耳没声音，想换一个": ["我昨天买的耳机坏了，左耳没声音，想换一个"],
    "耳机坏了。左耳没声音。想换一个。": ["耳机坏了。左耳没声音。想换一个。"],
    "耳机坏了\n左耳没声音\n想换一个": ["耳机坏了\n左耳没声音\n想换一个"],
    "帮我取消订单然后重新下一个": ["帮我取消订单", "然后重新下一个"],
    "帮我取消订单，并退款给我": ["帮我取消订单，并退款给我"],
    "要是明天还不发货，我就取消": ["要是明天还不发货，我就取消"],
    "你好，我想问一下，快递到哪了": ["你好，我想问一下，快递到哪了"],
    "能退吗运费谁出": ["能退吗", "运费谁出"],
    "耳机退货，键盘换一个": ["耳机退货", "键盘换一个"],
    "想退货，怎么操作": ["想退货，怎么操作"],
    "帮我改下地址，可以吗": ["帮我改下地址，可以吗"],
    "订单1002取消 还有1001催一下": ["订单1002取消", "还有1001催一下"],
    "开个发票。另外，耳机防水吗？还有运费多少": ["开个发票。", "另外，耳机防水吗？", "还有运费多少"],
    "iPhone 15 Pro Max 支持吗": ["iPhone 15 Pro Max 支持吗"],
    "降价了，我怎么办？": ["降价了，我怎么办？"],
    "蓝牙5.3的支持吗": ["蓝牙5.3的支持吗"],
    "还有货吗": ["还有货吗"],
    "有货没 能开票不": ["有货没", "能开票不"],
    "白的啥时候有 黑的多钱": ["白的啥时候有", "黑的多钱"],
    "取消002 003那个催一下": ["取消002", "003那个催一下"],
    "先别取消 我再想想": ["先别取消 我再想想"],
    "别磨叽 帮我取消键盘": ["帮我取消键盘"],
    "别取消键盘 帮我催一下": ["别取消键盘", "帮我催一下"],
    "手表咋便宜了 差价退给我": ["手表咋便宜了 差价退给我"],
    "鼠标怎么配对 补我差价": ["鼠标怎么配对", "补我差价"],
    "怎么才能便宜点 有券吗": ["怎么才能便宜点", "有券吗"],
    "寄过去要另外加钱吗": ["寄过去要另外加钱吗"],
    "嗯": ["嗯"],
    "Where is my order and how much are the earbuds?": ["Where is my order", "and how much are the earbuds?"],
    "I bought the earbuds yesterday, the left one is dead, I want to exchange it": [
        "I bought the earbuds yesterday, the left one is dead, I want to exchange it"
    ],
    "Change the address to 12 King Street, Leeds, and the recipient to Tom": [
        "Change the address to 12 King Street, Leeds", "and the recipient to Tom"
    ],
    "Cancel order 1002 and refund me": ["Cancel order 1002 and refund me"],
    "cancel my order and send the invoice to a@b.com. Also, do you have coupons?": [
        "cancel my order", "and send the invoice to a@b.com.", "Also, do you have coupons?"
    ],
    "If it doesn't ship today, I'll cancel": ["If it doesn't ship today, I'll cancel"],
    "I want to return the watch because it's broken. How long does the refund take?": [
        "I want to return the watch because it's broken.", "How long does the refund take?"
    ],
    "hi, I have a question, is the mouse in stock?": ["hi, I have a question, is the mouse in stock?"],
    "track my order then tell me the return policy": ["track my order", "then tell me the return policy"],
    "cut the crap, when does it ship": ["when does it ship"],
    "I need salt and pepper mills": ["I need salt and pepper mills"],
}  # fmt: skip


@pytest.mark.parametrize(("text", "pieces"), PIECES.items())
def test_a_piece_for_each_wish(text, pieces):
    assert [s.text for s in segments(text, language_of(text))] == pieces


@pytest.mark.parametrize(
    "text",
    [
        *PIECES,
        "  Ｆｕｌｌ　ｗｉｄｔｈ，㎏ 帮我改下地址 ",
        "ﬁne, cancel it",
        "İstanbul? 退货吗？",
        "，，。",
        "",
        "a\n\nb",
    ],
)
def test_a_span_is_a_place_in_the_text_given_in(text):
    for language in ("zh", "en"):
        end = 0
        for segment in segments(text, language):
            assert text[slice(*segment.span)] == segment.text
            assert segment.span[0] >= end
            end = segment.span[1]
            assert all(text[slice(*span)] == told for told, span in segment.told)


@pytest.mark.parametrize(
    ("text", "core", "told"),
    [
        ("我昨天买的耳机坏了，左耳没声音，想换一个", "想换一个", ["我昨天买的耳机坏了", "左耳没声音"]),
        ("快递还没到，帮我开个发票", "帮我开个发票", ["快递还没到"]),
        ("我不想要了，帮我取消", "帮我取消", ["我不想要了"]),
        ("昨天申请了退款，到现在没到账", "昨天申请了退款 到现在没到账", []),
        ("The left one is dead, I want to exchange it", "I want to exchange it", ["The left one is dead"]),
    ],
)
def test_what_asks_is_told_from_what_is_only_told(text, core, told):
    (segment,) = segments(text, language_of(text))
    assert (segment.core, [words for words, _ in segment.told]) == (core, told)


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("地址和电话都改一下", ["地址都改一下", "电话都改一下"]),
        ("帮我改收件人跟收货地址", ["帮我改收件人", "帮我改收货地址"]),
        ("change my address and phone number", ["change my address", "change my phone number"]),
    ],
)
def test_one_verb_with_two_objects_is_two_pieces_in_one_place(text, texts):
    found = segments(text, language_of(text))
    assert [s.text for s in found] == texts
    assert {s.span for s in found} == {(0, len(text))}


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("那单退货换货都给我办上 屏幕有亮点", ["那单退货给我办上", "那单换货给我办上"]),
        ("退货和保价我一起申请", ["退货我申请", "保价我申请"]),
        ("换货、维修两个都帮我报上", ["换货帮我报上", "维修帮我报上"]),
        ("put in both a return and an exchange", ["put in a return", "put in an exchange"]),
        (
            "please file the refund and the price adjustment",
            ["please file the refund", "please file the price adjustment"],
        ),
    ],
)
def test_two_deeds_that_are_wanted_together_are_two_pieces_in_one_place(text, texts):
    found = segments(text, language_of(text))
    assert [s.text for s in found] == texts
    assert {s.span for s in found} == {(0, len(text))}


@pytest.mark.parametrize(
    "text",
    [
        "退货换货都要自己付运费吗",
        "退货和换货都是几天内",
        "退货换货都不给办",
        "退货和换货有什么区别",
        "what is the difference between a return and an exchange",
        "do you need the box for a return and an exchange",
        "a return and an exchange, are both free?",
    ],
)
def test_a_question_about_two_deeds_is_one_piece(text):
    assert len(segments(text, language_of(text))) == 1


@pytest.mark.parametrize("text", ["可以吗", "怎么办？", "我想问一下", "is that ok?", "I have a question"])
def test_a_piece_may_say_nothing_by_itself(text):
    assert [s.empty for s in segments(text, language_of(text))] == [True]
