import json
from pathlib import Path

import pytest

from commands import invoke

ROOT = Path(__file__).parents[2]
PAGES = {
    "returns.md": "---\nid: returns\ntitle: 退货政策\nvalid_from: 2024-01-01\n---\n# 退货政策\n签收后 7 天内可以无理由退货。退货运费由买家承担。\n",
    "hours.md": "---\nid: hours\ntitle: 人工客服时间\n---\n# 人工客服时间\n人工客服 9:00–21:00 在线，其余时间可以留言。\n",
}


@pytest.fixture
def shop(tmp_path):
    """A shop's folder with pages and settings that need no model."""
    (tmp_path / "pages").mkdir()
    for name, text in PAGES.items():
        (tmp_path / "pages" / name).write_text(text, "utf-8")
    (tmp_path / "shopassist.toml").write_text('model = "none"\nembeddings = "none"\n', "utf-8")
    return tmp_path


def run(shop, *arguments, say=None, **variables):
    return invoke(shop, *arguments, say=say, SHOPASSIST_CLOCK="2024-12-05T10:00:00+08:00", **variables)


def test_pages_go_in_and_a_second_run_touches_nothing(shop):
    first, second = run(shop, "ingest", "pages"), run(shop, "ingest", "pages")
    assert first.returncode == 0, first.stderr
    assert "2 added" in first.stdout
    assert "0 added, 0 changed, 0 removed, 2 unchanged" in second.stdout


def test_a_broken_page_is_named_and_the_exit_code_says_so(shop):
    (shop / "pages" / "bad.md").write_bytes(b"\xff\xfe\x00")
    done = run(shop, "ingest", "pages")
    assert done.returncode == 1
    assert "2 added" in done.stdout
    assert "bad.md" in done.stderr
    assert "UTF-8" in done.stderr


def test_what_was_passed_over_is_told_in_a_line_for_each_reason(shop):
    for name in ("a.pptx", "b.csv.yaml", "c.jpg", "d.jpg", "e.jpg"):
        (shop / "pages" / name).touch()
    done = run(shop, "ingest", "pages")
    assert done.returncode == 0
    kinds, sides = [x.strip() for x in done.stdout.splitlines() if "skipped" in x]
    assert kinds == "4 skipped, of a kind that is not read: pages/a.pptx, pages/c.jpg, pages/d.jpg and 1 more"
    assert sides == "1 skipped, a side file without its file: pages/b.csv.yaml"


def test_the_last_page_can_be_hidden_and_the_assistant_then_does_not_know(shop):
    page = shop / "pages" / "returns.md"
    (shop / "pages" / "hours.md").unlink()
    run(shop, "ingest", "pages")
    page.write_text("--- \npublic: false\n---\n" + PAGES["returns.md"], "utf-8")
    done = run(shop, "ingest", "pages")
    assert done.returncode == 0, done.stderr
    assert "1 removed" in done.stdout
    assert "the index is empty" in done.stderr
    assert "Nothing was found" in run(shop, "search", "退货运费谁出").stdout
    reply = json.loads(run(shop, "ask", "--json", "退货运费谁出？").stdout)
    assert reply["citations"] == []
    findings = {f["about"]: f for f in json.loads(run(shop, "doctor", "--json").stdout)}
    assert findings["knowledge"]["state"] == "lacking"
    assert "is empty" in findings["knowledge"]["text"]


def test_a_page_of_a_heading_alone_breaks_no_question(shop):
    (shop / "heading.md").write_text("# 退货\n", "utf-8")
    run(shop, "ingest", "heading.md")
    done = run(shop, "ask", "退货运费谁出？")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_ingest_needs_a_path_unless_it_rebuilds(shop):
    refused = run(shop, "ingest")
    assert refused.returncode == 2
    assert "--rebuild" in refused.stderr
    run(shop, "ingest", "pages")
    assert "2 added" in run(shop, "ingest", "--rebuild").stdout


def damage_current(shop):
    (shop / ".shopassist/knowledge/CURRENT").write_bytes(b"\xff\x00")


def damage_meta(shop):
    (shop / ".shopassist/knowledge/gen-000002/meta.json").write_text("[]")


@pytest.mark.parametrize("damage", [damage_current, damage_meta])
def test_a_damaged_index_is_named_by_every_command_and_mended_by_the_one_they_name(shop, damage):
    run(shop, "ingest", "pages")
    (shop / "pages" / "hours.md").write_text("# 时间\n九点到九点。", "utf-8")
    run(shop, "ingest", "pages")
    damage(shop)
    for command in (["ingest", "pages"], ["search", "退货"], ["ask", "退货"], ["doctor"]):
        done = run(shop, *command)
        assert done.returncode == 1
        assert "shopassist ingest --rebuild" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
    assert run(shop, "ingest", "--rebuild").returncode == 0
    assert "九点" in run(shop, "search", "人工客服时间").stdout


