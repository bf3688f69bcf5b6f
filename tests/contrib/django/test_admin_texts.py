"""The staff's pages speak Chinese and English whole, leave Django's own words alone, and need no admin where there is none."""

import gettext
import re
from pathlib import Path

import django
import pytest
import sentences
import servers


def catalogue(file):
    with Path(file).open("rb") as opened:
        return {k: v for k, v in gettext.GNUTranslations(opened)._catalog.items() if isinstance(k, str) and k}


def ours(language):
    return catalogue(sentences.APP / "locale" / language / "LC_MESSAGES" / "django.mo")


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_each_sentence_of_code_and_templates_is_translated_with_its_fields(language):
    found = ours(language)
    wanted = {s for s in sentences.every() if not s.startswith("%(count)d template")}
    assert len(wanted) > 400
    assert wanted - {*found} == set()
    fields = re.compile(r"%\(\w+\)[.\d]*[a-z]|\{\w+\}")
    assert [s for s in wanted if sorted(fields.findall(s)) != sorted(fields.findall(found[s]))] == []


def test_chinese_is_chinese():
    same = {s for s, told in ours("zh_Hans").items() if s == told}
    assert same == set()


def test_no_word_of_djangos_own_is_translated_anew():
    root, mine = Path(django.__file__).parent, ours("zh_Hans")
    kept = {"English": "英文", "Messages": "消息"}  # a language and messages, which Django calls much the same
    for file in [*root.glob("conf/locale/zh_Hans/**/django.mo"), *root.glob("contrib/a*/locale/zh_Hans/**/django.mo")]:
        theirs = catalogue(file)
        assert {s: (mine[s], theirs[s]) for s in {*mine} & {*theirs} - {*kept} if mine[s] != theirs[s]} == {}


def test_a_shop_without_the_admin_has_the_desk(tmp_path):
    values = {"SITE_BARE": 1, "SITE_FOLDER": tmp_path}
    servers.manage("check", **values)
    servers.manage("migrate", "--verbosity=0", **values)
    ask = (
        "from django.test import Client; from shopsite.models import Shopper; "
        "print(Client().get('/desk/')['Location'], Client().get('/admin/').status_code); "
        "c = Client(); c.force_login(Shopper.objects.create_superuser('boss')); print(c.get('/desk/').status_code)"
    )
    told = servers.manage("shell", "--verbosity=0", "-c", ask, **values).split()
    assert told == ["/login/li/?next=/desk/", "404", "200"]
