"""How many planted contradictions `shopassist knowledge lint` finds, and how many false alarms it gives.

    python benchmarks/contradictions.py [--json FILE]

data/contradictions.yaml holds small sets of pages, alone or beside the sample shop's, of which some contradict and some
only look so. `dev` was looked at while the check was made, `test` was not; `reworded` says the shop's rules in quite
other words. A finding that shows no planted pair is a
false alarm, whether the set holds a contradiction or none. The sample shop's own pages hold none.
"""

import argparse
import json
from datetime import date
from pathlib import Path

import yaml

from shopassist.knowledge.documents import document
from shopassist.knowledge.lint.contradictions import contradictions
from shopassist.knowledge.lint.material import Material, from_paths

ROOT = Path(__file__).parents[1]
DAY = date(2024, 12, 5)


def pages(case, sample):
    own = [
        document({k: v for k, v in p.items() if k != "text"}, p["text"], source=f"{p['id']}.md", id=p["id"])
        for p in case["pages"]
    ]
    return [*(sample if case.get("beside") else ()), *own]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON too")
    options = parser.parse_args()
    sample = from_paths([ROOT / "knowledge"], DAY, lambda *told: None).documents
    known = {f.text for f in contradictions(Material(sample, DAY))}
    cases = yaml.safe_load((ROOT / "benchmarks" / "data" / "contradictions.yaml").read_text("utf-8"))
    figures = {"sample shop": {"pages": len(sample), "false alarms": len(known)}}
    for part in ("dev", "test", "reworded"):
        own = [c for c in cases if c["part"] == part]
        planted, hits, alarms = 0, 0, []
        for case in own:
            wanted = [set(map(str, pair)) for pair in case["conflicts"]]
            found = [f.text for f in contradictions(Material(pages(case, sample), DAY)) if f.text not in known]
            hit = [pair for pair in wanted if any(all(v in text for v in pair) for text in found)]
            planted, hits = planted + len(wanted), hits + len(hit)
            alarms += [text for text in found if not any(all(v in text for v in pair) for pair in wanted)]
        figures[part] = {
            "sets": len(own), "planted": planted, "found": hits, "false alarms": len(alarms),
            "precision": round(hits / (hits + len(alarms)), 3), "recall": round(hits / planted, 3),
        }  # fmt: skip
        for text in alarms if part == "dev" else ():
            print(f"false alarm: {text}")
    for name, values in figures.items():
        print(f"{name}: " + ", ".join(f"{value} {key}" for key, value in values.items()))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
