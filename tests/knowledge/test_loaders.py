"""LangChain's loaders and a shop's own code as sources."""

import subprocess
import sys
from importlib.util import find_spec

import pytest
from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document as Loaded_

from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.loaders import Loaded
from shopassist.knowledge.sources.limits import Limits
from shopassist.knowledge.sources.source_files import source_of

community = pytest.mark.skipif(
    not find_spec("langchain_community"), reason="the extra loaders is not installed: pip install 'shopassist[loaders]'"
)


class Tickets(BaseLoader):
    """A loader of a shop's own."""

    def lazy_load(self):
        yield Loaded_(
            page_content="礼品卡不能退。",
            metadata={"source": "cards", "title": "礼品卡", "author": "x", "language": "zh-CN"},
        )
        yield Loaded_(
            page_content="赠品不用寄回。",
            metadata={"source": "gifts", "tags": ["policy"], "language": "No language found."},
        )


def test_any_loader_of_langchain_is_a_source(tmp_path):
    report = ingest([Loaded("tickets", Tickets())], tmp_path / "index", None)
    assert set(report.added) == {"cards-1/zh", "gifts-1/zh"}
    assert report.broken == ()


def test_a_template_names_what_the_loader_knows(tmp_path):
    source = Loaded("tickets", Tickets(), {"id": "{source}", "text": "{page_content}（{source}）", "language": "zh"})
    texts = {t.fields["id"]: t.text for t in source.read({})}
    assert texts == {"cards": "礼品卡不能退。（cards）", "gifts": "赠品不用寄回。（gifts）"}


def test_a_loader_that_breaks_off_loses_nothing_that_was_known(tmp_path):
    class Half(Tickets):
        def lazy_load(self):
            yield next(super().lazy_load())
            raise ConnectionError("refused, password=hunter2")

    index = tmp_path / "index"
    ingest([Loaded("tickets", Tickets())], index, None)
    report = ingest([Loaded("tickets", Half())], index, None)
    assert report.removed == ()
    (broken,) = report.broken
    assert broken.reason == "cannot be read (ConnectionError)"  # what foreign code says may hold secrets


@community
def test_a_loader_of_langchain_community_is_named_in_a_source_file(tmp_path):
    (tmp_path / "rules.txt").write_text("运费由买家承担，质量问题除外。", "utf-8")
    file = tmp_path / "rules.source.yaml"
    file.write_text(
        "loader: langchain_community.document_loaders:TextLoader\n"
        f"arguments: {{file_path: {tmp_path / 'rules.txt'}, encoding: utf-8}}\ntitle: 运费\n",
        "utf-8",
    )
    report = ingest([file], tmp_path / "index", None)
    assert report.added == ("rules-1/zh",)
    assert ingest([], tmp_path / "index", None, rebuild=True).added == ("rules-1/zh",)


def test_a_function_of_the_shops_own_is_named_in_a_source_file(tmp_path, monkeypatch):
    (tmp_path / "my_catalogue_pages.py").write_text(
        "def pages(kind):\n    return [{'id': f'{kind}-{n}', 'text': f'第{n}条。'} for n in (1, 2)]\n", "utf-8"
    )
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "own.source.yaml"
    file.write_text("loader: my_catalogue_pages:pages\narguments: {kind: rule}\n", "utf-8")
    assert set(ingest([file], tmp_path / "index", None).added) == {"rule-1/zh", "rule-2/zh"}


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("no_such_module_here:x", "cannot be imported: No module named"),
        ("json", "must be package.module:Name"),
        ("json:dumps", "does not take these arguments"),
        ("os:getcwd", "gives a str, no loader"),
    ],
)
def test_a_loader_that_cannot_be_had_is_named(tmp_path, entry, reason):
    file = tmp_path / "own.source.yaml"
    file.write_text(f"loader: {entry}\n", "utf-8")
    with pytest.raises(ValueError, match=reason):
        source_of(file, Limits())


def test_without_the_extra_it_is_named(tmp_path):
    file = tmp_path / "own.source.yaml"
    file.write_text("loader: langchain_community.document_loaders:TextLoader\n", "utf-8")
    code = """
import sys
sys.modules["langchain_community"] = None  # as where it is not installed
from pathlib import Path
from shopassist.knowledge.sources.limits import Limits
from shopassist.knowledge.sources.source_files import source_of
try:
    source_of(Path(sys.argv[1]), Limits())
except ValueError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True)
    assert "pip install 'shopassist[loaders]'" in done.stdout
