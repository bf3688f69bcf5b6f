"""What customers tell around a question is not what they ask."""

import pytest

STORIES = {
    "退货的运费谁来承担？": [
        "我叫王小明，住杭州市西湖区文三路88号，电话13800138000。退货的运费谁来承担？",
        "我妈七十多了不会用手机，东西是我帮她买的，她说不太喜欢，退货的运费谁来承担？",
    ],
    "电子发票多久能开？": ["我们单位财务催得紧，月底就要报销了，每次都找我要，电子发票多久能开？"],
    "Who pays the postage for returns?": [
        "hi there, my name is Tom Baker and I live at 12 Green Street in London. Who pays the postage for returns?"
    ],
}


@pytest.mark.parametrize(("asks", "told"), [(a, t) for a, stories in STORIES.items() for t in stories])
def test_a_question_finds_the_same_page_behind_a_story(assistant, asks, told):
    made = assistant(None)
    alone, behind = (made.reply(text, conversation=text[:40]) for text in (asks, told))
    assert alone.citations
    assert [c.document for c in behind.citations] == [c.document for c in alone.citations]


def test_a_question_is_found_behind_a_complaint(assistant):
    told = "你好，我是上周买的耳机，用了两天左耳没声音，充电也充不进去，请问退货的运费谁来承担？"
    reply = assistant(None).reply(told, conversation="c")
    assert "returns" in [c.document for c in reply.citations]


def test_a_question_that_needs_its_story_keeps_it(assistant):
    """怎么弄 asks nothing without what stands before it."""
    reply = assistant(None).reply("耳机想同时连电脑和手机，怎么弄？", conversation="c")
    assert any("耳机" in p.title or "耳机" in p.text for p in reply.evidence)
    assert "同时" in reply.query or "同时" in reply.text
