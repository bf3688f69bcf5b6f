"""The app as a senior Django developer looks at it: migrations, checks, settings, translations, nothing at start-up."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.test import override_settings
from django.utils import timezone, translation
from servers import environment, manage

from shopassist.contrib.django import conf, models, problems
from shopassist.contrib.django.assistant import get_assistant
from shopassist.contrib.django.conf import options

ROOT = Path(__file__).parents[3]
APP = ROOT / "src" / "shopassist" / "contrib" / "django"


def found(**settings):
    with override_settings(**settings):
        return {m.id: m for m in checks.run_checks(tags=["shopassist"])}


# 1 and 2


@pytest.mark.parametrize("keys", ["AutoField", "BigAutoField"])
def test_01_no_migration_is_missing_whatever_the_projects_keys_and_users_are(keys, tmp_path):
    at = {"SITE_KEYS": keys, "SITE_FOLDER": tmp_path}
    assert "No changes detected" in manage("makemigrations", "--check", "--dry-run", "shopassist", **at)
    manage("migrate", "--verbosity", "0", **at)
    assert "[X] 0001_initial" in manage("showmigrations", "shopassist", **at)
    manage("migrate", "shopassist", "zero", "--verbosity", "0", **at)


def test_02_the_package_is_imported_without_django():
    code = "import sys; sys.modules['django'] = None; import shopassist, shopassist.assistant; print('ok')"
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "ok"


def test_02_the_app_opens_nothing_at_start_up(tmp_path):
    code = (
        "import socket, sqlite3, sys, django\n"
        "def refuse(*arguments, **options): raise AssertionError('contacted at start-up')\n"
        "socket.socket.connect = sqlite3.connect = refuse\n"
        "django.setup()\n"
        "from django.urls import get_resolver; get_resolver().url_patterns\n"
        "print([m for m in ('langgraph', 'chromadb', 'langchain_core') if m in sys.modules])"
    )
    values = {"SITE_FOLDER": tmp_path, "SITE_DATABASE": "postgresql+psycopg://nobody@192.0.2.1/none"}
    done = subprocess.run([sys.executable, "-c", code], env=environment(**values), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not any(tmp_path.iterdir())


# 3


def test_03_the_projects_own_settings_are_sound():
    assert set(found()) == {"shopassist.W001"}


@pytest.mark.parametrize(
    ("dictionary", "id", "said"),
    [
        ([], "shopassist.E001", "dictionary"),
        ({"SHOPP": "x"}, "shopassist.E002", "Did you mean 'SHOP'?"),
        ({"OLLAMA_UR": "x"}, "shopassist.E002", "Did you mean 'OLLAMA_URL'?"),
        ({"shop": "x"}, "shopassist.E002", "Did you mean 'SHOP'?"),
        ({"DATABASE_URL": "x"}, "shopassist.E002", "DATABASES"),
        ({"MODEL": "gpt"}, "shopassist.E003", "who writes"),
        ({"TURNS": 0}, "shopassist.E003", "TURNS"),
        ({"WAIT": float("nan")}, "shopassist.E003", "from 0 on"),
        ({"KEEP_ALIVE": float("inf")}, "shopassist.E003", "from 1 on"),
        ({"RETENTION_DAYS": 0}, "shopassist.E003", "from 1 on"),
        ({"VISITORS": "yes"}, "shopassist.E003", "bool"),
        ({"THROTTLE_USER": "twenty"}, "shopassist.E003", "20/m"),
        ({"TOOLS": "shop.tools"}, "shopassist.E003", "list"),
        ({"CACHE": "redis"}, "shopassist.E003", "default"),
        ({"SHOP": "shopsite.shop.Shopp"}, "shopassist.E004", "shopsite.shop.Shop"),
        ({"SHOP": "nowhere.Shop"}, "shopassist.E004", "import"),
        ({"SHOP": "shopsite.settings.MIDDLEWARE"}, "shopassist.E004", "orders"),
        ({"SHOP": "shopassist.shop.OrderLine"}, "shopassist.E004", "without arguments"),
        ({"DESK": "shopassist.contrib.django.cards.cards"}, "shopassist.E004", "without arguments"),
        ({"TOOLS": ["shopsite.shop.Shop"]}, "shopassist.E004", "tool"),
        ({"CUSTOMER_ID": "shopsite.settings.HERE"}, "shopassist.E004", "called"),
    ],
)
def test_03_a_wrong_setting_is_reported_with_what_was_meant(dictionary, id, said):
    messages = found(SHOPASSIST=dictionary)
    assert id in messages
    told = f"{messages[id].msg} {messages[id].hint}"
    assert said.lower() in told.lower()


@pytest.mark.parametrize(
    ("settings", "id"),
    [
        ({"MIDDLEWARE": []}, "shopassist.E005"),
        ({"MIDDLEWARE": []}, "shopassist.E006"),
        (
            {"CACHES": {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "c"}}},
            "shopassist.W002",
        ),
        ({"CACHES": {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}}, "shopassist.W002"),
    ],
)
def test_03_a_project_that_does_not_fit_is_reported(settings, id):
    assert found(**settings)[id].hint


def test_03_atomic_requests_and_a_bare_sqlite_are_reported(tmp_path):
    from django.conf import settings

    bare = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "x", "ATOMIC_REQUESTS": True}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "DATABASES", bare)
        assert {"shopassist.W003", "shopassist.W004"} <= set(found())


# 4


def test_04_overridden_settings_take_effect_and_revert(sqlite_site, configured):
    before = options().turns
    with configured(TURNS=3, SHOP_NAME="甲店"):
        assert options().turns == 3
        inside = get_assistant()
        assert inside.settings.shop_name == "甲店"
        assert get_assistant() is inside
    assert options().turns == before
    with configured():
        assert get_assistant() is not inside
        assert get_assistant().settings.shop_name != "甲店"


def test_a_wrong_setting_that_is_used_is_named():
    with override_settings(SHOPASSIST={"TURNS": "many"}), pytest.raises(ImproperlyConfigured, match="TURNS"):
        options()


# 18


def _catalogue(language):
    import gettext

    path = APP / "locale" / language / "LC_MESSAGES" / "django.mo"
    with path.open("rb") as file:
        return gettext.GNUTranslations(file)


def _sentences():
    for model in (m for m in vars(models).values() if isinstance(m, type) and issubclass(m, models.models.Model)):
        yield from (model._meta.verbose_name, model._meta.verbose_name_plural)
        for field in (f for f in model._meta.get_fields() if hasattr(f, "verbose_name") and f.name != "id"):
            yield field.verbose_name
            yield from (label for _, label in field.choices or ())
            yield from filter(None, [field.help_text])
    yield from (sentence for _, sentence in problems.SENTENCES.values())


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_18_each_sentence_is_translated(language):
    with translation.override("en"):
        sources = {str(sentence) for sentence in _sentences()}
    catalogue = _catalogue(language)._catalog
    assert len(sources) > 60
    assert sources - set(catalogue) == set()
    if language == "zh_Hans":
        assert [s for s in sources if catalogue[s] == s] == []


def test_18_the_compiled_translations_are_those_of_the_texts(tmp_path):
    import shutil

    if not shutil.which("msgfmt"):
        pytest.skip("no msgfmt")
    for file in (APP / "locale").rglob("*.po"):
        subprocess.run(["msgfmt", "-o", tmp_path / "made.mo", file], check=True)
        assert (tmp_path / "made.mo").read_bytes() == file.with_suffix(".mo").read_bytes()


# The shop's own words


def test_a_template_changes_what_is_said_and_a_wrong_one_is_refused(
    site, configured, client_of, begin, say, monkeypatch
):
    from shopassist.contrib.django import texts

    monkeypatch.setattr(texts, "SECONDS", 0.0)
    with configured():
        client = client_of()
        at = begin(client)
        template = models.AnswerTemplate(language="zh", kind="knowledge", name="greeting", text="欢迎光临小店！")
        template.full_clean()
        template.approve("li", timezone.now())
        template.save()
        kinds = get_assistant().texts.languages["zh"].section.kinds["knowledge"]
        assert kinds["greeting"][0].say[0].render({}, None) == "欢迎光临小店！"
        models.AnswerTemplate.objects.update(active=False)
        kinds = get_assistant().texts.languages["zh"].section.kinds["knowledge"]
        assert "欢迎光临小店！" not in str(kinds.get("greeting"))
        template.text = "订单 {order|nothing} 好啦。"
        with pytest.raises(ValidationError, match="nothing"):
            template.full_clean()
        assert say(client, at).status_code == 200


def test_the_documented_settings_are_those_that_there_are():
    told = (ROOT / "docs" / "django.md").read_text("utf-8")
    missing = [name for name in conf.Options.__dataclass_fields__ if f"`{name.upper()}`" not in told]
    assert missing == []
    ids = {
        line.split()[0]
        for line in (APP / "checks.py").read_text("utf-8").splitlines()
        if line.startswith("shopassist.")
    }
    assert [one for one in sorted(ids) if one not in told] == []
