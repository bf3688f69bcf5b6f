"""Fitting a head, keeping its versions, and how the engine takes it."""

import json
from collections import Counter
from dataclasses import asdict, replace
from zlib import crc32

import numpy as np
import pytest

from shopassist.assembly import classifier_from
from shopassist.errors import ConfigurationError, InputError
from shopassist.language.catalogue import Catalogue
from shopassist.language.grams import Vocabulary, grams
from shopassist.language.head import Head, fitted
from shopassist.language.intents import Classifier
from shopassist.language.judge import Limits
from shopassist.language.mood import feeling
from shopassist.language.reading import Part
from shopassist.learning.examples import Example
from shopassist.learning.measure import Reading, best_limits, measured
from shopassist.learning.versions import KEPT, Heads
from shopassist.settings import load

SMALL = """
intents:
  gift_wrap: {description: Wrap it., override: true, examples: {zh: [包成礼物, 要礼盒], en: [wrap it]}}
  pick_up: {description: Fetch it oneself., override: true, examples: {zh: [我自己来取, 上门自提], en: [pick it up]}}
"""
SAID = {
    "gift_wrap": ["帮我包一下", "要礼品包装", "包个礼盒", "送人的包好看点", "能包装成礼物不", "礼物包装谢谢"],
    "pick_up": ["我来店里拿", "自己去取行吗", "想上门自提", "到店自取", "不用寄我去拿", "自提点在哪"],
}


@pytest.fixture
def catalogue(tmp_path):
    file = tmp_path / "intents.yaml"
    file.write_text(SMALL, "utf-8")
    whole = Catalogue.load(file)
    return Catalogue({n: whole[n] for n in ("gift_wrap", "pick_up")})


@pytest.fixture
def examples():
    return [
        Example(text, "zh", ((intent, "request" if number % 2 else "can"),), voice=f"v{number % 3}")
        for intent, texts in SAID.items()
        for number, text in enumerate(texts)
    ] + [
        Example(f"{said}{number}", "zh", mood=mood, voice=f"v{number % 3}", mood_alone=True)
        for said, mood in (("气死我了", "negative"), ("太喜欢了", "positive"), ("好的吧", "neutral"))
        for number in range(6)
    ]


def fit(*arguments, **options):
    pytest.importorskip("sklearn", reason="scikit-learn, of the extra train, is not installed")
    from shopassist.learning.fit import fit

    return fit(*arguments, **options)


def test_a_head_reads_what_it_was_fitted_to_and_the_like(catalogue, examples):
    told = []
    head, report = fit(examples, catalogue, progress=told.append)
    classifier = Classifier(catalogue, head=head)
    for text, intent in (("礼盒包装", "gift_wrap"), ("我上门取", "pick_up")):
        assert classifier.scores(text, "zh")[0][0] == intent
    assert classifier.weigh("zh").act("自提点在哪", "pick_up") == "request"
    assert report.messages == len([e for e in examples if not e.mood_alone])
    assert sorted(report.voices) == ["v0", "v1", "v2"]
    assert feeling("气死我了", head.mood).mood == "negative"
    assert told[0].startswith(f"reading {report.messages} messages")


def test_one_voice_is_too_few_and_an_intent_without_examples_is_named(catalogue, examples):
    with pytest.raises(InputError, match="two files"):
        fit([replace(e, voice="v") for e in examples], catalogue)
    bare = Catalogue({**catalogue.intents, "empty": replace(catalogue["pick_up"], name="empty", examples={})})
    with pytest.raises(InputError, match="'empty'"):
        fit(examples, bare)


def test_a_head_that_is_kept_is_the_same(tmp_path):
    head = Head.load()
    head.save(tmp_path / "h.npz")
    again = Head.load(tmp_path / "h.npz")
    assert (again.weights == head.weights).all()
    assert again.values("取消订单")[0] == pytest.approx(head.values("取消订单")[0])


@pytest.mark.parametrize("data", [b"", b"PK no zip", b"\x93NUMPY"])
def test_a_file_that_is_no_head_is_named_with_the_way_out(tmp_path, data):
    (tmp_path / "h.npz").write_bytes(data)
    with pytest.raises(ConfigurationError, match=r"h\.npz.*shopassist train"):
        Head.load(tmp_path / "h.npz")


def test_the_built_in_head_is_small_and_knows_every_intent_of_the_catalogue():
    head, catalogue = Head.load(), Catalogue.load()
    assert head.intents.tolist() == [i.name for i in catalogue]
    assert not Classifier(catalogue)._added.any(), "the catalogue has changed: run `shopassist train --out`"


