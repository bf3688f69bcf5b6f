"""Conversations put into a store as they would have been answered."""

from shopassist.messages import Message
from shopassist.replies import Reply


def answered(store, conversation, said, text="好的。", *, owner="u-1001", language="zh", **values):
    """Store one turn: what was said (a text or a burst), and the reply with these values."""
    burst = [said] if isinstance(said, str) else said
    store.enqueue(conversation, owner, [Message(s) for s in burst])
    claim = store.claim(conversation, lease=15)
    values = {"sentences": (text,), "language": language, **values}
    store.commit(claim, state={}, reply=Reply(id=f"r{claim.turn}", turn=claim.turn, text=text, **values))
