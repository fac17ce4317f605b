"""What `backbot import` does with a file of 1 GB, and how much memory it takes for that.

    python bench/large.py [--bytes 1000000000] [--only wordpress feed html table]

Each file is made on the spot out of articles made by rules (`generated.py`), imported by a process
of its own, and taken away again. One in ten items of the WordPress export is a post, the others are
revisions, as in an export that has grown so large. Memory is the most that the process held at
once; `refused` is the sentence that it gave instead of importing.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import generated

DEFAULT_BYTES = 1_000_000_000
# So many articles stand in a large file again and again, under another title each time.
ARTICLES = 200
_WP = "http://wordpress.org/export/1.2/"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"


def _bodies() -> list[str]:
    return [
        "".join(f"<p>{escape(each)}</p>\n" for each in body.split("\n\n"))
        for _, body in generated.articles(ARTICLES)
    ]


def wordpress() -> Iterator[str]:
    yield f'<?xml version="1.0"?>\n<rss xmlns:wp="{_WP}" xmlns:content="{_CONTENT}"><channel>'
    bodies = _bodies()
    for number in _count():
        kind = "revision" if number % 10 else "post"
        content = "".join(bodies[(number + step) % ARTICLES] for step in range(4))
        yield (
            f"<item><title>Article {number}</title><wp:post_id>{number}</wp:post_id>"
            f"<wp:post_type>{kind}</wp:post_type><wp:status>publish</wp:status>"
            f"<content:encoded><![CDATA[{content}]]></content:encoded></item>\n"
        )
    yield "</channel></rss>\n"


def feed() -> Iterator[str]:
    yield '<?xml version="1.0"?>\n<rss version="2.0"><channel><title>Backs</title>'
    bodies = _bodies()
    for number in _count():
        text = escape(bodies[number % ARTICLES])
        yield f"<item><title>Article {number}</title><description>{text}</description></item>\n"
    yield "</channel></rss>\n"


def html() -> Iterator[str]:
    yield "<!DOCTYPE html><html><head><title>A page</title></head><body><article>\n"
    bodies = _bodies()
    for number in _count():
        yield bodies[number % ARTICLES]
    yield "</article></body></html>\n"


def table() -> Iterator[str]:
    yield "question,answer\n"
    answers = [body.replace('"', "'") for _, body in generated.articles(ARTICLES)]
    for number in _count():
        yield f'Does article {number} help?,"{answers[number % ARTICLES]}"\n'
    yield ""


_enough = False


def _count() -> Iterator[int]:
    """Count until the file is large enough."""
    number = 0
    while not _enough:
        yield number
        number += 1


KINDS: dict[str, tuple[str, Callable[[], Iterator[str]]]] = {
    "wordpress": ("export.xml", wordpress),
    "feed": ("feed.xml", feed),
    "html": ("page.html", html),
    "table": ("answers.csv", table),
}


def write(path: Path, pieces: Callable[[], Iterator[str]], size: int) -> None:
    """Write `pieces` to a file of about `size` bytes, and its end."""
    global _enough
    _enough = False
    written = 0
    with path.open("w", encoding="utf-8") as file:
        for piece in pieces():
            written += file.write(piece)
            _enough = written >= size


def run(path: Path, into: Path) -> dict[str, Any]:
    """Import the file at `path` and return what that took."""
    command = [sys.executable, "-m", "backbot", "import", str(path), "--into", str(into), "--json"]
    size, started = path.stat().st_size, time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        said, complaint = out.read(), err.read().decode().strip()
    found: dict[str, Any] = {
        "bytes": size,
        "peak_mb": round(usage.ru_maxrss / 1024),
        "processor_s": round(usage.ru_utime + usage.ru_stime, 1),
        "wall_s": round(time.perf_counter() - started, 1),
    }
    if process.returncode:
        return found | {"refused": complaint, "wrote_something": into.exists()}
    report = json.loads(said)
    return found | {"documents": len(report["documents"]), "left_out": len(report["left_out"])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bytes", type=int, default=DEFAULT_BYTES)
    parser.add_argument("--only", nargs="*", choices=KINDS, default=list(KINDS))
    options = parser.parse_args()
    found = {}
    for kind in options.only:
        name, pieces = KINDS[kind]
        with tempfile.TemporaryDirectory(prefix="backbot-large-") as scratch:
            path = Path(scratch) / name
            write(path, pieces, options.bytes)
            found[kind] = run(path, Path(scratch) / "corpus")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