def test_heads_are_numbered_used_and_gone_back_from(tmp_path):
    heads, head = Heads(tmp_path / "heads"), Head.load()
    assert (heads.current(), heads.every(), fitted(tmp_path / "heads")) == (None, [], None)
    names = [heads.add(head, "{}") for _ in range(KEPT + 2)]
    assert names[-1] == heads.current() == f"head-{KEPT + 2:06d}.npz"
    assert heads.every() == names[2:]
    assert heads.back() == names[-2]
    assert fitted(tmp_path / "heads") is not None
    while heads.current() != names[2]:
        heads.back()
    assert heads.back() is None
    assert fitted(tmp_path / "heads") is None
    with pytest.raises(InputError, match="nothing to go back to"):
        heads.back()


def test_the_assistant_takes_the_head_in_use(tmp_path):
    settings = load(data_dir=tmp_path)
    built_in = classifier_from(settings, None)
    Heads(settings.heads_dir).add(replace(Head.load(), told=np.array(["mine"])), "{}")
    assert classifier_from(settings, None).head.told.tolist() == ["mine"] != built_in.head.told.tolist()


def parts(text):
    """How many parts come how often."""
    return Counter(grams(text)[1].tolist())


def test_parts_of_words_and_their_weights():
    assert parts("退货") == {1: 3 + 3 + 2 + 1 - 1, 2: 1}  # the space before the text is the one behind it
    assert parts(" 退\n货 ") == parts("退 货")
    assert (grams("退货")[0] == grams("货退")[0]).sum() < 4
    alike = np.isin(grams("why don't you ship it")[0], grams("they don't ship")[0])
    assert np.isin([crc32(b"/don't"), crc32(b"/ship")], grams("they don't ship")[0]).all()
    assert alike.sum() < len(alike)
    words = Vocabulary.of(["退货", "退款", "换货"])
    rows, weights = words.vector("退")
    assert np.linalg.norm(weights) == pytest.approx(1)
    assert len(rows) == len(weights) > 0
    assert not len(words.vector("乙")[0]) or words.vector("乙")[1].max() <= 1
    assert not len(Vocabulary.of([]).vector("退")[0])


NAMES = ["invoice", "thanks", "exchange"]


def reading(voice, wished, *likely, told=()):
    """A message of pieces with these scores; `told` are the values of a clause beside the first one's core."""
    scores = np.zeros((len(likely), len(NAMES)), np.float32)
    for row, given in enumerate(likely):
        scores[row, : len(given)] = given
    right = np.array([[n in wished for n in NAMES] for _ in likely])
    values = {"core": np.array([1, 0, 0]), "told": np.array([*told, 0, 0, 0][:3])}
    parts = tuple(Part("text", "core", told=("told",) if told else ()) for _ in likely)
    return Reading(voice, frozenset(wished), parts, scores, right, values.__getitem__)


def test_a_second_wish_in_the_same_clause_must_be_surer_than_one_in_a_clause_of_its_own():
    scores = (0.9, 0.0, 0.7)
    for told, limits, seen in [
        ((), Limits(0.4, 0.6, 0.85), {"invoice"}),
        ((), Limits(0.4, 0.6, 0.65), {"invoice", "exchange"}),
        ((0, 0, 2), Limits(0.4, 0.6, 0.85), {"invoice", "exchange"}),
        ((0, 0, 2), Limits(0.4, 0.75, 0.65), {"invoice"}),
        ((), Limits(0.95, 0.6, 0.65), set()),
    ]:
        assert reading("a", set(), scores, told=told).seen(NAMES, limits) == seen


def test_the_limits_are_those_that_read_most_messages_right():
    sure = [reading("a", {"invoice"}, (0.5, 0, 0.3)), reading("a", set(), (0.44,)), reading("b", set(), (0.43,))]
    assert best_limits(sure, NAMES).least == 0.45
    both = [*sure, *[reading("b", {"invoice", "exchange"}, (0.9, 0, 0.7))] * 2]
    assert best_limits(both, NAMES).beside <= 0.7


def test_a_message_among_thousands_moves_no_limit():
    wrong = [reading("a", {"thanks"}, (0.99,))] * 1000
    usual = best_limits(wrong, NAMES).least
    assert best_limits([*wrong, reading("a", set(), (usual + 0.02,))], NAMES).least == usual
    assert best_limits([*wrong, *[reading("a", set(), (usual + 0.02,))] * 5], NAMES).least > usual


def test_a_report_counts_what_was_seen_by_voice_and_how_sure_it_was():
    readings = [
        reading("a", {"invoice"}, (0.95, 0.9)), reading("a", set(), (0.1, 0.1)), reading("b", {"thanks"}, (0.2, 0.1)),
    ]  # fmt: skip
    report = measured(readings, NAMES, Limits(0.4, 0.6, 0.85))
    assert report.voices == {"a": 1.0, "b": 0.0}
    assert (report.exact, report.f1) == (round(2 / 3, 4), round(2 / 3, 4))
    assert json.loads(json.dumps(asdict(report)))["reliability"][-1]["count"] == 2
