"""What a user of the package may lean on."""

import ast
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import shopassist
import shopassist.testing
from shopassist import Citation, Passage, Rejection, Reply, Usage
from shopassist.replies import Section

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "shopassist"

REPLY = Reply(
    id="r1", turn=3, text="可以。", sentences=("可以。",), language="zh", intents=("policy_question",), mood="negative",
    query="能退吗", valid_on=date(2024, 12, 5), merged=("m1", "m2"), degraded="ModelTimeout",
    citations=(Citation("returns", "returns@2024-01-01", "退货", "可以。", "/help"),),
    evidence=(Passage("p", "returns", "退货", "可以。", 1.0, 0.9, "zh", valid_from=date(2024, 1, 1), tags=("policy",)),),
    considered=(Passage("q", "faq", "问答", "不。", 0.5, 0.2, "zh"),),
    rejected=(Rejection("胡说。", "echo", None),),
    usage=Usage("qwen", 1, 10, 5, 8192, (Section("persona", 7, 1),), True, {"retrieve": 0.1}, 0.2, 0.3),
)  # fmt: skip


@pytest.mark.parametrize("package", [shopassist, shopassist.testing], ids=lambda p: p.__name__)
def test_the_public_names_are_sorted_and_can_be_imported(package):
    assert package.__all__ == sorted(package.__all__)
    for name in package.__all__:
        assert getattr(package, name) is not None
    assert set(package.__all__) <= set(dir(package))


@pytest.mark.parametrize("package", [shopassist, shopassist.testing], ids=lambda p: p.__name__)
def test_an_unknown_name_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match="Asistant"):
        _ = package.Asistant


def test_what_a_shop_needs_for_tools_of_its_own_is_public():
    needed = {
        "Consent",
        "Quote",
        "ShopParts",
        "SqlLedger",
        "ToolContext",
        "ToolFinished",
        "ToolOutcome",
        "ToolStarted",
        "tool",
    }
    assert needed <= set(shopassist.__all__)


def test_importing_the_package_costs_next_to_nothing():
    code = (
        "import sys, shopassist; "
        "print([m for m in ('langgraph', 'chromadb', 'pydantic', 'langchain_core', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "spared"),
    [
        ("ConversationStoreConformance", {"pytest", "sqlalchemy", "langchain_core", "pydantic"}),
        ("MovedClock", {"pytest", "sqlalchemy", "langchain_core", "pydantic"}),
        ("ShopConformance", {"pytest", "sqlalchemy", "langchain_core", "pydantic"}),
        ("ScriptedModel", {"pytest", "sqlalchemy"}),
        ("LedgerConformance", {"pytest", "langchain_core"}),
        ("MemoryShop", {"pytest", "langchain_core"}),
        ("SqlShop", {"pytest", "langchain_core"}),
    ],
)
def test_a_part_for_tests_brings_only_what_it_needs(name, spared):
    code = f"import sys; from shopassist.testing import {name}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert spared.isdisjoint(done.stdout.split())


def test_the_packages_import_one_way():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]


def test_a_reply_survives_json():
    assert Reply.from_dict(REPLY.to_dict()) == REPLY
    assert REPLY.to_dict()["valid_on"] == "2024-12-05"


def test_a_reply_of_a_newer_version_can_be_read():
    data = REPLY.to_dict()
    data["new"] = data["usage"]["new"] = 1
    for name in ("citations", "evidence", "considered", "rejected"):
        data[name][0]["new"] = {"a": 1}
    assert Reply.from_dict(data) == REPLY


def test_a_reply_of_an_older_version_can_be_read():
    small = replace(
        REPLY, **dict.fromkeys(("citations", "evidence", "considered", "rejected", "merged", "intents"), ())
    )
    data = {k: v for k, v in small.to_dict().items() if v != []}
    assert Reply.from_dict(data) == small


def _literals(path):
    tree = ast.parse(path.read_text("utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, documented)]
    skipped = {id(s.value) for body in bodies for s in body if isinstance(s, ast.Expr)}
    if path.name in ("evidence.py", "figures.py"):  # the tables of numbers and units at its head
        skipped |= {id(n) for s in tree.body if isinstance(s, ast.Assign) for n in ast.walk(s)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.lineno, node.value


@pytest.mark.parametrize(
    "path",
    [*sorted((SOURCE / "engine").glob("*.py")), SOURCE / "assistant.py"],
    ids=lambda path: path.name,
)
def test_no_sentence_of_an_answer_or_a_prompt_lives_in_code(path):
    counts = path.name in ("evidence.py", "figures.py")  # by number words
    han = re.compile("[\u4e00-\u9fff]{4}" if counts else "[\u4e00-\u9fff]{2}")
    assert [(line, text) for line, text in _literals(path) if han.search(text)] == []
