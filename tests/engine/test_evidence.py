"""Figures, sentences and sources, compared between a sentence and the pages."""

import pytest

from shopassist.engine.evidence import cite, clauses, contradicts, quote, untraced
from shopassist.engine.figures import asked_for, figures, names_one
from shopassist.replies import Passage


def page(text, document="page", title="页面", language="zh", tags=()):
    return Passage(document, document, title, text, 1.0, 0.9, language, tags=tags)


PRO = page(
    "无线降噪耳机Pro 降噪 45 dB，单次续航 8 小时，防水等级 IPX4。蓝牙 5.3，单耳重量 5.2 克。",
    "p-1001",
    "无线降噪耳机Pro",
    tags=("product",),
)
LITE = page(
    "无线降噪耳机Lite 降噪 30 dB，单次续航 6 小时，不支持双设备连接。", "p-1002", "无线降噪耳机Lite", tags=("product",)
)
RETURNS = page(
    "签收后 7 天内可以无理由退货。拆封的贴身用品不支持无理由退货。运费由买家承担。", "returns", "七天无理由退货政策"
)
REFUND = page("仓库收到退货并验收后 1–3 个工作日内原路退款。", "refund_timing", "退款时效")
HOURS = page("人工客服的工作时间是 9:00–21:00（北京时间）。", "service_hours", "客服时间")
SHIPPING = page("订单满 99 元包邮，不满收 8 元运费。", "shipping", "配送说明")
ALL = [PRO, LITE, RETURNS, REFUND, HOURS, SHIPPING]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15 天内", "15 day"),
        ("１５天", "15 day"),
        ("十五天", "15 day"),
        ("七天无理由", "7 day"),
        ("thirty days", "30 day"),
        ("twenty-four hours", "24 hour"),
        ("two hundred yuan", "200 yuan"),
        ("a 7-day return", "7 day"),
        ("10-minute charge", "10 minute"),
        ("3–5 个工作日", "3, 5 day"),
        ("三到五天", "3 day, 5 day"),
        ("二十四小时", "24 hour"),
        ("半年", "0.5 year"),
        ("两个月", "2 month"),
        ("两百元", "200 yuan"),
        ("一万二千元", "12000 yuan"),
        ("1,299 元", "1299 yuan"),
        ("￥8", "8 yuan"),
        ("¥1,299.00", "1299 yuan"),
        ("98 折", "98 discount"),
        ("九八折", "98 discount"),
        ("九折", "9 discount"),
        ("25%", "25 percent"),
        ("百分之二十五", "25 percent"),
        ("5.2 克", "5.2 gram"),
        ("3、6、12 期", "3, 6, 12 instalment"),
        ("20000mAh", "20000 capacity"),
        ("45dB", "45 decibel"),
        ("98cm", "98 centimetre"),
        ("98 厘米", "98 centimetre"),
        ("满 3 件", "3 item"),
        ("3 items", "3 item"),
        ("适用 30 平方米", "30 square-metre"),
        ("30㎡", "30 square-metre"),
        ("线长 1.5 米", "1.5 metre"),
        ("0.6升", "0.6 litre"),
        ("600 ml", "600 millilitre"),
        ("2 件事", "2"),
        ("IPX4", "ipx4 code"),
        ("机械键盘K87", "k87 code"),
        ("P-1001", "p-1001 code"),
        ("NEW20减20元", "new20 code, 20 yuan"),
        ("9:00–21:00", "9:00 clock, 21:00 clock"),
        ("早上9点到晚上9点", "9:00 clock, 21:00 clock"),
        ("9 am to 9 p.m.", "9:00 clock, 21:00 clock"),
        ("2024 年 11 月 1 日", "11-1 date"),
        ("12月5号", "12-5 date"),
        ("2024-12-31", "12-31 date"),
        ("1. 打开订单", ""),
        ("千万不要一下退两件", ""),
        ("星期一，一起，一点", ""),
        ("USB-C", ""),
    ],
)
def test_figures_are_read_in_every_writing(text, expected):
    assert ", ".join(f"{f.value} {f.unit}".strip() for f in figures(text)) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "单次续航 8 小时，降噪 45 dB。",
        "续航是八小时。",
        "Pro 的防水是 IPX4。",
        "5.2 克，很轻。",
        "七天内可以退。",
        "早上9点到晚上9点都在。",
        "1–3 个工作日内退款。",
        "满 99 元包邮，续航 8 小时。",  # one source a clause
        "可以的。",
    ],
)
def test_a_true_figure_is_traced(sentence):
    assert untraced(sentence, ALL, "") is None


