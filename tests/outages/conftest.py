"""The servers that these tests run on: a scripted one, and a real Ollama where scripts/test-ollama names one."""

import logging
import os
import time
from datetime import datetime

import pytest
from fault_proxy import FaultProxy
from real_ollama import CONTEXT, RealOllama
from scripted_ollama import ScriptedOllama

from shopassist import Customer
from shopassist.models.routing import choose
from shopassist.settings import Address
from shopassist.testing import MemoryShop

WHERE = os.environ.get("SHOPASSIST_TEST_OLLAMA")
GGUF = os.environ.get("SHOPASSIST_TEST_GGUF")
MODEL = "shopassist-test"
TWO = "申请保修需要准备订单号和故障描述或照片。能拍下故障现象的，附一小段视频会更快。"
"""An answer of two sentences, as Qwen2.5-Coder-1.5B gives it to `QUESTION`."""

QUESTION = "保修需要准备什么"
ME = Customer("u-1001")
CLOCK = datetime.fromisoformat("2024-12-05T10:00:00+08:00")
LIMITS = {"scripted": 1.0, "real": 240.0}
"""Seconds that a healthy answer may be silent: a real model on two cores reads for half a minute."""


@pytest.fixture(scope="session", params=["scripted", pytest.param("real", marks=pytest.mark.real_ollama)])
def server(request, tmp_path_factory):
    """An Ollama with the model `MODEL`."""
    if request.param == "scripted":
        made = ScriptedOllama(MODEL, TWO)
        yield made
        made.stop()
        return
    missing = [name for name in ("SHOPASSIST_TEST_OLLAMA", "SHOPASSIST_TEST_GGUF") if not os.environ.get(name)]
    if missing:
        pytest.skip(f"no real Ollama: scripts/test-ollama sets {' and '.join(missing)}")
    made = RealOllama(WHERE, GGUF, tmp_path_factory.mktemp("ollama"), MODEL)
    yield made
    made.close()


@pytest.fixture
def patient(server):
    """How long a healthy server may be silent, in seconds."""
    return LIMITS["scripted" if isinstance(server, ScriptedOllama) else "real"]


@pytest.fixture
def proxy(server):
    """Stands between the assistant and the server."""
    made = FaultProxy(server.url)
    yield made
    made.leave()


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


@pytest.fixture
def talk(assistant, settings, proxy, patient, caplog):
    """Make a talk by way of the proxy, after one whole turn; without `whole` it begins as it is."""
    caplog.set_level(logging.DEBUG)

    def make(url=proxy.url, whole=True, **values):
        shop = MemoryShop.sample(lambda: CLOCK)
        limits = {"model_first_token": patient, "model_next_token": patient, "model_deadline": 300.0}
        values = {
            "ollama_url": Address(url), "ollama_model": MODEL, "model_context": CONTEXT, "long_documents": False,
            **limits, **values,
        }  # fmt: skip
        own = settings.model_copy(update={**values, "model": "ollama"})
        made = Talk(assistant(choose(own).writer(own), shop=shop, **values), shop, caplog)
        if whole:
            reply = made.say()
            assert reply.degraded is None, made.lines()
            assert reply.usage.output_tokens > 3
        return made

    return make
