"""What the owner is told, as values that pages, reports and the terminal show alike."""

from datetime import date, datetime

import msgspec

from backbot.journal.model import Reason
from backbot.model import Kind, Level

# From so many askers on, a group's questions are shown, so that nobody's own story is on display.
MIN_ASKERS = 3


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """How often in the week that begins on the Monday `start`."""

    start: date
    count: int


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """What replies were made on a day."""

    day: date
    replies: int
    answered: int
    unanswered: int
    notices: int


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Questions that ask for the same thing.

    `label` is plain words out of them, `slug` a file name for an article about it. `size` counts
    replies, `answered` those of them that were answers; `askers` leaves out what looks like one
    reader asking again. `weeks` has every week of the report, so that trends of several groups can
    be laid beside each other; `change` is the last four weeks over the four before, 0 where the
    last had none, None where only they had any. `examples` are different questions, the most
    typical first; none below `MIN_ASKERS` askers. `documents` are those that the replies cite, or,
    where there was no answer, the nearest; best first. `replies` are the IDs of the journal's
    entries.
    """

    label: str
    slug: str
    size: int
    askers: int
    answered: int = 0
    weeks: tuple[Week, ...] = ()
    change: float | None = None
    examples: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    confidence: float | None = None
    replies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.examples and self.askers < MIN_ASKERS:
            raise ValueError(f"questions of fewer than {MIN_ASKERS} askers are not shown")


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """How often a document was cited, was cited first, and what readers said of those replies."""

    document: str
    title: str
    cited: int
    first: int
    helpful: int = 0
    unhelpful: int = 0


class Unhelpful(msgspec.Struct, frozen=True, kw_only=True):
    """Replies marked unhelpful that begin with the same document (None: no answer was given).

    `notes` are what readers wrote to the owner about it, without personal data, newest first.
    """

    document: str | None
    title: str
    count: int
    reasons: dict[Reason, int]
    examples: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    replies: tuple[str, ...] = ()


class NoticeCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often a safety notice was shown."""

    level: Level
    category: str
    count: int
    weeks: tuple[Week, ...] = ()


class Insights(msgspec.Struct, frozen=True, kw_only=True):
    """All that a journal tells of the time from `since` to `until` (UTC).

    Groups stand with the most askers first. `asked` counts questions proper: what was answered,
    found no answer, or was declined. `unanswered` are questions that the site could answer: those
    without an answer, and those whose answer could not be about it, because no article has the
    word that they turn on. `elsewhere` are those without an answer that have nothing to do with
    the site, such as advertisements. `articles` has every document of the index, most cited first.
    """

    since: datetime
    until: datetime
    replies: int
    asked: int
    kinds: dict[Kind, int]
    helpful: int
    not_helpful: int
    reasons: dict[Reason, int]
    words_kept: bool
    per_day: tuple[Day, ...] = ()
    unanswered: tuple[Group, ...] = ()
    elsewhere: tuple[Group, ...] = ()
    asked_most: tuple[Group, ...] = ()
    low_confidence: tuple[Group, ...] = ()
    articles: tuple[Article, ...] = ()
    unhelpful: tuple[Unhelpful, ...] = ()
    notices: tuple[NoticeCount, ...] = ()
