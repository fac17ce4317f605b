"""The owner's desk in a real browser: from the token to a rebuild, by mouse and by keyboard."""

import datetime
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backbot.desk.access import Access
from backbot.desk.acts import Desk
from backbot.index.layout import current_version, read_current
from backbot.journal.journal import open_journal
from backbot.journal.model import Entry, Reason
from backbot.model import Kind, Level
from backbot.settings import Settings
from browser_fixtures import Server
from browsing import PHONE, Host, New, check_with_axe
from support import Toy, document, write_corpus

DESKTOP = {"width": 1280, "height": 900}
PAGES = ("", "/questions", "/try", "/articles", "/articles/knots", "/changes", "/index")
COUCH = "is my couch to blame?"


class Desktop:
    """A server of its own over a tiny corpus, with a journal in which something stands."""

    def __init__(self, server: Server, corpus: Path, index: Path) -> None:
        self.address = server.address
        self.corpus = corpus
        self.index = index
        self.token = Access(index).make_token()

    def open(self, new: New, path: str = "", **settings: object) -> Page:
        """Open a page of the desk, signed in."""
        page = new(base_url=self.address, **settings)
        page.goto(f"/owner{path}")
        page.get_by_label("Token").fill(self.token)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("button", name="Sign out", exact=True)).to_be_visible()
        return page


def fill_journal(place: Path) -> None:
    """Write down three weeks of readers."""
    journal = open_journal(Settings(journal=str(place)))
    now = datetime.datetime.now(datetime.UTC)
    asked = [
        (COUCH, Kind.NO_ANSWER, (), None),
        ("is the couch to blame", Kind.NO_ANSWER, (), None),
        ("could my sofa be to blame?", Kind.NO_ANSWER, (), None),
        ("what are knots?", Kind.ANSWER, ("knots",), None),
        ("my legs are numb", Kind.NOTICE_ONLY, (), Level.EMERGENCY),
        ("do flat feet hurt?", Kind.ANSWER, ("flat-feet",), None),
    ]
    for day in range(21):
        for number, (question, kind, cited, level) in enumerate(asked):
            name = f"r{day}-{number}"
            journal.record(
                Entry(
                    reply=name,
                    at=now - datetime.timedelta(days=day, hours=number),
                    kind=kind,
                    index="0" * 16,
                    cited=cited,
                    confidence=0.5,
                    notice=level,
                    category="cauda_equina" if level else None,
                    question=question,
                )
            )
            if number == 3 and day < 4:
                journal.judge(name, False, Reason.WRONG, "It is not like that.")
    assert journal.flush(60)
    journal.close()


@pytest.fixture
def desk(
    toy: Toy, tiny_root: Path, tiny_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desktop]:
    monkeypatch.setenv("BACKBOT_MODEL", str(toy.checkpoint))
    fill_journal(tmp_path / "journal.sqlite3")
    server = Server(
        tiny_root,
        corpus=str(tiny_corpus),
        model=str(toy.checkpoint),
        journal=str(tmp_path / "journal.sqlite3"),
    )
    server.start()
    yield Desktop(server, tiny_corpus, tiny_root)
    server.stop()


def fits(page: Page) -> bool:
    fits: bool = page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    return fits


@pytest.mark.parametrize("screen", [PHONE, DESKTOP])
def test_every_page_is_sound(screen: dict[str, int], new: New, desk: Desktop) -> None:
    Desk(desk.corpus).pin("a couch?", "knots", "Heat helps a knot to relax.")
    page = new(base_url=desk.address, viewport=screen)
    page.goto("/owner")
    check_with_axe(page)
    page = desk.open(new, viewport=screen)
    for path in PAGES:
        page.goto(f"/owner{path}")
        for summary in page.locator("summary:visible").all():
            summary.click()
        check_with_axe(page)
        assert fits(page), path
    page.goto("/owner/try")
    page.get_by_label("Question", exact=True).fill("what helps a knot?")
    page.get_by_role("button", name="Ask").click()
    for name in ("How it came about", "The answer is wrong", "Passages found"):
        page.get_by_text(name, exact=True).first.click()
    check_with_axe(page)
    assert fits(page)


def test_nothing_scrolls_sideways_on_the_narrowest_phone(new: New, desk: Desktop) -> None:
    page = desk.open(new, viewport={"width": 320, "height": 568})
    for path in PAGES:
        page.goto(f"/owner{path}")
        for summary in page.locator("summary:visible").all():
            summary.click()
        assert fits(page), path


def test_a_wrong_token_and_the_right_one(new: New, desk: Desktop) -> None:
    page = new(base_url=desk.address)
    page.goto("/owner/changes")
    page.get_by_label("Token").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("That is not the token.")
    check_with_axe(page)
    page.get_by_label("Token").fill(desk.token)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/owner/changes$"))
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "Strict")
    assert cookie["path"] == "/owner"
    assert page.evaluate("document.cookie") == ""


