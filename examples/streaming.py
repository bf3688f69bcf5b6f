"""Sentences as they are checked, in asynchronous code: python examples/streaming.py (after an ingestion)."""

import asyncio

from shopassist import Assistant, Done, Failed, Sentence


async def main() -> None:
    assistant = Assistant.from_settings()
    try:
        async for event in assistant.astream("空气净化器A6的滤芯多久换一次？", conversation="streaming"):
            match event:
                case Sentence(text=text):
                    print(text, end="", flush=True)
                case Done(reply=reply):
                    print(f"\n({reply.usage.total:.1f} s, sources: {[c.document for c in reply.citations]})")
                case Failed(message=message):
                    print(f"\nfailed: {message}")
    finally:
        await assistant.aclose()


asyncio.run(main())
