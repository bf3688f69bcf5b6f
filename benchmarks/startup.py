"""What `import shopassist` and `shopassist --help` cost, in fresh processes.

    python benchmarks/startup.py [--runs 10] [--json FILE]

Medians. The bare interpreter (`python -c pass`) is taken off the import's time, not off the command's. The runs of all
three are interleaved, so that a slow moment of the machine meets all of them.
"""

import argparse
import importlib.util
import statistics
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from report import Figure, describe, save, show


def seconds(command: list[str]) -> float:
    """Wall time of a process. Raises `CalledProcessError` if it fails."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return time.perf_counter() - began


def medians(commands: dict[str, list[str]], runs: int) -> dict[str, float]:
    """The median of each command after one run that fills the caches."""
    for command in commands.values():
        seconds(command)
    taken = [{name: seconds(command) for name, command in commands.items()} for _ in range(runs)]
    return {name: statistics.median(t[name] for t in taken) for name in commands}


def commands() -> dict[str, list[str]]:
    """What is run; the command line only where it is there and starts."""
    found = {
        "bare": [sys.executable, "-c", "pass"],
        "import": [sys.executable, "-c", "import shopassist"],
        "Assistant": [sys.executable, "-c", "from shopassist import Assistant"],
    }
    script = Path(sysconfig.get_path("scripts")) / "shopassist"
    if importlib.util.find_spec("shopassist.cli.main") is None or not script.exists():
        print("skipped: `shopassist --help`; src/shopassist/cli/main.py or the console script is not there")
        return found
    try:
        seconds([str(script), "--help"])
    except subprocess.CalledProcessError as error:
        print(f"skipped: `shopassist --help` fails: {error.stderr.decode().strip().splitlines()[-1:]}")
        return found
    return {**found, "--help": [str(script), "--help"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    describe()
    taken = medians(commands(), options.runs)
    figures = [
        Figure("bare python", taken["bare"], "s"),
        Figure("import shopassist, less bare python", taken["import"] - taken["bare"], "s", 0.15),
        Figure("from shopassist import Assistant, less bare python", taken["Assistant"] - taken["bare"], "s"),
    ]
    if "--help" in taken:
        figures.append(Figure("shopassist --help", taken["--help"], "s", 0.5))
    show(f"start-up, medians of {options.runs}", figures)
    save(options.json, figures)


if __name__ == "__main__":
    main()
