"""What goes wrong, as RFC 9457 wants it told: a status, a code for programs, and sentences that a page can show."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shopassist import errors

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
SENTENCES: Mapping[str, tuple[int, Any]] = {
    "malformed": (400, _("The request cannot be read.")),
    "login": (403, _("Please log in first.")),
    "not_found": (404, _("There is no such conversation.")),
    "method": (405, _("That cannot be done here.")),
    "busy": (409, _("The answer is still being written.")),
    "too_large": (413, _("The message is too long.")),
    "content_type": (415, _("The request must be JSON.")),
    "invalid": (422, _("Something in the request is not right.")),
    "throttled": (429, _("That was a lot at once. Please wait a moment.")),
    "turn_failed": (500, _("Something went wrong. Please send your message again.")),
    "overloaded": (503, _("Many people are asking at the moment. Please try again shortly.")),
    "pending": (503, _("The answer is not ready yet. Please try again shortly.")),
    "unavailable": (503, _("The assistant cannot be reached at the moment. Please try again shortly.")),
}
"""By code: the status, and what a page can show."""

RETRY = {"busy": 1, "overloaded": 2, "pending": 2, "unavailable": 5}
"""Seconds after which the same request may be sent again, where nothing tells them better."""


@dataclass
class Refusal(Exception):
    """A request that is not answered. `detail` is for developers; it never holds what a customer wrote."""

    code: str
    detail: str = ""
    retry_after: int | None = None
    wrong: Sequence[Mapping[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The status that the answer has."""
        return SENTENCES[self.code][0]

    @property
    def seconds(self) -> int | None:
        """How long to wait before the request is sent again; None where that would not help."""
        return self.retry_after if self.retry_after is not None else RETRY.get(self.code)

    def to_dict(self) -> dict[str, Any]:
        """The problem as plain JSON."""
        status, sentence = SENTENCES[self.code]
        told: dict[str, Any] = {
            "type": f"urn:shopassist:problem:{self.code}",
            "code": self.code,
            "title": gettext(sentence) if isinstance(sentence, str) else str(sentence),
            "status": status,
            "detail": self.detail,
        }
        if self.seconds is not None:
            told["retry_after"] = self.seconds
        if self.wrong:
            told["errors"] = list(self.wrong)
        return told

    def response(self) -> HttpResponse:
        """The answer."""
        response = JsonResponse(
            self.to_dict(), status=self.status, content_type=CONTENT_TYPE, json_dumps_params={"ensure_ascii": False}
        )
        for name, value in self.headers.items():
            response.headers[name] = value
        if self.seconds is not None:
            response.headers["Retry-After"] = str(self.seconds)
        return response


_CODES: Sequence[tuple[type[errors.ShopAssistError], str]] = (
    (errors.NotYourConversation, "not_found"),
    (errors.ConversationErased, "not_found"),
    (errors.MessageTooLong, "invalid"),
    (errors.InputError, "invalid"),
    (errors.Pending, "pending"),
    (errors.StaleTurn, "pending"),
    (errors.TurnFailed, "turn_failed"),
)
_TOLD = {"invalid"}
"""Codes whose error's own text goes out: it names what the client sent. Other texts name files and servers."""


def refusal_of(error: errors.ShopAssistError) -> Refusal:
    """The problem that an error of the engine is; what is the shop's own trouble is logged."""
    code = next((code for kind, code in _CODES if isinstance(error, kind)), "unavailable")
    if code == "unavailable":
        log.error("the assistant cannot answer: %s", error)
    return Refusal(code, str(error) if code in _TOLD else "")


def refusal_named(name: str, message: str) -> Refusal:
    """The same for the event `Failed`, which has the error's class by its name."""
    kind = getattr(errors, name, errors.ShopAssistError)
    make: Callable[[str], errors.ShopAssistError] = kind
    return refusal_of(make(message))
