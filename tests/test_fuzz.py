"""Whatever bytes arrive: no surprise, no wrong shape, and no word of them in an error or a log."""

import json
import logging
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from backbot.model import MAX_HISTORY, Level, Reply
from backbot.server.app import create_app
from backbot.server.worker import Arriving
from backbot.settings import Settings

fuzz = settings(
    max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
# Letters of every kind, those that no text should hold included.
anything = st.text(st.characters(), max_size=60)
anything |= st.sampled_from(
    ("\\ud800", "\x00", "\u202e", "\u200b", "<script>", "\r\nX: 1", "’", "🙂")
)
leaf = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | anything
json_value = st.recursive(
    leaf,
    lambda each: st.lists(each, max_size=4) | st.dictionaries(anything, each, max_size=4),
)
level = st.none() | st.sampled_from([each.value for each in Level])
turn = st.fixed_dictionaries(
    {"message": anything},
    optional={"cited": st.lists(anything, max_size=5), "notice": level, "more": json_value},
)
header = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\x00"), max_size=80)


@pytest.fixture(scope="module")
def client(_tiny_root: Path) -> FlaskClient:
    return create_app(Settings(index=str(_tiny_root), cache_mb=0)).test_client()


def ask(client: FlaskClient, body: bytes) -> TestResponse:
    return client.post("/api/chat", data=body, content_type="application/json")


def assert_declared(response: TestResponse) -> None:
    """A reply, or an error in the shape and of the kinds that the description names."""
    if response.status_code == 200:
        msgspec.json.decode(response.data, type=Reply)
        return
    assert response.status_code in (400, 413, 415)
    error = json.loads(response.data)["error"]
    assert set(error) == {"code", "message"}
    assert error["message"].isascii() or "’" in error["message"]


@fuzz
@given(st.binary(max_size=300))
@example(b"")
@example(b"\xff\xfe{")
@example(b'{"message": "\xed\xa0\x80"}')
@example(b'{"message": "\\ud800"}')
@example(b'{"message": "a", "history": [{"message": "\\ud800"}]}')
@example(b"[" * 100_000)
@example(b'{"message":"a","history":' + b"[" * 50_000 + b"}")
@example(b'{"message": "a", "message": "b"}')
@example(b'{"message": 1e999}')
def test_any_bytes_as_a_body(client: FlaskClient, body: bytes) -> None:
    assert_declared(ask(client, body))


@fuzz
@given(json_value)
def test_any_json_as_a_body(client: FlaskClient, value: object) -> None:
    assert_declared(ask(client, json.dumps(value).encode()))


@fuzz
@given(anything, json_value)
def test_any_history(client: FlaskClient, message: str, history: object) -> None:
    body = {"message": message or "a", "history": history}
    assert_declared(ask(client, json.dumps(body).encode()))


@fuzz
@given(anything, st.lists(turn, max_size=MAX_HISTORY + 3))
def test_any_history_of_the_right_form(
    client: FlaskClient, message: str, history: list[object]
) -> None:
    body = json.dumps({"message": f"why {message}", "history": history}).encode()
    response = ask(client, body)
    assert_declared(response)
    if response.status_code != 200:
        return
    # The last turns are all that counts.
    cut = json.dumps({"message": f"why {message}", "history": history[-MAX_HISTORY:]}).encode()
    one, other = json.loads(response.data), json.loads(ask(client, cut).data)
    for each in (one, other):
        del each["id"], each["elapsed_ms"]
    assert one == other


@fuzz
@given(header, header)
@example("a=b; " * 15, "en")
@example("session=" + "A" * 70, "de;q=nan, *;q=-1")
@example('"\\"=;;==;', ",;=,")
def test_any_cookie_and_language(client: FlaskClient, cookie: str, language: str) -> None:
    headers = {"Cookie": cookie, "Accept-Language": language, "Accept-Encoding": language}
    for path in ("/", "/ask?q=why", "/read/knots", "/embed", "/api/suggestions"):
        response = client.get(path, headers=headers)
        assert response.status_code == 200
        # No page ever sets one.
        assert "Set-Cookie" not in response.headers


@fuzz
@given(header, header, header)
def test_any_header_that_says_where_from(
    client: FlaskClient, origin: str, host: str, forwarded: str
) -> None:
    headers = {"Origin": origin, "X-Forwarded-For": forwarded, "Forwarded": forwarded}
    headers |= {"X-Forwarded-Host": host, "Sec-Fetch-Site": origin, "Referer": host}
    for path in ("/demo", "/api/suggestions"):
        response = client.get(path, headers=headers)
        assert response.status_code == 200
        assert "Access-Control-Allow-Origin" not in response.headers


@fuzz
@given(anything, anything)
def test_any_address(client: FlaskClient, name: str, at: str) -> None:
    name, at = (quote(each.encode("utf-8", "surrogatepass")) for each in (name, at))
    for path in (f"/read/{name}", f"/api/documents/{name}", f"/read/knots?at={at}"):
        assert client.get(path).status_code in (200, 308, 404, 405)
    response = client.get(f"/ask?q={at}")
    assert response.status_code in (200, 400)
    assert "<script>" not in response.text.replace("<script type", "")


@fuzz
@given(json_value)
def test_any_judgement(client: FlaskClient, value: object) -> None:
    body = json.dumps(value).encode()
    response = client.post("/api/feedback", data=body, content_type="application/json")
    assert response.status_code in (204, 400)


@fuzz
@given(st.binary(max_size=400), st.lists(st.integers(1, 50), max_size=20))
def test_what_has_arrived_does_not_depend_on_how_it_was_cut(data: bytes, cuts: list[int]) -> None:
    data = b"POST / HTTP/1.1\r\nContent-Length: 20\r\n\r\n" + data
    whole, pieces = Arriving(None, 0.0), Arriving(None, 0.0)
    whole.received += data
    start = 0
    for cut in [*cuts, len(data)]:
        pieces.received += data[start : start + cut]
        start += cut
        _ = pieces.complete
    assert pieces.complete == whole.complete


def test_no_word_of_all_that_was_logged(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for body in (b'{"message": "zebrafish"}', b'{"zebrafish": 1}', b"zebrafish"):
            ask(client, body)
        client.get("/read/zebrafish", headers={"Cookie": "zebrafish=1"})
    assert "zebrafish" not in caplog.text
