"""The indexes that are measured where none is named: the starter corpus's, and the seed's."""

import subprocess
import sys
from pathlib import Path

from vectors import CACHE

from backbot.rebuild import rebuild_index

PROJECT = Path(__file__).parents[2]
SEED = PROJECT.parent / "shared" / "seed" / "category-archive-upper-back-pain.txt"


def own_indexes() -> list[tuple[str, Path]]:
    """Return name and index of each corpus at hand, built by this very code; takes a minute.

    The seed is a site's pasted category archive beside the checkout; it is left out, with a line
    that says so, where it is not there.
    """
    found = [("starter", PROJECT / "corpus")]
    if SEED.is_file():
        corpus = CACHE / "seed" / "corpus"
        command = [sys.executable, "-m", "backbot", "import", str(SEED), "--into", str(corpus)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found.append(("seed", corpus))
    else:
        print(f"seed: {SEED} is not there; left out")
    indexes = [(name, corpus, CACHE / name / "index") for name, corpus in found]
    for _, corpus, root in indexes:
        rebuild_index(corpus, root)
    return [(name, root) for name, _, root in indexes]
