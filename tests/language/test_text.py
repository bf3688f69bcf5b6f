import json

import pytest

from shopassist.text import clean, content, fold, kindred, language_of, sentences, stem, tokens


def test_clean_drops_what_cannot_be_stored():
    text = clean("退\ud83d货\x00政\x07策\u200b\ufeff\u202e")
    assert text == "退货政策"
    assert json.dumps(text).encode("utf-8")


def test_clean_keeps_line_breaks_tabs_and_emoji():
    assert clean("一\r\n二\r三\n四\t五😊") == "一\n二\n三\n四\t五😊"


def test_fold_makes_full_width_and_capitals_equal():
    assert fold("Ｐ－１００１") == fold("p-1001")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("怎么退货", "zh"),
        ("iPhone 15 Pro Max 支持吗", "zh"),
        ("K87 多少钱", "zh"),
        ("How do I return it?", "en"),
        ("Does the 手环 work with my old iPhone and the iPad too?", "en"),
        ("これはいくらですか", "other"),
        ("배송은 얼마나 걸려요", "other"),
        ("Где мой заказ", "other"),
        ("123 ？！", None),
        ("😊", None),
        ("", None),
    ],
)
def test_a_language_is_told_by_its_letters(text, language):
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("可以。不行！真的？", ["可以。", "不行！", "真的？"]),
        ("他说：“可以。”然后走了。", ["他说：“可以。”", "然后走了。"]),
        ("It is IPX4. It costs 5.30 yuan. Fine", ["It is IPX4. ", "It costs 5.30 yuan. ", "Fine"]),
        ("一行\n两行\n\n三行", ["一行\n", "两行\n\n", "三行"]),
        ("没有句号", ["没有句号"]),
        ("", []),
        ("\n\n", []),
    ],
)
def test_sentences_keep_their_marks(text, parts):
    assert sentences(text) == parts


@pytest.mark.parametrize("text", ["等等……真的？！好。", "第一。\n\n第二。  第三", "A. B! C? D"])
def test_sentences_together_are_the_text(text):
    assert "".join(sentences(text)) == text


def test_tokens_are_characters_and_pairs():
    assert tokens("退货费") == ["退", "货", "费", "退货", "货费"]


def test_a_code_counts_as_a_whole_and_in_parts():
    assert tokens("P-1001") == ["p-1001", "p", "1001"]


@pytest.mark.parametrize(("one", "many"), [("return", "returns"), ("battery", "batteries"), ("invoice", "invoices")])
def test_singular_and_plural_meet(one, many):
    assert stem(one) in tokens(many)


def test_words_that_only_end_like_plurals_stay():
    assert tokens("wireless status") == ["wireless", "status"]


def test_content_leaves_single_characters_out():
    assert content("退货 a 7") == {"退货", "7"}


@pytest.mark.parametrize(
    "forms",
    [
        "ship ships shipped shipping shipment",
        "swim swimming swam",
        "pay pays paid paying payment",
        "install installed installing installation",
        "cancel cancelled canceled cancelling cancellation",
        "exchange exchanged exchanges exchanging",
        "apply applies applied",
        "use used using",
    ],
)
def test_the_forms_of_a_word_have_one_stem(forms):
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("instalment", "install"), ("delivery", "deliver"), ("member", "membership")]
)
def test_words_of_another_meaning_keep_their_stems(one, other):
    assert stem(one) != stem(other)


@pytest.mark.parametrize("word", ["need", "thing", "ring", "bus", "wireless", "k87", "退货"])
def test_what_only_looks_inflected_stays(word):
    assert stem(word) == word


def test_what_customers_call_a_thing_stands_for_what_pages_call_it():
    assert "运费" in kindred("买50块要出多少邮费")
    assert stem("plane") in kindred("may I take it on a flight")
    assert kindred("今天天气不错") == frozenset()
