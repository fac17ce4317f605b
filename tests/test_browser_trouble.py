"""Waiting, and things that go wrong: nothing typed is ever lost."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from browser_fixtures import Server
from browsing import (
    CHAT,
    FLAT_FEET,
    New,
    ask,
    last,
    let_go,
)


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
    body = '{"error": {"code": "too_many", "message": "again in a minute"}}'
    page.route(CHAT, lambda route: route.fulfill(status=429, body=body))
    ask(page, FLAT_FEET)
    expect(last(page)).to_contain_text("again in a minute")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_the_server_goes_away_and_comes_back(page: Page, server: Server) -> None:
    ask(page, "why do I get knots?")
    server.stop()
    try:
        ask(page, FLAT_FEET)
        expect(last(page)).to_contain_text("did not get through")
        page.get_by_label("Your question").fill("typed meanwhile")
        last(page).get_by_role("button", name="Try again").click()
        expect(last(page)).to_contain_text("did not get through")
    finally:
        server.start()
    last(page).get_by_role("button", name="Try again").click()
    expect(last(page).locator("blockquote").first).to_be_visible()
    expect(page.get_by_label("Your question")).to_have_value("typed meanwhile")
    expect(page.locator(".turn")).to_have_count(2)
