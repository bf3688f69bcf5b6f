"""Points as the planner, the toolbox and the sample shop really make them: customers, orders, wishes, pasts, clocks."""

import contextlib
import copy
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from itertools import count
from types import SimpleNamespace

from shopassist.dialogue import Answer, Consent, Slot, Wish
from shopassist.engine.planning.contracts import Dialogue, Heard, Setting, Settled
from shopassist.engine.planning.planner import plan
from shopassist.engine.understand import asked_of
from shopassist.language.catalogue import Catalogue
from shopassist.messages import Customer
from shopassist.shop import Coupon
from shopassist.testing.memory_shop import MemoryShop
from shopassist.testing.seed import sample
from shopassist.tools.builtin import builtin
from shopassist.tools.context import ToolContext
from shopassist.tools.facts import order_facts, product_facts, tracking_facts
from shopassist.tools.memory_ledger import MemoryLedger
from shopassist.tools.outcome import ToolOutcome
from shopassist.tools.toolbox import Toolbox
from shopassist.tools.values import json_values

NOW = datetime.fromisoformat("2024-12-05T10:00:00+08:00")
CATALOGUE = Catalogue.load()
ACTS = ("request", "how", "status", "report", "verify", "conditional", "retract")
OWNERS = ("u-1001", "u-1002", "u-1004")

ARGS = {
    "cancel_order": [{}],
    "change_address": [
        {"address": "上海市徐汇区漕溪路8号"},
        {"address": "新疆乌鲁木齐市中山路8号"},
        {"address": "上海市浦东新区世纪大道100号"},
    ],
    "change_contact": [
        {},
        {"recipient": "王五"},
        {"phone": "13900001111"},
        {"recipient": "王五", "phone": "13900001111"},
        {"recipient": "张伟", "phone": "13800138000"},
    ],
    "urge_delivery": [{}],
    "request_return": [
        {},
        {"reason": "左耳没声音"},
        {"reason": "感觉很奇怪的样子"},
        {"reason": "拆封用过，不喜欢"},
        {"product": "P-2002"},
    ],
    "cancel_return": [{}],
    "request_exchange": [
        {"reason": "左耳没声音"},
        {"reason": "坏了", "variant": "珍珠白"},
        {"reason": "坏了", "variant": "茶轴"},
        {"reason": "坏了", "variant": "彩虹"},
        {"reason": "坏了", "product": "P-2002"},
        {"reason": "不喜欢"},
        {"reason": "我摔坏了"},
        {"reason": "嗯"},
        {"reason": "坏了", "product": "P-3002"},
    ],
    "request_invoice": [
        {"title": "王五"},
        {"title": "云杉科技有限公司"},
        {"title": "云杉科技有限公司", "invoice_type": "专用发票"},
        {
            "title": "云杉科技有限公司",
            "tax_no": "91310000MA1FL0XX0X",
            "email": "kai@example.com",
            "invoice_type": "专用发票",
        },
    ],
    "request_price_protection": [{}],
    "open_ticket": [
        {"subject": s, "text": "……"} for s in ("complaint", "order_problem", "warranty_repair", "change_delivery_time")
    ],
}
BARE = {"change_address": {}, "request_invoice": {}, "open_ticket": {}}
"""What the tools' own types refuse, and a shop may still be asked."""


def opened(shop, now=NOW):
    """A shop with its toolbox; `shop` may be moved by what is done."""
    box = SimpleNamespace(shop=shop, now=now)
    tools = builtin(shop.orders, shop.catalogue, shop.after_sales)
    box.toolbox = Toolbox(tools, shop.orders, MemoryLedger(), time_limit=None)
    return box


def fresh(now=NOW):
    return opened(MemoryShop.sample(lambda: now), now)


def everywhere(**values):
    """A shop all of whose orders have changed."""

    def past(now):
        box = fresh(now)
        for customer in OWNERS:
            for order in box.shop.orders.list(customer):
                box.shop.change_order(order.id, **values)
        return box

    return past


def returned(state):
    def past(now):
        box = fresh(now)
        box.shop.change_return("RET20241203001", state)
        return box

    return past