def test_a_data_folder_that_is_a_file_is_named_by_every_command(shop):
    (shop / ".shopassist").write_text("")
    for command in (["ingest", "pages"], ["search", "退货"], ["doctor"]):
        done = run(shop, *command)
        assert done.returncode == 1
        assert ".shopassist" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_what_is_no_text_is_no_question(shop):
    run(shop, "ingest", "pages")
    for empty in ("", " \u3000", "\udcff"):
        done = run(shop, "search", empty)
        assert done.returncode == 2
        assert "the question is empty" in done.stderr
    done = run(shop, "search", "\udcff退货运费")
    assert done.returncode == 0, done.stderr
    assert "returns" in done.stdout


def test_a_language_without_pages_is_refused_with_those_that_have_some(shop):
    done = run(shop, "search", "retour", "--language", "fr")
    assert done.returncode == 2
    assert all(word in done.stderr for word in ("'fr'", "zh", "en"))


def test_an_embedding_model_that_is_not_there_is_said_not_to_be_there(shop):
    for command in (["search", "退货"], ["doctor"]):
        done = run(shop, *command, SHOPASSIST_EMBEDDINGS="auto", SHOPASSIST_EMBEDDING_MODEL=str(shop / "gone"))
        assert done.returncode == 1
        assert "is not there" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_search_shows_source_and_period(shop):
    run(shop, "ingest", "pages")
    done = run(shop, "search", "退货运费谁出")
    assert "returns" in done.stdout
    assert "2024-01-01" in done.stdout
    found = json.loads(run(shop, "search", "退货运费谁出", "--json").stdout)
    assert found[0]["document"] == "returns"
    assert found[0]["valid_from"] == "2024-01-01"


def test_ask_gives_an_answer_with_its_source_as_json(shop):
    run(shop, "ingest", "pages")
    reply = json.loads(run(shop, "ask", "--json", "退货运费谁出？").stdout)
    assert "买家承担" in reply["text"]
    assert reply["citations"][0]["version"] == "returns@2024-01-01"


def test_ask_without_an_index_says_that_it_does_not_know_and_what_to_run(shop):
    done = run(shop, "ask", "退货运费谁出？")
    assert done.returncode == 0
    assert "人工" in done.stdout
    assert "shopassist ingest" in done.stderr


def test_chat_answers_explains_and_knows_its_commands(shop):
    run(shop, "ingest", "pages")
    done = run(shop, "chat", say="退货运费谁出？\n/why\n/nope\n/new\n/quit\n")
    assert done.returncode == 0
    assert "买家承担" in done.stdout
    assert "returns@2024-01-01" in done.stdout
    assert "There is no /nope" in done.stdout
    assert "A new conversation" in done.stdout


def test_chat_survives_a_message_that_is_too_long(shop):
    done = run(shop, "chat", say="长" * 5000 + "\n你好\n")
    assert done.returncode == 0
    assert "max_message_chars" in done.stdout
    assert "您好" in done.stdout


def test_doctor_names_what_is_lacking_and_the_command_that_mends_it(shop):
    before = run(shop, "doctor", "--json")
    findings = {f["about"]: f for f in json.loads(before.stdout)}
    assert before.returncode == 0
    assert findings["knowledge"]["state"] == "lacking"
    assert findings["knowledge"]["mend"] == "shopassist ingest PATH"
    run(shop, "ingest", "pages")
    after = {f["about"]: f for f in json.loads(run(shop, "doctor", "--json").stdout)}
    assert "2 documents" in after["knowledge"]["text"]


def test_doctor_names_a_misspelt_variable(shop):
    done = run(shop, "doctor", SHOPASSIST_MODLE="none")
    assert "SHOPASSIST_MODLE is no setting" in done.stdout
    assert "SHOPASSIST_MODEL?" in done.stdout


def test_doctor_shows_the_kind_of_an_error_that_nobody_foresaw_and_looks_on(shop):
    for output in ([], ["--json"]):
        done = run(shop, "doctor", *output, SHOPASSIST_DATA_DIR="\udcff")
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert "this check failed (UnicodeEncodeError)" in done.stdout
        assert "free" in done.stdout
    folder = shop / "model"
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "1_Pooling" / "config.json").write_text("{")
    (folder / "model.onnx").touch()
    (folder / "tokenizer.json").write_text("{}")
    done = run(shop, "doctor", SHOPASSIST_EMBEDDINGS="onnx", SHOPASSIST_EMBEDDING_MODEL=str(folder))
    assert "Traceback" not in done.stderr
    assert "JSONDecodeError" in done.stdout


def test_doctor_fails_on_weights_that_are_named_and_not_there(shop):
    done = run(shop, "doctor", SHOPASSIST_MODEL="embedded", SHOPASSIST_MODELS_DIR=str(shop / "empty"))
    assert done.returncode == 1
    assert "shopassist pull" in done.stdout


def test_a_wrong_setting_is_one_message_without_a_traceback(shop):
    done = run(shop, "ask", "你好", SHOPASSIST_THREADS="many")
    assert done.returncode == 1
    assert "threads" in done.stderr
    assert "many" in done.stderr
    assert "Traceback" not in done.stderr


def test_graph_prints_mermaid(shop):
    done = run(shop, "graph")
    assert "graph TD" in done.stdout
    assert "retrieve --> compose" in done.stdout


def test_help_names_every_command(shop):
    done = run(shop, "--help")
    for command in ("pull", "ingest", "search", "ask", "chat", "doctor", "graph"):
        assert command in done.stdout
