"""Keys are texts, states are numbers, prices are net beside a rate, and nobody counts the tins."""

from decimal import Decimal

from django.contrib.auth.models import User
from django.db import models


class Client(models.Model):
    code = models.CharField(max_length=20, primary_key=True)
    user = models.OneToOneField(User, null=True, on_delete=models.SET_NULL)


class Article(models.Model):
    code = models.SlugField(primary_key=True)
    label = models.CharField(max_length=80)
    net = models.DecimalField(max_digits=8, decimal_places=2)
    rate = models.DecimalField(max_digits=4, decimal_places=1, default=Decimal("13"))
    hidden = models.BooleanField(default=False)


class Purchase(models.Model):
    AWAITING, TEA_ROOM, TASTING, ON_THE_ROAD, HANDED_OVER, VOID = 10, 20, 25, 30, 40, 90

    ref = models.CharField(max_length=20, primary_key=True)
    client = models.ForeignKey(Client, null=True, on_delete=models.SET_NULL)
    state = models.PositiveSmallIntegerField(default=AWAITING)
    bought = models.DateTimeField()
    handed_over = models.DateField(null=True)
    goes_to = models.TextField()
    carriage_net = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    revision = models.PositiveIntegerField(default=1)


class Position(models.Model):
    purchase = models.ForeignKey(Purchase, related_name="positions", on_delete=models.CASCADE)
    article = models.ForeignKey(Article, on_delete=models.PROTECT)
    pieces = models.PositiveIntegerField()
    net_each = models.DecimalField(max_digits=8, decimal_places=2)


class Scan(models.Model):
    purchase = models.ForeignKey(Purchase, related_name="scans", on_delete=models.CASCADE)
    at = models.DateTimeField()
    what = models.CharField(max_length=80)


class SentBack(models.Model):
    AGREED, TAKEN_BACK = 1, 2

    purchase = models.ForeignKey(Purchase, related_name="sent_back", on_delete=models.CASCADE)
    day = models.DateField()
    stage = models.PositiveSmallIntegerField(default=AGREED)
    worth = models.DecimalField(max_digits=8, decimal_places=2)


class Slip(models.Model):
    """Something for the owner to do."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    purchase = models.ForeignKey(Purchase, null=True, on_delete=models.CASCADE)
    text = models.TextField()
