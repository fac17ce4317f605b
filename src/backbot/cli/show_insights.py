"""Insights for a terminal: tables with small bars."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from backbot.cli.terminal import shown
from backbot.insights.charts import change_words
from backbot.insights.model import MIN_ASKERS, Article, Group, Insights, Week
from backbot.insights.words import notice_name, reason_name
from backbot.model import Kind

if TYPE_CHECKING:
    from backbot.cli.terminal import Terminal

_ROWS = 15
_FEW = 8
_BAR = 12
_LABEL = 32
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_SPARKS = "▁▂▃▄▅▆▇█"
_SPARK_COLUMNS = 13


def print_insights(terminal: "Terminal", insights: Insights) -> None:
    """Print all that `insights` tells, what the owner can act on first."""
    since, until = insights.since.date(), insights.until.date()
    terminal.say(f"What readers asked, {since} to {until}", style="bold")
    if not insights.replies:
        terminal.say("The journal holds nothing of that time.", indent=2)
        return
    kinds = insights.kinds
    noun = "reply" if insights.replies == 1 else "replies"
    terminal.say(
        f"{insights.replies:,} {noun}: {kinds.get(Kind.ANSWER, 0):,} answered, "
        f"{kinds.get(Kind.NO_ANSWER, 0):,} without an answer, "
        f"{kinds.get(Kind.DECLINED, 0):,} declined, "
        f"{kinds.get(Kind.NOTICE_ONLY, 0):,} with a safety notice alone.",
        indent=2,
    )
    terminal.say(
        f"Readers judged {insights.helpful + insights.not_helpful:,}: "
        f"{insights.helpful:,} helped, {insights.not_helpful:,} did not.",
        indent=2,
    )
    if not insights.words_kept:
        terminal.say(
            "The journal keeps no words of questions, so they cannot be grouped; "
            "BACKBOT_JOURNAL_MODE=text lets it.",
            indent=2,
        )
    _print_groups(terminal, "No article answers", insights.unanswered, _ROWS, examples=True)
    _print_groups(terminal, "About something else", insights.elsewhere, _FEW)
    _print_groups(terminal, "Asked most", insights.asked_most, _FEW)
    _print_groups(terminal, "Answered, but not surely", insights.low_confidence, _FEW)
    _print_articles(terminal, insights.articles)
    _print_unhelpful(terminal, insights)
    _print_notices(terminal, insights)


def _print_groups(
    terminal: "Terminal", title: str, groups: Sequence[Group], rows: int, *, examples: bool = False
) -> None:
    if not groups:
        return
    _title(terminal, title)
    most = max(group.askers for group in groups)
    wide = min(_LABEL, max(len(group.label) for group in groups[:rows]))
    _line(terminal, f"{'about':{wide}}  readers  {'':{_BAR}}  by week, last 4 weeks", style="dim")
    for group in groups[:rows]:
        label = shown(group.label)
        if len(label) > wide:
            _line(terminal, label)
            label = ""
        line = (
            f"{label:{wide}}  {group.askers:7,}  {bar(group.askers, most):{_BAR}}  "
            f"{spark(group.weeks)} {change_words(group.change)}"
        )
        _line(terminal, line.rstrip())
        if examples and group.examples:
            terminal.say(f"“{group.examples[0]}”", indent=2, style="dim")
        if examples and 0 < group.answered < group.size:
            terminal.say(
                f"{group.answered:,} of {group.size:,} replies were answers without the word.",
                indent=2,
                style="dim",
            )
    rest = groups[rows:]
    if rest:
        terminal.say(f"and {len(rest):,} more; --json names them.", indent=2)
    if examples and any(group.askers < MIN_ASKERS for group in groups[:rows]):
        terminal.say(f"Questions are shown from {MIN_ASKERS} readers on.", indent=2, style="dim")


def _print_articles(terminal: "Terminal", articles: Sequence[Article]) -> None:
    if not articles:
        return
    _title(terminal, "Articles that answer most")
    table = _table("article", "cited", "", "helped", "did not")
    most = max(article.cited for article in articles) or 1
    for article in articles[:_FEW]:
        table.add_row(
            Text(shown(article.title)),
            f"{article.cited:,}",
            bar(article.cited, most),
            f"{article.helpful:,}",
            f"{article.unhelpful:,}",
        )
    terminal.print(table)
    least = articles[:_FEW:-1][:_FEW]
    if least:
        _title(terminal, "Articles that answer least")
        table = _table("article", "cited")
        for article in least:
            table.add_row(Text(shown(article.title)), f"{article.cited:,}")
        terminal.print(table)


def _print_unhelpful(terminal: "Terminal", insights: Insights) -> None:
    if not insights.unhelpful:
        return
    _title(terminal, "Marked unhelpful")
    table = _table("begins with", "times", "why")
    for each in insights.unhelpful[:_FEW]:
        why = ", ".join(f"{reason_name(name)} {count:,}" for name, count in each.reasons.items())
        table.add_row(Text(shown(each.title)), f"{each.count:,}", why or "no reason given")
        for note in each.notes[:2]:
            table.add_row(Text(f"  “{shown(note)}”", style="dim"))
    terminal.print(table)


def _print_notices(terminal: "Terminal", insights: Insights) -> None:
    if not insights.notices:
        return
    _title(terminal, "Safety notices")
    table = _table("notice", "times", "", "by week")
    most = max(each.count for each in insights.notices)
    for each in insights.notices:
        name = f"{notice_name(each.category)} ({each.level})"
        table.add_row(name, f"{each.count:,}", bar(each.count, most), spark(each.weeks))
    terminal.print(table)


def _line(terminal: "Terminal", text: str, *, style: str = "") -> None:
    """Print a line whose columns stay where they are."""
    terminal.print(Text(text, style), soft_wrap=True)


def _title(terminal: "Terminal", title: str) -> None:
    terminal.print()
    terminal.say(title, style="bold")


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(first, overflow="fold")
    for name in others:
        numeric = name in ("readers", "cited", "times", "helped", "did not", "last 4 weeks")
        table.add_column(name, justify="right" if numeric else "left", no_wrap=name != "why")
    return table


def bar(count: int, most: int) -> str:
    """Return a bar of up to twelve columns, in eighths of one."""
    eighths = max(1, round(count / most * _BAR * 8)) if count else 0
    full, part = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[part] if part else "")


def spark(weeks: Sequence[Week]) -> str:
    """Return the counts by week as a line of small bars, several weeks to one in a long time."""
    counts = [week.count for week in weeks]
    each = max(1, -(-len(counts) // _SPARK_COLUMNS))
    sums = [sum(counts[start : start + each]) for start in range(0, len(counts), each)]
    most = max(sums, default=0) or 1
    return "".join(_SPARKS[round(count / most * (len(_SPARKS) - 1))] for count in sums)
