"""The pages in a real browser, as readers meet them: by finger, by keyboard, by screen reader.

Every test ends with two checks of its own: the page asked no other host for anything, and no
script complained.
"""

import gzip
import json
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from flask import Flask, render_template
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Route,
    expect,
    sync_playwright,
)

from backbot.model import (
    Citation,
    Excerpt,
    Kind,
    Level,
    Link,
    Notice,
    Reply,
    Section,
    SectionRole,
)
from backbot.server.app import create_app
from backbot.settings import Settings

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE = {"width": 390, "height": 844}
MAX_PAGE_BYTES = 30 * 1024
# The least that a finger hits for sure.
MIN_TARGET = 44

FLAT_FEET = "do flat feet cause neck pain?"
ANSWERED = "/ask?q=do+flat+feet+cause+neck+pain%3F"
READ = "/read/lets-get-rid-of-the-knots-in-your-upper-back?at=1500-1600#excerpt"
CHAT = "**/api/chat"

New = Callable[..., Page]


@pytest.fixture(scope="session")
def app(index_root: Path) -> Flask:
    return create_app(Settings(index=str(index_root)))


@pytest.fixture(scope="session")
def site(index_root: Path) -> Iterator[str]:
    """The address of a running server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = f"Settings(index={str(index_root)!r}, port={port})"
    start = (
        "from backbot.server.serve import serve; from backbot.settings import Settings; "
        f"serve({settings})"
    )
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen([sys.executable, "-c", start]) as server:
        try:
            wait_until_ready(f"{address}/readyz", server)
            yield address
        finally:
            server.terminate()


def wait_until_ready(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert server.poll() is None, "The server did not start; it says why above."
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("The server was not ready after half a minute.")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.fail(
            "These tests need the browser Chromium, and none is on the PATH; "
            "on Debian or Ubuntu get it with `apt-get install chromium`."
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new(browser: Browser, site: str) -> Iterator[New]:
    """Opens a page in a browser of its own, set up as the arguments say."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    elsewhere: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # Chromium notes a failed request by itself; what the page makes of it is up to each test.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def open_page(**settings: Any) -> Page:
        settings = {"viewport": PHONE, "reduced_motion": "reduce", "base_url": site} | settings
        context = browser.new_context(**settings)
        context.set_default_timeout(5_000)
        context.on("console", note)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("dialog", lambda dialog: complaints.append(f"a dialog: {dialog.message}"))
        context.on(
            "request",
            lambda request: None if request.url.startswith(site) else elsewhere.append(request.url),
        )
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert elsewhere == []
    assert complaints == []


@pytest.fixture
def page(new: New) -> Page:
    """The start page on a phone's screen, with a keyboard and a mouse at hand."""
    page = new()
    page.goto("/")
    return page


def ask(page: Page, question: str) -> None:
    """Type a question, send it with Enter and wait until its turn has an outcome."""
    turns = page.locator(".turn").count()
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(turns + 1)
    expect(last(page)).to_be_visible()


def last(page: Page) -> Any:
    """The newest turn's reply, or what stands in its place."""
    return page.locator(".turn").last.locator("> .reply")


def answer_with(page: Page, reply: Reply | dict[str, Any]) -> None:
    """Let the server answer every message with `reply`."""
    body = msgspec.json.encode(reply)
    page.route(CHAT, lambda route: route.fulfill(body=body, content_type="application/json"))


def box(page: Page, selector: str) -> dict[str, float]:
    found: dict[str, float] = page.locator(selector).last.evaluate(
        "it => { const {top, bottom, width, height} = it.getBoundingClientRect();"
        " return {top, bottom, width, height}; }"
    )
    return found


# Asking


def test_an_answer_is_quotations_each_with_its_source(page: Page) -> None:
    ask(page, FLAT_FEET)
    reply = last(page)
    expect(reply.get_by_role("heading", name="Why it happens")).to_be_visible()
    expect(reply.locator("blockquote").first).to_contain_text("Flat feet")
    source = reply.get_by_role("link", name="Do Flat Feet Cause Upper Back Pain?")
    expect(source.first).to_have_attribute("href", re.compile("^/read/do-flat-feet-cause-upper"))
    expect(reply.locator(".source-facts").first).to_have_text("Article")
    assert reply.locator(".quoted").count() == reply.locator("figcaption").count()
    expect(page.get_by_text("Looking in the articles")).to_have_count(0)


