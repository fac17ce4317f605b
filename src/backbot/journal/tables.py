"""The tables of a journal, the same in SQLite and PostgreSQL.

None has a column for who asked. Judgements stand by themselves, because another process may write
one down before the reply that it is about.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

# `at` is in seconds since 1970 (UTC). `cited` and `suggested` are JSON lists of texts. `vector` is
# the question's, a byte a dimension; `encoder` names which one made it.
replies = Table(
    "replies",
    metadata,
    Column("reply", String(100), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("index_version", String(64), nullable=False),
    Column("cited", Text, nullable=False),
    Column("confidence", Float),
    Column("notice", String(20)),
    Column("category", String(100)),
    Column("question", Text),
    Column("suggested", Text, nullable=False),
    Column("vector", LargeBinary),
    Column("encoder", String(64)),
    Index("replies_at", "at"),
)

judgements = Table(
    "judgements",
    metadata,
    Column("reply", String(100), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("helpful", Boolean, nullable=False),
    Column("reason", String(20)),
    Column("note", Text),
    Index("judgements_at", "at"),
)

# Lines that could not be written when they should have been, and why.
losses = Table(
    "losses",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("why", String(40), nullable=False),
    Index("losses_at", "at"),
)