def test_signing_out_leaves_nothing_to_come_back_with(new: New, desk: Desktop) -> None:
    page = desk.open(new)
    stolen = page.context.cookies()
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.context.cookies() == []
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    thief = new(base_url=desk.address)
    thief.context.add_cookies(stolen)  # type: ignore[arg-type]
    thief.goto("/owner/articles")
    expect(thief.get_by_role("heading", name="Sign in")).to_be_visible()


def test_another_site_presses_nothing(new: New, desk: Desktop, host: Host) -> None:
    page = desk.open(new)
    other = page.context.new_page()
    trap = (
        f'<form id="f" method="post" action="{desk.address}/owner/switch">'
        '<input name="to" value="off"></form><script>f.submit()</script>'
    )
    host.files["/trap"] = ("text/html", trap)
    with other.expect_navigation(url="**/owner/switch"):
        other.goto(f"{host.stranger}/trap")
    expect(other.get_by_role("alert")).to_contain_text("was not sent from a page of this site")
    page.reload()
    expect(page.get_by_text("Readers get answers.")).to_be_visible()


def test_a_link_from_another_site_opens_the_desk_all_the_same(
    new: New, desk: Desktop, host: Host
) -> None:
    page = desk.open(new)
    host.files["/mail"] = ("text/html", f'<a href="{desk.address}/owner/index">look</a>')
    page.goto(f"{host.stranger}/mail")
    page.get_by_role("link", name="look").click()
    expect(page.get_by_role("heading", name="Versions")).to_be_visible()


def test_what_readers_asked(new: New, desk: Desktop) -> None:
    page = desk.open(new, viewport=DESKTOP)
    expect(page.locator(".figure", has_text="Replies")).to_contain_text("126")
    expect(page.locator(".chart-activity svg")).to_be_visible()
    page.get_by_text("Replies as a table").click()
    expect(page.locator(".chart-activity table")).to_be_visible()
    page.get_by_role("link", name="See them and act on them").click()
    group = page.locator(".group", has_text="couch").first
    expect(group.locator("q").first).to_be_visible()
    group.get_by_text("Start the missing article").click()
    group.get_by_label("Title of the missing article").fill("Is A Couch To Blame?")
    group.get_by_role("button", name="Start a draft").click()
    expect(page.locator(".message.good")).to_contain_text("a draft of “Is A Couch To Blame?”")
    draft = (desk.corpus / "drafts" / "is-a-couch-to-blame.md").read_text("utf-8")
    assert re.search(r'^  - ".*(couch|sofa)', draft, re.MULTILINE)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".message.good")).to_contain_text("Taken back")
    assert not (desk.corpus / "drafts" / "is-a-couch-to-blame.md").exists()
    unhelpful = page.locator("section", has_text="Answers that did not help").last
    expect(unhelpful).to_contain_text("It is not like that.")


def test_from_a_question_to_a_rebuild_and_back(new: New, desk: Desktop) -> None:
    first = current_version(desk.index)
    os.utime(desk.index / "versions" / first, (1, 1))
    page = desk.open(new, viewport=DESKTOP)
    page.get_by_role("link", name="Try", exact=True).click()
    page.get_by_label("Question", exact=True).fill(COUCH)
    page.get_by_role("button", name="Ask").click()
    page.get_by_text("Pin an answer to it").click()
    form = page.locator("details", has_text="Pin an answer to it")
    form.get_by_label("is always answered out of").select_option("What Are Knots?")
    form.get_by_label("with these very words of it").fill("Heat helps a knot to relax.")
    form.get_by_role("button", name="Pin the answer").click()
    expect(page.locator(".message.good")).to_contain_text("is pinned to knots")
    page.get_by_role("link", name="Changes 1 waiting").click()
    expect(page.locator(".acts")).to_contain_text("waits for the next rebuild")
    page.get_by_role("link", name="To the rebuild").click()

    page.get_by_role("button", name="Build, but hold it back to try").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    check_with_axe(page)
    expect(page.locator("#rebuild")).to_contain_text("Built and held back.", timeout=90_000)
    held = read_current(desk.index).held
    assert current_version(desk.index) == first
    assert held is not None
    check_with_axe(page)

    page.get_by_role("link", name="Try questions on both").click()
    page.get_by_label("Question", exact=True).fill(COUCH)
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("status").last).to_contain_text("reply differently")
    sides = page.locator(".side")
    expect(sides).to_have_count(2)
    expect(sides.last.locator("blockquote")).to_contain_text("Heat helps a knot to relax.")
    check_with_axe(page)

    page.get_by_role("link", name="Index", exact=True).click()
    page.get_by_role("button", name="Let it answer").click()
    expect(page.locator(".message.good").first).to_contain_text("answers from now on")
    assert current_version(desk.index) == held
    page.get_by_role("button", name=re.compile(f"Let this one answer.*{first}")).click()
    expect(page.locator(".message.good").first).to_contain_text("That version answers from now on.")
    assert current_version(desk.index) == first


