"""The widget on another site: an origin of its own, a strict policy, a hostile stylesheet."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Frame, Page, expect

from backbot.model import Level
from browsing import CHAT, FLAT_FEET, Host, New, answer_with, ask, check_with_axe, last, with_notice

DESKTOP = {"width": 1100, "height": 800}
# Playwright looks into open shadow roots alone; one test shows that they are really closed.
OPEN_ROOTS = """
    const attach = Element.prototype.attachShadow;
    Element.prototype.attachShadow = function () { return attach.call(this, {mode: "open"}); };
"""
# All that docs/embedding.md asks of a site with a policy, and as strict as a policy can be.
POLICY = (
    "default-src 'none'; script-src {site}; frame-src {site}; style-src 'self'; "
    "require-trusted-types-for 'script'"
)
HOSTILE_STYLE = """
* { all: unset !important; color: red !important; font: 40px cursive !important; }
div, dialog, iframe, button, section { display: none !important; width: 9px !important;
  margin: 99px !important; opacity: 0 !important; visibility: hidden !important;
  pointer-events: none !important; position: static !important; filter: blur(9px) !important; }
html, body, main, p, h1 { display: block !important; }
#here { display: block !important; height: 30rem !important; width: auto !important;
  margin: 0 !important; opacity: 1 !important; visibility: visible !important;
  filter: none !important; pointer-events: auto !important; }
