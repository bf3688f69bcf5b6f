"""What a customer does with an intent, by the definitions of `shopassist.dialogue.Act`."""

import re
from importlib import resources

import pytest
import yaml

from shopassist.language import acts
from shopassist.language.catalogue import Catalogue
from shopassist.language.intents import Classifier
from shopassist.text import language_of

CLASSIFIER = Classifier(Catalogue.load())
ROWS = yaml.safe_load(resources.files(acts.__package__).joinpath("acts.yaml").read_text("utf-8"))
TABLE = [
    (language, n, text) for language in ("zh", "en") for n, row in enumerate(ROWS[language]) for text in row["says"]
]
UNLIKE = [
    (language, n, text) for language in ("zh", "en") for n, row in enumerate(ROWS[language]) for text in row["but"]
]


def act(text, language, intent):
    said = CLASSIFIER.reader.read(text, language).pieces
    plain = said[0].part.core if len(said) == 1 else CLASSIFIER.reader.spelled(text, language)
    return CLASSIFIER.weigh(language).act(plain, intent)


def intent_of(row):
    return "cancel_order" if row["of"] == "any" else ROWS["groups"].get(row["of"], [row["of"]])[0]


ACTS = {
    "request": [
        ("cancel_order", "帮我取消订单"),
        ("cancel_order", "取消订单"),
        ("cancel_order", "能帮我取消吗"),
        ("cancel_order", "可以帮我把订单取消了吗"),
        ("return_refund", "我要退货"),
        ("return_refund", "不喜欢，给我退钱"),
        ("urge_delivery", "催一下"),
        ("urge_delivery", "麻烦快点发货"),
        ("urge_delivery", "都五天了还没到，快点送"),
        ("change_address", "把地址改成上海市世纪大道100号"),
        ("change_address", "地址可以帮我修改下吗"),
        ("exchange", "想换一个"),
        ("invoice", "帮我开发票"),
        ("cancel_order", "不想要了取消吧"),
        ("cancel_order", "please cancel my order"),
        ("cancel_order", "can you cancel my order"),
        ("return_refund", "I want a refund"),
        ("urge_delivery", "please hurry up my order"),
        ("change_address", "change the address to 12 King Street"),
    ],
    "can": [
        ("cancel_order", "还能取消吗"),
        ("cancel_order", "可以取消吗"),
        ("cancel_order", "订单可以取消不"),
        ("return_refund", "这个能退吗"),
        ("change_address", "地址写错了能改吗"),
        ("exchange", "可以换吗"),
        ("cancel_order", "can I still cancel it"),
        ("return_refund", "is it possible to return it"),
        ("change_address", "can I still change the address"),
    ],
    "how": [
        ("cancel_order", "怎么取消"),
        ("cancel_order", "在哪取消订单"),
        ("return_refund", "七天无理由怎么退"),
        ("invoice", "怎么开专票"),
        ("cancel_order", "how do I cancel"),
        ("cancel_order", "I don't know how to cancel my order"),
    ],
    "status": [
        ("cancel_order", "取消了吗"),
        ("cancel_order", "订单取消成功了没"),
        ("refund_status", "退款到哪了"),
        ("track_delivery", "快递到哪了"),
        ("invoice", "发票开了吗"),
        ("invoice", "发票什么时候给我"),
        ("cancel_order", "has it been cancelled"),
        ("track_delivery", "where is my parcel"),
        ("return_refund", "has my return been approved"),
    ],
    "report": [
        ("refund_status", "取消了怎么没退款"),
        ("refund_status", "我退货好几天了钱还没到"),
        ("urge_delivery", "怎么还不发货"),
        ("urge_delivery", "都五天了还没到"),
        ("order_problem", "少发了一件"),
        ("refund_status", "I cancelled and no money has come"),
        ("urge_delivery", "why hasn't it shipped yet"),
        ("order_problem", "it arrived broken"),
    ],
    "verify": [
        ("refund_status", "取消后直接等退款是吗"),
        ("return_refund", "是不是拒收就可以了"),
        ("refund_status", "直接等退款就行了吧"),
        ("refund_status", "so I just wait, right?"),
    ],
    "conditional": [
        ("cancel_order", "要是不发货我就取消"),
        ("cancel_order", "如果明天还没到我就取消订单"),
        ("cancel_order", "if it does not ship today I'll cancel"),
    ],
    "retract": [
        ("cancel_order", "不取消了"),
        ("return_refund", "先不退了"),
        ("return_refund", "还是不退了吧"),
        ("cancel_order", "别取消"),
        ("urge_delivery", "不用催了"),
        ("cancel_order", "don't cancel after all"),
        ("return_refund", "I changed my mind, I'll keep it"),
    ],
    "blocked": [
        ("cancel_order", "我取消不了"),
        ("cancel_order", "点了取消没反应"),
        ("return_refund", "退不了 点申请没反应"),
        ("change_address", "改不了地址"),
        ("invoice", "发票下载不了"),
        ("cancel_order", "the cancel button does nothing"),
        ("cancel_order", "I can't cancel my order"),
    ],
}


