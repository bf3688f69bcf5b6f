import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from shopassist.language.catalogue import Catalogue
from shopassist.prompts.points import Points

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
EXPECTED = {
    "quick_start.py": ["支持热插拔"],
    "own_knowledge.py": ["每件收 6 元"],
    "own_model.py": ["K87 的轴可以热插拔", "evidence"],
    "streaming.py": ["滤芯"],
    "own_tool.py": ["礼品包装收 6 元", "已加上礼品包装", "('wrap_gift', 'done')", "已经发出，不能再包装"],
    "own_shop.py": ["单号 ZT7788", "要为您取消订单 A2024120402", "('cancel_order', 'done')", "已经发货，不能取消"],
    "desk_email.py": [
        "(danger)",
        "我的电话<PHONE_1>",
        "客: 充电器漏电，电到我了！我的电话13812345678",
        "店: ''",
        "4 person",
        "由我继续",
    ],
    "desk_webhook.py": [
        "503 1 ticket\n200 1 ticket",
        "请稍等。 True",
        "现在联系不上",
        "nobody waits for 转人工 H",
    ],
    "with_langchain_tool.py": ["已换新电池"],
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An index of the sample shop by words alone, and no model."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SHOPASSIST_")}
    environment = {
        **clean,
        "SHOPASSIST_DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "SHOPASSIST_MODEL": "none",
        "SHOPASSIST_EMBEDDINGS": "none",
    }
    command = [sys.executable, "-m", "shopassist.cli", "ingest", str(ROOT / "knowledge")]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return environment


def run(code_or_path, environment, cwd):
    command = [sys.executable, *code_or_path]
    return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_an_example_runs_and_is_short(path, environment, tmp_path):
    done = run([str(path)], environment, tmp_path)
    assert done.returncode == 0, done.stderr
    assert [text for text in EXPECTED[path.name] if text not in done.stdout] == []
    assert len(path.read_text("utf-8").splitlines()) <= 60


def test_what_the_readme_shows_runs(environment, tmp_path):
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)[1]
    done = run(["-c", code], environment, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "要为您取消订单 ORD20241201002" in done.stdout
    assert "status='done'" in done.stdout


def blocks(page, language):
    text = (ROOT / "docs" / page).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_the_code_about_tools_says_what_its_comments_say(environment, tmp_path):
    code = "".join(blocks("tools.md", "python"))
    done = run(["-c", code], environment, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == re.findall(r"^print\(.*\)  # (.+)$", code, re.MULTILINE)


def test_the_tests_about_testing_pass(environment, tmp_path):
    (tmp_path / "test_page.py").write_text("\n".join(blocks("testing.md", "python")), "utf-8")
    done = run(["-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "test_page.py"], environment, tmp_path)
    assert done.returncode == 0, done.stdout
    skipped = [line for line in done.stdout.splitlines() if line.startswith("SKIPPED")]
    assert [line.rpartition(": ")[2] for line in skipped] == ["the shop does all"]


def test_the_scenarios_of_the_docs_hold(environment, tmp_path):
    listed = [text for text in blocks("dialogue.md", "yaml") if isinstance(yaml.safe_load(text), list)]
    (tmp_path / "docs.yaml").write_text("".join(listed), "utf-8")
    [line] = [text for text in blocks("dialogue.md", "json") if '"text"' in text]
    (tmp_path / "docs.jsonl").write_text(line, "utf-8")
    done = run(["-m", "shopassist.cli", "eval", "docs.yaml", "docs.jsonl", "--json"], environment, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    [shown] = [json.loads(text) for text in blocks("dialogue.md", "json") if '"scenarios"' in text]
    assert shown.keys() == (played := json.loads(done.stdout)).keys()
    assert shown["understanding"].keys() == played["understanding"].keys()


@pytest.mark.parametrize("page", ["dialogue.md", "tools.md"])
def test_the_intents_and_texts_of_the_docs_are_taken(page, tmp_path):
    for text in blocks(page, "yaml"):
        (tmp_path / "own.yaml").write_text(text, "utf-8")
        data = yaml.safe_load(text)
        if "intents" in data:
            assert set(data["intents"]) <= {intent.name for intent in Catalogue.load(tmp_path / "own.yaml")}
        elif isinstance(data, dict):
            Points.load(tmp_path / "own.yaml")


def test_each_command_of_the_docs_has_the_options_that_they_name(environment, tmp_path):
    for page in ("dialogue.md", "tools.md", "testing.md"):
        text = (ROOT / "docs" / page).read_text("utf-8")
        for command, rest in re.findall(r"`?shopassist (chat|eval|ask|ingest)\b([^`\n|]*)", text):
            options = re.findall(r"--[a-z]+", rest)
            shown = run(["-m", "shopassist.cli", command, "--help"], environment, tmp_path).stdout if options else ""
            assert [o for o in options if o not in shown] == []


@pytest.mark.parametrize("script", ["write_settings.py", "write_intents.py"])
def test_the_tables_of_the_docs_are_written_from_the_code(script, environment, tmp_path):
    assert run([str(ROOT / "docs" / script), "--check"], environment, tmp_path).returncode == 0


def test_links_of_the_docs_lead_somewhere():
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
