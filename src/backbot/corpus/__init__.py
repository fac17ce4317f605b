"""Documents: how they are read from Markdown files, and how a site is turned into such files."""
