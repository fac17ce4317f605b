"""What a journal tells, worked out."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import numpy as np

from backbot.index.contents import Index
from backbot.insights.beside import beside
from backbot.insights.grouping import (
    NEARNESS,
    NEARNESS_AS_IT_IS,
    NEARNESS_OF_GAPS,
    centre,
    group,
)
from backbot.insights.labels import Usage, examples, label, slug
from backbot.insights.linkage import Vectors
from backbot.insights.meaning import Meanings, meanings
from backbot.insights.model import (
    MIN_ASKERS,
    Article,
    Day,
    Group,
    Insights,
    NoticeCount,
    Unhelpful,
    Week,
)
from backbot.insights.subject import is_elsewhere
from backbot.insights.variants import Variant, askers, variants
from backbot.journal.journal import ASKING, Journal
from backbot.journal.model import Entry, Reason
from backbot.model import Kind, Level

# An answer whose probability to be right is below this is worth a look.
LOW_CONFIDENCE = 0.7
# More groups than these nobody reads.
MOST_GROUPS = 50
_NEAREST = 3
_TREND_WEEKS = 4


def read(
    journal: Journal,
    index: Index | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Insights:
    """Return what `journal` tells of the time from `since` up to `until` (not included; UTC).

    With `index`, articles that nobody asked for are told too, and vectors that are missing are
    made. Raises `JournalError`.
    """
    until = until or datetime.now(UTC)
    since = since or until - journal.keep
    lines = list(journal.lines(since, until))
    entries = [line.entry for line in lines]
    asked = variants(entry for entry in entries if entry.kind in ASKING)
    known = meanings(journal, lines, asked, index)
    del lines  # a year of vectors is held once, not twice
    usage = Usage(asked)
    weeks = _mondays(since, until)

    def described(groups: Iterable[list[Variant]]) -> tuple[Group, ...]:
        return _describe(groups, known, usage, weeks, index)

    everything = partition(asked, known)
    unanswered, elsewhere = gaps(asked, everything, known, usage, index)
    unsure = some(
        asked,
        lambda entry: entry.kind is Kind.ANSWER and (entry.confidence or 0.0) < LOW_CONFIDENCE,
    )
    kinds = Counter(entry.kind for entry in entries)
    judged = Counter(entry.helpful for entry in entries if entry.helpful is not None)
    return Insights(
        since=since,
        until=until,
        replies=len(entries),
        asked=sum(kinds[kind] for kind in ASKING),
        kinds=dict(kinds),
        helpful=judged[True],
        not_helpful=judged[False],
        reasons=_reasons(entries),
        words_kept=bool(asked) or not entries,
        per_day=_days(entries, since, until),
        unanswered=described(unanswered),
        elsewhere=described(elsewhere),
        asked_most=described(everything),
        low_confidence=described(partition(unsure, known)),
        articles=_articles(entries, index),
        unhelpful=_unhelpful(entries, index),
        notices=_notices(entries, weeks),
    )


def some(asked: Iterable[Variant], wanted: Callable[[Entry], bool]) -> list[Variant]:
    """Return the variants with the wanted entries alone, without those that then have none."""
    kept = (Variant(each.key, [*filter(wanted, each.entries)]) for each in asked)
    return [each for each in kept if each.entries]


def partition(
    chosen: Sequence[Variant], known: Meanings, nearness: float = NEARNESS
) -> list[list[Variant]]:
    """Return groups of what asks for the same thing, the most askers first; in each the most
    typical first. What is not `known` is left out."""
    chosen = [each for each in chosen if each.key in known.rows]
    if not chosen:
        return []
    vectors = known.vectors[[known.rows[each.key] for each in chosen]]
    if known.common is None:
        nearness = NEARNESS_AS_IT_IS
    else:
        vectors = centre(vectors, known.common)
    weights = np.array([len(each.entries) for each in chosen], dtype=np.float32)
    numbers = group(vectors, weights, nearness)
    order = np.argsort(numbers, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1)
    groups = []
    for part in parts:
        mean = np.average(vectors[part], axis=0, weights=weights[part])
        typical = part[np.argsort(-(vectors[part] @ mean), kind="stable")]
        groups.append([chosen[row] for row in typical])
    return sorted(groups, key=lambda members: -askers(members))


def gaps(
    asked: Sequence[Variant],
    everything: Sequence[Sequence[Variant]],
    known: Meanings,
    usage: Usage,
    index: Index | None,
) -> tuple[list[list[Variant]], list[list[Variant]]]:
    """Return the groups of `asked` that no article answers: those that the site could answer, and
    those about something else. `everything` are the groups of all that was asked."""
    turning = beside(everything, usage, index) if index is not None else frozenset()
    unmet = (
        Variant(
            each.key,
            [
                entry
                for entry in each.entries
                if entry.kind is Kind.NO_ANSWER
                or (entry.kind is Kind.ANSWER and each.key in turning)
            ],
        )
        for each in asked
    )
    found = partition([each for each in unmet if each.entries], known, NEARNESS_OF_GAPS)
    if index is None:
        return found, []
    about: list[list[Variant]] = []
    elsewhere: list[list[Variant]] = []
    for members in found:
        vectors = known.vectors[[known.rows[each.key] for each in members]]
        (elsewhere if is_elsewhere(vectors, index) else about).append(members)
    return about, elsewhere


def _describe(
    groups: Iterable[list[Variant]],
    known: Meanings,
    usage: Usage,
    weeks: Sequence[date],
    index: Index | None,
) -> tuple[Group, ...]:
    """Return the groups as the owner is told of them, as many as anybody reads."""
    made = []
    for members in islice(groups, MOST_GROUPS):
        vectors = known.vectors[[known.rows[each.key] for each in members]]
        documents = _documents(members, vectors.mean(axis=0), index)
        made.append(_group(members, askers(members), usage, weeks, documents))
    return tuple(made)


def _group(
    members: Sequence[Variant],
    count: int,
    usage: Usage,
    weeks: Sequence[date],
    documents: tuple[str, ...],
) -> Group:
    entries = sorted((each for one in members for each in one.entries), key=lambda each: each.at)
    trend = _by_week(entries, weeks)
    named = label(members, usage)
    sure = [each.confidence for each in entries if each.confidence is not None]
    return Group(
        label=named,
        slug=slug(named),
        size=len(entries),
        askers=count,
        answered=sum(each.kind is Kind.ANSWER for each in entries),
        weeks=trend,
        change=_change(trend),
        examples=examples(members) if count >= MIN_ASKERS else (),
        documents=documents,
        confidence=round(sum(sure) / len(sure), 3) if sure else None,
        replies=tuple(each.reply for each in entries),
    )


def _documents(members: Sequence[Variant], mean: Vectors, index: Index | None) -> tuple[str, ...]:
    """Return the documents that the replies cite first; where none is, those nearest to `mean`."""
    cited = Counter(entry.cited[0] for member in members for entry in member.entries if entry.cited)
    if cited:
        return tuple(name for name, _ in cited.most_common(_NEAREST))
    if index is None or index.question_vectors.shape[1] != len(mean):
        return ()
    order = np.argsort(-(index.question_vectors @ mean), kind="stable")
    owners = dict.fromkeys(index.question_owners[order].tolist())
    return tuple(index.documents[owner].id for owner in list(owners)[:_NEAREST])


def _mondays(since: datetime, until: datetime) -> list[date]:
    """Return the Mondays of the weeks from `since` to `until`."""
    first = since.date() - timedelta(days=since.weekday())
    last = (until - timedelta(seconds=1)).date()
    return [first + timedelta(weeks=week) for week in range((last - first).days // 7 + 1)]


def _by_week(entries: Iterable[Entry], weeks: Sequence[date]) -> tuple[Week, ...]:
    counts = Counter((entry.at.date() - weeks[0]).days // 7 for entry in entries)
    return tuple(Week(start=start, count=counts[place]) for place, start in enumerate(weeks))


def _change(weeks: Sequence[Week]) -> float | None:
    """Return the last four weeks over the four before, None where it began after those."""
    counts = [week.count for week in weeks]
    now, before = counts[-_TREND_WEEKS:], counts[-2 * _TREND_WEEKS : -_TREND_WEEKS]
    if not sum(now):
        return 0.0
    return round(sum(now) / sum(before), 2) if sum(before) else None


def _days(entries: Iterable[Entry], since: datetime, until: datetime) -> tuple[Day, ...]:
    by_day: dict[date, list[Entry]] = {}
    for entry in entries:
        by_day.setdefault(entry.at.date(), []).append(entry)
    count = ((until - timedelta(seconds=1)).date() - since.date()).days + 1
    days = []
    for day in (since.date() + timedelta(days=number) for number in range(count)):
        here = by_day.get(day, [])
        kinds = Counter(entry.kind for entry in here)
        days.append(
            Day(
                day=day,
                replies=len(here),
                answered=kinds[Kind.ANSWER],
                unanswered=kinds[Kind.NO_ANSWER],
                notices=sum(entry.notice is not None for entry in here),
            )
        )
    return tuple(days)


def _articles(entries: Iterable[Entry], index: Index | None) -> tuple[Article, ...]:
    cited, first, good, bad = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for entry in entries:
        cited.update(entry.cited)
        first.update(entry.cited[:1])
        good.update(entry.cited[:1] if entry.helpful else ())
        bad.update(entry.cited[:1] if entry.helpful is False else ())
    titles = {each.id: each.title for each in index.documents} if index else {}
    names = sorted({*cited, *titles}, key=lambda name: (-cited[name], name))
    return tuple(
        Article(
            document=name,
            title=titles.get(name, name),
            cited=cited[name],
            first=first[name],
            helpful=good[name],
            unhelpful=bad[name],
        )
        for name in names
    )


def _reasons(entries: Iterable[Entry]) -> dict[Reason, int]:
    return dict(Counter(entry.reason for entry in entries if entry.reason).most_common())


def _unhelpful(entries: Iterable[Entry], index: Index | None) -> tuple[Unhelpful, ...]:
    by_document: dict[str | None, list[Entry]] = {}
    for entry in entries:
        if entry.helpful is False:
            by_document.setdefault(next(iter(entry.cited), None), []).append(entry)
    titles = {each.id: each.title for each in index.documents} if index else {}
    found = []
    for name, marked in sorted(
        by_document.items(), key=lambda each: (-len(each[1]), each[0] or "")
    ):
        asked = variants(marked)
        found.append(
            Unhelpful(
                document=name,
                title=titles.get(name, name) if name else "No answer was given",
                count=len(marked),
                reasons=_reasons(marked),
                examples=examples(asked) if askers(asked) >= MIN_ASKERS else (),
                notes=tuple(entry.note for entry in reversed(marked) if entry.note),
                replies=tuple(entry.reply for entry in marked),
            )
        )
    return tuple(found)


def _notices(entries: Iterable[Entry], weeks: Sequence[date]) -> tuple[NoticeCount, ...]:
    by_notice: dict[tuple[int, str], list[Entry]] = {}
    levels = list(Level)
    for entry in entries:
        if entry.notice is not None:
            key = (levels.index(entry.notice), entry.category or "")
            by_notice.setdefault(key, []).append(entry)
    return tuple(
        NoticeCount(
            level=levels[level],
            category=category,
            count=len(shown),
            weeks=_by_week(shown, weeks),
        )
        for (level, category), shown in sorted(
            by_notice.items(), key=lambda each: (each[0][0], -len(each[1]), each[0][1])
        )
    )