def test_a_citation_opens_its_document_at_the_quoted_words(page: Page) -> None:
    ask(page, "how do I use a tennis ball on a knot?")
    quoted = last(page).locator(".quoted").first
    with page.expect_popup() as opened:
        quoted.get_by_role("link").click()
    document = opened.value
    expect(document.locator("mark#excerpt")).to_be_in_viewport()
    assert (
        quoted.locator("blockquote p").first.inner_text() in document.locator("main").inner_text()
    )
    expect(page.locator(".turn")).to_have_count(1)


def test_the_quoted_words_far_down_a_document_scroll_into_view(new: New) -> None:
    page = new()
    page.goto(READ)
    expect(page.locator("#excerpt")).to_be_in_viewport()
    assert page.evaluate("scrollY") > 0


def test_the_quoted_words_scroll_into_view_where_text_fragments_are_unknown(new: New) -> None:
    page = new()
    # An older browser takes all of the fragment for an element's name, and finds none.
    page.goto(READ.replace("#excerpt", "#excerpt:unknown"))
    expect(page.locator("#excerpt")).to_be_in_viewport()
    page.evaluate("scrollTo(0, 0)")
    page.reload()
    expect(page.locator("#excerpt")).not_to_be_in_viewport()


def test_a_question_beyond_the_articles_is_refused_and_others_are_offered(page: Page) -> None:
    ask(page, "what is the capital of Portugal")
    expect(last(page)).to_contain_text("The articles don’t cover that.")
    expect(last(page).locator("blockquote")).to_have_count(0)
    last(page).get_by_role("button").first.click()
    expect(page.locator(".turn")).to_have_count(2)
    expect(last(page).locator("blockquote").first).to_be_visible()


def test_pressing_a_starter_asks_it(page: Page) -> None:
    starter = page.locator("#starters").get_by_role("button").first
    question = starter.inner_text()
    starter.click()
    expect(page.get_by_role("heading", name="You asked:")).to_contain_text(
        question, ignore_case=True
    )
    expect(last(page)).to_be_visible()
    expect(page.locator("#starters")).to_be_hidden()


def test_a_follow_up_says_how_it_was_understood(page: Page) -> None:
    ask(page, FLAT_FEET)
    expect(last(page).locator(".understood")).to_have_count(0)
    ask(page, "what about high heels?")
    expect(last(page).locator(".understood")).to_have_text(
        "Understood as: do flat feet cause neck pain? what about high heels?"
    )


def test_the_server_is_told_the_last_eight_turns(page: Page) -> None:
    sent: list[dict[str, Any]] = []

    def answer(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or ""))
        level = Level.SOON if len(sent) == 9 else None
        reply = msgspec.structs.replace(FULL, notice=notice(level) if level else None)
        route.fulfill(body=msgspec.json.encode(reply), content_type="application/json")

    page.route(CHAT, answer)
    for number in range(1, 12):
        ask(page, f"question {number}?")
    assert sent[0] == {"message": "question 1?", "history": []}
    cited = ["tennis-balls", "a-readers-question"]
    told = {number: {"message": f"question {number}?", "cited": cited} for number in range(1, 11)}
    assert sent[10]["message"] == "question 11?"
    assert sent[10]["history"] == [
        told[number] | {"notice": "soon" if number == 9 else None} for number in range(3, 11)
    ]


def test_a_long_conversation_shows_the_start_of_each_new_reply(page: Page) -> None:
    for number in range(12):
        ask(page, ("why do I get knots?", FLAT_FEET, "thanks", "capital of Portugal?")[number % 4])
        top = box(page, ".reply")["top"]
        assert 0 <= top < PHONE["height"] / 3
    expect(page.locator(".turn")).to_have_count(12)


