"""A Qwen2 of a few kilobytes, written by the package `gguf`: a judge that shares no line with what is tested."""

import numpy as np
from gguf import GGUFWriter, TokenType

BYTES = [*range(33, 127), *range(161, 173), *range(174, 256)]
LETTERS = {b: chr(b) for b in BYTES} | {b: chr(256 + n) for n, b in enumerate(b for b in range(256) if b not in BYTES)}
"""The letter that stands for each byte in a byte-level vocabulary."""

MERGES = ["h e", "l l", "he ll", "hell o", "Ġ w", "ä ½", "ä½ ł"]
CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TOKENS = [*LETTERS.values(), *(m.replace(" ", "") for m in MERGES), *CONTROL, "<tool_call>", "[PAD1]"]
TEMPLATE = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"


def tiny(path, *, architecture="qwen2", context=32768, pre="qwen2", heads=12, kv_heads=2, alignment=None, **more):
    """Write the file; `more` are further texts and numbers of the metadata. The cache: 28 layers of 2 × 128."""
    out = GGUFWriter(path, architecture)
    out.add_name("Tiny")
    if alignment:
        out.add_custom_alignment(alignment)
    out.add_file_type(15)
    out.add_block_count(28)
    out.add_context_length(context)
    out.add_embedding_length(128 * heads)
    out.add_head_count(heads)
    out.add_head_count_kv(kv_heads)
    out.add_rope_freq_base(1e6)
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre(pre)
    out.add_token_list(TOKENS)
    normal = [TokenType.NORMAL] * (len(LETTERS) + len(MERGES))
    out.add_token_types([*normal, *[TokenType.CONTROL] * 3, TokenType.USER_DEFINED, TokenType.UNUSED])
    out.add_token_merges(MERGES)
    out.add_bool("tokenizer.ggml.add_bos_token", False)
    out.add_chat_template(TEMPLATE)
    for name, value in more.items():
        (out.add_string if isinstance(value, str) else out.add_uint32)(name.replace("__", "."), value)
    out.add_tensor("token_embd.weight", np.arange(len(TOKENS) * 8, dtype=np.float32).reshape(-1, 8))
    out.add_tensor("output_norm.weight", np.ones(7, np.float32))
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
    return path
