"""Write the table of settings into docs/settings.md: python docs/write_settings.py [--check]."""

import sys
from pathlib import Path

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from shopassist.settings import PREFIX, Settings

PAGE = Path(__file__).with_name("settings.md")
BEGIN, END = "<!-- settings -->\n", "<!-- /settings -->\n"


def table() -> str:
    """One row a setting."""
    rows = ["| setting | variable | default | meaning |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "the number of cores" if field.default is PydanticUndefined else shown(field.default)
        rows.append(f"| `{name}` | `{PREFIX}{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows) + "\n"


def shown(value: object) -> str:
    """A default as the table shows it."""
    return "–" if value is None or isinstance(value, SecretStr) else f"`{value}`"


def page() -> str:
    """The page with today's table."""
    text = PAGE.read_text("utf-8")
    return text[: text.index(BEGIN) + len(BEGIN)] + table() + text[text.index(END) :]


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(PAGE.read_text("utf-8") != page())
    PAGE.write_text(page(), "utf-8")