def test_the_start_of_a_reply_is_shown_however_long_its_question_is(page: Page) -> None:
    ask(page, "why do I get knots in my upper back when I sit at my desk all day? " * 25)
    expect(last(page).locator("> *").first).to_be_in_viewport()
    assert 0 <= box(page, ".reply")["top"] < PHONE["height"] / 3


def test_a_new_conversation_begins_with_nothing_from_the_old(page: Page) -> None:
    ask(page, FLAT_FEET)
    page.get_by_label("Your question").fill("a draft")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator("#starters")).to_be_visible()
    expect(page.get_by_label("Your question")).to_have_value("a draft")
    expect(page.get_by_role("button", name="New conversation")).to_be_hidden()
    with page.expect_request(CHAT) as request:
        ask(page, "what about high heels?")
    assert request.value.post_data_json == {"message": "what about high heels?", "history": []}


def test_a_reply_that_comes_after_the_conversation_ended_is_not_shown(page: Page) -> None:
    held: list[Route] = []
    page.route(CHAT, lambda route: held.append(route))
    page.get_by_label("Your question").fill("one?")
    page.keyboard.press("Enter")
    expect(page.locator(".waiting")).to_be_visible()
    page.get_by_role("button", name="New conversation").click()
    page.unroute(CHAT)
    ask(page, "two?")
    expect(page.locator(".turn")).to_have_count(1)
    expect(page.get_by_role("heading", name="You asked:")).to_have_text("You asked: two?")


# Waiting, and things that go wrong


def let_go(page: Page, held: list[Route]) -> None:
    """Let the first held request go on; the page can show that it waits before it is caught."""
    for _ in range(200):
        if held:
            break
        page.wait_for_timeout(50)
    held[0].continue_()


def test_a_question_is_sent_once_however_often_it_is_pressed(page: Page) -> None:
    held: list[Route] = []
    page.route(CHAT, lambda route: held.append(route))
    question = page.get_by_label("Your question")
    question.fill(FLAT_FEET)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Looking in the articles").first).to_be_visible()
    send = page.get_by_role("button", name="Send")
    expect(send).to_have_attribute("aria-disabled", "true")
    question.fill("the next one")
    page.keyboard.press("Enter")
    send.click(force=True)
    expect(question).to_have_value("the next one")
    let_go(page, held)
    expect(last(page).locator("blockquote").first).to_be_visible()
    expect(send).to_have_attribute("aria-disabled", "false")
    assert len(held) == 1


def test_a_slow_reply_is_announced_as_on_its_way(page: Page) -> None:
    held: list[Route] = []
    page.route(CHAT, lambda route: held.append(route))
    page.get_by_label("Your question").fill(FLAT_FEET)
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("Looking in the articles…")
    let_go(page, held)
    expect(last(page)).to_be_visible()
    expect(page.locator("#status")).to_be_empty()


def test_without_a_connection_the_question_stays_and_can_be_tried_again(page: Page) -> None:
    ask(page, "why do I get knots?")
    page.route(CHAT, lambda route: route.abort())
    ask(page, FLAT_FEET)
    expect(page.get_by_role("heading", name=FLAT_FEET)).to_be_visible()
    expect(last(page)).to_contain_text("did not get through")
    page.get_by_label("Your question").fill("typed meanwhile")
    page.get_by_role("button", name="Try again").click()
    expect(last(page)).to_contain_text("did not get through")
    page.unroute(CHAT)
    with page.expect_request(CHAT) as request:
        page.get_by_role("button", name="Try again").click()
    sent: Any = request.value.post_data_json
    assert [turn["message"] for turn in sent["history"]] == ["why do I get knots?"]
    expect(last(page).locator("blockquote").first).to_be_visible()
    expect(page.get_by_label("Your question")).to_have_value("typed meanwhile")
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, '{"error": {"code": "not_ready", "message": "No index."}}'),
        (502, "<h1>Bad gateway</h1>"),
        (200, "<h1>Log in to this network</h1>"),
        (200, '{"kind": "answer"}'),
        (200, '{"kind": "answer", "sections": [1], "citations": [], "suggestions": []}'),
    ],
)
def test_when_the_server_cannot_answer_the_question_can_be_tried_again(
    new: New, status: int, body: str
) -> None:
    page = new()
    page.add_init_script("console.error = () => {}")
    page.goto("/")
    page.route(CHAT, lambda route: route.fulfill(status=status, body=body))
    ask(page, FLAT_FEET)
    expect(last(page)).to_contain_text("cannot answer right now")
    page.unroute(CHAT)
    page.get_by_role("button", name="Try again").click()
    expect(last(page).locator("blockquote").first).to_be_visible()