@pytest.mark.parametrize(
    ("sentence", "value"),
    [
        ("续航 10 小时。", "10"),
        ("十五天内可以退。", "15"),
        ("8 天内可以退。", "8"),  # 8 is a number of the pages, but not of days
        ("防水等级 IPX7。", "ipx7"),
        ("满 ￥100 包邮。", "100"),
        ("22:00 下班。", "22:00"),
        ("签收后 7 天内可以退，第 10 天就不行。", "10"),
    ],
)
def test_a_wrong_figure_is_caught(sentence, value):
    assert untraced(sentence, ALL, "").value == value


def test_figures_of_two_products_in_one_clause_are_caught():
    assert untraced("降噪 45 dB 续航 6 小时。", ALL, "") is not None
    assert untraced("降噪 45 dB 续航 8 小时。", ALL, "") is None


def test_what_the_customer_named_may_be_repeated_if_it_is_a_day_and_not_an_amount():
    assert untraced("您 11 月 28 日签收的订单可以退。", ALL, "我11月28号签收的") is None
    assert untraced("运费是 20 元。", ALL, "运费是20元吗").value == "20"


def test_a_comma_in_a_number_parts_no_clause():
    assert clauses("价格 1,299 元，包邮。") == ["价格 1299 元", "包邮"]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("无线降噪耳机Lite 支持双设备连接。", True),
        ("无线降噪耳机Lite 不支持双设备连接。", False),
        ("拆封的贴身用品支持无理由退货。", True),
        ("拆封的贴身用品不支持无理由退货。", False),
        ("签收后 7 天内不可以无理由退货。", True),
        ("未签收的，7 天内也可以无理由退货。", False),
        ("可以的。", False),
    ],
)
def test_a_denial_of_the_source_is_seen(sentence, expected):
    assert contradicts(sentence, [LITE, RETURNS]) is expected


def test_a_negation_beside_the_matter_is_no_denial():
    page_says = page("未发货就取消的订单，24 小时内退款。")
    assert not contradicts("未发货的订单取消后 24 小时内退款。", [page_says])


def test_a_quote_is_the_sentence_nearest_to_the_question():
    assert quote("运费谁出", [RETURNS]) == (RETURNS, "运费由买家承担。")
    assert quote("拆封的贴身用品能退吗", [RETURNS])[1] == "拆封的贴身用品不支持无理由退货。"


def test_a_used_sentence_is_not_quoted_again():
    first = quote("退货运费", [RETURNS])[1]
    assert quote("退货运费", [RETURNS], used=[first])[1] != first


def test_a_heading_or_a_question_is_no_quote():
    assert quote("退货运费", [page("退货运费\n退货运费谁出？\n退货运费：")]) is None


def test_nothing_is_quoted_for_a_question_about_something_else():
    assert quote("xyz", [RETURNS]) is None


@pytest.mark.parametrize(
    ("question", "answer", "named"),
    [
        ("无理由退货期是多少天", "延长到签收后 30 天。", True),
        ("无理由退货期是多少天", "签收次日算第 1 天，最晚可以在 12 月 15 日申请。", False),
        ("退款多久到账", "一般 1–3 个工作日。", True),
        ("退款多久到账", "会原路退回。", False),
        ("这个多重", "整机 250 克。", True),
        ("how long does a refund take", "One to three working days.", True),
        ("how long does a refund take", "It goes back the way you paid.", False),
        ("how heavy is it", "It weighs 250 g.", True),
        ("能用多少平方米的房间", "适用 30 平方米以内的房间。", True),
        ("满几件打折", "满 300 元打 9 折。", False),
        ("几点下班", "9:00–21:00。", True),
    ],
)
def test_a_question_for_a_figure_wants_one_of_its_kind(question, answer, named):
    assert names_one(answer, asked_for(question)) is named


def test_a_figure_of_the_question_is_no_answer():
    units = asked_for("付款两天了，到底要等多久")
    assert not names_one("付款两天了还没发货，建议催一催。", units, "付款两天了，到底要等多久")
    assert names_one("付款后 48 小时内发货。", units, "付款两天了，到底要等多久")


@pytest.mark.parametrize("question", ["能退吗", "几个颜色", "what colours are there", "怎么开发票"])
def test_other_questions_want_none(question):
    assert not asked_for(question)


