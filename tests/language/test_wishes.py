"""What customers say, and the wishes in it: `intent/act`, `*` for any act, nothing for no wish."""

import pytest

from shopassist.language.catalogue import Catalogue
from shopassist.language.intents import Classifier
from shopassist.language.slots import Found
from shopassist.language.wishes import wishes

CHINESE = {
    "取消退款": "cancel_service/request",
    "取消订单": "cancel_order/request",
    "取消了怎么没退款": "refund_status/report",
    "取消了，怎么没退款": "refund_status/report",
    "发票抬头改一下": "invoice/request",
    "改收货地址": "change_address/request",
    "改电话": "change_contact/request",
    "快递到哪了": "track_delivery/status",
    "订单什么状态": "order_status/status",
    "怎么还不发货": "urge_delivery/report",
    "好的": "",
    "嗯嗯": "",
    "没有了": "",
    "耳机多少钱？顺便查下我的订单到哪了": "price_stock/* track_delivery/*",
    "把地址改成上海市浦东新区世纪大道100号，收件人改成李雷": "change_address/request change_contact/request",
    "我昨天买的耳机坏了，左耳没声音，想换一个": "exchange/request",
    "我昨天买的耳机坏了。左耳没声音。想换一个。": "exchange/request",
    "快递还没到，帮我开个发票": "urge_delivery/report invoice/request",
    "帮我把订单ORD20241201002取消了": "cancel_order/request",
    "等下，七天无理由退货运费谁出？": "policy_question/*",
    "好的，那取消吧": "cancel_order/request",
    "你好，谢谢，转人工": "human/*",
    "你好": "greeting/*",
    "谢谢": "thanks/*",
    "你是谁": "chitchat/*",
    "再见": "chitchat/*",
    "不退了，给我换一个": "return_refund/retract exchange/request",
    "要是明天还不发货，我就取消": "cancel_order/conditional",
    "刚买就降价了，退我差价": "price_protection/request",
    "耳机退货，键盘换一个": "return_refund/request exchange/request",
    "Pro和Lite有什么区别？哪个续航久？": "compare_products/*",
    "地址和电话都改一下": "change_address/request change_contact/request",
    "帮我取消订单，并退款给我": "cancel_order/request",
    "明天不在家，后天再送吧": "change_delivery_time/request",
    "帮我改地址，然后催一下发货": "change_address/request urge_delivery/request",
    "三百以内有什么好的耳机推荐": "recommend/*",
    "耳机怎么连手机": "usage_help/*",
    "你们服务太差了，我要投诉": "complaint/request",
    "钱扣了两次怎么回事": "payment_help/*",
    "帮我订张机票": "out_of_scope/*",
    "收到的键盘少了两个键帽": "order_problem/report",
    "手表用了三个月充不进电了，能保修吗": "warranty_repair/can",
    "优惠券怎么用，耳机有货吗": "promotion/* price_stock/*",
    "亲，我的货咋还木有到啊": "urge_delivery/report",
    "啥时候能退钱给我": "refund_status/status",
    "帮我查下尾号003的订单发货没": "order_status/*",
    "我要退货，上周买的手环，戴着过敏": "return_refund/request",
    "手环戴着过敏，能退吗": "return_refund/can",
    "键盘茶轴什么时候补货": "price_stock/*",
    "净化器要上门安装吗": "policy_question/*",
    "退货运费谁承担？退款几天到账？": "policy_question/* refund_status/*",
    "收件人写错了，改成王小明，电话也改成13912345678": "change_contact/request",
    "把1001的地址改到北京市海淀区中关村大街1号，1002取消掉": "change_address/request cancel_order/request",
    "帮我开张发票，抬头写腾讯科技，另外问下耳机防水吗": "invoice/request product_question/*",
    "你们客服态度太差了，转人工！": "complaint/* human/*",
    "显示签收了但是我没收到": "order_problem/report",
    "为什么我的券用不了": "promotion/*",
    "花呗能分几期": "payment_help/*",
    "充电宝能带上飞机吗": "product_question/*",
    "手表连不上手机怎么办": "usage_help/*",
    "申请的退货帮我撤销掉，我不退了": "cancel_service/request",
    "退款申请点错了，帮我取消": "cancel_service/request",
    "昨天申请了退款，到现在没到账": "refund_status/report",
    "我已经寄回去了，你们收到了吗": "return_refund/*",
    "先别取消，我再想想": "cancel_order/retract",
    "不用催了，已经收到了": "urge_delivery/retract",
    "取消按钮点了没反应，帮我取消一下": "cancel_order/*",
    "能不能先别发货，我过两天才在家": "change_delivery_time/*",
    "晚上七点以后再送吧": "change_delivery_time/request",
    "买错颜色了，还没发货，能改成黑色吗": "exchange/can",
    "屏幕碎了，是寄来就碎的，给我换一台": "exchange/request",
    "充不进电了，才用了一个月，怎么报修": "warranty_repair/how",
    "差价退我": "price_protection/request",
    "价保怎么申请": "price_protection/how",
    "昨天599买的今天549了，能补差吗": "price_protection/*",
    "专票能开吗": "invoice/can",
    "发票寄到哪了": "invoice/*",
    "金卡有什么权益": "policy_question/*",
    "满减券和新人券能一起用吗": "promotion/*",
    "送男朋友，五百左右，有推荐吗": "recommend/*",
    "k87和k68有什么不一样": "compare_products/*",
    "今天天气怎么样": "out_of_scope/*",
    "讲个笑话吧": "chitchat/*",
    "在吗在吗": "greeting/*",
    "好的谢谢": "thanks/*",
    "嗯": "",
    "是的": "",
    "算了": "",
    "要": "",
    "李雷": "",
    "上海市浦东新区世纪大道100号": "",
    "李雷 13812345678": "",
    "帮我取消订单\n还有\n那个耳机多少钱": "cancel_order/request price_stock/*",
    "你好\n在吗\n我想退货": "return_refund/request",
    "快递到哪了\n怎么这么慢": "track_delivery/status urge_delivery/report",
    "订单1002取消，1003改地址，1001催一下": "cancel_order/request change_address/request urge_delivery/request",
    "如果质量有问题运费谁出": "policy_question/*",
    "万一不合适可以退吗": "return_refund/*",
    "是不是签收了就不能改地址了": "change_address/verify",
    "取消之后优惠券会退回来吧": "promotion/*",
    "我的订单被取消了是怎么回事": "cancel_order/report",
    "我要投诉快递员，把包裹扔门口": "complaint/request",
    "耳机漏电，电到我了": "warranty_repair/*",
    "充电器发货了吗": "order_status/*",
    "手环还有没有货 能开专票不": "price_stock/* invoice/*",
    "不小心申请了退货 帮我撤回": "cancel_service/request",
    "买贵了 我要退货": "return_refund/request",
    "算了不取消了 我还是要": "cancel_order/retract",
    "三克油亲": "thanks/*",
    "啥时候有货呀": "price_stock/*",
    "你们几点有人": "policy_question/*",
}

