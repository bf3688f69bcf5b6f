"""Hand-offs by e-mail, and what a person does then: python examples/desk_email.py (prints; SMTP_HOST=… sends)."""

import os
import smtplib
import tempfile
from email.message import EmailMessage

from shopassist import Assistant
from shopassist.protocols import HandOff
from shopassist.storage.memory import MemoryStore


class EmailDesk:
    """A mailbox of the shop's: what `send` raises means that nobody will come, and the customer is told so."""

    def __init__(self, address: str, send) -> None:
        self.address, self.send = address, send

    def open(self, handoff: HandOff, text: str) -> None:
        mail = EmailMessage()
        mail["To"] = self.address
        mail["From"] = self.address
        mail["Subject"] = f"{handoff.id} ({handoff.reason})"
        mail["Message-ID"] = f"<{handoff.id}@shop.example>"  # the same for a repeat
        mail.set_content(text)  # personal data are placeholders in it
        self.send(mail)


def send(mail: EmailMessage) -> None:
    host = os.environ.get("SMTP_HOST")
    if host is None:
        print(f"--- {mail['Subject']}\n{mail.get_content()}---")
        return
    with smtplib.SMTP(host, timeout=5) as server:
        server.send_message(mail)


with tempfile.TemporaryDirectory() as folder:
    settings = {"data_dir": folder, "model": "none", "embeddings": "none"}
    desk = EmailDesk("desk@shop.example", send)
    with Assistant.from_settings(store=MemoryStore(), desk=desk, **settings) as assistant:
        reply = assistant.reply("充电器漏电，电到我了！我的电话13812345678", conversation="c")
        print("店:", reply.text)

        # The person, in the shop's own back office, with the number from the mail:
        case = assistant.desk.claim(reply.handoff, agent="li")
        print("客:", case.summary["quotes"][-1])
        print("店:", repr(assistant.reply("有人吗", conversation="c").text), "(the bot is silent)")
        assistant.desk.say(case.id, "li", "您好，我是人工客服小李，马上给您打电话。")
        assistant.desk.give_back(case.id, "li")
        for message in assistant.history("c"):
            print(message.seq, message.role, message.text)
