"""Words and sentences: the lowest layer, knowing nothing of documents, indexes or replies."""
