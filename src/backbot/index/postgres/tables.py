"""The tables of an index in PostgreSQL.

    backbot.current         one row: which version is served, the version before, and a serial
                            number that rises whenever that changes
    backbot_VERSION.*       one schema a version, made in one transaction and never changed: a
                            reader of it can meet no row of another version

What is small lies in `parts`, as JSON and plain arrays; the rest is rows.
"""

import re

import msgspec

from backbot.index.pins import Pinned
from backbot.index.views import Baseline
from backbot.index.wording import Wording

CURRENT = """
create table if not exists backbot.current (
    one boolean primary key default true check (one),
    serial bigint not null,
    version text not null,
    before text
)"""
# Whose columns of BM25 weights there are, and the table that they are in.
WEIGHTS = {"lexical": "passage_weights", "document": "document_weights"}
# Rows of up to 4 KB stay in one piece; a vector beside its row is one look more each.
_WHOLE = "with (toast_tuple_target = 4080)"
# Links of a vector in the graph, and vectors looked at to find them: more than pgvector's 16 and
# 64, since questions about something else were found too few of the nearest (0.90). With half as
# many looked at, a search among 100,000 passages must keep 500 in sight where it now keeps 340.
_LINKS, _LOOKED_AT = 24, 320
_VERSION = re.compile(r"[0-9a-f]{16}")


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What a version holds beside its rows and arrays.

    `..._reach` is how many vectors a search by HNSW keeps in sight (`hnsw.ef_search`), 0 where all
    are looked at; `..._recall` the share of the ten nearest that it found when it was measured.
    """

    format: int
    model: str
    model_digest: str
    documents: int
    passages: int
    sentences: int
    questions: int
    elsewhere: int
    vocabulary: tuple[str, ...]
    document_vocabulary: tuple[str, ...]
    wording: Wording
    baseline: Baseline
    pins: tuple[Pinned, ...]
    passage_reach: int = 0
    question_reach: int = 0
    passage_recall: float = 1.0
    question_recall: float = 1.0


def schema_of(version: str) -> str:
    """Return the schema of a version; raises ValueError for what is no version's name."""
    if _VERSION.fullmatch(version) is None:
        raise ValueError("no name of a version")
    return f"backbot_{version}"


def tables(schema: str, dimensions: int) -> tuple[str, ...]:
    """Return the statements that make the tables of a version, before their rows."""
    weights = (
        f"create table {schema}.{table} (term int not null, text int not null, "
        "weight float8 not null)"
        for table in WEIGHTS.values()
    )
    return (
        f"create schema {schema}",
        f"create table {schema}.parts (name text not null, content bytea not null)",
        f"create table {schema}.documents (number int not null, id text not null, "
        "body bytea not null)",
        f"create table {schema}.passages (number int not null, document int not null, "
        f"first int not null, last int not null, vector vector({dimensions}) not null) {_WHOLE}",
        f"create table {schema}.sentences (number int not null, document int not null, "
        "starts int not null, ends int not null, block int not null, section int not null, "
        f"role int not null, flags int not null, text text not null, "
        f"vector vector({dimensions}) not null, tokens bytea not null) {_WHOLE}",
        f"create table {schema}.questions (number int not null, document int not null, "
        f"text text not null, vector vector({dimensions}) not null) {_WHOLE}",
        *weights,
    )


def keys(schema: str) -> tuple[str, ...]:
    """Return the statements that make the keys of a version's tables, after their rows."""
    numbered = ("documents", "passages", "sentences", "questions")
    return (
        f"alter table {schema}.parts add primary key (name)",
        *(f"alter table {schema}.{table} add primary key (number)" for table in numbered),
        *(f"create index on {schema}.{table} (document)" for table in numbered[1:]),
        f"create unique index on {schema}.documents (id)",
        # Weights stand in the key itself, a term's side by side: their rows are never read.
        *(
            f"alter table {schema}.{table} add primary key (term, text) include (weight)"
            for table in WEIGHTS.values()
        ),
    )


def graph(schema: str, table: str, dimensions: int) -> str:
    """Return the statement that makes the HNSW graph of a table's vectors, of half floats.

    Source: Malkov and Yashunin (2020), "Efficient and robust approximate nearest neighbor search
    using hierarchical navigable small world graphs", IEEE TPAMI 42(4), as pgvector has it.
    """
    return (
        f"create index {table}_graph on {schema}.{table} using hnsw "
        f"((vector::halfvec({dimensions})) halfvec_ip_ops) "
        f"with (m = {_LINKS}, ef_construction = {_LOOKED_AT})"
    )
