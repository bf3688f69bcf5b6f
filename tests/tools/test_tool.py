from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import pytest
from langchain_core.tools import InjectedToolArg, StructuredTool
from langchain_core.tools import tool as langchain_tool
from pydantic import BaseModel, Field

from shopassist.dialogue import Quote
from shopassist.errors import ConfigurationError
from shopassist.tools import Toolbox, ToolContext, tool


@tool(effect="read", public=True)
def shop_hours(context: ToolContext, day: date, copy: bool = False, words: list[str] | None = None) -> dict[str, Any]:
    """When the shop is open."""
    return {"day": day, "weekday": day.weekday(), "copy": copy, "words": words}


def test_a_tool_is_named_and_described_by_its_function():
    assert (shop_hours.name, shop_hours.description) == ("shop_hours", "When the shop is open.")
    assert shop_hours.arguments.required == {"day"}
    assert shop_hours.arguments.optional == {"copy", "words"}
    assert shop_hours.arguments.json["properties"]["day"] == {"format": "date", "title": "Day", "type": "string"}


def test_a_tool_still_runs_as_a_function(context):
    assert shop_hours(context, day=date(2024, 12, 5))["weekday"] == 3


def test_arguments_are_read_in_their_types(context):
    outcome = Toolbox([shop_hours]).read("shop_hours", {"day": "2024-12-05"}, context)
    assert outcome.status == "done"
    assert outcome.facts == {"day": "2024-12-05", "weekday": 3, "copy": False, "words": None}
    assert outcome.args == {"day": "2024-12-05"}


@pytest.mark.parametrize(
    ("args", "wrong"),
    [
        ({}, ["day"]),
        ({"day": "someday"}, ["day"]),
        ({"day": "2024-12-05", "words": "w"}, ["words"]),
        ({"day": "2024-12-05", "customer": "u-2"}, ["customer"]),
        ({"day": "2024-12-05", "a1": True}, ["a1"]),
        ({"day": {1, 2}}, None),
        ("day", None),
    ],
)
def test_wrong_arguments_are_named_and_the_tool_does_not_run(args, wrong, context):
    outcome = Toolbox([shop_hours]).read("shop_hours", args, context)
    assert (outcome.status, outcome.reason) == ("failed", "arguments")
    assert outcome.facts.get("wrong") == wrong


@pytest.mark.parametrize(
    "name", ["customer", "customer_id", "customerId", "user", "user_id", "uid", "owner", "member_no"]
)
def test_identity_is_no_argument(name):
    scope: dict[str, Any] = {}
    exec(f"def spy(context, {name}: str) -> dict: ...", scope)
    with pytest.raises(ConfigurationError, match=r"context\.customer"):
        tool(effect="read")(scope["spy"])


def _plain(context: ToolContext, order_id: str, phone: str = "") -> dict[str, Any]:
    """A function."""
    return {}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"effect": "delete"}, "effect"),
        ({"effect": "write", "commit": "later"}, "commit"),
        ({"effect": "read", "personal": ("email",)}, "email"),
        ({"effect": "read", "personal": "phone"}, "tuple"),
        ({"effect": "read", "timeout": 0}, "timeout"),
        ({"effect": "write", "commit": "atomic", "timeout": 3}, "atomic"),
        ({"effect": "read", "public": True}, "public"),
    ],
)
def test_a_tool_that_is_set_up_wrongly_says_so_at_once(options, says):
    with pytest.raises(ConfigurationError, match=says):
        tool(**options)(_plain)


def test_a_function_that_takes_anything_is_no_tool():
    def anything(context: ToolContext, **args: Any) -> dict[str, Any]: ...

    def untyped(context, order): ...

    async def later(context: ToolContext) -> dict[str, Any]: ...

    for function in (anything, untyped, later):
        with pytest.raises(ConfigurationError, match=function.__name__):
            tool(effect="read")(function)


class Opaque:
    """No pydantic type."""


