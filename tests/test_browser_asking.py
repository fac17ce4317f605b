"""Asking, following up, and beginning anew."""

import json
import re
from typing import Any

import msgspec
from playwright.sync_api import Page, Route, expect

from backbot.model import Level
from browsing import (
    CHAT,
    FLAT_FEET,
    FULL,
    PHONE,
    READ,
    New,
    ask,
    box,
    last,
    notice,
)


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
    last(page).locator(".chip").first.click()
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
