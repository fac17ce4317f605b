"""By keyboard, by finger, by screen reader."""

from itertools import pairwise

import msgspec
import pytest
from playwright.sync_api import Page, expect

from backbot.model import Level
from browsing import (
    ANSWERED,
    CHAT,
    FLAT_FEET,
    FULL,
    READ,
    New,
    answer_with,
    ask,
    check_with_axe,
    last,
    notice,
    with_notice,
)

# The least that a finger hits for sure.
MIN_TARGET = 44


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


@pytest.mark.parametrize("path", ["/", ANSWERED, "/ask", READ, "/read/none", "/demo"])
def test_axe_finds_no_fault(new: New, path: str) -> None:
    page = new()
    page.goto(path)
    check_with_axe(page)


@pytest.mark.parametrize("outcome", ["answer", "refusal", "failure", *Level])
def test_axe_finds_no_fault_in_a_conversation(new: New, outcome: str) -> None:
    page = new()
    page.goto("/")
    if outcome == "failure":
        page.route(CHAT, lambda route: route.abort())
    elif outcome in list(Level):
        answer_with(page, with_notice(Level(outcome)))
    ask(page, "capital of Portugal?" if outcome == "refusal" else FLAT_FEET)
    check_with_axe(page)


def test_axe_finds_no_fault_in_all_that_can_be_opened(page: Page) -> None:
    ask(page, FLAT_FEET)
    last(page).get_by_role("button", name="Read it here").first.click()
    last(page).get_by_role("button", name="No", exact=True).click()
    page.get_by_role("button", name="More").click()
    expect(page.locator("#menu")).to_be_visible()
    expect(last(page).locator(".passage mark").first).to_be_visible()
    check_with_axe(page)
