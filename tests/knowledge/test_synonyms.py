from datetime import date

import pytest

from shopassist.errors import ConfigurationError
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.knowledge.synonyms import Synonyms, load_synonyms

TODAY = date(2024, 12, 5)
PAGES = {
    "a.md": "# 无线降噪耳机\n\n充电 10 分钟听 2 小时。",
    "b.md": "# 豆子的吃法\n\n小云豆要煮熟。",
    "c.md": "# 退换货\n\n签收后 7 天内可以退。",
}


def written(tmp_path, text):
    path = tmp_path / "synonyms.yaml"
    path.write_text(text, "utf-8")
    return path


def shop(tmp_path, synonyms):
    folder = tmp_path / "pages"
    folder.mkdir(exist_ok=True)
    for name, text in PAGES.items():
        (folder / name).write_text(text, "utf-8")
    ingest([folder], tmp_path / "index", None)
    return ChromaKnowledge(tmp_path / "index", None, synonyms=synonyms)


def test_a_shops_own_word_finds_the_page_that_does_not_have_it(tmp_path):
    ask = {"language": "zh", "valid_on": TODAY}
    assert all(p.relevance < 0.5 for p in shop(tmp_path, None).search("小白罐", **ask))
    own = load_synonyms(written(tmp_path, "zh:\n  - [无线降噪耳机, 小白罐]\n"))
    found = shop(tmp_path, own).search("小白罐", **ask)
    assert found[0].document == "a"
    assert found[0].relevance > 0.5


@pytest.mark.parametrize(("said", "other"), [("power bank", "juice pack"), ("juice packs", "power bank")])
def test_both_directions_count_whatever_the_inflection(said, other):
    assert (said.removesuffix("s"), (other,)) in Synonyms([["power bank", "juice pack"]]).named(f"my {said} is hot")


def test_an_expression_in_a_longer_word_is_not_named():
    assert Synonyms([["pro", "professional"]]).named("a good product") == []


def test_what_a_synonym_is_called_in_turn_is_not_asked():
    found = Synonyms([["甲乙", "丙丁"], ["丙丁戊", "己庚"]]).named("甲乙")
    assert found == [("甲乙", ("丙丁",))]


def test_what_the_question_names_itself_is_not_added():
    assert dict(Synonyms([["运费", "邮费", "快递费"]]).named("运费还是邮费")) == {
        "运费": ("快递费",),
        "邮费": ("快递费",),
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("zh: [[运费, 邮费], [快递费, 邮费]]", "group 2: '邮费' stands in group 1 as well"),
        ("zh: [[运费, 运费]]", "stands in the same group"),
        ("zh: [[运费]]", "group 1: a group is a list of two texts"),
        ("zh: [运费, 邮费]", "group 1: a group is a list of two texts"),
        ("zh: {运费: 邮费}", "expected a list of groups"),
        ("zh: [[费, 邮费]]", "'费' must have 2 to 40"),
        ("fr: [[a b, c d]]", "unknown language 'fr'; allowed are zh, en"),
        ("[1, 2]", "expected a mapping"),
        ("zh: [[a", "no valid YAML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, told):
    with pytest.raises(ConfigurationError) as error:
        load_synonyms(written(tmp_path, text))
    assert told in str(error.value)
    assert "synonyms.yaml" in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_synonyms(tmp_path / "none.yaml")
