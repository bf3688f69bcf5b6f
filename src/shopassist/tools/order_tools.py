"""The built-in tools over `Orders`."""

from __future__ import annotations

from typing import Any

from shopassist.shop import Deed, Orders, OrderStatus
from shopassist.tools.checked import checked
from shopassist.tools.context import ToolContext
from shopassist.tools.facts import Period, Text, holds, is_in, order_facts, tracking_facts
from shopassist.tools.outcome import Failed, NotFound
from shopassist.tools.tool import Tool, tool


def order_reads(orders: Orders) -> list[Tool]:
    """get_order, list_orders, track_delivery."""

    @tool(effect="read")
    def get_order(context: ToolContext, order_id: Text) -> dict[str, Any]:
        """One order: status, lines, total, address, return."""
        order = orders.get(context.customer_id, order_id)
        if order is None:
            raise NotFound("order")
        return order_facts(order)

    @tool(effect="read")
    def list_orders(
        context: ToolContext,
        product: str | None = None,
        status: OrderStatus | None = None,
        period: Period | None = None,
    ) -> dict[str, Any]:
        """The customer's orders, the newest first: all, or those with a product, in a status, placed in a period."""
        found = [
            order_facts(order)
            for order in orders.list(context.customer_id)
            if (not product or holds(order, product))
            and (status is None or order.status == status)
            and (period is None or is_in(period, order.placed, context.now))
        ]
        return {"orders": found, "count": len(found)}

    @tool(effect="read")
    def track_delivery(context: ToolContext, order_id: Text) -> dict[str, Any]:
        """Where an order's parcel is: carrier, number, events, expected day, whether it is late."""
        order = orders.get(context.customer_id, order_id)
        if order is None:
            raise NotFound("order")
        return tracking_facts(order, orders.track(context.customer_id, order_id))

    return [get_order, list_orders, track_delivery]


def order_writes(orders: Orders) -> list[Tool]:
    """cancel_order, change_address, change_contact, urge_delivery."""

    @tool(effect="write", commit="atomic")
    def cancel_order(context: ToolContext, order_id: Text, reason: str | None = None) -> Deed:
        """Cancel an order that has not shipped."""
        return orders.cancel(context.tx, context.customer_id, order_id, reason)

    @tool(effect="write", commit="atomic", personal=("address",))
    def change_address(context: ToolContext, order_id: Text, address: Text) -> Deed:
        """Change the delivery address of an order that has not shipped."""
        return orders.change_address(context.tx, context.customer_id, order_id, address)

    @tool(effect="write", commit="atomic", personal=("recipient", "phone"))
    def change_contact(
        context: ToolContext, order_id: Text, recipient: Text | None = None, phone: Text | None = None
    ) -> Deed:
        """Change the recipient or the phone number of an order that has not shipped."""
        if recipient is None and phone is None:
            raise Failed("arguments", facts={"wrong": ["phone", "recipient"]})
        return orders.change_contact(context.tx, context.customer_id, order_id, recipient, phone)

    @tool(effect="write", commit="atomic")
    def urge_delivery(context: ToolContext, order_id: Text) -> Deed:
        """Hurry the warehouse, or the carrier of a late parcel."""
        return orders.urge(context.tx, context.customer_id, order_id)

    return [checked(one, orders) for one in (cancel_order, change_address, change_contact, urge_delivery)]
