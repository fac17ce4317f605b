"""Answering out of PostgreSQL: a few statements a reply, each with the rows of a part of it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from backbot.corpus.document import Document
from backbot.errors import IndexDamagedError
from backbot.index.dense import SPARE, Dense
from backbot.index.encoder import Encoder, Vectors
from backbot.index.layout import UNREADABLE
from backbot.index.lexical import MOST_READ
from backbot.index.pins import Pinned
from backbot.index.postgres.connections import Connections, Statement
from backbot.index.postgres.strongest import strongest
from backbot.index.postgres.tables import WEIGHTS, Frame, schema_of
from backbot.index.postgres.terms import StoredTerms
from backbot.index.reader import (
    OTHER_TERMS_SHARE,
    AskedQuestion,
    Pool,
    Query,
    Rows,
    Scores,
    Sentences,
    shares,
)
from backbot.index.soundness import has_unit_rows
from backbot.index.views import Baseline, Counts, SentenceView, view_sentence
from backbot.index.wording import Wording, spellings, used_groups

# pgvector keeps no more vectors in sight than this.
MOST_REACH = 1000
# What pgvector sends before a vector's numbers: how many they are, and two bytes without meaning.
_HEAD = 4
_DOCUMENT = msgspec.json.Decoder(Document)
_SENTENCE = (
    "number, document, starts, ends, block, section, role, flags, text, vector_send(vector), tokens"
)


class Small(NamedTuple):
    """What is held of a version's arrays: unit vectors of questions about something else,
    the mean of the corpus's questions (dimensions,), and what terms weigh."""

    away: Dense
    subject: Vectors
    lexical: StoredTerms
    document_lexical: StoredTerms


