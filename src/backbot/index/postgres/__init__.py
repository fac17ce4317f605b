"""An index whose rows lie in PostgreSQL: written by a rebuild, read by any number of servers."""
