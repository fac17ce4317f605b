"""What was asked and what came of it, without who asked: kept for the owner of the site."""
