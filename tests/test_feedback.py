"""Feedback: checked, counted by kind, and handed to the journal."""

from collections import Counter

import pytest
from flask.testing import FlaskClient

from backbot.journal.model import Reason
from backbot.server import feedback
from backbot.server.feedback import feedback_counts, record_feedback


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback, "_counts", Counter())


def test_yes_is_taken_and_counted(client: FlaskClient) -> None:
    response = client.post("/api/feedback", json={"reply": "a", "helpful": True})
    assert (response.status_code, response.data) == (204, b"")
    assert response.headers["Cache-Control"] == "no-store"
    assert feedback_counts() == {(True, None): 1}


@pytest.mark.parametrize("reason", [*Reason, None])
def test_no_is_counted_by_its_reason(client: FlaskClient, reason: Reason | None) -> None:
    body = {"reply": "a", "helpful": False, "reason": reason, "note": "It says x."}
    for _ in range(2):
        assert client.post("/api/feedback", json=body).status_code == 204
    assert feedback_counts() == {(False, reason): 2}


def test_it_is_handed_on_to_one_function(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[tuple[object, ...]] = []
    monkeypatch.setattr(feedback, "record_feedback", lambda *given: handed.append(given))
    body = {"reply": "a", "helpful": False, "reason": "wrong", "note": "  It says x.\n"}
    client.post("/api/feedback", json=body)
    client.post("/api/feedback", json={"reply": "b", "helpful": True, "note": "  "})
    assert handed == [("a", False, "wrong", "It says x."), ("b", True, None, None)]


def test_it_goes_into_the_journal_and_its_text_stays_nowhere_else(client: FlaskClient) -> None:
    journal = client.application.extensions["backbot.journal"]
    with client.application.app_context():
        record_feedback("the reply", False, Reason.OTHER, "a secret")
    assert journal.flush(10)
    assert journal.health().written >= 1
    kept = repr(vars(feedback))
    assert "a secret" not in kept
    assert "the reply" not in kept


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"helpful": True}, "The field `reply` is missing."),
        ({"reply": "a"}, "The field `helpful` is missing."),
        ({"reply": "", "helpful": True}, "`reply` is not of the form"),
        ({"reply": "a" * 101, "helpful": True}, "`reply` is not of the form"),
        ({"reply": "a", "helpful": "yes"}, "`helpful` is not of the form"),
        ({"reply": "a", "helpful": False, "reason": "secret"}, "`reason` is not of the form"),
        ({"reply": "a", "helpful": False, "note": "x" * 2001}, "`note` is not of the form"),
        ([], "The body must be a JSON object"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_and_not_repeated(
    client: FlaskClient, body: object, sentence: str
) -> None:
    response = client.post("/api/feedback", json=body)
    assert response.status_code == 400
    assert response.json is not None
    assert response.json["error"]["message"].startswith(sentence)
    assert "secret" not in response.text
    assert feedback_counts() == {}


def test_only_json_is_taken_so_that_other_sites_forms_cannot_send_it(client: FlaskClient) -> None:
    response = client.post("/api/feedback", data='{"reply": "a", "helpful": true}')
    assert response.status_code == 415
    assert client.get("/api/feedback").status_code == 405
