"""Files are written whole or not at all."""

import pytest

from shopassist.errors import InputError
from shopassist.learning.whole import whole


def _written(file, meanwhile, *, force=False):
    with whole(file, force=force) as lines:
        lines.add("ours")
        meanwhile()


def test_a_file_is_there_when_all_is_written(tmp_path):
    file = tmp_path / "a.jsonl"
    with whole(file, force=False) as lines:
        lines.add("一")
        assert not file.exists()
        lines.add("二")
    assert file.read_text("utf-8") == "一\n二\n"
    assert lines.count == 2
    assert list(tmp_path.iterdir()) == [file]


def test_what_breaks_off_leaves_the_file_as_it_was(tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_text("before", "utf-8")
    with pytest.raises(ZeroDivisionError):
        _written(file, lambda: 1 / 0, force=True)
    assert file.read_text("utf-8") == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_where_there_are_no_lines_nothing_is_made(tmp_path):
    with whole(tmp_path / "a.jsonl", force=False):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_came_meanwhile_is_not_written_over(tmp_path):
    file = tmp_path / "a.jsonl"
    with pytest.raises(InputError, match="is there already"):
        _written(file, lambda: file.write_text("theirs", "utf-8"))
    assert file.read_text("utf-8") == "theirs"
    assert list(tmp_path.iterdir()) == [file]
