"""What stands between a new index and the readers: the owner's checks, and what has changed."""
