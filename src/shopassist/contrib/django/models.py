"""What is stored of conversations. The stores in `store.py` and `ledger.py` write it; read it as you like.

Texts and JSON hold placeholders for personal data (``<PHONE_1>``); the values stand in `Conversation.vault` alone.
"""

from __future__ import annotations

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

KEY = 200
"""The longest id of a conversation, a message or a customer: `shopassist.messages.ID_CHARS`."""


class Mode(models.TextChoices):
    """Who has a conversation."""

    BOT = "bot", _("the assistant")
    WAITING = "waiting", _("waits for a person")
    PERSON = "person", _("a person")


class Conversation(models.Model):
    """A dialogue with its state. An erased one stays as an empty row, which keeps late answers out."""

    id = models.CharField(_("id"), max_length=KEY, primary_key=True)
    owner = models.CharField(_("customer"), max_length=KEY, null=True, blank=True, db_index=True)
    visitor = models.CharField(_("visitor"), max_length=64, blank=True, default="", db_index=True)
    mode = models.CharField(_("who has it"), max_length=16, choices=Mode.choices, default=Mode.BOT)
    state = models.JSONField(_("state"), default=dict, blank=True)
    vault = models.JSONField(_("personal data"), default=dict, blank=True)
    revision = models.PositiveIntegerField(_("turns"), default=0)
    fence = models.PositiveIntegerField(_("claims"), default=0)
    lease_token = models.CharField(_("lease"), max_length=32, null=True, blank=True)
    lease_until = models.FloatField(_("lease until"), null=True, blank=True)
    created = models.DateTimeField(_("begun"))
    touched = models.DateTimeField(_("last message"), db_index=True)
    erased = models.DateTimeField(_("erased"), null=True, blank=True)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        ordering = ("-touched",)
        permissions = (("view_personal", "Can see customers' personal data"),)

    def __str__(self) -> str:
        return self.id


class Role(models.TextChoices):
    """Who wrote a message."""

    CUSTOMER = "customer", _("customer")
    ASSISTANT = "assistant", _("assistant")
    PERSON = "person", _("person")


