"""What the recogniser finds in a conversation."""

from typing import Final

import msgspec

# From the gravest to none. Outside, `crisis_immediate` and `crisis` both show as `crisis`.
LEVELS: Final = ("crisis_immediate", "crisis", "emergency", "urgent", "soon", "info", "none")
# Levels that stay for the rest of a conversation until the reader says it was dealt with.
LASTING: Final = frozenset(LEVELS[:4])
CRISES: Final = frozenset(LEVELS[:2])


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The gravest warning sign of a conversation, and what it was told by.

    `level` is one of `LEVELS` and `category` one of wording.toml, "" where there is none.
    `triggers` are the reader's words, `reasons` sentences for the owner. `declined` says what is
    never answered (`dose`, `stopping`, `diagnosis`, `scan`), "" if nothing of the kind was asked.
    `lasting` tells that the signs stand in an earlier turn and have not been dealt with.
    """

    level: str = "none"
    category: str = ""
    triggers: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    declined: str = ""
    lasting: bool = False

    @property
    def rank(self) -> int:
        """Its place in `LEVELS`: 0 is the gravest."""
        return LEVELS.index(self.level)
