"""The example shop on Oscar with the widget on its pages, under uvicorn."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("django", reason="the extra django is not installed")
expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra browser)").expect

pytest.importorskip("oscar", reason="the extra oscar is not installed")

from servers import free_port, wait_for  # noqa: E402
from test_looks import picture  # noqa: E402
from windows import Visit  # noqa: E402

from shopassist.knowledge.ingest import ingest  # noqa: E402

ROOT = Path(__file__).parents[2]
FILL = """
import django; django.setup()
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
settings.MIGRATION_MODULES = {config.label: None for config in apps.get_app_configs()}  # from the models: in seconds
call_command("migrate", run_syncdb=True, verbosity=0)
from yunji.sample import load
load()
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The running shop."""
    data = tmp_path_factory.mktemp("oscar")
    ingest([ROOT / "knowledge"], data / "assistant" / "knowledge", None)
    path = os.pathsep.join(map(str, (ROOT / "examples" / "oscar_shop", ROOT / "src")))
    own = {
        "PYTHONPATH": path,
        "DJANGO_SETTINGS_MODULE": "yunji.settings",
        "OSCAR_SHOP_DATA": str(data),
        "OSCAR_SHOP_DEBUG": "0",
    }
    environment = {**os.environ, **own, "PYTHONWARNINGS": "ignore"}
    subprocess.run([sys.executable, "-c", FILL], env=environment, check=True)
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "yunji.asgi:application", "--port", str(port), "--log-level", "warning"]
    server = subprocess.Popen(command, env=environment)
    try:
        wait_for(f"http://127.0.0.1:{port}", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture
def customer(browser, address):
    """The customer u-1001, logged in through Oscar's own form."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1180, "height": 800}, reduced_motion="reduce")
    v = Visit(context.new_page(), address).go("/accounts/login/")
    v.page.locator("#id_login-username").fill("u-1001@example.com")
    v.page.locator("#id_login-password").fill("shop")
    v.page.locator("button[name=login_submit]").click()
    v.page.wait_for_load_state()
    yield v
    context.close()


def test_a_customer_asks_on_a_products_page_and_has_an_order_cancelled(customer):
    v = customer
    v.go("/").open().ask("无线降噪耳机Pro多少钱？")
    v.window.locator(".card", has_text="无线降噪耳机Pro").click()
    expect(v.page.locator("h1")).to_have_text("无线降噪耳机Pro")
    expect(v.window.locator(".context")).to_contain_text("无线降噪耳机Pro")
    assert "8" in v.ask("续航多久？")
    text = v.ask("这个多少钱？顺便看看订单ORD20241203003到哪了")
    assert "599" in text
    assert "ORD20241203003" in text
    picture(v, "oscar", whole=True)
    v.ask("帮我取消订单ORD20241203003")
    v.ask("七天无理由怎么退？")
    v.button("好的").click()
    assert "已取消" in v.answered(6)
    card = v.window.locator(".card").last
    expect(card).to_contain_text("已取消")
    card.click()
    expect(v.page.locator("h1, .page-header").first).to_contain_text("ORD20241203003")
    expect(v.page.locator("body")).to_contain_text("Cancelled")
    expect(v.window).to_be_visible()
    expect(v.said).to_have_count(6)
    assert v.errors == v.external == []


def test_a_visitor_who_logs_in_keeps_the_conversation(browser, address):
    context = browser.new_context(locale="zh-CN")
    v = Visit(context.new_page(), address).go("/").open()
    v.ask("七天无理由怎么退？")
    v.go("/accounts/login/")
    v.page.locator("#id_login-username").fill("u-1002@example.com")
    v.page.locator("#id_login-password").fill("shop")
    v.page.locator("button[name=login_submit]").click()
    v.go("/")
    expect(v.said).to_have_text(["七天无理由怎么退？"])
    assert v.ask("我的订单到哪了？")
    context.close()
