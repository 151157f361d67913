"""Rules by special-category interests: who may use them, and how few of those they select are not counted.

Being selected says something about a member's health, faith or life, and so do figures about a few. Whoever was asked
for in a campaign by such a rule was selected by it, so a rule that builds on such a campaign, or on the poll that it
asked, is one itself.
"""

from collections.abc import Mapping
from uuid import UUID

from contracts.scopes import SENSITIVE_SCOPE
from segmenter.domain.facts import HasInterest, InCampaign, TookPart
from segmenter.domain.rules import Rule, leaves

SCOPE = SENSITIVE_SCOPE
FEWEST = 10
"""People; what counts fewer of them is not shown."""
FEW = f"fewer than {FEWEST} people of a sensitive segment"
NO_SAMPLE = "nobody of a sensitive segment is shown"
NOT_FOR_CALLER = f"a sensitive segment; the token lacks the scope {SCOPE}"


def asks(rule: Rule) -> bool:
    """Whether a rule itself names a sensitive interest."""
    return any(isinstance(leaf, HasInterest) and leaf.sensitive for leaf in leaves(rule))


def campaigns_in(rule: Rule) -> tuple[UUID, ...]:
    """The campaigns that a rule builds on."""
    return tuple(leaf.campaign_id for leaf in leaves(rule) if isinstance(leaf, InCampaign))


def polls_in(rule: Rule) -> tuple[str, ...]:
    """The polls that a rule builds on: who took part in one was asked."""
    return tuple(str(leaf.ballot_id) for leaf in leaves(rule) if isinstance(leaf, TookPart))


def counted(people: int | None, *, sensitive: bool) -> int | None:
    """A number of people as it may be shown; none at all is few as well."""
    return None if sensitive and people is not None and people < FEWEST else people


def broken_down(counts: Mapping[str, int], most_each: int = 1) -> dict[str, int] | None:
    """A sensitive breakdown as it may be shown: whole, or not at all if one part could be told from the others.
    `most_each`: how often one person may be counted."""
    return None if any(0 < count < FEWEST * most_each for count in counts.values()) else dict(counts)


def tells_few(part: int, whole: int, most_each: int = 1) -> bool:
    """Whether a part of so many, or what it leaves over, is of a few people."""
    return 0 < part < FEWEST * most_each or 0 < whole - part < FEWEST * most_each
