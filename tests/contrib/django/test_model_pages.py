"""The shop's models as pages: what is marked is read, what is rolled back is not, what is not public never is."""

import os
import subprocess
import sys
from datetime import date

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext
from shopsite.models import Feature, Gadget, Maker

from shopassist.contrib.django import indexing
from shopassist.contrib.django.marks import follow
from shopassist.contrib.django.models import PageMark
from shopassist.contrib.django.pages import ModelSource, Pages, register, registered
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.protocols import SourceText, Unchanged, Unreadable


@pytest.fixture
def lamp():
    """Makes a lamp with a feature."""

    def make(code="L-1", name="夜灯一号", value="IPX4", **values):
        gadget = Gadget.objects.create(code=code, name=name, description=f"<p>{name}光线<b>柔和</b>。</p>", **values)
        Feature.objects.create(gadget=gadget, name="防水", value=value)
        return gadget

    return make


@pytest.fixture
def catalogue(site, configured, tmp_path):
    """An empty index of the catalogue alone; says what a question finds."""
    with configured(DATA_DIR=str(tmp_path)):

        def found(question):
            pages = ChromaKnowledge(tmp_path / "knowledge", None)
            return "\n".join(p.text for p in pages.search(question, language="zh", valid_on=date(2026, 1, 1)))

        yield found


def index(*options):
    call_command("shopassist_index", *options, verbosity=0)


def test_14_an_edited_attribute_is_found_after_the_index_command(catalogue, lamp):
    gadget = lamp()
    index()
    assert "防水：IPX4" in catalogue("夜灯防水吗")
    feature = gadget.features.get()
    feature.value = "IPX7"
    feature.save()
    index()
    assert "防水：IPX7" in catalogue("夜灯防水吗")
    assert "IPX4" not in catalogue("夜灯防水吗")
    assert not PageMark.objects.exists()


def test_14_a_roll_back_indexes_nothing(catalogue, lamp, site):
    lamp()
    index()
    with transaction.atomic(using=site):
        lamp("L-2", "露营灯", "IPX9")
        assert PageMark.objects.filter(key="L-2").exists()
        transaction.set_rollback(True, using=site)
    assert not PageMark.objects.exists()
    assert indexing.update() is None
    assert "IPX9" not in catalogue("露营灯防水吗")


def test_14_unpublishing_by_update_is_removed_by_reconcile(catalogue, lamp):
    lamp()
    lamp("L-2", "露营灯", "IPX9")
    index()
    Gadget.objects.filter(code="L-2").update(is_public=False)
    assert indexing.waiting() == 0
    index()
    assert "IPX9" in catalogue("露营灯防水吗")
    index("--reconcile")
    assert "IPX9" not in catalogue("露营灯防水吗")


def test_15_what_the_queryset_leaves_out_is_never_found(catalogue, lamp):
    lamp()
    lamp("L-2", "露营灯", "IPX9", is_public=False)
    index("--reconcile")
    assert "IPX9" not in catalogue("露营灯防水吗")


def test_what_is_deleted_leaves_the_index_with_what_led_to_it(catalogue, lamp):
    gadget, _ = lamp(), lamp("L-2", "露营灯", "IPX9")
    index()
    gadget.features.all().delete()
    index()
    assert "IPX4" not in catalogue("夜灯防水吗")
    gadget.delete()
    index()
    assert "夜灯一号" not in catalogue("夜灯光线")
    assert "IPX9" in catalogue("露营灯防水吗")


def test_a_link_marks_its_object_from_either_side(site, lamp):
    gadget, maker = lamp(), Maker.objects.create(name="宁波灯具厂")
    for change in (
        lambda: gadget.makers.add(maker),
        lambda: gadget.makers.remove(maker),
        lambda: maker.gadget_set.add(gadget),
        lambda: maker.gadget_set.clear(),
    ):
        PageMark.objects.all().delete()
        change()
        assert {(m.source, m.key) for m in PageMark.objects.all()} == {("django:shopsite.gadget", "L-1")}


