"""The shop's tools, and the ledger of what they changed."""

from typing import TYPE_CHECKING, Any

from shopassist.tools.builtin import builtin
from shopassist.tools.context import ToolContext
from shopassist.tools.ledger import Ledger, Write
from shopassist.tools.memory_ledger import MemoryLedger
from shopassist.tools.outcome import Changed, NotFound, Refused, ToolOutcome
from shopassist.tools.tool import Tool, tool
from shopassist.tools.toolbox import Toolbox

if TYPE_CHECKING:
    from shopassist.tools.sql_ledger import SqlLedger

__all__ = [
    "Changed",
    "Ledger",
    "MemoryLedger",
    "NotFound",
    "Refused",
    "SqlLedger",
    "Tool",
    "ToolContext",
    "ToolOutcome",
    "Toolbox",
    "Write",
    "builtin",
    "tool",
]


def __getattr__(name: str) -> Any:
    if name != "SqlLedger":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from shopassist.tools.sql_ledger import SqlLedger  # SQLAlchemy is loaded by whom it serves

    return SqlLedger
