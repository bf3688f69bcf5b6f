"""django-oscar's orders, products and offers behind the shop's protocols; import it once Django's apps are loaded."""

from shopassist.contrib.oscar.shop import OscarShop

__all__ = ["OscarShop"]
