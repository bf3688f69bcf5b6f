"""The claims for every way to a model, on a real Ollama: by its own interface, and by OpenAI's."""

import pytest
from talks import MODEL

from shopassist.models.routing import choose
from shopassist.settings import load
from shopassist.testing import ModelConformance

REAL = [pytest.param("real", marks=pytest.mark.real_ollama)]


class OnServer(ModelConformance):
    seconds = 240.0

    @pytest.fixture(autouse=True)
    def _at(self, server):
        self.server = server

    def chosen(self, **values):
        limits = {"max_tokens": 24, "model_first_token": 200.0, "model_next_token": 60.0, "model_deadline": 240.0}
        own = load(**{**limits, "model_context": 2048, **values})
        return choose(own).writer(own)


@pytest.mark.parametrize("server", REAL, indirect=True)
class TestOllamaItself(OnServer):
    def make_writer(self):
        return self.chosen(model="ollama", ollama_url=self.server.url, ollama_model=MODEL)

    def make_broken(self):
        made = self.make_writer()
        made.model.model = "gone"
        return made


@pytest.mark.parametrize("server", REAL, indirect=True)
class TestOllamaByOpenAI(OnServer):
    def make_writer(self):
        pytest.importorskip("langchain_openai")
        with_tag = MODEL if ":" in MODEL else f"{MODEL}:latest"
        return self.chosen(model="openai", openai_url=f"{self.server.url}/v1", openai_model=with_tag)

    def make_broken(self):
        made = self.make_writer()
        made.model.model_name = "gone"
        return made
