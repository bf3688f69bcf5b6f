"""What the widget costs a page: its weight, its first paint, shifts, and memory over many messages.

    PYTHONPATH=src python benchmarks/widget.py [--messages 500]

Needs Chromium (/usr/bin/chromium) and the extra browser; runs the small shop of the tests under uvicorn.
"""

import argparse
import gzip
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / "browser"), str(ROOT / "tests" / "contrib" / "django")]

from shop_site import Site  # noqa: E402
from windows import CHROMIUM, FLAGS, Visit  # noqa: E402

from shopassist.knowledge.ingest import ingest  # noqa: E402

FOLDER = ROOT / "src" / "shopassist" / "contrib" / "django" / "static" / "shopassist" / "widget"
PAINT = """() => new Promise((done) => {
  const widget = document.querySelector("shop-assistant");
  const begun = performance.now();
  widget.open();
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begun)));
})"""
SAY = """async (text) => {
  const { talk } = document.querySelector("shop-assistant");
  talk.send(text);
  while (talk.writing) await new Promise((next) => setTimeout(next, 10));
}"""
HELD = """() => [document.querySelector("shop-assistant").shadowRoot.querySelectorAll(".row").length]"""


def paints(browser, address, times=10):
    """Milliseconds from the wish to open the window to the second frame after it, on a page each."""
    for _ in range(times):
        visit = Visit(browser.new_page(), address).go("/")
        visit.page.wait_for_selector("shop-assistant .launcher")
        yield visit.page.evaluate(PAINT)
        visit.page.close()


def memory(visit, messages, step=50):
    """(messages, rows in the page, MiB of the heap after a collection), a line each `step` messages."""
    session = visit.page.context.new_cdp_session(visit.page)
    for said in range(0, messages + 1, 2):
        if said % step == 0:
            session.send("HeapProfiler.collectGarbage")
            heap = session.send("Runtime.getHeapUsage")["usedSize"]
            [rows] = visit.page.evaluate(HELD)
            yield said, rows, heap / 2**20
        visit.page.evaluate(SAY, "你好")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=500)
    messages = parser.parse_args().messages
    weights = {file.name: len(gzip.compress(file.read_bytes(), mtime=0)) for file in sorted(FOLDER.iterdir())}
    print("gzipped:", ", ".join(f"{name} {size}" for name, size in weights.items()), f"= {sum(weights.values())} bytes")
    with tempfile.TemporaryDirectory() as folder:
        ingest([ROOT / "knowledge"], Path(folder) / "data" / "knowledge", None)
        site = Site("uvicorn", folder, {"SITE_DATA": Path(folder) / "data"})
        with site, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
            taken = sorted(paints(browser, site.address))
            print(
                f"first paint of the opened window: median {statistics.median(taken):.0f} ms, most {taken[-1]:.0f} ms"
            )
            visit = Visit(browser.new_page(), site.address).go("/").open()
            visit.ask("无线降噪耳机Pro续航多久")
            print(f"layout shift of a streamed answer: {visit.shifts:.6f}; external requests: {len(visit.external)}")
            for said, rows, heap in memory(visit, messages):
                print(f"{said:4} messages: {rows:4} rows, {heap:.1f} MiB")
            browser.close()


if __name__ == "__main__":
    main()
