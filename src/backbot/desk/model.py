"""What an owner's act is: a line in `corpus/acts.jsonl`, so that it can be read and undone."""

import datetime
from enum import StrEnum
from typing import Any

import msgspec


class ActKind(StrEnum):
    """What an owner can do with a corpus."""

    QUESTION = "question"
    PIN = "pin"
    CHECK = "check"
    HIDE = "hide"
    SHOW = "show"
    SYNONYM = "synonym"
    DRAFT = "draft"


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One act: what was put into which file of the corpus.

    `values` say what was added, `lines` are the very lines that came into the file and `replaced`
    those that stood there before; `created` tells that there was no such file. `what` is a sentence
    for people.
    """

    id: str
    at: datetime.datetime
    kind: ActKind
    file: str
    what: str
    values: dict[str, Any]
    lines: str
    replaced: str = ""
    created: bool = False


class Undone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The line that says that an act was undone."""

    undoes: str
    at: datetime.datetime


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """An act as the file of acts tells of it, with the time at which it was undone, if it was."""

    act: Act
    undone: datetime.datetime | None = None
