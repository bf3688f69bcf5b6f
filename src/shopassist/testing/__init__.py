"""What a shop's own tests need: doubles that need no weights, and the claims that every store must hold to."""

from shopassist.testing.doubles import HashEmbeddings, ScriptedModel
from shopassist.testing.store_case import MovedClock
from shopassist.testing.stores import ConversationStoreConformance

__all__ = ["ConversationStoreConformance", "HashEmbeddings", "MovedClock", "ScriptedModel"]
