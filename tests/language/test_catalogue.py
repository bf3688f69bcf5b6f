from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from shopassist.errors import ConfigurationError
from shopassist.language.catalogue import ACTS, WRITING, Catalogue, Route
from shopassist.language.intents import Classifier

INTENTS = """
order_status track_delivery urge_delivery change_address change_contact change_delivery_time cancel_order order_problem
return_refund exchange refund_status cancel_service price_protection invoice warranty_repair
product_question price_stock compare_products recommend promotion usage_help
policy_question payment_help complaint human greeting thanks chitchat out_of_scope
""".split()  # noqa: SIM905


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.load()


def test_the_built_in_catalogue_names_what_customers_want(catalogue):
    assert sorted(i.name for i in catalogue) == sorted(INTENTS)


@pytest.mark.parametrize("name", INTENTS)
def test_an_intent_is_complete(name, catalogue):
    intent = catalogue[name]
    assert intent.description
    assert len(intent.examples["zh"]) >= 60
    assert len(intent.examples["en"]) >= 40
    for examples in intent.examples.values():
        assert len(set(examples)) == len(examples)


def test_no_example_speaks_for_two_intents(catalogue):
    examples = [e for i in catalogue for found in i.examples.values() for e in found]
    assert len(set(examples)) == len(examples)


def test_only_acts_that_want_the_deed_lead_to_a_write(catalogue):
    for intent in catalogue:
        for act in ACTS:
            assert act in WRITING or intent.route(act).write is None
        assert intent.route("retract") == Route()


def test_an_act_without_a_route_takes_the_one_for_any(catalogue):
    assert catalogue["cancel_order"].route("can").write == "cancel_order"
    assert catalogue["invoice"].route("verify") == catalogue["invoice"].routes["any"]


def write(folder: Path, text: str) -> Path:
    path = folder / "own.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_shop_adds_an_intent(tmp_path):
    own = write(
        tmp_path,
        """
intents:
  gift_wrap:
    description: Wrap an order as a gift.
    slots: [order_id]
    patterns: {zh: {0.9: ['礼品?包装|包成礼物']}}
    examples: {zh: [帮我包成礼物], en: [gift wrap it please]}
    routes: {request can: {reads: [get_order], write: wrap_gift, policy: gifts}, any: {policy: gifts}}
""",
    )
    catalogue = Catalogue.load(own)
    assert len(catalogue) == len(INTENTS) + 1
    assert catalogue["gift_wrap"].route("can") == Route(("get_order",), "wrap_gift", "gifts")
    assert Classifier(catalogue).scores("能包成礼物吗", "zh")[0][0] == "gift_wrap"


def test_a_shop_extends_an_intent_and_overrides_its_routes(tmp_path, catalogue):
    own = write(
        tmp_path,
        "intents: {invoice: {examples: {zh: [开个凭据]}, routes: {how: {policy: our_invoices}}}}",
    )
    before, after = catalogue["invoice"], Catalogue.load(own)["invoice"]
    assert after.examples["zh"] == (*before.examples["zh"], "开个凭据")
    assert after.patterns == before.patterns
    assert after.route("how").policy == "our_invoices"
    assert after.route("request") == before.route("request")


