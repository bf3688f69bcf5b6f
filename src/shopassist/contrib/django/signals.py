"""What the app does when something happens elsewhere: settings change, somebody logs in, a user is deleted."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from functools import partial
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in
from django.core.signals import setting_changed
from django.db import connections, transaction
from django.db.models.signals import pre_delete

from shopassist.contrib.django import conf

log = logging.getLogger(__name__)


def connect() -> None:
    """Connect the receivers; `AppConfig.ready` calls it."""
    setting_changed.connect(_settings_changed, dispatch_uid="shopassist.settings")
    user_logged_in.connect(_logged_in, dispatch_uid="shopassist.login")
    user = get_user_model()._meta.concrete_model
    for model in apps.get_models():  # a proxy's signals have the proxy as sender; one for all would slow each deletion
        if model._meta.concrete_model is user:
            pre_delete.connect(_user_deleted, sender=model, dispatch_uid=f"shopassist.user.{model._meta.label_lower}")


def _settings_changed(*, setting: str, **_: Any) -> None:
    if setting == conf.NAME:
        conf.reset()


def _logged_in(*, request: Any, user: Any, **_: Any) -> None:
    """What a visitor talked about becomes theirs. A login never fails because of that."""
    from shopassist.contrib.django.connection import alias
    from shopassist.contrib.django.identity import caller_of, customer_of
    from shopassist.contrib.django.privacy import claim_visits
    from shopassist.errors import ShopAssistError

    if request is None:
        return
    visitor, customer = caller_of(request).visitor, customer_of(user)
    if visitor is None or customer is None:
        return
    try:
        # A savepoint where the login has a transaction: what fails here must not break that.
        with transaction.atomic(using=alias()) if connections[alias()].in_atomic_block else nullcontext():
            claim_visits(visitor, customer.id)
    except ShopAssistError as error:
        log.warning("a visitor's conversations were not claimed at login: %s", type(error).__name__)


def _user_deleted(*, instance: Any, **_: Any) -> None:
    """Erase what is stored of a user, within the transaction that deletes them, and once more after it.

    Until it is committed a request of theirs may still begin a conversation.
    """
    from shopassist.contrib.django.connection import alias
    from shopassist.contrib.django.identity import customer_key
    from shopassist.contrib.django.privacy import forget_customer

    key = customer_key(instance)
    if key is not None:
        forget_customer(key)
        transaction.on_commit(partial(forget_customer, key), using=alias(), robust=True)
