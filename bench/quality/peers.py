"""Put the same question sets to Backbot and to what a site owner could take instead.

    python bench/quality/peers.py [NAME=INDEX ...] [--set NAME=FILE.jsonl ...]
        [--json FILE] [--only SYSTEM ...]

Each `NAME=INDEX` is the index of a corpus; without any, those of the starter corpus and the seed
are built. Its sets are `sets/NAME.*.jsonl` and those that `--set` adds. All systems get the same
documents; the peers get them cut into passages of 60 words with their titles. They are not part of
any extra: `pip install -c constraints.txt -r bench/quality/peers.txt` brings them, and a peer that
is not installed is left out with a line that says so.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
from indexes import own_indexes
from measures import ANSWERED, Row, judge
from passages import cut
from peer_systems import Cairn, Haystack, Txtai
from systems import Backbot, MiniLm, RankBm25, Retrieval, System, stems
from tables import Table, print_table

from backbot.evaluation.sets import read_set
from backbot.index.contents import Index
from backbot.index.store import open_index

SETS = Path(__file__).parent / "sets"
# A field of a row, its heading in documents, and the same in two short lines for a terminal.
COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("first", "best text", "best\ntext"),
    ("third", "best three", "best\nthree"),
    ("mrr", "MRR@10", "MRR\n@10"),
    ("auroc", "AUROC", "AU-\nROC"),
    ("off_topic", f"off-topic at {ANSWERED:.0%}", f"off\nat {100 * ANSWERED:.0f}"),
    ("own_answered", "own: answered", "own\nans."),
    ("own_evidence", "own: evidence", "own\nevid."),
    ("own_off_topic", "own: off-topic", "own\noff"),
    ("own_dialogues", "own: dialogues", "own\ndial."),
    ("dialogues_first", "dialogues, best", "dial.\nbest"),
    ("dialogues_third", "dialogues, three", "dial.\nthree"),
)
LEGEND = (
    "In percent, but for MRR and AUROC. best text, best three: in-scope questions whose evidence "
    "stands there. off at 95: off-topic questions answered where the threshold answers 95 % of the "
    "in-scope ones. own: by the system's own decision, and of those answered, the evidence shown. "
    "dial.: dialogues, the last two turns joined, or the system's own way. --json has intervals."
)


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one question set."""

    question_set: str
    corpus: str
    in_scope: int
    off_topic: int
    dialogues: int
    rows: tuple[Row, ...]


def systems(index: Index) -> Iterator[System]:
    """Give every system that is installed, ready to be asked about the documents of `index`."""
    passages = cut(index.documents)
    makers: tuple[Callable[[], System], ...] = (
        lambda: Backbot(index),
        lambda: Retrieval(index),
        lambda: RankBm25("rank-bm25", passages, lambda t: t.lower().split()),
        lambda: RankBm25("rank-bm25 stems", passages, stems),
        lambda: MiniLm(passages, index.encoder),
        lambda: Cairn(passages),
        lambda: Haystack(passages, index.encoder),
        lambda: Txtai(passages, index.encoder),
    )
    for make in makers:
        try:
            yield make()
        except ModuleNotFoundError as error:
            print(f"{error.name} is not installed; left out.", file=sys.stderr)


def compare(corpus: str, index: Index, sets: Sequence[Path], only: Sequence[str]) -> list[Result]:
    """Return a result for each of `sets`; `only` keeps systems with one of these in their name."""
    cases = {path: read_set(path) for path in sets}
    rows: dict[Path, list[Row]] = {path: [] for path in sets}
    for system in systems(index):
        if only and not any(part.casefold() in system.name.casefold() for part in only):
            continue
        for path in sets:
            found = [system.ask(case) for case in cases[path]]
            rows[path].append(judge(system.name, cases[path], found))
    return [
        Result(
            question_set=path.name.removesuffix(".jsonl"),
            corpus=corpus,
            in_scope=sum(c.expect == "answer" and not c.turns for c in cases[path]),
            off_topic=sum(c.expect == "no_answer" for c in cases[path]),
            dialogues=sum(c.expect == "answer" and bool(c.turns) for c in cases[path]),
            rows=tuple(rows[path]),
        )
        for path in sets
    ]


def tables(results: Sequence[Result]) -> list[Table]:
    """Return a table a set, a system a row."""
    return [
        Table(
            title=f"{result.question_set}: {result.in_scope} in scope, {result.off_topic} "
            f"off-topic, {result.dialogues} dialogues",
            columns=("system", *(name for _, name, _ in COLUMNS)),
            short=("", *(short for _, _, short in COLUMNS)),
            rows=tuple(
                (row.system, *(getattr(row, field) for field, _, _ in COLUMNS))
                for row in result.rows
            ),
        )
        for result in results
    ]


def sets_of(corpus: str, others: Sequence[tuple[str, Path]]) -> list[Path]:
    """Return the question sets about a corpus: those that come along, then those of `others`."""
    own = sorted(SETS.glob(f"{corpus}.*.jsonl"))
    return [*own, *(path for owner, path in others if owner == corpus)]


def named(text: str) -> tuple[str, Path]:
    """Return the halves of "name=path"."""
    name, mark, path = text.partition("=")
    if not (name and mark and path):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form name=path")
    return name, Path(path)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", nargs="*", type=named, metavar="NAME=INDEX")
    parser.add_argument("--set", dest="sets", action="append", default=[], type=named)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    results: list[Result] = []
    for name, root in options.corpora or own_indexes():
        sets = sets_of(name, options.sets)
        results.extend(compare(name, open_index(root), sets, options.only))
    for table in tables(results):
        print_table(table)
    print(LEGEND)
    if options.json:
        encoded = msgspec.json.encode(results)
        options.json.write_bytes(msgspec.json.format(encoded, indent=2) + b"\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
