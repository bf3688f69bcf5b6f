import pytest

from shopassist.errors import WeightsUnfit
from shopassist.models.model_facts import facts

SIZES = {  # Qwen's own config.json: layers, width, heads, heads of keys and values; and the KiB a token
    "0.5B": (24, 896, 14, 2, 12),
    "1.5B": (28, 1536, 12, 2, 28),
    "3B": (36, 2048, 16, 2, 36),
    "7B": (28, 3584, 28, 4, 56),
    "14B": (48, 5120, 40, 8, 192),
}


def metadata(layers=28, width=1536, heads=12, kv_heads=2, **more):
    own = {
        "block_count": layers,
        "embedding_length": width,
        "attention.head_count": heads,
        "attention.head_count_kv": kv_heads,
        "context_length": 32768,
        **more,
    }
    return {"general.architecture": "qwen2", **{f"qwen2.{k}": v for k, v in own.items() if v is not None}}


@pytest.mark.parametrize(("layers", "width", "heads", "kv_heads", "kib"), SIZES.values(), ids=SIZES)
def test_the_memory_of_a_token_follows_from_the_shape(layers, width, heads, kv_heads, kib):
    known = facts(metadata(layers, width, heads, kv_heads), "qwen")
    assert known.cache_bytes(1) == kib * 1024
    assert known.cache_bytes(32768) == kib * 1024 * 32768
    assert known.cache_bytes(4096, "q8_0") == known.cache_bytes(4096) * 17 / 32


def test_heads_may_have_a_width_of_their_own_and_differ_by_layer():
    assert facts(metadata(**{"attention.key_length": 256, "attention.value_length": 64}), "m").cached == 28 * 2 * 320
    assert facts(metadata(layers=3, kv_heads=[4, 0, 2]), "m").cached == 6 * 256
    assert facts(metadata(kv_heads=None), "m").cached == 28 * 12 * 256


def test_a_file_without_yarn_is_never_said_to_read_further():
    known = facts(metadata(), "qwen")
    assert (known.trained, known.context, known.yarn) == (32768, 32768, None)


def test_under_yarn_the_trained_length_is_the_original_one():
    yarn = {"context_length": 131072, "rope.scaling.type": "yarn", "rope.scaling.factor": 4.0}
    for more in ({"rope.scaling.original_context_length": 32768}, {}):
        known = facts(metadata(**yarn, **more), "qwen")
        assert (known.trained, known.context, known.yarn) == (32768, 131072, 4.0)


@pytest.mark.parametrize("lacking", ["context_length", "block_count", "attention.head_count", "embedding_length"])
def test_what_is_no_language_model_is_named(lacking):
    known = {k: v for k, v in metadata().items() if k != f"qwen2.{lacking}"}
    with pytest.raises(WeightsUnfit, match=rf"bge does not say qwen2\.{lacking}"):
        facts(known, "bge")
