"""Every setting, with its sentence.

Values come from arguments, then from the environment (`SHOPASSIST_MODEL=none`), then from `shopassist.toml` in the
working folder, then from the defaults here. A bad value fails at start-up and names itself.
"""

from __future__ import annotations

import difflib
import os
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, GetCoreSchemaHandler, SecretStr, ValidationError, field_validator
from pydantic_core import CoreSchema, core_schema
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from shopassist.errors import SettingError

FILE = "shopassist.toml"
PREFIX = "SHOPASSIST_"


class Address(str):
    """A server's address, without the user and the password that it was given with; those are `login`.

    So it can be printed, logged and quoted in errors as it is. Raises `ValueError`, which quotes nothing.
    """

    login: tuple[str, SecretStr] | None

    def __new__(cls, value: object) -> Self:
        """Take an address in pieces."""
        if isinstance(value, cls):
            return value
        try:
            parts = urlsplit(value if isinstance(value, str) else "")
            host, _ = parts.hostname, parts.port  # both may raise
        except ValueError:
            host = None
        if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment or "@" in parts.path:
            raise ValueError("an address such as http://127.0.0.1:11434 or https://USER:PASSWORD@HOST is needed")
        login, _, place = parts.netloc.rpartition("@")
        address = super().__new__(cls, f"{parts.scheme}://{place}{parts.path.rstrip('/')}")
        user, _, password = login.partition(":")
        address.login = (unquote(user), SecretStr(unquote(password))) if login else None
        return address

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """For pydantic, which calls `Address` with whatever it was given."""
        return core_schema.no_info_plain_validator_function(cls)


