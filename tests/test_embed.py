"""What other sites may do: nothing, unless the owner lists them."""

import gzip
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from backbot.errors import SettingsError
from backbot.server.app import create_app
from backbot.server.embed import widget_script
from backbot.server.folder import web_folder
from backbot.server.headers import allows
from backbot.server.scripts import without_comments
from backbot.settings import LANGUAGES, Settings, read_settings

MAX_WIDGET_BYTES = 4 * 1024
BLOG = "https://blog.example.org"


@pytest.fixture(scope="session")
def open_client(index_root: Path) -> FlaskClient:
    """The pages of a server that lets one site show its chat."""
    return create_app(Settings(index=str(index_root), allowed_origins=(BLOG,))).test_client()


def ancestors(client: FlaskClient, path: str) -> str:
    policy = client.get(path).headers["Content-Security-Policy"]
    return policy.partition("frame-ancestors ")[2]


@pytest.mark.parametrize("path", ["/", "/ask", "/demo", "/read/none", "/api/suggestions"])
def test_only_the_widgets_page_can_ever_be_framed(open_client: FlaskClient, path: str) -> None:
    assert ancestors(open_client, path) == "'none'"


def test_the_widgets_page_is_framed_by_listed_sites_alone(
    client: FlaskClient, open_client: FlaskClient
) -> None:
    assert ancestors(client, "/embed") == "'self'"
    assert ancestors(open_client, "/embed") == f"'self' {BLOG}"


def test_listed_sites_alone_may_call_the_api(client: FlaskClient, open_client: FlaskClient) -> None:
    for visited, origin, allowed in (
        (client, BLOG, None),
        (open_client, BLOG, BLOG),
        (open_client, "https://other.example.org", None),
        (open_client, "null", None),
        (open_client, f"{BLOG}.evil.example", None),
    ):
        asked = visited.options("/api/chat", headers={"Origin": origin})
        posted = visited.post("/api/chat", json={"message": "hi"}, headers={"Origin": origin})
        for response in (asked, posted):
            assert response.headers.get("Access-Control-Allow-Origin") == allowed
            assert "Access-Control-Allow-Credentials" not in response.headers
        assert ("Access-Control-Allow-Headers" in asked.headers) == (allowed is not None)
    assert "Origin" in open_client.get("/api/suggestions").headers["Vary"]
    asked = open_client.get("/ask", headers={"Origin": BLOG})
    assert "Access-Control-Allow-Origin" not in asked.headers


@pytest.mark.parametrize(
    ("listed", "origin", "allowed"),
    [
        ("https://a.org", "https://a.org", True),
        ("https://a.org", "http://a.org", False),
        ("https://a.org", "https://a.org:8443", False),
        ("https://a.org", "https://aXorg", False),
        ("https://a.org", "https://b.a.org", False),
        ("https://*.a.org", "https://b.a.org", True),
        ("https://*.a.org", "https://c.b.a.org", True),
        ("https://*.a.org", "https://a.org", False),
        ("https://*.a.org", "https://evil.org/.a.org", False),
        ("*", "https://anything.example", True),
        ("*", "null", False),
    ],
)
def test_origins_are_matched_whole(listed: str, origin: str, allowed: bool) -> None:
    assert allows((listed,), origin) is allowed


