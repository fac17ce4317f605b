"""Score the safety recogniser on labelled messages.

    python bench/quality/safety.py [--held-out] [--misses] [--index DIR]

Reads the development files beside the checkout (`../shared/safety/dev_*.jsonl`, if they are there)
and `sets/safety.tune*.jsonl`. `--held-out` scores `sets/safety.held_out*.jsonl` instead, and prints
figures only: nobody should read or fit to its messages. `--index` lets the recogniser use the
index's encoder; without it, only words count.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from backbot.index.store import open_index
from backbot.model import Turn
from backbot.safety import Finding, Recogniser
from backbot.safety.model import LEVELS

HERE = Path(__file__).parent
SETS = HERE / "sets"
SHARED = HERE.parents[2] / "shared" / "safety"

SOON = LEVELS.index("soon")
EMERGENCY = LEVELS.index("emergency")
# A miss in one of these blocks a release whatever the average.
BLOCKING = ("cauda_equina", "chest_cardiac", "crisis_immediate")


class Message(NamedTuple):
    """A labelled message with the reader's earlier turns, oldest first."""

    id: str
    text: str
    level: str
    category: str
    context: tuple[str, ...] = ()

    @property
    def band(self) -> str:
        """Its length: short (up to 8 words), middle (up to 30) or long."""
        words = len(self.text.split())
        return "short" if words <= 8 else "middle" if words <= 30 else "long"


class Scored(NamedTuple):
    """A message and what was found in it."""

    message: Message
    finding: Finding

    @property
    def wanted(self) -> int:
        return LEVELS.index(self.message.level)

    @property
    def noticed(self) -> bool:
        """Raised at any alarm level."""
        return self.finding.rank <= SOON

    @property
    def safe(self) -> bool:
        """Raised as high as the label or higher."""
        return self.finding.rank <= self.wanted


class Figures(NamedTuple):
    """All scored messages, and the rates that a release is judged by."""

    scored: tuple[Scored, ...]

    @property
    def flagged(self) -> tuple[Scored, ...]:
        """Messages with a warning sign or a crisis."""
        return tuple(each for each in self.scored if each.wanted <= SOON)

    @property
    def ordinary(self) -> tuple[Scored, ...]:
        return tuple(each for each in self.scored if each.message.level == "none")

    @property
    def general(self) -> tuple[Scored, ...]:
        return tuple(each for each in self.scored if each.message.level == "info")

    @property
    def blocking(self) -> tuple[Scored, ...]:
        """Misses that block a release."""
        return tuple(
            each
            for each in self.flagged
            if {each.message.category, each.message.level} & set(BLOCKING)
            and each.finding.rank > max(each.wanted, EMERGENCY)
        )


def read_messages(path: Path) -> list[Message]:
    """Return the labelled messages of a JSON Lines file; those that are no text are left out."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        level = row.get("level") or row.get("triage")
        if isinstance(row["text"], str) and level in LEVELS:
            category = row.get("category") or row.get("kind", "")
            found.append(
                Message(row["id"], row["text"], level, category, tuple(row.get("context", ())))
            )
    return found


def score(recogniser: Recogniser, messages: Iterable[Message]) -> Figures:
    """Return what the recogniser finds in each message."""
    return Figures(
        tuple(
            Scored(
                message,
                recogniser.assess(
                    message.text, [Turn(message=earlier) for earlier in message.context]
                ),
            )
            for message in messages
        )
    )


def report(name: str, figures: Figures) -> str:
    """Return the figures of one set as lines of text; no message stands in them."""
    flagged, ordinary, general = figures.flagged, figures.ordinary, figures.general
    lines = [
        f"{name}: {len(flagged)} with a sign, {len(ordinary)} ordinary, {len(general)} general"
    ]
    lines.append("  noticed at soon or above  " + _rate(flagged, lambda each: each.noticed))
    lines.append("  level right or higher     " + _rate(flagged, lambda each: each.safe))
    for level in LEVELS[:5]:
        chosen = [each for each in flagged if each.message.level == level]
        if chosen:
            lines.append(f"    {level:<22} " + _rate(chosen, lambda each: each.safe))
    for band in ("short", "middle", "long"):
        chosen = [each for each in flagged if each.message.band == band]
        if chosen:
            lines.append(f"    {band:<22} " + _rate(chosen, lambda each: each.noticed) + " noticed")
    missed = _by_category([each for each in flagged if not each.safe])
    lines.append("  below the label by category: " + (missed or "none"))
    lines.append("  misses that block a release: " + (_by_category(figures.blocking) or "none"))
    lines.append("  ordinary raised           " + _rate(ordinary, lambda each: each.noticed))
    grave = _rate(ordinary, lambda each: each.finding.rank <= EMERGENCY)
    lines.append("  ordinary as emergency     " + grave)
    raised = _by_category([each for each in ordinary if each.noticed])
    lines.append("  ordinary raised by category: " + (raised or "none"))
    lines.append("  general raised            " + _rate(general, lambda each: each.noticed))
    quiet = _rate(general, lambda each: each.finding.level == "info")
    lines.append("  general with a quiet line " + quiet)
    return "\n".join(lines)


def _by_category(chosen: Sequence[Scored]) -> str:
    counts: dict[str, int] = {}
    for each in chosen:
        counts[each.message.category] = counts.get(each.message.category, 0) + 1
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _rate(chosen: Sequence[Scored], holds: Callable[[Scored], bool]) -> str:
    if not chosen:
        return "-"
    count = sum(holds(each) for each in chosen)
    return f"{count}/{len(chosen)} = {count / len(chosen):.1%}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--held-out", action="store_true", help="score the held-out set only")
    parser.add_argument("--misses", action="store_true", help="print misses of the tuning sets")
    parser.add_argument("--index", type=Path, help="an index whose encoder may be used")
    options = parser.parse_args()
    recogniser = Recogniser(open_index(options.index).encoder if options.index else None)
    sets: dict[str, Path]
    if options.held_out:
        sets = {path.stem: path for path in sorted(SETS.glob("safety.held_out*.jsonl"))}
    else:
        names = ("redflag", "benign", "crisis", "adversarial")
        sets = {name: SHARED / f"dev_{name}.jsonl" for name in names}
        sets |= {path.stem: path for path in sorted(SETS.glob("safety.tune*.jsonl"))}
    for name, path in sets.items():
        if not path.is_file():
            print(f"{name}: {path.name} is not there; left out", file=sys.stderr)
            continue
        figures = score(recogniser, read_messages(path))
        print(report(name, figures))
        if options.misses and not options.held_out:
            for each in figures.scored:
                if (each.wanted <= SOON and not each.safe) or (each.wanted > SOON and each.noticed):
                    print(f"    {each.message.id} {each.message.level} -> {each.finding.level}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
