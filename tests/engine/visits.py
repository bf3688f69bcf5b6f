"""A conversation on a fresh sample shop, and all that can be seen of it from outside."""

import json
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shopassist import Customer, Done, Message
from shopassist.replies import plain
from shopassist.shop import ShopParts
from shopassist.testing import MemoryLedger, MemoryShop

NOW = datetime.fromisoformat("2024-12-05T10:00:00+08:00")
ME, OTHER, NOBODY, EMMA = (Customer(f"u-100{n}") for n in (1, 2, 3, 4))


class WatchedLedger(MemoryLedger):
    """A ledger whose rows a test may count."""

    @property
    def rows(self):
        return dict(self._rows)


@dataclass
class Visit:
    """`make` is the fixture `assistant`; `parts` stands in for the shop, `later` moves the clock."""

    make: object
    model: object = None
    customer: Customer | None = ME
    conversation: str = "c"
    shop: MemoryShop = field(default_factory=lambda: MemoryShop.sample(lambda: NOW))
    parts: ShopParts | None = None
    ledger: object = field(default_factory=WatchedLedger)
    options: dict = field(default_factory=dict)

    def __post_init__(self):
        self.now = NOW
        self.events, self.replies, self.said = [], [], []
        self.before = self.tables()
        self._open()

    def _open(self):
        shop = self.parts or self.shop
        self.assistant = self.make(self.model, shop=shop, ledger=self.ledger, clock=self.now, **self.options)

    def later(self, **by):
        """The same store, shop and ledger, some time after."""
        self.now += timedelta(**by)
        self._open()

    def say(self, *burst, items=(), customer="same"):
        """The reply to one message or to a burst, by way of the stream."""
        messages = [Message(text, items=items if n == 0 else ()) for n, text in enumerate(burst)]
        self.said += burst
        who = self.customer if customer == "same" else customer
        events = list(self.assistant.stream(messages, conversation=self.conversation, customer=who))
        self.events += events
        assert isinstance(events[-1], Done), events[-1]
        self.replies.append(events[-1].reply)
        return self.replies[-1]

    def tables(self):
        return {name: [dict(row) for row in rows] for name, rows in self.shop.tables.items()}

    def export(self):
        return self.assistant.export(self.conversation, customer=self.customer)

    def seen(self):
        """All that went out or stays: replies, events, the stored conversation."""
        shown = [reply.to_dict() for reply in self.replies]
        return json.dumps([shown, plain(self.events), self.export()], ensure_ascii=False, default=str)

    def nothing_written(self):
        assert self.tables() == self.before
        assert self.ledger.rows == {}
        assert all(o.status != "done" for r in self.replies for o in r.tool_outcomes)

    def keeps_to_itself(self, caplog):
        """Nothing that belongs to other customers is anywhere, save what was typed in."""
        typed = "\n".join(self.said) + "".join(str(m.get("items")) for m in self.export()["messages"])
        typed += typed.upper()
        everywhere = self.seen() + caplog.text
        for secret in private(self.shop, self.customer):
            assert secret in typed or secret not in everywhere, secret

    def goes_on(self):
        """The next plain question is answered from its page."""
        reply = self.say("退货的运费谁来承担？")
        assert {c.document for c in reply.citations} & {"faq-return-postage", "returns"}, reply.text
        assert "买家" in reply.text, reply.text
        return reply


def private(shop, customer):
    """What only other customers may see: numbers, names, addresses, parcels, returns."""
    mine = customer.id if customer else None
    orders = [row for row in MemoryShop.sample(lambda: NOW).tables["orders"] if row["customer"] != mine]
    found = {row[name] for row in orders for name in ("id", "tracking", "address")}
    found |= {row[name] for row in shop.tables["customers"] if row["id"] != mine for name in ("name", "phone")}
    found |= {r["id"] for r in shop.tables["returns"] if r["order_id"] in {row["id"] for row in orders}}
    found |= {event["text"] for event in shop.tables["events"] if event["order_id"] in {row["id"] for row in orders}}
    return sorted(str(value) for value in found if value)


def content(reply):
    """A reply as plain data, without what no two runs share: ids that are drawn, and times."""
    data = plain(reply)
    for name in ("id", "usage", "merged", "handoff"):
        data.pop(name)
    if data["consent"]:
        data["consent"].pop("id")
        data["consent"].pop("expires")
    return json.loads(re.sub(r"\bH[0-9A-Z]{8}\b", "H", json.dumps(data, ensure_ascii=False)))


class Instead:
    """A part of the shop in which `methods` stand in for its own: ``Instead(shop.orders, check=…)``."""

    def __init__(self, part, **methods):
        self._part, self._methods = part, methods

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._methods.get(name) or getattr(self._part, name)


class Down:
    """A part of the shop of which every method raises, with an error that quotes what nobody may see."""

    unsupported = ()

    def __init__(self, error=None):
        self._error = error or RuntimeError("李娜 13912345678 JD0098765432101")

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)

        def broken(*_, **__):
            raise self._error

        return broken


def parts(shop, **given):
    """The shop with some of its parts replaced."""
    return replace(ShopParts(shop.orders, shop.catalogue, shop.after_sales), **given)
