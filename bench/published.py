"""The encoder as it was published: the same graph with its weights unrounded.

What Backbot is measured against takes this one, so that a quicker encoder of ours cannot make the
rest of a reply look dear, nor a rival slow.
"""

import shutil
from pathlib import Path

from backbot.index.encoder import Encoder
from backbot.index.export import DEFAULT_NAME, export, find_checkpoint
from corpora import CACHE


def published_encoder(folder: Path = CACHE / "published") -> Encoder:
    """Export the unrounded encoder into `folder`, anew each time, and open it; takes seconds."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    export(find_checkpoint(None), folder, name=DEFAULT_NAME, rounded=False)
    return Encoder(folder)
