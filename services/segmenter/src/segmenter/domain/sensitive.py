"""Rules by special-category interests: who may use them, and what may be shown of those they select.

Being selected says something about a member's health, faith or life, and so do figures about a few. Whoever was asked
for in a campaign by such a rule was selected by it, so a rule that builds on such a campaign, or on the poll that it
asked, is one itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from segmenter.domain.facts import HasInterest, InCampaign, TookPart
from segmenter.domain.rules import Rule, leaves

SCOPE = "segments:sensitive"
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


def broken_down(counts: Mapping[str, int]) -> dict[str, int] | None:
    """A sensitive breakdown as it may be shown: whole, or not at all if one part could be told from the others."""
    return None if any(0 < count < FEWEST for count in counts.values()) else dict(counts)


def summary_shown(summary: Mapping[str, Any]) -> dict[str, Any]:
    """A kept summary as it may be shown; its hash is over the kept one."""
    if not summary["sensitive"]:
        return dict(summary)
    if summary["recipients"] < FEWEST:
        return _without(summary, ("matched", "recipients", "audience_by_channel", "skipped", *_RENDERED))
    by_channel, skipped = summary["audience_by_channel"], summary["skipped"]
    hidden = [] if broken_down(by_channel) else ["audience_by_channel", *_RENDERED]
    if broken_down(skipped) is None or sum(skipped.values()) in range(1, FEWEST):
        hidden += ["matched", "skipped"]
    return _without(summary, hidden)


def progress_shown(progress: Mapping[str, Any]) -> dict[str, Any]:
    """A sensitive campaign's progress: no figures of a small audience, no branches where one of them has a few."""
    if progress["audience"] < FEWEST:
        return _without(progress, _TALLIES)
    branches = {str(each["branch"]): sum(each["statuses"].values()) for each in progress["by_branch"]}
    return _without(progress, () if broken_down(branches) is not None else ("by_branch",))


def _without(figures: Mapping[str, Any], hidden: Sequence[str]) -> dict[str, Any]:
    withheld = [{"field": name, "reason": FEW} for name in hidden]
    return {**figures, **dict.fromkeys(hidden), "withheld": withheld}


_RENDERED = ("sms", "email", "sending_seconds", "missing", "not_renderable")
_TALLIES = (
    *("audience", "planned_skips", "not_requested", "requested", "done"),
    *("by_status", "skipped", "by_channel", "by_branch"),
)
