"""What a check of the catalogue finds in a shop's file, and its pictures."""

from xml.etree import ElementTree

import numpy as np
import pytest

from shopassist.errors import InputError
from shopassist.language.catalogue import Catalogue
from shopassist.language.intents import Classifier
from shopassist.language.likeness import Likeness
from shopassist.learning.check import FEW, check
from shopassist.learning.examples import Example
from shopassist.learning.measure import Bin
from shopassist.learning.picture import confusions, reliability, writable, write

OURS = """
intents:
  gift_wrap:
    description: Have an order wrapped as a gift.
    examples:
      zh: [帮我包成礼物, 取消订单！, 送人的礼物包好看点, 礼物帮我包一下]
      en: [please gift wrap it]
    routes:
      request: {write: wrap_gift}
      any: {policy: gifts}
  invoice:
    examples: {zh: [发票抬头要公司的]}
"""
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def built_in():
    return Catalogue.load()


@pytest.fixture(scope="module")
def found(tmp_path_factory, built_in):
    file = tmp_path_factory.mktemp("ours") / "intents.yaml"
    file.write_text(OURS, "utf-8")
    messages = [
        Example("能帮忙包一下吗", "zh", (("gift_wrap", "can"),)),
        Example("包好了没", "zh", (("gift_wrap", "status"),)),
    ]
    return check(Classifier(Catalogue.load(file)), built_in, messages)


def test_the_same_words_in_two_intents_are_found_whatever_their_marks_and_a_shops_own_come_first(found):
    first = found.pairs[0]
    assert (first.one.text, first.one.own, first.other.text, first.same) == ("取消订单！", True, "取消订单", True)
    assert (first.one.intent, first.other.intent) == ("gift_wrap", "cancel_order")
    own = [pair.own for pair in found.pairs]
    assert own == sorted(own, reverse=True)
    assert False in own
    assert not found.clean


def test_an_example_that_a_built_in_intent_wins_is_named_and_those_that_fit_are_not(found):
    assert [(h.example.text, h.intent) for h in found.won] == [("取消订单！", "cancel_order")]
    assert found.won[0].score > 0.9 > found.won[0].own_score


def test_each_example_is_judged_by_the_others(found):
    row = dict(zip([*found.names, None], found.matrix[found.names.index("gift_wrap")], strict=True))
    assert sum(row.values()) == 5
    assert row["cancel_order"] == 1
    assert row["gift_wrap"] >= 2  # 礼物 is said by nobody else
    assert found.own == {"gift_wrap", "invoice"}
    mine = next(c for c in found.confusions if (c.intent, c.other) == ("gift_wrap", "cancel_order"))
    assert (mine.share, [t.text for t in mine.examples]) == (0.2, ["取消订单！"])
    wrong = sum(len(c.examples) for c in found.confusions)
    assert wrong == np.sum(found.matrix) - np.trace(np.array(found.matrix))


def test_acts_that_lead_somewhere_and_that_nobody_labelled_are_named(found):
    acts = {u.intent: u.acts for u in found.uncovered}
    assert acts["gift_wrap"] == ("request", "how", "report", "verify", "conditional", "retract", "blocked")
    assert "greeting" not in acts, "nothing comes of any of its acts"
    assert found.uncovered[0].own


def test_few_examples_are_counted_by_language(found):
    assert [(f.intent, f.language, f.count) for f in found.few] == [("gift_wrap", "en", 1), ("gift_wrap", "zh", 4)]
    assert FEW > 4


def test_a_pattern_that_reaches_too_far_is_seen_in_the_built_in_examples_that_it_takes(tmp_path, built_in):
    file = tmp_path / "intents.yaml"
    file.write_text(
        "intents: {leaflet: {description: A leaflet., patterns: {zh: {1.0: ['发票']}}, examples: {zh: [给我传单]}}}",
        "utf-8",
    )
    found = check(Classifier(Catalogue.load(file)), built_in, [])
    assert {(h.example.intent, h.intent) for h in found.taken} == {("invoice", "leaflet")}
    assert all("发票" in h.example.text and not h.example.own for h in found.taken)


def test_the_built_in_catalogue_stands_in_no_two_intents(built_in):
    found = check(Classifier(built_in), built_in, [])
    assert found.clean
    assert (found.own, found.won, found.taken, found.few) == (frozenset(), (), (), ())


def test_what_an_example_left_out_is_taken_for_is_what_the_others_alone_say():
    texts = [(0, "cancel my order"), (0, "please cancel it"), (0, "cancel"), (1, "where is my order"), (1, "track it")]
    likeness = Likeness(texts, 2)
    left = likeness.left_out(likeness.alike())
    assert left.shape == (5, 2)
    assert left[:3, 0].min() > 0.5
    assert left[0, 0] < likeness.near("cancel my order")[0]
    assert left[3, 0] > left[3, 1], "only `my order` is said by others, and they cancel it"


def test_one_example_alone_has_no_others():
    likeness = Likeness([(0, "cancel")], 2)
    assert not likeness.left_out(likeness.alike()).any()


def texts(svg):
    return [e.text for e in ElementTree.fromstring(svg).iter() if e.tag in (f"{SVG}text", f"{SVG}title")]


def test_a_picture_of_confusions_names_both_axes_and_numbers_what_counts():
    said = texts(confusions(["a_b", "<c>"], [[6, 3, 1], [0, 98, 2]], own={"<c>"}))
    assert said.count("a_b") == said.count("<c>") == 2
    assert "a_b → <c>: 3 of 10" in said
    assert {"60", "30", "10", "98"} <= set(said)
    assert "2" not in said, "a fiftieth has its colour only"


def test_a_picture_of_reliability_has_a_point_for_each_bin():
    svg = reliability([Bin(1200, 0.05, 0.04), Bin(30, 0.95, 0.9)])
    assert len(ElementTree.fromstring(svg).findall(f"{SVG}circle")) == 2
    assert {"1,200", "30", "1,230 candidates in messages of voices that were left out"} <= set(texts(svg))


def test_a_picture_goes_to_a_file_of_its_kind_in_a_folder_that_is_there(tmp_path):
    for name, kinds in (("m.png", (".svg",)), ("m.html", (".svg",)), ("gone/m.svg", (".svg", ".html"))):
        with pytest.raises(InputError, match=r"m\.\w+: "):
            writable(tmp_path / name, *kinds)
    write(tmp_path / "m.html", "<svg/>")
    assert (tmp_path / "m.html").read_text("utf-8").startswith("<!doctype html>")
    with pytest.raises(InputError, match="cannot be written"):
        write(tmp_path, "<svg/>")