def test_only_what_was_marked_is_read(catalogue, lamp, site):
    for number in range(6):
        lamp(f"L-{number}", f"灯{number}")
    index()
    [pages] = registered()
    marks = {f"L-{n}/0": pages.mark for n in range(6)}
    read = list(ModelSource(pages, {"L-3"}).read(marks))
    assert [r.place for r in read if isinstance(r, SourceText)] == ["L-3/0"]
    assert [r.place for r in read if isinstance(r, Unchanged)] == [f"L-{n}/0" for n in (0, 1, 2, 4, 5)]
    with CaptureQueriesContext(connections[site]) as queries:
        list(ModelSource(pages, {"L-3"}).read(marks))
    assert len(queries) == 4  # the keys, the marked object, its features, its makers


def test_a_release_that_tells_them_otherwise_reads_all_anew(site, lamp):
    lamp()
    [pages] = registered()
    [read] = ModelSource(pages, set()).read({"L-1/0": "of the release before"})
    assert isinstance(read, SourceText)


def test_an_object_that_breaks_keeps_its_mark_and_nobody_else_out(catalogue, lamp, capsys):
    gadget, _ = lamp(), lamp("L-2", "露营灯", "IPX9")
    index()
    gadget.description = "broken"
    gadget.save()
    Gadget.objects.get(code="L-2").save()
    with pytest.raises(SystemExit) as ended:
        index()
    assert ended.value.code == 1
    assert "GadgetPages broke on it: ZeroDivisionError" in capsys.readouterr().err
    assert "IPX4" in catalogue("夜灯防水吗")
    assert [m.key for m in PageMark.objects.all()] == ["L-1"]


def test_a_failure_of_the_index_keeps_every_mark(catalogue, lamp, configured, tmp_path):
    lamp()
    (tmp_path / "file").write_text("")
    with configured(DATA_DIR=str(tmp_path / "file")), pytest.raises(CommandError, match="file"):
        index()
    assert PageMark.objects.exists()


def test_a_rebuild_makes_the_whole_index_again(catalogue, lamp, capsys):
    lamp()
    index()
    index("--rebuild")
    assert "gen-000002" in capsys.readouterr().out
    assert "防水：IPX4" in catalogue("夜灯防水吗")


def test_files_are_read_beside_the_models(catalogue, lamp, configured, tmp_path):
    lamp()
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "returns.md").write_text("# 退货\n签收后 7 天内可以退货。", "utf-8")
    with configured(DATA_DIR=str(tmp_path), PAGES=[tmp_path / "pages"]):
        index()
    assert "7 天内可以退货" in catalogue("怎么退货")


def test_an_edited_file_is_read_though_no_object_changed(catalogue, lamp, configured, tmp_path, capsys):
    lamp()
    page = tmp_path / "pages" / "returns.md"
    page.parent.mkdir()
    page.write_text("# 退货\n签收后 7 天内可以退货。", "utf-8")
    with configured(DATA_DIR=str(tmp_path), PAGES=[page.parent]):
        index()
        page.write_text("# 退货\n签收后 15 天内可以退货。", "utf-8")
        index()
        assert "15 天内可以退货" in catalogue("怎么退货")
        assert "防水：IPX4" in catalogue("夜灯防水吗")
        capsys.readouterr()
        index()
        assert "nothing has changed" in capsys.readouterr().out


def test_a_mark_that_was_committed_later_is_not_taken_away(catalogue, lamp, site, monkeypatch):
    """In PostgreSQL a transaction that began earlier may commit later, and its marks have lower numbers."""
    lamp()
    first = PageMark.objects.using(site).earliest("pk")
    PageMark.objects.using(site).filter(pk=first.pk).delete()
    [pages] = registered()

    def texts(page, told=pages.texts):
        PageMark.objects.using(site).get_or_create(pk=first.pk, source=first.source, key="L-2")
        return told(page)

    monkeypatch.setattr(pages, "texts", texts)  # the real ones; the other transaction ends while they are read
    index()
    assert [m.key for m in PageMark.objects.using(site).all()] == ["L-2"]


