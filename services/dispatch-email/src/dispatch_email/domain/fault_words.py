"""What mail servers say when they refuse, by whose fault it is, in the languages in which they say it.

Written for `plain` text: lower case, no accents, no apostrophes, single blanks. Learned from the replies that Exim,
Postfix, sendmail, qmail, Exchange, Domino, GroupWise and the large mailbox providers are known to give.
"""

import re
import unicodedata

_CONTINUED = re.compile(r"\n\s*[245]\d\d[ -](?:[245]\.\d{1,3}\.\d{1,3}\s)?|\n\s*[245]\.\d{1,3}\.\d{1,3}\s|\s+")
"""What begins each further line of a reply."""
_APOSTROPHES = str.maketrans("", "", "'`´’‘")


def plain(text: str) -> str:
    """As the patterns expect it."""
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_APOSTROPHES))
    return _CONTINUED.sub(" ", "".join(char for char in folded if not unicodedata.combining(char)))


def _any(*patterns: str) -> str:
    return f"(?:{'|'.join(patterns)})"


def _pattern(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


_NOUN = _any(
    r"users?\b|recipients?|mail ?box(es)?|accounts?|address(es|ee)?|customers?|subscribers?|\balias(es)?|person",
    r"local.?part|rcpt|mail ?drop|in ?box|user ?id|user ?name|\bdomains?|\bhosts?\b",
    r"e-?mail (address|account|name)|employee|benutzer|nutzer|empfae?nger|postfach|e-?mail-?adresse|\badresse",
    r"konto|teilnehmer|utilisateur|destinataire|\bboite|compte|abonne|usager|usuario|destinatario|buzon|casilla",
    r"direccion|cuenta|domini?o|utente|indirizzo|casella|login\b|utilizador|\bconta\b|endereco|persona\b",
    r"caixa postal",
)
_MISSING = _any(
    r"unknown",
    r"(does|do|did|doe?s|is|was|are|has|could|can|were|can)(nt| ?not) (\w+ ){0,2}?(exists?|found|located|"
    r"recogni[sz]ed|listed|valid|verified|match|active|registered|provisioned|known|in (our|the|this|my|any) |"
    r"on (our|the|this) )",
    r"not (be )?(found|exists?|located|recogni[sz]ed|listed|a? ?valid|active|registered|a? ?known|(a )?local|"
    r"defined|present)",
    r"no longer|non-?exist|nonexistant|invalid|illegal|undefined|unrecogni[sz]ed|unrout[e]?able",
    r"undeliverable address|no such|deactivated|disabled|inactive|inactivated|expired|discontinued|terminated",
    r"closed|cancell?ed|deleted|removed|retired|abandoned|dormant|archived|suspended|frozen|inactivity",
    r"unable to (find|locate)|not a member|handle mail for|works for|never logged|has (left|moved)|wrong",
    r"mistyped|misspelled|not in (my|our|the) |unbekannt|existiert (hier |leider |bei uns )?nicht",
    r"nicht (\w+ )?(gefunden|bekannt|existent|gultig|mehr|\(mehr\)|vorhanden)|ungultig|deaktiviert|geloscht",
    r"inaktiv|kein(e|en)? (solche|gultige)|gibt es (hier )?nicht|haben wir nicht|\bkeine?n?\b|inconnue?",
    r"inexistante?|invalide|introuvable|na pas (ete )?trouve|nexiste (pas|plus)",
    r"nest (pas|plus) (valide|connu|activ)|desactivee?|fermee?\b|supprimee?|suspendue?|archivee?|erronee",
    r"na pas de (compte|boite)|desconocid[oa]|inexistente|invalid[oa]",
    r"no (fue|ha sido|se (ha )?)? ?(encontr|existe|pudo encontr)|no existe|desactivad[oa]|expirad|inactiv",
    r"inesistent|disattivat|deshabilitad[oa]|cancelad[oa]|sconosciut[oa]|non (esiste|trovat|valid|attiv)",
    r"nao (existe|encontrad)|desconhecid|inativ",
)
ADDRESSED = _pattern(_NOUN)
"""It is about whom the message is for."""
_NEAR = r"(?:(?!\. |; ).){0,70}?"
NO_SUCH_ADDRESS = _pattern(
    rf"{_NOUN}{_NEAR}\b{_MISSING}",
    rf"\b{_MISSING}(?:(?!\. |; ).){{0,40}}?{_NOUN}",
    r"\bno (mail ?box|account|user|recipients?|one|body|such)\b|nobody (here )?by that|name not found",
    r"no mail exchanger|not available (at|here)|mailbox (is )?(un|not )available|(is|name) (unknown|not known)\b",
    r"unknown e-?mail|badrcptto|recipient (address )?rejected: (access denied|[a-z0-9-]+\.[a-z0-9.-]+( |$))",
    r"address (rejected|error)\b|unroute?able|(doesnt|does not|not|dont) have an? (\S+ )?(account|mailbox|user)",
    r"not our customer|resolver\.adr|recipnotfound|nxdomain|null ?mx",
    r"(does not|doesnt) (accept|receive) (any )?(e-?mail|mail)\b|no longer (accepts?|receives?) (e-?mail|mail)",
    r"ness(un|uno) (utente|indirizzo)|bad (destination|recipient|address|mailbox)|unverified recipient",
    r"recipient verify failed",
)
"""The address is nobody's, or its domain takes no mail."""
MAILBOX = _pattern(
    r"quota|mail ?box(\W+\S+)? (is |has )?(\w+ )?(full|exceed)|\bfull\b|over ?(the )?(limit|allowance)|allowance",
    r"too much mail stored|(insufficient|not enough|out of|no) (\w+ )?(storage|space)",
    r"(storage|space|disk|mailbox) (\w+ )?(limit|full|exceed)|\bvoll\b|uberfullt|speicherplatz|kontingent",
    r"\bpleine?\b|saturee?|espace (de stockage )?insuffisant|llen[oa]\b|cuota",
    r"espacio (de almacenamiento|insuficiente)|pien[ao]\b|cheia|exceeding|exhausted|used up|zuviele mails",
    r"(too (large|big|long)|larger than|(exceeds?|exceeded) (the )?(\w+ )?(maximum|size|fixed|message)|size "
    r"(limit )?exceed|sizelimit)",
    r"zu gross|trop (gros|volumin)|demasiado grande|receiving (mail|messages) (at a rate|too)",
)
"""The address is good, but its mailbox is full or takes no message of this size."""
OUR_ACCOUNT = _pattern(
    r"(unable to |cannot |not (permitted|allowed|authori[sz]ed) to |may not )relay",
    r"relay(ing)?( access)?( is| mail)?( denied| not (permitted|allowed)| prohibited|ing denied)|relaying",
    r"open relay|authenticat\w+ (is )?(required|failed|unsuccessful|needed|first)|not authenticated",
    r"must (be )?(authenticate|issue a starttls)|log ?in (required|first|denied|failed)|credentials",
    r"requires? authentication|please (authenticate|log ?in)|anonymous mail|(encryption|starttls) (is )?required",
    r"sending (is |has been |was )?(suspended|paused|disabled|blocked|not allowed)",
    r"(your|sender|sending) account (is|has been|was|is being)( temporarily)? \w+",
    r"account is (not active|under review)|not activated|(sandbox|trial|free) (account|mode|plan)|billing",
    r"payment|(plan|subscription|licen[cs]e|credits?) (has )?(expired|limit|exceed)",
    r"(daily|hourly|monthly)( \w+){0,3} (limit|quota)|(send|sending|submission)( \w+)? (quota|limit)s?\b",
    r"tenant (has )?exceeded",
    r"(client|connecting|your|sending|sender) (host|ip|server|network|machine|mta)( address)?( \S+)? (is "
    r")?(rejected|blocked|listed|blacklisted|blocklisted|banned|denied|not (allowed|permitted|authori[sz]ed|welcome))",
    r"client host|black ?list|block ?list|deny ?list|sperrliste|dnsbl|\brbl\b|spamhaus|spamcop|barracuda|sorbs",
    r"reputation|banned sending ip|blocked (using|by|because|for|list|-|ip)|traffic not accepted from",
    r"ip (address )?(\S+ )?(is )?(blocked|listed|banned)|\bhelo\b|\behlo\b|reverse (dns|hostname|lookup)|\bptr\b",
    r"cannot find your|fcrdns|rdns|tenantattribution|command not allowed",
)
"""Whatever we send: the relay, our login, our account, our server's name or its reputation."""
OUR_SENDER = _pattern(
    r"sender( address|s address| domain| id| identity)?( <?[^ ]+@[^ ]+)?[\s:>\"]*(is |was |has |been )*(not |"
    r"un)?(verif|reject|denied|refused|invalid|unknown|blocked|owned|allowed|permitted|authori[sz]ed|confirmed|"
    r"valid|does|could|mismatch|domain|authentic)",
    r"(unverified|unauthori[sz]ed|invalid|bad|unknown|blocked|rejected|banned|forged|spoofed)( \w+)? (sender|"
    r"from|return[- ]path|envelope)\b",
    r"envelope[- ](from|sender)|return[- ]path|\bmail ?from\b|\bfrom (address|header|domain|field)|sendasdenied",
    r"\bsend(ing)? (mail )?as\b",
    r"(address|domain|identity|identities)( \S+)? (is |are |has |have )?not (been )?(yet )?(verified|confirmed|"
    r"validated|(authori[sz]ed|allowed) to send)",
    r"failed the check in region|unregistered domain|not (owned by|(authori[sz]ed|allowed) to send)|\bspf\b",
    r"\bdkim\b|\bdmarc\b|unauthenticated|sender policy|restriction check",
)
"""The address or domain that we send from."""
POLICY = _pattern(
    r"spam|junk|unsolicited|\bvirus|malware|\bpolicy|policies|\bfilter|\bloops?\b|\bhops?\b|hop count",
    r"timed? ?out|attachment|anhang|\bmime\b|header|permission|distribution list|banned|preferences",
    r"administrative prohib",
    r"security issue",
)
"""This text, or this way, is not wanted there."""
ELSE = _pattern(
    r"temporar|try (again )?later|not accepted|refused|rejected by|blocked|bounces|on hold|connection|network",
    r"maintenance|queue|undelivered|shutting down|\brules?\b|restrict|prohibit|complaint|abuse|moderat",
    r"members.only|configuration|content|inhalt|deliver|access|tls\b|dns|lookup|lost|server|greeting|timeout",
    r"resources|internal|local error",
)
"""Something happened that need not be the address's fault."""
SPEED = _pattern(
    r"throttl|rate[- ]?limit|too (fast|quickly|frequent)|slow ?down|unusual rate",
    r"too (many|much) (messages|connections?|e-?mails?|mails|sessions|concurrent|simultaneous|requests|traffic|"
    r"errors|connects)",
    r"(connection|message|sending|mail|submission|maximum) (\w+ )?rate|rate (\w+ )?exceeded",
    r"server (is )?(too )?busy|simultaneous connections|congest|unexpected volume",
)
"""More than the server takes at once."""
GREYLISTED = re.compile(r"gr[ea]y ?-?list|postgrey|gr[ea]yed\b|come back (later|in)")
"""This message, for some minutes: nothing to do with how fast we send."""
