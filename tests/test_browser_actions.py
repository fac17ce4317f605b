"""What a reader can do with a reply and the conversation: read on, copy, judge, print, forget."""

import json
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Page, Route, expect

from backbot.model import Kind, Level
from browsing import CHAT, FLAT_FEET, FULL, New, answer_with, ask, last, said, with_notice

FEEDBACK = "**/api/feedback"
DOCUMENTS = "**/api/documents/*"


# The passage in its place


def test_a_passage_is_read_in_its_place_with_the_quoted_words_marked(page: Page) -> None:
    ask(page, FLAT_FEET)
    quoted = last(page).locator(".quoted").first
    reading = last(page).locator(".reading").first
    excerpts = quoted.locator("blockquote p").all_inner_texts()
    button = reading.get_by_role("button", name="Read it here (Do Flat Feet")
    expect(button).to_have_attribute("aria-expanded", "false")
    button.click()
    passage = reading.get_by_role("region", name="Passage of “Do Flat Feet")
    expect(passage.locator("mark").first).to_be_visible()
    assert sorted(passage.locator("mark").all_inner_texts()) == sorted(excerpts)
    # More than the quoted words: what stands around them.
    assert len(passage.inner_text()) > sum(map(len, excerpts)) + 100
    link = passage.get_by_role("link", name="Open it at these words")
    assert link.get_attribute("href") == quoted.locator(".source-link").get_attribute("href")
    close = reading.get_by_role("button", name="Close the passage")
    expect(close).to_be_focused()
    close.click()
    expect(passage).to_be_hidden()
    expect(page.locator(".turn")).to_have_count(1)


def test_offsets_count_code_points(page: Page) -> None:
    text = "🙂🙂 One.\n\nTwo 🙂 three. Press gently.\n\nFour."
    body = json.dumps({"text": text})
    page.route(DOCUMENTS, lambda route: route.fulfill(body=body, content_type="application/json"))
    words = "Press gently."
    start = text.index(words)
    reply: dict[str, Any] = msgspec.to_builtins(FULL)
    reply["sections"] = [
        {
            "role": "lead",
            "heading": "",
            "excerpts": [{"text": words, "citation": 1, "start": start, "end": start + len(words)}],
        }
    ]
    answer_with(page, reply)
    ask(page, "how?")
    last(page).get_by_role("button", name="Read it here").click()
    expect(last(page).locator(".passage mark")).to_have_text(words)
    expect(last(page).locator(".passage")).to_contain_text("🙂🙂 One.")


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (200, '{"text": "Quite another text, and a long one at that."}', "has changed since"),
        (404, '{"error": {"code": "not_found", "message": "No."}}', "has changed since"),
        (503, "<h1>Bad gateway</h1>", "could not be fetched"),
    ],
)
def test_a_passage_that_cannot_be_shown_says_why_and_can_be_tried_again(
    page: Page, status: int, body: str, sentence: str
) -> None:
    ask(page, FLAT_FEET)
    page.route(DOCUMENTS, lambda route: route.fulfill(status=status, body=body))
    reading = last(page).locator(".reading").first
    reading.get_by_role("button", name="Read it here").click()
    expect(reading.locator(".passage")).to_contain_text(sentence)
    page.unroute(DOCUMENTS)
    reading.get_by_role("button", name="Close the passage").click()
    reading.get_by_role("button", name="Read it here").click()
    expect(reading.locator(".passage mark").first).to_be_visible()


# Copying


