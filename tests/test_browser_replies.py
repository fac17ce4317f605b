"""Replies of every kind, with JavaScript and without; hostile ones are text."""

import re

import msgspec
import pytest
from flask import Flask, render_template
from playwright.sync_api import Page, expect

from backbot.model import Level, Reply
from browsing import (
    CASES,
    FLAT_FEET,
    FULL,
    HOSTILE,
    New,
    answer_with,
    ask,
    last,
    with_notice,
)


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
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(prefix.strip())
    expect(alert).to_contain_text("Do not wait for it to pass.")
    card = page.locator(".notice")
    expect(card.get_by_role("heading")).to_have_text(f"{prefix}Have it looked at")
    expect(card.get_by_role("link", name="Ring 112")).to_have_attribute("href", "tel:112")
    expect(card.get_by_role("link", name="Find a helpline")).to_have_attribute(
        "href", "https://example.org/help"
    )
    expect(last(page).locator("> *").first).to_have_class(re.compile("notice"))
    # Heard once: from the alert, not from the log as well.
    expect(card).to_have_attribute("aria-live", "off")
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
        assert page.evaluate("sessionStorage.length") == 0


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


@pytest.mark.parametrize("language", ["de", "ar"])
@pytest.mark.parametrize("case", ["answer", "refusal", "crisis"])
def test_so_it_is_in_other_languages(new: New, app: Flask, case: str, language: str) -> None:
    page = new(locale=language)
    page.goto("/")
    reply = with_notice(Level.CRISIS) if case == "crisis" else CASES[case]
    answer_with(page, reply)
    page.locator("#question").fill(reply.message)
    page.locator("#question").press("Enter")
    expect(last(page)).to_be_visible()
    scripted = outline(page)
    show_rendered(page, app, reply, language)
    assert outline(page) == scripted


def show_rendered(page: Page, app: Flask, reply: Reply, language: str = "en") -> None:
    """Open the page that `/ask` shows for `reply`."""
    with app.test_request_context(headers={"Accept-Language": language}):
        body = render_template("ask.html", question=reply.message, reply=reply, problem=None)
    page.route("**/rendered", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto("/rendered")


def outline(page: Page) -> list[list[str]]:
    """Each element of the reply with its class, role, address and own words.

    A chip is a button here and a link there, only links beside a conversation open new tabs, and
    some buttons need a script.
    """
    found: list[list[str]] = page.locator(".reply").evaluate(
        """reply => {
            const SCRIPT_ONLY = ".new-tab, .reading, .reply-actions";
            const copy = reply.cloneNode(true);
            copy.querySelectorAll(SCRIPT_ONLY).forEach((hint) => hint.remove());
            return [copy, ...copy.querySelectorAll("*")].map((it) => {
                const own = [...it.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
                const words = own.map((node) => node.data).join(" ").replace(/\\s+/g, " ").trim();
                const marks = ["class", "role", "dir", "lang", "aria-label", "datetime"];
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
