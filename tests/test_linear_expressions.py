"""No expression that reads what others wrote takes more than linear time, whatever the text."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from time import thread_time

import pytest

from hostile import bodies, hostile

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src" / "shopassist"
SCREENED = (16, 22, 30, 40, 60, 120, 400, 1200)
GROWN = (1_500, 6_000, 25_000, 100_000)
HOPELESS = 0.01
"""Seconds for a few hundred characters that no linear expression needs."""

FLOOR = 0.02
TOLERATED = 2
"""How many times more a character may take in a text four times as long: four times more where an expression is quadratic."""

LONGEST = 5.0


@pytest.fixture(scope="module")
def expressions():
    program = [sys.executable, ROOT / "tests" / "expressions.py"]
    environment = {**os.environ, "PYTHONPATH": str(SOURCES.parent)}
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=True)
    return [(pattern, flags, places) for pattern, flags, places in json.loads(done.stdout)]


def seconds(expression, text):
    began = thread_time()
    for _ in expression.finditer(text):
        pass
    return thread_time() - began


def screened(expression, pieces):
    """How long the expression takes with a short text; endless where a shorter one is slow already."""
    for size in SCREENED:
        took = seconds(expression, hostile(*pieces, size))
        if took > HOPELESS and size < SCREENED[-1]:
            return float("inf")
    return took


def growth(expression, pieces):
    """Why the time grows faster than the text, or None; stops before a text that would take too long."""
    took, size = None, None
    for longer in GROWN:
        before, shorter = took, size
        took, size = seconds(expression, hostile(*pieces, longer)), longer
        if took > LONGEST:
            return f"{took:.1f} s for {size} characters"
        if before and took > FLOOR and took / before > TOLERATED * size / shorter:
            # other processes disturb: the slowest of the shorter text against the quickest of the longer
            before = max(seconds(expression, hostile(*pieces, shorter)) for _ in range(3))
            took = min(seconds(expression, hostile(*pieces, size)) for _ in range(3))
            if took / before > TOLERATED * size / shorter:
                return f"{before:.4f} s for {shorter} characters, {took:.4f} s for {size}"
    return None


def fault(pattern, flags):
    expression = re.compile(pattern, flags)
    texts = [(before, body, "\x00") for before, body in bodies(pattern, flags)]
    times = {pieces: screened(expression, pieces) for pieces in texts}
    worst = max(times, key=times.__getitem__)
    if times[worst] == float("inf"):
        return f"hopeless with a short text of {worst}"
    why = growth(expression, worst)
    return why and f"{why} of {worst}"


def modules_with_expressions():
    for file in SOURCES.rglob("*.py"):
        calls = (node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call))
        if any(ast.unparse(call.func) == "re.compile" for call in calls):
            yield ".".join(file.relative_to(SOURCES.parent).with_suffix("").parts).removesuffix(".__init__")


def test_the_expressions_of_every_module_are_found(expressions):
    seen = {module for _, _, places in expressions for module, _ in places}
    assert set(modules_with_expressions()) <= seen
    assert len(expressions) > 1300


@pytest.mark.parametrize("pattern", [r"\s*x", r"(?:a|a)*b", r"a.*b", r"x\d+(?:,\d+)*$|7+$", r"(?:\w+\s?)*[!]"])
def test_an_expression_that_is_not_linear_is_found_out(pattern):
    assert fault(pattern, 0) is not None


@pytest.mark.parametrize("pattern", [r"\s{0,4}x", r"(?<!a)a*+b", r"^(?!.*a).*b", r"(?<!\d)\d+元"])
def test_a_linear_expression_is_not_suspected(pattern):
    assert fault(pattern, 0) is None


def test_no_expression_is_worse_than_linear(expressions):
    faults = {pattern: why for pattern, flags, _ in expressions if (why := fault(pattern, flags))}
    assert not faults, "\n".join(f"{why}: {pattern[:200]}" for pattern, why in faults.items())