def test_copying_takes_the_quotations_with_their_sources(new: New, site: str) -> None:
    page = new(permissions=["clipboard-read", "clipboard-write"])
    page.goto("/")
    ask(page, FLAT_FEET)
    words = last(page).locator("blockquote p").first.inner_text()
    button = last(page).get_by_role("button", name="Copy")
    button.click()
    expect(last(page).get_by_role("button", name="Copied")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{FLAT_FEET}\n\nWhy it happens\n\n“{words}”\n– Do Flat Feet Cause")
    assert f"{site}/read/do-flat-feet-cause-upper-back-pain?at=" in copied
    assert copied.endswith("Quotes from this site’s articles, not medical advice.")


def test_copying_does_without_the_clipboard_of_a_secure_page(page: Page) -> None:
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    ask(page, FLAT_FEET)
    last(page).get_by_role("button", name="Copy").click()
    expect(last(page).get_by_role("button", name="Copied")).to_be_focused()
    page.get_by_label("Your question").press("Control+v")
    assert page.get_by_label("Your question").input_value().startswith(FLAT_FEET)


# Was it helpful?


def test_yes_is_one_press(page: Page) -> None:
    answer_with(page, FULL)
    ask(page, "why?")
    with page.expect_response(FEEDBACK) as response:
        last(page).get_by_role("button", name="Yes").click()
    assert response.value.status == 204
    sent = response.value.request.post_data_json
    assert sent == {"reply": "one", "helpful": True, "reason": None, "note": None}
    thanks = last(page).get_by_text("Thank you. It has been counted.")
    expect(thanks).to_be_focused()
    expect(last(page).get_by_role("group")).to_have_count(0)


def test_no_asks_for_a_reason_and_a_note_and_needs_neither(page: Page) -> None:
    answer_with(page, FULL)
    for reason, note in ((None, None), ("unsafe", "It says to press hard.")):
        ask(page, "why?")
        group = last(page).get_by_role("group", name="Was this helpful?")
        group.get_by_role("button", name="No").click()
        expect(last(page).get_by_role("radio").first).to_be_focused()
        assert last(page).get_by_role("radio").count() == 5
        if reason:
            last(page).get_by_label("It could be unsafe").check()
            last(page).get_by_label("Anything to add?").fill(note or "")
        with page.expect_response(FEEDBACK) as response:
            last(page).get_by_role("button", name="Send").click()
        assert response.value.status == 204
        sent = response.value.request.post_data_json
        assert sent == {"reply": "one", "helpful": False, "reason": reason, "note": note}
        expect(last(page).get_by_text("Thank you.")).to_be_focused()


def test_feedback_that_did_not_get_through_loses_nothing(page: Page) -> None:
    ask(page, FLAT_FEET)
    page.route(FEEDBACK, lambda route: route.abort())
    last(page).get_by_role("button", name="No", exact=True).click()
    last(page).get_by_label("It is wrong").check()
    note = last(page).get_by_label("Anything to add?")
    note.fill("The bone is another one.")
    last(page).get_by_role("button", name="Send").click()
    expect(last(page).locator(".problem")).to_contain_text("please try again")
    expect(note).to_have_value("The bone is another one.")
    page.unroute(FEEDBACK)
    last(page).get_by_role("button", name="Send").click()
    expect(last(page).get_by_text("Thank you.")).to_be_visible()


def test_escape_leaves_the_reasons_and_comes_back_to_no(page: Page) -> None:
    ask(page, FLAT_FEET)
    no = last(page).get_by_role("button", name="No", exact=True)
    no.press("Enter")
    expect(no).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(no).to_be_focused()
    expect(last(page).get_by_role("radio")).to_have_count(0)


@pytest.mark.parametrize("kind", [Kind.SMALLTALK, Kind.NOTICE_ONLY])
def test_only_an_answer_is_judged(page: Page, kind: Kind) -> None:
    grave = with_notice(Level.EMERGENCY)
    answer_with(page, grave if kind is Kind.NOTICE_ONLY else said(kind, text="Hello."))
    ask(page, "hello")
    expect(last(page).get_by_role("button", name="Copy")).to_be_visible()
    expect(last(page).get_by_role("group")).to_have_count(0)


# The whole conversation


def test_a_reload_shows_the_conversation_again(page: Page) -> None:
    ask(page, "why do I get knots?")
    words = last(page).locator("blockquote").first.inner_text()
    last(page).get_by_role("button", name="Yes").click()
    expect(last(page).get_by_text("Thank you.")).to_be_visible()
    page.get_by_label("Your question").fill("half a thou")
    page.reload()
    expect(page.locator(".turn")).to_have_count(1)
    assert last(page).locator("blockquote").first.inner_text() == words
    expect(page.get_by_label("Your question")).to_have_value("half a thou")
    expect(page.get_by_role("status")).to_have_text("Your conversation is still here.")
    expect(last(page).get_by_role("group")).to_have_count(0)
    with page.expect_request(CHAT) as request:
        ask(page, "what helps?")
    sent: Any = request.value.post_data_json
    assert [turn["message"] for turn in sent["history"]] == ["why do I get knots?"]


def test_a_question_without_a_reply_can_be_tried_again_after_a_reload(page: Page) -> None:
    page.route(CHAT, lambda route: route.abort())
    ask(page, FLAT_FEET)
    page.reload()
    page.unroute(CHAT)
    page.get_by_role("button", name="Try again").click()
    expect(last(page).locator("blockquote").first).to_be_visible()


@pytest.mark.parametrize(
    "kept",
    ["{", "3", '{"turns": [1, {"message": "x", "reply": {"sections": [1]}}], "draft": 3}', "null"],
)
def test_what_was_kept_by_something_else_does_no_harm(page: Page, kept: str) -> None:
    page.evaluate("kept => sessionStorage.setItem('backbot:', kept)", kept)
    page.reload()
    expect(page.locator("#starters")).to_be_visible()
    expect(page.locator(".turn")).to_have_count(0)
    ask(page, FLAT_FEET)
    expect(last(page).locator("blockquote").first).to_be_visible()


def test_without_storage_the_chat_works_as_before(new: New) -> None:
    page = new()
    page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', {get() { throw new Error('barred'); }})"
    )
    page.goto("/")
    ask(page, FLAT_FEET)
    expect(last(page).locator("blockquote").first).to_be_visible()


