"""What the owner does: acting on files of the corpus, each act undoable, and switching the chat."""