def test_a_refused_question_comes_back_to_be_changed(page: Page) -> None:
    question = "knots " * 400
    ask(page, question)
    expect(last(page)).to_contain_text("holds at most 2,000 characters")
    expect(page.get_by_label("Your question")).to_have_value(question.strip())
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


def test_too_many_questions_can_be_tried_again_later(page: Page) -> None:
    body = '{"error": {"code": "too_many", "message": "Please wait a minute."}}'
    page.route(CHAT, lambda route: route.fulfill(status=429, body=body))
    ask(page, FLAT_FEET)
    expect(last(page)).to_contain_text("Please wait a minute.")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


# Keyboard, finger, screen reader


def test_the_keyboard_is_enough(page: Page) -> None:
    question = page.get_by_label("Your question")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to your question")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    if not question.evaluate("it => it === document.activeElement"):
        page.keyboard.press("Shift+Tab")
    expect(question).to_be_focused()
    page.keyboard.type("do flat feet cause")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("neck pain?")
    expect(question).to_have_value("do flat feet cause\nneck pain?")
    page.keyboard.press("Enter")
    expect(last(page).locator("blockquote").first).to_be_visible()
    expect(question).to_be_focused()
    expect(question).to_have_value("")

    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.matches('.reply .chip')"):
            break
    page.keyboard.press("Space")
    expect(page.locator(".turn")).to_have_count(2)
    expect(last(page)).to_be_visible()
    expect(question).to_be_focused()


def test_what_has_the_focus_is_never_under_the_composer(page: Page) -> None:
    for question in ("why do I get knots?", FLAT_FEET):
        ask(page, question)
    for _ in range(14):
        page.keyboard.press("Shift+Tab")
        hidden = page.evaluate(
            """() => {
                const focused = document.activeElement;
                const composer = document.getElementById("composer");
                if (composer.contains(focused) || focused === document.body) return false;
                const [it, over] = [focused, composer].map((each) => each.getBoundingClientRect());
                return it.bottom > over.top && it.top < over.bottom;
            }"""
        )
        assert not hidden, page.evaluate("document.activeElement.outerHTML")


def test_an_empty_question_is_not_sent(page: Page) -> None:
    question = page.get_by_label("Your question")
    for typed in ("", "   ", "\n"):
        question.fill(typed)
        page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(0)


def test_enter_that_picks_a_word_of_an_input_method_sends_nothing(page: Page) -> None:
    question = page.get_by_label("Your question")
    question.fill("すとれっち")
    question.evaluate(
        "it => it.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))"
    )
    expect(page.locator(".turn")).to_have_count(0)


def test_on_a_touch_screen_the_keyboard_folds_away_from_the_answer(new: New) -> None:
    page = new(has_touch=True, is_mobile=True)
    page.goto("/")
    page.get_by_label("Your question").tap()
    page.keyboard.type(FLAT_FEET)
    page.get_by_role("button", name="Send").tap()
    expect(last(page).locator("blockquote").first).to_be_visible()
    expect(page.get_by_label("Your question")).not_to_be_focused()


def test_whatever_is_pressed_is_large_enough_for_a_finger(page: Page) -> None:
    answer_with(page, msgspec.structs.replace(FULL, notice=notice(Level.URGENT)))
    ask(page, "why?")
    for target in page.locator(":is(button, a, textarea):not(.skip):visible").all():
        size = target.evaluate("it => it.getBoundingClientRect().toJSON()")
        assert size["height"] >= MIN_TARGET, target.inner_text()
        assert size["width"] >= MIN_TARGET, target.inner_text()