class Message(models.Model):
    """One message. `partial` is what was shown of an answer to it that broke off."""

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="messages", verbose_name=_("conversation")
    )
    seq = models.PositiveIntegerField(_("number"))
    role = models.CharField(_("written by"), max_length=16, choices=Role.choices)
    client_id = models.CharField(_("sender's id"), max_length=KEY, null=True, blank=True)
    text = models.TextField(_("text"), blank=True)
    turn = models.PositiveIntegerField(_("turn"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    items = models.JSONField(_("cards"), default=list, blank=True)
    agent = models.CharField(_("person"), max_length=KEY, null=True, blank=True)
    partial = models.TextField(_("shown of a broken answer"), blank=True, default="")
    created = models.DateTimeField(_("written"))

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ("conversation_id", "seq")
        indexes = (models.Index(fields=("conversation", "turn"), name="shopassist_message_turn"),)
        constraints = (
            models.UniqueConstraint(fields=("conversation", "seq"), name="shopassist_message_seq"),
            models.UniqueConstraint(fields=("conversation", "client_id"), name="shopassist_message_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="shopassist_message_role"),
        )

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.seq}"


class Turn(models.Model):
    """An answered turn: the whole reply with its evidence, and what it cost."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="turns", verbose_name=_("conversation"))
    number = models.PositiveIntegerField(_("number"))
    reply = models.JSONField(_("reply"))
    usage = models.JSONField(_("usage"))
    created = models.DateTimeField(_("answered"))

    class Meta:
        verbose_name = _("turn")
        verbose_name_plural = _("turns")
        ordering = ("conversation_id", "number")
        indexes = (models.Index(fields=("conversation", "created"), name="shopassist_turn_created"),)
        constraints = (models.UniqueConstraint(fields=("conversation", "number"), name="shopassist_turn_once"),)

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.number}"


class TurnFacts(models.Model):
    """What lists and statistics ask of a turn, beside the long reply: a row for each `Turn`, written with it.

    `intents` are in bars (``|cancel_order|invoice|``), so that a filter works alike on every database. `said` is false
    where a person had the conversation and the assistant was silent. Times are seconds.
    """

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="facts", verbose_name=_("conversation"))
    number = models.PositiveIntegerField(_("number"))
    created = models.DateTimeField(_("answered"), db_index=True)
    said = models.BooleanField(_("the assistant spoke"))
    intents = models.CharField(_("intents"), max_length=500, blank=True)
    mood = models.CharField(_("mood"), max_length=16)
    handed = models.BooleanField(_("handed over"))
    searched = models.BooleanField(_("looked up in the pages"))
    unanswered = models.BooleanField(_("no page answered"))
    cached = models.BooleanField(_("answer was kept"))
    degraded = models.BooleanField(_("without the model"))
    replaced = models.PositiveIntegerField(_("sentences replaced"))
    model_calls = models.PositiveIntegerField(_("model calls"))
    saved_calls = models.PositiveIntegerField(_("model calls saved"))
    saved_seconds = models.FloatField(_("seconds saved"))
    first = models.FloatField(_("seconds to the first sentence"), null=True)
    seconds = models.FloatField(_("seconds"))

    class Meta:
        verbose_name = _("facts of a turn")
        verbose_name_plural = _("facts of turns")
        ordering = ("conversation_id", "number")
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("conversation", "number"), name="shopassist_facts_once"),)

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.number}"


class HandOffStatus(models.TextChoices):
    """How far a hand-off is."""

    WAITING = "waiting", _("waiting")
    PERSON = "person", _("with a person")
    CLOSED = "closed", _("closed")


class HandOff(models.Model):
    """A conversation that was handed to a person."""

    id = models.CharField(_("number"), max_length=16, primary_key=True)
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="handoffs", verbose_name=_("conversation")
    )
    turn = models.PositiveIntegerField(_("turn"))
    reason = models.TextField(_("reason"))
    summary = models.JSONField(_("summary"))
    status = models.CharField(_("status"), max_length=16, choices=HandOffStatus.choices, default=HandOffStatus.WAITING)
    agent = models.CharField(_("person"), max_length=KEY, null=True, blank=True)
    created = models.DateTimeField(_("handed over"))

    class Meta:
        verbose_name = _("hand-off")
        verbose_name_plural = _("hand-offs")
        ordering = ("created", "conversation_id", "turn")
        permissions = (("work_at_desk", "Can take conversations at the desk"),)
        indexes = (models.Index(fields=("status", "created"), name="shopassist_handoff_status"),)
        constraints = (
            models.UniqueConstraint(fields=("conversation", "turn"), name="shopassist_handoff_turn"),
            models.UniqueConstraint(
                fields=("conversation",),
                condition=Q(status__in=(HandOffStatus.WAITING, HandOffStatus.PERSON)),
                name="shopassist_handoff_open",
            ),
            models.CheckConstraint(condition=Q(status__in=HandOffStatus.values), name="shopassist_handoff_known"),
        )

    def __str__(self) -> str:
        return self.id


class WriteState(models.TextChoices):
    """How far a change came; see `shopassist.tools.ledger.WriteState`."""

    RESERVED = "reserved", _("reserved")
    CALLED = "called", _("called")
    DONE = "done", _("done")
    REFUSED = "refused", _("refused")
    UNKNOWN = "unknown", _("unknown")


class Write(models.Model):
    """A change in the shop that a customer agreed to. `key` is the consent's id: it happens once."""

    key = models.CharField(_("consent"), max_length=KEY, primary_key=True)
    tool = models.CharField(_("tool"), max_length=KEY)
    subject = models.CharField(_("customer"), max_length=KEY, db_index=True)
    args = models.JSONField(_("arguments"))
    consent = models.JSONField(_("what was agreed to"))
    state = models.CharField(_("state"), max_length=16, choices=WriteState.choices)
    fence = models.PositiveIntegerField(_("reconciliations"), default=1)
    begun = models.DateTimeField(_("begun"))
    settled = models.DateTimeField(_("settled"), null=True, blank=True)
    outcome = models.JSONField(_("outcome"), default=dict, blank=True)

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ("-begun",)
        indexes = (models.Index(fields=("state", "begun"), name="shopassist_write_state"),)
        constraints = (models.CheckConstraint(condition=Q(state__in=WriteState.values), name="shopassist_write_known"),)

    def __str__(self) -> str:
        return f"{self.tool} {self.key}"


class TemplateLanguage(models.TextChoices):
    """The languages that the assistant speaks."""

    ZH = "zh", _("Chinese")
    EN = "en", _("English")


class TemplateKind(models.TextChoices):
    """The kinds of sentences; see `shopassist.prompts.points`."""

    FACT = "fact", _("fact")
    DONE = "done", _("deed")
    REFUSED = "refused", _("refusal")
    ASK = "ask", _("question")
    CONSENT = "consent", _("question for consent")
    HANDOFF = "handoff", _("hand-off")
    KNOWLEDGE = "knowledge", _("knowledge")
    SYMPATHY = "sympathy", _("sympathy")
    ANSWER = "answer", _("answer to a question")


class AnswerTemplate(models.Model):
    """The shop's own words: for a decisive sentence instead of the built-in ones, or as the answer to a question.

    It is said once somebody has approved it, on the days from `valid_from` to `valid_to`; until then it is a draft. Of
    several for the same sentence the one that begins last speaks, then the one that was approved last.
    """

    language = models.CharField(_("language"), max_length=8, choices=TemplateLanguage.choices)
    kind = models.CharField(_("kind"), max_length=16, choices=TemplateKind.choices)
    name = models.CharField(
        _("name"),
        max_length=KEY,
        blank=True,
        help_text=_("For example cancel_order, or cancel_order.timeout. Empty for the answer to a question."),
    )
    question = models.TextField(
        _("question"), blank=True, default="", help_text=_("For the answer to a question: one wording on each line.")
    )
    text = models.TextField(
        _("text"), blank=True, help_text=_("A sentence with fields in braces; one form on each line.")
    )
    active = models.BooleanField(_("in use"), default=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True, help_text=_("The last day on which it is said."))
    asked = models.PositiveIntegerField(_("times asked"), default=0, editable=False)
    author = models.CharField(_("author"), max_length=KEY, blank=True, default="", editable=False)
    approved = models.DateTimeField(_("approved"), null=True, blank=True, editable=False)
    approved_by = models.CharField(_("approved by"), max_length=KEY, blank=True, default="", editable=False)
    updated = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("answer template")
        verbose_name_plural = _("answer templates")
        ordering = ("language", "kind", "name", "pk")
        permissions = (("approve_answertemplate", "Can approve answer templates"),)
        indexes = (models.Index(fields=("language", "kind", "name"), name="shopassist_template_name"),)

    def __str__(self) -> str:
        return self.questions[0] if self.questions else f"{self.kind} {self.name}"

    @property
    def questions(self) -> list[str]:
        """The wordings of the question."""
        return [line.strip() for line in self.question.splitlines() if line.strip()]

    @property
    def state(self) -> str:
        """What the assistant makes of it: ``draft``, ``off``, ``coming``, ``over`` or ``said``, today."""
        from shopassist.contrib.django.texts import today

        return self.state_on(today())

    def state_on(self, day: date) -> str:
        """The same on a day."""
        if self.approved is None:
            return "draft"
        if not self.active:
            return "off"
        if self.valid_from and day < self.valid_from:
            return "coming"
        return "over" if self.valid_to and day > self.valid_to else "said"

    def approve(self, who: str, when: datetime) -> None:
        """Let the assistant say it. Raises `ValidationError` where it could not."""
        self.clean()
        if not self.text.strip():
            raise ValidationError({"text": _("A sentence is missing.")})
        self.approved, self.approved_by = when, who

    def clean(self) -> None:
        """Raise `ValidationError` where the assistant could not say it."""
        from shopassist.contrib.django.texts import mistakes

        if wrong := mistakes(self):
            raise ValidationError(wrong)


class Rating(models.TextChoices):
    """What a customer thinks of an answer."""

    UP = "up", _("helpful")
    DOWN = "down", _("not helpful")


class FeedbackReason(models.TextChoices):
    """Why an answer did not help."""

    WRONG = "wrong", _("wrong")
    INCOMPLETE = "incomplete", _("incomplete")
    UNCLEAR = "unclear", _("unclear")
    IMPOLITE = "impolite", _("impolite")
    OTHER = "other", _("something else")


class Feedback(models.Model):
    """A customer's judgement of one answer."""

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="feedback", verbose_name=_("conversation")
    )
    turn = models.PositiveIntegerField(_("turn"))
    rating = models.CharField(_("judgement"), max_length=8, choices=Rating.choices)
    reason = models.CharField(_("reason"), max_length=16, choices=FeedbackReason.choices, blank=True, default="")
    comment = models.TextField(_("comment"), blank=True, default="")
    created = models.DateTimeField(_("given"))

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        ordering = ("-created",)
        constraints = (
            models.UniqueConstraint(fields=("conversation", "turn"), name="shopassist_feedback_once"),
            models.CheckConstraint(condition=Q(rating__in=Rating.values), name="shopassist_feedback_rating"),
        )

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.turn} {self.rating}"


