"""Rebuilding an index: read the corpus, build, measure, swap in at once or not at all."""

from pathlib import Path
from typing import NamedTuple

from backbot.answering.calibrate import measure_baseline
from backbot.corpus.files import read_corpus
from backbot.corpus.lint import Remark, lint
from backbot.guard.checks import read_checks
from backbot.guard.examine import Report, examine
from backbot.index.build import build_index, cell_settings, settings
from backbot.index.contents import Known
from backbot.index.delivery import delivery
from backbot.index.draft import drafting
from backbot.index.export import ensure_exported
from backbot.index.layout import CURRENT_FILE, corpus_fingerprint
from backbot.index.pins import read_pins
from backbot.index.progress import Progress, Silent
from backbot.index.store import read_known
from backbot.index.withheld import Withheld, read_withheld
from backbot.index.wording import read_synonyms


class Rebuilt(NamedTuple):
    """What a rebuild did. `embedded` texts were new, `reused` ones had a vector already.

    `report` says how the version stands against the owner's checks and the version before,
    `remarks` what there is to look at in the corpus; it is `published` if it answers from now on,
    else held back beside the one that does. `withheld` sentences advise on medicines and are never
    quoted. `recall` says of what is too much to be searched exactly which share of the ten nearest
    is found, with its kind.
    """

    version: str
    documents: int
    passages: int
    sentences: int
    embedded: int
    reused: int
    report: Report = Report()
    remarks: tuple[Remark, ...] = ()
    published: bool = True
    withheld: tuple[Withheld, ...] = ()
    recall: tuple[tuple[str, float], ...] = ()


def rebuild_index(
    corpus: Path,
    root: Path,
    *,
    model: str | None = None,
    full: bool = False,
    force: bool = False,
    hold: bool = False,
    progress: Progress | None = None,
    database: str | None = None,
) -> Rebuilt:
    """Build the index of the documents in `corpus` and make it the current one in `root`.

    Vectors of unchanged texts are taken over from the current version unless `full`. The same
    corpus gives the same bytes and the same version. The new version is opened from the disk and
    the owner's checks are run against it first; where one fails, the version before answers on,
    unless `force`; with `hold` it does so in any case. A `database` (a URL) serves what this index
    does: a version is brought there before it answers here. Raises `CorpusError`, `ModelError`,
    `WriteError` or `UsageError`; the index in `root` is then as it was.
    """
    progress = progress or Silent()
    documents = read_corpus(corpus)
    synonyms = read_synonyms(corpus)
    checks = read_checks(corpus)
    pins = read_pins(corpus)
    report = Report()
    # The first version of all has none beside which it could be held.
    hold = hold and (root / CURRENT_FILE).exists()

    def prove(version: str) -> bool:
        nonlocal report
        progress.stage("Proving", 1)
        report = examine(root, version, corpus, checks, encoder, pins)
        progress.advance()
        return (report.passed or force) and not hold

    with drafting(root) as draft:
        progress.stage("Sentence encoder", 1)
        encoder = ensure_exported(model, root / "models", anew=full)
        progress.advance()
        known = Known.nothing() if full else read_known(root, encoder.card)
        built = build_index(documents, synonyms, encoder, known, progress, pins)
        index = built.index
        baseline = measure_baseline(index, progress)

        progress.stage("Writing", 1)
        draft.contents(index, built.keys, baseline)
        progress.advance()
        version = draft.publish(
            model=encoder.folder.name,
            model_digest=encoder.card.digest,
            corpus=corpus_fingerprint(documents),
            settings=settings() | cell_settings(index),
            counts={
                "documents": len(documents),
                "passages": len(index.passages),
                "sentences": len(index.sentences),
                "questions": len(index.questions),
            },
            prove=prove,
            deliver=delivery(root, database, encoder, progress),
        )
    return Rebuilt(
        version,
        len(documents),
        len(index.passages),
        len(index.sentences),
        built.embedded,
        built.reused,
        report,
        lint(documents, corpus),
        published=(report.passed or force) and not hold,
        withheld=read_withheld(index),
        recall=tuple(
            (kind, dense.cells.recall)
            for kind, dense in (("passage", index.dense), ("question", index.asked))
            if dense.cells
        ),
    )
