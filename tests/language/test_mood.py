import pytest

from shopassist.language.head import Head
from shopassist.language.mood import by_words
from shopassist.language.mood import feeling as by_words_and_head


def feeling(text):
    return by_words_and_head(text, Head.load().mood)


PHRASES = {
    "negative": [
        "凭什么不给退", "什么态度", "你们是骗子吧", "垃圾", "太慢了", "物流好慢", "不满意", "很不满意", "不是很满意",
        "我要投诉", "怎么还没到！", "怎么还不发货", "等了好几天了还没发货", "都三天了还没发",
        "退款怎么还没到账？？？", "这质量太差了", "质量不好", "一点都不好", "不好用", "不靠谱", "不怎么样",
        "再也不买了", "气死我了", "好气啊", "烦死了", "忍不了了", "太过分了", "没人理我", "你们到底什么时候发货！！",
        "This is ridiculous", "not good", "not very good", "I am not satisfied", "not happy with this",
        "I'm very disappointed", "still waiting for my refund", "it doesn't work", "useless", "I want to complain",
        "great job, my kettle was due on monday", "my tent was due yesterday", "服务真好，本该昨天到的",
    ],
    "positive": [
        "不错", "很不错", "太好了", "太好了！！", "谢谢", "非常满意", "真的很喜欢", "挺好的", "没想到这么好用",
        "质量真好", "没有失望", "客服态度很好", "👍", "not bad", "not bad at all", "Thanks!", "I love it",
        "very happy with it", "never disappointed", "works great",
    ],
    "neutral": [
        "怎么退货", "多少钱", "耳机防水吗", "我的订单到哪了", "七天无理由退货运费谁出", "好的", "我要退货",
        "坏了能换吗", "质量问题怎么换货", "可以投诉吗", "怎么投诉", "有没有差评", "不喜欢能退吗", "喜欢的话可以退吗",
        "收到后不满意可以退吗", "买了后悔可以退吗", "破损怎么赔", "好用吗", "好不好用", "这个好看吗",
        "Lite 和 Pro 哪个更好", "麻烦帮我查一下订单", "不好意思，问一下运费", "空气净化器怎么操作", "天气怎么样",
        "滚筒洗衣机", "能不能拖地", "棒球帽", "有人赞助", "慢充是多少瓦", "这是什么意思",
        "what is the return policy", "is the sound quality good?", "if I am not happy can I return it",
        "what if it is broken", "do you have it in cool white", "Good morning",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("phrase", "mood"), [(p, mood) for mood, phrases in PHRASES.items() for p in phrases])
def test_a_mood_is_told_from_a_question_about_one(phrase, mood):
    assert feeling(phrase).mood == mood


@pytest.mark.parametrize(
    ("calm", "strong"), [("满意", "非常满意"), ("失望", "太失望"), ("disappointed", "very disappointed")]
)
def test_an_intensifier_makes_a_mood_stronger(calm, strong):
    assert abs(by_words(strong).strength) > abs(by_words(calm).strength)


def test_strong_words_count_in_a_question_too():
    assert feeling("你们是不是骗子").mood == "negative"
    assert feeling("is this a scam?").mood == "negative"


def test_a_complaint_before_a_question_still_counts():
    assert feeling("等了好几天了，可以退吗").mood == "negative"


def test_the_words_that_showed_a_mood_are_named():
    assert set(feeling("太离谱了，我要投诉").cause) == {"离谱", "投诉"}


@pytest.mark.parametrize(
    ("phrase", "mood"),
    [("😡", "negative"), ("🤬🤬", "negative"), ("👿", "negative"), ("怎么还没到😤", "negative"), ("好的😊", "positive"),
     ("收到了❤️", "positive"), ("🥰", "positive"), ("😍", "positive"), ("催！！！", "negative"), ("为什么还没发货？？", "negative"),
     ("退款！！", "negative"), ("where is my order??", "negative"), ("你好！！", "neutral"), ("没问题！！", "neutral"),
     ("没有了！！", "neutral"), ("多少钱？？", "neutral"),  ("where can I buy it??", "neutral"),
     ("谢谢！！！", "positive")],
)  # fmt: skip
def test_signs_show_a_mood_and_doubled_marks_one_that_is_there(phrase, mood):
    assert feeling(phrase).mood == mood


@pytest.mark.parametrize(
    ("phrase", "mood"),
    [("where the hell is my parcel", "negative"), ("how do I use this goddamn app", "negative"),
     ("need help with the bloody invoice", "negative"), ("他妈的什么快递", "negative"), ("damn good earbuds", "positive"),
     ("有啥适合送爸妈的", "neutral"), ("我妈的生日", "neutral"), ("hello", "neutral"), ("保修期内坏了找谁", "neutral"),
     ("nobody's home on friday", "neutral"), ("刚收货就降价", "negative"), ("别机器人了 找个活人来", "negative")],
)  # fmt: skip
def test_profanity_is_told_from_the_words_that_look_like_it(phrase, mood):
    assert feeling(phrase).mood == mood


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("it broke after two days, great quality", "negative"),
        ("等了五天还没到，服务真好", "negative"),
        ("great service, thank you", "positive"),
        ("太棒了，刚拆开就坏了", "negative"),
        ("Perfect service, two parcels broken in one week", "negative"),
        ("态度特别恶劣", "negative"),
    ],
)
def test_praise_beside_trouble_is_mockery(text, mood):
    assert feeling(text).mood == mood


def test_praise_that_is_turned_to_is_meant():
    assert feeling("the delivery was slow but great service").mood != "negative"


@pytest.mark.parametrize(
    "text",
    ["说好周五送到，今天都周二了", "第三次换货了，来的还是同一个毛病", "I have now explained this to four different people",
     "穿了两天鞋底就掉了，一千多块的鞋"],
)  # fmt: skip
def test_trouble_is_heard_where_no_word_of_a_mood_is_said(text):
    assert by_words(text).mood == "neutral"
    assert feeling(text).mood == "negative"


@pytest.mark.parametrize(
    "text", ["怎么开发票", "地址写错了，帮我改成和平路8号", "左耳没声音，保修怎么走", "could you tell me when it ships"]
)
def test_a_calm_message_stays_calm(text):
    assert feeling(text).mood == "neutral"


@pytest.mark.parametrize("text", ["", "  \n", "？", "…", "\ud83d"])
def test_where_nothing_is_said_no_mood_is(text):
    assert feeling(text).mood == "neutral"


def test_the_clause_that_shows_most_is_the_cause_where_no_word_is():
    assert feeling("帮我查下单子，说好周五送到，今天都周二了").cause == ("今天都周二了",)
