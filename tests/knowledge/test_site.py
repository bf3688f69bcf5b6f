"""A site's pages, from a real server: politely, from named hosts only, and nothing lost where it is away."""

import gzip
import re
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.sources import Limits
from shopassist.knowledge.sources.fetch import Fetcher
from shopassist.knowledge.sources.site import Site

PAGE = "<html lang='zh'><title>{0}</title><body><div class='navbar'>首页</div><h1>{0}</h1><p>{1}</p></body></html>"


class Web:
    """A server with pages by path: (status, headers, body); it notes who asked for what."""

    def __init__(self):
        self.pages, self.asked, self.sent = {}, [], []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                web.asked.append((self.path, dict(self.headers), time.monotonic()))
                status, headers, body = web.pages.get(self.path, (404, {}, b""))
                etag = headers.get("ETag")
                if etag and self.headers.get("If-None-Match") == etag:
                    status, body = 304, b""
                web.sent.append((self.path, status))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def put(self, path, text, status=200, kind="text/html; charset=utf-8", **headers):
        body = text if isinstance(text, bytes) else text.encode()
        self.pages[path] = (status, {"Content-Type": kind, **headers}, body)

    def sitemap(self, *paths, path="/sitemap.xml"):
        places = "".join(f"<url><loc>{p if '://' in p else self.url + p}</loc></url>" for p in paths)
        self.put(
            path,
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>',
            kind="application/xml",
        )

    def paths(self):
        return [path for path, _, _ in self.asked]


@pytest.fixture
def web():
    web = Web()
    web.put("/help/returns.html", PAGE.format("退货", "七天内可以退货。"), ETag='"r1"')
    web.put("/help/shipping", PAGE.format("发货", "48 小时内发货。"), **{"Last-Modified": formatdate(0, usegmt=True)})
    web.put("/cart", PAGE.format("购物车", "空的。"))
    web.sitemap("/help/returns.html", "/help/shipping", "/cart")
    yield web
    web.server.shutdown()
    web.server.server_close()


def site(web, **options):
    options = {"sitemap": f"{web.url}/sitemap.xml", "include": ["/help/"], "per_second": 100, **options}
    return Site("shop", **options)


@pytest.fixture
def index(tmp_path):
    return tmp_path / "index"


def test_a_sitemaps_pages_become_documents(web, index):
    texts = {t.id: t for t in site(web, fields={"tags": ["help"]}).read({})}
    assert list(texts) == ["help/returns", "help/shipping"]
    assert texts["help/returns"].text == "# 退货\n\n七天内可以退货。"
    assert texts["help/returns"].fields == {
        "url": f"{web.url}/help/returns.html", "title": "退货", "language": "zh", "tags": ["help"],
    }  # fmt: skip
    assert set(ingest([site(web)], index, None).added) == {"help/returns/zh", "help/shipping/zh"}
    assert all(headers["User-Agent"].startswith("shopassist ") for _, headers, _ in web.asked)


def test_what_did_not_change_is_not_sent_again_and_what_did_is(web, index):
    ingest([site(web)], index, None)
    web.sent.clear()
    again = ingest([site(web)], index, None)
    assert ("/help/returns.html", 304) in web.sent
    assert (again.added, again.changed, again.removed, again.unchanged) == ((), (), (), 2)
    web.put("/help/returns.html", PAGE.format("退货", "十天内可以退货。"), ETag='"r2"')
    assert ingest([site(web)], index, None).changed == ("help/returns/zh",)
    web.sent.clear()
    ingest([site(web, fields={"tags": ["help"]})], index, None)  # read otherwise, so it must be sent
    assert ("/help/returns.html", 200) in web.sent
    assert ingest([site(web)], index, None, rebuild=True).added


def test_an_index_that_went_back_is_not_told_that_nothing_changed(web, index):
    ingest([site(web)], index, None)
    web.put("/help/returns.html", PAGE.format("退货", "十天内可以退货。"), ETag='"r2"')
    ingest([site(web)], index, None)
    (index / "CURRENT").write_text("gen-000001\n")
    assert ingest([site(web)], index, None).changed == ("help/returns/zh",)


