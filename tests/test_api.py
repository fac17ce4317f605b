"""The JSON API: replies as promised, and for whatever does not fit an error that says why."""

import json
import logging
import re
import shutil
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backbot.errors import BackbotError
from backbot.index.contents import Index
from backbot.index.encoder import Encoder
from backbot.index.store import open_index
from backbot.model import MAX_HISTORY, MAX_MESSAGE_LENGTH, Kind, Reply
from backbot.server import holder as holder_module
from backbot.server.app import MAX_BODY_BYTES, create_app
from backbot.server.holder import Holder
from backbot.settings import Settings
from support import Toy, document, write_corpus

FEET = "Do flat feet cause neck pain?"
# What a reader might type, and what must never come back inside an error.
SECRET = "my-secret-ailment"


def ask(client: FlaskClient, message: object, **more: object) -> TestResponse:
    return client.post("/api/chat", json={"message": message, **more})


def post(client: FlaskClient, body: bytes, content_type: str = "application/json") -> TestResponse:
    return client.post("/api/chat", data=body, content_type=content_type)


def problem(response: TestResponse) -> tuple[int, str, str]:
    """Return the status, code and message of an error in the shape that every error has."""
    assert response.mimetype == "application/json"
    assert response.json is not None
    assert list(response.json) == ["error"]
    assert set(response.json["error"]) == {"code", "message"}
    assert response.headers["Cache-Control"] == "no-store"
    return response.status_code, response.json["error"]["code"], response.json["error"]["message"]


# Replies


def test_a_question_gets_a_reply_object(client: FlaskClient) -> None:
    response = ask(client, FEET)
    assert response.status_code == 200
    assert response.mimetype == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    reply = msgspec.json.decode(response.data, type=Reply)
    assert reply.kind is Kind.ANSWER
    assert reply.message == FEET


def test_each_excerpt_can_be_proved_with_the_document_that_it_cites(client: FlaskClient) -> None:
    reply = msgspec.json.decode(ask(client, FEET).data, type=Reply)
    for section in reply.sections:
        for excerpt in section.excerpts:
            citation = reply.citations[excerpt.citation - 1]
            source = client.get(f"/api/documents/{citation.document}").json
            assert source
            assert source["text"][excerpt.start : excerpt.end] == excerpt.text
            assert source["sha256"] == citation.sha256


def test_a_history_is_taken_into_account(client: FlaskClient) -> None:
    history = [{"message": FEET, "cited": ["some-document"], "notice": None}]
    response = ask(client, "why?", history=history)
    assert response.json
    assert "flat feet" in response.json["understood_as"]


def test_of_a_long_history_the_last_turns_are_read(client: FlaskClient) -> None:
    history = [{"message": "thanks"}] * 50 + [{"message": FEET}] + [{"message": "thanks"}] * 7
    assert len(history) > MAX_HISTORY
    response = ask(client, "why?", history=history)
    assert response.json
    assert "flat feet" in response.json["understood_as"]


def test_names_that_the_api_does_not_know_are_passed_over(client: FlaskClient) -> None:
    assert ask(client, FEET, history=[{"message": "a", "mood": 7}], theme="dark").status_code == 200


@pytest.mark.parametrize("message", ["🙂", "?!…", "👍🏽\u200d"])
def test_a_message_without_a_word_gets_no_answer(client: FlaskClient, message: str) -> None:
    reply = msgspec.json.decode(ask(client, message).data, type=Reply)
    assert (reply.kind, reply.sections) == (Kind.NO_ANSWER, ())
    assert reply.text


def test_what_cannot_be_seen_does_not_come_back(client: FlaskClient) -> None:
    response = ask(client, "Do\x00flat\u200b feet\u202e cause neck\r\npain?")
    assert response.json
    assert response.json["message"] == FEET


def test_the_longest_message_is_answered(client: FlaskClient) -> None:
    for character in ("a", "🙂", '"', "\x01"):
        response = ask(client, "knots " + character * (MAX_MESSAGE_LENGTH - 6))
        assert response.status_code == 200


