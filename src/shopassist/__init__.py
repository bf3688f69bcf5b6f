"""shopassist: a dialogue engine for shops' customer service.

The public names are loaded when first used, so that ``import shopassist`` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shopassist.assistant import Assistant
    from shopassist.dialogue import Consent, Option, Quote, Wish
    from shopassist.errors import ShopAssistError
    from shopassist.messages import Customer, Image, Item, Message, OrderRef, ProductRef
    from shopassist.models.writer import Writer
    from shopassist.replies import (
        Citation,
        Done,
        Event,
        Failed,
        Passage,
        Rejection,
        Reply,
        Section,
        Sentence,
        Stage,
        Started,
        ToolFinished,
        ToolOutcome,
        ToolStarted,
        Usage,
    )
    from shopassist.settings import Settings
    from shopassist.shop import ShopParts
    from shopassist.tools import SqlLedger, ToolContext, tool

__version__ = "0.1.0"

_HOME = {
    "Assistant": "assistant",
    "Citation": "replies",
    "Consent": "dialogue",
    "Customer": "messages",
    "Done": "replies",
    "Event": "replies",
    "Failed": "replies",
    "Image": "messages",
    "Item": "messages",
    "Message": "messages",
    "Option": "dialogue",
    "OrderRef": "messages",
    "Passage": "replies",
    "ProductRef": "messages",
    "Quote": "dialogue",
    "Rejection": "replies",
    "Reply": "replies",
    "Section": "replies",
    "Sentence": "replies",
    "Settings": "settings",
    "ShopAssistError": "errors",
    "ShopParts": "shop",
    "SqlLedger": "tools",
    "Stage": "replies",
    "Started": "replies",
    "ToolContext": "tools",
    "ToolFinished": "replies",
    "ToolOutcome": "replies",
    "ToolStarted": "replies",
    "Usage": "replies",
    "Wish": "dialogue",
    "Writer": "models.writer",
    "tool": "tools",
}

__all__ = [
    "Assistant",
    "Citation",
    "Consent",
    "Customer",
    "Done",
    "Event",
    "Failed",
    "Image",
    "Item",
    "Message",
    "Option",
    "OrderRef",
    "Passage",
    "ProductRef",
    "Quote",
    "Rejection",
    "Reply",
    "Section",
    "Sentence",
    "Settings",
    "ShopAssistError",
    "ShopParts",
    "SqlLedger",
    "Stage",
    "Started",
    "ToolContext",
    "ToolFinished",
    "ToolOutcome",
    "ToolStarted",
    "Usage",
    "Wish",
    "Writer",
    "tool",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
