"""The desk under a real server: what changes reaches the open page by itself."""

import re

import httpx
import servers


def test_under_uvicorn_a_hand_off_reaches_the_open_page_without_asking(tmp_path, data_dir):
    values = {"SITE_FOLDER": tmp_path, "SITE_DATA": data_dir}
    servers.manage("migrate", "--verbosity=0", **values)
    make = (
        "from shopsite.models import Shopper; from django.contrib.auth.models import Permission; "
        "u = Shopper.objects.create_user('lan', password='lan', is_staff=True); "
        "u.user_permissions.set(Permission.objects.filter(codename='work_at_desk'))"
    )
    servers.manage("shell", "--verbosity=0", "-c", make, **values)
    with servers.served("uvicorn", **values) as address, httpx.Client(base_url=address, timeout=60) as lan:
        login = lan.get("/admin/login/")
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', login.text)[1]
        form = {"username": "lan", "password": "lan", "csrfmiddlewaretoken": token, "next": "/desk/"}
        assert lan.post("/admin/login/", data=form).status_code == 302
        visitor = servers.Visitor(address)
        with lan.stream("GET", "/desk/events/") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            marks = (line for line in stream.iter_lines() if line.startswith("data: "))
            first = next(marks)
            number = visitor.ask("转人工").json()["handoff"]
            assert next(marks) != first
        told = lan.get("/desk/queue/").json()
        assert [h["id"] for h in told["handoffs"]] == [number]