def test_robots_txt_is_kept_with_its_wildcards(web, index):
    web.put("/robots.txt", "User-agent: *\nDisallow: /*shipping$\nCrawl-delay: 0.2\n", kind="text/plain")
    report = ingest([site(web)], index, None)
    assert report.added == ("help/returns/zh",)
    assert report.broken[0].place == f"{web.url}/help/shipping"
    assert "robots.txt" in report.broken[0].reason
    assert "/help/shipping" not in web.paths()
    times = [at for path, _, at in web.asked if path != "/robots.txt"]
    assert times[1] - times[0] >= 0.19


@pytest.mark.parametrize(("status", "allowed"), [(404, True), (403, False)])
def test_without_robots_txt_all_may_be_read_and_behind_a_refusal_nothing(web, index, status, allowed):
    web.put("/robots.txt", "", status)
    if allowed:
        assert ingest([site(web)], index, None).added
    else:
        with pytest.raises(Exception, match=r"robots\.txt keeps it from being read"):
            ingest([site(web)], index, None)


def test_a_page_that_is_gone_leaves_and_one_that_fails_stays(web, index):
    ingest([site(web)], index, None)
    web.put("/help/returns.html", "", 500)
    del web.pages["/help/shipping"]
    report = ingest([site(web)], index, None)
    assert report.removed == ("help/shipping/zh",)
    assert [str(b) for b in report.broken] == [f"program:shop: {web.url}/help/returns.html: the server answers 500"]
    assert report.unchanged == 1


@pytest.mark.parametrize("fault", ["away", "500", "no XML", "entities", "robots 503"])
def test_a_site_that_cannot_be_read_whole_keeps_all_it_had(web, index, fault):
    ingest([site(web)], index, None)
    match fault:
        case "away":
            web.server.shutdown()
            web.server.server_close()
        case "500":
            web.put("/sitemap.xml", "", 500)
        case "no XML":
            web.put("/sitemap.xml", "<html>maintenance", 200)
        case "entities":
            web.put("/sitemap.xml", '<!DOCTYPE x [<!ENTITY a "b">]><urlset>&a;</urlset>')
        case _:
            web.put("/robots.txt", "", 503)
    report = ingest([site(web)], index, None)
    assert (report.removed, report.unchanged, len(report.broken)) == ((), 2, 1)
    with pytest.raises(Exception, match=r"2 documents cannot be read again .*which a rebuild would lose"):
        ingest([site(web)], index, None, rebuild=True)


def test_after_five_failures_in_a_row_nobody_is_asked_any_more(web):
    web.sitemap(*(f"/help/{n}" for n in range(20)))
    for n in range(20):
        web.put(f"/help/{n}", "", 503)
    with pytest.raises(ValueError, match="5 pages in a row failed"):
        list(site(web).read({}))
    assert len([p for p in web.paths() if p.startswith("/help/")]) == 5


def test_only_named_hosts_are_asked(web, index):
    web.sitemap("/help/returns.html", "http://other.invalid/help/a")
    web.put("/help/returns.html", "", 302, Location="http://169.254.169.254/help/secrets")
    reasons = [u.reason for u in site(web).read({})]
    assert reasons == [
        "leads to the host 169.254.169.254, which is not named; add it under `hosts`",
        "leads to the host other.invalid, which is not named; add it under `hosts`",
    ]


def test_the_way_from_a_public_host_to_a_private_one_is_refused():
    fetcher = Fetcher(frozenset({"93.184.216.34", "127.0.0.1", "10.0.0.1"}), 100, Limits())
    for address in ("ftp://93.184.216.34/x", "http://93.184.216.34:6379/x"):
        with pytest.raises(ValueError, match="which is no page's"):
            fetcher._check(address, "http://93.184.216.34/help")
    with pytest.raises(ValueError, match=r"the private address of 127\.0\.0\.1"):
        fetcher._check("http://127.0.0.1/admin", "http://93.184.216.34/help")
    fetcher._check("http://10.0.0.1/b", "http://127.0.0.1/a")  # a shop's own network, named as such
    fetcher.close()


def test_pages_that_lead_on_within_the_host_are_followed_and_circles_are_not(web):
    web.put("/help/returns.html", "", 301, Location="/help/new")
    web.put("/help/new", PAGE.format("退货", "七天。"))
    web.put("/help/shipping", "", 302, Location="/help/shipping")
    returns, shipping = site(web).read({})
    assert returns.fields["url"] == f"{web.url}/help/new"
    assert returns.place == f"{web.url}/help/returns.html"
    assert "leads on more than" in shipping.reason


