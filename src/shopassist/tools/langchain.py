"""A LangChain tool as a function of this package. LangChain itself is not imported: the shop brings its objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from shopassist.errors import ConfigurationError
from shopassist.tools.context import ToolContext
from shopassist.tools.outcome import Failed
from shopassist.tools.schema import Arguments, refuse_identity

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool


class LangChainFunction:
    """Calls a `BaseTool` by `invoke`. What it returns becomes a dict: a text stands under ``result``."""

    def __init__(self, langchain: BaseTool, customer: str | None) -> None:
        self.langchain = langchain
        self.customer = customer
        if customer is not None and customer not in {*langchain.args, *self._kinds()}:
            raise ConfigurationError(f"the tool {langchain.name}: it has no argument {customer}")

    def __call__(self, context: ToolContext, **args: Any) -> Mapping[str, Any]:
        """What the tool answers. Raises what it raises."""
        if self.customer is not None:
            args[self.customer] = context.customer_id
        result = self.langchain.invoke(args)
        return result if isinstance(result, Mapping) else {"result": result}

    def arguments(self) -> Arguments:
        """The tool's own schema, less the customer's argument."""
        shown = {name: kind for name, kind in self.langchain.args.items() if name != self.customer}
        refuse_identity(self.langchain.name, shown)
        schema = self.langchain.args_schema
        if isinstance(schema, type) and issubclass(schema, BaseModel):
            required = frozenset(n for n, field in schema.model_fields.items() if field.is_required())
        else:  # a JSON schema, as tools of MCP servers have it; or a model of pydantic 1
            document = self.langchain.tool_call_schema
            json = document if isinstance(document, dict) else self.langchain.get_input_jsonschema()
            required = frozenset(json.get("required", ()))
        hidden = required - shown.keys() - {self.customer}
        if hidden:
            raise ConfigurationError(f"the tool {self.langchain.name}: {', '.join(sorted(hidden))} cannot be filled")
        required &= frozenset(shown)
        properties = {"type": "object", "properties": shown, "required": sorted(required)}
        return Arguments(required, frozenset(shown) - required, properties, self._validate)

    def _validate(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Each value by its own type; rules over several values are left to the tool's own `invoke`."""
        wrong = [name for name, kind in self._kinds().items() if name in args and not _fits(kind, args[name])]
        if wrong:
            raise Failed("arguments", facts={"wrong": sorted(wrong)})
        return dict(args)

    def _kinds(self) -> Mapping[str, FieldInfo]:
        schema = self.langchain.args_schema
        return schema.model_fields if isinstance(schema, type) and issubclass(schema, BaseModel) else {}


def _fits(kind: FieldInfo, value: Any) -> bool:
    try:
        annotated: Any = Annotated[kind.annotation, kind]
        TypeAdapter[Any](annotated).validate_python(value)
    except ValidationError:
        return False
    return True
