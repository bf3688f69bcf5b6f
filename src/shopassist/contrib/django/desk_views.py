"""The desk: a page on which staff take conversations, read them, answer in them and give them back.

A person must be staff and have the permission `work_at_desk`. Under ASGI the page is told of changes by server-sent
events, else it asks every few seconds. The summary and the messages of a claimed conversation show personal data:
opening one leaves a row in `Look`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from functools import wraps
from typing import Annotated, Any
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import render, resolve_url
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_http_methods
from pydantic import BaseModel, ConfigDict, Field

from shopassist import errors
from shopassist.contrib.django import bodies, desk_help, desk_queue, desk_texts, models
from shopassist.contrib.django.assistant import get_assistant
from shopassist.contrib.django.connection import let_go, reading, seconds
from shopassist.contrib.django.looks import note
from shopassist.contrib.django.problems import CONTENT_TYPE, Refusal, refusal_of
from shopassist.contrib.django.store import DjangoStore
from shopassist.protocols import HandOff
from shopassist.storage.rules import check_has
from shopassist.vault import Vault

PERMISSION = "shopassist.work_at_desk"
PAGE = 100
"""Messages that are given at once."""

LOOK = 1.5
"""Seconds between two looks of an open stream at the database."""

HEARD = 20.0
"""Seconds after which an open stream counts its person as present again."""

LONGEST = 240.0
"""Seconds after which a stream ends, and the page opens another: who has lost the permission is out by then."""

PROBLEMS: dict[type[errors.DeskError], tuple[int, str, Any]] = {
    errors.HandOffTaken: (409, "taken", _("A colleague has this conversation.")),
    errors.HandOffNotClaimed: (409, "not_claimed", _("Claim the conversation first.")),
    errors.HandOffClosed: (409, "closed", _("The conversation is with the assistant again.")),
    errors.HandOffUnknown: (404, "gone", _("This conversation is not there any more.")),
}
"""What cannot be done at the desk: status, code, and what the page shows."""

View = Callable[..., HttpResponseBase]


class SayIn(BaseModel):
    """What a person writes to the customer."""

    model_config = ConfigDict(extra="forbid", strict=True)
    text: Annotated[str, Field(max_length=20_000)]


class PresenceIn(BaseModel):
    """Whether a person is away from the desk."""

    model_config = ConfigDict(extra="forbid", strict=True)
    away: bool


def may_work(user: Any) -> bool:
    """Whether somebody may work at the desk."""
    return bool(user.is_active and user.is_staff and user.has_perm(PERMISSION))


def desk(*methods: str) -> Callable[[View], Any]:
    """A view of the desk: for its staff, outside `ATOMIC_REQUESTS`, with what goes wrong told as a problem."""

    def decorated(view: View) -> Any:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not may_work(request.user):
                return _problem(403, "forbidden", _("You are not signed in for the desk."))
            try:
                response = view(request, *args, **kwargs)
            except errors.DeskError as error:
                return _problem(*PROBLEMS[type(error)])
            except Refusal as refusal:
                response = refusal.response()
            except errors.ShopAssistError as error:
                response = refusal_of(error).response()
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return transaction.non_atomic_requests(require_http_methods(list(methods))(guarded))

    return decorated


@transaction.non_atomic_requests
@ensure_csrf_cookie
def page(request: HttpRequest) -> HttpResponse:
    """The page itself."""
    user = request.user
    if not user.is_authenticated:
        return redirect_to_login(request.get_full_path(), _login())
    if not may_work(user):
        raise PermissionDenied
    context = {"words": desk_texts.words(), "agent": agent_of(request), "name": name_of(request)}
    response = render(request, "shopassist/desk/page.html", context)
    response.headers.setdefault("Content-Security-Policy", _policy())
    response.headers["Cache-Control"] = "no-store"
    return response


@desk("GET")
def queue(request: HttpRequest) -> HttpResponse:
    """Who waits. With ``mark`` as it is the answer says only that nothing changed."""
    assistant, agent = get_assistant(), agent_of(request)
    desk_queue.be_there(agent, name_of(request))
    if known := request.GET.get("mark"):
        with reading() as db:
            if desk_queue.mark(db) == known:
                return JsonResponse({"mark": known})
    return _json(desk_queue.queue(agent, assistant.settings))


@desk("POST")
def presence(request: HttpRequest) -> HttpResponse:
    """Be away, or back."""
    desk_queue.be_there(agent_of(request), name_of(request), away=bodies.read(request, PresenceIn).away)
    return HttpResponse(status=204)


@desk("POST")
def leave(request: HttpRequest) -> HttpResponse:
    """The page is closed."""
    desk_queue.leave(agent_of(request))
    return HttpResponse(status=204)


@desk("GET")
def one(request: HttpRequest, handoff: str) -> HttpResponse:
    """A hand-off: its summary, and to who has it the customer and the last messages. Opening it is written down."""
    door, agent = get_assistant().desk, agent_of(request)
    found = DjangoStore().handoff(handoff)
    mine = found.status == "person" and found.agent == agent
    if found.status == "closed":
        raise errors.HandOffClosed(handoff)
    if mine:
        note(request.user, found.conversation, "desk")
        found = door.claim(handoff, agent)
    told: dict[str, Any] = {
        "id": found.id,
        "mine": mine,
        "state": "mine" if mine else found.status,
        "summary": door.text(found, desk_texts.language()),
    }
    if mine:
        owner = DjangoStore().owner(found.conversation)[1]
        told["customer"] = desk_help.customer_name(owner)
        told["messages"] = _messages(found, after=max(0, _last(found) - PAGE))
    return _json(told)


@desk("POST")
def claim(request: HttpRequest, handoff: str) -> HttpResponse:
    """Take it; of two at once one gets it. From then on its messages may be read: that is written down."""
    found = get_assistant().desk.claim(handoff, agent_of(request))
    note(request.user, found.conversation, "desk")
    return HttpResponse(status=204)


@desk("GET")
def messages(request: HttpRequest, handoff: str) -> HttpResponse:
    """The messages after a number, or those before one, for who has the conversation."""
    found = _mine(request, handoff)
    before = bodies.number(request, "before", 0, 2_000_000_000)
    after = max(0, before - PAGE - 1) if before else bodies.number(request, "after", 0, 2_000_000_000)
    return _json({"messages": _messages(found, after=after, before=before or None)})


@desk("POST")
def say(request: HttpRequest, handoff: str) -> HttpResponse:
    """Write to the customer."""
    sent = get_assistant().desk.say(handoff, agent_of(request), bodies.read(request, SayIn).text)
    return JsonResponse({"seq": sent.seq}, status=201)


@desk("POST")
def release(request: HttpRequest, handoff: str) -> HttpResponse:
    """Let it wait for a colleague."""
    get_assistant().desk.release(handoff, agent_of(request))
    return HttpResponse(status=204)


@desk("POST")
def give_back(request: HttpRequest, handoff: str) -> HttpResponse:
    """Give it back to the assistant, which says so."""
    get_assistant().desk.give_back(handoff, agent_of(request))
    return HttpResponse(status=204)


@desk("POST")
def close(request: HttpRequest, handoff: str) -> HttpResponse:
    """End it without a word: settled elsewhere."""
    get_assistant().desk.close(handoff, agent_of(request))
    return HttpResponse(status=204)


@desk("GET")
def orders(request: HttpRequest, handoff: str) -> HttpResponse:
    """The customer's orders, from the shop, to who has the conversation."""
    owner = DjangoStore().owner(_mine(request, handoff).conversation)[1]
    return _json({"orders": desk_help.orders(owner), "visitor": owner is None})


