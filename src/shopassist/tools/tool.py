"""Tools: functions of the shop that the engine may call, and LangChain's tools under the same rules."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from shopassist.dialogue import Quote
from shopassist.errors import ConfigurationError
from shopassist.tools.context import ToolContext
from shopassist.tools.langchain import LangChainFunction
from shopassist.tools.schema import Arguments, from_function

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

Effect = Literal["read", "write"]
Commit = Literal["atomic", "external"]
Check = Callable[..., Quote]


@dataclass(eq=False, slots=True)
class Tool:
    """One tool. `commit` is None for a read; `checker` is a write's pre-check, set by the decorator `check`.

    `personal` names the arguments in which the vault's placeholders are replaced by what the customer wrote.
    `partial` says that the pre-check also takes less than all arguments.
    `timeout` is in seconds; None leaves it to the toolbox. `public` tools also answer visitors who are not logged in.
    """

    name: str
    description: str
    function: Callable[..., Any]
    arguments: Arguments
    effect: Effect
    commit: Commit | None = None
    personal: frozenset[str] = frozenset()
    timeout: float | None = None
    public: bool = False
    checker: Check | None = None
    partial: bool = False

    def __post_init__(self) -> None:
        problem = next((text for wrong, text in self._rules() if wrong), None)
        if problem:
            raise ConfigurationError(f"the tool {self.name}: {problem}")

    def _rules(self) -> list[tuple[bool, str]]:
        stray = sorted(self.personal - self.arguments.names)
        return [
            (self.effect not in ("read", "write"), f"effect is read or write, not {self.effect!r}"),
            (
                self.effect == "write" and self.commit not in ("atomic", "external"),
                f"commit is atomic or external, not {self.commit!r}",
            ),
            (bool(stray), f"personal names what is no argument: {', '.join(stray)}"),
            (self.timeout is not None and not self.timeout > 0, "timeout is a number of seconds above 0"),
            (
                self.commit == "atomic" and self.timeout is not None,
                "an atomic write has no timeout: it runs in the caller's thread and its transaction; "
                "set the database's own limits, or commit='external'",
            ),
            (self.public and "order_id" in self.arguments.names, "orders are never public"),
        ]

    def __call__(self, context: ToolContext, **args: Any) -> Any:
        """Run the function itself, without the toolbox's rules: for the shop's own tests."""
        return self.function(context, **args)

    def check(self, function: Check) -> Check:
        """Attach the pre-check: it takes what the tool takes, changes nothing, and returns a `Quote`.

        One that takes ``**args`` is also asked before all arguments are known: it says what forbids the deed before
        the customer is asked for a value, and else what it lacks (`reason` ``needs_address``).
        """
        parameters = list(inspect.signature(function).parameters.values())[1:]
        takes_all = any(p.kind is p.VAR_KEYWORD for p in parameters)
        if self.effect != "write":
            raise ConfigurationError(f"the tool {self.name}: a read needs no check")
        if not takes_all and {p.name for p in parameters} != self.arguments.names:
            raise ConfigurationError(f"the tool {self.name}: its check must take the same arguments")
        self.checker, self.partial = function, takes_all
        return function


class _ToolDecorator:
    """`tool(...)` makes a `Tool` of a function; `tool.from_langchain(...)` of LangChain's."""

    def __call__(
        self,
        *,
        effect: Effect,
        commit: Commit | None = None,
        personal: tuple[str, ...] = (),
        timeout: float | None = None,
        public: bool = False,
    ) -> Callable[[Callable[..., Any]], Tool]:
        """Make a tool of ``(context: ToolContext, …) -> dict``: its name, docstring and annotations become the tool's.

        `effect` is ``read`` or ``write``. A write says how it commits: ``atomic`` (the default) shares the ledger's
        transaction `context.tx` and runs in the caller's thread; ``external`` changes something that no transaction
        covers, and gets `context.key` to pass on. An argument called ``order_id`` is an order of the customer's own
        by the time the function runs. A write may return a `Deed`. Raises `ConfigurationError`.
        """

        def make(function: Callable[..., Any]) -> Tool:
            name = function.__name__
            if inspect.iscoroutinefunction(function):
                raise ConfigurationError(f"the tool {name}: a tool is a plain function, not an async one")
            return Tool(
                name=name,
                description=inspect.getdoc(function) or "",
                function=function,
                arguments=from_function(name, function),
                effect=effect,
                commit=(commit or "atomic") if effect == "write" else commit,
                personal=_names(name, personal),
                timeout=timeout,
                public=public,
            )

        return make

    def from_langchain(
        self,
        langchain: BaseTool,
        *,
        effect: Effect,
        customer: str | None = None,
        personal: tuple[str, ...] = (),
        timeout: float | None = None,
        public: bool = False,
    ) -> Tool:
        """Take a LangChain `BaseTool` as it is: its name, description and `args_schema`.

        `customer` names the argument, if it has one, that gets the customer's id; it leaves the schema, so that no
        text can fill it. A write is external: LangChain's tools share no transaction. Raises `ConfigurationError`.
        """
        function = LangChainFunction(langchain, customer)
        return Tool(
            name=langchain.name,
            description=langchain.description,
            function=function,
            arguments=function.arguments(),
            effect=effect,
            commit="external" if effect == "write" else None,
            personal=_names(langchain.name, personal),
            timeout=timeout,
            public=public,
        )


def _names(tool: str, personal: tuple[str, ...]) -> frozenset[str]:
    if isinstance(personal, str):  # ("phone") instead of ("phone",) would declare five letters
        raise ConfigurationError(f"the tool {tool}: personal is a tuple of names")
    return frozenset(personal)


tool = _ToolDecorator()
