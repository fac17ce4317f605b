"""From passages to an answer: is there one, which sentences, in which order, cited how."""
