"""What a visitor does and sees."""

from pathlib import Path

from playwright.sync_api import expect

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

WATCH = """
window.violations = [];
window.shifts = [];
document.addEventListener("securitypolicyviolation", (e) => window.violations.push(`${e.effectiveDirective} ${e.blockedURI}`));
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts.push(entry.value);
}).observe({ type: "layout-shift", buffered: true });
"""


class Visit:
    """A tab with a page of the shop. What it asks of other hosts is refused and kept in `external`."""

    def __init__(self, page, address):
        self.page, self.address = page, address
        self.errors, self.external = [], []
        page.add_init_script(WATCH)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._asked(request.url))

    def _asked(self, url):
        if not url.startswith((self.address, "data:", "blob:")):
            self.external.append(url)

    def go(self, path):
        self.page.goto(self.address + path)
        return self

    def login(self, name):
        return self.go(f"/login/{name}/")

    @property
    def window(self):
        return self.page.locator("shop-assistant .window")

    @property
    def field(self):
        return self.window.locator(".composer textarea")

    @property
    def answers(self):
        return self.window.locator(".row.assistant:not(.live) .bubble")

    @property
    def said(self):
        return self.window.locator(".row.customer .bubble")

    def button(self, name):
        return self.window.get_by_role("button", name=name, exact=True)

    def open(self):
        self.page.locator("shop-assistant .launcher").click()
        expect(self.window).to_be_visible()
        return self

    def say(self, text):
        self.field.fill(text)
        self.field.press("Enter")
        return self

    def ask(self, text):
        """Say something and wait for the answer; its text."""
        before = self.answers.count()
        self.say(text)
        return self.answered(before + 1)

    def answered(self, count):
        """Wait until so many answers are finished; the last one's text."""
        expect(self.answers).to_have_count(count, timeout=60_000)
        expect(self.window).not_to_have_attribute("data-writing", "", timeout=60_000)
        return self.answers.last.inner_text()

    @property
    def conversation(self):
        """The id of the conversation that is open."""
        return self.page.evaluate("document.querySelector('shop-assistant').talk.id")

    @property
    def violations(self):
        return self.page.evaluate("window.violations")

    @property
    def shifts(self):
        return self.page.evaluate("window.shifts.reduce((all, one) => all + one, 0)")
