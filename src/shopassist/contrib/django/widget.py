"""What the widget is given by the page: where the views are, its texts, what the page shows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.middleware.csrf import get_token
from django.shortcuts import resolve_url
from django.templatetags.static import static
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, get_language_bidi, pgettext

from shopassist.contrib.django.assistant import engine_settings
from shopassist.contrib.django.widget_texts import CONTEXT, SUGGESTIONS, TEXTS
from shopassist.messages import ITEMS

THEMES = ("", "light", "dark")


@dataclass(frozen=True, slots=True)
class Texts:
    """The page's own words; an empty one is the app's."""

    title: str = ""
    subtitle: str = ""
    greeting: str = ""
    suggestions: Sequence[str] | None = None
    note: str = ""


def context(
    page: Mapping[str, Any], own: Texts, *, items: Sequence[Mapping[str, str]], theme: str, login: str | None
) -> dict[str, Any]:
    """What the template is filled with. Raises `ImproperlyConfigured`."""
    if theme not in THEMES:
        raise ImproperlyConfigured(f"the widget's theme is light, dark or left out, not {theme!r}")
    request, engine = page.get("request"), engine_settings()
    language = get_language() or settings.LANGUAGE_CODE
    suggestions = [pgettext(CONTEXT, text) for text in SUGGESTIONS] if own.suggestions is None else own.suggestions
    config = {
        "lang": language,
        "dir": "rtl" if get_language_bidi() else "ltr",
        "texts": {text: said for text in TEXTS if (said := pgettext(CONTEXT, text)) != text},
        "title": own.title or (engine.shop_name if language.startswith("zh") else engine.shop_name_en),
        "subtitle": own.subtitle,
        "greeting": own.greeting,
        "suggestions": list(suggestions),
        "note": own.note,
        "items": list(items)[:ITEMS],
        "limit": engine.max_message_chars,
        "login": _login(request, login),
        "stylesheet": static("shopassist/widget/widget.css"),
        "csrf": _csrf(request),
    }
    return {"base": base(), "config": json.dumps(config, ensure_ascii=False), "theme": theme, "nonce": _nonce(page)}


def base() -> str:
    """The address below which the views are. Raises `ImproperlyConfigured`."""
    try:
        return reverse("shopassist:conversations").removesuffix("conversations/")
    except NoReverseMatch:
        raise ImproperlyConfigured(
            "the widget finds no views; add path('assistant/', include('shopassist.contrib.django.urls')) to the URLs"
        ) from None


def cards(kind: str, named: Any) -> Iterable[dict[str, str]]:
    """What the page shows as cards: one id, or several of them."""
    if named is None or named == "":
        return
    for one in named if isinstance(named, list | tuple | set) else (named,):
        yield {kind: str(one)}


def listed(texts: Any) -> list[str] | None:
    """Texts from a list, or from one text with bars between them."""
    if texts is None:
        return None
    found = texts.split("|") if isinstance(texts, str) else texts
    return [text for text in (str(one).strip() for one in found) if text]


def _csrf(request: Any) -> dict[str, str]:
    """Where the token is: in a cookie that the browser may read, else it is told in the page."""
    header = settings.CSRF_HEADER_NAME.removeprefix("HTTP_").replace("_", "-")
    if not (settings.CSRF_USE_SESSIONS or settings.CSRF_COOKIE_HTTPONLY):
        return {"cookie": settings.CSRF_COOKIE_NAME, "header": header}
    if request is None:
        raise ImproperlyConfigured(
            "the widget needs the request, since the CSRF token is in no cookie that it can read; "
            "add django.template.context_processors.request"
        )
    return {"cookie": "", "header": header, "token": get_token(request)}


def _login(request: Any, given: str | None) -> str:
    """Where one logs in, and comes back to this page; empty where there is no such page."""
    if given is None:
        try:
            given = resolve_url(settings.LOGIN_URL)
            resolve(given)
        except (NoReverseMatch, Resolver404):
            return ""
    if not given or request is None:
        return given
    return f"{given}{'&' if '?' in given else '?'}{urlencode({'next': request.get_full_path()})}"


def _nonce(page: Mapping[str, Any]) -> str:
    """The nonce of django-csp, or of Django 6's own policy; both make one when it is asked for."""
    request = page.get("request")
    found = page.get("csp_nonce")
    if found is None:
        found = getattr(request, "csp_nonce", None)
    if found is None and request is not None:
        found = getattr(request, "_csp_nonce", None)  # Django 6 without its context processor
    return "" if found is None else str(found)
