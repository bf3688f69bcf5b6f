"""What is stored of conversations. The stores in `store.py` and `ledger.py` write it; read it as you like.

Texts and JSON hold placeholders for personal data (``<PHONE_1>``); the values stand in `Conversation.vault` alone.
"""

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


class AnswerTemplate(models.Model):
    """The shop's own words for a decisive sentence, instead of the built-in ones. Several lines are said in turn."""

    language = models.CharField(_("language"), max_length=8, choices=TemplateLanguage.choices)
    kind = models.CharField(_("kind"), max_length=16, choices=TemplateKind.choices)
    name = models.CharField(
        _("name"), max_length=KEY, help_text=_("For example cancel_order, or cancel_order.timeout.")
    )
    text = models.TextField(_("text"), help_text=_("A sentence with fields in braces; one form on each line."))
    active = models.BooleanField(_("in use"), default=True)
    updated = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("answer template")
        verbose_name_plural = _("answer templates")
        ordering = ("language", "kind", "name")
        constraints = (models.UniqueConstraint(fields=("language", "kind", "name"), name="shopassist_template_once"),)

    def __str__(self) -> str:
        return f"{self.language} {self.kind} {self.name}"

    def clean(self) -> None:
        """Raise `ValidationError` where the assistant could not say it."""
        from shopassist.contrib.django.texts import section_of
        from shopassist.errors import ConfigurationError

        try:
            section_of([self])
        except ConfigurationError as error:
            raise ValidationError({"text": str(error)}) from None


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