ENGLISH = {
    "ORD20241201002": "",
    "13812345678": "",
    "heyy": "greeting/*",
    "tysm you saved me": "thanks/*",
    "has the charger shipped?": "order_status/*",
    "what are your support hours?": "policy_question/*",
    "return the band and tell me if the watch is in stock": "return_refund/request price_stock/*",
    "Where is my order and how much are the earbuds?": "track_delivery/status price_stock/*",
    "I bought the earbuds yesterday, the left one is dead, I want to exchange it": "exchange/request",
    "change my address and phone number": "change_address/request change_contact/request",
    "Cancel order 1002 and refund me": "cancel_order/request",
    "I cancelled but no money has come": "refund_status/report",
    "If it doesn't ship today I'll cancel": "cancel_order/conditional",
    "hi, is the mouse in stock? thanks": "price_stock/*",
    "please cancel my return, I want to keep it": "cancel_service/request",
    "ok": "",
    "no thanks": "",
    "who pays the return shipping?": "policy_question/*",
    "the invoice title should be Tencent, and send it to a@b.com": "invoice/request",
    "why hasn't it shipped yet? please hurry": "urge_delivery/request",
    "talk to a human": "human/*",
    "1002": "",
    "hello, where's my parcel?": "track_delivery/status",
    "cancle my oder plz": "cancel_order/request",
    "i want my money back": "return_refund/request",
    "how much is shipping to Beijing and is the watch in stock?": "policy_question/* price_stock/*",
    "Please change the recipient to Anna and the address to 5 Park Road, London": "change_contact/request change_address/request",
    "my keyboard arrived with a broken key, can I get a replacement?": "exchange/can",
    "do you accept visa?": "payment_help/*",
    "can I get an invoice for order 1002": "invoice/can",
    "what's the difference between the band and the watch": "compare_products/*",
    "is the power bank allowed on planes": "product_question/*",
    "I returned it last week and still have no refund": "refund_status/report",
    "don't cancel it after all": "cancel_order/retract",
    "don't cancel it after all, I'd rather change the address": "cancel_order/retract change_address/request",
    "if I cancel now do I get the full amount back?": "cancel_order/conditional",
    "the mouse got cheaper, can you refund the difference?": "price_protection/*",
    "deliver it after 6pm please": "change_delivery_time/request",
    "your courier was rude, I want to complain": "complaint/request",
    "how do I pair the earbuds with my phone": "usage_help/how",
    "recommend headphones for flights under 1000": "recommend/request",
    "any coupons right now?": "promotion/*",
    "ORD20241204010": "",
    "yes please": "",
    "that's all, bye": "chitchat/*",
    "what is the capital of France": "out_of_scope/*",
    "who are you": "chitchat/*",
    "it says delivered but I never got it": "order_problem/report",
    "my watch won't charge any more, is it under warranty?": "warranty_repair/*",
    "I'd like to withdraw my return request": "cancel_service/request",
    "can I still return it after 10 days": "return_refund/can",
    "which courier do you use?": "policy_question/*",
    "has my refund been approved?": "refund_status/status",
    "send it to my office instead": "change_address/request",
    "Hi! I ordered two chargers but only one arrived. Please send the other one.": "order_problem/*",
    "the cancel button does nothing, please cancel order 1003 for me": "cancel_order/*",
}


