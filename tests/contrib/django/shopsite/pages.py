"""A shop's page with the widget, under the strictest policy that a browser knows."""

import secrets

from django.contrib.auth import login
from django.shortcuts import redirect, render
from django.utils import translation

from shopsite.models import Shopper

POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'"
)


def shop(request, product=None):
    """``?lang=`` chooses the language, ``?theme=`` the theme."""
    request.csp_nonce = secrets.token_urlsafe(16)
    with translation.override(request.GET.get("lang", "zh-hans")):
        shown = {"product": product, "theme": request.GET.get("theme", ""), "rtl": translation.get_language_bidi()}
        response = render(request, "shopsite/page.html", shown)
    response.headers["Content-Security-Policy"] = POLICY.format(nonce=request.csp_nonce)
    return response


def login_as(request, name):
    login(request, Shopper.objects.get(username=name))
    return redirect("shop")
