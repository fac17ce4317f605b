"""Greetings, thanks and the like: messages that want no article."""

import re

from backbot.text.clean import fold

_MARKS = re.compile(r"[^\w' ]+")
# A message is small talk only as a whole: "thanks, and my neck?" is a question. Each kind has what
# may open it, what it says, and whether words of courtesy may follow.
_PRAISE = "ok|okay|great|perfect|wonderful|cool|nice|oh|awesome|many|big|very good|lovely"
_COURTESY = (
    "there|again|backbot|bot|so|very|much|a lot|lots|for that|now|then|all|everyone|friend|mate|"
    "guys|for (?:your|the) (?:help|answers?|tips?|advice|info|information)|and (?:bye|goodbye)"
)
_GREETINGS = (
    "hi|hello|hey|hiya|howdy|good (?:morning|afternoon|evening|day)|greetings|yo|what's up|"
    "how are you(?: doing)?(?: today)?"
)
_THANKS = (
    "thanks|thank you|thankyou|thx|ty|cheers|much appreciated|i appreciate (?:it|that)|"
    "that (?:helps|helped|was helpful)|very helpful|that's (?:helpful|great|perfect)"
)
_GOODBYES = (
    "bye|goodbye|bye bye|see you(?: later| soon| tomorrow)?|good ?night|that's all|that is all|"
    "talk to you later|cya|have a (?:good|nice|great) (?:day|one|evening|night|weekend)"
)
_BOT = "(?:ro)?bot|human|real(?: person| human)?|person|machine|computer|ai|doctor|chatbot|program"
_IDENTITY = (
    rf"(?:who|what) are you|are you (?:an? )?(?:{_BOT})(?: or (?:an? )?(?:{_BOT}))?|"
    r"what(?:'s| is) your name|who (?:made|built|created|runs?) (?:you|this)|"
    rf"am i (?:talking|speaking|chatting) (?:to|with) (?:an? )?(?:{_BOT})"
)
_ABILITY = (
    "what can you do(?: for me)?|what do you do|how (?:do|does) (?:you|this|it) work|help(?: me)?|"
    "what can i ask(?: you)?|(?:how )?can you help(?: me)?|"
    "what (?:is|are) (?:this|you) (?:for|about)|"
    "what (?:topics|questions|things) (?:can|do) you (?:cover|answer|know)"
)
_ACKNOWLEDGEMENTS = (
    "ok|okay|k|alright|all right|fine|cool|great|nice|good|perfect|got it|i see|understood|sure|"
    "right|hm+|oh|ah|wow|lol|haha|no|nope|yes|yeah|yep|yup|maybe|then|thanks"
)
_KINDS = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("greeting", rf"(?:{_GREETINGS})(?: (?:{_COURTESY}|{_GREETINGS}))*"),
        ("thanks", rf"(?:(?:{_PRAISE}) )*(?:{_THANKS})(?: (?:{_COURTESY}))*"),
        ("goodbye", rf"(?:(?:{_PRAISE}|{_THANKS}) )*(?:{_GOODBYES})(?: (?:{_COURTESY}))*"),
        ("identity", _IDENTITY),
        ("ability", _ABILITY),
        ("acknowledged", rf"(?:{_ACKNOWLEDGEMENTS})(?: (?:{_ACKNOWLEDGEMENTS}))*"),
    )
)


def recognise(text: str) -> str | None:
    """Return which kind of small talk the whole of `text` is, or None."""
    plain = " ".join(_MARKS.sub(" ", fold(text)).split())
    for name, pattern in _KINDS:
        if pattern.fullmatch(plain):
            return name
    return None
