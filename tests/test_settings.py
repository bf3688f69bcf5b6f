"""Settings: where they come from, and what a bad one says."""

import copy
from datetime import timedelta

import pytest

from shopassist.errors import SettingError
from shopassist.settings import Settings, load, unknown_variables


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("language", "fr", "'zh' or 'en'"),
        ("timezone", "Mars/Base", "Asia/Shanghai"),
        ("clock", "noon", "datetime"),
        ("embeddings", "magic", "'auto', 'onnx', 'sentence-transformers' or 'none'"),
        ("threads", "0", "greater than or equal to 1"),
        ("threads", "many", "integer"),
        ("model", "gpt", "auto, none (templates), embedded"),
        ("model_context", "100", "2048"),
        ("ollama_url", "banana", "http://127.0.0.1:11434"),
        ("ollama_url", "127.0.0.1:11434", "http://127.0.0.1:11434"),
        ("ollama_url", "ftp://host", "http://127.0.0.1:11434"),
        ("ollama_url", "http://host:port", "http://127.0.0.1:11434"),
        ("ollama_url", "http://[host", "http://127.0.0.1:11434"),
        ("ollama_url", "http://host/?key=1", "http://127.0.0.1:11434"),
        ("max_tokens", "5", "16"),
        ("model_deadline", "0", "greater than 0"),
        ("max_message_chars", "10", "100"),
        ("relevance", "1.5", "less than or equal to 1"),
        ("tracing", "perhaps", "boolean"),
    ],
)
def test_a_bad_value_names_the_setting_the_value_and_what_is_allowed(monkeypatch, name, value, allowed):
    monkeypatch.setenv(f"SHOPASSIST_{name.upper()}", value)
    with pytest.raises(SettingError) as error:
        load()
    assert f"`{name}`" in str(error.value)
    assert repr(value) in str(error.value)
    assert allowed in str(error.value)


def test_every_bad_value_is_named_at_once():
    with pytest.raises(SettingError, match=r"(?s)`language`.*`max_tokens`"):
        load(language="fr", max_tokens=1)


def test_an_unknown_setting_is_refused_with_the_one_that_was_meant():
    with pytest.raises(SettingError, match="there is no setting `langage`; did you mean `language`"):
        load(langage="zh")


def test_an_unknown_setting_in_the_file_is_refused(tmp_path):
    (tmp_path / "shopassist.toml").write_text('shop_nam = "x"\n', encoding="utf-8")
    with pytest.raises(SettingError, match="`shop_nam`; did you mean `shop_name`"):
        load()


def test_an_unknown_variable_is_told_with_the_one_that_was_meant(monkeypatch):
    monkeypatch.setenv("SHOPASSIST_MODLE", "none")
    assert unknown_variables()["SHOPASSIST_MODLE"] == "SHOPASSIST_MODEL"


def test_arguments_beat_the_environment_which_beats_the_file(tmp_path, monkeypatch):
    (tmp_path / "shopassist.toml").write_text(
        'shop_name = "文件"\nmax_tokens = 100\nlanguage = "en"\n', encoding="utf-8"
    )
    monkeypatch.setenv("SHOPASSIST_SHOP_NAME", "环境")
    monkeypatch.setenv("SHOPASSIST_MAX_TOKENS", "200")
    settings = load(max_tokens=300)
    assert (settings.language, settings.shop_name, settings.max_tokens) == ("en", "环境", 300)


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "shopassist.toml").write_text("shop_name = \n", encoding="utf-8")
    with pytest.raises(SettingError, match=r"shopassist\.toml"):
        load()


def test_a_file_that_is_no_utf8_is_named(tmp_path):
    (tmp_path / "shopassist.toml").write_bytes('shop_name = "云集"\n'.encode("gbk"))
    with pytest.raises(SettingError, match=r"shopassist\.toml"):
        load()


def test_secrets_do_not_show():
    url = "postgresql://shop:hunter2@db/shop"
    settings = load(database_url=url)
    assert "hunter2" not in repr(settings) + str(settings) + str(settings.model_dump())
    assert settings.database_url.get_secret_value() == url


def test_a_bad_secret_does_not_show_in_the_error():
    with pytest.raises(SettingError) as error:
        load(database_url=["hunter2"])
    assert "hunter2" not in str(error.value)
    assert "`database_url`" in str(error.value)


@pytest.mark.parametrize("kept", [lambda s: s, copy.deepcopy, lambda s: load(**s.model_dump())])
def test_a_password_in_an_address_does_not_show_and_is_kept(kept):
    settings = kept(load(ollama_url="https://shop:hunter%402@gpu.shop:8443/ollama/"))
    shown = repr(settings) + str(settings.model_dump()) + settings.model_dump_json() + f"{settings.ollama_url}"
    assert "hunter" not in shown
    assert settings.ollama_url == "https://gpu.shop:8443/ollama"
    user, password = settings.ollama_url.login
    assert (user, password.get_secret_value()) == ("shop", "hunter@2")


@pytest.mark.parametrize(
    "url", ["http://shop:hunter2@", "ftp://shop:hunter2@host", "http://u:hunter2@h:x", "http://u:12/hunter2@h"]
)
def test_a_password_in_a_bad_address_does_not_show(url):
    with pytest.raises(SettingError, match="`ollama_url`") as error:
        load(ollama_url=url)
    assert "hunter2" not in str(error.value)
    with pytest.raises(ValueError, match="ollama_url") as error:
        Settings(ollama_url=url)
    assert "hunter2" not in str(error.value)


def test_a_clock_without_a_zone_is_in_the_shops_zone():
    now = load(clock="2024-12-05T10:00:00", timezone="Asia/Shanghai").now()
    assert now.isoformat() == "2024-12-05T10:00:00+08:00"


def test_a_clock_with_a_zone_is_told_in_the_shops_zone():
    assert load(clock="2024-12-05T02:00:00Z").now().isoformat() == "2024-12-05T10:00:00+08:00"


def test_without_a_clock_the_time_is_told_in_the_shops_zone():
    assert load().now().utcoffset() == timedelta(hours=8)


def test_a_home_folder_is_expanded():
    assert "~" not in str(load(data_dir="~/shop").data_dir)


def test_settings_cannot_be_changed_afterwards():
    with pytest.raises(ValueError, match="frozen"):
        load().language = "en"
