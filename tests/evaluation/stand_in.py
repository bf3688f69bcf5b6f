"""An assistant that says what a script tells it to: its replies have the fields that a judge looks at."""

import os
from dataclasses import dataclass, field, replace
from datetime import timedelta

from shopassist.evaluation.scenario import built_in, load
from shopassist.replies import Citation

INTENTS = built_in()


def written(folder, text, name="suite.yaml"):
    """The scenarios of a text, or its utterances with ``name="x.jsonl"``."""
    (folder / name).write_text(text, "utf-8")
    return load(folder / name, INTENTS)


@dataclass(frozen=True)
class Outcome:
    name: str
    args: dict = field(default_factory=dict)
    status: str = "done"
    repeated: bool = False


@dataclass(frozen=True)
class Said:
    text: str = "好的。"
    language: str = "zh"
    intents: tuple = ()
    wishes: tuple = ()
    slots: dict = field(default_factory=dict)
    mood: str = "neutral"
    mode: str = "bot"
    consent: object = None
    reads: tuple = ()
    tool_outcomes: tuple = ()
    citations: tuple = ()
    handoff: str | None = None


def cited(document, version=None):
    return Citation(document, version or document, document, "…")


class Script:
    """Replies by what is said (a burst joined by /); what it was asked is kept. An exception among them is raised."""

    def __init__(self, replies=None, scene=None):
        self.replies, self.scene = replies or {}, scene
        self.heard, self.closed = [], False

    def reply(self, messages, *, conversation, customer=None):
        said = messages if isinstance(messages, str) else "/".join(messages)
        self.heard.append((said, conversation, customer.id if customer else None, self.scene and self.scene.clock()))
        found = self.replies.get(said, Said())
        if isinstance(found, Exception):
            raise found
        return found

    def close(self):
        self.closed = True


class WithDesk(Script):
    """It takes cards too, and repeats what it got."""

    def reply_to_cards(self, messages, cards, *, conversation, customer=None):
        cards = ", ".join(f"{c.kind} {c.value}" for c in cards)
        return replace(self.reply(messages, conversation=conversation, customer=customer), text=f"{messages}[{cards}]")

    def desk_act(self, act, *, conversation):
        self.heard.append((act.kind, act.text, conversation))


class Cancelling(Script):
    """On the scene's shop: it cancels the order at 好的, within five minutes, and dies at 崩."""

    asked = None

    def reply(self, messages, *, conversation, customer=None):
        order = "ORD20241201002"
        if messages == "崩":
            os._exit(3)
        if messages == "错":
            raise ValueError("the stand-in was told to fail")
        if messages == "取消":
            self.asked = self.scene.clock()
            return Said("确认取消吗？", intents=("cancel_order",), slots={"order_id": order}, consent=object())
        if messages == "好的" and self.asked and self.scene.clock() - self.asked < timedelta(minutes=5):
            with self.scene.shop.transaction() as tx:
                self.scene.shop.orders.cancel(tx, customer.id, order, None)
            return Said("已取消。", tool_outcomes=(Outcome("cancel_order", {"order_id": order}),))
        return Said(self.scene.shop.orders.get("u-1001", order).status)


class Makes:
    """What a suite makes its assistants with, in this or another process."""

    def __call__(self, scene):
        return Cancelling(scene=scene)

    def close(self):
        pass


class Broken:
    def __init__(self):
        raise RuntimeError("there is no index")
