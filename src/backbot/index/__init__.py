"""Everything that is worked out once per corpus, and how it is kept on disk."""
