import importlib.util
import os
import pickle
import re
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from shopassist.errors import KnowledgeError, MissingExtra, WeightsMissing
from shopassist.knowledge.embeddings import OnnxEmbeddings, SentenceTransformerEmbeddings
from shopassist.knowledge.encoding import SAMPLE, cost, encode, fingerprint
from shopassist.knowledge.sources import files, read
from shopassist.knowledge.split import split
from shopassist.testing import HashEmbeddings

ROOT = Path(__file__).parents[2]
_SHARED = Path(os.environ.get("SHOPASSIST_SHARED") or ROOT.parent / "shared")
MODEL = Path(os.environ.get("SHOPASSIST_EMBEDDING_MODEL") or _SHARED / "models/bge-small-zh-v1.5")
INSTALLED = importlib.util.find_spec("sentence_transformers") is not None
TEXTS = [
    "怎么退货",
    "降噪耳机Pro的防水等级是 IPX4。",
    "P-1001",
    "How long does the battery last?",
    "运费谁出" * 30,
    "。",
]


def has(*names):
    return any((MODEL / n).is_file() for n in names)


@pytest.fixture(scope="module")
def onnx():
    if not has("onnx/model_quantized.onnx", "model_quantized.onnx", "onnx/model.onnx", "model.onnx"):
        pytest.skip(f"no ONNX embedding model in {MODEL}; set SHOPASSIST_EMBEDDING_MODEL")
    return OnnxEmbeddings(MODEL)


def test_a_folder_without_a_model_is_named_with_the_way_out(tmp_path):
    with pytest.raises(WeightsMissing, match=r"shopassist pull.*SHOPASSIST_EMBEDDING_MODEL") as caught:
        OnnxEmbeddings(tmp_path)
    assert str(tmp_path) in str(caught.value)
    with pytest.raises(WeightsMissing, match="shopassist pull"):
        SentenceTransformerEmbeddings(tmp_path)


@pytest.mark.parametrize("kind", [OnnxEmbeddings, SentenceTransformerEmbeddings])
def test_a_folder_that_is_not_there_is_said_not_to_be_there(tmp_path, kind):
    with pytest.raises(WeightsMissing, match=r"gone is not there; correct SHOPASSIST_EMBEDDING_MODEL"):
        kind(tmp_path / "gone")


def test_a_configuration_that_cannot_be_read_is_no_traceback(tmp_path):
    (tmp_path / "model.onnx").touch()
    (tmp_path / "tokenizer.json").write_text("{}")
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text("{")
    with pytest.raises(KnowledgeError, match="the embeddings failed"):
        fingerprint(OnnxEmbeddings(tmp_path))


def test_a_model_that_cannot_be_loaded_is_named_when_it_is_first_used(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"no model")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(WeightsMissing, match="cannot be loaded"):
        OnnxEmbeddings(tmp_path).embed_query("x")


@pytest.mark.skipif(INSTALLED, reason="sentence-transformers is installed")
def test_without_its_package_the_extra_is_named(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(MissingExtra, match=r"shopassist\[sentence-transformers\]"):
        SentenceTransformerEmbeddings(tmp_path).embed_query("x")


def test_embeddings_that_do_not_name_themselves_are_known_by_their_vectors():
    class Plain:
        def __init__(self, dimension):
            self.own = HashEmbeddings(dimension)

        def embed_documents(self, texts):
            return [[3.0 * x for x in v] for v in self.own.embed_documents(texts)]

    assert fingerprint(Plain(32)) == fingerprint(Plain(32)) != fingerprint(Plain(64))
    assert fingerprint(None) == "none"
    assert np.allclose(np.linalg.norm(encode(Plain(32), TEXTS[:-1]), axis=1), 1)


def test_what_a_rebuild_costs_is_measured_on_some_of_the_passages():
    class Slow(HashEmbeddings):
        def embed_documents(self, texts):
            time.sleep(0.01 * len(texts))
            return super().embed_documents(texts)

    slow = Slow()
    told = cost(slow, [f"第{n}段" for n in range(1000)])
    assert re.match(r"A rebuild embeds 1,000 passages, about \d+ s at \d+(\.\d+)? a second \(measured", told)
    assert float(re.search(r"at (\S+) a second", told)[1]) < 101
    assert slow.embedded <= SAMPLE + 1
    assert "1 passages" in cost(None, ["x"])
    assert "empty" in cost(HashEmbeddings(), [])


@pytest.mark.real_embeddings
def test_an_encoder_that_was_sent_to_another_process_gives_the_same(onnx):
    assert np.array_equal(pickle.loads(pickle.dumps(onnx)).encode(TEXTS), onnx.encode(TEXTS))


@pytest.mark.real_embeddings
def test_a_vector_depends_on_its_text_alone(onnx):
    alone = np.array([onnx.embed_query(t) for t in TEXTS], np.float32)
    assert np.array_equal(alone, onnx.encode(TEXTS))
    assert np.array_equal(alone[::-1], OnnxEmbeddings(MODEL, threads=1).encode(TEXTS[::-1]))
    assert np.array_equal(alone, OnnxEmbeddings(MODEL, threads=4).encode(TEXTS))


@pytest.mark.real_embeddings
def test_capitals_do_not_matter(onnx):
    assert onnx.embed_query("P-1001") == onnx.embed_query("p-1001")


@pytest.mark.real_embeddings
def test_vectors_have_length_one(onnx):
    assert np.allclose(np.linalg.norm(onnx.encode(TEXTS), axis=1), 1, atol=1e-5)
    assert onnx.encode([]).shape[0] == 0


@pytest.mark.real_embeddings
def test_a_fingerprint_tells_models_apart(onnx, tmp_path):
    copy = tmp_path / MODEL.name
    copy.mkdir()
    shutil.copy(onnx.model_file, copy / "model.onnx")
    shutil.copy(MODEL / "tokenizer.json", copy)
    if (MODEL / "1_Pooling").is_dir():
        shutil.copytree(MODEL / "1_Pooling", copy / "1_Pooling")
    same = OnnxEmbeddings(copy).fingerprint
    assert same == OnnxEmbeddings(MODEL).fingerprint
    with (copy / "model.onnx").open("ab") as file:
        file.write(b"x")
    assert OnnxEmbeddings(copy).fingerprint != same


@pytest.mark.torch
@pytest.mark.real_embeddings
@pytest.mark.skipif(not INSTALLED, reason="sentence-transformers is not installed (extra sentence-transformers)")
def test_both_runtimes_find_the_same(onnx):
    if not has("model.safetensors", "pytorch_model.bin"):
        pytest.skip(f"no sentence-transformers model in {MODEL}")
    texts = [p.indexed for path in files([ROOT / "knowledge/zh"]) for page in read(path) for p in split(page)][::3][:60]
    torch = SentenceTransformerEmbeddings(MODEL, device="cpu")
    one, other = onnx.encode(texts), torch.encode(texts)
    assert (one * other).sum(axis=1).min() > 0.95
    nearest = [np.argmax(v @ v.T - 2 * np.eye(len(v)), axis=1) for v in (one, other)]
    assert np.mean(nearest[0] == nearest[1]) >= 0.85
