"""From a file's text to scenarios; what cannot be taken is named by file, scenario, turn and key."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn, TypeVar, get_args
from zoneinfo import ZoneInfo

import yaml

from shopassist.errors import InputError
from shopassist.evaluation.scenario import Card, CardKind, Choice, DeskAct, Expect, Need, Scenario, Turn, Write
from shopassist.language.slots import NAMES
from shopassist.replies import Language, Mode, Mood

TIMEZONE = ZoneInfo("Asia/Shanghai")
"""Of a `clock` without one: the sample shop's."""

UTTERER = "u-1001"
"""Who says single utterances: a customer of the sample shop with orders in every state."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SPAN = re.compile(r"^(?:\d+[smhd])+")

T = TypeVar("T")
Intents = Mapping[str, tuple[str, ...]]


class _Words(yaml.SafeLoader):
    """YAML in which a scalar is the text as it is written, save null, true and false.

    So 003 keeps its zeros, 2024-12-05 is no date object, and ``say: yes`` is what a customer says.
    """

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """As SafeLoader's, which would let the later of two equal keys win in silence."""
        names = [key.value for key, _ in node.value]
        if twice := next((n for n in names if isinstance(n, str) and names.count(n) > 1), None):
            raise yaml.constructor.ConstructorError(None, None, f"the key {twice!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


_Words.yaml_implicit_resolvers = {}
_Words.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Words.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("(?:true|True|false|False)$"), list("tTfF"))
_Words.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile("<<$"), ["<"])


def dialogues(path: Path, intents: Intents) -> tuple[Scenario, ...]:
    """The scenarios of a YAML file."""
    try:
        data = yaml.load(_text(path), _Words)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError) as error:
        raise InputError(f"{path}: no valid YAML ({' '.join(str(error).split())})") from error
    if not isinstance(data, list) or not data:
        raise InputError(f"{path}: expected a list of scenarios")
    return tuple(_Reader(str(path), intents).scenario(n, entry) for n, entry in enumerate(data, 1))