@pytest.mark.parametrize(
    "value",
    [
        "https://a.org/",
        "https://a.org/path",
        "a.org",
        "https://A.org",
        "ftp://a.org",
        "https://a.org;script-src *",
        "https://a.org,https://b.org",
        "https://*",
        "'self'",
    ],
)
def test_an_origin_that_is_none_is_refused_with_what_one_looks_like(
    value: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(environ={"BACKBOT_ALLOWED_ORIGINS": value}, folder=tmp_path)
    assert str(caught.value) == (
        "The setting `allowed_origins` in BACKBOT_ALLOWED_ORIGINS must be a list of sites such as "
        "https://a.org, in small letters and without a path."
    )


@pytest.mark.parametrize(
    "value", ["https://a.org", "http://localhost:8080", "https://*.a.org", "http://[::1]:80", "*"]
)
def test_origins_of_every_form_are_taken(value: str, tmp_path: Path) -> None:
    settings = read_settings(environ={"BACKBOT_ALLOWED_ORIGINS": value}, folder=tmp_path)
    assert settings.allowed_origins == (value,)


# The script


def test_the_widget_is_small() -> None:
    assert len(gzip.compress(widget_script(), 9)) <= MAX_WIDGET_BYTES


def test_the_widget_has_its_words_and_nothing_for_people_alone() -> None:
    source = (web_folder() / "widget" / "widget.js").read_text("utf-8")
    script = widget_script().decode()
    assert source.count("const catalogues = {};") == 1
    assert "const catalogues = {};" not in script
    assert "Frage stellen" in script
    assert "@param" not in script


@pytest.mark.parametrize("path", sorted(web_folder().glob("*/*.js")), ids=lambda path: path.name)
def test_leaving_out_comments_leaves_out_no_code(path: Path) -> None:
    source = path.read_text("utf-8")
    bare = "".join(re.split(r"^\s*/\*\*.*?\*/$", source, flags=re.MULTILINE | re.DOTALL))
    lines = (line.strip() for line in bare.splitlines())
    code = [line for line in lines if line and not line.startswith("//")]
    served = without_comments(source.encode()).decode()
    assert [line for line in served.splitlines() if line.strip()] == code
    # In a text between backticks, what looks like a comment would be none.
    texts = bare.split("`")[1::2]
    assert not [text for text in texts if re.search(r"\n\s*//", text)]


def test_static_scripts_are_served_light(client: FlaskClient) -> None:
    served = client.get("/static/chat.js", buffered=True)
    source = (web_folder() / "static" / "chat.js").read_bytes()
    assert served.data == without_comments(source)
    assert b"@param" not in served.data
    assert served.headers["Content-Length"] == str(len(served.data))


def test_any_page_may_load_the_script(client: FlaskClient) -> None:
    response = client.get("/widget.js")
    assert response.mimetype == "text/javascript"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    again = client.get("/widget.js", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_the_theme_is_one_of_three(client: FlaskClient) -> None:
    dark = '<link rel="stylesheet" href="/static/dark.css"'
    assert f'{dark} media="(prefers-color-scheme: dark)">' in client.get("/embed").text
    assert f"{dark}>" in client.get("/embed?theme=dark").text
    assert dark not in client.get("/embed?theme=light").text
    assert client.get('/embed?theme="><b>').text == client.get("/embed").text


# What docs/embedding.md promises


def test_the_page_on_embedding_names_every_setting_method_and_event() -> None:
    page = (Path(__file__).parents[1] / "docs" / "embedding.md").read_text("utf-8")
    source = (web_folder() / "widget" / "widget.js").read_text("utf-8")
    used = set(re.findall(r"settings\.(\w+)|choose\(\s*\"(\w+)\"", source))
    assert {f"data-{one or other}" for one, other in used} == set(
        re.findall(r"^\| `(data-\w+)` \|", page, re.MULTILINE)
    )
    for method in ("open", "close", "ask", "remove"):
        assert re.search(rf"\b{method}: \(", source)
        assert f"Backbot.{method}(" in page or f"`{method}()`" in page or f"{method}()" in page
    events = set(re.findall(r"announce\(\"(\w+)\"\)", source))
    assert {f"backbot:{event}" for event in events} == set(re.findall(r"`(backbot:\w+)`", page))
    for language in LANGUAGES:
        assert f"`{language}`" in page


# Every response


@pytest.mark.parametrize("path", ["/", "/embed", "/demo", "/read/none", "/widget.js", "/healthz"])
def test_every_response_is_guarded(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_texts_are_compressed_for_who_takes_gzip(client: FlaskClient) -> None:
    for path in ("/", "/static/chat.js", "/widget.js", "/api/suggestions"):
        plain = client.get(path, buffered=True)
        packed = client.get(path, headers={"Accept-Encoding": "gzip"}, buffered=True)
        assert "Content-Encoding" not in plain.headers
        assert "Accept-Encoding" in plain.headers["Vary"]
        if len(plain.data) < 500:
            continue
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data
        assert int(packed.headers["Content-Length"]) == len(packed.data)
    tag = client.get("/static/chat.js", headers={"Accept-Encoding": "gzip"}, buffered=True).headers[
        "ETag"
    ]
    again = client.get("/static/chat.js", headers={"If-None-Match": tag}, buffered=True)
    assert again.status_code == 304
