"""Question sets: JSON lines that say what a good reply to each question holds."""

from pathlib import Path
from typing import Literal

import msgspec

from backbot.errors import UsageError


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One question, or a dialogue (`turns`) whose last turn is judged.

    `documents` are those that answer it. `evidence` holds alternatives; each is a list of word
    groups that must all stand in the excerpts, whatever their letters' case. `understood` are
    words that the resolved last turn of a dialogue should hold.
    """

    id: str
    expect: Literal["answer", "no_answer"]
    question: str | None = None
    turns: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    evidence: tuple[tuple[str, ...], ...] = ()
    understood: tuple[str, ...] = ()
    topic: str = ""

    @property
    def messages(self) -> tuple[str, ...]:
        """Every message of the reader, in order."""
        return self.turns or (self.question or "",)


def read_set(path: Path) -> tuple[Case, ...]:
    """Return the cases of a question set; raises `UsageError` that names the line that is wrong."""
    cases = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{path} cannot be read; name a file of JSON lines in UTF-8.") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            cases.append(msgspec.json.decode(line, type=Case))
        except msgspec.DecodeError as error:
            raise UsageError(f"{path}, line {number}: {error}.") from None
    if not cases:
        raise UsageError(f"{path} holds no questions.")
    return tuple(cases)
