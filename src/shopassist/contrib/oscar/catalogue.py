"""`shopassist.shop.Catalogue` over Oscar's products, prices, stock records and offers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch, Q
from django.utils.html import strip_tags
from oscar.core.loading import get_class, get_model

from shopassist.contrib.oscar.views import aware
from shopassist.shop import Coupon, ProductView, VariantView
from shopassist.text import content, fits

if TYPE_CHECKING:
    from shopassist.contrib.oscar.shop import OscarShop

MOST = 300
"""How many products a search looks at: those that hold one of its words."""

_VALUES = ("attribute_values__attribute", "attribute_values__value_option")


class OscarCatalogue:
    """Public products as a visitor sees them: what Oscar's strategy says without a request.

    A parent stands for its children: they are its variants, and its price is theirs where they cost the same.
    """

    def __init__(self, shop: OscarShop) -> None:
        self._shop = shop

    def get(self, product_id: str) -> ProductView | None:
        """One product by its UPC, in capitals or not, or by its primary key where it has none; a child by its own."""
        key = product_id.strip()
        if not key:
            return None
        named = Q(upc__iexact=key) | Q(children__upc__iexact=key, children__is_public=True)
        if key.isascii() and key.isdecimal():
            unnamed = Q(upc=None) | Q(upc="")
            named |= unnamed & Q(pk=int(key))
        found = self._public().filter(named).order_by("pk").first()
        return None if found is None else self._view(found)

    def search(self, words: str, least: Decimal | None = None, most: Decimal | None = None) -> Sequence[ProductView]:
        """Public products that fit the words and can be had for a price in the range, best first, then cheapest."""
        products = self._public()
        if asked := content(words):
            products = products.filter(_any_of(asked)).distinct()
        elif words.strip():
            return ()
        candidates = {product.pk: product for product in products.order_by("pk")[:MOST]}
        good = fits(words, {pk: _words_of(product) for pk, product in candidates.items()})
        views = {pk: self._view(candidates[pk]) for pk in good}
        within = [pk for pk in good if views[pk].is_within(least, most)]
        return [
            views[pk] for pk in sorted(within, key=lambda pk: (-good[pk], views[pk].costs or (Decimal("inf"),), pk))
        ]

    def coupons(self, customer: str) -> Sequence[Coupon]:
        """The shop's open offers, which need no code, and what vouchers the shop says may be told."""
        user = self._user(customer)
        if user is None:
            return ()
        offer = get_model("offer", "ConditionalOffer")
        site = offer.active.filter(offer_type=offer.SITE).select_related("condition", "benefit")
        told = [_coupon("", one.name, [one], one.end_datetime) for one in site if one.is_available(user=user)]
        for voucher in self._shop.vouchers(user):
            if voucher.is_active() and voucher.is_available_to_user(user)[0]:
                offers = [*voucher.offers.select_related("condition", "benefit")]
                told.append(_coupon(voucher.code, voucher.name, offers, voucher.end_datetime))
        return told

    def _user(self, customer: str) -> Any:
        from django.contrib.auth import get_user_model

        key = self._shop.user_pk(customer)
        return None if key is None else get_user_model()._default_manager.filter(pk=key, is_active=True).first()

    def _public(self) -> Any:
        """Public products that are no child, with all that a view needs."""
        products = get_model("catalogue", "Product").objects
        children = products.public().order_by("pk").prefetch_related("stockrecords", *_VALUES)
        return (
            products.browsable()
            .select_related("product_class")
            .prefetch_related("stockrecords", "categories", "images", *_VALUES)
            .prefetch_related(Prefetch("children", queryset=children, to_attr="_prefetched_public_children"))
        )

    def _view(self, product: Any) -> ProductView:
        sold = _sold(product)
        prices = {child.pk: self._price(child) for child in sold}
        one_price = len(set(prices.values())) == 1
        chinese, english = self._shop.names(product)
        return ProductView(
            id=self._shop.product_key(product),
            name=chinese,
            name_en=english,
            price=prices[sold[0].pk] if one_price else None,
            variants=tuple(
                VariantView(
                    self._shop.variant_name(child) if child.parent_id else "",
                    self._stock(child),
                    price=None if one_price else prices[child.pk],
                )
                for child in sold
            ),
            url=product.get_absolute_url(),
            image=_picture(product),
        )

    def _info(self, product: Any) -> Any:
        return get_class("partner.strategy", "Selector")().strategy().fetch_for_product(product)

    def _price(self, product: Any) -> Decimal | None:
        """What a visitor pays, with tax; None where that is not known, or is in another currency."""
        price = self._info(product).price
        if not price.exists or not price.is_tax_known or price.currency != self._shop.currency:
            return None
        return Decimal(price.incl_tax)

    def _stock(self, product: Any) -> int | None:
        """How many there are: 0 for what cannot be bought, None for what is not counted."""
        availability = self._info(product).availability
        if not availability.is_available_to_buy:
            return 0
        counted = getattr(availability, "num_available", None)
        return None if counted is None else int(counted)


def _picture(product: Any) -> str | None:
    """The address of its first picture; Oscar's own picture of a missing one is none."""
    shown = next(iter(product.get_all_images()), None)
    return str(shown.original.url) if shown is not None and shown.original else None


def _sold(product: Any) -> list[Any]:
    """What of a product can be bought: its public children, or itself."""
    if not product.is_parent:
        return [product]
    children = product.get_public_children()
    for child in children:
        child.parent = product  # read once
    return [*children]


def _any_of(asked: Iterable[str]) -> Q:
    named = Q()
    for word in asked:
        for field in ("title", "upc", "description", "categories__name"):
            named |= Q(**{f"{field}__icontains": word})
    return named


def _words_of(product: Any) -> str:
    categories = " ".join(category.name for category in product.categories.all())
    return f"{product.upc or ''} {product.title} {categories} {strip_tags(product.description or '')}"


def _coupon(code: str, title: str, offers: Sequence[Any], until: Any) -> Coupon:
    """An offer in words; with its figures where it is so much off from so much on."""
    day = aware(until).date() if until is not None else None
    if len(offers) == 1:
        condition, benefit = offers[0].condition, offers[0].benefit
        if condition.type == condition.VALUE and benefit.type == benefit.FIXED:
            return Coupon(code, title, condition.value, benefit.value, day)
    return Coupon(code, title, None, None, day)
