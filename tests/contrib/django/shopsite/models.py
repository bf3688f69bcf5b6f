"""A shop's own models: users of its own, and orders that look like nobody else's."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class Shopper(AbstractUser):
    level = models.CharField(max_length=10, blank=True)


class Order(models.Model):
    number = models.CharField(max_length=20, unique=True)
    shopper = models.ForeignKey(Shopper, models.CASCADE, null=True)
    status = models.CharField(max_length=20, default="paid")
    address = models.CharField(max_length=100, blank=True)
    placed = models.DateTimeField()
    total = models.DecimalField(max_digits=9, decimal_places=2)
    version = models.IntegerField(default=1)
