"""Looking a new version over before readers get it."""

from contextlib import suppress
from pathlib import Path

import msgspec

from backbot.chatbot import Chatbot
from backbot.errors import IndexUnavailableError
from backbot.guard.changes import Changes, compare
from backbot.guard.checks import Check, Failure, run_checks
from backbot.guard.pins import run_pins
from backbot.index.encoder import Encoder
from backbot.index.layout import current_version
from backbot.index.pins import Pin
from backbot.index.store import open_index
from backbot.safety import read_wording


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a new version is like: which of the owner's `checks` and `pins` fail, what changed."""

    checks: int = 0
    pins: int = 0
    failures: tuple[Failure, ...] = ()
    changes: Changes = Changes()

    @property
    def passed(self) -> bool:
        """Whether every check and every pin holds."""
        return not self.failures


def examine(
    root: Path,
    version: str,
    corpus: Path,
    checks: tuple[Check, ...],
    encoder: Encoder,
    pins: tuple[Pin, ...] = (),
) -> Report:
    """Return what `version` in `root` is like beside the current one.

    It is opened from the disk, as a server will do it, so that every byte and number is proved;
    only the `encoder`, which was proved when it was opened, is not opened again.
    """
    wording = read_wording(corpus)
    after = open_index(root, version, encoder=encoder)
    chatbot = Chatbot(after, wording)
    before = None
    with suppress(IndexUnavailableError):
        same = current_version(root) == version
        before = after if same else open_index(root, encoder=encoder)
    return Report(
        checks=len(checks),
        pins=len(pins),
        failures=(*run_checks(checks, chatbot), *run_pins(pins, chatbot, after)),
        changes=compare(before, after, wording),
    )