class PostgresIndex:
    """One version of an index in PostgreSQL; an `IndexReader`.

    Only what is small is held. `recall` says of what is searched by a graph which share of the ten
    nearest it found when that was measured. Rows are proved when they are read, since they may be
    anybody's.
    """

    def __init__(
        self, version: str, frame: Frame, small: Small, encoder: Encoder, connections: Connections
    ) -> None:
        self.version = version
        self.encoder = encoder
        self.counts = Counts(frame.documents, frame.passages, frame.sentences, frame.questions)
        self.wording: Wording = frame.wording
        self.baseline: Baseline = frame.baseline
        self.pins: tuple[Pinned, ...] = frame.pins
        self.lexical = small.lexical
        self.document_lexical = small.document_lexical
        self.away = small.away
        self.subject = small.subject
        self.spellings: Mapping[str, Sequence[str]] = spellings(frame.wording)
        self.synonyms = used_groups(frame.wording)
        self.recall = {
            kind: share
            for kind, reach, share in (
                ("passage", frame.passage_reach, frame.passage_recall),
                ("question", frame.question_reach, frame.question_recall),
            )
            if reach
        }
        self._reach = {"passages": frame.passage_reach, "questions": frame.question_reach}
        self._connections = connections
        self._schema = schema_of(version)

    def close(self) -> None:
        """Let go of the connections; the next question opens others."""
        self._connections.close()

    def find(self, query: Query, depth: int, unasked: str | None = None) -> Pool:
        aim = written(query.aim)
        counted = {
            self.lexical.vocabulary[term]: share
            for term, share in shares(query).items()
            if term in self.lexical.vocabulary
        }
        table = f"{self._schema}.{WEIGHTS['lexical']}"
        first = strongest(table, self.lexical, counted, depth, MOST_READ)
        *_, nearest, found = self._read(*self._nearest("passages", aim, depth), first.statement)
        while (better := first.unless_proved(found)) is not None:
            first = better
            (found,) = self._read(first.statement)
        pool = sorted({row[0] for row in nearest} | set(first.rows(found)))
        return self._weighed(query, aim, pool, unasked)

    def find_in(self, query: Query, document: int) -> Pool:
        (rows,) = self._read(
            Statement(f"select number from {self._schema}.passages where document = %s", [document])
        )
        return self._weighed(query, written(query.aim), sorted(row[0] for row in rows), None)

    def read_sentences(self, numbers: Sequence[int]) -> Sentences:
        (rows,) = self._read(
            Statement(
                f"select {_SENTENCE} from {self._schema}.sentences where number = any(%s)",
                [list(dict.fromkeys(numbers))],
            )
        )
        by_number = {row[0]: row for row in rows}
        if len(by_number) != len(set(numbers)):
            raise self._damaged()
        found = [by_number[number] for number in numbers]
        wide = self.encoder.card.token_dimensions
        tokens = [row[10] for row in found]
        if any(len(each) % wide for each in tokens):
            raise self._damaged()
        starts = np.append(0, np.cumsum([len(each) // wide for each in tokens])).astype(np.int64)
        return Sentences(
            tuple(self._view(row) for row in found),
            np.array([row[7] for row in found], dtype=np.int32),
            self._vectors([row[9] for row in found]),
            starts,
            np.frombuffer(b"".join(tokens), dtype=np.int8).reshape(-1, wide),
        )

    def sentences_between(self, document: int, start: int, end: int) -> list[SentenceView]:
        (rows,) = self._read(
            Statement(
                f"select {_SENTENCE} from {self._schema}.sentences "
                "where document = %s and starts < %s and ends > %s order by number",
                [document, end, start],
            )
        )
        return [self._view(row) for row in rows]

    def read_documents(self, rows: Sequence[int]) -> dict[int, Document]:
        (found,) = self._read(
            Statement(
                f"select number, body from {self._schema}.documents where number = any(%s)",
                [list(rows)],
            )
        )
        if len(found) != len(set(rows)):
            raise self._damaged()
        return {number: self._document(body) for number, body in found}

    def find_document(self, identifier: str) -> Document | None:
        (found,) = self._read(
            Statement(f"select body from {self._schema}.documents where id = %s", [identifier])
        )
        return self._document(found[0][0]) if found else None

    def first_documents(self, most: int) -> list[Document]:
        (found,) = self._read(
            Statement(f"select body from {self._schema}.documents order by number limit %s", [most])
        )
        return [self._document(body) for (body,) in found]

    def questions_near(self, vector: Vectors, most: int) -> list[AskedQuestion]:
        *_, found = self._read(*self._nearest("questions", written(vector), most))
        texts = self._vectors([row[4] for row in found])
        return [
            AskedQuestion(text, document, float(cosine), own)
            for (_, cosine, document, text, _), own in zip(found, texts, strict=True)
        ]

    def _read(self, *statements: Statement) -> list[list[tuple[Any, ...]]]:
        return self._connections.read(*statements)

    def _nearest(self, table: str, vector: str, most: int) -> list[Statement]:
        """Return the statements that give the rows nearest to `vector`, with their cosines."""
        reach, wide = self._reach[table], most + SPARE
        more = ", document, text, vector_send(vector)" if table == "questions" else ""
        dimensions = self.encoder.dimensions
        # What half floats put first is weighed again as it was written.
        rough = (
            f"select * from {self._schema}.{table} "
            f"order by vector::halfvec({dimensions}) <#> %s::halfvec({dimensions}) limit {wide}"
        )
        graph = bool(reach) and wide <= MOST_REACH
        if not graph:
            rough = f"select * from {self._schema}.{table}"
        search = Statement(
            f"select number, -(vector <#> %s::vector) as cosine{more} from ({rough}) rough "
            f"order by cosine desc, number limit {most}",
            [vector, vector] if graph else [vector],
        )
        if not graph:
            return [search]
        sight = str(max(reach, wide))
        return [Statement("select set_config('hnsw.ef_search', %s, true)", [sight]), search]

    def _weighed(self, query: Query, aim: str, pool: list[int], unasked: str | None) -> Pool:
        """Return the passages of `pool`, in order, with what speaks for each."""
        owners = (
            f"array(select distinct document from {self._schema}.passages where number = any(%s))"
        )
        terms = (*query.terms, *query.other_terms)
        found, lexical, article, asked = self._read(
            Statement(
                f"select number, document, first, last, -(vector <#> %s::vector) "
                f"from {self._schema}.passages where number = any(%s) order by number",
                [aim, pool],
            ),
            Statement(
                f"select text, term, weight from {self._schema}.{WEIGHTS['lexical']} "
                "where term = any(%s) and text = any(%s)",
                [self.lexical.known(terms), pool],
            ),
            Statement(
                f"select text, term, weight from {self._schema}.{WEIGHTS['document']} "
                f"where term = any(%s) and text = any({owners})",
                [self.document_lexical.known(terms), pool],
            ),
            Statement(
                f"select document, max(-(vector <#> %s::vector)) from {self._schema}.questions "
                f"where document = any({owners}) and text is distinct from %s group by document",
                [written(query.vector), pool, unasked],
            ),
        )
        if len(found) != len(pool):
            raise self._damaged()
        table = np.array([row[:4] for row in found], dtype=np.int64).reshape(-1, 4)
        best = dict(asked)
        result = Pool(
            table[:, 0],
            table[:, 1],
            table[:, 2],
            table[:, 3],
            _scores(self.lexical, query, table[:, 0], lexical),
            _scores(self.document_lexical, query, table[:, 1], article),
            np.array([row[4] for row in found], dtype=np.float32),
            np.array([max(0.0, best.get(row[1], 0.0)) for row in found], dtype=np.float32),
        )
        spans = result.lasts - result.firsts
        sound = bool((spans > 0).all() and (spans < MOST_REACH).all())
        if not (sound and all(bool(np.isfinite(each).all()) for each in result[4:])):
            raise self._damaged()
        return result

    def _view(self, row: tuple[Any, ...]) -> SentenceView:
        number, *table, text, _, _ = row
        try:
            view = view_sentence(number, table, text)
        except ValueError:
            raise self._damaged() from None
        if not 0 <= view.start < view.end or view.end - view.start != len(text):
            raise self._damaged()
        return view

    def _vectors(self, sent: Sequence[bytes]) -> Vectors:
        dimensions = self.encoder.dimensions
        if any(len(each) != _HEAD + 4 * dimensions for each in sent):
            raise self._damaged()
        joined = b"".join(each[_HEAD:] for each in sent)
        vectors = np.frombuffer(joined, dtype=">f4").astype(np.float32).reshape(-1, dimensions)
        if not has_unit_rows(vectors):
            raise self._damaged()
        return vectors

    def _document(self, body: bytes) -> Document:
        try:
            return _DOCUMENT.decode(body)
        except UNREADABLE:
            raise self._damaged() from None

    def _damaged(self) -> IndexDamagedError:
        return IndexDamagedError(
            f"Rows of the index in {self._connections.place} do not fit together; "
            "run `backbot rebuild-index` to write it anew."
        )


def written(vector: Vectors) -> str:
    """Return a vector as pgvector reads it, every bit of it."""
    return "[" + ",".join(f"{number:.9g}" for number in vector.tolist()) + "]"


def _scores(
    terms: StoredTerms, query: Query, texts: Rows, weights: Sequence[tuple[int, int, float]]
) -> Scores:
    """Return the BM25 scores of `texts` (rows may repeat), added up in the order of the terms."""
    held = {(text, term): weight for text, term, weight in weights}

    def total(columns: Sequence[int]) -> Scores:
        scores = np.zeros(len(texts))
        for column in columns:
            scores += [held.get((text, column), 0.0) for text in texts.tolist()]
        return scores

    scores = total(terms.known(query.terms))
    if query.other_terms:
        scores = scores + OTHER_TERMS_SHARE * total(terms.known(query.other_terms))
    return scores
