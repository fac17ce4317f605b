"""How wide, how heavy, how discreet the pages are."""

import gzip

import pytest
from playwright.sync_api import Page, Route, expect

from backbot.settings import LANGUAGES
from browsing import (
    ANSWERED,
    CASES,
    CHAT,
    FLAT_FEET,
    READ,
    New,
    answer_with,
    ask,
)

MAX_PAGE_BYTES = 30 * 1024


@pytest.mark.parametrize("path", ["/", "/ask", ANSWERED, READ, "/read/none"])
def test_nothing_scrolls_sideways_on_the_narrowest_phone(new: New, path: str) -> None:
    page = new(viewport={"width": 320, "height": 568})
    page.goto(path)
    if path == "/":
        answer_with(page, CASES["hostile"])
        ask(page, "supercalifragilistic" * 20)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["/", "/embed"])
def test_all_that_the_open_chat_loads_is_light(new: New, path: str, language: str) -> None:
    page = new()
    sizes: dict[str, int] = {}

    def weigh(route: Route) -> None:
        answer = route.fetch()
        sizes[route.request.url] = len(gzip.compress(answer.body(), compresslevel=6))
        route.fulfill(response=answer)

    page.route("**", weigh)
    if path == "/embed":
        # On another site's page the widget's script comes first.
        page.goto("/widget.js")
    page.goto(f"{path}?lang={language}", wait_until="networkidle")
    assert len(sizes) >= 18
    assert sum(sizes.values()) <= MAX_PAGE_BYTES, sizes


KEPT = "[localStorage.length, sessionStorage.length, history.state, location.pathname]"


def test_nothing_is_kept_before_the_reader_acts(page: Page) -> None:
    assert page.evaluate(KEPT) == [0, 0, None, "/"]
    page.get_by_label("Your question").focus()
    page.mouse.wheel(0, 500)
    assert page.evaluate(KEPT) == [0, 0, None, "/"]
    assert page.context.cookies() == []


def test_then_the_tab_alone_keeps_the_conversation(page: Page) -> None:
    ask(page, FLAT_FEET)
    assert page.evaluate(KEPT) == [0, 1, None, "/"]
    assert page.context.cookies() == []
    assert page.evaluate("indexedDB.databases()") == []
    other = page.context.new_page()
    other.goto("/")
    expect(other.locator(".turn")).to_have_count(0)


def test_a_question_travels_in_a_body_and_the_answer_is_stored_nowhere(page: Page) -> None:
    with page.expect_response(CHAT) as response:
        ask(page, FLAT_FEET)
    assert response.value.request.method == "POST"
    assert "flat" not in response.value.url
    assert response.value.header_value("cache-control") == "no-store"


def test_an_ordinary_visit_leaves_the_console_empty(new: New) -> None:
    page = new()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto("/")
    ask(page, FLAT_FEET)
    page.goto(ANSWERED)
    page.goto(READ)
    assert said == []