def test_a_check_that_fails_keeps_the_new_index_back(new: New, desk: Desktop) -> None:
    write_corpus(desk.corpus, {"articles/sleep.md": document("Sleep", "Sleep on your side.")})
    page = desk.open(new, "/try")
    page.get_by_label("Question", exact=True).fill("What are knots?")
    page.get_by_role("button", name="Ask").click()
    page.get_by_text("The answer is wrong").click()
    form = page.locator("details", has_text="The answer is wrong")
    form.get_by_label("No article answers this").check()
    form.get_by_role("button", name="Make it a check").click()
    expect(page.locator(".message.good")).to_contain_text("must get no answer")
    page.get_by_role("link", name="Index", exact=True).click()
    page.get_by_role("button", name="Rebuild", exact=True).click()
    expect(page.locator("#rebuild")).to_contain_text("Not let through", timeout=90_000)
    expect(page.locator("#rebuild")).to_contain_text("Wanted: no answer.")
    check_with_axe(page)
    page.get_by_role("button", name="Take it away").click()
    expect(page.locator("#held")).to_have_count(0)


def test_a_rebuild_that_fails_says_why(new: New, desk: Desktop) -> None:
    (desk.corpus / "pins.toml").write_text("[[pin]\n", "utf-8")
    page = desk.open(new, "/index")
    page.get_by_role("button", name="Rebuild", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("pins.toml does not fit", timeout=60_000)


def test_the_chat_goes_off_and_on(new: New, desk: Desktop) -> None:
    page = desk.open(new)
    page.get_by_role("button", name="Turn the chat off").click()
    expect(page.locator(".message.good")).to_contain_text("The chat is off.")
    check_with_axe(page)
    reader = new(base_url=desk.address)
    reader.goto("/")
    expect(reader.get_by_text("The chat is taking a break")).to_be_visible()
    check_with_axe(reader)
    reader.get_by_label("Your question", exact=True).fill("what helps a knot?")
    reader.keyboard.press("Enter")
    expect(reader.locator(".turn .reply .said")).to_contain_text("The chat is taking a break")
    reader.get_by_label("Your question", exact=True).fill("numb legs and no control of my bladder")
    reader.keyboard.press("Enter")
    expect(reader.locator(".notice-emergency")).to_be_visible()
    another = new(base_url=desk.address)
    another.goto("/")
    another.get_by_role("link", name="What Are Knots?").click()
    expect(another.get_by_role("heading", name="What Are Knots?")).to_be_visible()
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator(".message.good")).to_contain_text("The chat is on again.")


def test_by_keyboard_alone(new: New, desk: Desktop) -> None:
    page = new(base_url=desk.address)
    page.goto("/owner/articles/knots")

    def tab_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            focused = page.evaluate(
                "document.activeElement.matches('a, button, input, summary')"
                " ? `${document.activeElement.textContent} ${document.activeElement.id}` : ''"
            )
            if name in focused:
                return
        pytest.fail(f"{name} cannot be reached by the keyboard.")

    tab_to("token")
    page.keyboard.type(desk.token)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ways to ask for it")).to_be_visible()
    tab_to("way")
    page.keyboard.type(COUCH)
    tab_to("Accept the question")
    page.keyboard.press("Enter")
    expect(page.locator(".message.good")).to_contain_text("leads to knots")
    tab_to("Undo")
    page.keyboard.press("Space")
    expect(page.locator(".message.good")).to_contain_text("Taken back")
    tab_to("Hide this document")
    page.keyboard.press("Enter")
    expect(page.locator(".message.good")).to_contain_text("knots is hidden")
    assert "hidden: true" in (desk.corpus / "articles" / "knots.md").read_text("utf-8")


def test_an_article_is_found_by_typing(new: New, desk: Desktop) -> None:
    page = desk.open(new, "/articles")
    page.get_by_label("Find an article").fill("FLAT")
    expect(page.locator("#documents tbody tr:visible")).to_have_count(1)
    expect(page.locator("#filter-found")).to_have_text("1 found")


def test_without_javascript_all_of_it_works(new: New, desk: Desktop) -> None:
    page = desk.open(new, "/articles", java_script_enabled=False)
    page.get_by_label("Two words or more").fill("couch, sofa")
    page.get_by_role("button", name="Add the words").click()
    expect(page.locator(".message.good")).to_contain_text("mean the same")
    expect(page.locator("#words")).to_contain_text("couch = sofa")
