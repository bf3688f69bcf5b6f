"""Answer templates: only what is approved and valid is said, who approves is known, and imports make drafts."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from shopassist import Customer
from shopassist.contrib.django import approved, frequent, models, placeholders, texts
from shopassist.contrib.django.assistant import get_assistant
from shopassist.errors import InputError

A = "/admin/shopassist/answertemplate/"
QUESTION = "会员积分怎么用"
ANSWER = "100 积分抵 1 元，结算时可用。"
WORDS = {"kind": "answer", "language": "zh", "name": "", "question": QUESTION, "text": ANSWER, "active": "on"}


@pytest.fixture(autouse=True)
def _site(site, configured, monkeypatch):
    monkeypatch.setattr(texts, "SECONDS", -1.0)
    monkeypatch.setattr(approved, "SECONDS", -1.0)
    with configured():
        yield


@pytest.fixture
def template():
    """Store a template: ``template(approved=True, text="…")``."""

    def made(*, says=True, **values):
        values = {"language": "zh", "kind": "answer", "question": QUESTION, "text": ANSWER, **values}
        row = models.AnswerTemplate(**values)
        if says:
            row.approve("boss", timezone.now())
        row.save()
        return row

    return made


def ask(text=QUESTION, conversation=None, customer="7"):
    name = conversation or f"c-{models.Conversation.objects.count()}"
    return get_assistant().reply(text, conversation=name, customer=Customer(customer))


def today():
    return get_assistant().settings.now().date()


# What is said


def test_an_approved_answer_is_said_word_for_word_with_itself_as_its_source(template):
    row = template()
    reply = ask()
    assert reply.text == ANSWER
    [citation] = reply.citations
    assert (citation.document, citation.title, citation.quote) == (f"answer:{row.pk}", QUESTION, ANSWER)
    assert ask(f"请问{QUESTION}呢？").text == ANSWER


def test_a_draft_is_never_said(template):
    row = template(says=False)
    assert row.state == "draft"
    assert ANSWER not in ask().text
    row.approve("boss", timezone.now())
    row.save()
    assert ask().text == ANSWER


@pytest.mark.parametrize(
    ("first", "last", "state"),
    [(None, -1, "over"), (1, None, "coming"), (0, 0, "said"), (-3, 3, "said"), (None, None, "said")],
)
def test_an_answer_is_said_on_its_days_alone(template, first, last, state):
    days = {
        name: None if n is None else today() + timedelta(days=n)
        for name, n in (("valid_from", first), ("valid_to", last))
    }
    row = template(**days)
    assert row.state == state
    assert (ask().text == ANSWER) is (state == "said")


def test_one_that_is_switched_off_is_not_said(template):
    assert template(active=False).state == "off"
    assert ask().text != ANSWER


def test_another_question_is_not_answered_by_it(template):
    template()
    for text in ("会员积分不能用", "会员积分怎么退", "七天无理由怎么退？"):
        assert ask(text).text != ANSWER, text


def test_a_question_within_a_matter_of_the_customers_own_is_not_answered_by_it(template, shopper, order):
    li = shopper("li")
    order(li)
    template(question="怎么取消", text="点取消按钮。")
    ask("帮我把订单ORD20241201002取消了", "c-own", str(li.pk))
    assert ask("怎么取消", "c-own", str(li.pk)).text != "点取消按钮。"


def test_names_of_shop_and_assistant_are_filled_in(template):
    template(text="欢迎来到{shop}，我是{assistant}。")
    settings = get_assistant().settings
    assert ask().text == f"欢迎来到{settings.shop_name}，我是{settings.assistant_name}。"


def test_a_decisive_sentence_follows_its_dates_and_the_last_to_begin_speaks(template):
    def said():
        return get_assistant().texts.say("fact", "thanks", {}, "zh")

    built_in = said()
    yesterday, tomorrow = (today() + timedelta(days=n) for n in (-1, 1))
    template(kind="fact", name="thanks", question="", text="常年的客气话。")
    template(kind="fact", name="thanks", question="", text="过去的客气话。", valid_to=yesterday)
    template(kind="fact", name="thanks", question="", text="明天的客气话。", valid_from=tomorrow)
    template(kind="fact", name="thanks", question="", text="草稿的客气话。", says=False)
    assert said() == "常年的客气话。" != built_in
    template(kind="fact", name="thanks", question="", text="这几天的客气话。", valid_from=yesterday, valid_to=tomorrow)
    assert said() == "这几天的客气话。"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "fact", "name": "", "text": "好。"}, "name"),
        ({"kind": "fact", "name": "thanks", "text": ""}, "text"),
        ({"kind": "fact", "name": "thanks", "text": "{order|nothing}"}, "text"),
        ({"kind": "fact", "name": "any", "text": "要 {order} 的。"}, "text"),
        ({"question": ""}, "question"),
        ({"text": "{order|number} 好了"}, "text"),
        ({"text": "{shop"}, "text"),
        ({"valid_from": date(2025, 2, 1), "valid_to": date(2025, 1, 1)}, "valid_to"),
    ],
)
def test_what_could_not_be_said_is_refused_and_the_field_named(template, values, field):
    with pytest.raises(ValidationError) as caught:
        template(**values)
    assert field in caught.value.message_dict


# Who approves


def test_who_may_write_makes_drafts_and_only_who_may_approve_lets_them_be_said(client_of, staff):
    writes = ["add_answertemplate", "change_answertemplate", "view_answertemplate"]
    writer = client_of(staff("lan", *writes))
    assert writer.post(f"{A}add/", WORDS).status_code == 302
    row = models.AnswerTemplate.objects.get()
    assert (row.author, row.approved, row.approved_by) == ("lan", None, "")
    assert writer.post(f"{A}{row.pk}/change/", {**WORDS, "_approve": "1"}).status_code == 403
    writer.post(A, {"action": "approve", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.approved is None
    boss = client_of(staff("boss", *writes, "approve_answertemplate"))
    boss.post(A, {"action": "approve", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.approved_by == "boss"
    assert ask().text == ANSWER


def test_changed_words_are_a_draft_again_and_a_switch_is_not(client_of, staff, template):
    row = template()
    client = client_of(staff("lan", "change_answertemplate", "view_answertemplate"))
    client.post(f"{A}{row.pk}/change/", {**WORDS, "active": ""})
    row.refresh_from_db()
    assert (row.approved_by, row.active) == ("boss", False)
    client.post(f"{A}{row.pk}/change/", {**WORDS, "text": "换了说法。"})
    row.refresh_from_db()
    assert (row.approved, row.approved_by) == (None, "")
    assert "换了说法" not in ask().text


def test_an_empty_draft_is_not_approved(client_of, staff, template):
    row = template(says=False, text="")
    client = client_of(staff("boss", "change_answertemplate", "view_answertemplate", "approve_answertemplate"))
    client.post(A, {"action": "approve", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.approved is None


def test_beside_the_form_stand_the_fields_of_the_tool_and_the_built_in_sentence(client_of, staff):
    client = client_of(staff("lan", "view_answertemplate"))
    found = client.get(f"{A}fields/", {"language": "zh", "kind": "done", "name": "cancel_order"}).json()
    assert "{order/order_id|number}" in found["fields"]
    assert any("已取消" in sentence for sentence in found["sentences"])
    assert "cancel_order" in found["names"]
    assert client.get(f"{A}fields/", {"kind": "answer"}).json()["fields"] == ["{shop}", "{assistant}"]
    assert client.get(f"{A}fields/", {"language": "xx", "kind": "yy"}).json()["fields"] == []
    assert client_of(staff("mei")).get(f"{A}fields/").status_code == 403


def test_each_built_in_sentence_is_shown_so_that_it_can_be_taken_over():
    from shopassist.prompts.points import points
    from shopassist.prompts.template import read

    for language, words in points().languages.items():
        for kind, named in words.section.kinds.items():
            for name, cases in named.items():
                shown = placeholders.beside(language, kind, name).sentences
                assert tuple(map(read, shown)) == tuple(form for case in cases for form in case.say)


# Drafts from questions


def test_frequent_questions_become_drafts_without_personal_data(client_of, staff):
    for n in range(3):
        ask("七天无理由退货运费谁出？", f"c-a{n}", str(n))
    ask("我叫王小明，电话13800138000，七天无理由退货运费谁出？", "c-b", "9")
    ask("保修多久", "c-c", "9")
    [one] = frequent.frequent(get_assistant(), since=timezone.now() - timedelta(days=1))
    assert one.count >= 3
    assert "运费" in one.question
    assert "13800138000" not in str(one)
    assert "王小明" not in str(one)
    assert one.answer
    client = client_of(staff("lan", "add_answertemplate", "view_answertemplate"))
    page = client.get(f"{A}import/?look=1").content.decode()
    assert one.question in page
    assert client.post(f"{A}import/", {"question": f"zh {one.question}"}).status_code == 302
    row = models.AnswerTemplate.objects.get()
    assert (row.state, row.author, row.asked, row.text) == ("draft", "lan", one.count, one.answer)
    client.post(f"{A}import/", {"question": f"zh {one.question}"})
    assert models.AnswerTemplate.objects.count() == 1


def test_a_file_of_questions_and_answers_becomes_drafts_and_wrong_rows_are_named(client_of, staff):
    text = (
        "问题,答案,生效日期\n"
        f'"{QUESTION}\n积分有什么用",{ANSWER},2024-01-01\n'
        "Do you ship abroad?,Not yet.,\n"
        ",没有问题,\n"
        "什么时候上新,每周五。,明天\n"
    )
    client = client_of(staff("lan", "add_answertemplate", "view_answertemplate"))
    for encoding in ("utf-8-sig", "gb18030"):
        file = SimpleUploadedFile("faq.csv", (text + "# " + "汉字" * 40 + ",答\n").encode(encoding))
        page = client.post(f"{A}import/", {"file": file}, follow=True).content.decode()
        assert "第 4 行" in page
        assert "第 5 行" in page
    rows = models.AnswerTemplate.objects.order_by("pk")
    assert rows.count() == 3  # the same file again makes none twice
    assert [row.state for row in rows] == ["draft"] * 3
    assert rows[0].questions == [QUESTION, "积分有什么用"]
    assert rows[0].valid_from == date(2024, 1, 1)
    assert rows[1].language == "en"
    assert ANSWER not in ask().text


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "空的|rows"),
        ("问题,回复内容\na,b\n".encode(), "answer"),
        (b"\xff\xfe\x00\x01\x02", "."),
        (b'question,answer\n"a,b\n', "CSV"),
        (b"question,answer\n" + b"a,b\n" * 2001, "2000"),
        (b"x" * 1_000_001, "1000"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_with_the_reason(data, told):
    with pytest.raises(InputError, match=told):
        frequent.from_csv(data, "lan")
    assert not models.AnswerTemplate.objects.exists()
