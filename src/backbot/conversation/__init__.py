"""What a message means beside its words: small talk, and what it leans on from earlier turns."""
