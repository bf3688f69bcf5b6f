"""A customer's talk with an assistant whose model may fail, and what the log says of each turn."""

import logging
import time
from datetime import datetime

from shopassist import Customer

MODEL = "shopassist-test"
TWO = "申请保修需要准备订单号和故障描述或照片。能拍下故障现象的，附一小段视频会更快。"
"""An answer of two sentences, as Qwen2.5-Coder-1.5B gives it to `QUESTION`."""

QUESTION = "保修需要准备什么"
ME = Customer("u-1001")
CLOCK = datetime.fromisoformat("2024-12-05T10:00:00+08:00")
LIMITS = {"scripted": 20.0, "real": 240.0}
"""Seconds that a healthy answer may be silent: a busy machine holds up the scripted one, the real one reads for long."""


class Talk:
    """A customer's talk with an assistant, and what its log says of each turn."""

    def __init__(self, assistant, shop, caplog):
        self.assistant, self.shop, self._log = assistant, shop, caplog
        self.records = []
        self._number = 0

    def say(self, text=QUESTION, conversation=None, **options):
        """One turn, in a conversation of its own where none is given."""
        self._number += 1
        self._log.clear()
        name = conversation or f"talk-{self._number}"
        reply = self.assistant.reply(text, conversation=name, customer=ME, **options)
        self.records = [r for r in self._log.records if r.name.startswith("shopassist")]
        return reply

    def lines(self, level=logging.WARNING, breaker=False):
        """The last turn's lines of the log from a level on; the breaker's own only where they are asked for."""
        found = [r for r in self.records if r.levelno >= level]
        return [r.getMessage() for r in found if (r.name == "shopassist.models.breaker") == breaker]

    def recovers(self, seconds=10.0):
        """How soon a turn is whole again; fails where it takes longer than `seconds` until one is begun that is."""
        began = time.monotonic()
        while True:
            asked = time.monotonic() - began
            reply = self.say()
            if reply.degraded is None:
                return asked
            assert asked < seconds, reply.degraded
            time.sleep(0.2)