@pytest.fixture(scope="module")
def classifier():
    return Classifier(Catalogue.load())


def fits(found, expected):
    return len(found) == len(expected) and all(
        e in (f"{w.intent}/{w.act}", f"{w.intent}/*") for w, e in zip(found, expected, strict=True)
    )


@pytest.mark.parametrize(("text", "expected"), CHINESE.items())
def test_what_chinese_customers_want(text, expected, classifier):
    found = wishes(text, "zh", classifier)
    assert fits(found, expected.split()), found


@pytest.mark.parametrize(("text", "expected"), ENGLISH.items())
def test_what_english_customers_want(text, expected, classifier):
    found = wishes(text, "en", classifier)
    assert fits(found, expected.split()), found


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("帮我催催快递", "zh"), ("帮忙瞅瞅我那快第到那了", "zh"), ("木有货了吗", "zh"), ("咋退钱啊", "zh"),
        ("啥时候到", "zh"), ("取肖定单", "zh"), ("wheres my parcle", "en"), ("i want a refnud", "en"),
        ("pls chnage my adress", "en"),
    ],
)  # fmt: skip
def test_typos_and_slang_survive(text, language, classifier):
    expected = {
        "帮我催催快递": "urge_delivery", "帮忙瞅瞅我那快第到那了": "track_delivery", "木有货了吗": "price_stock",
        "咋退钱啊": "return_refund", "啥时候到": "track_delivery", "取肖定单": "cancel_order",
        "wheres my parcle": "track_delivery", "i want a refnud": "return_refund",
        "pls chnage my adress": "change_address",
    }  # fmt: skip
    assert [w.intent for w in wishes(text, language, classifier)] == [expected[text]]


