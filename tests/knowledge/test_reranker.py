import importlib.util
import json
from datetime import date

import numpy as np
import pytest

from shopassist.errors import KnowledgeError, WeightsMissing
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.reranker import CrossEncoderReranker
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.testing import HashEmbeddings

TODAY = date(2024, 12, 5)
INSTALLED = importlib.util.find_spec("sentence_transformers") is not None
ASK = {"query": "耳机", "language": "zh", "valid_on": TODAY}


class Shortest:
    """Prefers the shortest text."""

    def __init__(self):
        self.asked = []

    def scores(self, query, texts):
        self.asked.append((query, list(texts)))
        return np.array([-len(t) for t in texts], np.float32)


@pytest.fixture
def index(tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    for n in range(1, 31):
        (folder / f"p{n:02}.md").write_text(f"# 耳机 {n}\n\n耳机{'很' * (31 - n)}好。", "utf-8")
    ingest([folder], tmp_path / "index", HashEmbeddings())
    return tmp_path / "index"


def test_the_best_are_put_in_the_order_of_the_cross_encoder(index):
    reranker = Shortest()
    shop = ChromaKnowledge(index, HashEmbeddings(), reranker=reranker)
    found = shop.search(**ASK, limit=5)
    assert len(reranker.asked[0][1]) == 20
    lengths = [len(p.text) for p in found]
    assert lengths == sorted(lengths)
    assert lengths[0] == min(len(t.split("\n")[-1]) for t in reranker.asked[0][1])
    told = shop.explained(**ASK, limit=5)
    assert [set(f.parts) for f in told.found] == [{"reranker"}] * 5


def test_one_page_alone_needs_no_cross_encoder(index):
    reranker = Shortest()
    ChromaKnowledge(index, HashEmbeddings(), reranker=reranker).search(**ASK, only=frozenset({"p07"}))
    assert reranker.asked == []


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(WeightsMissing, match="SHOPASSIST_RERANKER"):
        CrossEncoderReranker(tmp_path)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A cross-encoder of two layers with random weights, made here."""
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    def make(labels):
        folder = tmp_path_factory.mktemp(f"cross{labels}")
        words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"耳机很好退货运费 0123456789"]
        (folder / "vocab.txt").write_text("\n".join(dict.fromkeys(words)), "utf-8")
        BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
        config = BertConfig(vocab_size=len(set(words)), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
                            intermediate_size=32, max_position_embeddings=64, num_labels=labels)  # fmt: skip
        BertForSequenceClassification(config).save_pretrained(folder)
        return folder

    return make


@pytest.mark.torch
@pytest.mark.skipif(not INSTALLED, reason="sentence-transformers is not installed (extra sentence-transformers)")
def test_a_real_cross_encoder_gives_a_figure_for_each_pair(tiny, index):
    reranker = CrossEncoderReranker(tiny(1), device="cpu")
    scores = reranker.scores("耳机", ["耳机很好", "退货运费", "耳机很好"])
    assert scores.shape == (3,)
    assert scores[0] == pytest.approx(scores[2], abs=1e-5)
    assert scores[0] != scores[1]
    found = ChromaKnowledge(index, HashEmbeddings(), reranker=reranker).search(**ASK, limit=3)
    assert len(found) == 3


@pytest.mark.torch
@pytest.mark.skipif(not INSTALLED, reason="sentence-transformers is not installed (extra sentence-transformers)")
def test_a_model_for_something_else_is_an_error_without_the_question(tiny, tmp_path):
    with pytest.raises(KnowledgeError, match="one figure for a pair"):
        CrossEncoderReranker(tiny(3), device="cpu").scores("耳机", ["耳机很好"])
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}), "utf-8")
    with pytest.raises(KnowledgeError, match="failed") as error:
        CrossEncoderReranker(tmp_path, device="cpu").scores("秘密", ["耳机"])
    assert "秘密" not in str(error.value)
