"""Measure everything and write the tables of docs/quality.md.

    python bench/quality/report.py [NAME=INDEX ...] [--set NAME=FILE.jsonl ...]
        [--without-public] [--into docs/quality.md]

Without indexes, those of the starter corpus and the seed are built by the code at hand.
One run does what `peers.py` and `public.py` do, adds Backbot's own figures and its calibration, and
lists the cases of the tuning sets that it gets wrong. Only what stands between the document's two
markers is replaced.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import public
from indexes import own_indexes
from tables import Cell, Table, markdown

import peers
from backbot.chatbot import Chatbot
from backbot.evaluation.calibration import calibrate, calibration
from backbot.evaluation.score import Outcome, figures, median_words, play, shortcoming
from backbot.evaluation.sets import read_set
from backbot.index.store import open_index

DOCUMENT = Path(__file__).parents[2] / "docs" / "quality.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def own_figures(played: dict[str, list[Outcome]]) -> Table:
    """Return Backbot's figures, a set a column."""
    found = {name: {each.name: each for each in figures(o)} for name, o in played.items()}
    names = dict.fromkeys(name for each in found.values() for name in each)
    rows: list[tuple[Cell, ...]] = [
        (name, *(found[each].get(name) for each in played)) for name in names
    ]
    rows.append(("median words of an answer", *(f"{median_words(o):g}" for o in played.values())))
    sure = [calibration(outcomes) for outcomes in played.values()]
    errors = [each.expected_error if each else None for each in sure]
    rows.append(("expected calibration error", *errors))
    rows.append(("Brier score", *(each.brier if each else None for each in sure)))
    return Table(title="Backbot, set by set", columns=("", *played), rows=tuple(rows))


def reliability(title: str, outcomes: Sequence[Outcome]) -> Table | None:
    """Return how often replies of each confidence were right, None for no replies."""
    weighed = [(each.reply.confidence, each.right) for each in outcomes if each.right is not None]
    found = calibrate([sure for sure, _ in weighed], [right for _, right in weighed])
    if found is None:
        return None
    rows = [
        (f"{100 * b.low:.0f}–{b.high:.0%}", f"{b.forecast:.1%}", f"{b.observed:.1%}", b.cases)
        for b in found.bins
    ]
    return Table(
        title=title,
        columns=("confidence", "mean", "right", "replies"),
        rows=tuple(rows),
        note=f"Expected calibration error {found.expected_error:.3f}, Brier {found.brier:.3f}.",
    )


def wrong(name: str, outcomes: Sequence[Outcome]) -> str:
    """Return the cases of a set that went wrong as a Markdown list, below its heading."""
    lines = [f"### {name}", ""]
    for outcome in outcomes:
        if why := shortcoming(outcome):
            said = " → ".join(f"“{text}”" for text in outcome.case.messages)
            lines.append(f"- {said} ({why})")
    return "\n".join(lines if len(lines) > 2 else [*lines, "Nothing went wrong."])


def replaced(document: str, figures: str) -> str:
    """Return `document` with `figures` between its markers; raises `ValueError` without them."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the document needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", nargs="*", type=peers.named, metavar="NAME=INDEX")
    parser.add_argument("--set", dest="sets", action="append", default=[], type=peers.named)
    parser.add_argument("--only", nargs="+", default=[], metavar="SYSTEM")
    parser.add_argument("--data", type=Path, default=public.DATA)
    parser.add_argument("--without-public", action="store_true")
    parser.add_argument("--into", type=Path, default=DOCUMENT)
    options = parser.parse_args(arguments)
    document = options.into.read_text(encoding="utf-8")
    replaced(document, "")  # Not after minutes of measuring.

    compared: list[peers.Result] = []
    played: dict[str, list[Outcome]] = {}
    corpora = options.corpora or own_indexes()
    for name, root in corpora:
        index = open_index(root)
        sets = peers.sets_of(name, options.sets)
        compared.extend(peers.compare(name, index, sets, options.only))
        chatbot = Chatbot(index)
        for path in sets:
            played[path.stem] = [play(chatbot, case) for case in read_set(path)]

    seen = [each for name, found in played.items() if name.endswith(".tune") for each in found]
    unseen = [
        each for name, found in played.items() if name.endswith(".held_out") for each in found
    ]
    tables = [own_figures(played), *peers.tables(compared)]
    tables += filter(None, (reliability("Confidence, tuning sets", seen),))
    tables += filter(None, (reliability("Confidence, held-out sets", unseen),))
    if not options.without_public:
        for data_set in public.NAMES:
            tables += public.measure_if_there(data_set, options.data, dict(corpora))
    lists = [wrong(name, found) for name, found in played.items() if name.endswith(".tune")]
    parts = [markdown(tables), "## What it still gets wrong", *lists]
    options.into.write_text(replaced(document, "\n\n".join(parts)), encoding="utf-8")
    print(f"The figures stand in {options.into}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
