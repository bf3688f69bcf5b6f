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


class Maker(models.Model):
    name = models.CharField(max_length=50)


class Gadget(models.Model):
    code = models.CharField(max_length=20, primary_key=True)
    name = models.CharField(max_length=50)
    description = models.TextField(blank=True)
    is_public = models.BooleanField(default=True)
    makers = models.ManyToManyField(Maker)

    def __str__(self):
        return self.name


class Feature(models.Model):
    gadget = models.ForeignKey(Gadget, models.CASCADE, related_name="features")
    name = models.CharField(max_length=50)
    value = models.CharField(max_length=50)


class Regular(Shopper):
    """The same user by another name."""

    class Meta:
        proxy = True
