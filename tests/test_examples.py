import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
EXPECTED = {
    "quick_start.py": ["支持热插拔"],
    "own_knowledge.py": ["每件收 6 元"],
    "streaming.py": ["滤芯"],
    "own_tool.py": ["礼品包装收 6 元", "已加上礼品包装", "('wrap_gift', 'done')", "已经发出，不能再包装"],
    "own_shop.py": ["单号 ZT7788", "要为您取消订单 A2024120402", "('cancel_order', 'done')", "已经发货，不能取消"],
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
    assert "退货" in done.stdout


def test_the_page_of_settings_is_written_from_the_settings(environment, tmp_path):
    assert run([str(ROOT / "docs/write_settings.py"), "--check"], environment, tmp_path).returncode == 0


def test_links_of_the_docs_lead_somewhere():
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
