"""From the parts of a post to Markdown that renders back to the very same words."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from backbot.corpus.sources import Part

# What would not come back as the same text: see `_escaped`.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_ANYWHERE = re.compile(r"[\\`*\[]|(?<![^\W_])_|_(?![^\W_])|<(?=\S)|&(?=#?\w+;)")
_AT_START = re.compile(r"[>|]|#{1,6}(?=\s|$)|[-+](?=[\s:|-]|$)|:(?=-)|=(?=[\s=]|$)|~(?=~~)")
_NUMBER_AT_START = re.compile(r"(\d{1,9})([.)])(?=\s|$)")
_CLOSING_HASHES = re.compile(r"(?<!\\)#+$")
_BACKTICKS = re.compile(r"`+")


def markdown(parts: Iterable[Part]) -> str:
    """Return `parts` as a Markdown body that renders to their lines, character by character.

    Only control characters and the white space at a line's ends do not come back.
    """
    pieces: list[str] = []
    before: Part | None = None
    lists: list[_List] = []
    for part in parts:
        lines = [tidy(line) for line in part.lines]
        if part.kind != "code":
            lines = [line.strip() for line in lines if line.strip()]
        if not any(lines):
            continue
        break_ = "\n\n"
        if part.kind == "item":
            follows = _enter(lists, part)
            marker = lists[-1].marker
            indent = " " * sum(len(each.marker) for each in lists[:-1])
            body = _joined(lines, part, "\n" + indent + " " * len(marker))
            piece = indent + marker + body
            break_ = "\n" if follows else "\n\n"
        else:
            lists.clear()
            piece = _piece(part, lines)
            if before and before.kind == part.kind == "quote" and before.level == part.level:
                break_ = "\n" + ("> " * part.level).rstrip() + "\n"
        pieces += [break_, piece] if pieces else [piece]
        before = part
    return "".join(pieces)


class _List(msgspec.Struct):
    """An open list: its last item's marker and number, None in a list of bullets."""

    marker: str
    number: int | None


def _enter(lists: list[_List], part: Part) -> bool:
    """Make the last of `lists` the one that `part` stands in, and tell whether it goes right on
    from the item before it. A number out of turn needs a list of its own, told from the one before
    by its other mark; Markdown would count on otherwise."""
    level = min(part.level, len(lists) + 1)
    deeper = len(lists) > level
    del lists[level:]
    sibling = lists.pop() if len(lists) == level else None
    if part.number is None:
        lists.append(_List("- ", None))
        return sibling is not None and sibling.number is None and not deeper
    mark = sibling.marker[-2] if sibling and sibling.number is not None else "."
    in_turn = sibling is not None and sibling.number == part.number - 1
    if sibling and sibling.number is not None and not in_turn:
        mark = ")" if mark == "." else "."
    lists.append(_List(f"{part.number}{mark} ", part.number))
    return in_turn and not deeper


def _piece(part: Part, lines: Sequence[str]) -> str:
    match part.kind:
        case "heading":
            text = _CLOSING_HASHES.sub(
                lambda hashes: "\\#" * len(hashes.group()), _escaped(" ".join(lines))
            )
            return "#" * min(part.level, 6) + " " + text
        case "quote":
            prefix = "> " * part.level
            return prefix + _joined(lines, part, "\n" + prefix)
        case "code":
            runs = [len(run) for line in lines for run in _BACKTICKS.findall(line)]
            fence = "`" * (max([2, *runs]) + 1)
            return "\n".join([fence, *lines, fence])
        case _:
            return _joined(lines, part, "\n")


def _joined(lines: Sequence[str], part: Part, line_break: str) -> str:
    # A backslash at its end makes a line break a hard one, which canonical text keeps.
    return (line_break if part.wrapped else "\\" + line_break).join(map(_escaped, lines))


def tidy(line: str) -> str:
    """Return `line` without control characters and lone surrogates."""
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub(" ", line))


def _escaped(line: str) -> str:
    """Return `line` so that Markdown takes each of its characters as text."""
    text = _ANYWHERE.sub(r"\\\g<0>", line)
    text = _NUMBER_AT_START.sub(r"\1\\\2", text)
    return "\\" + text if _AT_START.match(text) else text
