"""How each kind of act changes its file: in text, keeping the owner's layout, and in values, by
which every change of the text is proved before it is written."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from backbot.desk.front import (
    ALTERNATES,
    HIDDEN,
    front_of,
    with_alternate,
    with_hidden,
    without_alternate,
)
from backbot.desk.model import ActKind
from backbot.desk.tables import read_table, with_group, with_row, without_group, without_row

Values = Mapping[str, Any]


class Means(NamedTuple):
    """How a kind of act reads a file, adds its values to it, and takes them out again.

    `add` and `take` return the file's new text; `added` and `taken` what has to stand in it then,
    given what stood there. `taken` raises `LookupError` where there is nothing to take.
    """

    read: Callable[[str], Any]
    add: Callable[[str, Values], str]
    added: Callable[[Any, Values], Any]
    take: Callable[[str, Values], str]
    taken: Callable[[Any, Values], Any]


def _rows(key: str) -> Means:
    def added(held: Any, values: Values) -> Any:
        return held | {key: [*held.get(key, []), dict(values)]}

    return Means(
        read_table,
        lambda text, values: with_row(text, key, dict(values)),
        added,
        lambda text, values: without_row(text, key, dict(values)),
        lambda held, values: _without(held, key, dict(values)),
    )


def _groups(key: str) -> Means:
    def added(held: Any, values: Values) -> Any:
        return held | {key: [*held.get(key, []), values["words"]]}

    def taken(held: Any, values: Values) -> Any:
        # The file must keep its list: without it, it would not fit any more.
        left = _without(held, key, values["words"])
        return left | {key: left.get(key, [])}

    return Means(
        read_table,
        lambda text, values: with_group(text, key, values["words"]),
        added,
        lambda text, values: without_group(text, key, values["words"]),
        taken,
    )


def _hidden(to: bool) -> Means:
    def read(text: str) -> Any:
        held = front_of(text)
        # `hidden: false` says the same as no such line.
        return {name: value for name, value in held.items() if name != HIDDEN or value}

    def turned(held: Any, hidden: bool) -> Any:
        rest = {name: value for name, value in held.items() if name != HIDDEN}
        return rest | ({HIDDEN: True} if hidden else {})

    def taken(held: Any, values: Values) -> Any:
        if bool(held.get(HIDDEN)) is not to:
            raise LookupError
        return turned(held, not to)

    return Means(
        read,
        lambda text, values: with_hidden(text, to),
        lambda held, values: turned(held, to),
        lambda text, values: with_hidden(text, not to),
        taken,
    )


def _alternates() -> Means:
    def added(held: Any, values: Values) -> Any:
        return held | {ALTERNATES: [*(held.get(ALTERNATES) or []), values["question"]]}

    def read(text: str) -> Any:
        held = front_of(text)
        # An empty list says the same as none.
        return {name: value for name, value in held.items() if name != ALTERNATES or value}

    return Means(
        read,
        lambda text, values: with_alternate(text, values["question"]),
        added,
        lambda text, values: without_alternate(text, values["question"]),
        lambda held, values: _without(held, ALTERNATES, values["question"]),
    )


def _without(held: Any, key: str, value: Any) -> Any:
    """Return `held` without the last `value` in its list `key`, and without an empty list."""
    rows = list(held.get(key) or [])
    place = next((n for n in range(len(rows) - 1, -1, -1) if rows[n] == value), None)
    if place is None:
        raise LookupError
    del rows[place]
    return {name: each for name, each in held.items() if name != key} | (
        {key: rows} if rows else {}
    )


MEANS: dict[ActKind, Means] = {
    ActKind.QUESTION: _alternates(),
    ActKind.PIN: _rows("pin"),
    ActKind.CHECK: _rows("check"),
    ActKind.HIDE: _hidden(True),
    ActKind.SHOW: _hidden(False),
    ActKind.SYNONYM: _groups("groups"),
}
