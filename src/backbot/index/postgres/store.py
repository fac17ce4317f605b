"""Opening an index in PostgreSQL: which version is served, and what of it is held."""

from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from backbot.errors import (
    IndexDamagedError,
    IndexOutdatedError,
    IndexUnavailableError,
    VersionGoneError,
)
from backbot.index.dense import Dense
from backbot.index.encoder import Encoder
from backbot.index.layout import FORMAT, UNREADABLE, is_name
from backbot.index.postgres.connections import Connections, Statement
from backbot.index.postgres.read import PostgresIndex, Small
from backbot.index.postgres.tables import Frame, schema_of
from backbot.index.postgres.terms import StoredTerms
from backbot.index.soundness import check_frame

_Kind = TypeVar("_Kind", bound=np.generic)


class Pointer(NamedTuple):
    """Which version is served; `serial` rises whenever that changes."""

    serial: int
    version: str
    before: str | None


def read_pointer(connections: Connections) -> Pointer:
    """Return which version a host serves; raises `IndexUnavailableError` and its kin."""
    try:
        (rows,) = connections.read(Statement("select serial, version, before from backbot.current"))
    except VersionGoneError:
        rows = []
    if not rows:
        raise IndexUnavailableError(
            f"There is no index in {connections.place}; run `backbot rebuild-index` to build one."
        )
    pointer = Pointer(*rows[0])
    if not is_name(pointer.version):
        raise _damaged(connections)
    return pointer


def read_size(connections: Connections) -> tuple[int, int]:
    """Return how many versions a host holds, and their bytes with all keys."""
    (rows,) = connections.read(
        Statement(
            "select count(distinct nspname), coalesce(sum(pg_total_relation_size(c.oid)), 0)::int8 "
            "from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where nspname ~ '^backbot_[0-9a-f]{16}$' and relkind = 'r'"
        )
    )
    versions, size = rows[0]
    return versions, size


def open_version(
    connections: Connections, version: str, models: Path, encoder: Encoder | None = None
) -> PostgresIndex:
    """Open a version; its sentence encoder lies in the folder `models` of this host.

    An `encoder` that is open already is used if it is the version's own. Raises
    `IndexUnavailableError` and its kin, `ModelError` where there is no such encoder.
    """
    (rows,) = connections.read(Statement(f"select name, content from {schema_of(version)}.parts"))
    parts: dict[str, Any] = dict(rows)
    try:
        # The number first: another format may have other fields.
        written = msgspec.json.decode(parts["frame"])
        if isinstance(written, dict) and written.get("format") != FORMAT:
            raise IndexOutdatedError(
                f"The index in {connections.place} was written by another version of Backbot; "
                "run `backbot rebuild-index` to write it anew."
            )
        frame = msgspec.convert(written, Frame)
        if not is_name(frame.model):
            raise _damaged(connections)
        if encoder is None or encoder.card.digest != frame.model_digest:
            encoder = Encoder(models / frame.model)
        if encoder.card.digest != frame.model_digest:
            raise IndexDamagedError(
                f"The index in {connections.place} was built with another sentence encoder than "
                f"that in {models}; copy the folder {frame.model} from where it was built."
            )
        wide = encoder.dimensions
        small = Small(
            Dense(_array(parts, "elsewhere_vectors", np.float32).reshape(frame.elsewhere, wide)),
            _array(parts, "subject", np.float32).reshape(wide),
            _terms(parts, "lexical", frame.vocabulary, frame.passages),
            _terms(parts, "document", frame.document_vocabulary, frame.documents),
        )
        check_frame(frame.wording, frame.baseline, small.away.vectors, small.subject)
    except (KeyError, ValueError, *UNREADABLE):
        raise _damaged(connections) from None
    return PostgresIndex(version, frame, small, encoder, connections)


def _terms(
    parts: dict[str, Any], name: str, vocabulary: tuple[str, ...], texts: int
) -> StoredTerms:
    idf, lengths = (
        _array(parts, f"{name}_idf", np.float64),
        _array(parts, f"{name}_lengths", np.int64),
    )
    sound = idf.shape == lengths.shape == (len(vocabulary),) and bool(np.isfinite(idf).all())
    if not sound or bool((idf < 0).any()) or bool((lengths < 0).any()) or texts <= 0:
        raise ValueError("terms that do not fit")
    return StoredTerms(
        {term: number for number, term in enumerate(vocabulary)}, idf, lengths, texts
    )


def _array(parts: dict[str, Any], name: str, kind: type[_Kind]) -> NDArray[_Kind]:
    return np.frombuffer(parts[name], dtype=np.dtype(kind).newbyteorder("<")).astype(kind)


def _damaged(connections: Connections) -> IndexDamagedError:
    return IndexDamagedError(
        f"The index in {connections.place} is damaged or not Backbot's; "
        "run `backbot rebuild-index` to write it anew."
    )
