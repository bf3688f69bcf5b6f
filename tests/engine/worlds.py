"""All that a conversation lives in, and the same once more in another process's hands."""

import asyncio
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from visits import WatchedLedger

from shopassist import Assistant, Done
from shopassist.assembly import built_in_classifier, toolbox_from
from shopassist.protocols import Knowledge
from shopassist.settings import Settings
from shopassist.storage.sql import SqlStore
from shopassist.testing import MemoryShop

DOORS = ("reply", "areply", "stream", "astream")


@dataclass
class World:
    """A shop, its ledger, and a store in a file, with an assistant on them."""

    file: Path
    settings: Settings
    knowledge: Knowledge
    shop: MemoryShop
    ledger: WatchedLedger

    def __post_init__(self):
        self.assistant = Assistant(
            settings=self.settings,
            store=SqlStore(f"sqlite:///{self.file}"),
            knowledge=self.knowledge,
            model=None,
            toolbox=toolbox_from(self.settings, self.shop, (), self.ledger),
            classifier=built_in_classifier(),
        )

    def copy(self, clock):
        """All that is stored, and another assistant on it."""
        file = self.file.with_suffix(".copy.db")
        for old in file.parent.glob(f"{file.name}*"):
            old.unlink()
        with closing(sqlite3.connect(self.file)) as stored, closing(sqlite3.connect(file)) as copied:
            stored.backup(copied)
        shop, ledger = MemoryShop.sample(clock), WatchedLedger()
        for name, rows in self.tables().items():
            shop.tables[name][:] = rows
        for write in self.ledger.rows.values():
            ledger.begin(write)
        return World(file, self.settings, self.knowledge, shop, ledger)

    def at(self, now):
        """Set the clock."""
        self.settings = self.settings.model_copy(update={"clock": now})
        self.assistant.settings = self.settings

    def tables(self):
        """The shop's rows, as they are now."""
        return {name: [dict(row) for row in rows] for name, rows in self.shop.tables.items()}

    def state(self):
        """What the conversation remembers, as it is stored."""
        with closing(sqlite3.connect(self.file)) as db:
            return json.loads(db.execute("SELECT state FROM shopassist_conversation").fetchone()[0])

    def close(self):
        """Give the store's connections back."""
        self.assistant.close()


def answered(assistant, door, messages, **options):
    """The reply by one of the doors."""
    if door == "reply":
        return assistant.reply(messages, **options)
    if door == "areply":
        return asyncio.run(assistant.areply(messages, **options))
    if door == "stream":
        events = list(assistant.stream(messages, **options))
    else:
        events = asyncio.run(_listed(assistant.astream(messages, **options)))
    assert isinstance(events[-1], Done), events[-1]
    return events[-1].reply


async def _listed(events):
    return [event async for event in events]


def without_ids(value):
    """Plain data without the ids that are drawn."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return json.loads(re.sub(r"\b[0-9a-f]{32}\b|\bH[0-9A-Z]{8}\b", "ID", text))
