"""Every error that shopassist raises on purpose.

::

    ShopAssistError
    ├── ConfigurationError
    │   ├── SettingError
    │   ├── MissingExtra
    │   ├── WeightsMissing
    │   └── WeightsUnfit
    ├── InputError
    │   ├── InvalidMessage
    │   └── MessageTooLong
    ├── ConversationError
    │   ├── NotYourConversation
    │   ├── ConversationErased
    │   ├── Pending
    │   ├── StaleTurn
    │   └── TurnFailed
    ├── DeskError
    │   ├── HandOffUnknown
    │   ├── HandOffTaken
    │   ├── HandOffNotClaimed
    │   └── HandOffClosed
    ├── StorageError
    ├── KnowledgeError
    │   ├── DocumentError
    │   ├── IndexMissing
    │   ├── IndexMismatch
    │   ├── IndexDamaged
    │   ├── IndexBusy
    │   └── ProbesFailed
    ├── ModelError
    │   ├── ModelUnavailable
    │   │   ├── ModelMissing
    │   │   └── CircuitOpen
    │   ├── ModelRefused
    │   ├── ModelTimeout
    │   │   └── ModelSilent
    │   ├── ModelBusy
    │   ├── BadAnswer
    │   │   ├── BrokenAnswer
    │   │   ├── EmptyAnswer
    │   │   └── PromptCut
    │   └── PromptTooLong
    └── DownloadError
        ├── NoSource
        ├── ChecksumMismatch
        └── NotEnoughSpace

The text of an error names the thing and the way out, and holds neither secrets nor what a customer wrote.
Errors of other libraries are translated once, where their library is used.
"""

from typing import Any


class ShopAssistError(Exception):
    """The root: catch it to catch everything that shopassist raises on purpose."""


class ConfigurationError(ShopAssistError):
    """Something is set up wrongly; `shopassist doctor` says what."""


class SettingError(ConfigurationError):
    """A setting has a value that is not allowed; the text names the setting, the value and what is allowed."""


class MissingExtra(ConfigurationError):
    """A part needs a package that is not installed; the text names the extra to install."""


class WeightsMissing(ConfigurationError):
    """A model's files are not where they should be; `shopassist pull` fetches them."""


class WeightsUnfit(ConfigurationError):
    """A model's file is there, but cannot be read or is not of the kind that is needed; the text says what it lacks."""


class InputError(ShopAssistError):
    """What the caller passed cannot be taken."""


class InvalidMessage(InputError):
    """A message is not text, or an id is empty or too long."""


class MessageTooLong(InputError):
    """A message is longer than the setting `max_message_chars` allows; ask the customer to shorten it."""


class ConversationError(ShopAssistError):
    """A conversation cannot go on as asked."""


class NotYourConversation(ConversationError):
    """The customer of this call is not the conversation's owner; answer the caller with 404."""


class ConversationErased(ConversationError):
    """The conversation was erased and takes no more messages; start a new one."""


class Pending(ConversationError):
    """The message is stored, and somebody else still works on its answer; ask again with the same message id."""


class StaleTurn(ConversationError):
    """The turn lost its lease to a newer one; nothing of it was stored.

    `outcomes` are the `ToolOutcome`s of the changes that it made all the same: the ledger has them. `sentences` are
    those that it had come to, as a caller of `stream` was shown them; with `asks` the last one is a question.
    """

    outcomes: tuple[Any, ...] = ()
    sentences: tuple[str, ...] = ()
    asks: bool = False


class TurnFailed(ConversationError):
    """A turn broke on an error that nobody foresaw, or its message was given up after three such turns.

    Nothing of the turn was stored. The text says whether the same message may be sent again; the log says what broke.
    """


class DeskError(ShopAssistError):
    """A person at the desk cannot do that with a hand-off; nothing was stored."""


class HandOffUnknown(DeskError):
    """No hand-off has this id: it is mistyped, or its conversation was erased."""


class HandOffTaken(DeskError):
    """Somebody else has claimed the hand-off; it is theirs until they release it."""


class HandOffNotClaimed(DeskError):
    """Nobody has claimed the hand-off; claim it first."""


class HandOffClosed(DeskError):
    """The hand-off is over: the bot has the conversation again."""


class StorageError(ShopAssistError):
    """The conversation store cannot be read or written; the text says why (full disk, locked, of a newer version)."""


class KnowledgeError(ShopAssistError):
    """The knowledge index cannot be built or read."""


class DocumentError(KnowledgeError):
    """One source file cannot be taken; the text names the file, the place and the reason."""


class IndexMissing(KnowledgeError):
    """There is no index yet; `shopassist ingest PATH` makes one."""


class IndexMismatch(KnowledgeError):
    """The index was built with another embedding model or format; ingest again with `--rebuild`."""


class IndexDamaged(KnowledgeError):
    """The index cannot be opened; ingest again with `--rebuild`."""


class IndexBusy(KnowledgeError):
    """Another process is ingesting; wait for it."""


class ProbesFailed(KnowledgeError):
    """A new index does not find the pages of known questions and is not used; the text names them and the ways on.

    `fallen` are the `shopassist.knowledge.questions.Fallen`, one a question.
    """

    def __init__(self, text: str, fallen: tuple[Any, ...] = ()) -> None:
        super().__init__(text)
        self.fallen = fallen


class ModelError(ShopAssistError):
    """The language model failed; the engine answers from templates and says `degraded`."""


class ModelUnavailable(ModelError):
    """The model's server cannot be reached, fails, or is no model's server."""


class ModelMissing(ModelUnavailable):
    """The server answers and does not have the model; the text says the command that fetches it."""


class CircuitOpen(ModelUnavailable):
    """The model failed several times in a row and is not asked until a probe of it succeeds."""


class ModelRefused(ModelError):
    """The server understood the request and will not do it: a wrong login, a template without tools."""


class ModelTimeout(ModelError):
    """The model did not answer in time; the text says which time it was and the setting."""


class ModelSilent(ModelTimeout):
    """The model said nothing for longer than it may; the turn had time left."""


class ModelBusy(ModelError):
    """As many calls are in flight and wait as the settings allow."""


class BadAnswer(ModelError):
    """The server said that all went well, and it did not."""


class BrokenAnswer(BadAnswer):
    """The answer broke off before its end, or holds lines that are no answer."""


class EmptyAnswer(BadAnswer):
    """The model ended without a word."""


class PromptCut(BadAnswer):
    """The server read less than was sent: it cut the prompt in silence, the oldest part first."""


class PromptTooLong(ModelError):
    """Even the parts of a prompt that must not be cut are longer than the context."""


class DownloadError(ShopAssistError):
    """A model's files could not be fetched; what was fetched is kept and the next try goes on from there."""


class NoSource(DownloadError):
    """No source of a file answered; the text lists what was tried and how to put the file in place by hand."""


class ChecksumMismatch(DownloadError):
    """A fetched file is not the one that was asked for; nothing of it was kept."""


class NotEnoughSpace(DownloadError):
    """The disk has less free space than the files need."""
