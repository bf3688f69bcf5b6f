"""Pages of your own, without a model: python examples/own_knowledge.py."""

import tempfile
from pathlib import Path

from shopassist import Assistant
from shopassist.knowledge.ingest import ingest

PAGE = """---
id: gift-wrap
title: 礼品包装
url: /help/gift-wrap
---
# 礼品包装
下单时可以选择礼品包装，每件收 6 元。礼品包装的订单会晚 1 天发货。
礼品卡上最多写 40 个字，不印价格。
"""

with tempfile.TemporaryDirectory() as folder:
    data = Path(folder)
    (data / "gift-wrap.md").write_text(PAGE, encoding="utf-8")

    # No embedding model: search by words alone. Give a LangChain `Embeddings` in its place for search by meaning.
    report = ingest([data / "gift-wrap.md"], data / "knowledge", None)
    print(len(report.added), "page,", report.passages, "passage")

    with Assistant.from_settings(data_dir=data, embeddings="none", model="none") as assistant:
        reply = assistant.reply("礼品包装多少钱一件？", conversation="gifts")
        print(reply.text)
        print([citation.version for citation in reply.citations])