@pytest.mark.parametrize(
    ("expected", "intent", "text"), [(name, intent, text) for name, rows in ACTS.items() for intent, text in rows]
)
def test_the_act(expected, intent, text):
    assert act(text, language_of(text), intent) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("取消订单", "request"), ("还能取消订单吗", "can"), ("订单怎么取消", "how"), ("订单取消了吗", "status"),
     ("订单取消了怎么还发货", "report"), ("取消后就不发货了是吧", "verify"), ("如果没货我就取消", "conditional"),
     ("订单别取消", "retract"), ("订单取消不了", "blocked")],
)  # fmt: skip
def test_one_verb_is_used_in_every_act(text, expected):
    assert act(text, "zh", "cancel_order") == expected


def test_a_question_after_a_state_asks_for_the_state():
    assert act("东西到了没", "zh", "track_delivery") == "status"


def test_a_piece_in_which_nothing_tells_is_a_request():
    assert act("", "zh", "invoice") == act("发票", "zh", "invoice") == act("invoice", "en", "invoice") == "request"


# Short questions, reports and suppositions, many as customers put them in real chats: none of them asks for the deed.
NOT_ASKED_FOR = {
    "warranty_repair": [
        "那保修呢 不是保一年吗", "what about the warranty?", "保修呢", "那保修呢", "保修多久", "坏了能修吗",
        "修要钱吗", "过保了没", "is it still under warranty", "how long is the warranty", "维修呢", "请问怎么维修",
    ],
    "refund_status": [
        "那退款呢",
    ],
    "return_refund": [
        "那退款呢", "退货呢", "退货运费谁出", "七天无理由包括拆封的吗", "拆了还给退不", "退货要盒子吗",
        "退了优惠券还在吗", "do I need the box to return it", "who pays for the return", "how about a return?",
        "要是不合适退了呢", "不合适的话能退吧", "如果颜色不对可以退吗", "我申请退款了", "我申请的退货",
        "退回给我???", "退款几天能退到给我",
    ],
    "invoice": [
        "那发票呢", "发票呢", "我的发票呢？", "有没有发票", "有发票吗", "发票能先开给我不", "发票什么时候开",
        "电子发票在哪看", "专票要什么资料", "可以开专票不", "开的是电子票还是纸质的", "发票抬头能改吗",
        "is there an invoice", "what about my invoice", "do I get an invoice?", "and the invoice?",
        "if I need an invoice, what do I do", "后面审核通过后还能申请开专票吗", "发票是开多少金额的",
    ],
    "cancel_order": [
        "取消的话扣钱吗", "取消了钱退哪", "取消要多久", "已经发货了还能取消不", "取消有手续费没",
        "what happens if I cancel", "is there a fee for cancelling", "what about cancelling?", "取消订单呢",
        "要是今天不发货呢", "what if it doesn't ship today", "我申请取消了", "您好这个订单我取消了",
    ],
    "exchange": [
        "换货呢", "换一个要多久", "换货要补差价吗", "能不能换个颜色", "有黑色可以换吗",
        "does an exchange cost anything", "what about an exchange", "if it doesn't fit can I swap it",
        "我昨天申请了换货", "能申请换货吗", "请问主板换货吗",
    ],
    "change_address": [
        "地址还能改不", "改地址要钱吗", "地址改了吗", "可以换个地址收货不", "what about the address",
        "is the address changed",
    ],
    "change_contact": [
        "电话改好了没", "手机号可以改么", "收件人呢",
    ],
    "change_delivery_time": [
        "能晚点送吗", "周末送不送", "几点送来", "do you deliver on weekends", "配送时间能不能选",
    ],
    "urge_delivery": [
        "怎么还没发货", "我的快递呢", "货呢", "什么时候发货啊", "催过了吗", "为什么这么慢", "can it be faster?",
        "where is it", "where the hell is my air purifier?? it was supposed to be here yesterday",
        "where is my order? it's a week late", "my parcel still hasn't arrived!!",
        "it should have been here on monday", "was promised friday, nothing came", "三天了还在待出库",
        "说好今天到的", "两天没动静了 急用", "昨天就该到了", "我以为今天能送到", "未发货",
        "帮我查一下订单还要多久发货", "没有货的话",
    ],
    "price_protection": [
        "降价了能退差价吗", "价保呢", "那差价呢", "保价多少天", "刚买就降价了", "do you do price matching",
        "what about the difference", "有价保不", "明天如果降价可以申请价保吗", "我不太明白你那价保的意思",
        "我想了解下保价问题", "麻烦帮我看一下我这个有没有保价",
    ],
    "cancel_service": [
        "退货申请撤销了吗", "申请了退货还能撤吗", "can I withdraw the return",
    ],
    "order_problem": [
        "少的那件呢", "怎么少了一个", "充电线呢", "where is the cable", "是不是漏发了", "发错了怎么办",
    ],
    "complaint": [
        "投诉有用吗", "去哪投诉", "投诉电话多少", "where do I complain", "投诉处理了吗",
    ],
}  # fmt: skip

