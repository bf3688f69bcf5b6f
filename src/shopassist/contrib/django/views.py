"""The views: a conversation's messages, in JSON or as a stream of events.

They are synchronous and run in a thread each, under WSGI and ASGI; only a stream is asynchronous. Who asks is told by
the session or by the visitor's cookie alone, and what is not theirs is as if it were not there.
"""

from __future__ import annotations

import logging
import uuid
from typing import Any

from django.db import Error, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import ensure_csrf_cookie

from shopassist.contrib.django import bodies, cards, models, openapi, streams, turns, wire
from shopassist.contrib.django.assistant import get_assistant
from shopassist.contrib.django.conf import options
from shopassist.contrib.django.connection import moment, reading, writing
from shopassist.contrib.django.handoffs import locked
from shopassist.contrib.django.identity import Caller, caller_of, forget, new_visitor, remember
from shopassist.contrib.django.privacy import claim_visits
from shopassist.contrib.django.problems import Refusal, refusal_of
from shopassist.contrib.django.store import DjangoStore
from shopassist.contrib.django.throttle import admit
from shopassist.errors import ShopAssistError
from shopassist.messages import Message, items_from_json
from shopassist.vault import conceal

log = logging.getLogger(__name__)

PAGE, PAGE_MOST = 50, 200
"""How many messages are given at once: if nothing is asked, and at the most."""

COUNTED = ("POST", "DELETE")
"""Requests that are counted, each view's by itself."""


class Door(View):
    """What all views have in common: who asks, and problems told as such."""

    caller: Caller
    scope: str | None = None
    """Under which name requests that change something are counted; None: they are not."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer a request; whatever goes wrong on purpose is a problem."""
        claimed = False
        try:
            self.caller = caller_of(request)
            claimed = self._claimed()
            if self.caller.customer is None and not options().visitors:
                raise Refusal("login")
            if self.scope is not None and request.method in COUNTED:
                admit(request, self.caller, self.scope)
            response = super().dispatch(request, *args, **kwargs)
        except Refusal as refusal:
            response = refusal.response()
        except ShopAssistError as error:
            response = refusal_of(error).response()
        except Error as error:  # in the session's or the user's tables; its text may quote a row
            log.error("the database failed while a request was read: %s", type(error).__name__)
            response = Refusal("unavailable").response()
        if claimed:
            forget(response)
        response.headers.setdefault("Cache-Control", "no-store")
        patch_vary_headers(response, ("Cookie",))
        return response

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer 405 with what is allowed."""
        allowed = ", ".join(self._allowed_methods())
        return Refusal("method", f"{allowed} are allowed", headers={"Allow": allowed}).response()

    def mine(self, conversation: str, *, told: bool = False) -> Any:
        """The caller's own conversation, with what `wire.conversation` tells of it where that is asked for.

        Raises `Refusal` as for one that is not there.
        """
        with reading() as db:
            rows = models.Conversation.objects.using(db).filter(pk=conversation, erased=None).defer("state")
            row = (wire.with_last(rows) if told else rows).first()
        if row is None or not self._is_mine(row):
            raise Refusal("not_found")
        return row

    def _is_mine(self, row: models.Conversation) -> bool:
        if self.caller.customer is not None:
            return row.owner == self.caller.customer.id
        return row.owner is None and bool(self.caller.visitor) and row.visitor == self.caller.visitor

    def _claimed(self) -> bool:
        """Whether a customer still had a visitor's cookie: what it opened is theirs now."""
        customer, visitor = self.caller.customer, self.caller.visitor
        if customer is None or visitor is None:
            return False
        claim_visits(visitor, customer.id)
        return True


