"""Messages that customers may write, and which of them may be the yes to a change that waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import strategies as st

from shopassist import OrderRef, ProductRef
from shopassist.messages import Item

TOOLS = {
    "cancel_order": ("取消{o}", "帮我把{o}取消了", "please cancel {o_en}"),
    "urge_delivery": ("催一下{o}", "{o}怎么还不发货，快点", "please hurry up {o_en}"),
    "request_return": ("{o}我要退货", "想把{o}退了，质量不好", "I want to return {o_en}"),
    "request_exchange": ("{o}换货，充不进电", "给{o}换成黑色的", "I'd like to exchange {o_en}, it is broken"),
    "cancel_return": ("撤销{o}的退货申请", "cancel the return of {o_en}"),
    "request_invoice": ("{o}开发票，抬头张伟", "给{o}开一张发票", "I need an invoice for {o_en}"),
    "request_price_protection": ("{o}降价了，补差价", "{o}申请价保", "price adjustment for {o_en} please"),
    "open_ticket": ("{o}少发了一件，帮我登记", "我要投诉", "{o}改到周六送", "I want to complain about {o_en}"),
    "change_address": (
        "把{o}的收货地址改成{address}",
        "{o}地址改成{address}",
        "change the address of {o_en} to {address}",
    ),
    "change_contact": ("{o}的收货电话改成{phone}", "change the phone number of {o_en} to {phone}"),
}
"""What is wished, by the tool that it leads to; `o` is an order, in words of the language."""

ASKED_FOR = ("改{o}的收货地址", "{o}收件人写错了，帮我改", "change the delivery address of {o_en}")
"""Wishes that leave out a value."""

ADDRESSES = (
    "上海市徐汇区漕溪北路1200弄3号502室",
    "北京市海淀区知春路2号",
    "新疆乌鲁木齐市天山区和平路9号",
    "90 Garden Road, Hangzhou",
)
PHONES = ("13811112222", "15922223333")
ANYTHING = "*"

BARE = ("好的", "嗯嗯", "确认", "可以的 谢谢", "ok", "yes please", "sure, go ahead", "👌")
"""They agree to what the last reply asked."""

NAMING = {
    "嗯，取消吧": ("cancel_order", "cancel_return"),
    "好的，那取消订单吧": ("cancel_order",),
    "ok cancel it": ("cancel_order", "cancel_return"),
    "是的，就改成这个地址": ("change_address",),
    "是的改吧": ("change_address", "change_contact", "open_ticket"),
    "好 催一下": ("urge_delivery",),
    "yes, hurry it up": ("urge_delivery",),
    "退吧退吧": ("request_return", "cancel_order"),
    "嗯 换吧": ("request_exchange", "change_address", "change_contact", "open_ticket"),
    "yes, exchange it": ("request_exchange",),
    "撤销吧": ("cancel_return", "cancel_order"),
    "对的 开吧": ("request_invoice",),
    "好的，补吧": ("request_price_protection",),
    "对 登记吧": ("open_ticket",),
    "对 投诉": ("open_ticket",),
}
"""They name a deed, and agree to that one of these tools, as long as it waits."""

NO = ("不用了", "算了吧", "不取消了", "先不退了", "不改了 原来的就行", "no thanks", "nah, keep it", "不要")
HOLD = ("等等", "我再想想", "先不急 晚点再说", "hold on a sec", "等下，七天无理由退货运费谁出？")
PROVISO = (
    "可以，前提是今天退款",
    "好的，不过运费你们出",
    "行，但是要先给我优惠券",
    "要是不收手续费就取消",
    "可以的话就取消",
    "yes, but only if it is free",
    "ok if I get the money back today",
)
CORRECTION = (
    "不对，是{other}",
    "不是这个，是{other}",
    "地址错了",
    "不对，地址是{address}",
    "改成{address}",
    "电话不对，是{phone}",
    "不是3号，是5号",
    "no, to {address}",
    "抬头写错了",
    "不是这个颜色",
)
DIGRESSION = (
    "七天无理由退货运费谁出？",
    "智能手表S2防水吗",
    "无线降噪耳机Pro和Lite有什么区别",
    "快递到哪了",
    "我有哪些订单",
    "退款什么时候到账",
    "有什么优惠券",
    "你们几点下班",
    "what is your return policy?",
    "how much is the keyboard?",
    "where is my order?",
    "那Lite呢",
)
THANKS = ("谢谢", "thanks", "知道了", "哦哦", "你好", "没有了", "好麻烦啊", "great, another delay", "好的？", "不知道")
LETTERS = "啊呀呢3７.，、#@{}<>\\/\u200b\n \tORDé😀я한"
"""Characters of noise, of which no yes can be made."""


@dataclass(frozen=True)
class Part:
    """One text. `to` names the tools that it may agree to, with `args`; `against`: with it nothing is agreed to."""

    text: str
    to: tuple[str, ...] = ()
    args: tuple[tuple[str, str], ...] = ()
    bare: bool = False
    against: bool = False

    def agrees(self, tool: str, args: Mapping[str, object], *, asked: bool) -> bool:
        """Whether it may be the yes to this change; `asked`: the last reply asked for it."""
        named = ANYTHING in self.to or tool in self.to
        return named and (asked or not self.bare) and self._of(args)

    def opposes(self, args: Mapping[str, object]) -> bool:
        """Whether it takes any yes beside it back; another value is none where it is the one that was asked about."""
        return self.against and not (self.args and self._of(args))

    def _of(self, args: Mapping[str, object]) -> bool:
        return all(args.get(n) == v for n, v in self.args)


@dataclass(frozen=True)
class Said:
    """What is sent: the texts of a burst, and cards; `parts` are what the texts are made of."""

    texts: tuple[str, ...]
    parts: tuple[Part, ...] = ()
    items: tuple[Item, ...] = ()

    def agrees(self, tool: str, args: Mapping[str, object], *, asked: bool) -> bool:
        """Whether the change may be made on this message."""
        agreed = any(p.agrees(tool, args, asked=asked) for p in self.parts)
        return agreed and not any(p.opposes(args) for p in self.parts)


@dataclass(frozen=True, order=True)
class Order:
    """An order as customers name it: by number, by the number's end, by what is in it, or not at all."""

    id: str
    zh: str
    en: str

    @property
    def names(self) -> tuple[tuple[str, str, bool], ...]:
        """Chinese, English, and whether it is the order's number."""
        number = self.id
        return (
            (f"订单{number}", f"order {number}", True),
            (f"尾号{number[-3:]}的订单", f"the order ending in {number[-3:]}", False),
            (f"{self.zh}那单", f"the {self.en}", False),
            ("", "it", False),
        )


