"""Whether the numbers of an index fit together.

Sums in the manifest show accidents; these checks stop an index that was made to mislead.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backbot.index.contents import (
    P_DOCUMENT,
    P_FIRST,
    P_LAST,
    P_SECTION,
    PASSAGE_COLUMNS,
    S_BLOCK,
    S_DOCUMENT,
    S_END,
    S_ROLE,
    S_SECTION,
    S_START,
    SENTENCE_COLUMNS,
)
from backbot.index.encoder import ModelCard
from backbot.index.layout import CELL_ARRAYS, ENCODED, SEARCHED, Written
from backbot.index.views import Baseline
from backbot.index.wording import Wording
from backbot.text.roles import Role
from backbot.text.terms import words

# How far from 1 the length of a vector may be for rounding's sake.
UNIT_TOLERANCE = 1e-3


def check(written: Written, arrays: dict[str, NDArray[Any]], card: ModelCard) -> None:
    """Raise ValueError unless every number points at something that is there."""
    _check_wording(written.wording)
    _check_baseline(written.baseline, card.dimensions)
    if any(array.ndim == 0 for array in arrays.values()):
        raise ValueError("an index with a number in the place of a table")
    documents, questions = written.documents, written.questions
    sentences, passages = arrays["sentences"], arrays["passages"]
    dimensions = card.dimensions
    shapes = {
        "sentences": (len(sentences), SENTENCE_COLUMNS),
        "passages": (len(passages), PASSAGE_COLUMNS),
        **_column_shapes("lexical", arrays, len(written.vocabulary)),
        **_column_shapes("document", arrays, len(written.document_vocabulary)),
        "passage_vectors": (len(passages), dimensions),
        "sentence_vectors": (len(sentences), dimensions),
        "question_vectors": (len(questions), dimensions),
        "elsewhere_vectors": (len(written.elsewhere), dimensions),
        "token_starts": (len(sentences) + 1,),
        "token_vectors": (len(arrays["token_vectors"]), card.token_dimensions),
    }
    sound = all(arrays[name].shape == shape for name, shape in shapes.items())
    sound = sound and all(
        bool(np.isfinite(array).all()) for array in arrays.values() if array.dtype.kind == "f"
    )
    sound = sound and all(has_unit_rows(arrays[f"{kind}_vectors"]) for kind in ENCODED)
    sound = sound and _columns_fit("lexical", arrays, len(passages))
    sound = sound and _columns_fit("document", arrays, len(documents))
    sound = sound and _cuts(arrays["token_starts"], len(arrays["token_vectors"]))
    sound = sound and all(_cells_fit(kind, arrays, dimensions) for kind in SEARCHED)
    sound = sound and len(questions) > 0 and len(passages) > 0
    sound = sound and all(0 <= each.document < len(documents) for each in questions)
    sound = sound and all(a.document <= b.document for a, b in pairwise(questions))
    sound = sound and len({document.id for document in documents}) == len(documents) > 0
    sound = sound and all(
        0 <= pin.document < len(documents)
        and 0 <= pin.start <= pin.end <= len(documents[pin.document].text)
        for pin in written.pins
    )
    sound = sound and _within(sentences[:, S_DOCUMENT], 0, len(documents))
    sound = sound and _within(passages[:, P_DOCUMENT], 0, len(documents))
    sound = sound and _within(passages[:, P_FIRST], 0, len(sentences))
    sound = sound and _within(passages[:, P_LAST], 1, len(sentences) + 1)
    sound = sound and bool((passages[:, P_FIRST] < passages[:, P_LAST]).all())
    sound = sound and _within(sentences[:, S_ROLE], 0, len(Role))
    if sound:
        lengths = np.array([len(document.text) for document in documents])
        blocks = np.array([len(document.blocks) for document in documents])
        owner, part_of = sentences[:, S_DOCUMENT], passages[:, P_DOCUMENT]
        sound = bool(
            (sentences[:, S_START] >= 0).all()
            and (sentences[:, S_START] < sentences[:, S_END]).all()
            and (sentences[:, S_END] <= lengths[owner]).all()
            and (sentences[:, S_BLOCK] >= 0).all()
            and (sentences[:, S_BLOCK] < blocks[owner]).all()
            and (sentences[:, S_SECTION] >= -1).all()
            and (sentences[:, S_SECTION] < blocks[owner]).all()
            and (passages[:, P_SECTION] >= -1).all()
            and (passages[:, P_SECTION] < blocks[part_of]).all()
            and (owner[passages[:, P_FIRST]] == part_of).all()
            and (owner[passages[:, P_LAST] - 1] == part_of).all()
            and (np.diff(owner) >= 0).all()
        )
    if not sound:
        raise ValueError("an index whose numbers do not fit together")


def check_frame(
    wording: Wording, baseline: Baseline, elsewhere: NDArray[Any], subject: NDArray[Any]
) -> None:
    """Raise ValueError unless what is held of an index in a database fits together."""
    _check_wording(wording)
    _check_baseline(baseline, len(subject))
    if not has_unit_rows(elsewhere) or not np.isfinite(subject).all():
        raise ValueError("vectors that are none")


def _check_wording(wording: Wording) -> None:
    """Raise ValueError unless every word and phrase is one: they are looked for in questions."""
    phrases = [phrase for group in wording.groups for phrase, _ in group]
    if not all(wording.words) or not all(phrases):
        raise ValueError("an empty word")
    if any(phrase != " ".join(words(phrase)) for phrase in phrases):
        raise ValueError("a phrase that is more than its words")


def _check_baseline(baseline: Baseline, dimensions: int) -> None:
    """Raise ValueError unless there is a number for every dimension, and every one is finite."""
    tables = (baseline.means, baseline.spreads, baseline.own)
    numbers = [*baseline.everyday, *(value for table in tables for value in table.values())]
    if len(baseline.everyday) not in (0, dimensions + 1) or not np.isfinite(numbers).all():
        raise ValueError("a baseline of something else")


def has_unit_rows(vectors: NDArray[Any]) -> bool:
    with np.errstate(over="ignore"):
        lengths = np.linalg.norm(vectors, axis=1)
    return bool((np.abs(lengths - 1.0) < UNIT_TOLERANCE).all())


def _column_shapes(
    name: str, arrays: dict[str, NDArray[Any]], terms: int
) -> dict[str, tuple[int, ...]]:
    entries = len(arrays[f"{name}_rows"])
    return {
        f"{name}_starts": (terms + 1,),
        f"{name}_rows": (entries,),
        f"{name}_weights": (entries,),
        f"{name}_idf": (terms,),
    }


def _columns_fit(name: str, arrays: dict[str, NDArray[Any]], texts: int) -> bool:
    """Tell whether the columns of a lexical table name texts that are there."""
    rows = arrays[f"{name}_rows"]
    return (
        bool((arrays[f"{name}_weights"] >= 0).all())
        and bool((arrays[f"{name}_idf"] >= 0).all())
        and _cuts(arrays[f"{name}_starts"], len(rows))
        and _within(rows, 0, texts)
    )


def _cells_fit(kind: str, arrays: dict[str, NDArray[Any]], dimensions: int) -> bool:
    """Tell whether the cells of a kind of vectors hold each of them once, or there are none."""
    names = [name for name in CELL_ARRAYS if name.startswith(kind)]
    if not any(name in arrays for name in names):
        return True
    if not all(name in arrays for name in names):
        return False
    centres, starts, order = (arrays[name] for name in names)
    rows = len(arrays[f"{kind}_vectors"])
    return (
        centres.ndim == 2
        and len(centres) > 0
        and centres.shape[1] == dimensions
        and starts.shape == (len(centres) + 1,)
        and order.shape == (rows,)
        and _cuts(starts, rows)
        and _within(order, 0, rows)
        and bool((np.bincount(order, minlength=rows) == 1).all())
    )


def _cuts(starts: NDArray[Any], rows: int) -> bool:
    """Tell whether `starts` cuts so many rows into neighbouring spans."""
    return bool(starts[0] == 0 and starts[-1] == rows and (np.diff(starts) >= 0).all())


def _within(values: NDArray[Any], low: int, high: int) -> bool:
    return bool(((values >= low) & (values < high)).all())
