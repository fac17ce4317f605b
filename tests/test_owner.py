"""/owner keeps everybody out but its owner, and does what it is told by its owner's hand alone."""

import os
import re
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import werkzeug.security
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backbot.cli import main
from backbot.desk import access as access_module
from backbot.desk.access import FROM_ALL, FROM_ONE, IDLE, LONGEST, WINDOW, Access, NotLetInError
from backbot.desk.acts import Desk
from backbot.desk.switch import close, is_closed, reopen
from backbot.index.layout import current_version
from backbot.server.app import create_app
from backbot.settings import Settings
from support import Toy, document, write_corpus

OURS = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
PAGES = ("", "/questions", "/try", "/articles", "/articles/knots", "/changes", "/index")
PRESSES = (
    *("/act/pin", "/act/question", "/act/check", "/act/hide", "/act/show", "/act/synonym"),
    *("/act/draft", "/undo/abc", "/rebuild", "/roll-back", "/release", "/discard", "/switch"),
    *("/try", "/sign-out"),
)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    real = Access.__init__

    def patched(self: Access, root: Path, ticks: Callable[[], float] = clock) -> None:
        real(self, root, ticks)

    monkeypatch.setattr(Access, "__init__", patched)
    return clock


@pytest.fixture
def app(tiny_root: Path, tiny_corpus: Path) -> Flask:
    return create_app(Settings(index=str(tiny_root), corpus=str(tiny_corpus), journal="off"))


@pytest.fixture
def token(tiny_root: Path) -> str:
    return Access(tiny_root).make_token()


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def owner(app: Flask, token: str) -> FlaskClient:
    client = app.test_client()
    assert sign_in(client, token).status_code == 303
    return client


def sign_in(client: FlaskClient, token: str, **more: str) -> TestResponse:
    return client.post("/owner/sign-in", data={"token": token, **more}, headers=OURS)


def press(client: FlaskClient, path: str, **data: str) -> TestResponse:
    return client.post(f"/owner{path}", data={"back": "/owner", **data}, headers=OURS)


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("backbot_owner", path="/owner")
    assert found is not None
    return found.value


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith((".owner", "owner.json"))
    }


# The token


def test_without_a_token_the_page_says_how_to_make_one(visitor: FlaskClient) -> None:
    page = visitor.get("/owner")
    assert page.status_code == 401
    assert "backbot owner token" in page.text
    assert "<input" not in page.text
    # And nobody gets in by saying nothing.
    assert sign_in(visitor, "").status_code == 403


def test_a_token_is_shown_once_and_kept_as_a_hash_that_only_the_owner_reads(
    tiny_root: Path,
) -> None:
    done = CliRunner().invoke(main, ["owner", "token", "--index", str(tiny_root)])
    assert done.exit_code == 0
    token = done.stdout.strip()
    assert len(token) == 32
    assert "/owner" in done.stderr
    assert token not in done.stderr
    path = tiny_root / "owner.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert token not in path.read_text("utf-8")
    assert "scrypt:" in path.read_text("utf-8")


def test_a_new_token_ends_the_old_one_and_all_sessions(
    owner: FlaskClient, token: str, tiny_root: Path
) -> None:
    assert owner.get("/owner").status_code == 200
    newer = Access(tiny_root).make_token()
    assert owner.get("/owner").status_code == 401
    assert sign_in(owner, token).status_code == 403
    assert sign_in(owner, newer).status_code == 303


# Nobody gets in


@pytest.mark.parametrize("path", [*PAGES, "/rebuild.json", "/arrive"])
def test_an_unsigned_visitor_sees_the_door(path: str, visitor: FlaskClient, token: str) -> None:
    page = visitor.get(f"/owner{path}")
    assert page.status_code == 401
    assert "<h1>Sign in</h1>" in page.text
    assert "What Are Knots?" not in page.text
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", PRESSES)
def test_an_unsigned_visitor_does_nothing(
    path: str, visitor: FlaskClient, token: str, tiny_corpus: Path, tiny_root: Path
) -> None:
    before = files(tiny_corpus), files(tiny_root)
    page = press(visitor, path, document="knots", question="a?", to="off")
    assert page.status_code == 401
    assert (files(tiny_corpus), files(tiny_root)) == before


