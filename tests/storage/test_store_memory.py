from collections.abc import Callable

from shopassist.storage.memory import MemoryStore
from shopassist.testing import ConversationStoreConformance


class TestMemoryStore(ConversationStoreConformance):
    def make_store(self, clock: Callable[[], float]) -> MemoryStore:
        return MemoryStore(clock=clock)


def test_two_stores_share_nothing():
    one, other = MemoryStore(), MemoryStore()
    one.enqueue("c", None, [])
    assert one.owner("c") == (True, None)
    assert other.owner("c") == (False, None)