def test_an_override_drops_what_was_there(tmp_path):
    own = write(tmp_path, "intents: {recommend: {override: true, description: Ours., examples: {zh: [挑礼物]}}}")
    intent = Catalogue.load(own)["recommend"]
    assert (intent.examples["zh"], intent.examples["en"], intent.patterns["zh"]) == (("挑礼物",), (), ())


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("{x: {examples: {zh: [a]}}}", "description", "missing"),
        ("{x: {description: D., examples: {fr: [a]}}}", "examples", "zh, en"),
        ("{x: {description: D., examples: {zh: a}}}", "examples.zh", "a list"),
        ("{x: {description: D., examples: {zh: [1]}}}", "examples.zh", "a list"),
        ("{x: {description: D., colour: red}}", "colour", "unknown"),
        ("{x: {description: D., slots: order_id}}", "slots", "a list"),
        ("{x: {description: D., patterns: {zh: {2: [a]}}}}", "patterns.zh", "at most 1"),
        ("{x: {description: D., patterns: {zh: {0.9: ['(']}}}}", "patterns.zh.0.9", "regular expression"),
        ("{x: {description: D., patterns: {zh: [a]}}}", "patterns.zh", "a mapping"),
        ("{x: {description: D., routes: {ask: {}}}}", "routes.ask", "no act"),
        ("{x: {description: D., routes: {how: {write: w}}}}", "routes.how", "may lead to a write"),
        ("{x: {description: D., routes: {any: {write: w}}}}", "routes.any", "may lead to a write"),
        ("{x: {description: D., routes: {any: {reads: r}}}}", "routes.any.reads", "a list"),
        ("{x: {description: D., routes: {any: {read: [r]}}}}", "routes.any.read", "unknown"),
        ("{x: {description: D., routes: {any: {policy: [p]}}}}", "routes.any.policy", "one name"),
        ("{x: {description: D., routes: {any: {offer: nothing}}}}", "routes.any.offer", "no intent"),
        ("{x: {description: D., absorbs: [nothing]}}", "absorbs", "no intent"),
        ("{x: {description: D., override: 1}}", "override", "true or false"),
        ("{x: text}", "description", "a mapping"),
        ("{X y: {description: D.}}", "name", "lower-case"),
    ],
)
def test_a_bad_entry_names_file_intent_and_key(text, key, reason, tmp_path):
    with pytest.raises(ConfigurationError) as error:
        Catalogue.load(write(tmp_path, f"intents: {text}"))
    message = str(error.value)
    assert "own.yaml" in message
    assert f"key {key!r}" in message
    assert reason in message
    assert text[1:].partition(":")[0] in message


@pytest.mark.parametrize(
    "text", ["", "[]", "intents: []", "intents: {}", "intents: {a: b", "intents: {x: {}}\nmore: 1"]
)
def test_a_bad_file_is_named(text, tmp_path):
    with pytest.raises(ConfigurationError, match=r"own\.yaml"):
        Catalogue.load(write(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml"):
        Catalogue.load(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize("text", ["取消订单", "hello", "", "😀", "退" * 5000, "x" * 5000])
def test_scores_are_between_nothing_and_all_and_the_best_comes_first(text, catalogue):
    classifier = Classifier(catalogue)
    for language in ("zh", "en"):
        scores = classifier.scores(text, language)
        values = [s for _, s in scores]
        assert sorted(n for n, _ in scores) == sorted(INTENTS)
        assert values == sorted(values, reverse=True)
        assert 0 <= values[-1] <= values[0] <= 1


def test_a_text_unlike_anything_scores_low(catalogue):
    assert Classifier(catalogue).scores("乙炔钨钼熔炼", "zh")[0][1] < 0.2


class Counting(Embeddings):
    """Vectors by characters, so that texts with the same ones are near."""

    def __init__(self):
        self.documents = 0

    def embed_documents(self, texts):
        self.documents += len(texts)
        return [self.embed_query(t) for t in texts]

    def embed_query(self, text):
        vector = np.zeros(257)
        vector[256] = 0.1
        for character in text:
            vector[ord(character) % 256] += 1
        return vector.tolist()


@pytest.fixture
def extended(tmp_path):
    """The catalogue with an intent of a shop's own, to which no head was fitted."""
    file = tmp_path / "intents.yaml"
    file.write_text(
        "intents: {gift_wrap: {description: Wrap it., examples: {zh: [帮我包成礼物, 要个礼盒装着送人], en: [wrap it]}}}",
        "utf-8",
    )
    return Catalogue.load(file)


def test_dense_vectors_are_made_once_and_only_for_what_no_head_was_fitted_to(catalogue, extended):
    embeddings = Counting()
    Classifier(catalogue, embeddings).scores("东西怎么还在广州", "zh")
    assert embeddings.documents == 0
    classifier = Classifier(extended, embeddings)
    assert embeddings.documents == 0
    classifier.scores("东西怎么还在广州", "zh")
    made = embeddings.documents
    classifier.scores("我后悔了", "zh")
    assert embeddings.documents == made == sum(len(i.examples["zh"]) for i in extended)


def test_a_shops_own_intent_is_known_by_its_examples(extended):
    assert Classifier(extended).scores("能帮我包成礼物吗", "zh")[0][0] == "gift_wrap"
    assert Classifier(extended).scores("帮我取消订单", "zh")[0][0] == "cancel_order"


def test_dense_neighbours_raise_what_they_speak_for(extended):
    text = "礼物包成我"  # an example with its characters in another order
    without = dict(Classifier(extended).scores(text, "zh"))["gift_wrap"]
    assert dict(Classifier(extended, Counting()).scores(text, "zh"))["gift_wrap"] > without
