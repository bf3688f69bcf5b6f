"""The shop's tools, and the ledger of what they changed."""

from shopassist.tools.builtin import builtin
from shopassist.tools.context import ToolContext
from shopassist.tools.ledger import Ledger, Write
from shopassist.tools.memory_ledger import MemoryLedger
from shopassist.tools.outcome import Changed, NotFound, Refused, ToolOutcome
from shopassist.tools.sql_ledger import SqlLedger
from shopassist.tools.tool import Tool, tool
from shopassist.tools.toolbox import Toolbox

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
