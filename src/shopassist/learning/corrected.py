"""Whether a customer's next message takes back, puts right or repeats what the one before was understood as."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

import yaml

from shopassist.language.catalogue import Catalogue
from shopassist.language.judge import IDLE
from shopassist.language.spelling import plain
from shopassist.language.talk import small_talk
from shopassist.replies import Reply
from shopassist.text import content

ALIKE = 0.6
"""The share of words that two messages have in common, from which on one repeats the other."""
SAID = 2
"""So many words a message needs to be a repetition."""


def corrected(said: str, reply: Reply, after: str, then: Reply, catalogue: Catalogue) -> str | None:
    """How the message `after` corrects `said`, in a few words; None where it does not. `then` is its own reply."""
    if _taken_back(reply, then, catalogue):
        return "taken back"
    if _put_right(reply, then):
        return "a value put right"
    if contradicts(after, asked=_asks(reply)):
        return "contradicted"
    return "said again" if _again(said, reply, after, then, catalogue) else None


def contradicts(text: str, *, asked: bool) -> bool:
    """Whether a message says that the one before was not understood; a bare no to what was `asked` does not."""
    folded = plain(text)
    rules = _rules()
    if rules["plain"].match(folded):
        return True
    found = rules["denial"].match(folded)
    return found is not None and (not asked or len(content(folded[found.end() :])) >= SAID)


def _taken_back(reply: Reply, then: Reply, catalogue: Catalogue) -> bool:
    """Whether what was wished is wished no more: 不退了 right behind 退货."""
    before = {*reply.intents, *(w.intent for w in reply.wishes if w.act != "retract")}
    before |= {undo for i in before if i in catalogue.intents and (undo := catalogue[i].undo)}
    return any(w.act == "retract" and w.intent in before for w in then.wishes)


def _put_right(reply: Reply, then: Reply) -> bool:
    """Whether the change that waited for a yes waits with other values now."""
    one, other = reply.consent, then.consent
    if one is None or other is None or then.tool_outcomes:
        return False
    return one.tool == other.tool and dict(one.args) != dict(other.args)


def _again(said: str, reply: Reply, after: str, then: Reply, catalogue: Catalogue) -> bool:
    """Whether the same is wished in the same or other words although it was answered."""
    if small_talk(after) is not None or _values(then) - _values(reply):
        return False
    one, other = content(said), content(after)
    if min(len(one), len(other)) >= SAID and len(one & other) >= ALIKE * len(one | other):
        return True
    return (
        not _asks(reply) and bool(_wished(reply, catalogue)) and _wished(reply, catalogue) == _wished(then, catalogue)
    )


def _wished(reply: Reply, catalogue: Catalogue) -> set[tuple[str, str]]:
    """The wishes about orders with their acts: two questions to the pages may be of one intent and no repetition."""
    found: set[tuple[str, str]] = {
        (w.intent, w.act) for w in reply.wishes if w.intent in catalogue.intents and w.intent not in IDLE
    }
    orders = {w.intent for w in reply.wishes if _of_orders(catalogue, w.intent)}
    return found if {intent for intent, _ in found} <= orders else set()


def _of_orders(catalogue: Catalogue, intent: str) -> bool:
    known = catalogue.intents.get(intent)
    return known is not None and any("list_orders" in route.reads for route in known.routes.values())


def _values(reply: Reply) -> set[str]:
    """The values that are in force in a turn."""
    told = {s.value for wish in reply.wishes for several in wish.slots.values() for s in several}
    return told.union(*([v] if isinstance(v, str) else v for v in reply.slots.values()))


def _asks(reply: Reply) -> bool:
    """Whether a reply ends by asking something."""
    return bool(reply.options) or reply.consent is not None or reply.text.rstrip().endswith(("?", "？"))


@lru_cache(maxsize=1)
def _rules() -> dict[str, re.Pattern[str]]:
    data = yaml.safe_load(resources.files(__package__).joinpath("corrected.yaml").read_text("utf-8"))
    plain = f"{data['lead']}(?:{data['plain']}|{data['plain_en']})"
    return {"plain": re.compile(plain), "denial": re.compile(data["lead"] + data["denial"])}
