"""The sentences of the app that are to be translated, out of its code and its templates."""

import ast
import re
from pathlib import Path

APP = Path(__file__).parents[3] / "src" / "shopassist" / "contrib" / "django"
_CALLS = {"_", "gettext", "gettext_lazy", "ngettext"}
_TAG = re.compile(r"\{%-?\s*(?:translate|trans)\s+(\"[^\"]*\"|'[^']*')")
_BLOCK = re.compile(r"\{%\s*blocktranslate[^%]*%\}(.*?)\{%\s*endblocktranslate\s*%\}", re.S)


def in_code(file):
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
            wanted = node.args[:2] if node.func.id == "ngettext" else node.args[:1]
            for argument in wanted:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def in_template(file):
    text = file.read_text("utf-8")
    yield from (found[1:-1] for found in _TAG.findall(text))
    for body in _BLOCK.findall(text):
        yield re.sub(r"\{\{\s*(\w+)\s*\}\}", r"%(\1)s", body)


def every():
    """All of them."""
    found = set()
    for file in APP.rglob("*.py"):
        if "migrations" not in file.parts:
            found.update(in_code(file))
    for file in APP.rglob("*.html"):
        found.update(in_template(file))
    return found
