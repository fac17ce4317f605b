"""What the journal tells, for the pages of the desk."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from flask import current_app

from backbot.errors import BackbotError
from backbot.index.contents import Index
from backbot.insights.charts import Bar
from backbot.insights.model import Insights
from backbot.insights.read import read
from backbot.insights.words import notice_name
from backbot.journal.model import Mode
from backbot.server.served import holder, journal

# Days that a report can go back.
SPANS = (7, 28, 90, 365)
# For so many seconds the same is shown again: a year's questions take a second or two to group.
_FRESH = 30.0
_LISTED = 10
_lock = threading.Lock()


class Told(NamedTuple):
    """What there is to show: `insights`, or why there are none."""

    insights: Insights | None
    problem: str | None = None


def span(asked: str) -> int:
    """Return the days to look back on: what was `asked` for if it can be, else four weeks."""
    return int(asked) if asked.isascii() and asked.isdigit() and int(asked) in SPANS else 28


def tell(days: int) -> Told:
    """Return what the last `days` days tell."""
    kept = journal()
    if kept.mode is Mode.OFF:
        return Told(
            None,
            "The journal is off, so nothing is known of what readers ask. "
            "Set BACKBOT_JOURNAL to turn it on.",
        )
    known: dict[int, tuple[float, Told]] = current_app.extensions.setdefault("backbot.insights", {})
    with _lock:
        at, told = known.get(days, (0.0, None))
        if told is None or time.monotonic() - at > _FRESH:
            told = _read(days)
            known[days] = (time.monotonic(), told)
    return told


def article_bars(insights: Insights) -> tuple[list[Bar], list[Bar]]:
    """Return the articles that answer most, and those that answer least, as bars."""

    def bar(place: int) -> Bar:
        each = insights.articles[place]
        judged = each.helpful + each.unhelpful
        note = f"({each.helpful} of {judged} helped)" if judged else ""
        return Bar(each.title, each.cited, note, f"/owner/articles/{each.document}")

    count = len(insights.articles)
    most = [bar(place) for place in range(min(_LISTED, count))]
    least = [bar(place) for place in range(count - 1, max(_LISTED, count - _LISTED) - 1, -1)]
    return most, least


def notice_bars(insights: Insights) -> list[Bar]:
    """Return the safety notices that were shown, as bars."""
    return [
        Bar(notice_name(each.category), each.count, f"({each.level})") for each in insights.notices
    ][:_LISTED]


def _read(days: int) -> Told:
    until = datetime.now(UTC)
    try:
        served = holder().chatbot().index
        # Meanings and titles need all of an index at hand, which one in a database never is.
        index = served if isinstance(served, Index) else None
        return Told(read(journal(), index, until - timedelta(days=days), until))
    except BackbotError as error:
        return Told(None, str(error))