def test_replies_are_announced_politely_and_headings_lead_through_them(page: Page) -> None:
    log = page.get_by_role("log", name="Conversation")
    expect(log).to_have_attribute("aria-live", "polite")
    ask(page, FLAT_FEET)
    levels = page.locator(":is(h1, h2, h3, h4):visible").evaluate_all(
        "found => found.map((it) => Number(it.tagName[1]))"
    )
    assert levels[:3] == [1, 2, 3]
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", ANSWERED, "/ask", READ, "/read/none"])
def test_axe_finds_no_fault(new: New, path: str, scheme: str) -> None:
    page = new(color_scheme=scheme)
    page.goto(path)
    check_with_axe(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("outcome", ["answer", "refusal", "failure", *Level])
def test_axe_finds_no_fault_in_a_conversation(new: New, outcome: str, scheme: str) -> None:
    page = new(color_scheme=scheme)
    page.goto("/")
    if outcome == "failure":
        page.route(CHAT, lambda route: route.abort())
    elif outcome in list(Level):
        answer_with(page, with_notice(Level(outcome)))
    ask(page, "capital of Portugal?" if outcome == "refusal" else FLAT_FEET)
    check_with_axe(page)


def check_with_axe(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


# Notices


@pytest.mark.parametrize(
    ("level", "prefix"),
    [
        (Level.CRISIS, "Immediate action required: "),
        (Level.EMERGENCY, "Immediate action required: "),
        (Level.URGENT, "Urgent advice: "),
        (Level.SOON, "Advice: "),
        (Level.INFO, "Advice: "),
    ],
)
def test_a_notice_comes_first_and_says_in_words_how_urgent_it_is(
    page: Page, level: Level, prefix: str
) -> None:
    answer_with(page, with_notice(level))
    ask(page, "it hurts and I feel numb")
    card = page.get_by_role("alert")
    expect(card.get_by_role("heading")).to_have_text(f"{prefix}Have it looked at")
    expect(card.get_by_role("link", name="Ring 112")).to_have_attribute("href", "tel:112")
    expect(card.get_by_role("link", name="Find a helpline")).to_have_attribute(
        "href", "https://example.org/help"
    )
    assert last(page).locator("> *").first.get_attribute("role") == "alert"
    expect(page.get_by_role("link", name="Leave this page")).to_have_count(
        int(level is Level.CRISIS)
    )


@pytest.mark.parametrize("script", [True, False])
def test_a_reader_in_a_crisis_can_leave_at_once(
    new: New, app: Flask, site: str, script: bool
) -> None:
    page = new(java_script_enabled=script)
    page.goto("/read/none")
    crisis = with_notice(Level.CRISIS)
    if script:
        page.goto("/")
        answer_with(page, crisis)
        ask(page, "I cannot go on")
    else:
        show_rendered(page, app, crisis)
    page.get_by_role("link", name="Leave this page").click()
    expect(page).to_have_url("about:blank")
    if script:
        page.go_back()
        expect(page).to_have_url(f"{site}/read/none")


# Without JavaScript


def test_without_javascript_the_form_opens_the_answer(new: New) -> None:
    page = new(java_script_enabled=False)
    page.goto("/")
    expect(page.locator("noscript")).to_be_visible()
    page.get_by_label("Your question").fill(FLAT_FEET)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".reply blockquote").first).to_be_visible()
    page.locator(".reply .chip").first.click()
    expect(page).to_have_url(re.compile(r"/ask\?q="))
    page.locator(".source-link").first.click()
    expect(page.locator("mark#excerpt")).to_be_in_viewport()


@pytest.mark.parametrize(
    "case", ["answer", "hostile", "refusal", "smalltalk", "declined", "follow-up", *Level]
)
def test_a_reply_is_the_same_with_and_without_javascript(page: Page, app: Flask, case: str) -> None:
    reply = with_notice(Level(case)) if case in list(Level) else CASES[case]
    answer_with(page, reply)
    ask(page, reply.message)
    scripted = outline(page)
    show_rendered(page, app, reply)
    assert outline(page) == scripted


