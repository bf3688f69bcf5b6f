"""The app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class ShopAssistConfig(AppConfig):
    """Conversations with the assistant, in the shop's own database."""

    name = "shopassist.contrib.django"
    label = "shopassist"
    verbose_name = _("Shop assistant")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks, the receivers and the shop's `assistant_pages`; nothing is contacted at start-up."""
        from shopassist.contrib.django import checks, marks, signals

        checks.register_all()
        signals.connect()
        autodiscover_modules("assistant_pages")
        marks.connect()
