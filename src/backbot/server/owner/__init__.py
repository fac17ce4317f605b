"""The owner's desk over HTTP: behind a token, on pages of its own."""