@method_decorator(ensure_csrf_cookie, name="dispatch")
class Conversations(Door):
    """The caller's conversations. A page begins here: the answer brings the CSRF cookie."""

    scope = "conversations"

    def get(self, request: HttpRequest) -> HttpResponse:
        """List them, the latest first."""
        customer, visitor = self.caller.customer, self.caller.visitor
        with reading() as db:
            rows = models.Conversation.objects.using(db).filter(erased=None)
            if customer is not None:
                rows = rows.filter(owner=customer.id)
            else:
                rows = rows.filter(owner=None, visitor=visitor) if visitor else rows.none()
            found = list(wire.with_last(rows).order_by("-touched")[: wire.LISTED])
        return JsonResponse({"conversations": [wire.conversation(row) for row in found]})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Begin one."""
        customer, now = self.caller.customer, moment(timezone.now().timestamp())
        visitor = (self.caller.visitor or new_visitor()) if customer is None else ""
        made = models.Conversation(id=uuid.uuid4().hex, visitor=visitor, created=now, touched=now)
        made.owner = customer.id if customer is not None else None
        with writing() as db:
            made.save(using=db, force_insert=True)
        with reading() as db:
            row = wire.with_last(models.Conversation.objects.using(db).filter(pk=made.pk)).get()
        response = JsonResponse(wire.conversation(row), status=201)
        if visitor:
            remember(response, visitor)
        return response


class Conversation(Door):
    """One conversation."""

    scope = "erase"

    def get(self, request: HttpRequest, conversation: str) -> HttpResponse:
        """Its state: who has it, whether an answer is being written."""
        return JsonResponse(wire.conversation(self.mine(conversation, told=True)))

    def delete(self, request: HttpRequest, conversation: str) -> HttpResponse:
        """Erase it."""
        DjangoStore().erase(self.mine(conversation).pk)
        return HttpResponse(status=204)


class Messages(Door):
    """A conversation's messages."""

    scope = "messages"

    def get(self, request: HttpRequest, conversation: str) -> HttpResponse:
        """The messages after a number: the answer to a stream that was lost, or what a person wrote."""
        after = bodies.number(request, "after", 0, 2_000_000_000)
        limit = bodies.number(request, "limit", PAGE, PAGE_MOST)
        return JsonResponse(wire.messages(self.mine(conversation, told=True), after, limit))

    def post(self, request: HttpRequest, conversation: str) -> HttpResponseBase:
        """Answer a message: in JSON, or in events where they are asked for and the server is an ASGI one."""
        row, body = self.mine(conversation), bodies.read(request, bodies.MessageIn)
        if not body.text.strip() and not body.items:
            raise Refusal("invalid", wrong=[{"field": "text", "message": "a message has a text or a card"}])
        items = items_from_json([card.model_dump() for card in body.items])
        message = Message(body.text, body.id or uuid.uuid4().hex, items)
        assistant = get_assistant()
        if len(message.text) > (most := assistant.settings.max_message_chars):
            raise Refusal("invalid", wrong=[{"field": "text", "message": f"{most} characters are the most"}])
        ask = turns.Ask(assistant, row.pk, self.caller.customer, message)
        if streams.wanted(request):
            turns.places().check()
            return streams.response(ask)
        with turns.places().one():
            return JsonResponse(turns.answer(ask))


class Resume(Door):
    """The customer is back, and has said nothing yet."""

    scope = "resume"

    def post(self, request: HttpRequest, conversation: str) -> HttpResponse:
        """What has changed meanwhile, as a reply; 204 where there is nothing to tell."""
        row = self.mine(conversation)
        with turns.places().one():
            reply = get_assistant().resume(row.pk, customer=self.caller.customer)
        if reply is None:
            return HttpResponse(status=204)
        return JsonResponse(wire.reply(reply, wire.seq_of(row.pk, reply.turn)))


class Stop(Door):
    """The customer does not want to read on."""

    scope = "stop"

    def post(self, request: HttpRequest, conversation: str) -> HttpResponse:
        """End the answer where it stands, once the page has left its stream; 204 where nothing is being answered."""
        row = self.mine(conversation)
        found = turns.stop(DjangoStore(), row.pk, get_assistant().settings.language)
        return HttpResponse(status=204) if found is None else JsonResponse(found)


class Feedback(Door):
    """What the customer thinks of an answer."""

    scope = "feedback"

    def post(self, request: HttpRequest, conversation: str) -> HttpResponse:
        """Keep it; a second judgement of the same answer takes the first one's place."""
        row, body = self.mine(conversation), bodies.read(request, bodies.FeedbackIn)
        with writing() as db:
            kept = locked(db, row.pk)  # or what is erased at this moment would leave it behind
            if kept is None or kept.erased is not None:
                raise Refusal("not_found")
            if not models.Turn.objects.using(db).filter(conversation=row.pk, number=body.turn).exists():
                raise Refusal("invalid", wrong=[{"field": "turn", "message": "there is no such answer"}])
            comment, _ = conceal(kept.vault, body.comment)
            models.Feedback.objects.using(db).update_or_create(
                conversation_id=row.pk,
                turn=body.turn,
                defaults={
                    "rating": body.rating,
                    "reason": body.reason,
                    "comment": str(comment),
                    "created": moment(timezone.now().timestamp()),
                },
            )
        return HttpResponse(status=204)


class Cards(Door):
    """Orders and products as cards show them."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The cards of ``?order=…&product=…`` that there are for the caller."""
        orders, products = (bodies.references(request, name) for name in ("order", "product"))
        found = cards.cards(self.caller.customer, orders, products)
        return JsonResponse(bodies.Cards(cards=list(found)).model_dump(mode="json"))


def description(request: HttpRequest) -> HttpResponse:
    """The OpenAPI description of these views."""
    prefix = request.path.removesuffix("openapi.json")
    return JsonResponse(openapi.description(prefix), json_dumps_params={"ensure_ascii": False})


def exempt(view: type[View]) -> Any:
    """A view that `ATOMIC_REQUESTS` leaves alone: a transaction would be open while the model writes."""
    return transaction.non_atomic_requests(view.as_view())
