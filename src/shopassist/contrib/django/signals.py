"""What the app does when something happens elsewhere: settings change, somebody logs in, a user is deleted."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in
from django.core.signals import setting_changed
from django.db.models.signals import pre_delete

from shopassist.contrib.django import conf

log = logging.getLogger(__name__)


def connect() -> None:
    """Connect the receivers; `AppConfig.ready` calls it."""
    setting_changed.connect(_settings_changed, dispatch_uid="shopassist.settings")
    user_logged_in.connect(_logged_in, dispatch_uid="shopassist.login")
    pre_delete.connect(_user_deleted, sender=get_user_model(), dispatch_uid="shopassist.user")


def _settings_changed(*, setting: str, **_: Any) -> None:
    if setting == conf.NAME:
        conf.reset()


def _logged_in(*, request: Any, user: Any, **_: Any) -> None:
    """What a visitor talked about becomes theirs. A login never fails because of that."""
    from shopassist.contrib.django.identity import caller_of, customer_of
    from shopassist.contrib.django.privacy import claim_visits
    from shopassist.errors import ShopAssistError

    if request is None:
        return
    visitor, customer = caller_of(request).visitor, customer_of(user)
    if visitor is None or customer is None:
        return
    try:
        claim_visits(visitor, customer.id)
    except ShopAssistError as error:
        log.warning("a visitor's conversations were not claimed at login: %s", type(error).__name__)


def _user_deleted(*, instance: Any, **_: Any) -> None:
    """Erase what is stored of a user, within the transaction that deletes them."""
    from shopassist.contrib.django.conf import load, options
    from shopassist.contrib.django.privacy import forget_customer

    key = load(options().customer_id)(instance)
    if key is not None:
        forget_customer(key)
