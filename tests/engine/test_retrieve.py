from datetime import date

import pytest

from shopassist.engine.quote import quote
from shopassist.engine.retrieve import MEANT, _if_meant, odds
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.protocols import Synonymous
from shopassist.replies import Passage
from shopassist.testing import ScriptedModel

PAGE = """# 净化器

用久了要清理。滤芯每 6 个月换一次。外壳用湿布擦。
"""


def passage(document, relevance, text="签收后 7 天内可以退。"):
    return Passage(document, document, document, text, 1.0, relevance, "zh")


@pytest.mark.parametrize(("own", "best", "meant"), [(0.6, 0.9, True), (0.6, 0.999, False), (0.95, 0.999, False)])
def test_the_page_spoken_of_is_meant_unless_another_is_much_likelier(own, best, meant):
    pages = [passage("returns", own)]
    assert bool(_if_meant(pages, [passage("shipping", best)], MEANT)) is meant


def test_odds_tell_apart_what_is_all_but_certain():
    assert odds(0.999) - odds(0.95) > odds(0.75) - odds(0.5)
    assert odds(0.0) == pytest.approx(-odds(1.0))


def test_a_shops_own_word_finds_the_sentence_too(tmp_path):
    (tmp_path / "a.md").write_text(PAGE, "utf-8")
    ingest([tmp_path / "a.md"], tmp_path / "index", None)
    knowledge = ChromaKnowledge(tmp_path / "index", None, synonyms={"zh": (("滤芯", "肺片"),)})
    asked = "小肺片要多长时间"
    assert isinstance(knowledge, Synonymous)
    found = knowledge.search(asked, language="zh", valid_on=date(2024, 12, 5))
    kindred = knowledge.kindred(asked, language="zh")
    assert kindred == {"滤芯"}
    assert quote(asked, found) is None
    assert quote(asked, found, kindred=kindred)[1] == "滤芯每 6 个月换一次。"


def test_a_word_of_thanks_after_the_question_does_not_ask():
    page = passage("returns", 0.9, "签收后 7 天内可以退。退货的运费由买家承担。谢谢您的光临。")
    assert quote("退货运费谁出？谢谢光临", [page])[1] == "退货的运费由买家承担。"


@pytest.mark.parametrize(
    "question",
    ["你们卖冰箱吗，我家冰箱坏了", "你们卖冰箱吗，我家的东西坏了，质量问题", "你们卖雨伞吗，签收后发现商品有质量问题"],
)
def test_the_story_of_a_thing_that_the_shop_does_not_sell_is_answered_from_no_page(assistant, question):
    reply = assistant(ScriptedModel(answers=["15 天内可以换货。"])).reply(question, conversation="c")
    assert (reply.evidence, reply.citations) == ((), ())
    assert "资料里没有" in reply.text


def test_the_story_of_one_that_it_sells_is_answered(assistant):
    reply = assistant().reply("你们卖耳机吗，我的耳机坏了", conversation="c")
    assert "耳机" in reply.text
    assert reply.evidence
