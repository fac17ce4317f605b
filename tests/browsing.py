"""What the browser tests share: asking a question, replies to show, and looking at them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Frame, Locator, Page, Route, expect

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

PHONE = {"width": 390, "height": 844}
FLAT_FEET = "do flat feet cause neck pain?"
ANSWERED = "/ask?q=do+flat+feet+cause+neck+pain%3F"
READ = "/read/lets-get-rid-of-the-knots-in-your-upper-back?at=1500-1600#excerpt"
CHAT = "**/api/chat"

New = Callable[..., Page]


@dataclass
class Host:
    """A site that is not Backbot's: `files` are what it serves, by path."""

    port: int = 0
    policy: str = ""
    files: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """The name under which Backbot lets it show the chat."""
        return f"http://host.localhost:{self.port}"

    @property
    def neighbour(self) -> str:
        """A name of the same site, for browsers a first party: they let its frames keep things."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def stranger(self) -> str:
        """A name that Backbot was told nothing about."""
        return f"http://stranger.localhost:{self.port}"


def ask(page: Page | Frame, question: str) -> None:
    """Type a question, send it with Enter and wait until its turn has an outcome."""
    turns = page.locator(".turn").count()
    field = page.get_by_label("Your question", exact=True)
    field.fill(question)
    field.press("Enter")
    expect(page.locator(".turn")).to_have_count(turns + 1)
    expect(last(page)).to_be_visible()


def last(page: Page | Frame) -> Locator:
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


def let_go(page: Page, held: list[Route]) -> None:
    """Let the first held request go on; the page can show that it waits before it is caught."""
    for _ in range(200):
        if held:
            break
        page.wait_for_timeout(50)
    held[0].continue_()


def check_with_axe(page: Page | Frame, *, forced_colours: bool = False) -> None:
    """Find no fault by any of axe's rules, and none with the colours of a dark page either.

    Colours that the reader's system forces on a page are not the page's to answer for.
    """
    whole = page if isinstance(page, Page) else page.page
    ours = {"rules": {"color-contrast": {"enabled": not forced_colours}}}
    found = Axe().run(page, options=ours)
    assert found.violations_count == 0, found.generate_report()
    if forced_colours:
        return
    whole.emulate_media(color_scheme="dark")
    found = Axe().run(page, options={"runOnly": ["color-contrast"]})
    assert found.violations_count == 0, found.generate_report()
    whole.emulate_media(color_scheme="light")


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