def without_variants(now):
    data = copy.deepcopy(dict(sample()))
    for order in data["orders"]:
        order |= {"status": "delivered", "delivered": (NOW - timedelta(days=2)).date()}
        for item in order["items"]:
            item.pop("variant", None)
    return opened(MemoryShop(data, lambda: now), now)


YESTERDAY = (NOW - timedelta(days=1)).date()
KEYS = count()
LATER, NIGHT = NOW + timedelta(days=60), NOW + timedelta(hours=12)
PASTS = [
    (fresh, NOW),
    (fresh, NIGHT),
    (fresh, LATER),
    (everywhere(status="cancelled"), NOW),
    (everywhere(status="delivered", delivered=YESTERDAY), NOW),
    (everywhere(status="unpaid"), NOW),
    (without_variants, NOW),
    *((returned(state), NOW) for state in ("待寄回", "寄回途中", "已退款", "已撤销")),
]


@lru_cache(maxsize=1)
def checked():
    """Every write checked for every order in every past, done where it is allowed, and checked again."""
    found = []
    for past, now in PASTS:
        box = past(now)
        for customer in OWNERS:
            for order in box.shop.orders.list(customer):
                for tool, variants in ARGS.items():
                    for args in variants:
                        found += _undone(box, customer, order.id, tool, args)
                    if tool in BARE:
                        found += _refused(box, customer, order.id, tool, BARE[tool])
    return found


class Undo(Exception):
    """Brings a shop back to where it was."""


def _undone(box, *args):
    found = []
    with contextlib.suppress(Undo), box.shop.transaction():
        found += _attempt(box, *args)
        raise Undo
    return found


def _attempt(box, customer, order, tool, given):
    context, args = ToolContext(Customer(customer), box.now), {"order_id": order, **given}
    quote = box.toolbox.check(tool, args, context)
    data = {"intent": given.get("subject", _intent(tool)), "amount": quote.amount, **args, **quote.facts}
    if not quote.allowed:
        return [("refused", f"{tool}.{quote.reason}", data)]
    consent = Consent(f"k{next(KEYS)}", tool, args, quote, box.now + timedelta(minutes=5))
    outcome = box.toolbox.write(tool, args, consent, context)
    assert outcome.status == "done"
    done = {"intent": data["intent"], **args, **outcome.facts, "id": outcome.id}
    found = [("consent", tool, data), ("done", tool, done)]
    again = ["request_return", "request_exchange", "request_invoice"] if tool.startswith("request_") else [tool]
    for after in {tool, *again}:
        for more in ARGS[after][:1]:
            found += _refused(box, customer, order, after, {"reason": "坏了", **more} if "reason" in more else more)
    return found


def _refused(box, customer, order, tool, args):
    shop = box.shop.orders if tool in ("cancel_order", "change_address", "change_contact", "urge_delivery") else None
    quote = (shop or box.shop.after_sales).check(tool, customer, order, args)
    data = {"intent": _intent(tool), "amount": quote.amount, "order_id": order, **args, **quote.facts}
    return [] if quote.allowed else [("refused", f"{tool}.{quote.reason}", data)]


@cache
def _intent(tool):
    return next(i.name for i in CATALOGUE if i.route("request").write == tool)