def show_rendered(page: Page, app: Flask, reply: Reply) -> None:
    """Open the page that `/ask` shows for `reply`."""
    with app.test_request_context():
        body = render_template("ask.html", question=reply.message, reply=reply, problem=None)
    page.route("**/rendered", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto("/rendered")


def outline(page: Page) -> list[list[str]]:
    """Each element of the reply with its class, role, address and own words.

    A chip is a button here and a link there, and only links beside a conversation open new tabs.
    """
    found: list[list[str]] = page.locator(".reply").evaluate(
        """reply => {
            const copy = reply.cloneNode(true);
            copy.querySelectorAll(".new-tab").forEach((hint) => hint.remove());
            return [copy, ...copy.querySelectorAll("*")].map((it) => {
                const own = [...it.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
                const words = own.map((node) => node.data).join(" ").replace(/\\s+/g, " ").trim();
                const marks = ["class", "role", "dir", "aria-label", "datetime"];
                const given = marks.map((name) => it.getAttribute(name) ?? "");
                if (it.matches(".chip")) return ["chip", ...given, words];
                return [it.localName, ...given, it.getAttribute("href") ?? "", words];
            });
        }"""
    )
    return found


# Hostile text


def test_hostile_text_is_text_and_makes_no_link(page: Page) -> None:
    answer_with(page, CASES["hostile"])
    ask(page, HOSTILE)
    log = page.get_by_role("log")
    expect(log.get_by_text("<script>alert(1)</script>").first).to_be_visible()
    expect(log.locator("img, script, style, iframe, b")).to_have_count(0)
    expect(log.locator("a")).to_have_count(0)
    assert page.title() == "Ask about your upper back – Backbot"


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "//example.org", "/\\example.org", "/\t/example.org", "data:,x"],
)
def test_an_address_that_leads_astray_is_no_link(page: Page, address: str) -> None:
    citations = tuple(msgspec.structs.replace(each, url=address) for each in FULL.citations)
    answer_with(page, msgspec.structs.replace(FULL, citations=citations))
    ask(page, "why?")
    expect(last(page).locator(".source-link").first).to_have_text("About tennis balls")
    expect(last(page).locator("a")).to_have_count(0)


def test_text_that_runs_backwards_turns_nothing_around_it(page: Page) -> None:
    answer_with(page, CASES["hostile"])
    ask(page, "why?")
    for piece in page.locator(".reply blockquote p, .source-link, .chip, .asked-words").all():
        assert piece.get_attribute("dir") == "auto"
        assert piece.evaluate("it => getComputedStyle(it).unicodeBidi") in ("isolate", "plaintext")


# Size, width, privacy


@pytest.mark.parametrize("path", ["/", "/ask", ANSWERED, READ, "/read/none"])
def test_nothing_scrolls_sideways_on_the_narrowest_phone(new: New, path: str) -> None:
    page = new(viewport={"width": 320, "height": 568})
    page.goto(path)
    if path == "/":
        answer_with(page, CASES["hostile"])
        ask(page, "supercalifragilistic" * 20)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_start_page_is_light(page: Page) -> None:
    sizes: dict[str, int] = {}

    def weigh(route: Route) -> None:
        answer = route.fetch()
        sizes[route.request.url] = len(gzip.compress(answer.body()))
        route.fulfill(response=answer)

    page.route("**", weigh)
    page.reload(wait_until="networkidle")
    assert len(sizes) >= 8
    assert sum(sizes.values()) <= MAX_PAGE_BYTES, sizes


def test_nothing_is_kept_in_the_browser(page: Page) -> None:
    ask(page, FLAT_FEET)
    assert page.context.cookies() == []
    kept = "[localStorage.length, sessionStorage.length, history.state, location.pathname]"
    assert page.evaluate(kept) == [0, 0, None, "/"]
    assert page.evaluate("indexedDB.databases()") == []
    page.reload()
    expect(page.locator(".turn")).to_have_count(0)


