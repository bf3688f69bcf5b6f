import pytest

from shopassist.language.talk import small_talk

PHRASES = {
    "greeting": [
        "你好", "您好！", "小云你好", "在吗", "在么？", "有人吗", "早上好", "嗨~", "你好啊，在吗？", "Hi",
        "hello there", "hey", "Good morning!", "anyone there?", "are you there?",
    ],
    "thanks": [
        "谢谢", "谢谢你！", "非常感谢", "太感谢了", "多谢啦", "好的谢谢", "谢谢亲", "辛苦了", "Thanks a lot",
        "thank you so much!", "ok thanks", "thx", "many thanks", "I really appreciate it",
    ],
    "goodbye": [
        "再见", "拜拜", "88", "没有别的问题了", "没事了", "先这样吧", "bye", "see you later", "That's all",
    ],
    "human": [
        "转人工", "人工客服", "我要人工", "能不能转人工", "帮我转人工客服", "找真人客服", "我想和真人说话",
        "talk to a human", "I want to speak to a real person please", "connect me to an agent",
        "can I talk to someone?",
    ],
    "identity": [
        "你是谁", "你是机器人吗", "你叫什么名字", "你是真人吗", "你是人工还是机器人", "who are you?",
        "are you a bot?",
    ],
    "repeat": [
        "再说一遍", "再说一遍 没看清", "没听懂", "啊？", "你刚说啥", "什么意思", "可以再说一次吗", "我看不懂", "能重复一遍吗",
        "can you say that again", "sorry, what?", "what do you mean?", "I didn't get that", "pardon?", "huh?",
        "please repeat that",
    ],
    "acknowledge": [
        "好的", "嗯嗯", "知道了", "没问题", "可以的", "OK", "ok的", "ok got it", "yes please", "对", "alright",
    ],
    "decline": [
        "不用了", "不用了，谢谢", "算了", "不需要", "不要转人工", "no", "no thanks", "never mind",
    ],
    None: [
        "你好，怎么退货", "谢谢，请问多久发货", "可以退吗", "行李能带吗", "人工多少钱", "安装要人工费吗", "好用吗",
        "在吗 耳机防水吗", "要发票", "88会员", "88元的券能用吗", "帮我取消订单", "没收到货", "没有发货",
        "不要了，退货", "你是不是骗子", "再见了我的钱", "早餐机有吗", "可以用多久", "真人发声吗", "white",
        "this one", "ok but what about shipping", "thanks, when will it arrive?", "need help",
        "hi do you ship to Tibet", "can I return it", "how many", "耳机", "？", "123", "",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("phrase", "kind"), [(p, kind) for kind, phrases in PHRASES.items() for p in phrases])
def test_small_talk_is_told_from_questions(phrase, kind):
    assert small_talk(phrase, ("小云", "Yun")) == kind


def test_the_assistants_name_may_be_said_whatever_it_is():
    assert small_talk("小美你好", ("小美",)) == "greeting"
    assert small_talk("hi Amy", ("Amy",)) == "greeting"
    assert small_talk("小美防水吗", ("小美",)) is None


def test_of_several_kinds_the_one_that_asks_for_something_names_the_message():
    assert small_talk("你好，谢谢，转人工") == "human"


def test_a_long_run_of_one_character_is_looked_at_in_no_time():
    assert small_talk("好" * 5000) == "acknowledge"
    assert small_talk("能" * 5000 + "x") is None