"""


@pytest.fixture
def put(host: Host, site: str) -> Iterator[None]:
    host.policy = POLICY.format(site=site)
    host.files = {"/hostile.css": ("text/css", HOSTILE_STYLE)}
    yield
    host.policy = ""
    host.files = {}


def show(host: Host, site: str, *tags: str, body: str = "") -> None:
    """Put a page on the host with a widget for each of `tags`, which are attributes."""
    scripts = "\n".join(f'<script src="{site}/widget.js" async {each}></script>' for each in tags)
    host.files["/"] = (
        "text/html",
        f'<!doctype html><html lang="en"><head><title>A site</title>'
        f'<link rel="stylesheet" href="/hostile.css">{scripts}</head>'
        f"<body><main><h1>A site</h1><p>Its words.</p>{body}</main></body></html>",
    )


def visit(new: New, host: Host, *, address: str = "", **settings: object) -> Page:
    page = new(**{"viewport": DESKTOP} | settings)
    page.add_init_script(OPEN_ROOTS)
    page.goto(address or host.origin)
    expect(page.locator("[data-backbot]").first).to_be_attached()
    return page


def frame_of(page: Page, name: str = "") -> Frame:
    """The chat inside the widget of that name, once it is there."""
    outside = page.locator(f"[data-backbot='{name}'] iframe")
    expect(outside).to_be_visible()
    handle = outside.element_handle()
    assert handle is not None
    frame = handle.content_frame()
    assert frame is not None
    expect(frame.get_by_label("Your question", exact=True)).to_be_visible()
    # Links become buttons once its scripts run.
    expect(frame.locator("a.chip")).to_have_count(0)
    return frame


pytestmark = pytest.mark.usefixtures("put")


def test_one_tag_opens_a_chat_that_answers(new: New, host: Host, site: str) -> None:
    show(host, site, "")
    page = visit(new, host)
    launcher = page.get_by_role("button", name="Ask a question")
    expect(launcher).to_have_attribute("aria-expanded", "false")
    launcher.click()
    chat = frame_of(page)
    expect(launcher).to_have_attribute("aria-expanded", "true")
    expect(chat.get_by_label("Your question")).to_be_focused()
    ask(chat, FLAT_FEET)
    expect(last(chat).locator("blockquote").first).to_be_visible()
    ask(chat, "what about high heels?")
    expect(last(chat).locator(".understood")).to_be_visible()
    assert not page.evaluate("document.cookie")
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0
    check_with_axe(page)


def test_nothing_is_loaded_but_the_script_before_the_reader_acts(
    new: New, host: Host, site: str
) -> None:
    show(host, site, "", 'data-inline="#here"', body='<div id="here"></div>')
    page = new(viewport=DESKTOP)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(host.origin)
    expect(page.locator("[data-backbot]")).to_have_count(2)
    page.wait_for_timeout(200)
    assert {url for url in asked if url.startswith(site)} == {f"{site}/widget.js"}
    assert page.context.cookies() == []


def test_the_site_around_it_cannot_look_inside(new: New, host: Host, site: str) -> None:
    show(host, site, "")
    page = new(viewport=DESKTOP)
    page.goto(host.origin)
    expect(page.locator("[data-backbot]")).to_be_attached()
    assert page.evaluate("document.querySelector('[data-backbot]').shadowRoot") is None
    heard = "window.heard = []; addEventListener('message', (it) => heard.push(it.data))"
    page.evaluate(heard)
    page.evaluate(f"Backbot.ask({FLAT_FEET!r})")
    expect(page.frames[-1].locator("blockquote").first).to_be_visible()
    # It hears that the chat is there, and not a word of what is asked or answered.
    assert page.evaluate("heard") == [{"backbot": "ready"}]
    # Not even as one of the page's frames.
    assert page.evaluate("frames.length") == 0


def test_neither_sides_styles_touch_the_other(new: New, host: Host, site: str) -> None:
    show(host, site, "")
    page = visit(new, host)
    launcher = page.get_by_role("button", name="Ask a question")
    style = "it => (({color, fontSize, opacity, filter}) => [color, fontSize, opacity, filter])"
    assert launcher.evaluate(f"{style}(getComputedStyle(it))") == [
        "rgb(255, 255, 255)",
        "16px",
        "1",
        "none",
    ]
    box = launcher.bounding_box()
    assert box is not None
    assert box["height"] >= 48
    assert (box["x"] + box["width"], box["y"] + box["height"]) == (1084, 784)
    assert page.locator("h1").evaluate("it => getComputedStyle(it).color") == "rgb(255, 0, 0)"


def test_the_page_around_it_does_not_move(new: New, host: Host, site: str) -> None:
    show(host, site, "", 'data-inline="#here"', body='<div id="here"></div><p>After it.</p>')
    page = new(viewport=DESKTOP)
    page.add_init_script(
        "window.shifts = 0; new PerformanceObserver((list) => list.getEntries().forEach("
        "(it) => { shifts += it.value; })).observe({type: 'layout-shift', buffered: true})"
    )
    page.goto(host.origin)
    expect(page.locator("[data-backbot]")).to_have_count(2)
    page.evaluate("Backbot.open()")
    page.evaluate("Backbot.open('#here')")
    expect(page.frames[-1].get_by_label("Your question", exact=True)).to_be_visible()
    page.wait_for_timeout(300)
    assert page.evaluate("shifts") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= DESKTOP["width"]


def test_the_keyboard_opens_it_closes_it_and_is_never_trapped(
    new: New, host: Host, site: str
) -> None:
    show(host, site, "", body='<a href="#end">A link of the site</a>')
    page = visit(new, host)
    page.get_by_role("link", name="A link").focus()
    page.keyboard.press("Tab")
    launcher = page.get_by_role("button", name="Ask a question")
    expect(launcher).to_be_focused()
    page.keyboard.press("Enter")
    chat = frame_of(page)
    expect(chat.get_by_label("Your question")).to_be_focused()
    page.keyboard.press("Escape")
    expect(launcher).to_be_focused()
    expect(page.locator("iframe")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(chat.get_by_label("Your question")).to_be_focused()
    # Back out of the frame, over the launcher, to the page.
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.matches('a')"):
            break
    expect(page.get_by_role("link", name="A link")).to_be_focused()
    expect(page.locator("iframe")).to_be_visible()


def test_on_a_small_screen_it_fills_it_and_the_page_behind_is_out_of_reach(
    new: New, host: Host, site: str
) -> None:
    show(host, site, "", body='<a href="#end">A link of the site</a>')
    for size in ({"width": 320, "height": 568}, {"width": 390, "height": 844}):
        page = visit(new, host, viewport=size)
        page.get_by_role("button", name="Ask a question").click()
        chat = frame_of(page)
        box = page.locator("iframe").bounding_box()
        assert box is not None
        assert (box["width"], box["height"]) == (size["width"], size["height"])
        assert page.locator("dialog").evaluate("it => it.matches(':modal')")
        ask(chat, FLAT_FEET)
        expect(last(chat).locator("blockquote").first).to_be_visible()
        assert chat.evaluate("document.documentElement.scrollWidth") <= size["width"]
        chat.get_by_role("button", name="Close the chat").click()
        expect(page.locator("iframe")).to_be_hidden()
        expect(page.get_by_role("button", name="Ask a question")).to_be_focused()


def test_two_widgets_on_a_page_are_two_conversations(new: New, host: Host, site: str) -> None:
    two = 'data-name="two" data-position="left" data-label="The other one" data-accent="#fc0"'
    show(host, site, "", two)
    page = visit(new, host, address=host.neighbour)
    page.get_by_role("button", name="Ask a question").click()
    ask(frame_of(page), FLAT_FEET)
    page.get_by_role("button", name="The other one").click()
    other = frame_of(page, "two")
    expect(other.locator(".turn")).to_have_count(0)
    ask(other, "why do I get knots?")
    expect(frame_of(page).locator(".turn")).to_have_count(1)
    expect(last(other)).to_be_visible()
    page.reload()
    expect(page.locator("[data-backbot]")).to_have_count(2)
    page.evaluate("Backbot.open('two')")
    expect(frame_of(page, "two").get_by_role("heading", name="why do I get knots")).to_be_visible()


def test_the_same_tag_twice_is_one_widget(new: New, host: Host, site: str) -> None:
    show(host, site, "", "")
    page = visit(new, host)
    page.wait_for_timeout(200)
    expect(page.locator("[data-backbot]")).to_have_count(1)


SETTINGS = (
    'data-label="Fragen?" data-greeting="Willkommen <b>hier</b>" data-accent="#FFCC00"'
    ' data-theme="dark" data-language="de" data-starters="Warum? | <i>Wie?</i>"'
)


def test_settings_are_taken_over(new: New, host: Host, site: str) -> None:
    show(host, site, SETTINGS)
    page = visit(new, host)
    page.get_by_role("button", name="Fragen?").click()
    outside = page.locator("iframe")
    expect(outside).to_have_attribute("title", "Fragen und Antworten")
    chat = outside.content_frame
    expect(chat.get_by_text("Willkommen <b>hier</b>")).to_be_visible()
    assert chat.locator(".chip").all_inner_texts() == ["Warum?", "<i>Wie?</i>"]
    assert chat.locator("html").get_attribute("lang") == "de"
    send = chat.get_by_role("button", name="Senden")
    assert send.evaluate("it => getComputedStyle(it).backgroundColor") == "rgb(255, 204, 0)"
    assert send.evaluate("it => getComputedStyle(it).color") == "rgb(0, 0, 0)"
    paper = chat.locator("html").evaluate("it => getComputedStyle(it).backgroundColor")
    assert paper == "rgb(22, 27, 26)"
    chat.get_by_role("button", name="<i>Wie?</i>").click()
    expect(chat.locator(".turn")).to_have_count(1)


def test_a_setting_that_does_not_fit_is_named_in_the_console(
    new: New, host: Host, site: str, complaints: list[str]
) -> None:
    show(host, site, 'data-position="middle" data-accent="red" data-theme="x" data-language="xx"')
    page = visit(new, host)
    page.get_by_role("button", name="Ask a question").click()
    frame_of(page)
    assert complaints == [
        "Backbot: data-language takes en, es, de, fr, ar.",
        "Backbot: data-theme takes auto, light, dark.",
        "Backbot: data-position takes right, left.",
        "Backbot: data-accent takes a colour such as #0d5f5a.",
    ]
    complaints.clear()


@pytest.mark.parametrize("accent", ["#ffffff", "#000000", "#ff0", "#777777"])
def test_any_accent_can_be_read(new: New, host: Host, site: str, accent: str) -> None:
    show(host, site, f'data-accent="{accent}"')
    page = visit(new, host)
    page.get_by_role("button", name="Ask a question").click()
    ask(frame_of(page), FLAT_FEET)
    expect(last(frame_of(page)).locator("blockquote").first).to_be_visible()
    check_with_axe(page)


def test_inline_it_stands_in_the_named_element(new: New, host: Host, site: str) -> None:
    show(
        host,
        site,
        'data-inline="#here" data-greeting="Ask away" data-label="Begin"',
        body='<div id="here"></div>',
    )
    page = visit(new, host)
    expect(page.locator("#here > [data-backbot]")).to_have_count(1)
    expect(page.get_by_text("Ask away")).to_be_visible()
    page.get_by_role("button", name="Begin").press("Enter")
    chat = frame_of(page, "#here")
    expect(chat.get_by_label("Your question")).to_be_focused()
    expect(chat.get_by_role("button", name="Close the chat")).to_have_count(0)
    ask(chat, FLAT_FEET)
    page.keyboard.press("Escape")
    expect(page.locator("iframe")).to_be_visible()
    check_with_axe(page)


def test_a_page_that_navigates_by_itself_keeps_its_widgets(new: New, host: Host, site: str) -> None:
    show(host, site, "", 'data-inline="#here"', body='<div id="here"></div>')
    page = visit(new, host, address=host.neighbour)
    expect(page.locator("[data-backbot]")).to_have_count(2)
    page.evaluate("Backbot.open('#here')")
    ask(frame_of(page, "#here"), FLAT_FEET)
    page.evaluate("Backbot.open('')")
    ask(frame_of(page), "why do I get knots?")
    # What routers do: another body, another address, the scripts once more.
    page.evaluate(
        """(address) => {
            const body = document.createElement("body");
            const here = Object.assign(document.createElement("div"), {id: "here"});
            body.append(here);
            document.body.replaceWith(body);
            history.pushState(null, "", "/next");
        }"""
    )
    expect(frame_of(page).locator(".turn")).to_have_count(1)
    expect(frame_of(page).get_by_role("heading", name="why do I get knots")).to_be_visible()
    expect(page.locator("#here > [data-backbot]")).to_have_count(1)
    expect(frame_of(page, "#here").get_by_role("heading", name=FLAT_FEET)).to_be_visible()


def test_pages_can_open_close_ask_and_remove_and_are_told(new: New, host: Host, site: str) -> None:
    show(host, site, "")
    page = visit(new, host)
    page.evaluate(
        """() => {
            window.told = [];
            for (const news of ["open", "ready", "close"]) {
                document.addEventListener(`backbot:${news}`, (event) => {
                    told.push([news, JSON.stringify(event.detail)]);
                });
            }
        }"""
    )
    page.evaluate("Backbot.ask('why do I get knots?')")
    expect(frame_of(page).get_by_role("heading", name="why do I get knots")).to_be_visible()
    page.evaluate("Backbot.close()")
    page.evaluate("Backbot.open()")
    page.evaluate("Backbot.open('nobody')")
    name = '{"name":""}'
    assert page.evaluate("told") == [
        ["open", name],
        ["ready", name],
        ["close", name],
        ["open", name],
    ]
    page.evaluate("Backbot.remove()")
    expect(page.locator("[data-backbot]")).to_have_count(0)


def test_a_site_that_is_not_listed_is_told_what_to_add(
    new: New, host: Host, site: str, complaints: list[str]
) -> None:
    show(host, site, "")
    page = new(viewport=DESKTOP)
    page.add_init_script(OPEN_ROOTS)
    page.goto(host.stranger)
    page.get_by_role("button", name="Ask a question").click()
    instead = page.get_by_role("link", name="Open it in a new tab")
    expect(instead).to_be_visible()
    expect(instead).to_have_attribute("href", f"{site}/")
    page.get_by_role("button", name="Close the chat").click()
    expect(page.get_by_role("button", name="Ask a question")).to_be_focused()
    sentence = f'BACKBOT_ALLOWED_ORIGINS="{host.stranger}"'
    assert [each for each in complaints if sentence in each]
    # Chromium's own sentence on frame-ancestors stands beside ours.
    assert all("frame" in each or sentence in each for each in complaints)
    complaints.clear()


def test_messages_of_others_are_not_heard(new: New, host: Host, site: str) -> None:
    show(host, site, "")
    page = visit(new, host)
    page.get_by_role("button", name="Ask a question").click()
    chat = frame_of(page)
    # The page posts to itself as if it were the frame.
    page.evaluate("postMessage({backbot: 'close'}, '*'); postMessage({backbot: 'leave'}, '*')")
    # The frame posts to itself as if it were the page around it.
    chat.evaluate("postMessage({backbot: 'ask', question: 'is this heard?'}, '*')")
    page.wait_for_timeout(200)
    expect(chat.locator(".turn")).to_have_count(0)
    expect(page.locator("iframe")).to_be_visible()
    assert page.url == f"{host.origin}/"


def test_whoever_lies_about_the_origin_hears_nothing(new: New, host: Host, site: str) -> None:
    host.files["/"] = (
        "text/html",
        f'<!doctype html><title>x</title><iframe src="{site}/embed#host=https://elsewhere.example">'
        "</iframe>",
    )
    page = new(viewport=DESKTOP)
    page.goto(host.origin)
    chat = page.frames[-1]
    chat.get_by_label("Your question", exact=True).wait_for()
    page.evaluate("frames[0].postMessage({backbot: 'ask', question: 'heard?'}, '*')")
    page.wait_for_timeout(200)
    expect(chat.locator(".turn")).to_have_count(0)


def test_whoever_leaves_in_a_crisis_leaves_the_whole_page(new: New, host: Host, site: str) -> None:
    show(host, site, "")
    page = visit(new, host)
    answer_with(page, with_notice(Level.CRISIS))
    page.get_by_role("button", name="Ask a question").click()
    chat = frame_of(page)
    ask(chat, "I cannot go on")
    chat.get_by_role("link", name="Leave this page").click()
    expect(page).to_have_url("about:blank")


def test_a_refused_copy_falls_back_inside_a_frame(new: New, host: Host, site: str) -> None:
    show(host, site, "")
    page = visit(new, host)
    page.get_by_role("button", name="Ask a question").click()
    chat = frame_of(page)
    ask(chat, FLAT_FEET)
    last(chat).get_by_role("button", name="Copy").click()
    expect(last(chat).get_by_role("button", name="Copied")).to_be_visible()


def test_it_comes_back_when_the_server_does(
    new: New, host: Host, site: str, complaints: list[str]
) -> None:
    show(host, site, "")
    page = visit(new, host)
    page.get_by_role("button", name="Ask a question").click()
    chat = frame_of(page)
    page.route(CHAT, lambda route: route.abort())
    ask(chat, FLAT_FEET)
    expect(last(chat)).to_contain_text("did not get through")
    page.unroute(CHAT)
    chat.get_by_role("button", name="Try again").click()
    expect(last(chat).locator("blockquote").first).to_be_visible()
    assert complaints == []
