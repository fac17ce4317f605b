"""A reply as a person reads it in a terminal."""

import datetime

from rich import box
from rich.console import Group
from rich.panel import Panel
from rich.text import Text

from backbot.cli.terminal import READABLE_WIDTH, Terminal, link, shown
from backbot.model import Citation, Excerpt, Kind, Level, Notice, Reply
from backbot.phrases import phrase
from backbot.text.clean import clean

# The words say how grave a notice is; the colour only says it again.
_ALARMS = {
    Level.CRISIS: ("IMMEDIATE ACTION REQUIRED", "bold red"),
    Level.EMERGENCY: ("IMMEDIATE ACTION REQUIRED", "bold red"),
    Level.URGENT: ("URGENT ADVICE", "bold red"),
}
_ADVICE = ("ADVICE", "bold yellow")
_SURE = ((0.9, "Very likely"), (0.7, "Likely"), (0.0, "Possibly"))


def print_reply(terminal: Terminal, reply: Reply, *, site: str) -> None:
    """Print `reply`; addresses on this site open at `site`, such as "http://127.0.0.1:8000/"."""
    width = terminal.width
    terminal.width = min(width, READABLE_WIDTH)
    try:
        terminal.print()
        if reply.notice:
            _print_notice(terminal, reply.notice)
        if _folded(reply.understood_as) != _folded(reply.message):
            terminal.say(f"Understood as: {reply.understood_as}", style="dim")
            terminal.print()
        if reply.text:
            terminal.say(reply.text)
            terminal.print()
        for section in reply.sections:
            if section.heading:
                terminal.say(section.heading, style="bold")
                terminal.print()
            for excerpt in section.excerpts:
                terminal.block(_quoted(excerpt), indent=2)
                terminal.print()
        if reply.citations:
            _print_sources(terminal, reply, site)
        if reply.suggestions:
            _print_suggestions(terminal, reply)
        if reply.kind is Kind.ANSWER:
            terminal.say(_confidence(reply.confidence), style="dim")
            terminal.say(phrase("disclaimer", "text"), style="dim")
            terminal.print()
    finally:
        terminal.width = width


def kind_of(citation: Citation) -> str:
    """Return what sort of document a citation names, in a reader's words."""
    if citation.kind == "article":
        return "Article"
    if citation.from_ == "reader":
        return "Reader question"
    return "Question answered by the site" if citation.from_ == "editor" else "Question and answer"


def page_address(url: str) -> str:
    """Return the address of a whole document, without what points at the words in it.

    It is short enough to be read and typed; the full one is behind the link and in the JSON.
    """
    page, _, fragment = url.partition("#")
    own, _, _ = fragment.partition(":~:")
    if page.startswith("/read/"):
        return page.partition("?")[0]
    return f"{page}#{own}" if own else page


def _print_notice(terminal: Terminal, notice: Notice) -> None:
    alarm, style = _ALARMS.get(notice.level, _ADVICE)
    lines = [Text(clean(notice.title), "bold"), Text(""), Text(shown(notice.text))]
    if notice.links:
        lines.append(Text(""))
    for each in notice.links:
        target = clean(each.href.removeprefix("tel:").removeprefix("mailto:"))
        label = clean(each.label)
        words = label if target in label else f"{label}: {target}"
        lines.append(Text("> ").append(words, link(each.href)))
    panel = Panel(
        Group(*lines),
        title=Text(f" {alarm} ", style),
        title_align="left",
        box=box.HEAVY,
        border_style=style,
        padding=(1, 2),
    )
    terminal.print(panel)
    terminal.print()


def _quoted(excerpt: Excerpt) -> Text:
    return Text(f"“{shown(excerpt.text)}”").append(f" [{excerpt.citation}]", "bold cyan")


def _print_sources(terminal: Terminal, reply: Reply, site: str) -> None:
    terminal.say("Sources" if len(reply.citations) > 1 else "Source", style="bold")
    terminal.print()
    local = False
    for citation in reply.citations:
        number = f"[{citation.number}]"
        indent = 3 + len(number)
        title = Text.assemble((number, "bold cyan"), " ", (clean(citation.title), "bold"))
        # A title that wraps goes on below its own first word, not below the number.
        terminal.block(title, indent=2, hang=len(number) + 1)
        facts = [kind_of(citation)]
        if citation.date:
            facts.append(long_date(citation.date))
        if citation.reviewed:
            facts.append(f"Reviewed {long_date(citation.reviewed)}")
        terminal.say(" · ".join(facts), indent=indent)
        own = citation.url.startswith("/")
        local = local or own
        full = site + citation.url[1:] if own else citation.url
        terminal.say_whole(page_address(citation.url), indent=indent, style=link(full))
        if citation.truncated:
            terminal.say(phrase("truncated", "note"), indent=indent)
        terminal.print()
    if local:
        terminal.say(
            f"Addresses that begin with / open at {site} while `backbot serve` runs.", style="dim"
        )
        terminal.print()


def _print_suggestions(terminal: Terminal, reply: Reply) -> None:
    # A text that ends with a colon announces the questions by itself.
    if not (reply.text and reply.text.endswith(":")):
        asked = "You could also ask" if reply.kind is Kind.ANSWER else "You could ask"
        terminal.say(asked, style="bold")
        terminal.print()
    for suggestion in reply.suggestions:
        terminal.block(Text(f"- {clean(suggestion)}"), indent=2, hang=2)
    terminal.print()


def _confidence(probability: float) -> str:
    word = next(word for least, word in _SURE if probability >= least)
    percent = "over 99%" if probability > 0.99 else f"{probability:.0%}"
    return f"{word} what you asked for ({percent})."


def long_date(date: str) -> str:
    """Write the ISO date "2014-03-01" as "1 March 2014"."""
    day = datetime.date.fromisoformat(date)
    return f"{day.day} {day:%B %Y}"


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
