"""What a rebuild costs: a site built from nothing, then with one article changed.

    python bench/rebuild.py [--articles 1000] [--rounds 3] [--prove] [--models INDEX] [--json]

The articles are made by rules (`generated.py`). Each build is `backbot rebuild-index` in a process
of its own, so that reading the interpreter's modules counts too; the encoder has been exported
before, which makes the build from nothing cheaper than an owner's first one. Then the second
paragraph of one article is replaced in each round, and the index rebuilt. Processor time counts
all threads; other programs on the machine make the wall time longer, the processor time hardly.

`--prove` builds the changed site from nothing as well and compares the two versions' names, which
are digests of all that they hold.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import generated

# Numbers of articles that no site holds: where new paragraphs come from.
ELSEWHERE = 1_000_000


class Build(NamedTuple):
    """One run of `backbot rebuild-index`: seconds, and what it said of itself."""

    processor: float
    wall: float
    told: dict[str, Any]


def build(corpus: Path, index: Path) -> Build:
    """Rebuild and return what it took; raises CalledProcessError."""
    command = [sys.executable, "-m", "backbot", "rebuild-index", "--json"]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    said = subprocess.run(
        [*command, "--corpus", str(corpus), "--index", str(index)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "BACKBOT_SOURCE": ""},
    ).stdout
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Build(processor, wall, json.loads(said))


def change(path: Path, number: int) -> None:
    """Replace the second paragraph of the article at `path`."""
    pieces = path.read_text(encoding="utf-8").split("\n\n")
    pieces[3] = generated.Writer(ELSEWHERE + number).paragraph(4)
    path.write_text("\n\n".join(pieces), encoding="utf-8")


def measure(folder: Path, count: int, rounds: int, models: Path | None, prove: bool) -> Any:
    """Return what the builds of a site of `count` articles took, as a JSON object."""
    corpus, index = folder / "corpus", folder / "index"
    if models is None:
        generated.write_site(folder / "small", 2)
        build(folder / "small", folder / "first")
        models = folder / "first"
    shutil.copytree(models / "models", index / "models")
    files = generated.write_site(corpus, count)
    full = build(corpus, index)
    changed = []
    for number in range(rounds):
        change(files[number * len(files) // rounds], number)
        changed.append(build(corpus, index))
    processor = statistics.median(each.processor for each in changed)
    wall = statistics.median(each.wall for each in changed)
    found = {
        "articles": count,
        "passages": full.told["passages"],
        "sentences": full.told["sentences"],
        "full": {
            "processor_s": round(full.processor, 1),
            "wall_s": round(full.wall, 1),
            "embedded": full.told["embedded"],
        },
        "one_article_changed": {
            "processor_s": round(processor, 2),
            "wall_s": round(wall, 2),
            "embedded": [each.told["embedded"] for each in changed],
        },
        "times_less_processor": round(full.processor / processor, 1),
        "times_less_wall": round(full.wall / wall, 1),
    }
    if prove:
        anew = folder / "anew"
        shutil.copytree(models / "models", anew / "models")
        found["same_as_from_nothing"] = (
            build(corpus, anew).told["version"] == changed[-1].told["version"]
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--prove", action="store_true", help="build from nothing once more")
    parser.add_argument("--models", type=Path, help="an index folder with the exported encoder")
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="backbot-rebuild-") as scratch:
        folder = options.keep or Path(scratch)
        found = measure(folder, options.articles, options.rounds, options.models, options.prove)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
