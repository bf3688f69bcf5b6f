"""Who asks: the session's user, or a visitor whose signed cookie opens their conversations. Never a request's text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse

from shopassist.contrib.django.conf import load, options
from shopassist.messages import Customer

COOKIE = "shopassist_visitor"
"""The name of the visitor's cookie, and the salt of its signature."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A customer who is logged in, or else a visitor, with the key in their cookie where they have one."""

    customer: Customer | None
    visitor: str | None

    @property
    def key(self) -> str | None:
        """What messages are counted by; None where only the address can tell."""
        if self.customer is not None:
            return f"customer:{self.customer.id}"
        return f"visitor:{self.visitor}" if self.visitor else None


def user_key(user: Any) -> str | None:
    """The user's primary key, as the shop's protocols get it."""
    return str(user.pk) if user.pk is not None else None


def customer_of(user: Any) -> Customer | None:
    """A user as a `Customer`; None for a visitor, and for somebody who was deactivated."""
    if user is None or not user.is_authenticated or not user.is_active:
        return None
    key = customer_key(user)
    return Customer(key) if key is not None else None


def customer_key(user: Any) -> str | None:
    """A user's id as a customer by `CUSTOMER_ID`, None for one who is none; as a text, also where it gives a number."""
    key = load(options().customer_id)(user)
    return str(key) if key is not None else None


def caller_of(request: HttpRequest) -> Caller:
    """Who sent a request."""
    return Caller(customer_of(getattr(request, "user", None)), _visitor_of(request))


def remember(response: HttpResponse, visitor: str) -> None:
    """Give a visitor the cookie that opens their conversations."""
    response.set_signed_cookie(
        COOKIE,
        visitor,
        salt=COOKIE,
        max_age=options().visitor_days * 86400,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        path=settings.SESSION_COOKIE_PATH,
        domain=settings.SESSION_COOKIE_DOMAIN,
    )


def forget(response: HttpResponse) -> None:
    """Take the cookie back: what it opened is the customer's now."""
    response.delete_cookie(COOKIE, path=settings.SESSION_COOKIE_PATH, domain=settings.SESSION_COOKIE_DOMAIN)


def new_visitor() -> str:
    """A key that nobody can guess."""
    return uuid4().hex


def _visitor_of(request: HttpRequest) -> str | None:
    try:
        found = request.get_signed_cookie(COOKIE, salt=COOKIE, max_age=options().visitor_days * 86400)
    except (KeyError, BadSignature):  # none, forged, or too old
        return None
    return found or None