@lru_cache(maxsize=1)
def planned():
    """What the planner says to every wish, with and without an order, and to the answers that follow."""
    found = []
    for customer in ("u-1001", "u-1002", "u-1003", "u-1004", None):
        for intent in CATALOGUE:
            for act in ACTS:
                for slots in ({}, {"product": "P-1001", "variant": "白"}, {"order_id": "ORD20241202006"}):
                    found += Talk(customer).hear(_wish(intent.name, act, slots)).points
            for answer in ("yes", "no", "hold", None):
                talk = Talk(customer)
                talk.hear(_wish(intent.name, "request", {}))
                found += talk.hear(answer=answer and Answer(answer), late=answer == "yes").points
                found += talk.hear(_wish("policy_question", "how", {})).points
    found += Talk("u-1001").hear(_wish("order_status", "status", {"order_id": "*003"}), topic="address").points
    for order in ("ORD20241203003", "ORD20241201002"):
        for first in ("cancel_order", "urge_delivery", "change_contact"):
            for second in ("cancel_order", "urge_delivery", "change_contact"):
                slots = {"order_id": order, "phone": "13900001111"}
                found += Talk("u-1001").hear(*(_wish(i, "request", slots) for i in (first, second))).points
    found += Talk("u-1004").hear(_wish("cancel_order", "request", {"product": "P-8001"})).points
    found += Talk("u-1001").hear(_wish("promotion", "request", {"product": "P-1002"})).points
    mouse = {"order_id": "ORD20241125011", "product": "P-2002", "reason": "坏了"}
    talk = Talk("u-1004")
    talk.hear(_wish("return_refund", "request", mouse))
    found += talk.hear(_wish("exchange", "request", mouse)).points
    found += Talk("u-1001").hear(talk="repeat").points
    invoices = [_wish("invoice", "request", {"order_id": n}) for n in ("*001", "*002", "*003", "*004", "*005")]
    changes = [_wish(i, "request", {"order_id": "*003"}) for i in ("cancel_order", "change_address")]
    found += Talk("u-1001").hear(*invoices, *changes).points
    found += Talk("u-1001", tools=False).hear(*(_wish(i.name, "request", {}) for i in CATALOGUE)).points
    for past, now in PASTS:
        for customer in OWNERS:
            talk = Talk(customer)
            talk.box, talk.now = past(now), now
            orders = talk.box.toolbox.read("list_orders", {}, ToolContext(talk.customer, now)).facts["orders"]
            talk.seen = {o["id"]: "otherwise" for o in orders}
            found += talk.hear(talk="resume").points
    for slots in ({"order_id": "ORD20241203003"}, {}):
        talk = Talk("u-1001")
        talk.hear(_wish("change_address", "request", slots))
        found += talk.hear(talk="resume", rested=True).points
    for night in (False, True):
        refused = _wish("cancel_order", "request", {"order_id": "ORD20241201001"})
        talk = Talk("u-1001", night=night)
        found += [p for _ in range(2) for p in talk.hear(refused).points]
        talk = Talk("u-1001", night=night)
        found += [p for wishes in ((refused,), ()) for p in talk.hear(*wishes, angry=True).points]
        talk = Talk("u-1001", night=night)
        talk.hear(_wish("change_address", "request", {"order_id": "ORD20241203003"}))
        found += [p for _ in range(2) for p in talk.hear(tells=True).points]
    return [(p.kind, p.name, dict(p.data)) for p in found]


@lru_cache(maxsize=1)
def at_rest():
    return fresh()


class Talk:
    """A conversation between the planner and the sample shop, in which writes do not run."""

    def __init__(self, customer, *, tools=True, night=False):
        self.box, self.turn, self.now, self.dialogue = at_rest(), 0, NOW, Dialogue()
        self.night = night
        self.customer = Customer(customer) if customer else None
        self.tools, self.seen = tools, {}

    def hear(self, *wishes, answer=None, late=False, topic=None, rested=False, **more):
        self.turn += 1
        self.now += timedelta(minutes=16 if late else 1)
        known, context = {}, ToolContext(self.customer, self.now)
        tools = [self.box.toolbox.get(name) for name in self.box.toolbox.names] if self.tools else []
        setting = Setting(
            turn=self.turn,
            now=self.now,
            catalogue=CATALOGUE,
            key="c",
            tools={t.name: (t.arguments.required, t.arguments.names) for t in tools if t.effect == "write"},
            reads={t.name: t.arguments.names for t in tools if t.effect == "read"},
            partial=frozenset(t.name for t in tools if t.partial),
            known_customer=self.customer is not None,
            answered_from=self.now + timedelta(hours=self.night),
            told="……",
            seen=self.seen,
            rested=rested,
        )
        heard = Heard("……", wishes, answer, asked_of(self.dialogue), query="……", **more)
        heard = replace(heard, slots={"topic": (Slot(topic),)}) if topic else heard
        settled = None
        while (found := plan(self.dialogue, heard, setting, known, settled)).reads or found.write or found.handoff:
            for call in found.reads:
                run = self.box.toolbox.check if call.effect == "check" else self.box.toolbox.read
                known[call] = run(call.name, dict(call.args), context)
            if found.write:  # every order changes while the customer thinks
                settled = Settled(ToolOutcome(found.write.tool, found.write.args, "changed"))
            elif found.handoff:
                settled = Settled(None, "H1234")
        self.dialogue = found.dialogue
        return found


