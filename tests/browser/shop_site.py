"""The small shop of the Django tests on a server that can be stopped and started again."""

from servers import free_port, manage, served

ANSWER = "单次续航 8 小时，配合充电盒共 30 小时。防水等级是 IPX4，日常出汗和小雨不用担心。"
CUSTOMERS = """
from datetime import UTC, datetime
from shopsite.models import Order, Shopper
for n, name in enumerate(("li", "wang"), start=1):
    made = Shopper.objects.create_user(name, password=name)
    Order.objects.create(number=f"ORD2024120100{n}", shopper=made, placed=datetime(2024, 12, n, tzinfo=UTC), total=399, address="上海市浦东新区世纪大道 1 号")
"""
STAFF = """
from django.utils import timezone
from shopassist.contrib.django.store import DjangoStore
from shopassist.vault import conceal
store = DjangoStore()
[waiting] = [h for h in store.handoffs() + store.handoffs("person") if h.conversation == {conversation!r}]
"""


class Site:
    """A shop with its own database; ``with`` runs its server."""

    def __init__(self, kind, folder, values):
        self.kind, self.port = kind, free_port()
        defaults = {"SITE_ANSWER": ANSWER, "SITE_DELAY": 0.02, "SITE_SHOP": "shopsite.shop.ShopWithProducts"}
        self.values = {"SITE_FOLDER": folder, **defaults, **values}
        self.address = f"http://127.0.0.1:{self.port}"
        manage("migrate", "--verbosity", "0", **self.values)
        self.run(CUSTOMERS)

    def __enter__(self):
        self.begin()
        return self

    def __exit__(self, *error):
        self.end()

    def begin(self):
        self._server = served(self.kind, port=self.port, **self.values)
        self._server.__enter__()

    def end(self):
        self._server.__exit__(None, None, None)

    def run(self, code):
        """Run Python within the project; what it prints."""
        return manage("shell", "-c", code, **self.values)

    def staff(self, conversation, code):
        """What a person at the desk does: `store`, `conceal` and the hand-off `waiting` are there."""
        return self.run(STAFF.format(conversation=conversation) + code)
