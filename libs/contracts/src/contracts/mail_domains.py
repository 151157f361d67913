"""The domain of an e-mail address, as mail is routed by it and as an opt-out is kept under it."""

import idna

_LONGEST_LABEL = 63


def ascii_domain(domain: str) -> str:
    """The domain in DNS's form by IDNA 2008, by which `straße.de` is not `strasse.de`; what is ASCII stays as it is.

    Raises ValueError for what is no domain.
    """
    if not domain.isascii():
        return idna.encode(domain, uts46=True).decode()
    if not all(0 < len(label) <= _LONGEST_LABEL for label in domain.split(".")):
        raise ValueError("a label of the domain is empty or too long")
    return domain
