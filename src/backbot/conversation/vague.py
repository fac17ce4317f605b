"""Messages too short and general to be searched for: "it hurts"."""

from backbot.text.terms import stem, terms

# Words that every reader of a site on pain could type, and that choose no article.
_GENERAL = frozenset(
    stem(word)
    for word in """
    ache aches aching advice anything awful bad badly better body discomfort everything everywhere
    feel feeling fix help hurt hurting hurts pain painful pains problem question sore soreness
    stiff stiffness stop symptom terrible tight uncomfortable worse
    """.split()
)


def is_vague(text: str) -> bool:
    """Tell whether `text` names nothing but pain: worth a choice of questions, not a guess."""
    named = terms(text)
    return bool(named) and all(term in _GENERAL for term in named)
