"""What every benchmark prints: the machine, its figures against their targets, and the same as JSON."""

import json
import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

LIBRARIES = ("shopassist", "numpy", "onnxruntime", "tokenizers", "chromadb", "bm25s", "langgraph", "SQLAlchemy")


@dataclass(frozen=True)
class Figure:
    """A measured value. `target` is read as at most, or with `least` as at least; None is for information."""

    name: str
    value: float
    unit: str
    target: float | None = None
    least: bool = False

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        return "pass" if (self.value >= self.target if self.least else self.value <= self.target) else "MISS"

    @property
    def wanted(self) -> str:
        return "" if self.target is None else f"{'≥' if self.least else '≤'} {self.target:g} {self.unit}"


def machine() -> dict[str, object]:
    """CPU, memory, Python and the libraries that count."""
    return {
        "cpu": _field("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "memory": _field("/proc/meminfo", "MemTotal"),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "load": [round(x, 2) for x in os.getloadavg()] if hasattr(os, "getloadavg") else None,
    }


def describe() -> None:
    """Print the machine, on top of everything else."""
    m = machine()
    libraries = ", ".join(f"{name} {number}" for name, number in m["libraries"].items())
    print(f"{m['cpu']}, {m['cores']} cores, {m['memory']}; {m['system']}; Python {m['python']}; load {m['load']}")
    print(libraries)


def show(title: str, figures: list[Figure]) -> None:
    """A table of figures, one a row."""
    table = Table("figure", "target", "measured", "", title=title)
    for f in figures:
        table.add_row(f.name, f.wanted, f"{f.value:.4g} {f.unit}", f.verdict)
    console().print(table)


def console() -> Console:
    """Wide enough for our tables where the output is a file."""
    return Console(width=None if os.isatty(1) else 130)


def save(path: Path | None, figures: list[Figure], **more: object) -> None:
    """The same as JSON, where a path was given."""
    if path:
        rows = [{**f.__dict__, "verdict": f.verdict} for f in figures]
        text = json.dumps({"machine": machine(), "figures": rows, **more}, ensure_ascii=False, indent=1, default=str)
        path.write_text(text + "\n", encoding="utf-8")


def percentiles(name: str, values: list[float], *, p50: float | None = None, p95: float | None = None) -> list[Figure]:
    """Median and 95th percentile of seconds, in milliseconds."""
    middle, high = np.percentile(np.array(values) * 1000, [50, 95])
    return [Figure(f"{name}, p50", float(middle), "ms", p50), Figure(f"{name}, p95", float(high), "ms", p95)]


def embedding_folder() -> Path | None:
    """The folder of the real embedding model: SHOPASSIST_EMBEDDING_MODEL, else the shared one, else None."""
    named = os.environ.get("SHOPASSIST_EMBEDDING_MODEL")
    folder = Path(named) if named else shared() / "models/bge-small-zh-v1.5"
    return folder if folder.is_dir() else None


def shared() -> Path:
    """Where the shared models and data are."""
    return Path(os.environ.get("SHOPASSIST_SHARED", Path(__file__).parents[2] / "shared"))


def embeddings(threads: int):
    """The real embeddings where they are there, else hashed ones, with a name for the table."""
    from shopassist.knowledge.embeddings import OnnxEmbeddings
    from shopassist.testing.doubles import HashEmbeddings

    folder = embedding_folder()
    if folder is None:
        return HashEmbeddings(512), "HashEmbeddings(512): no real model is there"
    return OnnxEmbeddings(folder, threads=threads), f"OnnxEmbeddings {folder.name}, {threads} threads"


def _field(path: str, name: str) -> str | None:
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), None)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"
