"""The pre-checks of the built-in writes: all of them ask the shop's `check`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shopassist.dialogue import Quote
from shopassist.shop import AfterSales, Orders
from shopassist.tools.context import ToolContext
from shopassist.tools.tool import Tool


def checked(tool: Tool, shop: Orders | AfterSales) -> Tool:
    """Attach the shop's `check` of the action that is called like the tool; it gets the arguments without the order."""
    ask: Callable[..., Quote] = shop.check  # an order is optional for some actions of AfterSales alone

    def check(context: ToolContext, order_id: str | None = None, **args: Any) -> Quote:
        return ask(tool.name, context.customer_id, order_id, args)

    tool.check(check)
    return tool
