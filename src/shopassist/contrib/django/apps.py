"""The app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShopAssistConfig(AppConfig):
    """Conversations with the assistant, in the shop's own database."""

    name = "shopassist.contrib.django"
    label = "shopassist"
    verbose_name = _("Shop assistant")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks and the receivers; nothing else happens at start-up."""
        from shopassist.contrib.django import checks, signals

        checks.register_all()
        signals.connect()
