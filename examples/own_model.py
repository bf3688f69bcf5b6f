"""Let any chat model of LangChain write: python examples/own_model.py (after `shopassist ingest knowledge`).

Here it is a fake one; in a shop it is your ChatVertexAI, ChatBedrock or whatever you have. A `Writer` says what the
assistant cannot know of it: how many tokens it reads.
"""

from langchain_core.language_models.fake_chat_models import FakeListChatModel

from shopassist import Assistant, Settings, Writer
from shopassist.assembly import knowledge_from, store_from

settings = Settings()
model = FakeListChatModel(responses=["支持，K87 的轴可以热插拔。"])
with Assistant(
    settings=settings,
    store=store_from(settings),
    knowledge=knowledge_from(settings),
    model=Writer(model, name="fake", settings=settings, context=4096),
) as assistant:
    reply = assistant.reply("机械键盘K87支持热插拔吗？", conversation="own-model")
    print(reply.text)
    print(reply.usage.prompt)
