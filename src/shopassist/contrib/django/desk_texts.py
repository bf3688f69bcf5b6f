"""What the desk's page says by script, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from shopassist.contrib.django.names import language

__all__ = ["WORDS", "language", "words"]

WORDS: Mapping[str, Any] = {
    "title": _("Desk"),
    "waiting": _("Waiting"),
    "mine": _("Mine"),
    "others": _("With colleagues"),
    "nobodyWaits": _("Nobody waits."),
    "more": _("There are more; the oldest are shown."),
    "visitor": _("visitor"),
    "angry": _("displeased"),
    "urgent": _("urgent"),
    "waits": _("waits %(time)s"),
    "with": _("with %(name)s"),
    "seconds": _("%(n)s s"),
    "minutes": _("%(n)s min"),
    "hoursLong": _("%(n)s h"),
    "days": _("%(n)s d"),
    "open": _("Service time, %(hours)s"),
    "closed": _("Outside service time (%(hours)s); answered from %(from)s"),
    "away": _("away"),
    "alone": _("Nobody else is here."),
    "customer": _("Customer"),
    "assistant": _("Assistant"),
    "person": _("Person"),
    "you": _("You"),
    "order": _("Order %(id)s"),
    "product": _("Product %(id)s"),
    "image": _("Picture"),
    "noOrders": _("No orders."),
    "ordersUnavailable": _("The shop's orders cannot be had now."),
    "visitorOrders": _("Not logged in: no orders to show."),
    "total": _("total %(amount)s"),
    "returned": _("return %(what)s"),
    "noSuggestions": _("Nothing near enough was found."),
    "template": _("approved answer"),
    "fromPage": _("page"),
    "takeOver": _("Take over into the reply"),
    "quoted": _("The page says"),
    "looking": _("Looking …"),
    "claimFirst": _("Claim the conversation to read and answer it. The assistant is silent from then on."),
    "takenBy": _("%(name)s has this conversation."),
    "claimed": _("You have the conversation. The assistant is silent."),
    "givenBack": _("The assistant has the conversation again."),
    "released": _("The conversation waits for a colleague."),
    "settled": _("The hand-off is closed."),
    "askGiveBack": _("Give the conversation back to the assistant?"),
    "askClose": _("Close the hand-off without a word to the customer?"),
    "askRelease": _("Let the conversation wait for a colleague?"),
    "notSent": _("Not sent: no connection. Your text is kept."),
    "failed": _("That could not be done. Please try again."),
    "offline": _("No connection; trying again …"),
    "signedOut": _("You are signed out. Reload the page and sign in."),
    "newMessage": _("New message from a customer"),
    "newWaiting": _("A customer waits"),
    "older": _("Earlier messages"),
    "soundOn": _("Sound is on"),
    "soundOff": _("Sound is off"),
    "here": _("I am here"),
    "amAway": _("I am away"),
}
"""By the names that the script knows."""


def words() -> dict[str, str]:
    """All of them in the reader's language."""
    return {name: str(text) for name, text in WORDS.items()}
