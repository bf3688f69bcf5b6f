"""Passages that Ray's workers embed are those of the plain path, bit for bit."""

import importlib.util

import numpy as np
import pytest

from shopassist.assembly import encoder_from
from shopassist.errors import KnowledgeError, MissingExtra, SettingError
from shopassist.knowledge.embeddings import OnnxEmbeddings
from shopassist.knowledge.index import open_current
from shopassist.knowledge.ingest import ingest
from shopassist.settings import load
from shopassist.testing import HashEmbeddings

RAY = importlib.util.find_spec("ray") is not None
needs_ray = pytest.mark.skipif(not RAY, reason="Ray is not installed (extra ray)")


@pytest.fixture
def pages(tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    text = "".join(f"## 第{n}节\n\n这是第{n}节的说明。\n\n" for n in range(600))
    (folder / "many.md").write_text(f"# 多\n\n{text}", "utf-8")
    (folder / "shipping.md").write_text("# Shipping\n\nWe ship in 48 hours.\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def cluster():
    """A real Ray on this machine, for the tests of this file."""
    import ray

    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False)
    yield
    ray.shutdown()


@needs_ray
def test_the_index_is_the_same(cluster, pages, tmp_path):
    ingest([pages], tmp_path / "plain", HashEmbeddings())
    stages = []
    report = ingest(
        [pages], tmp_path / "ray", HashEmbeddings(), encoder=encoder_from(load(ray_address="local")),
        progress=lambda stage, done, total: stages.append((stage, done, total)),
    )  # fmt: skip
    assert report.embedded == report.passages == 601
    assert ("vectors", 601, 601) in stages
    plain, spread = (open_current(tmp_path / name).shelves for name in ("plain", "ray"))
    for language in ("zh", "en"):
        assert plain[language].rows == spread[language].rows
        assert np.array_equal(plain[language].vectors, spread[language].vectors)


@needs_ray
@pytest.mark.real_embeddings
def test_the_real_encoder_travels_and_gives_the_same(cluster, pages, tmp_path):
    from test_embeddings import MODEL

    if not (MODEL / "onnx").is_dir():
        pytest.skip(f"no ONNX embedding model in {MODEL}; set SHOPASSIST_EMBEDDING_MODEL")
    model = OnnxEmbeddings(MODEL, threads=1)
    texts = [["怎么退货", "防水等级"], ["How long does it last?"]]
    spread = dict(encoder_from(load(ray_address="local"))(model, texts))
    for number, batch in enumerate(texts):
        assert np.array_equal(spread[number], model.encode(batch))


@needs_ray
def test_what_fails_in_a_worker_is_told_in_a_line(cluster, tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"no model")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(KnowledgeError, match=r"a worker of the Ray cluster local failed: .*cannot be loaded") as caught:
        list(encoder_from(load(ray_address="local"))(OnnxEmbeddings(tmp_path), [["x"]]))
    assert "\n" not in str(caught.value)


@needs_ray
def test_embeddings_that_cannot_travel_are_named(pages, tmp_path):
    class Local(HashEmbeddings):
        pass

    with pytest.raises(KnowledgeError, match=r"Local cannot be sent to Ray's workers .*unset `ray_address`"):
        ingest([pages], tmp_path / "ray", Local(), encoder=encoder_from(load(ray_address="local")))


@pytest.mark.skipif(RAY, reason="Ray is installed")
def test_without_ray_the_extra_is_named():
    with pytest.raises(MissingExtra, match=r"shopassist\[ray\]"):
        encoder_from(load(ray_address="local"))


def test_an_address_that_is_none_is_refused():
    with pytest.raises(SettingError, match="ray_address"):
        load(ray_address="somewhere else")
    assert encoder_from(load()) is None
