"""What the model may not say: echoes, other languages, deeds and promises, figures and claims without a source."""

import pytest

from shopassist.engine.check import objection
from shopassist.prompts import claims, texts
from shopassist.replies import Passage


def page(text, document="page", title="页面", language="zh", tags=()):
    return Passage(document, document, title, text, 1.0, 0.9, language, tags=tags)


PRO = page(
    "无线降噪耳机Pro 单次续航 8 小时，配合充电盒共 30 小时。防水等级 IPX4，支持快充，充电 10 分钟可以听 2 小时。保修 24 个月。",
    "p-1001", "无线降噪耳机Pro", tags=("product",),
)  # fmt: skip
LITE = page(
    "无线降噪耳机Lite 单次续航 6 小时，不支持双设备连接。降噪 30 dB，保修 12 个月。",
    "p-1002",
    "无线降噪耳机Lite",
    tags=("product",),
)
RETURNS = page(
    "签收后 7 天内可以无理由退货，商品须完好、配件齐全。无理由退货的运费由买家承担。", "returns", "七天无理由退货政策"
)
REFUND = page(
    "仓库收到退货并验收后 1–3 个工作日内原路退款。未发货就取消的订单，24 小时内退款。", "refund_timing", "退款时效"
)
ADDRESS = page(
    "未发货的订单可以改地址；已发货的订单不能在线改地址，可以由人工客服联系快递尝试改派。", "address", "修改收货地址"
)
HOURS = page("人工客服的工作时间是 9:00–21:00；其余时间可以留言，次日 9:00 起按顺序回复。", "service_hours", "客服时间")
SHIPPING = page("订单满 99 元包邮，不满收 8 元运费。现货商品在付款后 48 小时内发货。", "shipping", "配送说明")
ZH = (PRO, LITE, RETURNS, REFUND, ADDRESS, HOURS, SHIPPING)

EARBUDS = page(
    "The Earbuds Pro play for 8 hours on one charge. The rating is IPX4. A 10-minute charge gives you 2 hours of listening.",
    "p-1001", "Noise-Cancelling Earbuds Pro", "en", ("product",),
)  # fmt: skip
EN_RETURNS = page(
    "You can return an item for any reason within 7 days of delivery. Refunds are made within 1–3 working days after the "
    "warehouse has checked the item. Shipped orders cannot be cancelled.",
    "returns", "Seven-day returns", "en",
)  # fmt: skip
EN_HOURS = page(
    "Our customer service staff are available from 9:00 to 21:00. Messages are answered in order from 9:00 the next day.",
    "service_hours", "Customer service hours", "en",
)  # fmt: skip
EN = (EARBUDS, EN_RETURNS, EN_HOURS)


def reason(sentence, question, language="zh", shown=(), evidence=None):
    given = evidence if evidence is not None else (ZH if language == "zh" else EN)
    barred = claims(language, {"zh": "小云", "en": "Yun"}[language])
    return objection(sentence, texts(language), barred, given, said=question, shown=shown)


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("续航是 8 小时，配合充电盒能到 30 小时。", "Pro续航多久"),
        ("防水等级是 IPX4。", "防水吗"),
        ("支持的，充电 10 分钟可以听 2 小时。", "支持快充吗"),
        ("Lite 单次续航 6 小时。", "Lite呢"),
        ("可以的，签收后七天内可以无理由退货。", "能退吗"),
        ("退货运费由买家承担。", "退货运费谁出"),
        ("退款会在 1–3 个工作日内原路退回。", "退款多久到"),
        ("已发货的订单不能在线改地址。", "发货了能改地址吗"),
        ("已取消的订单，未发货的 24 小时内退款。", "取消后多久退钱"),
        ("未发货的订单取消后 24 小时内退款。", "取消后多久退钱"),
        ("仓库收到退货并验收后才会退款。", "怎么还没退款"),
        ("可以由人工客服联系快递尝试改派。", "发货了地址写错了"),
        ("您可以在「我的订单」里申请退货，签收后 7 天内都可以。", "怎么退货"),
        ("人工客服早上 9 点到晚上 9 点在线，工作时间是 9:00–21:00。", "客服几点上班"),
        ("非常理解您的心情，7 天内可以无理由退货。", "气死我了能退吗"),
        ("抱歉，这一点没有查到。", "耳机是哪个国家产的"),
        ("付款后 48 小时内发货。", "多久发货"),
        ("满 99 元包邮，不满收 8 元运费。", "包邮吗"),
        ("保修期是 24 个月。", "Pro保修多久"),
    ],
)
def test_what_the_pages_say_may_be_said(sentence, question):
    assert reason(sentence, question) is None


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("They play for 8 hours on one charge.", "how long is the battery life?"),
        ("A 10-minute charge is good for 2 hours of listening.", "does it charge fast?"),
        ("You can return it within seven days of delivery.", "can I return it?"),
        ("Refunds are made within 1–3 working days.", "when is my money back?"),
        ("Shipped orders cannot be cancelled.", "can I cancel? it is on its way"),
        ("Our staff are available from 9 am to 9 pm.", "when can I reach a person"),
        ("Sorry, I could not find that.", "where are they made?"),
        ("I understand, you can return an item for any reason within 7 days of delivery.", "I hate it, take it back"),
        ("The rating is IPX4.", "waterproof?"),
    ],
)
def test_what_the_pages_say_may_be_said_in_english(sentence, question):
    assert reason(sentence, question, "en") is None


