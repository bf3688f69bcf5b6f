"""How much memory and how many GPUs a shop's model needs, as Markdown tables: python scripts/sizing.py --help.

Every figure that goes in is an option; docs/serving.md shows the tables of the defaults and says where those are from.
With --write the tables replace those of the page.
"""

import argparse
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs/serving.md"
BEGIN, END = "<!-- sizing -->\n", "<!-- /sizing -->\n"
GIB, KIB = 1024**3, 1024
Q8_0 = 34 / 64
"""Of f16: a block of 32 values takes 32 bytes and a scale of 2."""


@dataclass(frozen=True)
class Model:
    """What the memory of a Qwen2.5 follows from; weights in GiB."""

    layers: int
    kv_heads: int
    head: int
    bf16: float
    awq: float
    q4: float

    @property
    def kv(self) -> int:
        """Bytes of KV cache for a token, in f16: a key and a value in each layer, two bytes a number."""
        return 2 * self.layers * self.kv_heads * self.head * 2


MODELS = {
    "0.5b": Model(24, 2, 64, 0.97, 0.68, 0.37),
    "1.5b": Model(28, 2, 128, 2.95, 1.51, 0.92),
    "3b": Model(36, 2, 128, 5.95, 2.50, 1.77),
    "7b": Model(28, 4, 128, 14.38, 5.39, 4.38),
    "14b": Model(48, 8, 128, 28.08, 9.79, 8.38),
}


@dataclass(frozen=True)
class Server:
    """A GPU's rates in tokens a second: of prompts read, and of answers written in all slots together."""

    name: str
    prefill: float
    decode: float

    def call(self, prompt: float, answer: float) -> float:
        """Seconds of the GPU that one call takes; `prompt` without what the prefix cache has."""
        return prompt / self.prefill + answer / self.decode


SERVERS = (
    Server("Ollama, low", 4000, 41),
    Server("Ollama, high", 4000, 470),
    Server("vLLM", 4000, 793),
)


def models() -> str:
    """Each model's weights and its KV cache for a token."""
    return table(
        ("model", "bf16, GiB", "AWQ, GiB", "q4_K_M, GiB", "KV a token in f16, KiB", "in q8_0, KiB"),
        (
            (name, f"{m.bf16:.2f}", f"{m.awq:.2f}", f"{m.q4:.2f}", f"{m.kv / KIB:g}", f"{m.kv * Q8_0 / KIB:.1f}")
            for name, m in MODELS.items()
        ),
    )


def memory(model: Model, options: argparse.Namespace) -> str:
    """What Ollama takes of a GPU for each number of slots and each context."""

    def row(slots: int, context: int) -> tuple[str, ...]:
        f16 = slots * context * model.kv / GIB
        plain, halved = (model.q4 + options.overhead + kv for kv in (f16, f16 * Q8_0))
        card = next((f"{c:g} GiB" for c in sorted(options.cards) if halved <= c * options.usable), "none of these")
        return f"{slots}", f"{context:,}", *(f"{x:.1f}" for x in (f16, f16 * Q8_0, plain, halved)), card

    head = ("slots", "context each", "KV, f16", "KV, q8_0", "all, f16", "all, q8_0", "card for q8_0")
    return table(head, (row(slots, context) for context in options.contexts for slots in options.slots))


def paged(model: Model, options: argparse.Namespace) -> str:
    """How many turns vLLM holds at once: it takes KV cache for the tokens that are there, not for whole contexts."""
    size = options.prompt + options.answer

    def row(card: float, name: str, weights: float) -> tuple[str, ...]:
        room = card * options.usable - weights - options.overhead
        tokens = max(0, int(room * GIB / model.kv))
        return f"{card:g} GiB", name, f"{max(room, 0.0):.1f}", f"{tokens:,}", f"{tokens // size:,}"

    kinds = (("AWQ", model.awq), ("bf16", model.bf16))
    rows = (row(card, *kind) for card in sorted(options.cards) for kind in kinds)
    return table(("card", "weights", "GiB of KV, f16", "tokens", f"turns of {size:,} tokens at once"), rows)


def rates(servers: Iterable[Server], options: argparse.Namespace) -> str:
    """What one GPU does in a minute, by the rates that were given."""

    def row(server: Server) -> tuple[str, ...]:
        seconds = server.call(options.prompt - options.front, options.answer)
        return (
            server.name,
            f"{server.prefill:g}",
            f"{server.decode:g}",
            f"{seconds:.2f} s",
            f"{60 * options.load / seconds:.0f}",
        )

    head = ("server", "prefill, tokens/s", "decode, tokens/s", "of the GPU for a call", "calls a minute a GPU")
    return table(head, map(row, servers))


