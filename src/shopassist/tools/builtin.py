"""The built-in tools over the shop's three protocols."""

from __future__ import annotations

from shopassist.shop import AfterSales, Catalogue, Orders, unsupported_by
from shopassist.tools.after_sales_tools import after_sales_reads, after_sales_writes
from shopassist.tools.catalogue_tools import catalogue_reads
from shopassist.tools.order_tools import order_reads, order_writes
from shopassist.tools.tool import Tool


def builtin(
    orders: Orders | None = None, catalogue: Catalogue | None = None, after_sales: AfterSales | None = None
) -> list[Tool]:
    """The tools of the protocols that are there, reads first, without what a protocol names as `unsupported`.

    Without `orders` nobody can say whose an order is: what needs one is left out, and a ticket goes without. Raises
    `ConfigurationError`.
    """
    reads: list[Tool] = []
    writes: list[Tool] = []
    if orders is not None:
        reads += order_reads(orders)
        writes += order_writes(orders)
    if catalogue is not None:
        reads += catalogue_reads(catalogue)
    if after_sales is not None:
        reads += after_sales_reads(after_sales)
        writes += after_sales_writes(after_sales)
    absent = unsupported_by(orders) | unsupported_by(after_sales)
    there = [one for one in reads + writes if one.name not in absent]
    return [one for one in there if orders is not None or "order_id" not in one.arguments.required]
