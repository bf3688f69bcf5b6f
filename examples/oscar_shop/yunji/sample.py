"""The library's sample shop as rows of Oscar's models."""

from datetime import datetime, time
from decimal import Decimal

from django.contrib.auth.models import Permission, User
from django.contrib.sites.models import Site
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from oscar.core.loading import get_model

from shopassist.testing.seed import rows_of, sample, sample_terms
from yunji.pictures import picture

Order, Address = get_model("order", "Order"), get_model("order", "ShippingAddress")
Product, Attribute = get_model("catalogue", "Product"), get_model("catalogue", "ProductAttribute")
STATUSES = {
    "unpaid": "Awaiting payment",
    "paid": "Pending",
    "shipped": "Being processed",
    "delivered": "Complete",
    "cancelled": "Cancelled",
}


@transaction.atomic
def load(password="shop"):
    """Fill an empty shop; the customer u-1001 is the user 1001, who logs in as u-1001@example.com.

    Two of its staff: mei works at the desk, boss may everything.
    """
    rows = rows_of(sample(), sample_terms().timezone)
    Site.objects.update_or_create(pk=1, defaults={"domain": "127.0.0.1:8000", "name": "云集数码"})
    get_model("address", "Country").objects.get_or_create(
        iso_3166_1_a2="CN", defaults={"printable_name": "中国", "name": "中国", "is_shipping_country": True}
    )
    products = _products(rows)
    users = {row["id"]: _user(row, password) for row in rows["customers"]}
    _staff(password)
    types = {
        name: get_model("order", "ShippingEventType").objects.create(name=name) for name in ("Shipped", "Delivered")
    }
    for row in rows["orders"]:
        _order(row, rows, products, users[row["customer"]], types)


def _user(row, password):
    user = User(pk=int(row["id"].removeprefix("u-")), username=row["id"], email=f"{row['id']}@example.com")
    user.first_name = row["name"]
    user.set_password(password)
    user.save()
    return user


def _staff(password):
    mei = User(username="mei", email="mei@example.com", first_name="小梅", is_staff=True)
    boss = User(username="boss", email="boss@example.com", first_name="店长", is_staff=True, is_superuser=True)
    for person in (mei, boss):
        person.set_password(password)
        person.save()
    rights = ("work_at_desk", "view_conversation", "view_statistics", "view_knowledgereport")
    mei.user_permissions.set(Permission.objects.filter(content_type__app_label="shopassist", codename__in=rights))


def _products(rows):
    kind = get_model("catalogue", "ProductClass").objects.create(name="数码", track_stock=True)
    english = Attribute.objects.create(product_class=kind, name="English title", code="title_en", type="text")
    partner = get_model("partner", "Partner").objects.create(name="云集数码")
    made = {}
    for row in rows["products"]:
        variants = [v for v in rows["variants"] if v["product"] == row["id"]]
        structure = Product.PARENT if variants else Product.STANDALONE
        whole = Product.objects.create(
            structure=structure, product_class=kind, title=row["name"], upc=row["id"], description=row["search"]
        )
        whole.attribute_values.create(attribute=english, value_text=row["name_en"])
        whole.images.create(original=ContentFile(picture(row["id"]), f"{row['id']}.png"))
        made[row["id"], None] = whole
        for n, variant in enumerate(variants, start=1):
            child = Product.objects.create(
                structure=Product.CHILD, parent=whole, title=variant["name"], upc=f"{row['id']}-{n}"
            )
            _stock(child, partner, row["price"], variant["stock"])
            made[row["id"], variant["name"]] = child
        if not variants:
            _stock(whole, partner, row["price"], 0)
    return made


def _stock(product, partner, price, stock):
    product.stockrecords.create(
        partner=partner, partner_sku=product.upc, price_currency="CNY", price=price, num_in_stock=stock
    )


def _order(row, rows, products, user, types):
    address = Address.objects.create(
        last_name=row["recipient"] or user.first_name,
        line1=row["address"] or "",
        country_id="CN",
        phone_number=f"+86{row['phone']}" if row["phone"] else "",
    )
    order = Order.objects.create(
        number=row["id"],
        user=user,
        site_id=1,
        currency="CNY",
        total_incl_tax=row["total"],
        total_excl_tax=row["total"],
        shipping_address=address,
        shipping_method="快递",
        status=STATUSES[row["status"]],
        date_placed=row["placed"],
    )
    lines = [_line(order, line, products) for line in rows["order_lines"] if line["order_id"] == row["id"]]
    for name, day, note in (("Shipped", row["shipped"], row["tracking"]), ("Delivered", row["delivered"], None)):
        if day is not None:
            event = order.shipping_events.create(event_type=types[name], notes=note or "")
            at = timezone.make_aware(datetime.combine(day, time(12)))
            type(event).objects.filter(pk=event.pk).update(date_created=at)
            for line in lines:
                event.line_quantities.create(line=line, quantity=line.quantity)


def _line(order, row, products):
    whole = products[row["product"], None]
    product = products.get((row["product"], row["variant"])) if row["variant"] else whole.children.first() or whole
    stock = product.stockrecords.first()
    price = Decimal(row["price"]) * row["quantity"]
    held = row["quantity"] if order.status in ("Awaiting payment", "Pending") else 0
    line = order.lines.create(
        product=product,
        stockrecord=stock,
        partner=stock.partner if stock else None,
        partner_sku=product.upc,
        title=product.parent.title if product.parent_id else product.title,
        upc=product.upc,
        quantity=row["quantity"],
        status="Cancelled" if order.status == "Cancelled" else "Pending",
        num_allocated=held,
        line_price_incl_tax=price,
        line_price_excl_tax=price,
        line_price_before_discounts_incl_tax=price,
        line_price_before_discounts_excl_tax=price,
        unit_price_incl_tax=row["price"],
        unit_price_excl_tax=row["price"],
    )
    if held and stock:
        type(stock).objects.filter(pk=stock.pk).update(
            num_allocated=(stock.num_allocated or 0) + held, num_in_stock=(stock.num_in_stock or 0) + held
        )
    return line