def wishes(orders: tuple[Order, ...], tools: tuple[str, ...] = (*TOOLS, "")) -> st.SearchStrategy[Part]:
    """A wish for a change of one of these orders, by one of these tools; the tool "" is one that lacks a value."""
    named = [(o.id, *name) for o in orders for name in o.names]
    deeds = [(tool, text) for tool in tools for text in TOOLS.get(tool, ASKED_FOR)]
    return st.builds(_wish, st.sampled_from(deeds), st.sampled_from(named), *_VALUES)


def _wish(deed: tuple[str, str], order: tuple[str, str, str, bool], address: str, phone: str) -> Part:
    tool, text = deed
    number, zh, en, whole = order
    given = {n: v for n, v in (("address", address), ("phone", phone)) if f"{{{n}}}" in text}
    given |= {"order_id": number} if whole and "{o" in text else {}
    said = text.format(o=zh, o_en=en, address=address, phone=phone)
    return Part(said, (tool,) if tool else (), tuple(given.items()))


_VALUES = (st.sampled_from(ADDRESSES), st.sampled_from(PHONES))


def corrections(orders: tuple[Order, ...]) -> st.SearchStrategy[Part]:
    """Another order, or another value, for the change that waits."""
    others = [name for o in orders for name in (o.id, f"尾号{o.id[-3:]}", f"{o.zh}那单")]
    return st.builds(_correction, st.sampled_from(CORRECTION), st.sampled_from(others), *_VALUES)


def _correction(text: str, other: str, address: str, phone: str) -> Part:
    names = text == "改成{address}"  # a yes, where it is the address that was asked about
    to, args = (("change_address",), (("address", address),)) if names else ((), ())
    return Part(text.format(other=other, address=address, phone=phone), to, args, against=True)


def _parts(texts: tuple[str, ...], *, against: bool = False) -> st.SearchStrategy[Part]:
    return st.sampled_from([Part(text, against=against) for text in texts])


BARE_YES = st.sampled_from([Part(text, (ANYTHING,), bare=True) for text in BARE])
NAMING_YES = st.sampled_from([Part(text, tools) for text, tools in NAMING.items()])


def consents(tool: str) -> st.SearchStrategy[Part]:
    """A yes to what waits: one that names the deed, or a bare one."""
    naming = [Part(text, tools) for text, tools in NAMING.items() if tool in tools]
    return st.one_of(st.sampled_from(naming), BARE_YES)


NOES, HOLDS, PROVISOS = (_parts(texts, against=True) for texts in (NO, HOLD, PROVISO))
DIGRESSIONS, SMALL_TALK = _parts(DIGRESSION), _parts(THANKS)
NOISE = st.text(LETTERS, max_size=40).map(Part)


def alone(parts: st.SearchStrategy[Part]) -> st.SearchStrategy[Said]:
    """A message of one part."""
    return parts.map(lambda part: Said((part.text,), (part,)))


def together(parts: st.SearchStrategy[Part]) -> st.SearchStrategy[Said]:
    """Two or three parts in one message."""
    several = st.lists(parts, min_size=2, max_size=3, unique=True)
    joints = st.sampled_from(("，另外", "。", "\n", "; "))
    return st.builds(lambda found, joint: Said((joint.join(p.text for p in found),), tuple(found)), several, joints)


def burst(parts: st.SearchStrategy[Part]) -> st.SearchStrategy[Said]:
    """Two or three messages that are answered together."""
    several = st.lists(parts, min_size=2, max_size=3)
    return several.map(lambda found: Said(tuple(p.text for p in found), tuple(found)))


def cards(orders: tuple[Order, ...]) -> st.SearchStrategy[Said]:
    """A card, with words or without."""
    sent = [OrderRef(o.id) for o in orders] + [ProductRef("P-1001"), ProductRef("P-2001")]
    words = st.sampled_from(("", "这个帮我取消", "这个我要退货", "到哪了", "多少钱", "can I return this?"))
    return st.builds(_card, words, st.sampled_from(sent))


def _card(text: str, item: Item) -> Said:
    args = (("order_id", item.id),) if isinstance(item, OrderRef) else ()
    to = {"这个帮我取消": ("cancel_order",), "这个我要退货": ("request_return",)}.get(text, ())
    return Said((text,), (Part(text, to, args),), (item,))


def every(orders: tuple[Order, ...]) -> st.SearchStrategy[Part]:
    """Any part, for bursts."""
    return st.one_of(wishes(orders), BARE_YES, NAMING_YES, NOES, HOLDS, corrections(orders), DIGRESSIONS, SMALL_TALK)
