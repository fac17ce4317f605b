"""Corpora of real text in the sizes that are measured.

    python bench/corpora.py FOLDER PASSAGES

The starter corpus, then MedQuAD's musculoskeletal pages, then SciFact's abstracts, which lie in
`../shared/data` beside the checkout; without them there is only as much text as the starter has.
"""

import argparse
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import yaml

from backbot.corpus.files import read_corpus
from backbot.index.passages import split_passages, split_sentences

PROJECT = Path(__file__).parents[1]
DATA = PROJECT.parent / "shared" / "data"
# Ignored by git: indexes of ten thousand passages and what was measured on them.
CACHE = Path(__file__).parent / ".cache"
# Documents written between two looks at how many passages there are.
_STEP = 50


def write_corpus(folder: Path, passages: int) -> int:
    """Write documents into `folder` until they hold `passages` passages; return how many they do.

    Fewer where the text runs out.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(PROJECT / "corpus", folder)
    (folder / "checks.toml").unlink(missing_ok=True)
    held = count_passages(folder)
    batch = folder.parent / f".{folder.name}"
    pages = _pages()
    while held < passages:
        shutil.rmtree(batch, ignore_errors=True)
        (batch / "articles").mkdir(parents=True)
        for name, title, text in (page for page, _ in zip(pages, range(_STEP), strict=False)):
            front = yaml.safe_dump({"title": title}, allow_unicode=True)
            (batch / "articles" / name).write_text(f"---\n{front}---\n\n{text}\n", encoding="utf-8")
        written = list((batch / "articles").iterdir())
        if not written:
            break
        held += count_passages(batch)
        for path in written:
            path.rename(folder / "articles" / path.name)
    shutil.rmtree(batch, ignore_errors=True)
    return held


def count_passages(folder: Path) -> int:
    """Return how many passages an index of the documents in `folder` has."""
    return sum(len(split_passages(each, split_sentences(each))) for each in read_corpus(folder))


def _pages() -> Iterator[tuple[str, str, str]]:
    """Yield file name, title and text of each page beside the starter corpus."""
    for prefix, path in (
        ("m", DATA / "medquad_msk" / "articles.jsonl"),
        ("s", DATA / "scifact" / "corpus.jsonl"),
    ):
        if not path.is_file():
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            page = json.loads(line)
            name = f"{prefix}{page['_id'].replace('_', '-').casefold()}.md"
            yield name, page["title"], page["text"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("passages", type=int)
    options = parser.parse_args()
    print(f"{write_corpus(options.folder, options.passages):,} passages in {options.folder}")


if __name__ == "__main__":
    main()