def test_a_page_that_is_too_large_is_told_and_not_read_to_its_end(web):
    web.put("/help/returns.html", b"x" * 3_000_000, kind="text/plain")
    web.put("/help/shipping", gzip.compress(b"x" * 30_000_000), kind="text/plain", **{"Content-Encoding": "gzip"})
    found = list(site(web, limits=Limits(megabytes=1)).read({}))
    assert [f.reason for f in found] == ["has more than the 1 MB that the setting max_file_mb allows"] * 2


def test_a_sitemap_may_name_others_and_be_packed(web):
    web.put("/sitemap.xml", f"<sitemapindex><sitemap><loc>{web.url}/s.xml.gz</loc></sitemap></sitemapindex>")
    web.put("/s.xml.gz", gzip.compress(f"<urlset><url><loc>{web.url}/help/shipping#x</loc></url></urlset>".encode()))
    assert [t.id for t in site(web).read({})] == ["help/shipping"]


def test_a_bomb_of_a_sitemap_is_told(web):
    web.put("/sitemap.xml", gzip.compress(b" " * 30_000_000))
    with pytest.raises(ValueError, match="more than the 1 MB"):
        list(site(web, limits=Limits(megabytes=1)).read({}))


def test_a_list_of_addresses_and_other_encodings(web):
    web.put("/a", "<p>七天内可以无理由退货</p>".encode("gbk"), kind="text/html; charset=gb2312")
    web.put("/b.md", "---\nid: b\n---\n# 乙\n正文。", kind="text/markdown")
    web.put("/c.pdf", b"%PDF", kind="application/pdf")
    a, b, c = Site("list", urls=[f"{web.url}/{x}" for x in ("a", "b.md", "c.pdf")], per_second=100).read({})
    assert a.text == "七天内可以无理由退货"
    assert (b.fields["id"], b.text) == ("b", "# 乙\n正文。")
    assert "of the kind application/pdf" in c.reason


def test_a_source_file_names_a_site_for_the_command_line_and_a_rebuild(web, index, tmp_path):
    file = tmp_path / "pages" / "shop.source.yaml"
    file.parent.mkdir()
    file.write_text(f"sitemap: {web.url}/sitemap.xml\ninclude: /help/\nper_second: 100\ntags: [help]\n", "utf-8")
    (tmp_path / "pages" / "a.md").write_text("一页。", "utf-8")
    assert len(ingest([file], index, None).added) == 2
    report = ingest([tmp_path / "pages"], index, None)  # the folder alone: the site's pages stay, the file is told
    assert (report.added, report.removed, report.unchanged) == (("a/zh",), (), 2)
    assert "named itself" in report.skipped[0].reason
    assert len(ingest([], index, None, rebuild=True).added) == 3
    file.unlink()
    assert len(ingest([file], index, None).removed) == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("tags: [a]\n", "must have one of sitemap, urls, sql, loader"),
        ("sitemap: https://a.example\nurls: [https://a.example]\n", "not sitemap and urls"),
        ("sitemap: ftp://a.example/x\n", "'ftp://a.example/x' is no address"),
        ("sitemap: https://user:hunter2@a.example/x\n", "is no address"),
        ("urls: []\n", "needs a sitemap or urls"),
        ("urls: [https://a.example]\nevery: 5\n", "unknown entry 'every'"),
        ("urls: [https://a.example]\nper_second: 0\n", "per_second must be above 0"),
        ("urls: [https://a.example]\nper_second: fast\n", "could not convert|wrong kind"),
        ("urls: [https://a.example]\nid: x\n", "'id' cannot hold for all pages"),
        ("- x\n", "name: value"),
        ("sql: SELECT 1\n", "needs either database"),
        ("sql: SELECT 1\ndatabase_variable: NO_SUCH_VARIABLE_HERE\n", "the environment has no NO_SUCH_VARIABLE_HERE"),
    ],
)
def test_a_source_file_that_cannot_be_taken_is_told_without_its_secrets(index, tmp_path, text, reason):
    (tmp_path / "a.md").write_text("一页。", "utf-8")
    (tmp_path / "x.source.yaml").write_text(text, "utf-8")
    report = ingest([tmp_path / "a.md", tmp_path / "x.source.yaml"], index, None)
    assert report.added == ("a/zh",)
    (broken,) = report.broken
    assert re.search(reason, broken.reason), broken
    assert "hunter2" not in str(broken)