def test_thousands_of_broken_objects_keep_their_marks(catalogue, site, capsys):
    """As many as no database takes in one condition."""
    Gadget.objects.bulk_create([Gadget(code=f"B-{n}", name="灯", description="broken") for n in range(1500)])
    PageMark.objects.bulk_create([PageMark(source="django:shopsite.gadget", key=f"B-{n}") for n in range(1500)])
    Gadget.objects.create(code="L-1", name="夜灯一号", description="<p>光线柔和。</p>")
    with pytest.raises(SystemExit):
        index()
    assert PageMark.objects.count() == 1500


def test_watch_reads_edited_files_and_goes_on_after_an_error(
    catalogue, lamp, configured, tmp_path, monkeypatch, capsys
):
    lamp()
    page = tmp_path / "pages" / "returns.md"
    page.parent.mkdir()
    page.write_text("# 退货\n签收后 7 天内可以退货。", "utf-8")
    current = tmp_path / "knowledge" / "CURRENT"
    was = []

    def edit():
        page.write_text("# 退货\n签收后 15 天内可以退货，运费由买家承担。", "utf-8")

    def damage():
        assert "15 天内" in catalogue("怎么退货")
        was.append(current.read_text())
        current.write_text("nothing")
        page.write_text("# 退货\n签收后 30 天内可以退货，运费由商家承担。", "utf-8")

    def mend():
        current.write_text(was[0])

    def end():
        raise KeyboardInterrupt

    acts = iter([edit, damage, lambda: None, mend, end])
    monkeypatch.setattr("time.sleep", lambda seconds: next(acts)())  # what happens at each of the command's waits
    with configured(DATA_DIR=str(tmp_path), PAGES=[page.parent]):
        index("--watch")
    told = capsys.readouterr()
    assert "30 天内" in catalogue("怎么退货")
    assert told.err.count("; trying again") == 1
    assert told.out.count("1 changed") == 2


def test_a_dry_run_writes_nothing(catalogue, lamp, capsys, tmp_path):
    lamp()
    index("--dry-run")
    assert "1 added" in capsys.readouterr().out
    assert not (tmp_path / "knowledge").exists()
    assert PageMark.objects.exists()


def test_a_template_names_fields_and_html_becomes_text(site, lamp):
    class Short(Pages):
        title = "{name} ({code})"
        text = "{description}"
        html = ("description",)

    gadget = lamp()
    [told] = Short(Gadget).texts(gadget)
    assert told == {"id": "L-1", "text": "夜灯一号光线柔和。", "title": "夜灯一号 (L-1)"}
    [plain] = Pages(Gadget).texts(gadget)
    assert plain["title"] == "夜灯一号"


def test_a_page_without_text_is_told(site, lamp):
    gadget = lamp()

    class Broken(Pages):
        text = "{colour}"

    assert isinstance(next(ModelSource(Broken(Gadget)).read({})), Unreadable)
    with pytest.raises(ImproperlyConfigured, match="no 'shelf'"):
        follow([gadget], "shelf")


def test_two_classes_of_one_model_need_names(site):
    with pytest.raises(ImproperlyConfigured, match="set `name`"):

        @register(Gadget)
        class Other(Pages):
            pass

    with pytest.raises(ImproperlyConfigured, match="must be a class"):
        register(Gadget)(len)


def test_the_command_refuses_what_does_not_go_together(site):
    with pytest.raises(CommandError, match="do not go together"):
        index("--watch", "--dry-run")
    with pytest.raises(CommandError, match="more than 0"):
        index("--watch", "--every", "0")


def test_start_up_reads_no_page(site):
    """Registered are classes; the database is first asked by the command."""
    code = (
        "import django.db.backends.utils as u\n"
        "def refuse(*a, **k): raise SystemExit('asked the database')\n"
        "u.CursorWrapper.execute = refuse\n"
        "import django; django.setup()\n"
        "from shopassist.contrib.django.pages import registered; print(len(registered()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=__file__.rpartition("/")[0],
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.strip() == "1", done.stderr
