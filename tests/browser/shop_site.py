"""The small shop of the Django tests on a server that can be stopped and started again."""

from servers import free_port, manage, served

ANSWER = "单次续航 8 小时，配合充电盒共 30 小时。防水等级是 IPX4，日常出汗和小雨不用担心。"
CUSTOMERS = """
from datetime import UTC, datetime
from shopsite.models import Order, Shopper
for n in range({most}):
    made = Shopper.objects.create_user(f"c{{n}}", password="shop")
    placed = datetime(2024, 12, 1, 2, tzinfo=UTC)
    Order.objects.create(number=f"ORD202412010{{n:02}}", shopper=made, placed=placed, total=399, address="上海市世纪大道 1 号")
"""
MOST = 30
"""How many customers a shop has; each test takes a new one."""
STAFF = """
from shopassist.contrib.django.assistant import get_assistant
desk = get_assistant().desk
[waiting] = [h for h in desk.waiting() + desk.claimed("mei") if h.conversation == {conversation!r}]
"""


class Site:
    """A shop with its own database; ``with`` runs its server."""

    def __init__(self, kind, folder, values):
        self.kind, self.port = kind, free_port()
        defaults = {"SITE_ANSWER": ANSWER, "SITE_DELAY": 0.02, "SITE_SHOP": "shopsite.shop.ShopWithProducts"}
        self.values = {"SITE_FOLDER": folder, **defaults, **values}
        self.address = f"http://127.0.0.1:{self.port}"
        manage("migrate", "--verbosity", "0", **self.values)
        self._customers = iter(range(MOST))
        self.run(CUSTOMERS.format(most=MOST))

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

    def customer(self):
        """A customer who has not been here yet: their name, and their order's number."""
        n = next(self._customers)
        return f"c{n}", f"ORD202412010{n:02}"

    def run(self, code):
        """Run Python within the project; what it prints."""
        return manage("shell", "-c", code, **self.values)

    def staff(self, conversation, code):
        """What a person at the desk does: `desk` and the hand-off `waiting` are there; `mei` has claimed it or will."""
        return self.run(STAFF.format(conversation=conversation) + code)