class Settings(BaseSettings):
    """The settings of one assistant. Build them with `load`, which turns a bad value into a `SettingError`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, protected_namespaces=(), hide_input_in_errors=True
    )

    shop_name: str = Field("云集数码", description="The shop's name in Chinese, as the assistant says it.")
    shop_name_en: str = Field("Yunji Digital", description="The shop's name in English.")
    assistant_name: str = Field("小云", description="The assistant's own name in Chinese.")
    assistant_name_en: str = Field("Yun", description="The assistant's own name in English.")
    language: Literal["zh", "en"] = Field("zh", description="The language for customers whose own cannot be told.")
    timezone: ZoneInfo = Field(ZoneInfo("Asia/Shanghai"), description="The shop's timezone; days count in it.")
    clock: datetime | None = Field(None, description="A moment at which time stands still, for demos and tests.")

    data_dir: Path = Field(Path(".shopassist"), description="Where the index and the conversations are kept.")
    models_dir: Path = Field(Path("~/.cache/shopassist/models"), description="Where `shopassist pull` puts weights.")
    intents_file: Path | None = Field(
        None, description="A YAML file that adds intents to the catalogue of what customers want, or changes them."
    )
    texts_file: Path | None = Field(
        None, description="A YAML file with the shop's own words for deeds, refusals and questions."
    )
    database_url: SecretStr | None = Field(
        None, description="SQLAlchemy's URL of the conversations; an SQLite file in `data_dir` if not given."
    )

    ledger: str | None = Field(
        None,
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$",
        description="The shop's ledger of changes, as `module:name`: a `Ledger`, or a function without arguments that "
        "gives one. For `shopassist writes`, and for an assistant that gets none.",
    )

    embeddings: Literal["auto", "onnx", "sentence-transformers", "none"] = Field(
        "auto",
        description="How texts become vectors. auto: onnx where its files are, else sentence-transformers, else none "
        "(search by words alone).",
    )
    embedding_model: Path | None = Field(
        None, description="A folder with an embedding model; used as it is, instead of the one in `models_dir`."
    )
    reranker: Path | None = Field(
        None,
        description="A folder with a cross-encoder of sentence-transformers, which reads the 20 best passages together "
        "with the question and puts them in order anew; slower. None if not given.",
    )
    synonyms_file: Path | None = Field(
        None, description="A YAML file with groups of words that mean the same in this shop, searched for one another."
    )
    chroma_url: Address | None = Field(
        None,
        description="A Chroma server for the vectors (`chroma run`), where pages are searched on several hosts; "
        "without one they lie in the index. A user and a password in it are never shown.",
    )
    chroma_token: SecretStr | None = Field(
        None, description="Sent to that server as `Authorization: Bearer`, for the proxy before it."
    )
    ray_address: str | None = Field(
        None,
        pattern=r"^(local|auto|ray://[^\s/]+|[^\s/:]+:\d+)$",
        description="A Ray cluster whose workers embed the pages (extra `ray`): local, auto, or an address such as "
        "ray://HOST:10001; without one this process does.",
    )
    probes_file: Path | None = Field(
        None,
        description="A YAML file of questions and the pages that they must find before a new index is used; "
        "probes.yaml beside the pages if not given.",
    )
    threads: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, le=256, description="Threads for embeddings and the model."
    )

    model: str = Field(
        "auto",
        pattern=r"^(auto|none|embedded|ollama|openai)$",
        description="Who writes the sentences: auto, none (templates), embedded (in this process), ollama, or openai: "
        "any server with OpenAI's interface (vLLM, llama.cpp, LM Studio).",
    )
    model_file: Path | None = Field(None, description="A GGUF file for the embedded model; used as it is.")
    model_context: int = Field(
        8192, ge=2048, le=131072, description="Tokens of context; one fixed number, since a change reloads the model."
    )
    max_tokens: int = Field(220, ge=16, le=2000, description="The longest answer of the model, in tokens.")
    evidence_tokens: int = Field(
        400, ge=100, le=100_000, description="The most of a prompt that the pages' passages take, in tokens."
    )
    history_tokens: int = Field(
        120, ge=0, le=20_000, description="The most of a prompt that earlier questions and answers take, in tokens."
    )
    long_documents: bool = Field(
        True,
        description="Whether a whole page may be read where its passages do not hold the answer, as far as the context "
        "and the time for a turn allow.",
    )
    tokenizer_file: Path | None = Field(
        None,
        description="The model's GGUF file or a tokenizer.json, to count tokens with where the model's own file is not "
        "here; without one they are estimated.",
    )
    understand_with_model: bool = Field(
        False, description="Whether the model is asked what a customer wants where code is unsure; one more call."
    )
    model_calls: int = Field(4, ge=1, le=1000, description="Calls of the model at once in one process.")
    model_waiting: int = Field(
        16, ge=0, le=10_000, description="Turns that may wait for such a call; the next one gets templates at once."
    )
    model_queue: float = Field(
        5.0, ge=0, le=600, description="Seconds that a turn waits for such a call before templates take over."
    )
    model_connect: float = Field(3.0, gt=0, le=60, description="Seconds to reach the model's server.")
    model_first_token: float = Field(
        30.0, gt=0, le=600, description="Seconds to the model's first word; it covers loading the model."
    )
    model_next_token: float = Field(10.0, gt=0, le=600, description="Seconds between two words of the model.")
    model_deadline: float = Field(
        60.0, gt=0, le=600, description="Seconds that the model has for a turn before templates take over."
    )
    ollama_url: Address = Field(
        Address("http://127.0.0.1:11434"),
        description="Where Ollama listens. A user and a password in it (`http://USER:PASSWORD@HOST`) are never shown.",
    )
    ollama_model: str = Field("qwen2.5:7b", description="The model's name in Ollama.")
    ollama_keep_alive: str = Field(
        "30m",
        pattern=r"^(-1|0|\d+(\.\d+)?(ms|s|m|h))$",
        description="How long Ollama keeps the model loaded after a call; -1: for ever.",
    )
    openai_url: Address = Field(
        Address("http://127.0.0.1:8000/v1"),
        description="The address of a server with OpenAI's interface, with its /v1.",
    )
    openai_model: str | None = Field(None, description="The model's name there; not needed where it serves only one.")
    openai_key: SecretStr | None = Field(None, description="The key of that server, where it wants one.")
    pseudonym_key: SecretStr | None = Field(
        None,
        description="A secret of which customers' pseudonyms in log lines are made; without one they differ in each "
        "process.",
    )

    tool_timeout: float | None = Field(
        10.0,
        gt=0,
        le=600,
        description="Seconds for a call of the shop's tools, each in its own thread; none: in the caller's thread.",
    )
    desk_hours: str = Field(
        "09:00-21:00",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d:[0-5]\d|2[0-3]:[0-5]\d|24:00)$",
        description="When people at the desk answer, in the shop's timezone.",
    )
    consent_minutes: float = Field(
        15.0,
        gt=0,
        le=1440,
        description="Minutes for which a change waits for the customer's yes; after that it is asked about anew.",
    )
    resume_after: float = Field(
        24.0,
        gt=0,
        le=8760,
        description="Hours without a message after which what was open is not gone on with by itself: the customer is "
        "asked first.",
    )
    burst_quiet: float = Field(
        0.0,
        ge=0,
        le=5,
        description="Seconds without another message after which a burst is answered, in a server 1.2; after 5 s it is "
        "in any case. 0 answers each message at once.",
    )
    max_file_mb: float = Field(
        50.0, gt=0, le=10_000, description="The largest file or web page that ingestion reads, in MB (10**6 bytes)."
    )
    max_file_seconds: float = Field(
        60.0, gt=0, le=3600, description="Seconds in which a file (HTML, PDF, DOCX, XLSX) must be parsed."
    )
    max_message_chars: int = Field(4000, ge=100, le=100_000, description="The longest message, in characters.")
    relevance: float = Field(
        0.5, ge=0, le=1, description="The least relevance of a passage that may be answered from; higher is stricter."
    )
    answer_cache: int = Field(
        1000,
        ge=0,
        le=100_000,
        description="How many answers from the pages a process keeps for customers who ask the same; 0 keeps none.",
    )
    answer_cache_hours: float = Field(24.0, gt=0, le=720, description="Hours for which such an answer is kept.")
    answer_cache_cosine: float = Field(
        0.79,
        gt=0,
        le=1,
        description="The least cosine of two questions that say the same in another order or with a kindred word; it "
        "depends on the embedding model (`benchmarks/cache.py --fit` finds it).",
    )
    tracing: bool = Field(False, description="Let LangSmith trace turns: it sends customers' texts to its server.")

    @field_validator("timezone", mode="before")
    @classmethod
    def _known_zone(cls, value: object) -> object:
        try:
            return ZoneInfo(value) if isinstance(value, str) else value
        except (KeyError, ValueError) as error:
            raise ValueError(f"not a timezone's name such as Asia/Shanghai ({error})") from error

    @field_validator("tool_timeout", mode="before")
    @classmethod
    def _none(cls, value: object) -> object:
        return None if value == "none" else value

    @field_validator(
        "data_dir",
        "models_dir",
        "embedding_model",
        "reranker",
        "model_file",
        "tokenizer_file",
        "intents_file",
        "texts_file",
        "synonyms_file",
        "probes_file",
    )
    @classmethod
    def _expand(cls, value: Path | None) -> Path | None:
        return value.expanduser() if value else None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, Path(FILE))

    @property
    def desk_minutes(self) -> tuple[int, int]:
        """`desk_hours` as minutes of the day, from and to."""
        first, last = (time.split(":") for time in self.desk_hours.split("-"))
        return int(first[0]) * 60 + int(first[1]), int(last[0]) * 60 + int(last[1])

    @property
    def index_dir(self) -> Path:
        """The folder of the knowledge index."""
        return self.data_dir / "knowledge"

    @property
    def heads_dir(self) -> Path:
        """The folder of the heads that `shopassist train` fits."""
        return self.data_dir / "heads"

    def now(self) -> datetime:
        """The time in the shop's timezone, or the moment at which `clock` stands."""
        moment = self.clock or datetime.now(self.timezone)
        return moment.astimezone(self.timezone) if moment.tzinfo else moment.replace(tzinfo=self.timezone)


