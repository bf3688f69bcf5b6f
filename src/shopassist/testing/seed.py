"""A shop's YAML document as rows of its tables: the same rows for a dict and for a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from shopassist.testing.case import price_on
from shopassist.testing.terms import Terms

Rows = dict[str, list[dict[str, Any]]]

TABLES = (
    "customers", "products", "variants", "prices", "orders", "order_lines", "events", "returns", "return_lines",
    "exchanges", "price_protections", "invoices", "urges", "tickets", "coupons",
)  # fmt: skip


@lru_cache(maxsize=1)
def sample() -> Mapping[str, Any]:
    """The sample shop's document; not to be changed."""
    data: Mapping[str, Any] = yaml.safe_load(
        resources.files(__package__).joinpath("sample_shop.yaml").read_text("utf-8")
    )
    return data


@lru_cache(maxsize=1)
def sample_terms() -> Terms:
    """The sample shop's terms."""
    return Terms.from_dict(sample()["terms"], sample()["words"])


def terms_of(data: Mapping[str, Any]) -> Terms:
    """A document's terms; what it leaves out holds as in the sample shop."""
    if not {"terms", "words"} & set(data):
        return sample_terms()
    return Terms.from_dict(sample()["terms"] | data.get("terms", {}), sample()["words"] | data.get("words", {}))


def rows_of(data: Mapping[str, Any], timezone: ZoneInfo) -> Rows:
    """New rows, table by table, that nothing else holds."""
    rows: Rows = {table: [] for table in TABLES}
    for customer in data.get("customers", ()):
        rows["customers"].append({"gold_since": None, "phone": None, "level": "", "language": "zh"} | customer)
    for product in data.get("products", ()):
        _add_product(rows, product)
    people = {c["id"]: c for c in rows["customers"]}
    for order in data.get("orders", ()):
        _add_order(rows, order, people.get(order["customer"], {}), timezone)
    for coupon in data.get("coupons", ()):
        rows["coupons"].append({
            "code": coupon["code"],
            "title": coupon["title"],
            "least": _amount(coupon["least"]),
            "off": _amount(coupon["less"]),  # YAML reads a bare `off` as false
            "from": coupon.get("from"),
            "until": coupon.get("until"),
            "new_only": coupon.get("new_only", False),
        })  # fmt: skip
    return rows


def _add_product(rows: Rows, product: Mapping[str, Any]) -> None:
    key = product["id"]
    specs = " ".join(f"{name}{value}" for name, value in product.get("specs", {}).items() if value != "不支持")
    rows["products"].append({
        "id": key,
        "name": product["zh"],
        "name_en": product.get("en", product["zh"]),
        "price": _amount(product["price"]),
        "search": f"{product.get('search', '')} {specs}",
        "returnable_once_opened": product.get("returnable_once_opened", True),
    })  # fmt: skip
    for name, v in product.get("variants", {}).items():
        english, restock = v.get("en", ""), v.get("restock")
        rows["variants"].append(
            {"product": key, "name": name, "name_en": english, "stock": v["stock"], "restock": restock}
        )
    for until, price in product.get("prices", {}).items():
        rows["prices"].append({"product": key, "until": until, "price": _amount(price)})


def _add_order(rows: Rows, order: Mapping[str, Any], customer: Mapping[str, Any], timezone: ZoneInfo) -> None:
    placed = _moment(order["placed"], timezone)
    kept = ("carrier", "tracking", "shipped", "delivered", "eta", "address")
    rows["orders"].append({
        "id": order["id"],
        "customer": order["customer"],
        "placed": placed,
        "status": order["status"],
        "total": _amount(order["total"]),
        "version": 1,
        **{name: order.get(name) for name in kept},
        "recipient": order.get("recipient", customer.get("name")),
        "phone": order.get("phone", customer.get("phone")),
        "cancelled": None,
        "cancel_reason": None,
    })  # fmt: skip
    rows["order_lines"].extend(_lines(rows, order, placed.date()))
    for event in order.get("events", ()):
        rows["events"].append({"order_id": order["id"], "at": _moment(event["at"], timezone), "text": event["text"]})
    if back := order.get("return"):
        values = {name: back[name] for name in ("id", "state", "requested")}
        rows["returns"].append({**values, "order_id": order["id"], "amount": _amount(back["amount"]), "reason": None})
        rows["return_lines"].extend(
            {"return_id": back["id"], "order_id": order["id"], "product": item["product"]} for item in order["items"]
        )


def _lines(rows: Rows, order: Mapping[str, Any], placed: date) -> Iterator[dict[str, Any]]:
    products = {p["id"]: p for p in rows["products"]}
    for position, item in enumerate(order["items"]):
        history = [(p["until"], p["price"]) for p in rows["prices"] if p["product"] == item["product"]]
        price = item.get("price", price_on(placed, products[item["product"]]["price"], history))
        yield {
            "order_id": order["id"],
            "position": position,
            "product": item["product"],
            "variant": item.get("variant"),
            "quantity": item["quantity"],
            "price": _amount(price),
        }


def _amount(value: Any) -> Decimal:
    return Decimal(str(value))


def _moment(value: str | date | datetime, timezone: ZoneInfo) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return value.astimezone(timezone) if value.tzinfo else value.replace(tzinfo=timezone)
