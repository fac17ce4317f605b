"""The simulated year through the chatbot and the journal, and what insights make of it.

    python bench/owner/replay.py INDEX FOLDER [--questions 20000] [--seed 8] [--json]

Writes the journal of the year into FOLDER, unless it is there already, and then tells whether the
topics without an article are found, how pure the groups are beside k-means, whether anything
personal stayed, and what reading costs.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
from scoring import Score, score
from year import QUESTIONS, Asked, year

from backbot.chatbot import Chatbot, Trace
from backbot.index.store import open_index
from backbot.journal.journal import Journal, open_journal
from backbot.journal.record import record
from backbot.model import Reply
from backbot.settings import Settings

JOURNAL = "journal.sqlite3"
TRUTH = "truth.json"
# So many lines are handed over before the writer is waited for: readers come more slowly.
_AT_A_TIME = 500


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What the simulation knows of an entry of the journal."""

    reply: str
    topic: str | None
    planted: tuple[str, ...]


def replay(chatbot: Chatbot, journal: Journal, asked: Sequence[Asked]) -> list[Truth]:
    """Ask all of it, write it down, and return the truth about each entry."""
    truth: list[Truth] = []
    made: dict[str, tuple[Reply, Trace]] = {}
    for number, each in enumerate(asked):
        if each.text not in made:
            made[each.text] = chatbot.explain(each.text)
        reply, trace = made[each.text]
        name = f"r{number:06}"
        renamed = msgspec.structs.replace(reply, id=name)
        record(journal, renamed, trace, chatbot.index.encoder, at=each.at)
        truth.append(Truth(reply=name, topic=each.topic, planted=each.planted))
        if number % _AT_A_TIME == 0:
            journal.flush(60)
    journal.flush(60)
    return truth


def settings(folder: Path) -> Settings:
    """Return settings of the journal in `folder`, which lasts as long as the year needs."""
    return Settings(journal=str(folder / JOURNAL), journal_days=3650)


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    index = open_index(given.index)
    journal = open_journal(settings(given.folder))
    kept = given.folder / TRUTH
    if not kept.exists():
        truth = replay(Chatbot(index), journal, list(year(given.questions, seed=given.seed)))
        kept.write_bytes(msgspec.json.encode(truth))
    truth = msgspec.json.decode(kept.read_bytes(), type=list[Truth])
    found = score(
        journal,
        index,
        {each.reply: each.topic for each in truth},
        {word for each in truth for word in each.planted},
        given.folder / JOURNAL,
        given.index,
    )
    print(json.dumps(msgspec.to_builtins(found), indent=2) if given.json else told(found))
    journal.close()


def told(found: Score) -> str:
    """Return the figures for people."""
    lines = [
        f"{found.replies:,} replies, {found.unanswered:,} unanswered in {found.groups:,} groups "
        f"and {found.elsewhere:,} about something else; "
        f"{found.gaps_found} of {found.gaps} topics without an article among the first 15 groups "
        f"(places {', '.join(map(str, found.gap_places.values()))}).",
        "",
        f"{'':34} groups  purity  V-measure",
    ]
    lines += [
        f"{row.name:34} {row.groups:6}  {row.purity:.3f}   {row.v_measure:.3f}"
        for row in found.rows
    ]
    lines += [
        "",
        f"Planted personal data: {found.planted:,}, left over: {len(found.leaks)} "
        f"{found.leaks[:10] if found.leaks else ''}",
        f"Reading: {found.seconds:.2f} s of processor time, {found.megabytes:.0f} MB at most.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
