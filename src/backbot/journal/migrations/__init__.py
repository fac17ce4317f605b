"""How the tables of a journal came to be what they are, step by step (Alembic)."""
