"""Labelled messages: what is read, what is refused, and what is made of them."""

import json

import pytest

from shopassist.errors import InputError
from shopassist.language.catalogue import Catalogue
from shopassist.learning.combine import joined, sold
from shopassist.learning.examples import Example, of_catalogue, read, with_built_in

CANCEL = {"text": "取消吧", "language": "zh", "wishes": [["cancel_order", "request"]], "mood": "neutral"}


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.load()


@pytest.fixture
def file(tmp_path):
    def write(*lines, name="voice.jsonl"):
        texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
        (tmp_path / name).write_text("\n".join(texts), "utf-8")
        return tmp_path / name

    return write


def test_a_line_is_a_message_and_its_file_is_its_voice(file, catalogue):
    (found,) = read([file({**CANCEL, "slots": {"reason": ["吧"]}}, "")], catalogue)
    assert found == Example("取消吧", "zh", (("cancel_order", "request"),), "neutral", {"reason": ["吧"]}, "voice")


def test_a_folder_is_all_its_files(file, catalogue, tmp_path):
    file(CANCEL, name="a.jsonl")
    file({**CANCEL, "text": "别的"}, name="b.jsonl")
    assert [e.voice for e in read([tmp_path], catalogue)] == ["a", "b"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "no JSON"),
        ("[]", "expected an object"),
        ({**CANCEL, "text": " "}, "`text`"),
        ({**CANCEL, "intent": "x"}, "unknown key 'intent'"),
        ({**CANCEL, "language": "fr"}, "`language`"),
        ({**CANCEL, "mood": "sad"}, "`mood`"),
        ({**CANCEL, "wishes": "cancel_order"}, "a list"),
        ({**CANCEL, "wishes": [["cancel_order"]]}, "an intent and an act"),
        ({**CANCEL, "wishes": [["dance", "request"]]}, "no intent is called 'dance'"),
        ({**CANCEL, "wishes": [["cancel_order", "dance"]]}, "no act"),
        ({**CANCEL, "slots": {"reason": ["坏了"]}}, "must stand in the text"),
        ({**CANCEL, "slots": []}, "a mapping"),
        ({"text": "唉", "language": "zh"}, "expected `wishes`, `mood` or both"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_with_its_place(file, catalogue, line, told):
    with pytest.raises(InputError, match=r"voice\.jsonl:2: .*" + told):
        read([file({**CANCEL, "text": "好"}, line)], catalogue)


def test_a_line_without_wishes_tells_only_of_the_mood(file, catalogue):
    told = {"text": "唉，又坏了", "language": "zh", "mood": "negative"}
    both = read([file(CANCEL, told)], catalogue)
    assert [(e.mood_alone, e.mood) for e in both] == [(False, "neutral"), (True, "negative")]


def test_a_line_of_the_shop_stands_for_the_built_in_one_with_its_text(file, catalogue):
    built_in = with_built_in([], catalogue)
    one = next(e for e in built_in if e.wishes)
    own = {"text": one.text, "language": one.language, "wishes": [], "mood": "positive"}
    every = with_built_in([file(own)], catalogue)
    assert len(every) == len(built_in)
    assert [(e.wishes, e.voice) for e in every if e.text == one.text] == [((), "voice")]


def test_a_text_that_comes_twice_is_named_with_both_places(file, catalogue):
    with pytest.raises(InputError, match=r"voice\.jsonl:2: .*voice\.jsonl:1"):
        read([file(CANCEL, CANCEL)], catalogue)


def test_a_file_that_is_not_there_and_one_with_nothing_in_it_are_named(file, catalogue, tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.jsonl"):
        read([tmp_path / "nowhere.jsonl"], catalogue)
    with pytest.raises(InputError, match="no examples"):
        read([file("")], catalogue)


def test_every_example_of_the_catalogue_wishes_its_intent(catalogue):
    found = of_catalogue(catalogue)
    assert len(found) == sum(len(e) for i in catalogue for e in i.examples.values())
    assert {e.wishes[0][0] for e in found} == {i.name for i in catalogue}


def test_goods_become_the_common_word_for_goods():
    lamp = Example("台灯啥时候发", "zh", (("order_status", "status"),), slots={"product": ["台灯"]}, voice="v")
    change = Example("改成青轴", "zh", (("exchange", "request"),), slots={"variant": ["青轴"]}, voice="v")
    plain = Example("有青轴吗", "zh", (("price_stock", "how"),), slots={"variant": ["青轴"]}, voice="v")
    assert [e.text for e in sold([lamp, change, plain])] == ["某物啥时候发", "改成某款"]


def test_messages_are_joined_within_a_voice_and_the_same_each_time():
    every = [
        Example(f"第{n}句", "zh", ((intent, "request"),), voice=voice)
        for voice in "ab"
        for n, intent in enumerate(("invoice", "human", "exchange", "complaint", "recommend"))
    ]
    made = joined(every, 2.0)
    assert made == joined(every, 2.0) != joined(every, 2.0, seed=1)
    assert all(len(e.wishes) == e.text.count("句") >= 2 and e.voice in "ab" for e in made)
    assert joined(every[:3], 2.0) == []
