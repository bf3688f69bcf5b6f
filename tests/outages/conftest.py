"""The servers that these tests run on: a scripted one, and a real Ollama where scripts/test-ollama names one."""

import logging
import os

import pytest
from fault_proxy import FaultProxy
from real_ollama import CONTEXT, RealOllama
from scripted_ollama import ScriptedOllama
from talks import CLOCK, LIMITS, MODEL, TWO, Talk

from shopassist.models.routing import choose
from shopassist.settings import Address
from shopassist.testing import MemoryShop

WHERE = os.environ.get("SHOPASSIST_TEST_OLLAMA")
GGUF = os.environ.get("SHOPASSIST_TEST_GGUF")


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
    made.close()


@pytest.fixture
def talk(assistant, settings, server, proxy, patient, caplog):
    """Make a talk by way of the proxy, after one whole turn; without `whole` it begins as it is.

    A real model takes seconds for a turn, so it must do the first one only once, and again after a restart.
    """
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "shopassist")  # the command line sets its level, also where a test calls it

    def make(url=proxy.url, whole=not server.proved, **values):
        shop = MemoryShop.sample(lambda: CLOCK)
        limits = {"model_first_token": patient, "model_next_token": patient, "model_deadline": 300.0}
        values = {
            "ollama_url": Address(url), "ollama_model": MODEL, "model_context": CONTEXT, "long_documents": False,
            "answer_cache": 0,  # the same question is asked again and again, and the model shall answer it
            **limits, **values,
        }  # fmt: skip
        own = settings.model_copy(update={**values, "model": "ollama"})
        made = Talk(assistant(choose(own).writer(own), shop=shop, **values), shop, caplog)
        if whole:
            reply = made.say()
            assert reply.degraded is None, made.lines()
            assert reply.usage.output_tokens > 3
            server.proved = isinstance(server, RealOllama)
        return made

    return make
