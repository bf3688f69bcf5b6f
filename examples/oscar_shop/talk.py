"""A customer talks to the running shop through HTTP and has an order cancelled: python talk.py http://127.0.0.1:8000."""

import re
import sys

import httpx

ADDRESS = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
ORDER = sys.argv[2] if len(sys.argv) > 2 else "ORD20241203003"
SAID = ("无线降噪耳机Pro多少钱？", f"订单{ORDER}到哪了？", f"帮我取消订单{ORDER}", "好的")


def status(client):
    """The order's status as Oscar's own page for the customer tells it."""
    page = client.get(f"/accounts/orders/{ORDER}/").raise_for_status().text
    return next(s for s in ("Cancelled", "Being processed", "Complete", "Pending", "Awaiting payment") if s in page)


with httpx.Client(base_url=ADDRESS, follow_redirects=True, timeout=60) as client:
    form = client.get("/accounts/login/").raise_for_status().text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)[1]
    login = {"login-username": "u-1001@example.com", "login-password": "shop", "login_submit": "Log In"}
    client.post("/accounts/login/", data={**login, "csrfmiddlewaretoken": token}).raise_for_status()
    print(f"{ORDER}: {status(client)}")
    client.get("/assistant/conversations/").raise_for_status()
    headers = {"X-CSRFToken": client.cookies["csrftoken"]}
    made = client.post("/assistant/conversations/", headers=headers).raise_for_status().json()
    for text in SAID:
        sent = client.post(f"/assistant/conversations/{made['id']}/messages/", headers=headers, json={"text": text})
        print(f"客: {text}\n店: {sent.raise_for_status().json()['text']}")
    print(f"{ORDER}: {status(client)}")
