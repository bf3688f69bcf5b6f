"""Which turns are worth a look, in real conversations and in stored ones."""

from datetime import datetime
from itertools import pairwise

import pytest
from stored import answered

from shopassist import Customer
from shopassist.dialogue import Consent, Quote, Slot, Wish
from shopassist.language.catalogue import Catalogue
from shopassist.learning.corrected import contradicts
from shopassist.learning.review import PAGE, reviewed
from shopassist.replies import Passage, ToolOutcome
from shopassist.storage.memory import MemoryStore
from shopassist.testing import MemoryShop, MovedClock

NOW = datetime.fromisoformat("2024-12-05T10:00:00+08:00")
ME = Customer("u-1001")
PAGES = (Passage("p", "returns", "退货政策", "七天内可以退。", 1.0, 0.9, "zh"),)


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.load()


@pytest.fixture
def store():
    return MemoryStore(MovedClock())


@pytest.fixture
def talk(assistant, catalogue):
    """Play texts with the assistant; what is found, by text."""

    def play(*texts, customer=ME):
        made = assistant(shop=MemoryShop.sample(lambda: NOW))
        for text in texts:
            made.reply(text, conversation="c", customer=customer)
        return {one.turn.texts[0]: dict(one.reasons) for one in reviewed(made.store, catalogue) if one.reasons}

    return play


@pytest.fixture
def found(store, catalogue):
    """The reasons of each turn of the one conversation that is stored."""
    return lambda: [set(one.reasons) for one in reviewed(store, catalogue)]


# Real conversations


def test_what_is_clear_and_stays_uncorrected_is_not_found(talk):
    assert talk("我的快递到哪了", "帮我把订单ORD20241201002取消了", "好的", "谢谢", "退货的运费谁来承担？") == {}


def test_what_nobody_could_make_a_wish_of_is_found(talk):
    found = talk("嗯哼那个啥", "帮我把订单ORD20241201002取消了", "第九十九个啥的")
    assert found["嗯哼那个啥"]["unsure"].startswith("nothing understood")
    assert found["第九十九个啥的"]["unsure"].startswith("nothing understood")


def test_a_wish_that_is_taken_back_or_put_right_was_corrected(talk):
    found = talk("帮我把订单ORD20241201002取消了", "不对，我说的是ORD20241203003", "算了不取消了")
    assert found["帮我把订单ORD20241201002取消了"] == {"corrected": "a value put right"}
    assert found["不对，我说的是ORD20241203003"] == {"corrected": "taken back"}


def test_the_turn_before_a_person_that_was_offered_and_wanted_is_found(talk):
    assert talk("asdkjh qwe", "yes please")["asdkjh qwe"]["handed_over"] == "a person was offered and wanted"


def test_a_person_who_is_asked_for_without_a_failure_is_no_finding(talk):
    assert talk("我的快递到哪了", "转人工") == {}


def test_danger_hands_over_and_says_nothing_of_understanding(talk):
    assert "handed_over" not in str(talk("嗯哼那个啥", "充电宝冒烟起火了"))


# Stored ones


def test_the_lowest_score_decides_and_says_so(store, catalogue):
    wishes = (Wish("invoice", "can", score=0.95), Wish("cancel_order", score=0.52))
    answered(store, "c", "取消再开票", wishes=wishes, intents=("invoice", "cancel_order"))
    answered(store, "c", "查快递", wishes=(Wish("track_delivery", score=0.7),), intents=("track_delivery",))
    assert [dict(one.reasons) for one in reviewed(store, catalogue)] == [{"unsure": "cancel_order 0.52"}, {}]


def test_what_the_model_had_to_read_was_unsure_for_code(store, found):
    answered(store, "c", "弄一下", wishes=(Wish("invoice", score=0.9, reader="model"),), intents=("invoice",))
    assert found() == [{"unsure"}]


def test_a_question_that_only_adds_to_the_last_one_is_understood(store, found):
    answered(store, "c", "要是质量问题呢", query="能退吗。要是质量问题呢", intents=("policy_question",), evidence=PAGES)
    answered(store, "c", "那个啥呢", query="那个啥呢", intents=("policy_question",), evidence=PAGES)
    assert found() == [set(), {"unsure"}]


def test_a_degraded_answer_is_no_fault_of_understanding(store, found):
    wish = (Wish("track_delivery", "status"),)
    for degraded in ("ModelTimeout", None):
        answered(store, "c", "快递到哪了呀", wishes=wish, intents=("track_delivery",), degraded=degraded)
    answered(store, "c", "我的快递呢", wishes=wish, intents=("track_delivery",))
    assert found() == [set(), {"corrected"}, set()]


