"""What is amiss, each with how to mend it, and what an index holds."""

from typing import Literal

import msgspec

State = Literal["broken", "stale", "incomplete"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to mend. `problem` and `mend` are each a sentence."""

    state: State
    problem: str
    mend: str


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """What an index holds: `bytes` on disk with all its versions and encoders, model as named on
    its card. `opens` tells whether readers can be answered from it."""

    version: str
    versions_kept: int
    counts: dict[str, int]
    model: str | None
    dimensions: int | None
    bytes: int
    opens: bool
    # Of what is searched by cells: the share of the ten nearest that such a search finds.
    recall: dict[str, float] = {}


def broken(problem: str, mend: str) -> Finding:
    return Finding(state="broken", problem=problem, mend=mend)


def split(sentence: str) -> Finding:
    """Return an error's sentence as a finding: what is wrong, then what to do, after the last ";".

    An error without a ";" says both at once.
    """
    problem, semicolon, mend = sentence.rpartition("; ")
    if not semicolon:
        return broken(sentence, "Mend that, and run `backbot doctor` again.")
    return broken(f"{problem}.", f"{mend[0].upper()}{mend[1:]}")