@pytest.mark.parametrize("where", ["menu", "footer"])
def test_everything_is_forgotten_at_a_press(page: Page, where: str) -> None:
    ask(page, FLAT_FEET)
    page.get_by_label("Your question").fill("a draft")
    if where == "menu":
        page.get_by_role("button", name="More").click()
        page.locator("#menu").get_by_role("button", name="Forget everything").click()
    else:
        page.get_by_role("contentinfo").get_by_role("button", name="Forget everything").click()
    expect(page.get_by_role("status")).to_have_text("Everything is forgotten.")
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.get_by_label("Your question")).to_be_empty()
    assert page.evaluate("sessionStorage.length") == 0
    page.reload()
    expect(page.locator("#starters")).to_be_visible()


def test_the_menu_closes_with_escape_and_when_the_focus_leaves(page: Page) -> None:
    ask(page, FLAT_FEET)
    more = page.get_by_role("button", name="More")
    menu = page.locator("#menu")
    more.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Print the conversation")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(more).to_be_focused()
    more.press("Enter")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(menu).to_be_hidden()
    more.click()
    page.locator("h1").click()
    expect(menu).to_be_hidden()


def test_printing_leaves_out_what_paper_cannot_do(page: Page) -> None:
    page.evaluate("window.print = () => { window.printed = true; }")
    ask(page, FLAT_FEET)
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Print the conversation").click()
    assert page.evaluate("window.printed") is True
    page.emulate_media(media="print")
    expect(last(page).locator("blockquote").first).to_be_visible()
    expect(last(page).locator(".source-link").first).to_be_visible()
    for gone in (".composer", ".reply-actions", ".read-here", ".next"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.get_by_text("no medical advice")).to_be_visible()


def test_a_judgement_is_sent_once_however_often_it_is_pressed(page: Page) -> None:
    held: list[Route] = []
    page.route(FEEDBACK, lambda route: held.append(route))
    ask(page, FLAT_FEET)
    yes = last(page).get_by_role("button", name="Yes")
    yes.click()
    yes.click()
    page.wait_for_timeout(200)
    assert len(held) == 1
    held[0].fulfill(status=204)
    expect(last(page).get_by_text("Thank you.")).to_be_visible()
