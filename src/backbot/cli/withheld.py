"""Telling the owner which sentences are never shown to readers."""

from collections.abc import Sequence

from backbot.cli.terminal import Terminal, counted
from backbot.index.withheld import Withheld

_ADVISES = {
    "dose": "on taking a medicine",
    "mixing": "on mixing medicines",
    "stopping": "on stopping or changing a medicine",
}


def print_withheld(terminal: Terminal, withheld: Sequence[Withheld]) -> None:
    """List the sentences that advise on medicines; print nothing if there are none."""
    if not withheld:
        return
    terminal.print()
    what = "advises" if len(withheld) == 1 else "advise"
    terminal.say(
        f"{counted(len(withheld), 'sentence')} of the articles {what} on medicines. Readers never "
        "see them in an answer; you may want to send readers to a pharmacist there instead.",
        style="bold",
    )
    for each in withheld:
        terminal.say(f"{each.document}, {_ADVISES[each.advises]}: “{each.sentence}”", indent=2)
