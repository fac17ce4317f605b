"""What a journal tells the owner: what readers ask, and what no article answers."""
