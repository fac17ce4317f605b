"""The stages of a rebuild, in words for its owner."""

# What an owner reads for each stage of a rebuild.
STAGES = {
    "Sentence encoder": "Waking the sentence encoder",
    "Reading": "Reading the documents",
    "Embedding": "Learning the new texts",
    "Grouping": "Grouping vectors, which are too many to look at all of them",
    "Measuring": "Measuring what the documents do not answer",
    "Writing": "Writing the index",
    "Proving": "Proving it against the checks and the version before",
}