def test_an_argument_that_json_cannot_carry_is_no_argument():
    def spy(context: ToolContext, it: Opaque) -> dict[str, Any]: ...

    with pytest.raises(ConfigurationError, match="spy"):
        tool(effect="read")(spy)


def test_a_check_takes_what_its_tool_takes():
    write = tool(effect="write")(_plain)
    with pytest.raises(ConfigurationError, match="same arguments"):

        @write.check
        def _(context: ToolContext, order: str) -> Quote: ...

    with pytest.raises(ConfigurationError, match="read"):
        shop_hours.check(lambda context, day: Quote(True))


# LangChain's tools


@langchain_tool
def weather(city: Annotated[str, Field(min_length=2)], days: int = 1) -> str:
    """The weather in a city."""
    return f"{city}: {days} sunny"


def test_a_langchain_tool_keeps_name_description_and_schema(context):
    taken = tool.from_langchain(weather, effect="read", public=True)
    assert (taken.name, taken.description) == ("weather", "The weather in a city.")
    assert (taken.arguments.required, taken.arguments.optional) == ({"city"}, {"days"})
    outcome = Toolbox([taken]).read("weather", {"city": "上海", "days": 2}, context)
    assert (outcome.status, outcome.facts) == ("done", {"result": "上海: 2 sunny"})


@pytest.mark.parametrize("args", [{}, {"city": "沪"}, {"city": "上海", "days": "many"}, {"city": "上海", "x": 1}])
def test_a_langchain_tools_wrong_arguments_are_named(args, context):
    outcome = Toolbox([tool.from_langchain(weather, effect="read")]).read("weather", args, context)
    assert (outcome.status, outcome.reason) == ("failed", "arguments")
    assert outcome.facts["wrong"] in (["city"], ["days"], ["x"])


def test_a_langchain_tool_gets_the_customer_from_the_session(context):
    @langchain_tool
    def points(user_id: str) -> dict[str, Any]:
        """The customer's points."""
        return {"user": user_id, "points": 120}

    with pytest.raises(ConfigurationError, match="user_id"):
        tool.from_langchain(points, effect="read")
    taken = tool.from_langchain(points, effect="read", customer="user_id")
    assert taken.arguments.names == frozenset()
    box = Toolbox([taken])
    assert box.read("points", {}, context).facts == {"user": "u-1", "points": 120}
    assert box.read("points", {"user_id": "u-2"}, context).reason == "arguments"


def test_an_argument_that_langchain_injects_can_be_the_customer(context):
    @langchain_tool
    def points(year: int, user_id: Annotated[str, InjectedToolArg]) -> dict[str, Any]:
        """The customer's points."""
        return {"user": user_id, "year": year}

    box = Toolbox([tool.from_langchain(points, effect="read", customer="user_id")])
    assert box.read("points", {"year": 2024}, context).facts == {"user": "u-1", "year": 2024}
    assert box.read("points", {"year": 2024, "user_id": "u-2"}, context).reason == "arguments"
    with pytest.raises(ConfigurationError, match="no argument"):
        tool.from_langchain(points, effect="read", customer="member")


def test_a_langchain_tool_with_a_json_schema_is_taken(context):
    schema = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}
    found = StructuredTool(name="find", description="Find.", args_schema=schema, func=lambda q: [q])
    box = Toolbox([tool.from_langchain(found, effect="read")])
    assert box.read("find", {"q": "耳机"}, context).facts == {"result": ["耳机"]}
    assert box.read("find", {}, context).facts == {"wrong": ["q"]}


def test_a_langchain_tool_that_needs_what_nobody_fills_is_refused():
    class Asked(BaseModel):
        q: str
        session: Annotated[str, InjectedToolArg]

    made = StructuredTool(name="find", description="", args_schema=Asked, func=lambda q, session: q)
    with pytest.raises(ConfigurationError, match="session"):
        tool.from_langchain(made, effect="read")


def test_a_langchain_write_is_external():
    assert tool.from_langchain(weather, effect="write").commit == "external"
