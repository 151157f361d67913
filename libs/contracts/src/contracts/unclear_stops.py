"""Texts that ask to stop in other words than a keyword, in English, Welsh or French.

A person decides what is meant. So a wrong guess costs a look, while what is missed here is texted again.
"""

import re
from collections.abc import Sequence

_TEXTS = (
    r"(?:te?xts?|te?xting|messag(?:es?|ing)|msgs?|sms|e ?mails?|alerts?|notifications?|reminders?|spam|junk|rubbish)"
)
_TO_WRITE = (
    r"(?:te?xt|messag|msg|e ?mail|contact|writ|call|ring|phon|bother|spam|harass|hassl|pester|disturb|send|annoy)"
)
_TO_HEAR = r"(?:hear(?:ing)? from|be(?:ing)? (?:contact|te?xt|messag|e ?mail|call|bother|disturb|spam)\w*)"
_ALLOWED = r"(?<!dont )(?<!do not )(?<!never )(?<!cant )(?<!wont )"
"""What is said not to stop goes on."""
_ENGLISH = (
    rf"\b(?:dont|do not|(?<!you )never|no longer) (?:\w+ ){{0,2}}?{_TO_WRITE}(?:e|ing)? (?:me|us|here|my|this|these)\b",
    r"\b(?:dont|do not|never) ask me (?:again|any ?more)\b",
    rf"{_ALLOWED}\b(?:stop|quit|cease|end|cancel|no more|enough|too many) (?:(?:with|of|the|these|this|those|that|all|"
    rf"your|you|me|my|any|getting|receiving|sending|bloody|fucking) ){{0,3}}{_TEXTS}\b",
    rf"{_ALLOWED}\bstop (?:{_TO_WRITE}ing|getting|receiving|hearing)\b",
    r"\bhow (?:do|can|to|would|could) (?:i |we |you )?(?:\w+ )?stop (?:this|these|it|them)\b",
    r"\b(?:want|wish|need|asked|told|tell|asking) (?:you|this|these|it|them)(?: all)? to stop(?: please| now)?$",
    r"\b(?:i said|make it|make them) stop\b",
    r"\b(?:remove|delete|erase) (?:me|us|my (?:number|name|details|phone)|this (?:number|phone))\b",
    r"\b(?:take|get|drop|keep|leave) (?:me|us|my (?:number|name|details)|this number) (?:off|out of|from)\b",
    r"\boff (?:your|this|the|all) (?:\w+ ){0,2}lists?\b",
    r"\bun ?su[bn](?:s?cri|\b)",
    r"\bopt(?:ing|ed)?(?: me)? out\b(?! of (?:\w+ ){0,2}(?:political|pension|levy|fund|working|48|strike))",
    rf"\b(?:dont|do not|no longer|not|didnt|never) (?:want|wish|need|like|ask|agree|interested|be|send)\w* "
    rf"(?:\w+ ){{0,3}}?(?:{_TO_HEAR}|{_TEXTS})\b",
    r"\b(?:rather|prefer) not (?:to )?(?:get|receive|be contacted|be texted|hear from)\b",
    r"\b(?:never|didnt|did not) (?:sign|signed|subscribe|subscribed|agree|agreed|ask|asked)(?: up)? (?:for|to) "
    r"(?:this|these|it|be)\b",
    rf"\b(?:sick|tired|fed up|had enough) (?:of|with) (?:\w+ ){{0,2}}(?:{_TEXTS}|hearing from)\b",
    r"\b(?:withdraw|revoke)(?:ing)? (?:my |all )?consent\b",
    r"\b(?:do not|dont|no longer|never) (?:give (?:you )?)?(?:my )?consent\b",
    r"\bgdpr\b",
    r"\b(?:block|report)(?:ing)? (?:you|this number|your number)\b",
    r"\bwrong (?:number|person)\b",
    r"\b(?:not|isnt|no longer) (?:my|his|her|their|\w+s) (?:number|phone|mobile)\b",
    r"\bleave (?:me|us) (?:alone|be|in peace|out of)\b",
    r"\blose (?:my|this) number\b",
)
_WELSH = (
    r"\b(?:peidiwch|paid|peidio) (?:a |ag |ac |byth )*(?:thecst|tecst|anfon|danfon|chysyllt|cysyllt|gyrru|fy mhoeni|"
    r"phoeni|poeni|galw|ffonio)",
    r"\b(?:stopiwch|stopia) (?:anfon|danfon|tecst|decst|cysyllt|gysyllt|gyrru|fy mhoeni|y negeseuon)",
    r"\bdim (?:mwy|rhagor) o (?:negeseuon|decst)",
    r"\b(?:gadewch|gad) (?:lonydd|fi)\b",
    r"\b(?:tynnwch|tynna|dilewch) (?:fi|fy)\b",
    r"\bddim (?:eisiau|isio|am|moyn) (?:\w+ ){0,3}(?:negeseuon|neges|tecst|clywed)",
    r"\brhif anghywir\b",
)
_FRENCH = (
    r"\bne m ?(?:envoye|ecrive|contacte|appele|derange|harcele)\w* plus\b",
    r"\bne me (?:envoye|ecrive|contacte|appele|derange|harcele|textote)\w* plus\b",
    r"(?<!\bn)\b(?:arretez|arrete|cessez) (?:de |avec |vos |ces |les )+(?:m|me |nous )?(?:envoy|ecri|contact|appel|"
    r"derang|harcel|texto|message|sms)",
    r"\b(?:laissez|laisse|fichez|foutez) ?(?:moi|nous) (?:tranquille|la paix|en paix)\b",
    r"\b(?:retirez|enlevez|supprimez|effacez) ?(?:moi|mon (?:numero|nom))\b",
    r"\bplus de (?:messages?|sms|textos?)\b",
    r"\b(?:souhaite|veux|voudrais) (?:plus|pas) (?:recevoir|etre contacte)",
    r"\b(?:desabonn|desinscri)",
    r"\bmauvais numero\b",
)
_WHOLE_SENTENCES = (
    r"(?:please |just )*(?:stop|quit) (?:it|this|that|these|them|me|already|doing this)(?: now| please)?",
    r"(?:can|could|would|will|please|i want to|i need to|i would like to|id like to|you|just|no|and|i) (?:you |please |"
    r"just |want to |need to )*stop(?: please| now)?",
    r"(?:please |just )*(?:go away|get lost|(?:fuck|f|piss|sod|bugger) off|shut up|do not disturb|no more|"
    r"enough already|no contact|back off|not me|no (?:more )?te?xts|remove|spam)"
    r"(?: please| now| thanks| thank you| mate)*",
    r"sotp|stpo|stp|tsop|stip|dtop|stops",
    r"dim (?:mwy|rhagor)(?: plis| diolch)?",
    r"ca suffit|degagez?",
)
_SHOUTED = re.compile(r"^\W*STOP\b(?! (?:the|this|that|those|at|by|in|on|for|and)\b)|(?<![A-Z] )\bSTOP\W*$")
"""A keyword among words of other kinds: `STOP I left the union`, but not `Meet me at the BUS STOP`."""
_PICTURES = re.compile("[\U0001f6d1\u26d4\U0001f6ab\U0001f515]")
_SAID = re.compile("|".join((*_ENGLISH, *_WELSH, *_FRENCH)))
_WHOLE = re.compile("|".join(_WHOLE_SENTENCES))


def asks_to_stop(text: str, sentences: Sequence[str]) -> bool:
    """`sentences` are those of the text, in lower case without accents, apostrophes and punctuation."""
    if not any(sentences):
        return bool(_PICTURES.search(text))
    shouted = text != text.upper() and _SHOUTED.search(text)
    return bool(shouted) or any(_SAID.search(one) or _WHOLE.fullmatch(one) for one in sentences)
