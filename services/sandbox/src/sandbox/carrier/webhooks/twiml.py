"""Reading the TwiML that answers the webhook of an inbound text."""

from xml.etree import ElementTree


def twiml_messages(document: bytes) -> list[str]:
    """The texts it sends in reply; none for an empty or unreadable document."""
    try:
        root = ElementTree.fromstring(document)  # noqa: S314 - from our own dispatcher, bounded by the reader
    except ElementTree.ParseError:
        return []
    texts = []
    for message in root.findall("Message"):
        bodies = ["".join(body.itertext()) for body in message.findall("Body")]
        texts.append("".join(bodies) if bodies else "".join(message.itertext()))
    return [text.strip() for text in texts if text.strip()]
