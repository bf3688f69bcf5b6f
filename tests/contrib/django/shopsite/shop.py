"""The shop's orders for the assistant: what this shop does not do goes to a person, and products stay with the pages."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from shopassist.dialogue import Quote
from shopassist.shop import Deed, OrderLine, OrderView
from shopassist.testing import MemoryShop
from shopassist.tools import Changed
from shopsite.models import Order


class Orders:
    unsupported = frozenset(("change_contact", "urge_delivery"))

    def list(self, customer):
        return [_view(order) for order in Order.objects.filter(shopper_id=customer).order_by("-placed")]

    def get(self, customer, order_id):
        order = Order.objects.filter(shopper_id=customer, number=order_id).first()
        return _view(order) if order else None

    def track(self, customer, order_id):
        return None

    def check(self, action, customer, order_id, args):
        order = Order.objects.filter(shopper_id=customer, number=order_id).first()
        if order is None:
            return Quote(False, reason="no_order")
        if action in self.unsupported:
            return Quote(False, reason="no_tool", version=str(order.version))
        allowed = order.status == "paid"
        facts = {"order": order.number, "status": order.status}
        return Quote(allowed, reason=None if allowed else "shipped", facts=facts, version=str(order.version))

    def cancel(self, tx, customer, order_id, reason):
        return self._change(tx, customer, order_id, status="cancelled")

    def change_address(self, tx, customer, order_id, address):
        return self._change(tx, customer, order_id, address=address)

    def _change(self, tx, customer, order_id, **values):
        order = Order.objects.using(tx).get(shopper_id=customer, number=order_id)
        rows = Order.objects.using(tx).filter(pk=order.pk, version=order.version)
        if rows.update(version=order.version + 1, **values) != 1:
            raise Changed("version")
        return Deed({"order": order.number}, str(order.version + 1))


class Shop:
    orders = Orders()
    catalogue = None
    after_sales = None


class Catalogue:
    """The sample shop's products, with a page and a picture each."""

    def __init__(self):
        self._sample = MemoryShop.sample(lambda: datetime.now(UTC)).catalogue

    def get(self, product_id):
        found = self._sample.get(product_id)
        return found and self._shown(found)

    def search(self, words, least=None, most=None):
        return [self._shown(found) for found in self._sample.search(words, least, most)]

    def coupons(self, customer):
        return ()

    def _shown(self, product):
        return replace(product, url=f"/product/{product.id}/", image="/static/shopsite/product.png")


class ShopWithProducts(Shop):
    def __init__(self):
        self.catalogue = Catalogue()


def _view(order):
    return OrderView(
        id=order.number,
        status=order.status,
        placed=order.placed.astimezone(UTC),
        lines=(OrderLine("earbuds", "云听 Pro 真无线耳机", None, 1, Decimal(order.total)),),
        total=order.total,
        version=str(order.version),
        address=order.address,
    )
