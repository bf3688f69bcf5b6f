"""``{% load shopassist %}{% shopassist_widget %}``: the assistant's window on a page."""

from __future__ import annotations

from typing import Any

from django import template

from shopassist.contrib.django import widget

register = template.Library()


@register.inclusion_tag("shopassist/widget.html", takes_context=True)
def shopassist_widget(
    context: template.Context,
    *,
    product: Any = None,
    order: Any = None,
    title: str = "",
    subtitle: str = "",
    greeting: str = "",
    suggestions: Any = None,
    note: str = "",
    theme: str = "",
    login: str | None = None,
) -> dict[str, Any]:
    """The window; it stands at the page's end, once.

    `product` and `order` are the ids of what the page shows, or lists of them, as the shop's protocols know them. Of
    the texts an empty one is the app's own; `suggestions` are questions to begin with, a list or a text with ``|``
    between them. `theme` is light or dark, by default the system's; `login` where one logs in, by default `LOGIN_URL`.
    """
    own = widget.Texts(title, subtitle, greeting, widget.listed(suggestions), note)
    items = [*widget.cards("order", order), *widget.cards("product", product)]
    return widget.context(context, own, items=items, theme=theme, login=login)
