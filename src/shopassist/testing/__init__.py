"""What a shop's own tests need: doubles, a sample shop in memory and in SQL, and the claims that parts must hold to.

The names are loaded when first used: a suite of claims does not bring the libraries that a double or a shop needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shopassist.testing.doubles import HashEmbeddings, ScriptedModel
    from shopassist.testing.ledgers import LedgerConformance
    from shopassist.testing.memory_shop import MemoryShop
    from shopassist.testing.models import ModelConformance
    from shopassist.testing.shops import ShopConformance
    from shopassist.testing.sql_shop import SqlShop
    from shopassist.testing.store_case import MovedClock
    from shopassist.testing.stores import ConversationStoreConformance
    from shopassist.tools.memory_ledger import MemoryLedger

_HOME = {
    "ConversationStoreConformance": "shopassist.testing.stores",
    "HashEmbeddings": "shopassist.testing.doubles",
    "LedgerConformance": "shopassist.testing.ledgers",
    "MemoryLedger": "shopassist.tools.memory_ledger",
    "MemoryShop": "shopassist.testing.memory_shop",
    "ModelConformance": "shopassist.testing.models",
    "MovedClock": "shopassist.testing.store_case",
    "ScriptedModel": "shopassist.testing.doubles",
    "ShopConformance": "shopassist.testing.shops",
    "SqlShop": "shopassist.testing.sql_shop",
}

__all__ = [
    "ConversationStoreConformance",
    "HashEmbeddings",
    "LedgerConformance",
    "MemoryLedger",
    "MemoryShop",
    "ModelConformance",
    "MovedClock",
    "ScriptedModel",
    "ShopConformance",
    "SqlShop",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return [*__all__]
