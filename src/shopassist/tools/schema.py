"""The arguments that a tool takes: which, of what types, and never who the customer is."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError

from shopassist.errors import ConfigurationError
from shopassist.tools.outcome import Failed

_IDENTITY = frozenset(
    f"{who}{what}"
    for who in ("customer", "user", "member", "account", "buyer", "owner", "client")
    for what in ("", "id", "no", "number", "key", "ref")
) | {"uid", "openid", "unionid", "userpk", "customerpk"}
"""Names under which an argument would carry an identity, without marks between the words."""

Validate = Callable[[Mapping[str, Any]], dict[str, Any]]


class Arguments:
    """A tool's arguments. `required` and `optional` are their names, `json` their JSON schema."""

    def __init__(
        self,
        required: frozenset[str],
        optional: frozenset[str],
        json: Mapping[str, Any],
        validate: Validate,
        partly: Validate | None = None,
    ) -> None:
        self.required = required
        self.optional = optional
        self.json = json
        self._validate = validate
        self._partly = partly

    @property
    def names(self) -> frozenset[str]:
        """All names."""
        return self.required | self.optional

    def validate(self, args: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
        """The arguments in their types; those that were left out stay out. Raises `Failed`, naming the wrong ones.

        With `partial` required ones may be left out too.
        """
        missing = self.required - args.keys()
        wrong = (frozenset() if partial else missing) | (args.keys() - self.names)
        if wrong:
            raise Failed("arguments", facts={"wrong": sorted(map(str, wrong))})
        try:
            return self._partly(args) if missing and self._partly is not None else self._validate(args)
        except ValidationError as error:
            # The error's own text quotes the values, which may be a customer's.
            places = {str(e["loc"][0]) for e in error.errors(include_input=False, include_context=False) if e["loc"]}
            raise Failed("arguments", facts={"wrong": sorted(places)}) from None


def from_function(name: str, function: Callable[..., Any]) -> Arguments:
    """The arguments of a function after its first parameter, the context. Raises `ConfigurationError`."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    try:
        hints = get_type_hints(function, include_extras=True)
        kinds = {p.name: (hints[p.name], p.default is p.empty) for p in parameters}
    except (NameError, KeyError) as error:
        raise ConfigurationError(f"the tool {name}: the parameter's type cannot be told ({error})") from None
    if any(p.kind not in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) for p in parameters):
        raise ConfigurationError(f"the tool {name}: each parameter needs a name of its own (no *args, no **kwargs)")
    refuse_identity(name, kinds)

    # The names are aliases, so that an argument may be called like a method of pydantic's models (copy, schema).
    def fields(*, all_optional: bool) -> dict[str, Any]:
        return {
            f"a{n}": (kind, Field(alias=argument) if needed and not all_optional else Field(None, alias=argument))
            for n, (argument, (kind, needed)) in enumerate(kinds.items())
        }

    try:
        model = create_model(name, __config__=ConfigDict(extra="forbid"), **fields(all_optional=False))
        partial = create_model(name, __config__=ConfigDict(extra="forbid"), **fields(all_optional=True))
        json = model.model_json_schema()
    except (PydanticSchemaGenerationError, PydanticUserError) as error:
        raise ConfigurationError(f"the tool {name}: a parameter's type has no JSON form ({error})") from None
    required = frozenset(n for n, (_, needed) in kinds.items() if needed)

    def reader(shape: type[BaseModel]) -> Validate:
        def validate(args: Mapping[str, Any]) -> dict[str, Any]:
            read = shape.model_validate(dict(args))
            return {str(shape.model_fields[f].alias): getattr(read, f) for f in read.model_fields_set}

        return validate

    return Arguments(required, frozenset(kinds) - required, json, reader(model), reader(partial))


def refuse_identity(tool: str, names: Mapping[str, Any]) -> None:
    """Raise `ConfigurationError` where an argument would say who the customer is: text decides that never."""
    for name in names:
        if name.lower().replace("_", "").replace("-", "") in _IDENTITY:
            raise ConfigurationError(f"the tool {tool}: {name} is no argument; use context.customer")
