"""Measure Backbot on public data, where it lies beside the checkout.

    python bench/quality/public.py [scifact] [medquad] [clinc150] [cast]
        [--index NAME=INDEX ...] [--data FOLDER] [--json FILE]

`--index` names the corpora that CLINC150's messages are put to; SciFact and MedQuAD make indexes of
their own below `.cache/`, which takes minutes the first time. Without names all four are measured.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import cast
import clinc150
import medquad
import msgspec
import scifact
from peers import named
from tables import Table, print_table
from vectors import CACHE

from backbot.index.export import ensure_exported
from backbot.index.store import open_index

DATA = Path(__file__).parents[3] / "shared" / "data"
NAMES = ("scifact", "medquad", "clinc150", "cast")
FOLDERS = {"medquad": "medquad_msk"}


def measure(name: str, data: Path, indexes: dict[str, Path]) -> list[Table]:
    """Return the tables of one data set; raises `FileNotFoundError` where it is not there."""
    folder = data / FOLDERS.get(name, name)
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    opened = {each: open_index(root) for each, root in indexes.items()}
    models = CACHE / "models"
    ways: dict[str, Callable[[], list[Table]]] = {
        "scifact": lambda: [scifact.measure(folder, ensure_exported(None, models).folder)],
        "medquad": lambda: medquad.measure(folder),
        "clinc150": lambda: [clinc150.measure(folder, opened)],
        "cast": lambda: cast.measure(folder),
    }
    return ways[name]()


def measure_if_there(name: str, data: Path, indexes: dict[str, Path]) -> list[Table]:
    """Return the tables of one data set; none, and a line that says so, where it is not there."""
    try:
        return measure(name, data, indexes)
    except FileNotFoundError as error:
        print(f"{name}: {error} is not there; left out")
        return []


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--index", dest="indexes", action="append", default=[], type=named)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"no such data set: {', '.join(sorted(unknown))}")
    tables: list[Table] = []
    for name in options.names or NAMES:
        found = measure_if_there(name, options.data, dict(options.indexes))
        for table in found:
            print_table(table)
        tables.extend(found)
    if options.json:
        encoded = msgspec.json.encode(tables)
        options.json.write_bytes(msgspec.json.format(encoded, indent=2) + b"\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
