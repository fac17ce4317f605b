"""What OWASP ASVS 5 asks of a server like this, as far as no other test says it; SECURITY.md lists
each case with its test, and the last test here holds it to that."""

import re
from importlib.metadata import distribution
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from backbot.server.app import create_app
from backbot.settings import Settings

PROJECT = Path(__file__).parents[1]
PAGES = ("/", "/ask", "/read/knots", "/embed", "/demo", "/nothing", "/widget.js", "/metrics")
API = ("/api/suggestions", "/api/documents/knots", "/api/openapi.json", "/healthz", "/readyz")
HTML_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "")


@pytest.fixture(scope="module")
def client(_tiny_root: Path) -> FlaskClient:
    return create_app(Settings(index=str(_tiny_root))).test_client()


@pytest.mark.parametrize("path", [*PAGES, *API, "/static/chat.js"])
def test_every_response_carries_every_header(client: FlaskClient, path: str) -> None:
    with client.get(path) as response:
        headers = response.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = headers["Content-Security-Policy"]
    assert "object-src 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "frame-ancestors " in policy
    assert "unsafe" not in policy
    assert "Set-Cookie" not in headers
    if headers["Content-Type"].startswith("text/"):
        assert "charset=utf-8" in headers["Content-Type"]


def test_over_https_browsers_are_told_to_stay_there(client: FlaskClient) -> None:
    said = "max-age=31536000; includeSubDomains"
    secure = client.get("/", base_url="https://ask.example.org").headers
    assert secure["Strict-Transport-Security"] == said
    # Over plain HTTP the header means nothing, and nobody is believed that it was HTTPS.
    plain = client.get("/", headers={"X-Forwarded-Proto": "https"}).headers
    assert "Strict-Transport-Security" not in plain


@pytest.mark.parametrize("kind", HTML_FORMS)
@pytest.mark.parametrize("path", ["/api/chat", "/api/feedback"])
def test_another_site_s_form_cannot_call_the_api(client: FlaskClient, path: str, kind: str) -> None:
    """What a page may send without asking first (a CORS-safelisted request) is no JSON."""
    body = '{"message": "What are knots?", "reply": "a", "helpful": true}'
    response = client.post(path, data=body, content_type=kind)
    assert response.status_code == 415


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost"])
@pytest.mark.parametrize("path", ["/api/chat", "/api/feedback"])
def test_another_site_gets_no_leave_to_send_json(
    client: FlaskClient, path: str, origin: str
) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    headers["Access-Control-Request-Headers"] = "content-type"
    response = client.options(path, headers=headers)
    assert not [name for name, _ in response.headers if name.startswith("Access-Control")]


def test_nothing_changes_by_a_safe_method(client: FlaskClient) -> None:
    for path in ("/api/chat", "/api/feedback", "/owner/hooks/rebuild"):
        for method in ("GET", "HEAD"):
            assert client.open(path, method=method).status_code in (404, 405)


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "CONNECT", "BREW"])
@pytest.mark.parametrize("path", ["/", "/api/chat", "/metrics"])
def test_methods_that_nothing_takes(client: FlaskClient, path: str, method: str) -> None:
    assert client.open(path, method=method).status_code == 405


@pytest.mark.parametrize(
    "path", ["/.git/config", "/.env", "/static/", "/static", "/console", "/backbot.toml", "/server"]
)
def test_nothing_of_the_inside_is_served(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_it_never_runs_in_debug(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert not client.application.debug
    assert not create_app(Settings(index="nowhere")).testing


def test_a_host_header_is_shown_as_text(client: FlaskClient) -> None:
    page = client.get("/demo", base_url='http://a"><script>x.example').text
    assert "<script>x" not in page


def test_nothing_redirects_elsewhere(client: FlaskClient) -> None:
    for path in ("//evil.example/", "/\\evil.example", "/read//evil.example", "/ask/"):
        response = client.get(path)
        target = response.headers.get("Location", "/")
        assert re.match(r"(http://localhost)?/(?![/\\])", target), target


@pytest.mark.parametrize("path", ["/api/chat", "/ask"])
def test_replies_are_kept_in_no_cache_on_the_way(client: FlaskClient, path: str) -> None:
    if path == "/ask":
        response = client.post(path, data={"q": "What are knots?"})
    else:
        response = client.post(path, json={"message": "What are knots?"})
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"


# The documents


def test_every_case_in_security_md_names_a_test_that_there_is() -> None:
    text = (PROJECT / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", text)
    assert len(named) > 40
    for file, test in named:
        source = (PROJECT / "tests" / file).read_text(encoding="utf-8")
        assert re.search(rf"^def {test}\(", source, re.MULTILINE), f"{file}::{test}"


def test_every_row_in_security_md_has_a_test_or_a_reason() -> None:
    text = (PROJECT / "SECURITY.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+\.\d+\.\d+) \|.*\| (.*) \|$", text, re.MULTILINE)
    assert len(rows) > 40
    for number, shown_by in rows:
        assert "`test_" in shown_by or "deploy/" in shown_by or "None here:" in shown_by, number
    assert len({number for number, _ in rows}) == len(rows)


def test_every_package_that_is_deployed_is_listed_with_its_licence() -> None:
    listed = (PROJECT / "docs" / "licences.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([\w.-]+) \| [\w.]+ \| ([^|]+) \|", listed, re.MULTILINE))
    pinned = (PROJECT / "deploy" / "requirements.txt").read_text(encoding="utf-8")
    for name, marker in re.findall(r"^([\w.-]+)==\S+( ;)?", pinned, re.MULTILINE):
        if marker and name not in rows:
            continue  # of another system, and not installed here
        assert rows[name].strip()
        assert distribution(name)
