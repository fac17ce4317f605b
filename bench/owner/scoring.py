"""How good insights are on a year whose truth is known."""

import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import msgspec
from sklearn.cluster import KMeans
from sklearn.metrics import v_measure_score

from backbot.index.contents import Index
from backbot.insights.grouping import centre
from backbot.insights.labels import Usage
from backbot.insights.meaning import meanings
from backbot.insights.read import gaps, partition
from backbot.insights.variants import variants
from backbot.journal.journal import ASKING, Journal

FIRST = 15
_NONE = "no topic"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One way of grouping: its number of groups, purity and V-measure over all questions."""

    name: str
    groups: int
    purity: float
    v_measure: float


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """All that is measured; `gap_places` are 1-based, of the first group that is about a gap."""

    replies: int
    unanswered: int
    groups: int
    elsewhere: int
    gaps: int
    gaps_found: int
    gap_places: dict[str, int]
    rows: tuple[Row, ...]
    planted: int
    leaks: tuple[str, ...]
    seconds: float
    megabytes: float


def score(
    journal: Journal,
    index: Index,
    topics: Mapping[str, str | None],
    planted: Collection[str],
    path: Path,
    root: Path,
) -> Score:
    """Return the figures of the journal at `path`, read with the index in `root`.

    Its entries ask what `topics` says, and `planted` must not be in it.
    """
    lines = list(journal.lines())
    asked = variants(line.entry for line in lines if line.entry.kind in ASKING)
    known = meanings(journal, lines, asked, index)
    usage = Usage(asked)
    groups, elsewhere = gaps(asked, partition(asked, known), known, usage, index)
    chosen = [each for group in (*groups, *elsewhere) for each in group]
    numbered = enumerate((*groups, *elsewhere))
    numbers = {each.key: number for number, group in numbered for each in group}
    # What is none of the topics (advertisements, jokes) has no group that it should be in.
    entries = [(each, entry) for each in chosen for entry in each.entries]
    pairs = [pair for pair in entries if topics[pair[1].reply] is not None]
    truth = [str(topics[entry.reply]) for _, entry in pairs]
    found = [numbers[each.key] for each, _ in pairs]
    about = [
        Counter(topics[e.reply] or _NONE for each in group for e in each.entries).most_common(1)[0][
            0
        ]
        for group in groups
    ]
    without = sorted({topic for topic in topics.values() if topic and topic.startswith("gap-")})
    places = {gap: about.index(gap) + 1 if gap in about else 0 for gap in without}
    vectors = known.vectors[[known.rows[each.key] for each in chosen]]
    if known.common is not None:
        vectors = centre(vectors, known.common)
    rows = [_row("Backbot", truth, found)]
    big = {number for number, count in Counter(found).items() if count >= 3}
    inside = [place for place, number in enumerate(found) if number in big]
    rows.append(
        _row(
            "Backbot, groups of three and more",
            [truth[place] for place in inside],
            [found[place] for place in inside],
        )
    )
    for name, count in (
        ("k-means, k of the truth", len(set(truth))),
        ("k-means, as many", len(big)),
    ):
        labels = KMeans(count, n_init=4, random_state=0).fit_predict(vectors)
        by_key = dict(zip((each.key for each in chosen), labels.tolist(), strict=True))
        spread = [by_key[each.key] for each, _ in pairs]
        rows.append(_row(name, truth, spread))
    seconds, megabytes = _cost(path, root)
    return Score(
        replies=len(lines),
        unanswered=len(entries),
        groups=len(groups),
        elsewhere=len(elsewhere),
        gaps=len(without),
        gaps_found=sum(0 < place <= FIRST for place in places.values()),
        gap_places=places,
        rows=tuple(rows),
        planted=len(planted),
        leaks=leaks(planted, [path.read_bytes().decode("utf-8", "ignore")]),
        seconds=seconds,
        megabytes=megabytes,
    )


def purity(truth: Sequence[str], found: Sequence[int]) -> float:
    """Return the share of questions whose group is mostly about their topic."""
    by_group: dict[int, Counter[str]] = {}
    for topic, number in zip(truth, found, strict=True):
        by_group.setdefault(number, Counter())[topic] += 1
    return sum(max(counts.values()) for counts in by_group.values()) / max(1, len(truth))


def leaks(planted: Collection[str], texts: Collection[str]) -> tuple[str, ...]:
    """Return which of the `planted` words stand in any of `texts`."""
    folded = [text.casefold() for text in texts]
    return tuple(
        sorted(word for word in planted if any(word.casefold() in text for text in folded))
    )


def _row(name: str, truth: Sequence[str], found: Sequence[int]) -> Row:
    return Row(
        name=name,
        groups=len(set(found)),
        purity=round(purity(truth, found), 4),
        v_measure=round(float(v_measure_score(list(truth), list(found))), 4),
    )


_READ = """
import re, sys, time
from backbot.settings import Settings
from backbot.journal.journal import open_journal
from backbot.index.store import open_index
from backbot.insights.read import read
from datetime import UTC, datetime
from pathlib import Path
journal = open_journal(Settings(journal=sys.argv[1], journal_days=3650))
index = open_index(Path(sys.argv[2]))
started = time.process_time()
read(journal, index, datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
seconds = time.process_time() - started
most = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read()).group(1)
print(seconds, int(most) / 1024)
"""


def _cost(path: Path, index: Path) -> tuple[float, float]:
    """Return the processor time of reading in seconds and the most memory in MB, all included."""
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(path), str(index)],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, megabytes = map(float, done.stdout.split())
    return seconds, megabytes
