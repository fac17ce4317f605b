"""Adding a table to the TOML files of a corpus, and taking that very one out again."""

import tomllib
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array

from backbot.errors import WriteError

Row = dict[str, Any]


def read_table(text: str) -> dict[str, Any]:
    """Return what the TOML file `text` holds; raises `WriteError`."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WriteError(f"It is not valid TOML ({error}); mend it and try again.") from None


def with_row(text: str, key: str, row: Row) -> str:
    """Return the file `text` with one more `[[key]]` table at its end."""
    document = tomlkit.document()
    table = tomlkit.table()
    table.update(row)
    tables = tomlkit.aot()
    tables.append(table)
    document.append(key, tables)
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    return text + gap + tomlkit.dumps(document).strip("\n") + "\n"


def without_row(text: str, key: str, row: Row) -> str:
    """Return the file `text` without the last `[[key]]` table that holds just `row`."""
    document = _parsed(text)
    tables = document.get(key)
    if not isinstance(tables, AoT):
        return text
    place = next((n for n in range(len(tables) - 1, -1, -1) if tables[n].unwrap() == row), None)
    if place is None:
        return text
    del tables[place]
    if not len(tables):
        del document[key]
    return tomlkit.dumps(document)


def with_group(text: str, key: str, group: list[str]) -> str:
    """Return the file `text` with one more list in the list `key`, in the list's own layout."""
    document = _parsed(text)
    inner = tomlkit.array()
    inner.extend(group)
    groups = document.get(key)
    if groups is None:
        groups = tomlkit.array()
        groups.append(inner)
        document.append(key, groups.multiline(True))
        return tomlkit.dumps(document).rstrip("\n") + "\n"
    if isinstance(groups, Array):
        if "\n" in groups.as_string():
            groups.add_line(inner, indent=_indent(groups.as_string()), newline=True)
        else:
            groups.append(inner)
    return tomlkit.dumps(document)


def without_group(text: str, key: str, group: list[str]) -> str:
    """Return the file `text` without the last list in the list `key` that holds just `group`."""
    document = _parsed(text)
    groups = document.get(key)
    if not isinstance(groups, Array):
        return text
    held = groups.unwrap()
    place = next((n for n in range(len(held) - 1, -1, -1) if held[n] == group), None)
    if place is not None:
        del groups[place]
    return tomlkit.dumps(document)


def _parsed(text: str) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise WriteError(f"It is not valid TOML ({error}); mend it and try again.") from None


def _indent(written: str) -> str:
    """Return the indentation of the first list that stands on a line of its own."""
    for line in written.splitlines()[1:]:
        if line.lstrip().startswith("["):
            return line[: len(line) - len(line.lstrip())]
    return "    "
