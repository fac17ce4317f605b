"""What building an index costs by the size of the corpus: time, peak memory, bytes on disk.

    python bench/build.py [--articles 50 150 450] [--models INDEX] [--json FILE]

Each build is `backbot rebuild-index` from nothing in a process of its own, over articles that are
made by rules (`generated.py`); the encoder has been exported before. Peak memory is the most that
the process held at once, as the system counts it.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import generated
from results import keep


def build(corpus: Path, index: Path) -> dict[str, Any]:
    """Build and return what it took; raises CalledProcessError."""
    command = [sys.executable, "-m", "backbot", "rebuild-index", "--json"]
    command += ["--corpus", str(corpus), "--index", str(index)]
    started = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "BACKBOT_SOURCE": ""}
    ) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        # The usage of this one child; what getrusage gives is the most of all children.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    told = json.loads(said)
    held = sum(path.stat().st_size for path in (index / "versions" / told["version"]).iterdir())
    return {
        "documents": told["documents"],
        "passages": told["passages"],
        "sentences": told["sentences"],
        "texts_embedded": told["embedded"],
        "wall_s": round(wall, 1),
        "processor_s": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_mb": round(usage.ru_maxrss / 1000),
        "index_mb": round(held / 1e6, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, nargs="+", default=[50, 150, 450])
    parser.add_argument("--models", type=Path, help="an index folder with the exported encoder")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory(prefix="backbot-build-") as scratch:
        folder = Path(scratch)
        models = options.models
        if models is None:
            generated.write_site(folder / "small", 2)
            build(folder / "small", folder / "first")
            models = folder / "first"
        for count in options.articles:
            corpus, index = folder / f"corpus-{count}", folder / f"index-{count}"
            generated.write_site(corpus, count)
            shutil.copytree(models / "models", index / "models")
            found.append(build(corpus, index))
            print(found[-1], flush=True)
            shutil.rmtree(index)
    keep(found, options.json)


if __name__ == "__main__":
    main()
