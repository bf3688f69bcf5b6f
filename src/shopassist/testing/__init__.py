"""What a shop's own tests need: doubles that need no weights, and the claims that every store must hold to."""

from shopassist.testing.doubles import HashEmbeddings, ScriptedModel
from shopassist.testing.stores import ConversationStoreConformance, MovedClock

__all__ = ["ConversationStoreConformance", "HashEmbeddings", "MovedClock", "ScriptedModel"]