def test_a_question_for_a_figure_is_answered_by_the_sentence_that_has_it():
    returns = page(
        "无理由退货期按下单日期算，双十一下单的也一样。签收次日算第 1 天。双十一下的订单，期限是签收后 30 天。"
    )
    assert quote("双十一下单的无理由退货期是多少天", [returns])[1] == "双十一下的订单，期限是签收后 30 天。"


def test_a_citation_names_the_page_that_holds_the_figures():
    citation = cite("单次续航 6 小时。", [PRO, LITE])
    assert (citation.document, citation.title) == ("p-1002", "无线降噪耳机Lite")
    assert citation.quote in LITE.text
    assert "6 小时" in citation.quote


def test_a_question_on_a_page_is_no_source():
    shipping = page("付款后超过 48 小时还没发货怎么办？请联系客服，付款后 48 小时内必须发货。")
    assert cite("付款后超过 48 小时还没发货，可以联系客服。", [shipping]).quote.startswith("请联系客服")


def test_a_courtesy_has_no_citation():
    assert cite("让您久等了，非常抱歉。", ALL) is None
    assert cite("任何话", []) is None


RULE = page("金卡会员的新订单享 98 折。\n1. 打开会员中心，查看金卡等级。", "membership", "会员制度", tags=("policy",))
ROW = page("怎样成为金卡会员？\n金卡会员的新订单享 98 折。", "faq-gold", "怎样成为金卡会员？", tags=("faq",))
WATCH = page(
    "The watch is fit for swimming.\nDoes GPS shorten the battery life? Yes, using GPS takes more power.",
    "p-3001", "Smart Watch", "en", ("product",),
)  # fmt: skip


def test_a_policys_page_is_cited_before_a_row_that_repeats_it():
    assert cite("金卡会员的新订单享 98 折。", [ROW, RULE]).document == "membership"


def test_a_page_with_another_figure_is_not_cited_for_its_authority():
    other = page("金卡会员的新订单享 95 折。", "membership", "会员制度", tags=("policy",))
    assert cite("金卡会员的新订单享 98 折。", [ROW, other]).document == "faq-gold"


def test_a_yes_to_another_question_is_no_answer():
    assert quote("Can I swim with it?", [WATCH])[1] == "The watch is fit for swimming."


def test_a_bare_no_is_quoted_with_what_follows():
    row = page("Can I choose the courier?\nNo. The warehouse assigns one.", "faq", "Can I choose the courier?", "en")
    assert quote("can I pick the courier", [row])[1] == "No. The warehouse assigns one."


@pytest.mark.parametrize(
    ("text", "example", "rule"),
    [
        (
            "成为金卡会员，折扣怎么生效",
            "例如，12 月 4 日成为金卡会员，折扣从 12 月 5 日起生效。",
            "金卡的折扣从成为会员的次日起生效。",
        ),
        (
            "what does who goes gold have",
            "For example, who goes gold on 4 December has the gold discount from 5 December.",
            "Who goes gold has 2% off from the next day.",
        ),
    ],
)
def test_the_rule_is_quoted_before_its_example(text, example, rule):
    assert quote(text, [page(f"等级按消费累计。Levels go by spending.\n{example}\n{rule}")])[1] == rule
    assert quote(text, [page(example)])[1] == example


def test_a_step_is_quoted_where_steps_are_asked_for():
    assert quote("金卡等级怎么查看", [RULE])[1].startswith("1.")
    assert not quote("金卡会员的等级", [RULE])[1].startswith("1.")


def test_a_policys_beginning_is_quoted_where_no_word_is_shared():
    assert quote("满额了能省钱吗", [RULE])[1] == "金卡会员的新订单享 98 折。"
    assert quote("满额了能省钱吗", [ROW]) is None


def test_what_customers_call_it_finds_what_the_page_calls_it():
    assert quote("邮费算谁的", [RETURNS])[1] == "运费由买家承担。"


def test_a_number_of_items_or_square_metres_is_none_of_days():
    pages = [page("适用 30 平方米以内的房间，满 3 件打 9 折，7 天内可退。")]
    assert untraced("适用 30 平方米的房间，满 3 件打折。", pages, "") is None
    assert untraced("适用 7 平方米的房间。", pages, "").value == "7"
    assert untraced("满 7 件打 9 折。", pages, "").value == "7"
