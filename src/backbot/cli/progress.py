"""How far a rebuild is: a bar on a terminal, one line a stage elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bars

from backbot.cli.terminal import Terminal
from backbot.desk.stages import STAGES

if TYPE_CHECKING:
    from backbot.index.progress import Progress as Watching


@contextmanager
def watching(*, lines: bool) -> Iterator["Watching"]:
    """Give a progress that shows itself on stderr, where it is in no program's way.

    `lines` says whether to print one line a stage where stderr is not a terminal.
    """
    terminal = Terminal(stderr=True)
    if not terminal.is_terminal:
        yield _Lines(shown=lines)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bars(*columns, console=terminal, transient=True) as bars:
        yield _Bar(bars)


class _Lines:
    def __init__(self, *, shown: bool) -> None:
        self._shown = shown

    def stage(self, name: str, total: int) -> None:
        if self._shown and total:
            steps = f" ({total:,})" if total > 1 else ""
            click.echo(f"{STAGES.get(name, name)}{steps} ...", err=True)

    def advance(self) -> None: ...


class _Bar:
    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def stage(self, name: str, total: int) -> None:
        # A stage with nothing to do would show as a bar that never fills.
        self._task = self._bars.add_task(STAGES.get(name, name), total=total) if total else None

    def advance(self) -> None:
        if self._task is not None:
            self._bars.advance(self._task)
