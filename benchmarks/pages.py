"""Pages of a made-up Chinese shop, as many passages as wanted, the same for the same seed.

    python benchmarks/pages.py FOLDER [--passages 10000]

Each page is one product with a section for each of 20 topics, and each section is one passage.
"""

import argparse
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

SHOP = yaml.safe_load((Path(__file__).parent / "data/shop.yaml").read_text("utf-8"))


@dataclass
class Page:
    """A product's page; `said` are the sentences of each section."""

    id: str
    name: str
    kind: str
    slots: dict[str, str]
    said: dict[str, list[str]] = field(default_factory=dict)

    @property
    def markdown(self) -> str:
        sections = "\n\n".join(f"## {topic}\n\n{''.join(said)}" for topic, said in self.said.items())
        head = f"id: {self.id}\ntitle: {self.name}\nlanguage: zh\nurl: /p/{self.id}\ntags: [product, {self.kind}]"
        return f"---\n{head}\n---\n{sections}\n"


def pages(passages: int, *, shortest: int = 120, longest: int = 300, seed: int = 1) -> Iterator[Page]:
    """Pages with so many passages in all, each between the two lengths in characters."""
    rng, goods = random.Random(seed), list(SHOP["goods"])
    for number in range(-(-passages // len(SHOP["topics"]))):
        kind = goods[number % len(goods)]
        brand = SHOP["brands"][number // len(goods) % len(SHOP["brands"])]
        name = f"{brand}{kind}{rng.choice(SHOP['series'])}{rng.randrange(10, 99)}"
        page = Page(f"s-{number:05d}", name, kind, {"name": name, "kind": kind})
        for topic in list(SHOP["topics"])[: passages - number * len(SHOP["topics"])]:
            page.said[topic] = _section(page, topic, rng, rng.randint(shortest, longest))
        yield page


def questions(pages: list[Page], count: int, seed: int = 2) -> list[tuple[str, str]]:
    """Questions to the pages, each with what a model might answer: two sentences of the page."""
    rng = random.Random(seed)
    found = []
    for _ in range(count):
        page, topic = rng.choice(pages), rng.choice(list(SHOP["asked"]))
        said = page.said.get(topic) or next(iter(page.said.values()))
        found.append((SHOP["asked"][topic].format(**_filled(page, rng)), "".join(said[:2])))
    return found


def write(folder: Path, found: list[Page]) -> None:
    """One Markdown file a page."""
    folder.mkdir(parents=True, exist_ok=True)
    for page in found:
        (folder / f"{page.id}.md").write_text(page.markdown, encoding="utf-8")


def _section(page: Page, topic: str, rng: random.Random, length: int) -> list[str]:
    own, spare = SHOP["topics"][topic], SHOP["common"]
    drawn = [*rng.sample(own, len(own)), *rng.sample(own, len(own)), *rng.sample(spare, len(spare))]
    said, size = [], 0
    for template in drawn:
        sentence = template.format(**_filled(page, rng))
        if size + len(sentence) <= length and sentence not in said:
            said.append(sentence)
            size += len(sentence)
    return said


def _filled(page: Page, rng: random.Random) -> dict[str, object]:
    parts, scenes, specs = SHOP["goods"][page.kind].values()
    digits = {"a": rng.randint(1, 5), "b": rng.randint(3, 9), "c": rng.randint(20, 90), "h": rng.choice([6, 12, 24])}
    one, two = (s.format(**digits) for s in rng.sample(specs, 2))
    numbers = {"n": rng.randint(2, 30), "m": rng.choice([12, 24, 36, 48, 72]), "p": rng.randrange(39, 2999)}
    return {**page.slots, "part": rng.choice(parts), "scene": rng.choice(scenes), "spec": one, "spec2": two, **numbers}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--passages", type=int, default=10_000)
    options = parser.parse_args()
    write(options.folder, list(pages(options.passages)))


if __name__ == "__main__":
    main()
