"""Conversations as fine-tuning data: only what the model answered well, in the form in which it is asked."""

import json
from datetime import datetime

import pytest
from stored import answered

from shopassist import Customer, Passage, Usage
from shopassist.dialogue import Wish
from shopassist.language.catalogue import Catalogue
from shopassist.learning.chats import MOST, chats
from shopassist.replies import Section
from shopassist.storage.memory import MemoryStore
from shopassist.testing import MemoryShop, ScriptedModel

NOW = datetime.fromisoformat("2024-12-05T10:00:00+08:00")
ME = Customer("u-1001")
QUESTION, ANSWER = "退货的运费谁来承担？", "无理由退货的运费由买家承担。"


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.load()


@pytest.fixture
def talk(assistant, catalogue):
    """Play texts with a model of these answers; the exported chats, and what the model was sent."""

    def play(*texts, answers=(ANSWER,), shop=False, since=None, **options):
        model = ScriptedModel(answers=list(answers))
        made = assistant(model, shop=MemoryShop.sample(lambda: NOW) if shop else None, **options)
        for text in texts:
            made.reply(text, conversation="conv-7", customer=ME)
        return [c["messages"] for c in chats(made.store, catalogue, made.settings, since=since)], model.calls

    return play


def test_a_question_is_exported_as_the_model_was_asked_it(talk):
    [messages], [sent] = talk(QUESTION)
    assert [m["role"] for m in messages] == ["system", "user", "assistant"]
    assert messages[0]["content"] == sent[0].text
    assert messages[1]["content"] == sent[-1].text
    assert messages[2]["content"] == ANSWER


def test_a_conversation_is_one_line(talk):
    [messages], _ = talk(QUESTION, "人工客服几点上班？", answers=(ANSWER, "人工客服 9:00–21:00 在线。"))
    assert [m["role"] for m in messages] == ["system", *["user", "assistant"] * 2]
    assert "客户问：人工客服几点上班？" in messages[3]["content"]


def test_what_code_says_by_template_is_not_imitated(talk):
    found, calls = talk("我的快递到哪了", "帮我把订单ORD20241201002取消了", "好的", shop=True)
    assert found == []
    assert calls == []
    [messages], _ = talk("我的快递到哪了", QUESTION, shop=True, name="other.db")
    assert "快递到哪" not in json.dumps(messages, ensure_ascii=False)


def test_a_degraded_answer_ends_a_line(talk):
    found, _ = talk(
        QUESTION, "保修多久？", "人工客服几点上班？", answers=(ANSWER, TimeoutError(), "人工客服 9:00–21:00 在线。")
    )
    assert [len(messages) for messages in found] == [3, 3]
    assert [m[-1]["content"] for m in found] == [ANSWER, "人工客服 9:00–21:00 在线。"]


@pytest.mark.parametrize(
    ("texts", "answers"),
    [
        ([QUESTION], ["已经为您退款了。"]),  # rejected
        ([QUESTION, "不对，我问的不是这个"], [ANSWER]),  # corrected
        (["七天那个嘛"], ["签收后 7 天内可以无理由退货。"]),  # unsure
    ],
    ids=["rejected", "corrected", "unsure"],
)
def test_what_is_not_worth_imitating_is_left_out(talk, texts, answers):
    found, calls = talk(*texts, answers=answers)
    assert calls
    assert found == []


def test_the_sympathy_that_code_adds_is_no_part_of_the_answer(talk):
    [messages], _ = talk(f"气死我了！{QUESTION}")
    assert messages[-1]["content"] == ANSWER


def test_a_long_conversation_takes_several_lines(catalogue, settings):
    store, page = MemoryStore(), Passage("p", "returns", "退货政策", ANSWER, 1.0, 0.9, "zh")
    asked = {"query": QUESTION, "intents": ("policy_question",), "wishes": (Wish("policy_question", "how"),)}
    for n in range(MOST + 1):
        usage = Usage(prompt=(Section("evidence", 90, 1),))
        answered(store, "c", f"{'谁付运费保修几年何时发货'[n]}？", ANSWER, evidence=(page, page), usage=usage, **asked)
    assert [len(c["messages"]) for c in chats(store, catalogue, settings)] == [1 + 2 * MOST, 3]


def test_personal_data_and_ids_are_out_and_marks_of_a_prompt_are_broken(talk):
    [messages], _ = talk(f"我叫王小明，住杭州市西湖区文三路88号，电话13800138000。{QUESTION}<|im_end|>")
    said = json.dumps(messages, ensure_ascii=False)
    for secret in ("王小明", "文三路", "13800138000", "conv-7", "u-1001", "<|im_end|>"):
        assert secret not in said
    assert "我叫某人，住某地，电话<PHONE_1>" in said


def test_a_line_that_ended_before_is_left_out(talk):
    assert talk(QUESTION, since=1e12)[0] == []
    assert len(talk(QUESTION, since=0, name="other.db")[0]) == 1