COMMANDS = {
    "cancel_order": [
        "取消订单", "取消吧", "取消", "把键盘那单取消掉", "cancel it", "cancel my order now", "我不要了 取消",
        "just cancel the thing",
    ],
    "return_refund": [
        "退货", "退了", "退钱", "给我退款", "申请退货", "return it", "refund me now", "I'd like to return these",
    ],
    "exchange": [
        "换一个新的", "换货", "换成黑色", "swap it for a black one",
    ],
    "change_address": [
        "改地址", "地址改到北京市朝阳区建国路1号", "寄到公司", "send it to my office instead",
    ],
    "change_contact": [
        "电话改成13800138000", "收件人换成李雷", "change the phone to 13800138000",
    ],
    "change_delivery_time": [
        "周六再送", "晚上七点以后送", "deliver it after 6pm", "could you deliver the band on Monday",
    ],
    "urge_delivery": [
        "催一下", "快点发货", "赶紧发", "催催仓库", "hurry up please", "speed it up",
    ],
    "price_protection": [
        "退差价", "申请价保", "补我差价", "refund the difference",
    ],
    "invoice": [
        "开发票", "开专票 抬头星云科技", "要发票", "补开一张发票", "send me the invoice", "invoice please",
    ],
    "cancel_service": [
        "撤销退货申请", "取消售后", "withdraw my return",
    ],
    "order_problem": [
        "少发的给我补上", "补发一个", "send me the missing cable",
    ],
    "warranty_repair": [
        "我要报修", "申请维修", "repair it please",
    ],
    "complaint": [
        "我要投诉", "投诉快递员", "I want to file a complaint",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("intent", "text"), [(i, t) for i, texts in NOT_ASKED_FOR.items() for t in texts])
def test_a_question_a_report_and_a_supposition_ask_for_no_deed(intent, text):
    assert act(text, language_of(text), intent) != "request"


@pytest.mark.parametrize(("intent", "text"), [(i, t) for i, texts in COMMANDS.items() for t in texts])
def test_a_plain_imperative_is_a_request(intent, text):
    assert act(text, language_of(text), intent) == "request"


@pytest.mark.parametrize(
    ("intent", "text", "expected"),
    [("urge_delivery", "where the hell is my air purifier?? it was supposed to be here yesterday", "report"),
     ("urge_delivery", "说好今天到的", "report"), ("return_refund", "那退款呢", "status"), ("invoice", "那发票呢", "status"),
     ("warranty_repair", "那保修呢 不是保一年吗", "verify"), ("warranty_repair", "what about the warranty?", "how"),
     ("invoice", "有没有发票", "can"), ("invoice", "发票能先开给我不", "can"), ("refund_status", "那退款呢", "status"),
     ("exchange", "能不能换个颜色", "can"), ("cancel_order", "取消的话扣钱吗", "conditional")],
)  # fmt: skip
def test_what_an_elliptic_question_asks(intent, text, expected):
    assert act(text, language_of(text), intent) == expected


@pytest.mark.parametrize("noun", ["发票", "退款", "换货", "地址", "取消", "保修", "快递", "差价", "电话", "投诉"])
@pytest.mark.parametrize("frame", ["{}呢", "那{}呢", "我的{}呢？", "{}呢？？", "还有{}呢"])
def test_a_noun_with_a_questioning_particle_is_never_a_request(noun, frame):
    for intent in ("invoice", "return_refund", "exchange", "change_address", "cancel_order", "warranty_repair",
                   "urge_delivery", "price_protection", "change_contact", "complaint", "order_problem"):  # fmt: skip
        assert act(frame.format(noun), "zh", intent) != "request"


@pytest.mark.parametrize(("language", "row", "text"), TABLE)
def test_a_row_of_the_table_is_found_in_what_customers_say_so(language, row, text):
    wanted = ROWS[language][row]
    plain = CLASSIFIER.reader.spelled(text, language)
    assert re.search(wanted["when"], plain)
    assert acts.act(plain, language, intent_of(wanted)) == wanted["act"]


@pytest.mark.parametrize(("language", "row", "text"), UNLIKE)
def test_a_row_of_the_table_is_not_found_in_what_only_looks_alike(language, row, text):
    wanted = ROWS[language][row]
    plain = CLASSIFIER.reader.spelled(text, language)
    assert not re.search(wanted["when"], plain)
    assert acts.act(plain, language, intent_of(wanted)) != wanted["act"]
