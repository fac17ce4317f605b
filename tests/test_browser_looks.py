"""Every width, colour scheme and language: nothing is cut off, nothing cannot be read."""

import pytest
from playwright.sync_api import Page, expect

from backbot.model import Level
from backbot.settings import LANGUAGES
from browsing import CASES, FLAT_FEET, New, answer_with, ask, check_with_axe, last, with_notice


def fits(page: Page) -> bool:
    """Whether nothing has to be scrolled sideways."""
    fits: bool = page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    return fits


def fill(page: Page) -> None:
    """Bring about all that a conversation can show at once."""
    ask(page, FLAT_FEET)
    last(page).get_by_role("button", name="Read it here").first.click()
    last(page).get_by_role("button", name="No", exact=True).click()
    answer_with(page, CASES["hostile"])
    ask(page, "supercalifragilistic" * 20)
    answer_with(page, with_notice(Level.CRISIS))
    ask(page, "and this?")


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_it_fits_every_width(new: New, width: int) -> None:
    page = new(viewport={"width": width, "height": 720})
    page.goto("/")
    assert fits(page)
    fill(page)
    assert fits(page)
    check_with_axe(page)


def test_it_fits_at_four_times_its_size(new: New) -> None:
    # 1280 by 1024 pixels at 400 % are as many as these.
    page = new(viewport={"width": 320, "height": 256}, device_scale_factor=4)
    page.goto("/")
    fill(page)
    assert fits(page)
    # With so little height the field leaves room for what is read.
    assert page.locator("#composer").evaluate("it => getComputedStyle(it).position") == "static"
    check_with_axe(page)


def test_it_fits_with_text_of_twice_the_size_and_with_wider_spacing(page: Page) -> None:
    fill(page)
    page.evaluate(
        """() => {
            const sheet = new CSSStyleSheet();
            // WCAG 2.2, 1.4.4 and 1.4.12.
            sheet.replaceSync(`html { font-size: 200%; } * { line-height: 1.5 !important;
                letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }`);
            document.adoptedStyleSheets = [sheet];
        }"""
    )
    assert fits(page)


def test_forced_colours_keep_every_edge(new: New) -> None:
    page = new(forced_colors="active")
    page.goto("/")
    fill(page)
    for part in (".notice", ".small", ".chip", ".send", "#question"):
        border = page.locator(part).last.evaluate("it => getComputedStyle(it).borderTopWidth")
        assert float(border.removesuffix("px")) >= 1, part
    check_with_axe(page, forced_colours=True)


def test_less_motion_is_less_motion(new: New) -> None:
    page = new(reduced_motion="reduce")
    page.goto("/")
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_the_language_of_the_browser(new: New, language: str) -> None:
    page = new(locale=language)
    page.goto("/")
    html = page.locator("html")
    expect(html).to_have_attribute("lang", language)
    expect(html).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    field = page.locator("#question")
    field.fill(FLAT_FEET)
    field.press("Enter")
    expect(last(page).locator("blockquote").first).to_be_visible()
    # The articles stay in theirs, and say so; headings and buttons are translated.
    for part in ("blockquote p", ".source-link", ".chip"):
        expect(last(page).locator(part).first).to_have_attribute("lang", "en")
    heading = last(page).locator(".part-heading").first
    assert (heading.inner_text() == "Why it happens") == (language == "en")
    assert heading.get_attribute("lang") is None
    last(page).locator(".read-here").first.click()
    last(page).locator(".helpful button").last.click()
    expect(last(page).locator(".passage mark").first).to_be_visible()
    assert fits(page)
    check_with_axe(page)


def test_from_right_to_left_the_page_is_mirrored_and_the_articles_are_not(new: New) -> None:
    page = new(locale="ar")
    page.goto("/")
    page.locator("#question").fill(FLAT_FEET)
    page.locator("#question").press("Enter")
    quoted = last(page).locator(".quoted").first
    expect(quoted).to_be_visible()
    assert quoted.evaluate("it => getComputedStyle(it).borderRightWidth") == "4px"
    assert quoted.locator("p").first.evaluate("it => getComputedStyle(it).direction") == "ltr"
    send, field = (page.locator(it).bounding_box() for it in (".send", "#question"))
    assert send is not None
    assert field is not None
    assert send["x"] < field["x"]


def test_phrases_that_the_server_says_are_translated(new: New) -> None:
    page = new(locale="de-AT")
    page.goto("/")
    page.locator("#question").fill("what is the capital of Portugal")
    page.locator("#question").press("Enter")
    expect(last(page).locator(".said")).to_contain_text("Davon handeln die Artikel nicht.")
    answer_with(page, {**blank(), "text": "A sentence that nobody has translated."})
    page.locator("#question").fill("x?")
    page.locator("#question").press("Enter")
    expect(page.locator(".turn")).to_have_count(2)
    expect(last(page).locator(".said")).to_have_attribute("lang", "en")


def blank() -> dict[str, object]:
    return {
        "id": "one",
        "kind": "no_answer",
        "message": "x?",
        "understood_as": "x?",
        "sections": [],
        "citations": [],
        "suggestions": [],
    }
