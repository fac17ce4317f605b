"""Replies, judgements, losses."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "replies",
        sa.Column("reply", sa.String(100), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("index_version", sa.String(64), nullable=False),
        sa.Column("cited", sa.Text, nullable=False),
        sa.Column("confidence", sa.Float),
        sa.Column("notice", sa.String(20)),
        sa.Column("category", sa.String(100)),
        sa.Column("question", sa.Text),
        sa.Column("suggested", sa.Text, nullable=False),
        sa.Column("vector", sa.LargeBinary),
        sa.Column("encoder", sa.String(64)),
    )
    op.create_index("replies_at", "replies", ["at"])
    op.create_table(
        "judgements",
        sa.Column("reply", sa.String(100), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("helpful", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String(20)),
        sa.Column("note", sa.Text),
    )
    op.create_index("judgements_at", "judgements", ["at"])
    op.create_table(
        "losses",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("lines", sa.Integer, nullable=False),
        sa.Column("why", sa.String(40), nullable=False),
    )
    op.create_index("losses_at", "losses", ["at"])


def downgrade() -> None:
    for table in ("losses", "judgements", "replies"):
        op.drop_table(table)