def test_a_thousand_wrong_tokens_get_nowhere(
    visitor: FlaskClient,
    token: str,
    tiny_root: Path,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked = 0
    real = werkzeug.security.check_password_hash

    def counted(hashed: str, given: str) -> bool:
        nonlocal looked
        looked += 1
        return real(hashed, given)

    monkeypatch.setattr(access_module, "check_password_hash", counted)
    got = [sign_in(visitor, f"{number}{token}").status_code for number in range(1000)]
    assert got == [403] * FROM_ONE + [429] * (1000 - FROM_ONE)
    assert looked == FROM_ONE
    # From there on, not even the right one.
    refused = sign_in(visitor, token)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= WINDOW + 1
    assert "Try again in 15 minutes" in refused.text
    assert visitor.get("/owner").status_code == 401
    # Nothing tells where they came from.
    assert "127.0.0.1" not in (tiny_root / "owner.json").read_text("utf-8")
    clock.now += WINDOW + 1
    assert sign_in(visitor, token).status_code == 303


def test_wrong_tokens_from_everywhere_are_slowed_down_too(
    tiny_root: Path, token: str, clock: Clock
) -> None:
    access = Access(tiny_root)
    for number in range(FROM_ALL):
        with pytest.raises(NotLetInError, match="not the token"):
            access.sign_in("wrong", f"192.0.2.{number}")
    with pytest.raises(NotLetInError, match="Too many"):
        access.sign_in(token, "198.51.100.1")
    # Whoever sits at the machine is not locked out.
    assert access.sign_in(access.make_token(), "198.51.100.1")


@pytest.mark.parametrize("path", [*PRESSES, "/sign-in"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:8080", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost.evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "none"},
        {},
    ],
)
def test_a_forged_press_does_nothing(
    path: str,
    headers: dict[str, str],
    owner: FlaskClient,
    token: str,
    tiny_corpus: Path,
    tiny_root: Path,
) -> None:
    before = files(tiny_corpus), files(tiny_root)
    data = {"document": "knots", "question": "a?", "token": token, "to": "off", "words": "a,b"}
    page = owner.post(f"/owner{path}", data=data, headers=headers)
    assert page.status_code == 403
    assert "was not sent from a page of this site" in page.text
    assert "Set-Cookie" not in page.headers
    assert (files(tiny_corpus), files(tiny_root)) == before
    assert owner.get("/owner").status_code == 200


def test_a_stolen_cookie_that_was_signed_out_is_worth_nothing(
    app: Flask, owner: FlaskClient, token: str
) -> None:
    stolen = cookie(owner)
    thief = app.test_client()
    thief.set_cookie("backbot_owner", stolen, path="/owner")
    assert thief.get("/owner").status_code == 200
    assert press(owner, "/sign-out").status_code == 303
    assert thief.get("/owner").status_code == 401
    assert press(thief, "/act/hide", document="knots").status_code == 401


def test_signing_out_everywhere(
    app: Flask, owner: FlaskClient, token: str, tiny_root: Path
) -> None:
    phone = app.test_client()
    sign_in(phone, token)
    assert phone.get("/owner").status_code == 200
    press(owner, "/sign-out", everywhere="yes")
    assert (owner.get("/owner").status_code, phone.get("/owner").status_code) == (401, 401)
    sign_in(phone, token)
    done = CliRunner().invoke(main, ["owner", "sign-out", "--index", str(tiny_root)])
    assert done.stdout == "Done: 1 session ended.\n"
    assert phone.get("/owner").status_code == 401


@pytest.mark.parametrize("value", ["", "x", "a" * 43, "é" * 10, "{}"])
def test_a_made_up_cookie_is_worth_nothing(value: str, visitor: FlaskClient, token: str) -> None:
    visitor.set_cookie("backbot_owner", value, path="/owner")
    assert visitor.get("/owner").status_code == 401


def test_a_session_ends_when_nobody_presses_anything(owner: FlaskClient, clock: Clock) -> None:
    # The fixture signed in by the real clock: sign in by this one.
    with owner.application.app_context():
        root = Path(owner.application.extensions["backbot.settings"].index)
    token = Access(root).make_token()
    sign_in(owner, token)
    for _ in range(3):
        clock.now += IDLE - 1
        assert owner.get("/owner").status_code == 200
    clock.now += IDLE + 61
    assert owner.get("/owner").status_code == 401


def test_no_session_outlives_half_a_day(tiny_root: Path, clock: Clock) -> None:
    access = Access(tiny_root)
    session = access.sign_in(access.make_token(), "")
    for _ in range(int(LONGEST / 600)):
        assert access.is_signed_in(session)
        clock.now += 600
    clock.now += 1
    assert not access.is_signed_in(session)


def test_a_damaged_file_lets_nobody_in(owner: FlaskClient, tiny_root: Path, token: str) -> None:
    (tiny_root / "owner.json").write_bytes(b'{"token": 1')
    assert owner.get("/owner").status_code == 401
    assert sign_in(owner, token).status_code == 403


def test_workers_agree(app: Flask, owner: FlaskClient, tiny_root: Path, tiny_corpus: Path) -> None:
    other = create_app(Settings(index=str(tiny_root), corpus=str(tiny_corpus), journal="off"))
    client = other.test_client()
    client.set_cookie("backbot_owner", cookie(owner), path="/owner")
    assert client.get("/owner").status_code == 200
    press(client, "/sign-out")
    assert owner.get("/owner").status_code == 401


def test_the_cookie(visitor: FlaskClient, token: str) -> None:
    done = sign_in(visitor, f"  {token}\n", back="/owner/try?a=b")
    said = done.headers["Set-Cookie"]
    for part in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/owner"):
        assert part in said.split("; ")
    assert token not in said
    assert done.headers["Location"] == "/owner/arrive?back=/owner/try?a%3Db"
    assert visitor.get(done.headers["Location"]).headers["Location"] == "/owner/try?a=b"
    # Readers' pages get no cookie and set none.
    assert "Set-Cookie" not in visitor.get("/").headers


@pytest.mark.parametrize(
    "back", ["https://evil.example", "//evil.example", "/owner\\..", "/", "/ownerless", "/owner\n"]
)
def test_the_way_back_leads_nowhere_else(back: str, owner: FlaskClient) -> None:
    assert owner.get("/owner/arrive", query_string={"back": back}).headers["Location"] == "/owner"
    done = press(owner, "/switch", back=back, to="on")
    assert done.headers["Location"] == "/owner?said=on"


def test_a_cookie_that_the_browser_did_not_keep_is_told(visitor: FlaskClient, token: str) -> None:
    page = visitor.get("/owner/arrive")
    assert "your browser did not keep the sign-in" in page.text
    far = visitor.get("/owner", base_url="http://backbot.example")
    assert "This address is not https://" in far.text
    near = visitor.get(
        "/owner", base_url="http://backbot.example", headers={"X-Forwarded-Proto": "https"}
    )
    assert "This address is not https://" not in near.text


def test_a_link_from_elsewhere_asks_once_more_with_the_cookie(
    visitor: FlaskClient, token: str
) -> None:
    page = visitor.get("/owner", headers={"Sec-Fetch-Site": "cross-site"})
    assert '<meta http-equiv="refresh" content="0">' in page.text
    assert "http-equiv" not in visitor.get("/owner").text


def test_pages_are_stored_nowhere_and_framed_by_nobody(owner: FlaskClient) -> None:
    for path in PAGES:
        page = owner.get(f"/owner{path}")
        assert page.status_code == 200, path
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Robots-Tag"] == "noindex"
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert not re.search(r"\bstyle=|\bon[a-z]+=|<script>", page.text)


# By the owner's hand


def test_acts_lead_back_and_can_be_undone(owner: FlaskClient, tiny_corpus: Path) -> None:
    before = files(tiny_corpus)
    asked = "Is my <b>couch</b> to blame?"
    done = press(
        owner, "/act/question", question=asked, document="knots", back="/owner/articles?x=1&done=y"
    )
    assert done.status_code == 303
    (recorded,) = Desk(tiny_corpus).recorded()
    assert done.headers["Location"] == f"/owner/articles?x=1&done={recorded.act.id}"
    page = owner.get(done.headers["Location"]).text
    assert "Done:" in page
    assert "<b>couch</b>" not in page
    assert "&lt;b&gt;couch&lt;/b&gt;" in page
    undone = press(owner, f"/undo/{recorded.act.id}", back="/owner/changes")
    assert "Taken back:" in owner.get(undone.headers["Location"]).text
    after = files(tiny_corpus)
    after.pop("acts.jsonl")
    assert after == before


@pytest.mark.parametrize(
    ("path", "data", "file", "text"),
    [
        ("pin", {"question": "a?", "document": "knots", "words": " "}, "pins.toml", "knots"),
        ("check", {"question": "a?", "wrong": "none"}, "checks.toml", "no_answer = true"),
        (
            "check",
            {"question": "a?", "wrong": "cited", "cited": "knots"},
            "checks.toml",
            'never_cites = "knots"',
        ),
        (
            "check",
            {"question": "a?", "wrong": "other", "document": "knots", "cited": "how-far"},
            "checks.toml",
            'cites = "knots"',
        ),
        ("hide", {"document": "knots"}, "articles/knots.md", "hidden: true"),
        ("synonym", {"words": "couch, sofa"}, "synonyms.toml", '["couch", "sofa"]'),
        ("draft", {"title": "Couches", "question": "a?"}, "drafts/couches.md", '- "a?"'),
    ],
)
def test_every_act_by_a_press(
    path: str, data: dict[str, str], file: str, text: str, owner: FlaskClient, tiny_corpus: Path
) -> None:
    assert press(owner, f"/act/{path}", **data).status_code == 303
    assert text in (tiny_corpus / file).read_text("utf-8")


@pytest.mark.parametrize(
    ("path", "data", "said"),
    [
        ("/act/pin", {"question": "a?", "document": "none"}, "There is no such document"),
        ("/act/check", {"question": "a?", "wrong": "other"}, "Say one thing"),
        ("/act/synonym", {"words": "a"}, "two words or more"),
        ("/undo/none", {}, "There is no such act"),
        ("/roll-back", {"version": "0" * 16}, "There is no version"),
        ("/release", {}, "is held back"),
        ("/act/nothing", {}, "There is no such act"),
    ],
)
def test_what_cannot_be_done_is_said(
    path: str, data: dict[str, str], said: str, owner: FlaskClient
) -> None:
    page = press(owner, path, **data)
    assert page.status_code in (400, 404)
    assert said in page.text
    assert "Nothing was changed" in page.text


def test_a_corpus_that_cannot_be_read_is_told(owner: FlaskClient, tiny_corpus: Path) -> None:
    (tiny_corpus / "articles" / "Not An Id.md").write_text("x", "utf-8")
    page = owner.get("/owner/articles")
    assert page.status_code == 200
    assert "Not An Id.md has a name that cannot be an ID" in page.text
    assert owner.get("/owner/articles/none").status_code == 404


def test_trying_a_question_shows_the_whole_trace(owner: FlaskClient) -> None:
    page = press(owner, "/try", question="what helps a knot?").text
    for part in ("Answers now", "How it came about", "Passages found", "The nearest sentences"):
        assert part in page
    assert "Held back" not in page
    assert press(owner, "/try", question="x" * 2001).status_code == 400


def test_side_by_side(owner: FlaskClient, toy: Toy, tiny_corpus: Path, tiny_root: Path) -> None:
    first = current_version(tiny_root)
    Desk(tiny_corpus).pin("is my couch to blame?", "knots", "Heat helps a knot to relax.")
    toy.build(tiny_corpus, tiny_root)
    owner.application.extensions["backbot"]._next_check = 0.0
    page = press(owner, "/try", question="is my couch to blame?").text
    assert "The two versions reply differently." in page
    assert "The version before" in page
    assert first in page
    assert "You gave this question its answer." in page
    same = press(owner, "/try", question="hello").text
    assert "Both versions reply the same." in same
    assert press(owner, "/roll-back", version=first).status_code == 303
    assert current_version(tiny_root) == first
    write_corpus(tiny_corpus, {"checks.toml": '[[check]]\nquestion="hello"\ncites="knots"\n'})
    write_corpus(tiny_corpus, {"articles/sleep.md": document("Sleep", "Sleep on your side.")})
    held = toy.build(tiny_corpus, tiny_root)
    assert not held.published
    owner.application.extensions["backbot"]._next_check = 0.0
    page = press(owner, "/try", question="how do I sleep?").text
    assert "Held back" in page
    assert held.version in page
    assert "Let it answer" in owner.get("/owner/index").text
    assert press(owner, "/release").status_code == 303
    assert current_version(tiny_root) == held.version


def test_what_waits_for_a_rebuild(
    owner: FlaskClient, toy: Toy, tiny_corpus: Path, tiny_root: Path
) -> None:
    def waiting() -> bool:
        return "waits for the next rebuild" in owner.get("/owner/changes").text

    assert not waiting()
    press(owner, "/act/pin", question="a couch?", document="knots")
    # Times are kept to the second.
    version = tiny_root / "versions" / current_version(tiny_root)
    os.utime(version, (time.time() - 5, time.time() - 5))
    assert waiting()
    toy.build(tiny_corpus, tiny_root)
    version = tiny_root / "versions" / current_version(tiny_root)
    os.utime(version, (time.time() + 2, time.time() + 2))
    assert not waiting()


# The off switch


def test_off_takes_the_chat_down_and_leaves_safety_and_articles(
    owner: FlaskClient, visitor: FlaskClient, tiny_root: Path
) -> None:
    assert press(owner, "/switch", to="off").headers["Location"] == "/owner?said=off"
    assert is_closed(tiny_root)
    reply = visitor.post("/api/chat", json={"message": "what helps a knot?"}).get_json()
    assert (reply["kind"], reply["sections"], reply["citations"]) == ("no_answer", [], [])
    assert reply["text"].startswith("The chat is taking a break")
    assert reply["suggestions"] == []
    grave = "My legs are numb and I lost control of my bladder"
    reply = visitor.post("/api/chat", json={"message": grave}).get_json()
    assert (reply["kind"], reply["notice"]["level"]) == ("notice_only", "emergency")
    assert reply["notice"]["links"]
    urgent = "I have a fever and back pain, what stretch helps?"
    reply = visitor.post("/api/chat", json={"message": urgent}).get_json()
    assert (reply["kind"], reply["notice"]["level"]) == ("no_answer", "urgent")
    assert visitor.get("/api/suggestions").get_json() == {"suggestions": []}
    for path in ("/", "/ask", "/embed"):
        page = visitor.get(path).text
        assert "The chat is taking a break" in page
        assert '<a lang="en" dir="auto" href="/read/knots"' in page
    assert "macht gerade Pause" in visitor.get("/?lang=de").text
    assert "The chat is taking a break" in visitor.post("/ask", data={"q": "knots?"}).text
    assert visitor.get("/read/knots").status_code == 200
    assert press(owner, "/switch", to="on").status_code == 303
    assert visitor.post("/api/chat", json={"message": "What are knots?"}).get_json()["sections"]


def test_off_by_command(tiny_root: Path) -> None:
    run = CliRunner().invoke
    assert run(main, ["owner", "off", "--index", str(tiny_root)]).exit_code == 0
    assert is_closed(tiny_root)
    assert run(main, ["owner", "on", "--index", str(tiny_root)]).exit_code == 0
    assert not is_closed(tiny_root)
    close(tiny_root)
    close(tiny_root)
    reopen(tiny_root)
    reopen(tiny_root)
    assert not is_closed(tiny_root)
