"""Changing a line of a corpus file's front matter and leaving all else as it is, to the byte."""

import json
import re
from typing import Any

import yaml

from backbot.errors import WriteError

ALTERNATES = "alternate_questions"
HIDDEN = "hidden"
_FENCE = re.compile(r"^-{3,}[ \t]*\r?$", re.MULTILINE)
_HIDDEN_LINE = re.compile(r"^hidden[ \t]*:.*\n", re.MULTILINE)


def front_of(text: str) -> dict[str, Any]:
    """Return the values of the front matter of the file `text`; raises `WriteError`."""
    start, end = _header(text)
    try:
        values = yaml.safe_load(text[start:end])
    except (yaml.YAMLError, ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise WriteError(
            "Its front matter cannot be read; check quotes, colons and indents, and try again."
        )
    return values


def with_alternate(text: str, question: str) -> str:
    """Return the file `text` with one more alternate question at the end of the list."""
    start, end = _header(text)
    header = text[start:end]
    line_end = "\r\n" if "\r\n" in header else "\n"
    quoted = json.dumps(question, ensure_ascii=False)
    node = _value(header, ALTERNATES)
    if node is None:
        gap = "" if not header or header.endswith("\n") else line_end
        added = f"{gap}{ALTERNATES}:{line_end}  - {quoted}{line_end}"
        return text[:end] + added + text[end:]
    if isinstance(node, yaml.SequenceNode) and node.flow_style:
        if node.value:
            at = start + node.value[-1].end_mark.index
            return f"{text[:at]}, {quoted}{text[at:]}"
        at = start + node.start_mark.index + 1
        return text[:at] + quoted + text[at:]
    if isinstance(node, yaml.SequenceNode):
        last = node.value[-1]
        indent = " " * node.start_mark.column
        at = start + _line_end(header, last.end_mark.index)
    else:  # the key stands there with nothing after it
        indent = "  "
        at = start + _line_end(header, node.end_mark.index)
    return f"{text[:at]}{indent}- {quoted}{line_end}{text[at:]}"


def without_alternate(text: str, question: str) -> str:
    """Return the file `text` without an alternate question, and without a list that is left empty;
    the file as it is where the question does not stand on a line of its own."""
    start, end = _header(text)
    header = text[start:end]
    node = _value(header, ALTERNATES)
    if not isinstance(node, yaml.SequenceNode):
        return text
    place = next(
        (n for n in range(len(node.value) - 1, -1, -1) if node.value[n].value == question), None
    )
    if place is None:
        return text
    item = node.value[place]
    if node.flow_style:
        first, last = item.start_mark.index, item.end_mark.index
        if place:
            first = node.value[place - 1].end_mark.index
        elif len(node.value) > 1:
            last = node.value[1].start_mark.index
        return text[: start + first] + text[start + last :]
    first = header.rfind("\n", 0, item.start_mark.index) + 1
    last = _line_end(header, item.end_mark.index)
    if len(node.value) == 1:
        key = re.search(rf"^{ALTERNATES}[ \t]*:", header, re.MULTILINE)
        first = key.start() if key else first
    return text[: start + first] + text[start + last :]


def with_hidden(text: str, hidden: bool) -> str:
    """Return the file `text` with the line `hidden: true`, or without such a line."""
    start, end = _header(text)
    header = text[start:end]
    line_end = "\r\n" if "\r\n" in header else "\n"
    line = f"hidden: true{line_end}" if hidden else ""
    found = _HIDDEN_LINE.search(header)
    if found is None:
        gap = "" if not header or header.endswith("\n") else line_end
        return text[:end] + gap + line + text[end:]
    return text[: start + found.start()] + line + text[start + found.end() :]


def _header(text: str) -> tuple[int, int]:
    """Return where the front matter begins and ends, without its two fences."""
    fences = list(_FENCE.finditer(text))
    if len(fences) < 2 or text[: fences[0].start()].strip("\ufeff \t\r\n"):
        raise WriteError("It has no front matter; begin it with ---, a `title:` line and ---.")
    return min(fences[0].end() + 1, fences[1].start()), fences[1].start()


def _value(header: str, key: str) -> yaml.Node | None:
    try:
        root = yaml.compose(header, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        root = None
    if not isinstance(root, yaml.MappingNode):
        raise WriteError(
            "Its front matter cannot be read; check quotes, colons and indents, and try again."
        )
    return next((value for name, value in root.value if name.value == key), None)


def _line_end(header: str, at: int) -> int:
    """Return where the line after the one that holds place `at` begins."""
    if at and header[at - 1] == "\n":  # a block scalar ends where the next line begins
        return at
    found = header.find("\n", at)
    return len(header) if found < 0 else found + 1
