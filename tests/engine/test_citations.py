"""What a sentence rests on: passages that bear it out, and those that only look so."""

from pathlib import Path

import pytest
import yaml

from shopassist.engine.check import objection
from shopassist.engine.evidence import cite
from shopassist.engine.grounds import doubt
from shopassist.prompts import claims, texts
from shopassist.replies import Citation, Passage, Reply
from shopassist.testing import ScriptedModel

PAIRS = yaml.safe_load((Path(__file__).parents[1] / "data/citations.yaml").read_text("utf-8"))
NAMES = {"zh": "小云", "en": "yun"}


def passage(entry):
    language = entry.get("language", "zh")
    name = entry["id"].removesuffix("-en")
    return Passage(
        name, name, entry["title"], entry["text"], 1.0, 0.9, language, tags=tuple(entry.get("tags", ("policy",)))
    )


def borne_out(sentence, page):
    barred = claims(page.language, NAMES[page.language])
    if objection(sentence, texts(page.language), barred, (page,), said="", shown=()):
        return False
    return cite(sentence, (page,)) is not None


def judged(part):
    """(whether the passage supports it, whether we say so, kind) for every pair."""
    for entry in PAIRS[part]:
        page = passage(entry["passage"])
        yield from ((True, borne_out(s, page), "supports") for s in entry["supports"])
        for kind, wrong in entry["not"].items():
            yield from ((False, borne_out(s, page), kind) for s in wrong)


@pytest.mark.parametrize(("part", "precision", "recall"), [("first", 0.82, 0.8), ("second", 0.8, 0.9)])
def test_citations_support_their_sentences(part, precision, recall):
    found = list(judged(part))
    right = sum(true and said for true, said, _ in found)
    assert right / sum(said for _, said, _ in found) >= precision
    assert right / sum(true for true, _, _ in found) >= recall


@pytest.mark.parametrize(("kind", "least"), [("figure", 1.0), ("who", 0.9), ("polarity", 0.95), ("condition", 0.9)])
def test_what_costs_money_is_caught(kind, least):
    found = [said for part in PAIRS for _, said, k in judged(part) if k == kind]
    assert 1 - sum(found) / len(found) >= least


RETURNS = passage(PAIRS["first"][0]["passage"])


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("无理由退货的运费由商家承担。", "condition"),
        ("拆封的耳塞套支持无理由退货。", "contradiction"),
        ("钻石会员可以无理由退货。", "entity 钻石"),
        ("无理由退货的运费由买家承担。", None),
    ],
)
def test_a_doubt_has_its_reason(sentence, reason):
    assert doubt(sentence, (RETURNS,), claims("zh", "小云")) == reason


def test_a_wrong_payer_is_replaced_by_the_pages_own_words(assistant):
    reply = assistant(ScriptedModel(answers=["无理由退货的运费由商家承担。"])).reply("退货运费谁出", conversation="c")
    assert [r.reason for r in reply.rejected] == ["contradiction"]
    assert "买家承担" in reply.text
    assert "无理由退货的运费由商家承担" not in reply.text


def test_each_citation_names_its_sentences_and_quotes_its_passage(assistant):
    answer = "签收后 7 天内可以无理由退货。无理由退货的运费由买家承担。"
    reply = assistant(ScriptedModel(answers=[answer])).reply("七天无理由怎么退，运费谁出", conversation="c")
    assert reply.citations
    passages = {p.id: p for p in reply.evidence}
    for citation in reply.citations:
        assert citation.quote in passages[citation.passage].text
        assert citation.title == passages[citation.passage].title
        assert citation.url == passages[citation.passage].url
        assert all(0 <= n < len(reply.sentences) for n in citation.sentences)
    assert {n for c in reply.citations for n in c.sentences} >= {0, 1}
    assert Reply.from_dict(reply.to_dict()).citations == reply.citations


def test_a_citation_of_an_older_version_is_read():
    data = {"document": "returns", "version": "returns", "title": "退货", "quote": "可以。", "url": None}
    reply = Reply("r", 1, "可以。", ("可以。",), "zh").to_dict() | {"citations": [data]}
    assert Reply.from_dict(reply).citations == (Citation("returns", "returns", "退货", "可以。"),)
