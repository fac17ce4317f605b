"""The off switch: while a file stands beside the index, the chat is down.

Down means that nothing is looked up or quoted: readers get a friendly notice, their messages are
still read for warning signs, and all pages and articles stay up.
"""

from pathlib import Path

from backbot.index.draft import writing

FILE = "chat-is-off"


def is_closed(root: Path) -> bool:
    """Tell whether the chat that answers from the index in `root` is down."""
    return (root / FILE).exists()


def close(root: Path) -> None:
    """Take the chat down; every server of this index shows it with the next request."""
    with writing(root):
        (root / FILE).touch()


def reopen(root: Path) -> None:
    """Let the chat answer again."""
    with writing(root):
        (root / FILE).unlink(missing_ok=True)
