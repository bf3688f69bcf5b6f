"""The views described as OpenAPI 3.1, from the classes in `bodies.py`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shopassist import __version__
from shopassist.contrib.django import bodies
from shopassist.contrib.django.problems import CONTENT_TYPE, SENTENCES
from shopassist.messages import ID_CHARS, ITEMS

_CLASSES: tuple[type[BaseModel], ...] = (
    bodies.MessageIn, bodies.FeedbackIn, bodies.Conversation, bodies.Conversations, bodies.Messages, bodies.Reply,
    bodies.Cards, bodies.Problem,
)  # fmt: skip
_COMMON = (403, 404, 405, 503)
_BODY = (400, 413, 415, 422)
_WHICH = {
    "name": "conversation",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
}


def description(prefix: str) -> dict[str, Any]:
    """The description, for views that stand below `prefix`."""
    _, schemas = models_json_schema(
        [(kind, "validation") for kind in _CLASSES], ref_template="#/components/schemas/{model}"
    )
    one = f"{prefix}conversations/{{conversation}}/"
    paths: dict[str, Any] = {
        f"{prefix}conversations/": {
            "get": _operation("List one's conversations.", {200: "Conversations"}),
            "post": _operation("Begin a conversation.", {201: "Conversation"}, counted=True),
        },
        one: {
            "parameters": [_WHICH],
            "get": _operation("The state of a conversation.", {200: "Conversation"}),
            "delete": _operation("Erase a conversation.", {204: None}, counted=True),
        },
        f"{one}messages/": {
            "parameters": [_WHICH],
            "get": _operation("Messages after a number, oldest first.", {200: "Messages"}, query=("after", "limit")),
            "post": _streamed(_operation("Answer a message.", {200: "Reply"}, body="MessageIn", counted=True)),
        },
        f"{one}resume/": {
            "parameters": [_WHICH],
            "post": _operation("What to tell who has come back.", {200: "Reply", 204: None}, counted=True),
        },
        f"{one}stop/": {
            "parameters": [_WHICH],
            "post": _operation(
                "End an answer where it stands.", {200: "Reply", 204: None, 409: "Problem"}, counted=True
            ),
        },
        f"{one}feedback/": {
            "parameters": [_WHICH],
            "post": _operation("Judge an answer.", {204: None}, body="FeedbackIn", counted=True),
        },
    }
    paths[f"{prefix}cards/"] = {"get": _cards()}
    scheme = {"type": "apiKey", "in": "header", "name": "X-CSRFToken"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "shopassist", "version": __version__},
        "paths": paths,
        "components": {"schemas": schemas["$defs"], "securitySchemes": {"csrf": scheme}},
    }


def _cards() -> dict[str, Any]:
    """Several ids of each kind may be asked for at once."""
    made = _operation("Orders and products as cards show them.", {200: "Cards"}, query=())
    one = {"type": "string", "minLength": 1, "maxLength": ID_CHARS, "pattern": r"^[\w.:@/#-]+$"}
    several = {"type": "array", "maxItems": ITEMS, "items": one}
    made["responses"]["422"] = _answer(422, "Problem")
    made["parameters"] = [
        {"name": name, "in": "query", "explode": True, "schema": several} for name in ("order", "product")
    ]
    return made


def _operation(
    summary: str,
    answers: dict[int, str | None],
    *,
    body: str | None = None,
    query: tuple[str, ...] = (),
    counted: bool = False,
) -> dict[str, Any]:
    problems = {*_COMMON, *(_BODY if body else ()), *((422,) if query else ()), *((429,) if counted else ())}
    if answers.get(200) == "Reply":
        problems.add(500)
    made: dict[str, Any] = {
        "summary": summary,
        "responses": {
            **{str(status): _answer(status, name) for status, name in answers.items()},
            **{str(status): _answer(status, "Problem") for status in sorted(problems)},
        },
    }
    if body:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(body)}}}
    if query:
        most = {"after": 2_000_000_000, "limit": 200}
        made["parameters"] = [
            {"name": name, "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": most[name]}}
            for name in query
        ]
    if counted or body:
        made["security"] = [{"csrf": []}]
    return made


def _streamed(operation: dict[str, Any]) -> dict[str, Any]:
    """Under ASGI the same answer can come in events."""
    text = "started, stage, sentence, then done (a Reply) or failed (a Problem)"
    operation["responses"]["200"]["content"]["text/event-stream"] = {"schema": {"type": "string", "description": text}}
    return operation


def _answer(status: int, name: str | None) -> dict[str, Any]:
    if name is None:
        return {"description": "Done."}
    if name != "Problem":
        return {"description": name, "content": {"application/json": {"schema": _ref(name)}}}
    codes = ", ".join(code for code, (known, _) in SENTENCES.items() if known == status)
    made: dict[str, Any] = {"description": codes, "content": {CONTENT_TYPE: {"schema": _ref(name)}}}
    if status == 403:  # Django's own page where the CSRF token is missing
        made["content"]["text/html"] = {"schema": {"type": "string"}}
    if status in (409, 429, 503):
        made["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return made


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
