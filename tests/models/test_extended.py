"""Models made at a server: at a stand-in, and with the same claims at a real Ollama where its program is."""

import os
import shutil
import time
from pathlib import Path

import httpx
import ollama as ollama_
import pytest

from ollama_stand_in import PROGRAM, blobs, real, stand_in
from shopassist.errors import InputError, ModelUnavailable, WeightsMissing
from shopassist.models import extended, inspection
from shopassist.models.gguf_tokenizer import tokenizer_from, tokenizer_of
from shopassist.models.ollama_server import OllamaServer, Shown
from shopassist.models.yarn import plan, written
from tiny_gguf import tiny

GGUF = os.environ.get("SHOPASSIST_TEST_GGUF")
OWN = "{{ range .Messages }}{{ .Role }}: {{ .Content }}\n{{ end }}"
NUMBERS = {"asked": 8192, "answer": 220}


@pytest.fixture(
    scope="module",
    params=[
        "stand-in",
        pytest.param(
            "real", marks=pytest.mark.skipif(PROGRAM is None, reason="no program ollama: set SHOPASSIST_SHARED")
        ),
    ],
)
def ollama(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ollama") / "models"
    with (stand_in if request.param == "stand-in" else real)(folder) as running:
        yield running


@pytest.fixture
def server(ollama):
    with OllamaServer(ollama.url) as server:
        yield server


@pytest.fixture
def file(tmp_path):
    return tiny(tmp_path / "tiny.gguf")


def add(server, file, name, **rest):
    """Give the server a model as `ollama create` does."""
    with file.open("rb") as data:
        from hashlib import file_digest

        digest = file_digest(data, "sha256").hexdigest()
    server.upload(file, digest, lambda *_: None)
    list(server.create(name, digest, **rest))
    return digest


def make(server, file, name, look, uploaded=lambda *_: None, said=lambda _: None):
    extension = plan(file, 131072)
    with written(extension, file.with_name("copy.gguf"), keep=False, progress=lambda *_: None) as copy:
        return extended.create(server, name, copy, extension, look, uploaded=uploaded, said=said), copy.sha256


def test_a_model_is_made_with_all_that_the_original_has_beside_its_weights(server, file):
    parameters = {"temperature": 0.5, "stop": ["<|im_end|>", 'a "b"'], "num_ctx": 4096}
    add(server, file, "orig", template=OWN, system="Du.\nIch.", license="Apache-2.0", parameters=parameters)
    look = extended.dress(server.show("orig"))
    assert (look.template, look.template_from) == (OWN, "that of orig")
    made, _ = make(server, file, "orig-128k", look)
    assert (made.template, made.system, made.license) == (OWN, "Du.\nIch.", "Apache-2.0")
    assert made.parameters == parameters
    found = inspection.of_server(server, "orig-128k", **NUMBERS)
    assert (found.facts.trained, found.facts.context, found.facts.yarn) == (32768, 131072, 4.0)
    assert (found.template, found.tools, found.allocated) == (True, False, None)
    assert inspection.of_server(server, "orig", **NUMBERS).facts.context == 32768
    for name in ("orig", "orig-128k"):
        server.remove(name, server.show(name).blob.name.removeprefix("sha256-"))


def test_a_model_without_a_template_gets_qwens_with_tools(server, file):
    digest = add(server, file, "bare")
    assert not inspection.of_server(server, "bare", **NUMBERS).template
    look = extended.dress(server.show("bare"))
    assert look.template_from == "Qwen2.5's own"
    _, copied = make(server, file, "bare-128k", look)
    found = inspection.of_server(server, "bare-128k", **NUMBERS)
    assert (found.template, found.tools) == (True, True)
    server.remove("bare", digest)
    server.remove("bare-128k", copied)


def test_the_servers_own_file_is_found_and_its_store_named(server, ollama, file):
    digest = add(server, file, "here")
    shown = server.show("here")
    assert extended.file_of(shown).read_bytes() == file.read_bytes()
    assert extended.store(shown) == ollama.folder / "blobs"
    server.remove("here", digest)
    with pytest.raises(WeightsMissing, match=r"not on this machine.*--gguf FILE"):
        extended.file_of(shown)


def test_a_name_that_is_taken_is_never_written_over(server, file):
    digest = add(server, file, "taken")
    with pytest.raises(InputError, match=r"has a taken already.*--to"):
        extended.check_free(server, "taken")
    extended.check_free(server, "free")
    server.remove("taken", digest)


def test_what_can_be_no_name_is_told_before_any_work(server):
    with pytest.raises(InputError, match="'no name!' can be no model's name"):
        extended.check_free(server, "no name!")


class Stop(BaseException):
    """As Ctrl-C, which pytest takes for its own."""


def _raise(error):
    raise error


@pytest.mark.parametrize(
    "when",
    [
        {"uploaded": lambda done, total: _raise(Stop)},
        {"uploaded": lambda done, total: _raise(Stop) if done == total else None},
        {"said": lambda status: _raise(Stop)},
        {"said": lambda status: _raise(Stop) if status == "writing manifest" else None},
        {"said": lambda status: _raise(Stop) if status == "success" else None},
    ],
    ids=["while it is sent", "when it was sent", "at the first word", "at the manifest", "after the last word"],
)
def test_whoever_stops_leaves_nothing_at_the_server(server, ollama, file, when):
    before = blobs(ollama.folder)
    os.truncate(file, 32 * 1024**2)  # so that it takes a while
    with pytest.raises(Stop):
        make(server, file, "stopped", extended.dress(None), **when)
    assert server.show("stopped") is None
    until = time.monotonic() + 5
    while blobs(ollama.folder) != before and time.monotonic() < until:  # a broken upload is swept up in its own time
        time.sleep(0.02)
    assert blobs(ollama.folder) == before


def test_a_model_that_the_server_refuses_leaves_nothing_there(server, ollama, file):
    before = blobs(ollama.folder)
    with pytest.raises(ModelUnavailable, match=r"cannot make broken: .*unclosed action"):
        make(server, file, "broken", extended.Dress("{{ .Messages", "a typo", {}))
    assert server.show("broken") is None
    assert blobs(ollama.folder) == before


def test_a_file_that_is_there_already_is_not_sent_again(server, ollama, file):
    digest = add(server, file, "once")
    seen = []
    server.upload(file, digest, lambda *progress: seen.append(progress))
    assert seen == [(file.stat().st_size,) * 2]
    server.remove("once", digest)
    assert f"sha256-{digest}" not in blobs(ollama.folder)


def test_a_file_of_another_model_is_not_given_its_name(server, file, tmp_path):
    digest = add(server, file, "one")
    with pytest.raises(InputError, match="has 2,151 parameters and one has 1,400"):
        extended.check_same(_with(server.show("one"), 1400), plan(file, 131072))
    extended.check_same(server.show("one"), plan(file, 131072))
    server.remove("one", digest)


def _with(shown, parameters):
    return Shown(shown.name, {**shown.info, "general.parameter_count": parameters}, shown.details)


def test_a_server_that_says_otherwise_is_not_believed(tmp_path, file):
    """As one that clamps the length, or cuts YaRN out of the metadata."""
    with stand_in(tmp_path / "models") as own, OllamaServer(own.url) as server:
        own.context = 32768
        with pytest.raises(ModelUnavailable, match=r"otherwise than asked: 32768 tokens"):
            make(server, file, "clamped", extended.dress(None))
        assert own.models == {}
        assert blobs(own.folder) == set()


def test_a_server_that_goes_away_says_what_may_be_left(tmp_path, file):
    with stand_in(tmp_path / "models") as own, OllamaServer(own.url) as server:

        def gone(_):
            own.server_close()
            own.hook = lambda path: _raise(ConnectionResetError)
            raise Stop

        with pytest.raises(ModelUnavailable, match=r"cannot be taken away.*ollama rm lost"):
            make(server, file, "lost", extended.dress(None), said=gone)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("qwen2.5:7b", "qwen2.5:7b-128k"), ("qwen", "qwen-128k"), ("shop/qwen:latest", "shop/qwen-128k")],
)
def test_the_copys_name_tells_its_length(name, expected):
    assert extended.default_name(name, 131072) == expected


