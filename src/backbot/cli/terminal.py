"""Printing for people and for programs, with nothing in it that could steer the terminal."""

import re
import unicodedata
from typing import Any
from urllib.parse import quote

import click
import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text

from backbot.text.clean import clean

# Longer lines are hard to read, however wide the window.
READABLE_WIDTH = 88
_EMPTY_LINES = re.compile(r"\n{3,}")
_WORD = re.compile(r"\S+\s*")
_NOT_ASCII = re.compile(r"[^\x00-\x7e]")
_HIDDEN = frozenset(("Cc", "Cf", "Zl", "Zp"))
# Everything that has a meaning in an address stays; all else is percent-encoded.
_ADDRESS_MARKS = "%/:?#[]@!$&'()*+,;=~-._"


class Terminal(Console):
    """A rich console that reads no markup, and leaves a closed pipe to the group of commands."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False, highlight=False)

    def say(self, text: str, *, indent: int = 0, style: str = "") -> None:
        """Print `text`, wrapped, without anything that could steer the terminal."""
        self.block(Text(shown(text), style), indent=indent)

    def block(self, text: Text, *, indent: int = 0, hang: int = 0) -> None:
        """Print `text`, wrapped and indented, by `hang` more from the second line on.

        A word longer than a line stays whole, so that a file's name can be copied and found.
        """
        width = max(10, self.width - indent - hang)
        lines = (part for line in text.split("\n") for part in line.divide(_breaks(line, width)))
        for number, line in enumerate(lines):
            line.rstrip()
            if line.plain:
                line.pad_left(indent + (hang if number else 0))
            self.print(line, soft_wrap=True)

    def say_whole(self, text: str, *, indent: int = 0, style: str | Style = "") -> None:
        """Print `text` on one line that only the terminal breaks, for what people copy."""
        self.print(Text(" " * indent).append(clean(text), style), soft_wrap=True)

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def shown(text: str) -> str:
    """Return `text` as a terminal may show it: lines and paragraphs stay, control characters go."""
    lines = "\n".join(map(clean, text.splitlines()))
    return _EMPTY_LINES.sub("\n\n", lines).strip()


def link(address: str) -> Style:
    """Return the style that makes words open `address` where the terminal knows how to."""
    if not address.startswith(("https://", "http://", "tel:")):
        return Style()
    return Style(link=quote(clean(address), safe=_ADDRESS_MARKS))


def print_json(value: Any) -> None:
    """Print `value` as JSON in UTF-8.

    Characters that control a terminal or cannot be seen are written as escapes, which stand for
    the very same text.
    """
    encoded = msgspec.json.format(msgspec.json.encode(value), indent=2).decode("utf-8")
    click.echo(_NOT_ASCII.sub(_escape, encoded).encode("utf-8"))


def counted(number: int, noun: str) -> str:
    """Return "1 word", "2 words", "1,200 words"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _breaks(line: Text, width: int) -> list[int]:
    """Return where to break `line` so that it fits `width` columns, but for longer words."""
    breaks = []
    used = 0
    for word in _WORD.finditer(line.plain):
        if used and used + cell_len(word.group().rstrip()) > width:
            breaks.append(word.start())
            used = 0
        used += cell_len(word.group())
    return breaks


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    if unicodedata.category(character) not in _HIDDEN:
        return character
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
