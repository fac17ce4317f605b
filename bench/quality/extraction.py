"""Token F1 of article extraction on saved pages, beside trafilatura and readability-lxml alone.

    python bench/quality/extraction.py ../shared/data/wordpress_import/html

Each folder in there has a `source.html` and the text that is wanted, `expected.html`.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import trafilatura
from lxml import html

from backbot.corpus.sources.page import read_page

Extractor = Callable[[str], str]


def text_of(markup: str) -> str:
    """Return the words of `markup`, with a space wherever an element begins or ends."""
    root = html.fromstring(f"<div>{markup}</div>")
    for element in list(root.iter("script", "style", "noscript")):
        element.drop_tree()
    return " ".join(root.itertext())


def token_f1(found: str, wanted: str) -> float:
    """Return the F1 of the words of `found`, as a bag, against those of `wanted`."""
    ours, theirs = (Counter(re.findall(r"\w+", text.lower())) for text in (found, wanted))
    common = sum((ours & theirs).values())
    return 2 * common / (sum(ours.values()) + sum(theirs.values())) if common else 0.0


def ours(markup: str) -> str:
    """Return the text of the article as `backbot import` takes it."""
    post = read_page(markup.encode("utf-8"), "page")
    return "\n".join(line for part in post.parts for line in part.lines)


def theirs(markup: str) -> str:
    """Return the text that trafilatura finds by itself."""
    return trafilatura.extract(markup, include_comments=False) or ""


def extractors() -> dict[str, Extractor]:
    """Return all that are installed, by name."""
    found: dict[str, Extractor] = {"backbot": ours, "trafilatura": theirs}
    try:
        from readability import Document  # type: ignore[import-not-found,unused-ignore]
    except ModuleNotFoundError:
        print("readability-lxml is not installed and is left out.", file=sys.stderr)
    else:
        found["readability-lxml"] = lambda markup: text_of(Document(markup).summary())
    return found


def main(folder: Path) -> None:
    found = extractors()
    scores: dict[str, list[float]] = {name: [] for name in found}
    print("page".ljust(32), *(name.rjust(17) for name in found))
    for page in sorted(folder.iterdir()):
        markup = (page / "source.html").read_text("utf-8")
        wanted = text_of((page / "expected.html").read_text("utf-8"))
        for name, extract in found.items():
            scores[name].append(token_f1(extract(markup), wanted))
        print(page.name.ljust(32), *(f"{each[-1]:17.3f}" for each in scores.values()))
    means = (sum(each) / len(each) for each in scores.values())
    print("mean".ljust(32), *(f"{mean:17.4f}" for mean in means))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
