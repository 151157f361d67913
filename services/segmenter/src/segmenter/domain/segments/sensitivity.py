"""Which rules are sensitive: they ask for a special-category interest, themselves or by what they build on.

Being selected reveals something about a member's health, faith or life. The members of a campaign with such a rule
were selected by it, so a rule that builds on such a campaign, or on the poll that it asked, is sensitive too.
"""

from uuid import UUID

from contracts.scopes import SENSITIVE_SCOPE
from segmenter.domain.segments.conditions import CampaignCondition, InterestCondition, ParticipationCondition
from segmenter.domain.segments.rules import Rule, conditions

NOT_FOR_CALLER = f"a sensitive segment; the token lacks the scope {SENSITIVE_SCOPE}"


def names_sensitive_interest(rule: Rule) -> bool:
    """Whether a rule itself asks for a sensitive interest."""
    return any(isinstance(each, InterestCondition) and each.sensitive for each in conditions(rule))


def campaigns_in(rule: Rule) -> tuple[UUID, ...]:
    """The campaigns that a rule builds on."""
    return tuple(each.campaign_id for each in conditions(rule) if isinstance(each, CampaignCondition))


def polls_in(rule: Rule) -> tuple[str, ...]:
    """The polls that a rule builds on: those who took part in one had been asked."""
    return tuple(str(each.ballot_id) for each in conditions(rule) if isinstance(each, ParticipationCondition))