@pytest.mark.parametrize(
    "sentence",
    [
        "已为您取消订单。",
        "已经帮您退款了。",
        "您的订单已为您取消。",
        "我马上帮您退款。",
        "我这就为您办理退货。",
        "稍后有专员联系您。",
        "会有客服给您回电。",
        "我们会尽快处理。",
        "我已将您的问题反馈给同事。",
        "退款已成功。",
        "您的退款申请已提交。",
        "地址已修改成功。",
        "正在为您查询订单。",
        "我来帮您登记一下。",
        "我帮您查一下订单。",
        "我保证明天到货。",
        "小云会帮您跟进。",
        "现在就给您补发。",
        "已经给您转接人工客服。",
        "我会把钱退给您。",
        "已给您发放优惠券。",
        "专员将在 24 小时内与您联系。",
    ],
)
def test_a_deed_or_a_promise_is_not_claimed(sentence):
    assert reason(sentence, "帮我处理一下我的单子") == "deed"


@pytest.mark.parametrize(
    "sentence",
    [
        "I've cancelled your order.",
        "I have refunded you.",
        "I'll cancel it right away.",
        "I will personally make sure to refund it.",
        "Someone will call you.",
        "A colleague will contact you shortly.",
        "Your refund has been processed.",
        "Your order is now cancelled.",
        "We are processing your refund.",
        "I'm going to forward this to the team.",
        "I guarantee it arrives tomorrow.",
        "Let me cancel that for you.",
        "Our team will get back to you.",
        "You will be contacted by our staff.",
        "You will receive a call from us.",
    ],
)
def test_a_deed_or_a_promise_is_not_claimed_in_english(sentence):
    assert reason(sentence, "please sort this out", "en") == "deed"


@pytest.mark.parametrize(
    ("sentence", "question", "language"),
    [
        ("无线降噪耳机的续航是多久呢？", "无线降噪耳机续航多久", "zh"),
        ("您想知道耳机能不能退货。", "我想知道耳机能不能退货", "zh"),
        ("Do you want to know how long the battery lasts?", "how long does the battery last", "en"),
        ("You want to return the item.", "I want to return the item", "en"),
    ],
)
def test_a_question_is_not_given_back(sentence, question, language):
    assert reason(sentence, question, language) == "echo"


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("You can return it within 7 days.", "zh"),
        ("签收后 7 天内可以无理由退货。", "en"),
        ("これは7日以内に返品できます。", "zh"),
        ("Можно вернуть в течение 7 дней.", "en"),
    ],
)
def test_an_answer_is_in_the_customers_language(sentence, language):
    assert reason(sentence, "退货" if language == "zh" else "returns", language) == "language"


@pytest.mark.parametrize(
    ("sentence", "question", "language", "expected"),
    [
        ("单次续航 12 小时。", "Pro续航多久", "zh", "figure 12 hour"),
        ("签收后十五天内可以退货。", "能退吗", "zh", "figure 15 day"),
        ("价格是 1,299 元。", "多少钱", "zh", "figure 1299 yuan"),
        ("打 95 折。", "有优惠吗", "zh", "figure 95 discount"),
        ("防水等级是 IPX7。", "防水吗", "zh", "figure ipx7"),
        ("客服 24 小时在线，工作到 23:00。", "客服几点下班", "zh", "figure 24 hour"),
        ("保修半年。", "保修多久", "zh", "figure 0.5 year"),
        ("They play for 12 hours.", "battery?", "en", "figure 12 hour"),
        ("You can return it within thirty days.", "return?", "en", "figure 30 day"),
        ("It costs $99.", "price?", "en", "figure 99 yuan"),
    ],
)
def test_a_figure_needs_a_source(sentence, question, language, expected):
    found = reason(sentence, question, language)
    assert found is not None
    assert found.removesuffix(" code") == expected


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("这款耳机采用航天级钛合金外壳与陶瓷振膜，由德国大师团队亲自调校。", "zh"),
        ("产品荣获红点设计奖，深受明星追捧。", "zh"),
        ("Titanium housings crafted by famous German engineers impress audiophiles worldwide.", "en"),
    ],
)
def test_a_claim_needs_a_source(sentence, language):
    assert reason(sentence, "介绍一下" if language == "zh" else "tell me more", language) == "no source"


