"""Telling how far a rebuild is."""

from typing import Protocol


class Progress(Protocol):
    """Told how far a rebuild is, for a bar on a terminal or a line in a log."""

    def stage(self, name: str, total: int) -> None:
        """A new stage begins that has `total` steps."""

    def advance(self) -> None:
        """One step of the stage is done."""


class Silent:
    """A progress that nobody watches."""

    def stage(self, name: str, total: int) -> None: ...

    def advance(self) -> None: ...
