"""Ask the sample shop two questions: python examples/quick_start.py (after `shopassist ingest knowledge`)."""

from shopassist import Assistant

with Assistant.from_settings() as assistant:
    for question in ("机械键盘K87支持热插拔吗？", "那它能连蓝牙吗？"):
        reply = assistant.reply(question, conversation="quick-start")
        print("问:", question)
        print("答:", reply.text)
        for citation in reply.citations:
            print("    ", citation.title, "—", citation.quote, citation.url or "")