@desk("GET")
def suggestions(request: HttpRequest, handoff: str) -> HttpResponse:
    """Answers that may be taken over, to what the customer said last or to ``q``."""
    found = _mine(request, handoff)
    text = request.GET.get("q", "").strip()[: desk_help.QUESTION_CHARS] or desk_help.question(found.conversation)
    return _json({"question": text, "suggestions": desk_help.suggestions(get_assistant(), text)})


@transaction.non_atomic_requests
async def events(request: HttpRequest) -> HttpResponseBase:
    """That something changed, as it happens; 204 under WSGI, where it would hold a worker and the page asks instead."""
    user = await request.auser()
    if not await sync_to_async(may_work)(user):
        return _problem(403, "forbidden", _("You are not signed in for the desk."))
    if not hasattr(request, "scope"):
        return HttpResponse(status=204)
    agent, name = str(user.pk), _name(user)
    await sync_to_async(let_go, thread_sensitive=True)()
    response = StreamingHttpResponse(_changes(agent, name), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-cache, no-store"
    response.headers["X-Accel-Buffering"] = "no"
    response.headers["Content-Encoding"] = "identity"
    return response


async def _changes(agent: str, name: str) -> AsyncGenerator[bytes]:
    """An event for each change of the mark, and one to begin with."""
    ends, heard, before = time.monotonic() + LONGEST, float("-inf"), ""
    yield b"retry: 2000\n\n"
    while time.monotonic() < ends:
        there = time.monotonic() - heard > HEARD
        try:
            now = await asyncio.to_thread(_look, agent, name, there)
        except errors.StorageError:
            return  # the page opens another one
        if there:
            heard = time.monotonic()
            yield b": still here\n\n"
        if now != before:
            before = now
            yield f"event: changed\ndata: {now}\n\n".encode()
        await asyncio.sleep(LOOK)


def _look(agent: str, name: str, there: bool) -> str:
    if there:
        desk_queue.be_there(agent, name)
    with reading() as db:
        return desk_queue.mark(db)


def agent_of(request: HttpRequest) -> str:
    """The person's id at the desk: the login's, never a field's."""
    return str(request.user.pk)


def name_of(request: HttpRequest) -> str:
    """What colleagues read."""
    return _name(request.user)


def _name(user: Any) -> str:
    return str(user.get_full_name() or user.get_username())


def _mine(request: HttpRequest, handoff: str) -> HandOff:
    """The hand-off, where the caller has it. Raises `DeskError`."""
    found = DjangoStore().handoff(handoff)
    check_has(handoff, agent_of(request), status=found.status, holder=found.agent)
    return found


def _last(found: HandOff) -> int:
    with reading() as db:
        rows = models.Message.objects.using(db).filter(conversation=found.conversation).order_by("-seq")
        return int(rows.values_list("seq", flat=True).first() or 0)


def _messages(found: HandOff, *, after: int, before: int | None = None) -> list[dict[str, Any]]:
    vault = Vault(DjangoStore().vault(found.conversation))
    with reading() as db:
        rows = models.Message.objects.using(db).filter(conversation=found.conversation, seq__gt=after)
        rows = rows.filter(seq__lt=before) if before else rows
        rows = list(rows.order_by("seq")[:PAGE])
        agents = models.Presence.objects.using(db).filter(agent__in={r.agent for r in rows if r.agent})
        people = dict(agents.values_list("agent", "name"))
    return [
        {
            "seq": row.seq,
            "role": row.role,
            "text": vault.reveal(row.text),
            "items": row.items,
            "who": people.get(row.agent, row.agent) if row.agent else None,
            "created": seconds(row.created),
        }
        for row in rows
    ]


def _json(data: dict[str, Any]) -> JsonResponse:
    return JsonResponse(data, json_dumps_params={"ensure_ascii": False})


def _problem(status: int, code: str, title: Any) -> HttpResponse:
    data = {"code": code, "title": str(title), "status": status}
    return JsonResponse(
        data, status=status, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"},
        json_dumps_params={"ensure_ascii": False},
    )  # fmt: skip


def _login() -> str:
    """Where staff sign in: the admin's page where there is one, else the project's."""
    from django.conf import settings

    try:
        return reverse("admin:login")
    except NoReverseMatch:
        return resolve_url(settings.LOGIN_URL)


def _policy() -> str:
    """The page's content security policy: its own files alone, wherever the project keeps them."""
    parts = urlsplit(static("shopassist/desk.js"))
    files = f"{parts.scheme}://{parts.netloc}" if parts.netloc else "'self'"
    return (
        f"default-src 'none'; script-src {files}; style-src {files}; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    )