def test_another_question_of_the_same_intent_is_no_repetition(store, found):
    for text in ("退货运费谁出", "保修有几年", "退货运费到底谁出"):
        answered(store, "c", text, wishes=(Wish("policy_question", "how"),), intents=("policy_question",))
    assert found() == [set(), set(), set()]
    answered(store, "c", "退货运费到底谁出啊", wishes=(Wish("policy_question", "how"),), intents=("policy_question",))
    assert found() == [set(), set(), {"corrected"}, set()]


def test_the_same_wish_for_another_order_is_no_repetition(store, found):
    for number in ("ORD1", "ORD2"):
        wish = Wish("track_delivery", "status", {"order_id": (Slot(number),)})
        answered(store, "c", f"{number}到哪了", wishes=(wish,), intents=("track_delivery",))
    assert found() == [set(), set()]


def test_the_next_change_after_a_yes_is_no_correction(store, found):
    for number, outcomes in (("ORD1", ()), ("ORD2", (ToolOutcome("cancel_order", {}, "done"),))):
        consent = Consent(number, "cancel_order", {"order_id": number}, Quote(True), NOW)
        answered(store, "c", "好的", "要取消吗？", consent=consent, tool_outcomes=outcomes, intents=("cancel_order",))
    assert found() == [set(), set()]


def test_what_is_said_to_a_person_corrects_nothing(store, found):
    answered(store, "c", "快递到哪了", wishes=(Wish("track_delivery", "status"),), intents=("track_delivery",))
    answered(store, "c", "不对，我问的是运费", "", mode="person")
    assert found() == [set()]


def test_a_person_who_is_asked_for_after_a_change_that_failed_is_a_finding(store, found):
    refused = (ToolOutcome("cancel_order", {}, "refused", reason="shipped"),)
    answered(store, "c", "好的", "不能取消了。", tool_outcomes=refused, intents=("cancel_order",))
    answered(store, "c", "转人工", handoff="H1", wishes=(Wish("human"),), intents=("human",))
    assert found() == [{"handed_over"}, set()]


@pytest.mark.parametrize(
    "text",
    [
        "不对，我问的是运费",
        "我说的是键盘",
        "答非所问",
        "你到底听不听得懂",
        "不是这个意思",
        "搞错了吧",
        "不是，是耳机那单",
        "no, I meant the keyboard",
        "that's not what I asked",
        "Not that, the other one",
        "you misunderstood me",
    ],
)
def test_a_contradiction_is_known_by_how_it_begins(text):
    assert contradicts(text, asked=True)


@pytest.mark.parametrize(
    "text", ["不是", "不对", "no", "no thanks", "不是质量问题，就是不想要了", "不用了，查下快递", "发错货了"]
)
def test_an_answer_to_a_question_is_no_contradiction(text):
    assert not contradicts(text, asked=True)


def test_where_nothing_was_asked_a_bare_no_is_one():
    assert contradicts("不是", asked=False)
    assert not contradicts("no thanks", asked=False)


def test_every_turn_of_a_store_of_many_pages_has_its_neighbours(store, catalogue):
    for n in range(PAGE // 3 + 20):
        for text in ("一", "二", "三"):
            answered(store, f"c{n}", text)
    every = list(reviewed(store, catalogue))
    assert len(every) > PAGE
    for one, following in pairwise(every):
        same = one.turn.conversation == following.turn.conversation
        assert one.after == (following.turn if same else None)
        assert following.before == (one.turn if same else None)
    assert every[0].before is every[-1].after is None


def test_a_correction_counts_on_its_own_day(store, catalogue):
    wish = (Wish("track_delivery", "status"),)
    answered(store, "c", "快递到哪了呀", wishes=wish, intents=("track_delivery",))
    clock = store._clock
    clock.now += 86400
    answered(store, "c", "我的快递呢", wishes=wish, intents=("track_delivery",))
    first, second = reviewed(store, catalogue)
    assert first.known == second.turn.answered == clock.now
    assert first.turn.answered == clock.now - 86400


def test_what_is_erased_is_not_reviewed(store, catalogue):
    answered(store, "c", "弄一下", wishes=(Wish("invoice", score=0.5),), intents=("invoice",))
    store.erase("c")
    assert list(reviewed(store, catalogue)) == []
