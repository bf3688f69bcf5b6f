"""What this shop tells the assistant beyond what every Oscar shop does."""

from typing import ClassVar

from shopassist.contrib.oscar import OscarShop


class Shop(OscarShop):
    """Unpaid orders wait under a status of their own; English titles are in an attribute."""

    statuses: ClassVar = {**OscarShop.statuses, "Awaiting payment": "unpaid"}
    rules: ClassVar = {"cancel_order": "cancel", "change_address": "address_change", "change_contact": "address_change"}

    def names(self, product):
        english = next((v.value_text for v in product.attribute_values.all() if v.attribute.code == "title_en"), "")
        return product.get_title(), english

    def variant_name(self, product):
        return product.title