def test_what_a_page_denies_is_not_affirmed():
    assert reason("无线降噪耳机Lite 支持双设备连接。", "Lite能同时连手机和电脑吗", evidence=(LITE,)) == "contradiction"


def test_nothing_is_said_twice():
    said = "防水等级是 IPX4。"
    assert reason(said, "防水吗", shown=(said,)) == "repeated"


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("您好，订单已被取消。", "zh"),
        ("这边给您退款。", "zh"),
        ("给您退款中，请稍等。", "zh"),
        ("订单取消好了。", "zh"),
        ("已 为您 取消 订单。", "zh"),
        ("退款马上给您。", "zh"),
        ("小云会为您跟进的。", "zh"),
        ("I’ve cancelled the order.", "en"),
        ("I've gone ahead and cancelled it.", "en"),
        ("The order has been cancelled.", "en"),
        ("The refund has been issued.", "en"),
        ("Your refund is on its way.", "en"),
        ("I have credited your order.", "en"),
        ("I approved your return.", "en"),
    ],
)
def test_a_deed_is_known_in_every_form(sentence, language):
    assert reason(sentence, "怎么退款" if language == "zh" else "refund please", language) == "deed"


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("如果订单已被取消，24 小时内退款。", "zh"),
        ("Once the item has been checked, refunds are made within 1–3 working days.", "en"),
    ],
)
def test_what_a_rule_supposes_is_no_deed(sentence, language):
    assert reason(sentence, "退款多久" if language == "zh" else "how long do refunds take", language) is None


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("七天无理由退货的运费是卖家承担的。", "运费是卖家承担的对吧"),
        ("可以无理由退货，运费由商家承担。", "我要退货"),
        ("已发货的订单也可以在线改地址。", "发货了能改地址吗"),
        ("签收超过 7 天也可以无理由退货。", "过了七天还能退吗"),
    ],
)
def test_the_other_side_of_a_rule_is_a_contradiction(sentence, question):
    assert reason(sentence, question) == "contradiction"


@pytest.mark.parametrize(
    ("sentence", "question", "language"),
    [
        ("是的，无理由退货期是 365 天。", "无理由退货期是365天对吧", "zh"),
        ("Yes, the free return period is 60 days.", "Is the free return period 60 days?", "en"),
        ("签收后 7 天内有质量问题可以换货。", "坏了能换吗", "zh"),
        ("无线降噪耳机Pro 续行 24 个月。", "耳机Por 续行多久", "zh"),
        ("签收后 30 天内可以退。", "12月30日还能退吗", "zh"),
        ("退三次也可以。", "能退几次", "zh"),
    ],
)
def test_a_figure_of_another_matter_or_of_the_question_is_none(sentence, question, language):
    exchange = page("签收后 15 天内质量问题可以换货，12 月 30 日前有效。", "exchange", "换货政策")
    evidence = (*ZH, exchange) if language == "zh" else EN
    assert reason(sentence, question, language, evidence=evidence).startswith("figure")


@pytest.mark.parametrize(
    ("sentence", "question"),
    [("保修一年。", "Lite保修多久"), ("签收后一周内可以无理由退货。", "能退吗"), ("IPX4。", "Pro防水吗"),
     ("一到三个工作日内原路退款。", "退款多久")],
)  # fmt: skip
def test_a_true_figure_in_other_words_is_true(sentence, question):
    assert reason(sentence, question) is None


def test_the_assistants_own_name_is_no_way_round():
    barred = claims("zh", "小美")
    assert objection("小美会为您跟进的。", texts("zh"), barred, ZH, said="退款", shown=()) == "deed"


def test_a_pages_own_words_about_deeds_may_be_quoted():
    page_says = page("审核通过后，系统会立即为您办理退款。", "x", "退款")
    assert reason("审核通过后，系统会立即为您办理退款。", "怎么退钱", evidence=(page_says,)) is None


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("12月3号买的充电器已经发货了。", "zh"),
        ("您的订单已签收。", "zh"),
        ("Your order has already been shipped.", "en"),
        ("The parcel has arrived.", "en"),
    ],
)
def test_the_state_of_an_order_is_told_by_a_tool_and_never_by_the_model(sentence, language):
    told = page(sentence, "said", "")
    given = ZH if language == "zh" else EN
    assert reason(sentence, "到哪了" if language == "zh" else "where is it", language, evidence=given) == "deed"
    assert reason(sentence, "到哪了" if language == "zh" else "where is it", language, evidence=(*given, told)) is None