def load(**values: Any) -> Settings:
    """The settings from all sources. Raises `SettingError` that names the setting, its value and what is allowed."""
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingError("\n".join(_explain(e) for e in error.errors())) from None
    except ValueError as error:  # a broken shopassist.toml, or a list where the environment holds no JSON
        raise SettingError(f"{FILE} or the environment cannot be read: {error}") from error


def unknown_variables() -> dict[str, str | None]:
    """Variables of the environment that look like settings and are none, each with the name that was meant, if any."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    strange = [v for v in os.environ if v.upper().startswith(PREFIX) and v.upper() not in known]
    return {v: next(iter(difflib.get_close_matches(v.upper(), known, 1)), None) for v in sorted(strange)}


def _explain(error: Any) -> str:
    name = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, Settings.model_fields, 1)
        return f"there is no setting `{name}`" + (f"; did you mean `{near[0]}`?" if near else "")
    field = Settings.model_fields.get(name)
    shown = "(hidden)" if field and field.annotation and "Secret" in str(field.annotation) else repr(error["input"])
    if field and field.annotation is Address:
        shown = repr(str(error["input"]).rpartition("@")[2])
    meaning = f" ({field.description})" if field else ""
    return f"setting `{name}` cannot be {shown}: {error['msg']}{meaning}"