def gpus(servers: tuple[Server, ...], options: argparse.Namespace) -> str:
    """GPUs for so many customers at once; with several, each has the whole model."""

    def row(customers: int) -> tuple[str, ...]:
        turns = customers * options.turns
        calls = turns * options.calling
        fresh = options.prompt - options.front
        needed = (calls / 60 * s.call(fresh, options.answer) / options.load for s in servers)
        read, written = calls * fresh, calls * options.answer
        return (
            *(f"{x:,.0f}" for x in (customers, turns, calls, read, written)),
            *(f"{max(1, math.ceil(round(n, 6)))}" for n in needed),
        )

    head = ("customers at once", "turns/min", "calls/min", "fresh prompt tokens/min", "answer tokens/min")
    return table((*head, *(f"GPUs, {s.name}" for s in servers)), map(row, options.customers))


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    lines = [list(head), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def text(options: argparse.Namespace) -> str:
    """All tables, each under its title."""
    model, servers = MODELS[options.model], tuple(options.server or SERVERS)
    parts = {
        "The models": models(),
        f"Memory of one Ollama, {options.model}, q4_K_M, in GiB": memory(model, options),
        f"Turns that one vLLM holds, {options.model}": paged(model, options),
        "What one GPU does": rates(servers, options),
        "GPUs": gpus(servers, options),
    }
    return "\n".join(f"**{title}**\n\n{part}" for title, part in parts.items())


def number(kind: type[int] | type[float], most: float = math.inf) -> Callable[[str], float]:
    """What argparse calls: a number above 0 and up to `most`."""

    def read(word: str) -> float:
        try:
            value = kind(word)
        except ValueError:
            value = 0
        if not 0 < value <= most or math.isinf(value):
            bound = f" up to {most:g}" if most < math.inf else ""
            raise argparse.ArgumentTypeError(f"{word!r} is no {'whole ' * (kind is int)}number above 0{bound}")
        return value

    return read


def parser() -> argparse.ArgumentParser:
    """The options, with their defaults."""
    whole, real, share = number(int), number(float), number(float, 1)
    show = argparse.ArgumentDefaultsHelpFormatter
    made = argparse.ArgumentParser(description="Memory and GPUs of a shop's model.", formatter_class=show)
    add = made.add_argument
    add("--model", choices=list(MODELS), default="7b", help="size of the Qwen2.5")
    add("--customers", type=whole, nargs="+", default=[50, 200, 1000, 5000], help="in a conversation at the same time")
    add("--turns", type=real, default=1.0, help="messages of one customer a minute")
    add("--calling", type=share, default=0.2, help="share of turns that call the model")
    add("--prompt", type=whole, default=920, help="tokens of a prompt")
    add("--front", type=whole, default=418, help="of these, tokens that the prefix cache has")
    add("--answer", type=whole, default=220, help="tokens of an answer")
    add("--load", type=share, default=0.7, help="share of its time that a GPU is busy")
    add("--slots", type=whole, nargs="+", default=[1, 4, 8], help="OLLAMA_NUM_PARALLEL")
    add("--contexts", type=whole, nargs="+", default=[8192, 32768, 131072], help="tokens of context a slot")
    add("--cards", type=real, nargs="+", default=[16, 24, 48, 80], help="memory of the GPUs that can be had, GiB")
    add("--usable", type=share, default=0.9, help="share of a GPU's memory that is used")
    add("--overhead", type=real, default=1.0, help="GiB of a GPU besides weights and KV cache")
    add("--server", type=server, nargs="+", metavar="NAME:PREFILL:DECODE", help="your own rates, tokens a second")
    add("--write", action="store_true", help="write the tables into docs/serving.md")
    return made


def server(word: str) -> Server:
    """A server as the option takes it."""
    name, *speeds = word.split(":")
    if not name or len(speeds) != 2:
        raise argparse.ArgumentTypeError(f"{word!r} is no NAME:PREFILL:DECODE, such as mine:4000:300")
    read = number(float)
    return Server(name, *map(read, speeds))


def main() -> None:
    """Print the tables, or write them into the page."""
    made = parser()
    options = made.parse_args()
    if options.front >= options.prompt:
        made.error(f"--front {options.front} is no part of a prompt of {options.prompt} tokens")
    if not options.write:
        print(text(options), end="")
        return
    page = PAGE.read_text("utf-8")
    start, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    PAGE.write_text(page[:start] + text(options) + page[end:], "utf-8")


if __name__ == "__main__":
    main()
