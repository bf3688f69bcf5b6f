import pytest
from tiny_shop import consent

from shopassist.tools import MemoryLedger, Toolbox, builtin

READS = {
    "get_order",
    "list_orders",
    "track_delivery",
    "get_product",
    "search_products",
    "refund_status",
    "list_coupons",
}
WRITES = {
    "cancel_order": {"order_id": "A1"},
    "change_address": {"order_id": "A1", "address": "南京西路1号"},
    "change_contact": {"order_id": "A1", "phone": "13800138000"},
    "urge_delivery": {"order_id": "A1"},
    "request_return": {"order_id": "A1", "product": "P-1001"},
    "cancel_return": {"order_id": "A1"},
    "request_exchange": {"order_id": "A1", "reason": "左耳没声音"},
    "request_invoice": {"order_id": "A1", "title": "云集公司", "tax_no": "91310000"},
    "request_price_protection": {"order_id": "A1"},
    "open_ticket": {"subject": "保修", "text": "耳机进水", "order_id": "A1"},
}


@pytest.fixture
def box(shop):
    return Toolbox(builtin(shop, shop, shop), shop, MemoryLedger())


def test_the_tools_are_those_of_the_sample_shop(box):
    assert {n for n in box.names if box.get(n).effect == "read"} == READS
    assert {n for n in box.names if box.get(n).effect == "write"} == set(WRITES)
    assert all(box.get(n).description and box.get(n).checker for n in WRITES)


@pytest.mark.parametrize("name", WRITES)
def test_every_write_is_checked_and_done_once(name, box, shop, context):
    args = WRITES[name]
    quote = box.check(name, args, context)
    rest = {n: v for n, v in args.items() if n != "order_id"}
    assert quote.allowed
    assert shop.asked == [(name, "u-1", "A1", rest)]
    fitting = consent(name, args, quote)
    outcome = box.write(name, args, fitting, context)
    assert (outcome.status, outcome.rule, outcome.repeated) == ("done", "cancel", False)
    assert outcome.id == f"{shop.done[0][0]}-1"
    assert {"u-1", *args.values()} <= set(shop.done[0])
    assert box.write(name, args, fitting, context).repeated
    assert len(shop.done) == 1


@pytest.mark.parametrize(
    ("protocols", "names"),
    [
        (
            {"orders"},
            {
                "get_order",
                "list_orders",
                "track_delivery",
                "cancel_order",
                "change_address",
                "change_contact",
                "urge_delivery",
            },
        ),
        ({"catalogue"}, {"get_product", "search_products", "list_coupons"}),
        ({"after_sales"}, {"open_ticket"}),
        (set(), set()),
    ],
    ids=lambda names: " ".join(sorted(names)) or "none",
)
def test_an_absent_protocol_removes_its_tools(protocols, names, shop):
    assert {t.name for t in builtin(**dict.fromkeys(protocols, shop))} == names


def test_without_orders_a_ticket_names_no_order(shop, context):
    box = Toolbox(builtin(after_sales=shop), ledger=MemoryLedger())
    assert box.check("open_ticket", {"subject": "s", "text": "t"}, context).allowed
    assert box.check("open_ticket", WRITES["open_ticket"], context).reason == "order"


@pytest.mark.parametrize(
    ("args", "found"),
    [
        ({}, ["A2", "A1"]),
        ({"status": "shipped"}, ["A2"]),
        ({"product": "P-1001"}, ["A1"]),
        ({"product": "降噪耳机PRO"}, ["A1"]),
        ({"period": "2024-12-01"}, ["A1"]),
        ({"period": "2024-12-02.."}, ["A2"]),
        ({"period": "..2024-12-02"}, ["A1"]),
        ({"period": "2024-12-01..2024-12-03"}, ["A2", "A1"]),
        ({"product": "P-1001", "status": "shipped"}, []),
    ],
    ids=str,
)
def test_orders_are_listed_by_product_status_and_period(args, found, box, context):
    outcome = box.read("list_orders", args, context)
    assert [o["id"] for o in outcome.facts["orders"]] == found
    assert outcome.facts["count"] == len(found)


@pytest.mark.parametrize(
    "args", [{"status": "lost"}, {"period": "last week"}, {"period": "2024-13-01"}, {"period": ".."}], ids=str
)
def test_a_filter_that_cannot_be_read_is_named(args, box, context):
    outcome = box.read("list_orders", args, context)
    assert (outcome.status, outcome.facts) == ("failed", {"wrong": list(args)})


def test_facts_are_the_views_fields(box, context):
    order = box.read("get_order", {"order_id": "A1"}, context).facts
    assert (order["id"], order["total"], order["lines"][0]["quantity"]) == ("A1", "399.00", 1)
    tracking = box.read("track_delivery", {"order_id": "A2"}, context).facts
    assert (tracking["sent"], tracking["number"], tracking["eta"]) == (True, "SF1", "2024-12-06")
    assert tracking["events"] == [["2024-12-05T10:00:00+08:00", "到达上海"]]
    assert box.read("track_delivery", {"order_id": "A1"}, context).facts == {
        "order": "A1",
        "status": "unpaid",
        "sent": False,
    }
    product = box.read("get_product", {"product": "P-1001"}, context).facts
    assert (product["price"], product["stock"], product["variants"][1]["restock"]) == ("599", 32, "2024-12-10")
    assert box.read("refund_status", {"order_id": "A2"}, context).facts["return"]["amount"] == "159.00"
    assert box.read("refund_status", {"order_id": "A1"}, context).facts == {"order": "A1", "return": None}
    assert box.read("list_coupons", {}, context).facts["coupons"][0]["off"] == "50"


def test_an_unknown_product_is_not_found(box, context):
    outcome = box.read("get_product", {"product": "P-0"}, context)
    assert (outcome.status, outcome.reason) == ("not_found", "product")


def test_products_are_searched_by_words_and_price(box, shop, context):
    assert box.read("search_products", {"words": "耳机", "price_range": "100..600.50"}, context).facts["count"] == 1
    assert [str(v) for v in shop.asked[0]] == ["耳机", "100", "600.50"]
    box.read("search_products", {"price_range": "..300"}, context)
    assert shop.asked[1][1] is None
    assert box.read("search_products", {"price_range": "cheap"}, context).facts == {"wrong": ["price_range"]}


def test_a_contact_without_anything_new_is_not_written(box, shop, context):
    args = {"order_id": "A1"}
    fitting = consent("change_contact", args, box.check("change_contact", args, context))
    assert box.write("change_contact", args, fitting, context).reason == "arguments"
    assert shop.done == []