# Messages that cannot be answered


@pytest.mark.parametrize("message", ["", " ", "\n\t\u3000", "\u200b\u200d\ufeff", "\x00\x00"])
def test_a_message_of_nothing(client: FlaskClient, message: str) -> None:
    status, _, said = problem(ask(client, message))
    assert status == 400
    assert "empty; please type a question" in said


def test_a_message_that_is_too_long(client: FlaskClient) -> None:
    status, _, said = problem(ask(client, SECRET + "x" * MAX_MESSAGE_LENGTH))
    assert status == 400
    assert "at most 2,000 characters; please shorten it" in said


@pytest.mark.parametrize("message", [7, None, True, [SECRET], {"text": SECRET}])
def test_a_message_that_is_no_text(client: FlaskClient, message: object) -> None:
    assert problem(ask(client, message)) == (400, "bad_field", "`message` must be a text.")


def test_no_message(client: FlaskClient) -> None:
    response = client.post("/api/chat", json={"question": SECRET})
    assert problem(response) == (400, "bad_field", "The field `message` is missing.")


@pytest.mark.parametrize("body", [b"[]", b'"why?"', b"7", b"null"])
def test_a_body_that_is_no_object(client: FlaskClient, body: bytes) -> None:
    status, code, said = problem(post(client, body))
    assert (status, code) == (400, "bad_field")
    assert said.startswith('The body must be a JSON object such as {"message": ')


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"why do I hurt?",
        b"message=why",
        b'{"message": "why?"',
        b'{"message": "why?"} {}',
        b"{'message': 'why?'}",
        b'{"message": "\xff\xfe"}',
        b'{"message": "\\ud800"}',
        b'{"message": NaN}',
        '{"message": "why?"}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"message": ' + b"[" * 100_000,
        b'{"x": ' * 20_000,
    ],
)
def test_a_body_that_is_no_json(client: FlaskClient, body: bytes) -> None:
    status, code, said = problem(post(client, body))
    assert status == 400
    assert code in ("not_json", "bad_field")
    assert len(said) < 100


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_body_of_another_type(client: FlaskClient, content_type: str) -> None:
    # What a form on a stranger's page could send, a browser would not ask us about beforehand.
    response = post(client, b'{"message": "why?"}', content_type)
    assert problem(response)[:2] == (415, "not_json")


def test_a_content_type_may_name_its_encoding(client: FlaskClient) -> None:
    response = post(client, b'{"message": "knots?"}', "application/json; charset=utf-8")
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("history", "field"),
    [
        (SECRET, "history"),
        ({"message": SECRET}, "history"),
        ([SECRET], "history[0]"),
        ([{}], "history[0]"),
        ([{"cited": []}], "history[0]"),
        ([{"message": 7}], "history[0].message"),
        ([{"message": "a", "cited": SECRET}], "history[0].cited"),
        ([{"message": "a", "cited": [7]}], "history[0].cited[0]"),
        ([{"message": "a", "notice": SECRET}], "history[0].notice"),
        ([{"message": "a"}, {"message": None}], "history[1].message"),
    ],
)
def test_a_history_that_is_none(client: FlaskClient, history: object, field: str) -> None:
    status, code, said = problem(ask(client, FEET, history=history))
    assert (status, code) == (400, "bad_field")
    assert said == f"`{field}` is not of the form that the API description gives."


def test_a_body_that_is_too_large(client: FlaskClient) -> None:
    body = json.dumps({"message": FEET, "history": [{"message": SECRET * 20_000}]}).encode()
    assert len(body) > MAX_BODY_BYTES
    assert problem(post(client, body))[:2] == (413, "too_large")


def test_the_largest_body_that_can_be_meant_is_taken(client: FlaskClient) -> None:
    turn = {"message": "\x01" * MAX_MESSAGE_LENGTH}
    body = json.dumps(
        {"message": "knots" + "\x01" * 1990, "history": [turn] * MAX_HISTORY}
    ).encode()
    assert 100_000 < len(body) < MAX_BODY_BYTES
    assert post(client, body).status_code == 200


