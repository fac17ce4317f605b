"""The kinds of block that a text is made of."""

from typing import Literal

BlockKind = Literal["heading", "paragraph", "item", "quote", "code"]