class PageMark(models.Model):
    """An object that changed since its pages were read (`pages.py`); several of one object do no harm."""

    source = models.CharField(_("pages"), max_length=KEY)
    key = models.CharField(_("object"), max_length=KEY)
    created = models.DateTimeField(_("changed"), auto_now_add=True)

    class Meta:
        verbose_name = _("changed page")
        verbose_name_plural = _("changed pages")
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.source} {self.key}"


class LookPlace(models.TextChoices):
    """Where personal data were seen."""

    ADMIN = "admin", _("conversation in the admin")
    WRITE = "write", _("change in the admin")
    DESK = "desk", _("desk")


class Look(models.Model):
    """That somebody of the staff saw a customer's personal data: who, when, of which conversation, and never the data.

    It outlives the conversation, which it names by a random id.
    """

    user = models.CharField(_("user"), max_length=KEY, db_index=True)
    name = models.CharField(_("user name"), max_length=KEY)
    conversation = models.CharField(_("conversation"), max_length=KEY, db_index=True)
    place = models.CharField(_("where"), max_length=16, choices=LookPlace.choices)
    created = models.DateTimeField(_("seen"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("look at personal data")
        verbose_name_plural = _("looks at personal data")
        ordering = ("-created", "-pk")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.name} {self.conversation}"


class Presence(models.Model):
    """Somebody at the desk, and when their page was last heard of."""

    agent = models.CharField(_("person"), max_length=KEY, primary_key=True)
    name = models.CharField(_("user name"), max_length=KEY)
    away = models.BooleanField(_("away"), default=False)
    seen = models.DateTimeField(_("seen"), db_index=True)

    class Meta:
        verbose_name = _("presence at the desk")
        verbose_name_plural = _("presence at the desk")
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class Statistics(TurnFacts):
    """The page of statistics in the admin."""

    class Meta:
        proxy = True
        verbose_name = _("statistics")
        verbose_name_plural = _("statistics")
        default_permissions = ("view",)


class KnowledgeReport(PageMark):
    """The page about the knowledge in the admin."""

    class Meta:
        proxy = True
        verbose_name = _("knowledge and gaps")
        verbose_name_plural = _("knowledge and gaps")
        default_permissions = ("view",)