def test_a_store_elsewhere_is_searched_by_the_files_checksum(tmp_path, monkeypatch, file):
    """A server in a container names a path of its own."""
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path))
    (tmp_path / "blobs").mkdir()
    shutil.copy(file, tmp_path / "blobs" / "sha256-abc")
    shown = Shown("qwen", {}, {}, blob=Path("/nowhere/blobs/sha256-abc"))
    assert extended.file_of(shown) == tmp_path / "blobs" / "sha256-abc"
    assert extended.store(shown) is None


@pytest.mark.real_model
@pytest.mark.skipif(PROGRAM is None, reason="no program ollama: set SHOPASSIST_SHARED")
@pytest.mark.skipif(GGUF is None, reason="no weights: set SHOPASSIST_TEST_GGUF to a GGUF file")
def test_a_real_copy_is_loaded_with_yarn_and_counts_as_its_tokenizer_does(tmp_path):
    extension, look = plan(Path(GGUF), 131072), extended.dress(None)
    tokenizer = tokenizer_of(Path(GGUF))
    prompt = '<|im_start|>user\n耳机多少钱？{"order": "A-12"} How much?<|im_end|>\n<|im_start|>assistant\n'
    with real(tmp_path / "models") as own, OllamaServer(own.url) as server:
        with written(extension, tmp_path / "copy.gguf", keep=False, progress=lambda *_: None) as copy:
            extended.create(server, "long", copy, extension, look, uploaded=lambda *_: None, said=lambda _: None)
        client = ollama_.Client(own.url, trust_env=False, timeout=300)
        options = {"num_ctx": 2048, "num_predict": 1}
        answer = client.generate("long", prompt, raw=True, options=options)
        assert answer.prompt_eval_count == len(tokenizer.encode(prompt).ids)
        told = httpx.post(f"{own.url}/api/show", json={"model": "long", "verbose": True}, trust_env=False).json()
        assert tokenizer_from(told["model_info"], "long").to_str() == tokenizer.to_str()
        found = inspection.of_server(server, "long", **NUMBERS)
        assert (found.allocated, found.facts.context) == (2048, 131072)
        log = (own.folder / "log").read_text()
        assert "rope scaling     = yarn" in log
        assert "n_ctx_orig_yarn  = 32768" in log
        client.generate("long", keep_alive=0)
        server.remove("long", copy.sha256)
        assert blobs(own.folder) == set()
