"""What a member's text is taken for, on texts as members write them."""

import pytest
from contracts.enums import Intent
from contracts.keywords import intent_of, is_reserved

STOPS = """
STOP|stop|Stop.|STOP!|stop!!!|“STOP”|'STOP'|"stop"|‘Stop’|«STOP»|<STOP>|[STOP]|(stop)|*STOP*|#stop|STOP?|- STOP
_stop_
 stop |STOP 🛑|stop 👍🏽|🙏 STOP 🙏|S​TOP|Ｓｔｏｐ|𝐒𝐓𝐎𝐏|S T O P|S.T.O.P.|s-t-o-p please|STOPPP|Stooop|ST0P|STOP STOP STOP
stop all|STOPALL|Stop all texts|stop messages|STOP TEXTS|Text STOP|Reply STOP|STOP to end|Stop ends
Please stop|STOP PLEASE|stop pls|plz stop!|Stop. Thank you|stop, thanks|Stop. Many thanks!|Thank you. Stop|Stop now
just stop|Hi, stop please|Sorry, stop|No thanks. Stop|No thank you, STOP|STOP\\n\\nSent from my iPhone
stop now please
opt out|opt-out|OPTOUT|Opt out please|opt me out|unsubscribe|UNSUBSCRIBE ME|Unsubscribe, please.
stopio|STOPIWCH|Stopiwch os gwelwch yn dda|stopio plîs, diolch|dad-danysgrifio|Optio allan
arrêt|ARRET|arrêtez|Arrêter svp|arrêtez, merci|Stop s'il vous plaît|désabonner|Désabonnez-moi|me désinscrire
"""
UNCLEAR = """
please don't text me again|Take me off this list|who is this? leave me alone|Leave me alone!|Stop texting me
please stop texting me about the picket|Stop sending me these|can you stop messaging me please|stop these messages
Do not contact me again|Never text me again|dont txt me|I don't want these texts|I do not wish to receive messages
I no longer want to hear from you|no more texts please|no more messages|No more.|remove me|Remove my number
remove me from your mailing list|delete my number|take my name off the list|get me off your list
I want to unsubscribe
How do I opt out?|how do i stop these|Can you stop?|Could you please stop|I want to stop|stop it|Stop this now
I told you to stop|I said stop|STOP I left the union in May|STOP. I have retired|No. Stop.
I have had enough. Please STOP
Wrong number|you have the wrong person|This is not Ann's number|sick of these messages|too many texts
I never signed up for this|I withdraw my consent|I do not consent to this|I will report you|I'm blocking this number
go away|I would rather not receive these|I'd prefer not to be contacted|unsub|Fuck off|sotp|stpo|🛑|unsubcribe
cancel these texts|end these messages|this is spam. remove
Peidiwch â thecstio fi|peidiwch ag anfon mwy|gadewch lonydd i mi|dim mwy o negeseuon|stopiwch anfon negeseuon
tynnwch fi oddi ar y rhestr|rhif anghywir|dwi ddim eisiau negeseuon|Ne m'envoyez plus de messages
arrêtez de m'écrire
laissez-moi tranquille|je ne veux plus recevoir vos messages|retirez-moi de la liste|mauvais numéro|plus de SMS svp
ne me contactez plus|fichez-moi la paix|ARRÊTEZ VOS MESSAGES
"""
NEITHER = """
yes|no|1|2.|Yes, I will!|No|voted|I have voted|not yet|Not yet, will do tomorrow|maybe|Abstain|wedi pleidleisio
oui|non
the bus stop is closed|don't stop the strike|Don't stop!|never stop|we will not stop|Stop the cuts|STOP THE CUTS
Stop the strike|they told us to stop work|Meet me at the BUS STOP|meet at the tram stop at 6
non-stop meetings this week
Should we stop the ballot?|I can't stop, on shift|Who is this?|who are you|What time is the picket?|thanks
Thank you 👍
I want to opt out of the political fund|can I opt out of the pension scheme|I want to cancel my membership
it will end at six|the end of the shift|I quit my job last week|please call me|Can you text me the address?
text me later
I don't want to strike|I do not want this pay offer|not interested in the offer|no more cuts|I need more information
take me to your leader|My phone is off|I have left my number with Sam|leave it with me|I'll leave at six
remove the offer
enough is enough|they stop at nothing|when does it stop|I didn't get a ballot paper|have not received my ballot yet
never received my paper|You never text me back|I don't have a car|don't forget the banner|Don't tell my manager
Peidiwch â stopio|diolch|ydw|dwi ddim yn gwybod|n'arrêtez pas la grève|arrêt de bus fermé
il faut arrêter les licenciements
merci|je ne sais pas|👍|❤️|?|...|ok|Start of shift is 6|I didn't get your message|I have not received your text
did you get my texts?|no thanks|start the strike|I can help|I don't get your texts|I want it to stop raining
don't leave me out|nothing will stop us|helpful, thanks
"""


def texts(corpus: str) -> list[str]:
    return [text.replace("\\n", "\n") for line in corpus.strip("\n").splitlines() for text in line.split("|")]


def taken_as(text: str) -> Intent:
    return intent_of(text, provider_keywords=False)


@pytest.mark.parametrize("text", texts(STOPS))
def test_a_stop_word_alone_or_with_politeness_is_a_stop(text: str) -> None:
    assert taken_as(text) is Intent.STOP
    assert is_reserved(text, provider_keywords=False)


@pytest.mark.parametrize("text", texts(UNCLEAR))
def test_a_stop_in_other_words_is_for_a_person(text: str) -> None:
    assert taken_as(text) is Intent.UNCLEAR_STOP
    assert not is_reserved(text, provider_keywords=False)


@pytest.mark.parametrize("text", texts(NEITHER))
def test_an_answer_that_asks_for_no_stop_is_left_alone(text: str) -> None:
    assert taken_as(text) is Intent.ANSWER


def test_the_corpus_is_large_enough() -> None:
    sizes = [len(set(texts(corpus))) for corpus in (STOPS, UNCLEAR, NEITHER)]
    assert all(size >= least for size, least in zip(sizes, (60, 40, 40), strict=True))


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("START", Intent.START),
        ("start.", Intent.START),
        ("Start please", Intent.ANSWER),
        ("don't start", Intent.ANSWER),
    ],
)
def test_a_start_is_the_word_alone(text: str, intent: Intent) -> None:
    assert taken_as(text) is intent


@pytest.mark.parametrize("word", ["END", "quit please", "Cancel!", "REVOKE"])
def test_the_providers_own_words_stop_where_its_handling_is_on(word: str) -> None:
    assert intent_of(word, provider_keywords=True) is Intent.STOP
    assert taken_as(word) is Intent.ANSWER


def test_a_long_text_is_read_in_no_time() -> None:
    """Patterns that look for one another again and again would take minutes."""
    assert [taken_as(word * 400) for word in ("dont ", "stop the ", "not more ", "s t ")] == [Intent.ANSWER] * 4
