"""Greetings, thanks and the like: messages that want no article."""

import re

from backbot.text.clean import fold

_MARKS = re.compile(r"[^\w' ]+")
# A message is small talk only as a whole: "thanks, and my neck?" is a question. Each kind has what
# may open it, what it says, and whether words of courtesy may follow.
_PRAISE = "ok|okay|great|perfect|wonderful|cool|nice|oh|awesome|many|big|very good|lovely"
_COURTESY = (
    "there|again|backbot|bot|ai|(?:my )?friend|so|very|much|a lot|lots|for that|now|then|all|"
    "everyone|mate|guys|for (?:your|the) (?:help|answers?|tips?|advice|info|information)|"
    "and (?:bye|goodbye)"
)
_GREETINGS = (
    "hi|hello|hey|hiya|howdy|good (?:morning|afternoon|evening|day)|greetings|yo|what's up|"
    "how are you(?: doing)?(?: today)?|how(?:'s| is) (?:it|everything) (?:going|hanging)|"
    "are you good"
)
_THANKS = (
    "thanks|thank you|thankyou|thx|ty|cheers|much appreciated|i appreciate (?:it|that)|"
    "that (?:helps|helped|was helpful)|very helpful|that's (?:helpful|great|perfect)|"
    "(?:i |really |much |greatly )*appreciated?(?: (?:it|that|this|you|your help|you doing "
    "(?:it|that|this)|all))*|"
    "you(?:'ve| have|ve)? (?:been|are|were|re) (?:a |an |so |very |really |such a )*"
    "(?:big |great |huge |amazing |lovely )?(?:help|helpful|kind|star|angel|lifesaver)|"
    "i(?:'m| am|m) (?:so |very |really )?(?:thankful|grateful)"
)
_GOODBYES = (
    "bye|goodbye|bye bye|peace(?: out)?|laters?|see you(?: later| soon| tomorrow)?|good ?night|"
    "that's all|that is all|talk to you later|cya|"
    "have a (?:good|nice|great) (?:day|one|evening|night|weekend)"
)
_BOT = "(?:ro)?bot|human|real(?: person| human)?|person|machine|computer|ai|doctor|chatbot|program"
_REALLY = "actual(?:ly)? |real(?:ly)? |secretly |just |even |live "
_IDENTITY = (
    rf"(?:who|what) are you|are you (?:an? )?(?:{_BOT})(?: or (?:an? )?(?:{_BOT}))?|"
    r"(?:what(?:'s| is| are)|tell me) your (?:name|age|hobb(?:y|ies)|job|birthday|purpose|boss|"
    r"favou?rite \w+)|how old are you|"
    r"who (?:made|built|created|programmed|designed|developed|owns|trained|runs?) (?:you|this)|"
    r"(?:who|by whom|where|when|how) (?:were|was|are) you (?:made|built|created|programmed|"
    r"designed|developed|born|trained|from)(?: by| in)?|where do you (?:come from|live)|"
    r"(?:who|what company|whom)(?: do)? you (?:say you )?work for(?: please)?|"
    r"do you work for (?:an?|another|some)(?: \w+){1,3}|"
    r"how many years have you been (?:living|alive)|"
    r"(?:what are|are you involved in) (?:your|you're|any)? ?hobb(?:y|ies)(?: ai)?|"
    r"how old are you(?: ai)?|do you (?:have|like|enjoy) (?:any )?(?:hobbies|"
    r"pets|feelings|friends|music|jokes|games)|"
    rf"(?:.{{1,30}} )?(?:if |can |could )?you (?:are|were|be|'re) (?:an? )?(?:{_REALLY})*"
    rf"(?:{_BOT}|real)|"
    rf"are you (?:an? )?(?:{_REALLY})+(?:{_BOT}|real)|do you have an age|"
    rf"am i (?:talking|speaking|chatting) (?:to|with) (?:an? )?(?:{_BOT})"
)
_ABILITY = (
    "what can you do(?: for me)?|what do you do|how (?:do|does) (?:you|this|it) work|help(?: me)?|"
    "what can i ask(?: you)?|(?:how )?can you help(?: me)?|"
    "what (?:is|are) (?:this|you) (?:for|about)|"
    "(?:what|which) (?:topics|questions|things|subjects|kinds? of (?:info|information|things))"
    " (?:(?:can|do) you (?:cover|answer|know|tell me about)|are you familiar with)"
)
_ACKNOWLEDGEMENTS = (
    "ok|okay|k|alright|all right|fine|cool|great|nice|good|perfect|got it|i see|understood|sure|"
    "right|hm+|oh|ah|wow|lol|haha|no|nope|yes|yeah|yep|yup|maybe|then|thanks|please|exactly|"
    "absolutely|definitely|of course|never ?mind|(?:i )?(?:dis)?agree|(?:i )?(?:don't|dont) "
    "(?:know|think so|believe (?:it|that|you))|i have no idea|no idea|"
    "not (?:really|at all|sure|yet|now|happening|interested)|"
    "agreed|facts?|indeed|certainly(?: not)?|(?:i )?(?:meant|said|say) (?:no|yes)|"
    "(?:that|it|this) makes sense(?: (?:as well|too))?|"
    "(?:i know (?:that )?)?(?:that |it |this )?(?:(?:is|'s) )?(?:most |very )?"
    "(?:definitely |certainly |surely |totally )?true"
    "(?: (?:for sure|indeed|(?:most )?definitely))?|"
    "(?:you're|you are|that's|that is|this is|it's|it is|thats|its)"
    "(?: so| very| really| quite| absolutely| definitely| certainly)?(?: not)?(?: so| really)? "
    "(?:right|correct|true|false|wrong|fake|good|nice|fine|ok|okay|funny|interesting|cool|sad|"
    "silly|nonsense|rubbish|a lie|a joke)(?: about (?:it|that|this))?"
)
_KINDS = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("greeting", rf"(?:{_GREETINGS})(?: (?:{_COURTESY}|{_GREETINGS}))*"),
        ("thanks", rf"(?:(?:{_PRAISE}) )*(?:{_THANKS})(?: (?:{_COURTESY}|{_THANKS}))*"),
        ("goodbye", rf"(?:(?:{_PRAISE}|{_THANKS}) )*(?:{_GOODBYES})(?: (?:{_COURTESY}))*"),
        ("identity", rf"(?:(?:{_GREETINGS}) )?(?:{_IDENTITY})"),
        ("ability", _ABILITY),
        ("acknowledged", rf"(?:{_ACKNOWLEDGEMENTS})(?: (?:{_ACKNOWLEDGEMENTS}))*"),
    )
)


# "Right." agrees, "right?" asks about what the reader said before.
_ASKS_BACK = re.compile(r"(?:(?:is )?(?:that|it|this) )?(?:right|correct|true)\s*\?+\s*")


def recognise(text: str) -> str | None:
    """Return which kind of small talk the whole of `text` is, or None."""
    if _ASKS_BACK.fullmatch(fold(text)):
        return None
    plain = " ".join(_MARKS.sub(" ", fold(text)).split())
    for name, pattern in _KINDS:
        if pattern.fullmatch(plain):
            return name
    return None