def test_an_ordinary_visit_leaves_the_console_empty(new: New) -> None:
    page = new()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto("/")
    ask(page, FLAT_FEET)
    page.goto(ANSWERED)
    page.goto(READ)
    assert said == []


# Replies to show


def notice(level: Level) -> Notice:
    return Notice(
        level=level,
        category="numbness",
        title="Have it looked at",
        text="Numbness can have a cause that should be treated.\n\nDo not wait for it to pass.",
        links=(
            Link(label="Ring 112", href="tel:112"),
            Link(label="Find a helpline", href="https://example.org/help"),
            Link(label="Not a link", href="http://example.org/help"),
        ),
    )


def with_notice(level: Level) -> Reply:
    """A reply with a notice: beside an answer, or alone where it is grave."""
    if level in (Level.CRISIS, Level.EMERGENCY):
        return said(Kind.NOTICE_ONLY, notice=notice(level))
    return msgspec.structs.replace(FULL, notice=notice(level))


def said(kind: Kind, **fields: Any) -> Reply:
    question = "is it bad?"
    given: dict[str, Any] = {"message": question, "understood_as": question} | fields
    return Reply(id="one", kind=kind, confidence=0.5, index="1", elapsed_ms=1.0, **given)


def quoting(text: str, citation: int) -> Excerpt:
    return Excerpt(text=text, citation=citation, start=0, end=len(text))


FULL = said(
    Kind.ANSWER,
    sections=(
        Section(
            role=SectionRole.LEAD,
            heading="",
            excerpts=(
                quoting("Press gently.\n\nRest a day.\n\nStop if it hurts.", 1),
                quoting("Breathe on.", 1),
                quoting("It went away.", 2),
                quoting("A ball is enough.", 1),
            ),
        ),
        Section(
            role=SectionRole.REMEDY,
            heading="What you can do",
            excerpts=(quoting("Stretch slowly.", 1),),
        ),
    ),
    citations=(
        Citation(
            number=1,
            document="tennis-balls",
            kind="article",
            from_=None,
            title="About tennis balls",
            url="/read/tennis-balls?at=0-13#excerpt:~:text=Press%20gently",
            date="2014-03-01",
            reviewed="2020-12-24",
            truncated=True,
            sha256="0" * 64,
        ),
        Citation(
            number=2,
            document="a-readers-question",
            kind="question",
            from_="reader",
            title="Will it go away?",
            url="/read/a-readers-question",
            date=None,
            reviewed=None,
            truncated=False,
            sha256="0" * 64,
        ),
    ),
    suggestions=("why do I get knots?", "how hard should I press?"),
)

# Markup, a script, an override that turns text around, a very long word, right-to-left letters.
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)> \u202egnp.exe \u05d0\u05d1 " + "w" * 300
)

CASES = {
    "answer": FULL,
    "hostile": said(
        Kind.ANSWER,
        message=HOSTILE,
        understood_as=f"{HOSTILE} and {HOSTILE}",
        notice=Notice(
            level=Level.SOON,
            category="x",
            title=HOSTILE,
            text=HOSTILE,
            links=(Link(label=HOSTILE, href="javascript:alert(1)"),),
        ),
        sections=(
            Section(
                role=SectionRole.CAUSE, heading=HOSTILE, excerpts=(quoting(f"{HOSTILE}\n\n!", 1),)
            ),
        ),
        citations=(
            msgspec.structs.replace(
                FULL.citations[0],
                title=HOSTILE,
                url="javascript:alert(1)",
                kind="question",
                from_="editor",
            ),
        ),
        suggestions=(HOSTILE,),
    ),
    "refusal": said(
        Kind.NO_ANSWER,
        text="The articles don’t cover that. These are the nearest questions they do answer:",
        suggestions=("why do I get knots?",),
    ),
    "smalltalk": said(Kind.SMALLTALK, text="Hello.", suggestions=("why do I get knots?",)),
    "declined": said(Kind.DECLINED, text="Ask a pharmacist about doses."),
    "follow-up": msgspec.structs.replace(FULL, understood_as="knots? Is it bad?"),
}