def test_no_error_holds_what_the_reader_wrote(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bodies = [
        {"message": SECRET * 500},
        {"message": [SECRET]},
        {SECRET: SECRET},
        {"message": "a", "history": [{"message": SECRET, "notice": SECRET}]},
        {"message": "a", "history": [{SECRET: 7}]},
        [SECRET],
    ]
    responses = [client.post("/api/chat", json=body) for body in bodies]
    responses += [post(client, SECRET.encode()), post(client, f'{{"message": {SECRET}'.encode())]
    responses += [post(client, SECRET.encode(), "text/plain"), client.get(f"/api/{SECRET}")]
    responses += [client.get(f"/api/documents/{SECRET}"), client.get(f"/api/chat?q={SECRET}")]
    responses += [client.get(f"/read/{SECRET}"), client.get(f"/{SECRET}")]
    for response in responses:
        assert 400 <= response.status_code < 500
        assert SECRET.encode() not in response.data
    assert SECRET not in caplog.text


def test_a_surprise_is_told_without_its_words(
    index_root: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(self: Holder) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(Holder, "chatbot", stumble)
    client = create_app(Settings(index=str(index_root))).test_client()
    status, code, said = problem(ask(client, FEET))
    assert (status, code) == (500, "internal")
    assert SECRET not in said
    assert SECRET not in caplog.text
    assert "RuntimeError" in caplog.text


# Addresses and headers


@pytest.mark.parametrize("path", ["/api/", "/api/nothing", "/api/documents/", "/api/chat/"])
def test_an_address_with_nothing_there(client: FlaskClient, path: str) -> None:
    assert problem(client.get(path)) == (404, "not_found", "There is nothing at this address.")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/chat"),
        ("PUT", "/api/chat"),
        ("POST", "/api/suggestions"),
        ("POST", "/healthz"),
    ],
)
def test_a_method_that_an_address_does_not_take(
    client: FlaskClient, method: str, path: str
) -> None:
    response = client.open(path, method=method)
    assert problem(response)[:2] == (405, "method_not_allowed")
    assert response.headers["Allow"]


@pytest.mark.parametrize(
    "path", ["/", "/api/suggestions", "/healthz", "/api/nothing", "/nothing", "/static/style.css"]
)
def test_every_response_has_the_headers_that_keep_readers_safe(
    client: FlaskClient, path: str
) -> None:
    with client.get(path) as response:
        headers = response.headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in headers


# Documents and suggestions


def test_a_document_is_what_excerpts_are_cut_from(client: FlaskClient, index: Index) -> None:
    for source in index.documents:
        response = client.get(f"/api/documents/{source.id}")
        assert response.json == {
            "document": source.id,
            "title": source.title,
            "url": source.url or f"/read/{source.id}",
            "kind": source.kind,
            "text": source.text,
            "sha256": source.sha256,
        }


@pytest.mark.parametrize(
    "name", ["nothing", "..", "..%2F..%2Fetc%2Fpasswd", "%00", "Do-Flat-Feet", "x" * 5000, "a b"]
)
def test_a_document_that_is_not_there(client: FlaskClient, name: str) -> None:
    assert problem(client.get(f"/api/documents/{name}"))[0] == 404


def test_suggestions_are_questions_that_are_really_answered(client: FlaskClient) -> None:
    response = client.get("/api/suggestions")
    assert response.json
    questions = response.json["suggestions"]
    assert len(set(questions)) == len(questions) >= 3
    for question in questions:
        reply = msgspec.json.decode(ask(client, question).data, type=Reply)
        assert reply.kind is Kind.ANSWER


# Health, and a new index while running


@pytest.fixture
def app(tiny_root: Path) -> Flask:
    return create_app(Settings(index=str(tiny_root)))


