"""`manage.py load_sample`: fill the empty shop."""

from django.core.management.base import BaseCommand
from oscar.core.loading import get_model

from yunji.sample import load


class Command(BaseCommand):
    help = "Load the sample shop's products, customers and orders into an empty shop."

    def handle(self, *args, **options):
        if get_model("catalogue", "Product").objects.exists():
            self.stdout.write("The shop has products; nothing is loaded.")
            return
        load()
        self.stdout.write("Loaded.")
