"""Charts as HTML and SVG made on the server: no script, no style attribute, sizes from attributes.

Every chart is a table or has one, so that it can be listened to. `web/static/charts.css` colours
them; without it they are plain but whole. All functions return markup that is safe to put in.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from markupsafe import Markup, escape

from backbot.insights.model import Day, Week

# Above so many days, a chart of activity has a column for each week.
_MOST_DAYS = 62
_WIDTH, _HEIGHT = 640, 160
_SPARK_WIDTH, _SPARK_HEIGHT = 104, 22


class Bar(NamedTuple):
    """One bar: its name, how long it is, and words to show beside its number."""

    name: str
    value: int
    note: str = ""
    href: str | None = None


class Column(NamedTuple):
    """One column of the chart of activity: replies in the time that begins on `start`."""

    start: date
    answered: int
    unanswered: int
    others: int

    @property
    def total(self) -> int:
        return self.answered + self.unanswered + self.others


_PARTS = (("answered", "Answered"), ("unanswered", "No answer"), ("others", "Other replies"))


def bars(caption: str, name: str, value: str, rows: Sequence[Bar]) -> Markup:
    """Return bars, each in a row of a table whose columns are called `name` and `value`."""
    most = max((row.value for row in rows), default=0) or 1
    body = Markup("").join(
        Markup(
            '<tr><th scope="row">{name}</th>'
            '<td class="chart-bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" '
            'aria-hidden="true" focusable="false">'
            '<rect class="chart-track" width="100" height="10"/>'
            '<rect class="chart-fill" width="{width}" height="10"/></svg></td>'
            '<td class="chart-number">{value}{note}</td></tr>'
        ).format(
            name=_linked(row),
            width=_round(100 * row.value / most),
            value=f"{row.value:,}",
            note=Markup(' <span class="chart-note">{}</span>').format(row.note) if row.note else "",
        )
        for row in rows
    )
    return Markup(
        '<table class="chart chart-bars"><caption>{}</caption><thead><tr><th scope="col">{}</th>'
        '<td class="chart-bar"></td><th scope="col">{}</th></tr></thead><tbody>{}</tbody></table>'
    ).format(caption, name, value, body)


def activity(caption: str, days: Sequence[Day]) -> Markup:
    """Return a chart of replies by day, or by week for a long time, with its table."""
    columns, unit = _columns(days)
    most = max((column.total for column in columns), default=0)
    top = _nice(most)
    step = _WIDTH / max(1, len(columns))
    drawn = Markup("").join(
        _stack(column, place * step, step, top) for place, column in enumerate(columns)
    )
    legend = Markup("").join(
        Markup('<span class="chart-key chart-{}">{}</span>').format(part, name)
        for part, name in _PARTS
    )
    rows = Markup("").join(
        Markup('<tr><th scope="row">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>').format(
            _day(column.start), *(f"{getattr(column, part):,}" for part, _ in _PARTS)
        )
        for column in columns
    )
    heads = Markup("").join(
        Markup('<th scope="col">{}</th>').format(name)
        for name in ("Week from" if unit == "week" else "Day", *(name for _, name in _PARTS))
    )
    span = (_day(columns[0].start), _day(columns[-1].start)) if columns else ("", "")
    return Markup(
        '<figure class="chart chart-activity"><figcaption>{caption}, by {unit}</figcaption>'
        '<p class="chart-keys" aria-hidden="true">{legend}<span class="chart-top">'
        "Line at {top}</span></p>"
        '<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true" '
        'focusable="false"><line class="chart-line" x1="0" x2="{width}" y1="0.5" y2="0.5"/>'
        '<line class="chart-line" x1="0" x2="{width}" y1="{base}" y2="{base}"/>{drawn}</svg>'
        '<p class="chart-span" aria-hidden="true"><span>{first}</span><span>{last}</span></p>'
        '<details class="chart-table"><summary>{caption} as a table</summary>'
        '<div class="chart-scroll" tabindex="0" role="region" aria-label="{caption} as a table">'
        "<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></details>"
        "</figure>"
    ).format(
        caption=caption,
        unit=unit,
        legend=legend,
        top=f"{top:,}",
        width=_WIDTH,
        height=_HEIGHT,
        base=_HEIGHT - 0.5,
        drawn=drawn,
        first=span[0],
        last=span[1],
        heads=heads,
        rows=rows,
    )


def spark(weeks: Sequence[Week]) -> Markup:
    """Return a small line of the counts by week, with words for those who listen."""
    counts = [week.count for week in weeks]
    most = max(counts, default=0)
    if not most:
        return Markup("")
    best = max(weeks, key=lambda week: week.count)
    step = _SPARK_WIDTH / max(1, len(counts) - 1)
    height = _SPARK_HEIGHT - 4
    points = [
        f"{_round(place * step)},{_round(2 + height * (1 - count / most))}"
        for place, count in enumerate(counts)
    ]
    return Markup(
        '<svg class="chart-spark" viewBox="0 0 {width} {height}" width="{width}" '
        'height="{height}" role="img" aria-label="{label}" focusable="false">'
        '<polygon class="chart-area" points="0,{floor} {points} {width},{floor}"/>'
        '<polyline class="chart-stroke" points="{points}"/></svg>'
    ).format(
        width=_SPARK_WIDTH,
        height=_SPARK_HEIGHT,
        floor=_SPARK_HEIGHT - 2,
        points=" ".join(points),
        label=f"{sum(counts):,} in {len(counts)} weeks, most ({best.count:,}) in the week from "
        f"{_day(best.start)}",
    )


def change_words(change: float | None) -> str:
    """Return how the last four weeks compare with the four before, in a word or two."""
    if change is None:
        return "new"
    if change == 0:
        return "none lately"
    if 0.9 <= change <= 1.1:
        return "steady"
    if change >= 3:
        return f"{change:.0f} times as many"
    return f"{abs(change - 1):.0%} {'more' if change > 1 else 'less'}"


def _linked(row: Bar) -> Markup:
    if row.href is None:
        return escape(row.name)
    return Markup('<a href="{}">{}</a>').format(row.href, row.name)


def _columns(days: Sequence[Day]) -> tuple[list[Column], str]:
    single = [
        Column(day.day, day.answered, day.unanswered, day.replies - day.answered - day.unanswered)
        for day in days
    ]
    if len(days) <= _MOST_DAYS:
        return single, "day"
    weeks: dict[date, list[Column]] = {}
    for column in single:
        monday = column.start - timedelta(days=column.start.weekday())
        weeks.setdefault(monday, []).append(column)
    return [_sum(monday, parts) for monday, parts in weeks.items()], "week"


def _sum(start: date, parts: Iterable[Column]) -> Column:
    listed = list(parts)
    return Column(
        start,
        sum(part.answered for part in listed),
        sum(part.unanswered for part in listed),
        sum(part.others for part in listed),
    )


def _stack(column: Column, left: float, step: float, top: int) -> Markup:
    """Return the rectangles of one column, answered at the bottom."""
    gap = step * 0.15
    floor = float(_HEIGHT)
    made = Markup("")
    for part, _ in _PARTS:
        height = _HEIGHT * getattr(column, part) / top
        if height:
            floor -= height
            made += Markup('<rect class="chart-{}" x="{}" y="{}" width="{}" height="{}"/>').format(
                part, _round(left + gap / 2), _round(floor), _round(step - gap), _round(height)
            )
    return made


def _nice(most: int) -> int:
    """Return a round number that is not below `most`: 1, 2 or 5 with zeros."""
    power = 1
    while True:
        for lead in (1, 2, 5):
            if lead * power >= most:
                return lead * power
        power *= 10


def _round(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