@pytest.fixture
def checks_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for a new version all the time."""
    monkeypatch.setattr(holder_module, "CHECK_EVERY", 0.01)


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for what a thread will do; a busy machine may take a while."""
    for _ in range(3000):
        if holds():
            return
        time.sleep(0.01)
    pytest.fail("It has not happened in half a minute.")


def test_a_server_without_an_index_lives_and_is_not_ready(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = create_app(Settings(index=str(tmp_path / "none"))).test_client()
    assert client.get("/healthz").json == {
        "status": "alive",
        "index": None,
        "journal": {"mode": "text", "written": 0, "lost": 0, "why": None},
    }
    for response in (
        client.get("/readyz"),
        client.get("/api/suggestions"),
        client.get("/api/documents/knots"),
        ask(client, FEET),
    ):
        status, code, said = problem(response)
        assert (status, code) == (503, "not_ready")
        assert "try again a little later" in said
        assert str(tmp_path) not in said
        assert "run `backbot rebuild-index`" in caplog.messages[-1]


def test_a_damaged_index_is_not_ready(app: Flask, tiny_root: Path) -> None:
    (tiny_root / "current.json").write_bytes(b"{}")
    assert problem(app.test_client().get("/readyz"))[:2] == (503, "not_ready")


def test_a_server_is_ready_when_its_index_is_open(app: Flask) -> None:
    response = app.test_client().get("/readyz")
    assert response.status_code == 200
    assert response.json
    assert re.fullmatch("[0-9a-f]{16}", response.json["index"])


def test_a_server_that_had_no_index_takes_up_the_first(
    toy: Toy, tiny_corpus: Path, tmp_path: Path
) -> None:
    client = create_app(Settings(index=str(tmp_path / "new"))).test_client()
    assert client.get("/readyz").status_code == 503
    version = toy.build(tiny_corpus, tmp_path / "new").version
    response = client.get("/readyz")
    assert response.json == {"status": "ready", "index": version}


@pytest.mark.usefixtures("checks_always")
def test_a_new_index_is_taken_up_while_running(
    app: Flask, tiny_root: Path, tiny_corpus: Path, toy: Toy
) -> None:
    client = app.test_client()
    assert client.get("/api/documents/sleep").status_code == 404
    write_corpus(tiny_corpus, {"articles/sleep.md": document("Sleep", "Sleep on your side.")})
    version = toy.build(tiny_corpus, tiny_root).version
    wait_until(lambda: client.get("/api/documents/sleep").status_code == 200)
    response = ask(client, "What are knots?")
    assert response.json
    assert response.json["index"] == version


@pytest.mark.usefixtures("checks_always")
def test_a_new_index_is_taken_up_though_nobody_asks(
    tiny_root: Path, tiny_corpus: Path, toy: Toy
) -> None:
    holder = Holder(tiny_root)
    holder.chatbot()
    write_corpus(tiny_corpus, {"articles/sleep.md": document("Sleep", "Sleep on your side.")})
    version = toy.build(tiny_corpus, tiny_root).version
    wait_until(lambda: holder.served_index() is not None and served(holder) == version)


def served(holder: Holder) -> str:
    index = holder.served_index()
    assert index is not None
    return index.version


def test_no_request_waits_for_a_new_index(
    tiny_root: Path, tiny_corpus: Path, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = Holder(tiny_root)
    before = holder.open()
    write_corpus(tiny_corpus, {"articles/sleep.md": document("Sleep", "Sleep on your side.")})
    toy.build(tiny_corpus, tiny_root)
    opening, go_on = threading.Event(), threading.Event()
    really = open_index

    def slowly(root: Path, version: str, *, encoder: Encoder) -> Index:
        opening.set()
        assert go_on.wait(30)
        return really(root, version, encoder=encoder)

    monkeypatch.setattr("backbot.index.source.open_index", slowly)
    reload = threading.Thread(target=holder.catch_up)
    reload.start()
    assert opening.wait(30)
    assert holder.open() is before
    assert holder._chatbot is before
    go_on.set()
    reload.join()
    assert holder.open() is not before


def test_a_holder_that_is_no_longer_used_is_let_go(tiny_root: Path) -> None:
    holder = Holder(tiny_root)
    holder.chatbot()
    gone = weakref.ref(holder)
    del holder
    wait_until(lambda: gone() is None)


def break_pointer(root: Path) -> None:
    (root / "current.json").write_bytes(b"{}")


def remove_pointer(root: Path) -> None:
    (root / "current.json").unlink()


def break_version(root: Path) -> None:
    (old,) = (root / "versions").iterdir()
    new = old.with_name("0" * 16)
    shutil.copytree(old, new)
    pointer = {"current": new.name, "history": [new.name, old.name]}
    (root / "current.json").write_text(json.dumps(pointer))


@pytest.mark.usefixtures("checks_always")
@pytest.mark.parametrize("harm", [break_pointer, remove_pointer, break_version])
def test_a_new_index_that_is_broken_leaves_the_old_one_answering(
    app: Flask, tiny_root: Path, caplog: pytest.LogCaptureFixture, harm: Callable[[Path], None]
) -> None:
    client = app.test_client()
    before = client.get("/readyz").json
    harm(tiny_root)
    for _ in range(3):
        assert client.get("/readyz").json == before
        assert ask(client, "What are knots?").status_code == 200
    wait_until(lambda: "Still answering" in caplog.text)
    assert "Still answering from the index before" in caplog.text


@pytest.mark.usefixtures("checks_always")
def test_even_an_index_that_makes_opening_it_stumble_leaves_the_old_one_answering(
    app: Flask, tiny_root: Path, tiny_corpus: Path, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(root: Path, version: str, **more: object) -> Index:
        raise ZeroDivisionError

    client = app.test_client()
    before = client.get("/readyz").json
    write_corpus(tiny_corpus, {"articles/sleep.md": document("Sleep", "Sleep on your side.")})
    toy.build(tiny_corpus, tiny_root)
    monkeypatch.setattr("backbot.index.source.open_index", stumble)
    app.extensions["backbot"].catch_up()
    assert client.get("/readyz").json == before


def test_a_holder_raises_what_is_wrong_where_there_was_no_index_before(tmp_path: Path) -> None:
    with pytest.raises(BackbotError, match="There is no index"):
        Holder(tmp_path).chatbot()


# The description


Schema = Mapping[str, Any]


class Description:
    """The OpenAPI description, with as much of JSON Schema as it uses."""

    def __init__(self, client: FlaskClient) -> None:
        response = client.get("/api/openapi.json")
        assert response.status_code == 200
        assert response.json
        self.whole: dict[str, Any] = response.json

    def schema(self, path: str, method: str, status: str) -> Schema:
        response = self.whole["paths"][path][method]["responses"][status]
        found: Schema = response["content"]["application/json"]["schema"]
        return found

    def resolve(self, reference: str) -> Any:
        assert reference.startswith("#/")
        found: Any = self.whole
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        return found

    def faults(self, value: Any, schema: Schema, where: str = "$") -> Iterator[str]:
        """Yield every place where `value` is not as `schema` says."""
        unknown = set(schema) - KEYWORDS
        assert not unknown, f"the test does not know {unknown}"
        if "$ref" in schema:
            yield from self.faults(value, self.resolve(schema["$ref"]), where)
        if "anyOf" in schema and all(any(self.faults(value, each)) for each in schema["anyOf"]):
            yield f"{where}: fits none of anyOf"
        if "type" in schema and not isinstance(value, TYPES[schema["type"]]):
            yield f"{where}: is no {schema['type']}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{where}: is not in the list"
        if isinstance(value, str):
            if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
                yield f"{where}: length"
            if not re.search(schema.get("pattern", ""), value):
                yield f"{where}: pattern"
        if isinstance(value, dict):
            for name in schema.get("required", []):
                if name not in value:
                    yield f"{where}.{name}: missing"
            for name, inner in value.items():
                if name in schema.get("properties", {}):
                    yield from self.faults(inner, schema["properties"][name], f"{where}.{name}")
                elif schema.get("type") == "object":
                    yield f"{where}.{name}: not described"
        if isinstance(value, list) and "items" in schema:
            for number, inner in enumerate(value):
                yield from self.faults(inner, schema["items"], f"{where}[{number}]")


KEYWORDS = {
    *("$ref", "anyOf", "type", "enum", "minLength", "maxLength", "pattern", "required"),
    *("properties", "items", "title", "description", "default"),
}
TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}


@pytest.fixture
def description(client: FlaskClient) -> Description:
    return Description(client)


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            yield from [value] if name == "$ref" else references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_the_description_is_openapi_3_1(description: Description) -> None:
    whole = description.whole
    assert whole["openapi"].startswith("3.1.")
    assert whole["info"]["title"]
    assert whole["info"]["version"]
    names = []
    for path, operations in whole["paths"].items():
        for operation in operations.values():
            names.append(operation["operationId"])
            assert operation["responses"]
            assert all(response["description"] for response in operation["responses"].values())
            described = {
                each["name"] for each in operation.get("parameters", []) if each["in"] == "path"
            }
            assert described == set(re.findall(r"{(\w+)}", path))
    assert len(set(names)) == len(names)


def test_every_reference_leads_somewhere(description: Description) -> None:
    found = list(references(description.whole))
    assert found
    for reference in found:
        assert isinstance(description.resolve(reference), dict)


def test_every_address_of_the_api_is_described(
    client: FlaskClient, description: Description
) -> None:
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in client.application.url_map.iter_rules()
        if rule.endpoint.startswith(("api.", "feedback.", "metrics."))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {
        (path, method) for path, methods in description.whole["paths"].items() for method in methods
    }
    assert described == routes - {("/api/openapi.json", "get")}


@pytest.mark.parametrize("message", [FEET, "what is the capital of Portugal", "hello", "🙂"])
def test_replies_are_as_described(
    client: FlaskClient, description: Description, message: str
) -> None:
    schema = description.schema("/api/chat", "post", "200")
    assert list(description.faults(ask(client, message).json, schema)) == []


def test_other_responses_are_as_described(client: FlaskClient, description: Description) -> None:
    name = "do-flat-feet-cause-upper-back-pain"
    for path, actual, status in (
        ("/api/suggestions", "/api/suggestions", "200"),
        ("/api/documents/{identifier}", f"/api/documents/{name}", "200"),
        ("/api/documents/{identifier}", "/api/documents/nothing", "404"),
        ("/healthz", "/healthz", "200"),
        ("/readyz", "/readyz", "200"),
    ):
        response = client.get(actual)
        assert response.status_code == int(status)
        schema = description.schema(path, "get", status)
        assert list(description.faults(response.json, schema)) == []


@pytest.mark.parametrize(
    ("request_body", "fits"),
    [
        ({"message": FEET}, True),
        ({"message": FEET, "history": [{"message": "a", "cited": ["b"], "notice": "soon"}]}, True),
        ({"message": FEET, "history": [{"message": "a", "notice": None}]}, True),
        ({"message": ""}, False),
        ({"message": " \n"}, False),
        ({"message": "x" * (MAX_MESSAGE_LENGTH + 1)}, False),
        ({"message": 7}, False),
        ({}, False),
        ({"message": FEET, "history": [{"notice": "soon"}]}, False),
        ({"message": FEET, "history": [{"message": "a", "notice": "loud"}]}, False),
    ],
)
def test_what_is_described_as_a_request_is_what_is_taken(
    client: FlaskClient, description: Description, request_body: dict[str, Any], fits: bool
) -> None:
    operation = description.whole["paths"]["/api/chat"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    response = client.post("/api/chat", json=request_body)
    assert (not list(description.faults(request_body, schema))) is fits
    assert (response.status_code == 200) is fits
    assert str(response.status_code) in operation["responses"]
    if not fits:
        described = description.schema("/api/chat", "post", str(response.status_code))
        assert list(description.faults(response.json, described)) == []
