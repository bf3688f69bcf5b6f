"""shopassist: a dialogue engine for shops' customer service.

The public names are loaded when first used, so that ``import shopassist`` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shopassist.assistant import Assistant
    from shopassist.errors import ShopAssistError
    from shopassist.messages import Customer, Image, Item, Message, OrderRef, ProductRef
    from shopassist.replies import (
        Citation,
        Done,
        Event,
        Failed,
        Passage,
        Rejection,
        Reply,
        Sentence,
        Stage,
        Started,
        Usage,
    )
    from shopassist.settings import Settings

__version__ = "0.1.0"

_HOME = {
    "Assistant": "assistant",
    "Citation": "replies",
    "Customer": "messages",
    "Done": "replies",
    "Event": "replies",
    "Failed": "replies",
    "Image": "messages",
    "Item": "messages",
    "Message": "messages",
    "OrderRef": "messages",
    "Passage": "replies",
    "ProductRef": "messages",
    "Rejection": "replies",
    "Reply": "replies",
    "Sentence": "replies",
    "Settings": "settings",
    "ShopAssistError": "errors",
    "Stage": "replies",
    "Started": "replies",
    "Usage": "replies",
}

__all__ = [
    "Assistant",
    "Citation",
    "Customer",
    "Done",
    "Event",
    "Failed",
    "Image",
    "Item",
    "Message",
    "OrderRef",
    "Passage",
    "ProductRef",
    "Rejection",
    "Reply",
    "Sentence",
    "Settings",
    "ShopAssistError",
    "Stage",
    "Started",
    "Usage",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
