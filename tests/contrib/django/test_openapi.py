"""The views held to their OpenAPI description by schemathesis, and the description to the rules of OpenAPI."""

from contextlib import suppress

import pytest
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")

from schemathesis import GenerationMode  # noqa: E402
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]


@pytest.fixture
def described(sqlite_site, configured):
    """The schema, on the project's own WSGI application."""
    with configured():
        yield schemathesis.openapi.from_wsgi("/assistant/openapi.json", get_wsgi_application())


@pytest.fixture
def at_work(described, client_of, begin, say):
    """A visitor who has begun a conversation and got an answer: cookies, and the conversation's id."""
    client = client_of(csrf=True)
    token = client.get("/assistant/conversations/").cookies["csrftoken"].value
    headers = {"X-CSRFToken": token}
    made = client.post("/assistant/conversations/", headers=headers).json()["id"]
    client.post(
        f"/assistant/conversations/{made}/messages/", {"text": "你好"}, content_type="application/json", headers=headers
    )
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    return made, cookies, headers


OPERATIONS = [
    ("/assistant/conversations/", "GET"),
    ("/assistant/conversations/", "POST"),
    ("/assistant/conversations/{conversation}/", "GET"),
    ("/assistant/conversations/{conversation}/messages/", "GET"),
    ("/assistant/conversations/{conversation}/messages/", "POST"),
    ("/assistant/conversations/{conversation}/resume/", "POST"),
    ("/assistant/conversations/{conversation}/stop/", "POST"),
    ("/assistant/conversations/{conversation}/feedback/", "POST"),
    ("/assistant/conversations/{conversation}/", "DELETE"),
    ("/assistant/cards/", "GET"),
]


def test_each_operation_is_tried(described):
    every = {(o.path, o.method.upper()) for o in (r.ok() for r in described.get_all_operations())}
    assert every == set(OPERATIONS)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda value: value.rpartition("}")[2] or value)
def test_a_view_answers_as_it_is_described(described, at_work, path, method, mode):
    made, cookies, headers = at_work
    headers |= {"Accept-Encoding": "identity"}  # a WSGI client unpacks nothing
    positive = mode is GenerationMode.POSITIVE
    seen = set()

    @settings(
        max_examples=15, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None
    )
    @given(described[path][method].as_strategy(generation_mode=mode))
    def run(case):
        if positive and case.path_parameters and case.path_parameters["conversation"][0] in "02468ace":
            case.path_parameters["conversation"] = made
            if path.endswith("feedback/"):
                case.body["turn"] = 1
        response = case.call(cookies=cookies, headers=headers)
        seen.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    with suppress(Unsatisfiable):  # what takes no input cannot get a wrong one
        run()
        assert seen & ({200, 201, 204} if positive else {403, 404, 405, 422})


def test_each_request_that_changes_something_is_counted_and_wants_the_token(client_of):
    paths = client_of().get("/assistant/openapi.json").json()["paths"]
    changing = [one[method] for one in paths.values() for method in ("post", "delete") if method in one]
    assert len(changing) == 6
    assert all("429" in one["responses"] and one["security"] == [{"csrf": []}] for one in changing)
