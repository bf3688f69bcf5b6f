"""The built-in tools over `Catalogue`."""

from __future__ import annotations

from typing import Any

from shopassist.shop import Catalogue
from shopassist.tools.context import ToolContext
from shopassist.tools.facts import PriceRange, Text, product_facts
from shopassist.tools.outcome import NotFound
from shopassist.tools.tool import Tool, tool
from shopassist.tools.values import json_values


def catalogue_reads(catalogue: Catalogue) -> list[Tool]:
    """get_product, search_products, list_coupons."""

    @tool(effect="read", public=True)
    def get_product(context: ToolContext, product: Text) -> dict[str, Any]:
        """A product's price and stock now, by variant, with restock days and the prices of 30 days."""
        found = catalogue.get(product)
        if found is None:
            raise NotFound("product")
        return product_facts(found)

    @tool(effect="read", public=True)
    def search_products(context: ToolContext, words: str = "", price_range: PriceRange | None = None) -> dict[str, Any]:
        """Products that fit the words and the price range."""
        least, most = price_range or (None, None)
        found = [product_facts(product) for product in catalogue.search(words, least, most)]
        return {"products": found, "count": len(found)}

    @tool(effect="read")
    def list_coupons(context: ToolContext) -> dict[str, Any]:
        """The coupons that the customer can use."""
        found = [json_values(coupon) for coupon in catalogue.coupons(context.customer_id)]
        return {"coupons": found, "count": len(found)}

    return [get_product, search_products, list_coupons]
