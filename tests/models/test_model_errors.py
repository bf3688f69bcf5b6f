"""Every error of the client libraries becomes one of ours: the tables, held against the libraries' own classes."""

import json
from inspect import getmembers, isclass

import httpx
import langchain_ollama
import ollama
import pytest

from shopassist.errors import (
    BrokenAnswer,
    ModelBusy,
    ModelError,
    ModelMissing,
    ModelRefused,
    ModelTimeout,
    ModelUnavailable,
    PromptTooLong,
)
from shopassist.models.ollama_chat import translated

URL = "http://shop:11434"
REQUEST = httpx.Request("POST", URL)

OLLAMA = [
    (ollama.ResponseError("model 'x' not found, try pulling it first", 404), ModelMissing, "ollama pull x"),
    (ollama.ResponseError("404 page not found", 404), ModelUnavailable, "SHOPASSIST_OLLAMA_URL"),
    (ollama.ResponseError("405 method not allowed", 405), ModelUnavailable, "no Ollama"),
    (ollama.ResponseError("x does not support tools", 400), ModelRefused, "model inspect x"),
    (ollama.ResponseError("invalid options", 400), ModelRefused, "400"),
    (ollama.ResponseError("login", 401), ModelRefused, "USER:PASSWORD"),
    (ollama.ResponseError("login", 403), ModelRefused, "USER:PASSWORD"),
    (ollama.ResponseError("server busy, please try again", 503), ModelBusy, "OLLAMA_MAX_QUEUE"),
    (ollama.ResponseError("too many", 429), ModelBusy, "full"),
    (ollama.ResponseError("llama runner process has terminated", 500), ModelUnavailable, "500"),
    (ollama.ResponseError("bad gateway", 502), ModelUnavailable, "502"),
    (ollama.ResponseError("an error was encountered while running the model"), BrokenAnswer, "mid-answer"),
    (ollama.RequestError("must provide a model"), ModelUnavailable, "RequestError"),
    (ConnectionError("Failed to connect to Ollama"), ModelUnavailable, "ollama serve"),
    (httpx.ConnectError("refused"), ModelUnavailable, "ollama serve"),
    (httpx.ConnectTimeout("slow"), ModelUnavailable, "model_connect"),
    (httpx.ReadTimeout("slow"), ModelTimeout, "model_first_token"),
    (httpx.PoolTimeout("slow"), ModelTimeout, "model_first_token"),
    (httpx.RemoteProtocolError("closed"), BrokenAnswer, "broke off"),
    (httpx.ReadError("reset"), BrokenAnswer, "broke off"),
    (json.JSONDecodeError("no JSON", "<html>", 0), BrokenAnswer, "no answer of an Ollama"),
    (AttributeError("'list' object has no attribute 'get'"), BrokenAnswer, "no answer of an Ollama"),
]


def errors_of(library):
    return {cls for _, cls in getmembers(library, isclass) if issubclass(cls, Exception)}


@pytest.mark.parametrize(("error", "expected", "words"), OLLAMA, ids=lambda v: v if isinstance(v, str) else None)
def test_an_ollamas_error_says_what_to_do(error, expected, words):
    with pytest.raises(expected, match=words) as raised, translated(URL, "x"):
        raise error
    assert type(raised.value) is expected
    assert URL in str(raised.value)
    assert raised.value.__cause__ is error


@pytest.mark.parametrize("kind", sorted(errors_of(httpx) - {httpx.CookieConflict}, key=lambda k: k.__name__))
def test_no_error_of_httpx_goes_through(kind):
    with pytest.raises(ModelError, match=URL), translated(URL, "x"):
        raise kind.__new__(kind)


def test_the_libraries_have_no_errors_that_the_table_does_not_know():
    assert errors_of(ollama) == {ollama.ResponseError, ollama.RequestError}
    own = {e for e in errors_of(langchain_ollama.chat_models) if e.__module__.startswith("langchain_ollama")}
    assert own == set()


def test_an_error_of_ours_is_left_as_it_is():
    with pytest.raises(PromptTooLong, match="as it was"), translated(URL, "x"):
        raise PromptTooLong("as it was")


def test_openai_errors_say_what_to_do():
    openai = pytest.importorskip("openai")
    pytest.importorskip("langchain_openai")
    from shopassist.models.openai import translated as by_openai

    def status(code, text="no", kind=None):
        response = httpx.Response(code, request=REQUEST, json={"error": {"message": text}})
        kind = kind or {
            400: openai.BadRequestError,
            401: openai.AuthenticationError,
            403: openai.PermissionDeniedError,
            404: openai.NotFoundError,
            429: openai.RateLimitError,
        }.get(code, openai.InternalServerError)
        return kind(text, response=response, body={"message": text})

    connecting = openai.APITimeoutError(request=REQUEST)
    connecting.__cause__ = httpx.ConnectTimeout("slow")  # as the client raises it
    table = [
        (status(404), ModelMissing, "SHOPASSIST_OPENAI_MODEL"),
        (status(401), ModelRefused, "SHOPASSIST_OPENAI_KEY"),
        (status(403), ModelRefused, "SHOPASSIST_OPENAI_KEY"),
        (status(429), ModelBusy, "full"),
        (status(503), ModelBusy, "full"),
        (status(500), ModelUnavailable, "500"),
        (status(400, "This model's maximum context length is 8192 tokens"), PromptTooLong, "model_context"),
        (status(400, "the request exceeds the available context size"), PromptTooLong, "model_context"),
        (status(400), ModelRefused, "400"),
        (openai.APITimeoutError(request=REQUEST), ModelTimeout, "model_first_token"),
        (connecting, ModelUnavailable, "model_connect"),
        (openai.APIConnectionError(request=REQUEST), ModelUnavailable, "SHOPASSIST_OPENAI_URL"),
        (openai.APIError("in mid-stream", REQUEST, body=None), BrokenAnswer, "mid-answer"),
        (httpx.ReadError("reset"), BrokenAnswer, "broke off"),
        (ValueError("no JSON"), BrokenAnswer, "no answer"),
    ]
    for error, expected, words in table:
        with pytest.raises(expected, match=words) as raised, by_openai(URL, "x"):
            raise error
        assert type(raised.value) is expected
    for kind in sorted(errors_of(openai), key=lambda k: k.__name__):
        if issubclass(kind, openai.OpenAIError):
            error = kind.__new__(kind)
            error.status_code, error.body = 409, None
            with pytest.raises(ModelError), by_openai(URL, "x"):
                raise error