def _wish(intent, act, slots):
    return Wish(intent, act, {n: (Slot(v),) for n, v in slots.items()})


@lru_cache(maxsize=1)
def looked_up():
    """Every read for every order and product, in every past."""
    found = []
    for past, now in PASTS:
        box = past(now)
        for customer in (*OWNERS, "u-1003"):
            context = ToolContext(Customer(customer), now)
            orders = box.toolbox.read("list_orders", {}, context).facts["orders"]
            found.append(("fact", "list_orders", {"orders": orders}))
            for order in orders:
                name = f"{order['id']} {order['lines'][0]['name']}"
                for read in ("get_order", "track_delivery", "refund_status"):
                    facts = box.toolbox.read(read, {"order_id": order["id"]}, context).facts
                    found.append(("fact", read, {"order": name, "status": order["status"], **facts}))
                found.append(("fact", "failed", {"order": name, "status": order["status"]}))
            found.append(("fact", "list_coupons", dict(box.toolbox.read("list_coupons", {}, context).facts)))
    box, context = fresh(), ToolContext(None, NOW)
    everything = box.toolbox.read("search_products", {}, context).facts
    found.append(("fact", "search_products", dict(everything)))
    for words in ("耳机", "键盘", "充电"):
        found.append(
            ("fact", "search_products", dict(box.toolbox.read("search_products", {"words": words}, context).facts))
        )
    for product in everything["products"]:
        for said in ({}, {"variant": "白"}, {"variant": "红轴"}):
            found.append(("fact", "get_product", {**product, **said}))
    return found


@lru_cache(maxsize=1)
def of_other_shops():
    """What the sample shop never says: a status of its own, parcels without a carrier, variants at different prices."""
    shop = MemoryShop.sample(lambda: NOW)
    number = "ORD20241201001"
    sent, parcel = shop.orders.get("u-1001", number), shop.orders.track("u-1001", number)
    label = f"{number} {sent.lines[0].name}"
    found = []
    for state in ("审核中", "on hold"):
        held = replace(sent, status="other", state=state)
        facts = order_facts(held)
        found += [
            ("fact", "get_order", facts),
            ("fact", "changed_since", facts),
            ("fact", "list_orders", {"orders": [facts]}),
        ]
        found.append(("fact", "track_delivery", {**tracking_facts(held, None), "order": label}))
    for events in (parcel.events, ()):
        for late in (True, False):
            bare = replace(parcel, carrier="", number="", events=events, late=late)
            found.append(("fact", "track_delivery", {**tracking_facts(sent, bare), "order": label}))
    whole = shop.catalogue.get("P-1001")
    for stock in (3, 0, None):
        apart = tuple(replace(v, price=Decimal(90 + n), stock=stock) for n, v in enumerate(whole.variants))
        facts = product_facts(replace(whole, price=None, variants=apart))
        found += [("fact", "get_product", {**facts, **said}) for said in ({}, {"variant": "白"}, {"variant": "红轴"})]
        found.append(("fact", "search_products", {"products": [facts], "count": 1}))
    for coupon in (
        Coupon("", "满 99 减 10", Decimal(99), Decimal(10)),
        Coupon("", "九折", None, None),
        Coupon("X9", "10% off", None, None),
    ):
        found.append(("fact", "list_coupons", {"coupons": [json_values(coupon)]}))
    return found


@lru_cache(maxsize=1)
def all_points():
    return [*checked(), *planned(), *looked_up(), *of_other_shops()]
