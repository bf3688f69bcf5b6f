"""The built-in tools over `AfterSales`."""

from __future__ import annotations

from typing import Any

from shopassist.shop import AfterSales, Deed
from shopassist.tools.checked import checked
from shopassist.tools.context import ToolContext
from shopassist.tools.facts import Text
from shopassist.tools.tool import Tool, tool
from shopassist.tools.values import json_values


def after_sales_reads(after_sales: AfterSales) -> list[Tool]:
    """refund_status."""

    @tool(effect="read")
    def refund_status(context: ToolContext, order_id: Text) -> dict[str, Any]:
        """How far an order's return and refund are."""
        found = after_sales.refund(context.customer_id, order_id)
        return {"order": order_id, "return": None if found is None else json_values(found)}

    return [refund_status]


def after_sales_writes(after_sales: AfterSales) -> list[Tool]:
    """request_return, cancel_return, request_exchange, request_invoice, request_price_protection, open_ticket."""

    @tool(effect="write", commit="atomic")
    def request_return(
        context: ToolContext, order_id: Text, product: Text | None = None, reason: str | None = None
    ) -> Deed:
        """Open a return of an order or of one product of it."""
        return after_sales.request_return(context.tx, context.customer_id, order_id, product, reason)

    @tool(effect="write", commit="atomic")
    def cancel_return(context: ToolContext, order_id: Text) -> Deed:
        """Withdraw a return that has not reached the warehouse."""
        return after_sales.cancel_return(context.tx, context.customer_id, order_id)

    @tool(effect="write", commit="atomic")
    def request_exchange(
        context: ToolContext, order_id: Text, reason: Text, product: Text | None = None, variant: Text | None = None
    ) -> Deed:
        """Exchange a faulty or wrong item."""
        return after_sales.request_exchange(context.tx, context.customer_id, order_id, product, variant, reason)

    @tool(effect="write", commit="atomic", personal=("title", "tax_no", "email"))
    def request_invoice(
        context: ToolContext,
        order_id: Text,
        title: Text,
        invoice_type: Text | None = None,
        tax_no: Text | None = None,
        email: Text | None = None,
    ) -> Deed:
        """Issue an invoice."""
        return after_sales.request_invoice(
            context.tx, context.customer_id, order_id, title, invoice_type, tax_no, email
        )

    @tool(effect="write", commit="atomic")
    def request_price_protection(context: ToolContext, order_id: Text) -> Deed:
        """Pay back what the price has fallen by since the order."""
        return after_sales.request_price_protection(context.tx, context.customer_id, order_id)

    @tool(effect="write", commit="atomic", personal=("subject", "text"))
    def open_ticket(context: ToolContext, subject: Text, text: Text, order_id: Text | None = None) -> Deed:
        """Leave something for a person to do later."""
        return after_sales.open_ticket(context.tx, context.customer_id, subject, text, order_id)

    writes = (request_return, cancel_return, request_exchange, request_invoice, request_price_protection, open_ticket)
    return [checked(one, after_sales) for one in writes]