def test_a_wish_says_where_it_stands(classifier):
    text = "耳机多少钱？顺便查下我的订单到哪了"
    assert [text[slice(*w.span)] for w in wishes(text, "zh", classifier)] == ["耳机多少钱？", "顺便查下我的订单到哪了"]


def test_what_is_said_twice_is_one_wish(classifier):
    text = "催一下快递，麻烦快点送。帮我催催"
    (wish,) = wishes(text, "zh", classifier)
    assert (wish.intent, wish.span) == ("urge_delivery", (0, len(text)))


def finder(*values):
    """Finds the given (name, words) pairs."""
    return lambda text: [
        Found(name, words, (text.index(words), text.index(words) + len(words)))
        for name, words in values
        if words in text
    ]


def test_what_a_piece_says_again_is_part_of_the_wish(classifier):
    text = "蓝色那个耳机取消掉 键盘也取消"
    [found] = wishes(text, "zh", classifier)
    assert (found.intent, found.act, found.span) == ("cancel_order", "request", (0, len(text)))
    told = wishes("蓝色那个耳机不取消 键盘取消", "zh", classifier)
    assert [(w.intent, w.act) for w in told if w.act == "request"] == [("cancel_order", "request")]


def test_the_same_wish_for_two_things_is_two_wishes(classifier):
    find = finder(("product", "耳机"), ("product", "手表"))
    assert [w.span for w in wishes("耳机退货，手表也退货", "zh", classifier, find)] == [(0, 4), (5, 10)]


@pytest.mark.parametrize("text", ["建国路88号", "建国路88号。", "张三，建国路88号"])
def test_nothing_but_values_is_no_wish(text, classifier):
    assert wishes(text, "zh", classifier, finder(("address", "建国路88号"), ("recipient", "张三"))) == []


def test_a_reason_is_a_value_and_still_a_wish(classifier):
    (wish,) = wishes("收到就是坏的", "zh", classifier, finder(("reason", "收到就是坏的")))
    assert (wish.intent, wish.act) == ("order_problem", "report")


@pytest.mark.parametrize(("text", "target"), [("再见", "goodbye"), ("你是谁", "identity"), ("讲个笑话", None)])
def test_chitchat_says_which(text, target, classifier):
    (wish,) = wishes(text, "zh", classifier)
    assert (wish.intent, wish.target) == ("chitchat", target)


@pytest.mark.parametrize(
    "text", ["", " ", "？", "😀", "…", "嗯" * 4000, "退" * 4000, "改地址，" * 500, "a, " * 1000, "\n" * 50]
)
def test_odd_messages_are_read_in_no_time(text, classifier):
    for language in ("zh", "en"):
        assert len(wishes(text, language, classifier)) <= 2


@pytest.mark.parametrize(("text", "language"), [("could it explode?", "en"), ("把其他顾客的地址列出来", "zh")])
def test_a_change_that_only_sounds_like_one_is_no_wish(text, language):
    catalogue = Catalogue.load()
    assert not any(catalogue[w.intent].changes for w in wishes(text, language, Classifier(catalogue)))


def test_what_answers_a_question_is_no_change_by_likeness_alone():
    classifier = Classifier(Catalogue.load())
    assert wishes("我老婆 李娜", "zh", classifier, awaited=True) == []
    assert [w.intent for w in wishes("帮我取消订单", "zh", classifier, awaited=True)] == ["cancel_order"]


@pytest.mark.parametrize(
    ("traditional", "simplified"), [("快遞什麽時候到", "快递什么时候到"), ("這單我要退貨", "这单我要退货")]
)
def test_traditional_characters_mean_what_simplified_ones_do(traditional, simplified):
    classifier = Classifier(Catalogue.load())
    assert wishes(traditional, "zh", classifier) == wishes(simplified, "zh", classifier) != []
