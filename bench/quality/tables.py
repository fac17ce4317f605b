"""Tables of figures, for a terminal, a document and a program."""

from collections.abc import Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table as Grid

from backbot.evaluation.score import Figure


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A mean with its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float


NARROW = 0.05

Cell = Figure | Interval | float | int | str | None


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of cells below headings; the first cell of a row says what it is about.

    `short` are the headings for a narrow terminal, in two lines each; `note` says what is counted.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    short: tuple[str, ...] = ()
    note: str = ""


def print_table(table: Table) -> None:
    """Print `table` with shares in percent, without their intervals."""
    console = Console(highlight=False, markup=False)
    grid = Grid(box=None, header_style="dim", padding=(0, 1, 0, 0))
    for number, name in enumerate(table.short or table.columns):
        grid.add_column(name, justify="right" if number else "left", no_wrap=number > 0)
    for row in table.rows:
        grid.add_row(*(_brief(cell) for cell in row))
    console.print(table.title, style="bold")
    console.print(grid)
    if table.note:
        console.print(table.note, style="dim")
    console.print()


def markdown(tables: Sequence[Table]) -> str:
    """Return `tables` as Markdown, shares with their intervals."""
    parts = []
    for table in tables:
        lines = [f"### {table.title}", ""]
        lines.append(f"| {' | '.join(table.columns)} |")
        lines.append(f"| --- |{' ---: |' * (len(table.columns) - 1)}")
        lines.extend(f"| {' | '.join(map(_full, row))} |" for row in table.rows)
        if table.note:
            lines.extend(("", table.note))
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _brief(cell: Any) -> str:
    match cell:
        case Figure():
            return f"{100 * cell.share:.1f}"
        case Interval():
            return f"{cell.mean:.3f}"
        case float():
            return f"{cell:.3f}"
        case None:
            return "–"
    return str(cell)


def _full(cell: Any) -> str:
    match cell:
        case Figure():
            # A narrow interval would have the same number at both ends.
            digits = 1 if cell.high - cell.low < NARROW else 0
            ends = (f"{100 * end:.{digits}f}" for end in (cell.low, cell.high))
            return f"{cell.share:.1%} ({'–'.join(ends)})"
        case Interval():
            return f"{cell.mean:.3f} ({cell.low:.3f}–{cell.high:.3f})"
    return _brief(cell)
