"""A corpus that means harm: whatever stands in it is text, wherever it is shown."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect
from werkzeug.serving import make_server

from backbot.server.app import create_app
from backbot.settings import Settings
from browsing import New, ask, last
from support import Toy, document, write_corpus

MARKUP = """<img src=x onerror=alert(1)></p><script>alert(2)</script>{{ 7*7 }}${alert(3)}"""
BIDI = "\u202egnp.exe\u202c \u2067\u05d0\u05d1"
LONG = "supercalifragilistic" * 12
TITLE = f"Do zonkers {MARKUP} {BIDI} {LONG} hurt?"
BODY = f"""\
Zonkers hurt because {MARKUP} a muscle holds still for hours in the zonkers of the back.

<script>alert(4)</script><svg onload=alert(5)>

## {MARKUP} zonkers

[Zonkers](javascript:alert(6)) help {BIDI} when zonkers hurt, and {LONG} too.

`</code><script>alert(7)</script>` ![zonkers](javascript:alert(8))
"""
FILES = {
    "articles/zonkers.md": document(TITLE, BODY, date="2014-03-01"),
    "articles/zonkers-away.md": document(f"Zonkers away {MARKUP}", BODY, url="https://x.org/'\">"),
    "questions/zonkers-ask.md": document(
        f"Asked {MARKUP}", BODY, question=f"Why do zonkers hurt {MARKUP}?", from_="reader"
    ),
}


@pytest.fixture(scope="module")
def hostile(toy: Toy, tmp_path_factory: pytest.TempPathFactory, host: Any) -> Iterator[str]:
    """The address of a server that answers out of that corpus."""
    folder = tmp_path_factory.mktemp("hostile")
    toy.build(write_corpus(folder / "corpus", FILES), folder / "index")
    app = create_app(Settings(index=str(folder / "index"), allowed_origins=(host.origin,)))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()


@pytest.fixture
def visit(new: New, hostile: str) -> Any:
    """Opens pages of that server."""
    return lambda path: _open(new(base_url=hostile), path)


def _open(page: Page, path: str) -> Page:
    page.goto(path)
    return page


def is_text(page: Page | Frame) -> None:
    """Nothing of the corpus has become an element, an address to run, or wider than the window."""
    body = page.locator("body")
    expect(body.locator("script, svg, img:not(.brand img), main img, iframe")).to_have_count(0)
    for link in body.locator("a").all():
        address = link.get_attribute("href") or ""
        assert address.startswith(("/", "#", "https://", "tel:")), address
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    assert page.evaluate("document.querySelectorAll('[onerror], [onload]').length") == 0


@pytest.mark.parametrize("name", ["zonkers", "zonkers-away", "zonkers-ask"])
def test_a_document_is_text(visit: Any, name: str) -> None:
    page = visit(f"/read/{name}?at=0-40")
    expect(page.locator("h1")).to_contain_text("<script>alert(2)</script>{{ 7*7 }}")
    is_text(page)


def test_an_answer_is_text(visit: Any) -> None:
    page = visit("/")
    ask(page, "why do zonkers hurt?")
    expect(last(page)).to_contain_text("<script>")
    is_text(page)
    page.reload()
    expect(last(page)).to_contain_text("<script>")
    for reading in last(page).locator(".reading").all():
        reading.get_by_role("button", name="Read it here").click()
        expect(reading.locator(".passage mark").first).to_be_visible()
    is_text(page)
    page.goto("/ask?q=why+do+zonkers+hurt%3F")
    expect(page.locator(".reply")).to_contain_text("<script>")
    is_text(page)


def test_in_the_widget_it_is_text_too(visit: Any, host: Any, hostile: str) -> None:
    host.files["/"] = (
        "text/html",
        f"<!doctype html><title>x</title><script src='{hostile}/widget.js'></script>",
    )
    page = visit(host.origin)
    page.evaluate("Backbot.ask('why do zonkers hurt?')")
    chat = page.frames[-1]
    expect(chat.locator(".reply")).to_contain_text("<script>")
    is_text(chat)
    assert page.evaluate("document.querySelectorAll('body *').length") == 0
