"""The tokenizer out of a GGUF file. Held against llama.cpp where weights are: SHOPASSIST_TEST_GGUF and xllamacpp."""

import os
from pathlib import Path

import httpx
import pytest

from shopassist.errors import WeightsMissing, WeightsUnfit
from shopassist.models import gguf_file
from shopassist.models.gguf_tokenizer import extract_tokenizer, load_tokenizer, tokenizer_from, tokenizer_of
from tiny_gguf import TOKENS, tiny

GGUF = os.environ.get("SHOPASSIST_TEST_GGUF")
PAGES = Path(__file__).parents[2] / "knowledge"
TEXTS = {
    "Chinese": "耳机多少钱？顺便查下我的订单到哪了。七天无理由退货，运费谁出？２０２４年１２月５日，共计１，２９９．００元。",
    "English": "I'd like to return the headphones; they'VE arrived broken, haven't they?  Order no. 12345, $1,299.00\n\n",
    "mixed": "我想买iPhone 15 Pro Max（256GB）\r\n，有coupon吗？ 　thx～ 😂👨‍👩‍👧 ①②Ⅷ½㎏",
    "JSON": '{"name": "order_status", "arguments": {"order_id": "ORD20241201002", "items": [1, 2.5, null, true]}}\n',
    "a rendered prompt": "<|im_start|>system\n你是小云。<|im_end|>\n<|im_start|>user\n<tool_call>\n{}\n</tool_call><|im_end|>\n",
    "letters that could be composed": "cafe\u0301 a\u030a ｶﾞ 각",
    "what a customer may paste": "\u200b\ufeff\x00\x07\u00a0 \t\n\n  [PAD151665] <|box_start|> ''s'S 'ſ",
    "nothing": "",
}


@pytest.fixture
def file(tmp_path):
    return tiny(tmp_path / "tiny.gguf")


def pieces(tokenizer, text):
    return tokenizer.encode(text).tokens


def test_bytes_are_merged_in_the_order_of_the_file(file):
    tokenizer = tokenizer_of(file)
    assert pieces(tokenizer, "hello world") == ["hello", "Ġw", "o", "r", "l", "d"]
    assert pieces(tokenizer, "你") == ["ä½ł"]
    assert tokenizer.encode("hello").ids == [TOKENS.index("hello")]


def test_control_tokens_in_the_text_are_one_token_each_and_unused_ones_are_not(file):
    tokenizer = tokenizer_of(file)
    assert pieces(tokenizer, "<|im_start|>he<tool_call>") == ["<|im_start|>", "he", "<tool_call>"]
    assert len(pieces(tokenizer, "[PAD1]")) == len("[PAD1]")


def test_digits_stand_alone_and_nothing_is_composed(file):
    tokenizer = tokenizer_of(file)
    assert pieces(tokenizer, "12") == ["1", "2"]
    assert pieces(tokenizer, "e\u0301") != pieces(tokenizer, "é")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_was_cut_can_be_put_together_again(file, text):
    tokenizer = tokenizer_of(file)
    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text


@pytest.mark.parametrize("name", ["tokenizer.json", "tokenizer.json.gz"])
def test_a_kept_tokenizer_counts_as_the_file_does(file, tmp_path, name):
    extract_tokenizer(file, tmp_path / name)
    kept = load_tokenizer(tmp_path / name)
    for text in TEXTS.values():
        assert kept.encode(text).ids == tokenizer_of(file).encode(text).ids
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tiny.gguf", name]


def test_another_kind_of_tokenizer_is_no_guess(tmp_path):
    with pytest.raises(WeightsUnfit, match=r"other\.gguf has the tokenizer gpt2 / llama-bpe"):
        tokenizer_of(tiny(tmp_path / "other.gguf", pre="llama-bpe"))


def test_metadata_without_the_tokens_say_what_is_lacking(file):
    """What /api/show says without `verbose`."""
    metadata = {k: v for k, v in gguf_file.read(file).metadata.items() if not k.endswith(".merges")}
    with pytest.raises(WeightsUnfit, match=r"qwen lacks tokenizer\.ggml\.merges"):
        tokenizer_from(metadata, "qwen")


def test_a_kept_tokenizer_that_is_none_is_named(tmp_path):
    with pytest.raises(WeightsMissing, match=r"gone\.json"):
        load_tokenizer(tmp_path / "gone.json")
    for name in ("bad.json", "bad.json.gz"):
        (tmp_path / name).write_bytes(b"{}")
        with pytest.raises(WeightsUnfit, match=name):
            load_tokenizer(tmp_path / name)


@pytest.fixture(scope="module")
def llama():
    """The ids that llama.cpp gives a text."""
    xllamacpp = pytest.importorskip("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path, params.n_ctx, params.verbosity = GGUF, 256, -1
    params.hostnames, params.port, params.ui = ["127.0.0.1"], 0, False
    server = xllamacpp.Server(params)
    address = f"{server.listening_address}/tokenize"
    ask = {"add_special": False, "parse_special": True}  # as with a rendered prompt
    yield lambda text: httpx.post(address, json={"content": text, **ask}, trust_env=False).json()["tokens"]
    del server


@pytest.mark.real_model
@pytest.mark.skipif(GGUF is None, reason="no weights: set SHOPASSIST_TEST_GGUF to a GGUF file")
def test_tokens_are_those_of_llama_cpp_to_the_last_one(llama, tmp_path):
    extract_tokenizer(Path(GGUF), tmp_path / "tokenizer.json.gz")
    tokenizer = load_tokenizer(tmp_path / "tokenizer.json.gz")
    pages = {str(p): p.read_text("utf-8") for p in sorted(PAGES.rglob("*.md"))[:20]}
    assert pages
    for name, text in {**TEXTS, **pages}.items():
        assert tokenizer.encode(text).ids == llama(text), name
