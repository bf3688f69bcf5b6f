"""The tea shop behind the protocols: what it does not do is named, and has no method."""

from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from shopassist.dialogue import Quote
from shopassist.shop import Deed, OrderLine, OrderView, ProductView, ReturnView, Tracking
from shopassist.text import fits
from shopassist.tools import Changed, NotFound, Refused
from smallshop.models import Article, Client, Purchase, SentBack, Slip

STATES = {10: "unpaid", 20: "paid", 30: "shipped", 40: "delivered", 90: "cancelled"}
OWN_WORDS = {25: "品鉴中"}
DAYS = 14


def code_of(user):
    """The id by which the shop knows a user."""
    client = Client.objects.filter(user=user).first()
    return client.code if client else None


def gross(net, rate):
    return (net * (1 + rate / 100)).quantize(Decimal("0.01"))


class TeaShop:
    def __init__(self, clock=timezone.now):
        self.clock = clock
        self.orders, self.catalogue, self.after_sales = Orders(self), Articles(), Afterwards(self)

    def transaction(self):
        return transaction.atomic()

    def find(self, customer, ref):
        """A client's purchase; None for somebody else's."""
        return Purchase.objects.filter(client__code=customer, ref=ref).first() if customer else None

    def today(self):
        return timezone.localtime(self.clock()).date()

    def checked(self, check, action, customer, ref, args):
        """The purchase and its quote, for a write."""
        purchase, quote = self.find(customer, ref), check(action, customer, ref, args)
        if purchase is None:
            raise NotFound("order")
        if not quote.allowed:
            raise Refused(quote.reason, facts=quote.facts)
        return purchase, quote

    def change(self, purchase, **values):
        rows = Purchase.objects.filter(ref=purchase.ref, revision=purchase.revision)
        if rows.update(revision=purchase.revision + 1, **values) != 1:
            raise Changed("version")
        return str(purchase.revision + 1)


class Orders:
    unsupported = frozenset(("change_contact", "urge_delivery"))

    def __init__(self, shop):
        self.shop = shop

    def list(self, customer):
        found = Purchase.objects.filter(client__code=customer).order_by("-bought") if customer else ()
        return [view(purchase) for purchase in found]

    def get(self, customer, order_id):
        purchase = self.shop.find(customer, order_id)
        return view(purchase) if purchase else None

    def track(self, customer, order_id):
        purchase = self.shop.find(customer, order_id)
        if purchase is None or purchase.state not in (30, 40):
            return None
        scans = tuple(sorted((scan.at, scan.what) for scan in purchase.scans.all()))
        return Tracking(purchase.ref, "", "", scans, None, late=False)

    def check(self, action, customer, order_id, args):
        purchase = self.shop.find(customer, order_id)
        if purchase is None:
            return Quote(False, reason="no_order")
        reason, facts = "no_tool", {"order": purchase.ref, "status": STATES.get(purchase.state, "other")}
        if action in ("cancel_order", "change_address"):
            reason = None if purchase.state in (10, 20) else facts["status"]
        if action == "change_address" and not reason:
            reason = None if args.get("address") else "needs_address"
            facts["address"] = args.get("address")
        return Quote(reason is None, None, reason, None, facts, str(purchase.revision))

    def cancel(self, tx, customer, order_id, reason):
        purchase, quote = self.shop.checked(self.check, "cancel_order", customer, order_id, {})
        return Deed(quote.facts, self.shop.change(purchase, state=Purchase.VOID))

    def change_address(self, tx, customer, order_id, address):
        purchase, quote = self.shop.checked(self.check, "change_address", customer, order_id, {"address": address})
        return Deed(quote.facts, self.shop.change(purchase, goes_to=address))


class Articles:
    def get(self, product_id):
        article = Article.objects.filter(code__iexact=product_id, hidden=False).first()
        return product(article) if article else None

    def search(self, words, least=None, most=None):
        articles = {a.code: a for a in Article.objects.filter(hidden=False)}
        found = fits(words, {code: a.label for code, a in articles.items()})
        views = (product(articles[code]) for code in sorted(found, key=lambda code: -found[code]))
        return [one for one in views if one.is_within(least, most)]

    def coupons(self, customer):
        return ()


class Afterwards:
    unsupported = frozenset(("request_exchange", "request_invoice", "request_price_protection"))

    def __init__(self, shop):
        self.shop = shop

    def refund(self, customer, order_id):
        purchase = self.shop.find(customer, order_id)
        return sent_back(purchase) if purchase else None

    def check(self, action, customer, order_id, args):
        purchase = self.shop.find(customer, order_id)
        if order_id is not None and purchase is None:
            return Quote(False, reason="no_order")
        version = str(purchase.revision) if purchase else ""
        if action == "open_ticket":
            return Quote(bool(args.get("text")), reason=None if args.get("text") else "needs_text", version=version)
        decide = {"request_return": self._return, "cancel_return": self._take_back}.get(action)
        reason = decide(purchase) if decide else "no_tool"
        return Quote(reason is None, None, reason, None, {"order": order_id}, version)

    def request_return(self, tx, customer, order_id, product, reason):
        purchase, quote = self.shop.checked(self.check, "request_return", customer, order_id, {})
        made = SentBack.objects.create(purchase=purchase, day=self.shop.today(), worth=view(purchase).total)
        return Deed(quote.facts, self.shop.change(purchase), f"R{made.pk}")

    def cancel_return(self, tx, customer, order_id):
        purchase, quote = self.shop.checked(self.check, "cancel_return", customer, order_id, {})
        purchase.sent_back.filter(stage=SentBack.AGREED).update(stage=SentBack.TAKEN_BACK)
        return Deed(quote.facts, self.shop.change(purchase))

    def open_ticket(self, tx, customer, subject, text, order_id):
        slip = Slip.objects.create(client_id=customer, purchase=self.shop.find(customer, order_id), text=text)
        return Deed({}, id=f"S{slip.pk}")

    def _return(self, purchase):
        if purchase.state != Purchase.HANDED_OVER:
            return "not_delivered"
        if purchase.sent_back.filter(stage=SentBack.AGREED).exists():
            return "already_returned"
        over = self.shop.today() > purchase.handed_over + timedelta(DAYS)
        return "window_over" if over else None

    def _take_back(self, purchase):
        return None if purchase.sent_back.filter(stage=SentBack.AGREED).exists() else "no_return"


def view(purchase):
    lines = [
        (position, gross(position.net_each, position.article.rate))
        for position in purchase.positions.select_related("article")
    ]
    total = sum((price * position.pieces for position, price in lines), gross(purchase.carriage_net, Decimal(13)))
    status = STATES.get(purchase.state, "other")
    return OrderView(
        id=purchase.ref,
        status=status,
        placed=timezone.localtime(purchase.bought),
        lines=tuple(OrderLine(p.article_id, p.article.label, None, p.pieces, price) for p, price in lines),
        total=total,
        version=str(purchase.revision),
        delivered=purchase.handed_over,
        address=purchase.goes_to,
        returned=sent_back(purchase),
        state=OWN_WORDS.get(purchase.state) if status == "other" else None,
    )


def sent_back(purchase):
    row = purchase.sent_back.filter(stage=SentBack.AGREED).last()
    return ReturnView(f"R{row.pk}", "待寄回", row.day, row.worth) if row else None


def product(article):
    return ProductView(article.code, article.label, "", gross(article.net, article.rate), ())