def utterances(path: Path, intents: Intents) -> tuple[Scenario, ...]:
    """The single utterances of a file of JSON lines."""
    found = []
    for number, line in enumerate(_text(path).split("\n"), 1):
        if line.strip():
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise InputError(f"{path}: line {number} is no valid JSON ({error})") from error
            found.append(_Reader(str(path), intents).utterance(number, entry))
    if not found:
        raise InputError(f"{path}: expected a JSON object a line")
    return tuple(found)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: the file cannot be read as UTF-8 text ({error})") from error


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads values, and knows where it is when one is wrong."""

    file: str
    intents: Intents
    place: str = ""

    def scenario(self, number: int, entry: Any) -> Scenario:
        here = replace(self, place=f"scenario {number}")
        if not isinstance(entry, dict):
            here._fail("", f"expected a mapping, got {entry!r}")
        name = here._text("name", entry.get("name"))
        here = replace(self, place=f"scenario {name!r}")
        here._mapping("", entry, ("name", "customer", "clock", "needs", "turns"))
        customer = entry.get("customer")
        if customer is not None:
            customer = here._text("customer", customer)
        turns = entry.get("turns")
        if not isinstance(turns, list) or not turns:
            here._fail("turns", "expected a list of turns")
        found: list[Turn] = []
        for n, turn in enumerate(turns, 1):
            found.append(replace(here, place=f"{here.place}, turn {n}")._turn(turn, customer))
            customer = found[-1].customer
        clock, needs = entry.get("clock"), entry.get("needs")
        return Scenario(
            self.file,
            name,
            tuple(found),
            None if clock is None else here._moment("clock", clock),
            frozenset() if needs is None else here._needs(needs),
        )

    def utterance(self, number: int, entry: Any) -> Scenario:
        here = replace(self, place=f"line {number}")
        here._mapping("", entry, ("id", "text", "intents", "slots", "mood"))
        text = here._text("text", entry.get("text"), empty=True)
        name = here._text("id", entry["id"]) if "id" in entry else f"line {number}"
        expect = here._expect("", {k: v for k, v in entry.items() if k in ("intents", "slots", "mood")})
        return Scenario(self.file, name, (Turn((text,), UTTERER, expect),), single=True)

    def _turn(self, entry: Any, customer: str | None) -> Turn:
        self._mapping("", entry, ("say", "expect", "after", "items", "as", "desk"))
        say, desk = entry.get("say"), entry.get("desk")
        if say is None and entry.get("items") is not None:
            say = ""  # a card alone
        if say is None and desk is None:
            self._fail("say", "expected a text or a list of texts; a turn without one has `items` or `desk`")
        if "as" in entry:
            customer = None if entry["as"] is None else self._text("as", entry["as"])
        return Turn(
            None if say is None else self._texts("say", say if isinstance(say, list) else [say], least=1),
            customer,
            self._expect("expect", entry["expect"]) if entry.get("expect") is not None else Expect(),
            self._span("after", entry["after"]) if entry.get("after") is not None else None,
            tuple(self._each("items", entry["items"], self._card)) if entry.get("items") is not None else (),
            None if desk is None else self._desk("desk", desk),
        )

    def _expect(self, key: str, entry: Any) -> Expect:
        known = tuple(f.name for f in fields(Expect))
        found = {}
        for name, value in self._mapping(key, entry, known).items():
            full = f"{key}.{name}" if key else name
            found[name] = self._expected(name, full, value)
        return Expect(**found)

    def _expected(self, name: str, key: str, value: Any) -> Any:
        match name:
            case "intents" | "intents_include":
                return tuple(self._each(key, value, self._intent))
            case "slots":
                return self._slots(key, value)
            case "tools":
                return tuple(self._each(key, value, self._write))
            case "reads_include":
                return self._texts(key, value)
            case "cites" | "reply_has" | "reply_lacks":
                return tuple(self._each(key, value, self._choice))
            case "handoff":
                if not isinstance(value, bool):
                    self._fail(key, f"expected true or false, got {value!r}")
                return value
            case _:
                allowed = {"mood": Mood, "language": Language, "mode": Mode}.get(name)
                return self._one(key, value, get_args(allowed) if allowed else ("pending", "none"))

    def _slots(self, key: str, value: Any) -> dict[str, tuple[str, ...]]:
        known = {*NAMES, *(name for own in self.intents.values() for name in own)}
        return {
            name: self._texts(f"{key}.{name}", given if isinstance(given, list) else [given], least=1)
            for name, given in self._mapping(key, value, tuple(sorted(known))).items()
        }

    def _write(self, key: str, value: Any) -> Write:
        if isinstance(value, str):
            return Write(self._text(key, value))
        self._mapping(key, value, ("name", "args"))
        args = value.get("args", {})
        if not isinstance(args, dict):
            self._fail(f"{key}.args", f"expected a mapping, got {args!r}")
        return Write(self._text(f"{key}.name", value.get("name")), args)

    def _card(self, key: str, value: Any) -> Card:
        kinds = get_args(CardKind)
        if len(self._mapping(key, value, kinds)) != 1:
            self._fail(key, f"a card is one of {', '.join(kinds)} with its id")
        [(kind, given)] = value.items()
        return Card(kind, self._text(f"{key}.{kind}", given))

    def _desk(self, key: str, value: Any) -> DeskAct:
        if isinstance(value, dict):
            return DeskAct("say", self._text(f"{key}.say", self._mapping(key, value, ("say",)).get("say")))
        return DeskAct(self._one(key, value, ("claim", "return")))

    def _needs(self, value: Any) -> frozenset[Need]:
        several = value if isinstance(value, list) else [value]
        return frozenset(self._one("needs", v, get_args(Need)) for v in several)

    def _moment(self, key: str, value: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(self._text(key, value))
        except ValueError as error:
            self._fail(key, f"expected a time such as 2024-12-05T10:00:00+08:00 ({error})")
        return moment if moment.tzinfo else moment.replace(tzinfo=TIMEZONE)

    def _span(self, key: str, value: Any) -> timedelta:
        text = self._text(key, value)
        if not _SPAN.fullmatch(text):
            self._fail(key, f"expected a time such as 90s, 31m, 1h30m or 2d, got {value!r}")
        try:
            return timedelta(**{_UNITS[unit]: int(count) for count, unit in re.findall(r"(?<!\d)(\d+)([smhd])", text)})
        except OverflowError:
            self._fail(key, f"{value!r} is too long")

    def _intent(self, key: str, value: Any) -> str:
        if not isinstance(value, str) or value not in self.intents:
            self._fail(key, f"no intent is called {value!r}; there are {', '.join(self.intents)}")
        return value

    def _choice(self, key: str, value: Any) -> Choice:
        return self._texts(key, value if isinstance(value, list) else [value], least=1)

    def _texts(self, key: str, value: Any, least: int = 0) -> tuple[str, ...]:
        found = tuple(self._each(key, value, lambda k, v: self._text(k, v, empty=key == "say")))
        if len(found) < least:
            self._fail(key, "expected at least one text")
        return found

    def _each(self, key: str, value: Any, read: Callable[[str, Any], T]) -> Iterator[T]:
        if not isinstance(value, list):
            self._fail(key, f"expected a list, got {value!r}")
        for entry in value:
            yield read(key, entry)

    def _one(self, key: str, value: Any, allowed: tuple[Any, ...]) -> Any:
        if value not in allowed:
            self._fail(key, f"expected {' or '.join(map(str, allowed))}, got {value!r}")
        return value

    def _mapping(self, key: str, value: Any, known: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(value, dict):
            self._fail(key, f"expected a mapping, got {value!r}")
        for name in value:
            if name not in known:
                self._fail(f"{key}.{name}" if key else str(name), f"unknown; the keys are {', '.join(known)}")
        return value

    def _text(self, key: str, value: Any, *, empty: bool = False) -> str:
        if isinstance(value, int | float) and not isinstance(value, bool):  # JSON: {"quantity": 2}
            value = str(value)
        if not isinstance(value, str) or not (value.strip() or empty):
            self._fail(key, f"expected a text, got {value!r}")
        return value

    def _fail(self, key: str, reason: str) -> NoReturn:
        where = f"{self.file}: {self.place}" + (f", key {key!r}" if key else "")
        raise InputError(f"{where}: {reason}")
