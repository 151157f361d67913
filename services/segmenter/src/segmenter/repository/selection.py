"""Rules as SQL: the one place where a fact about a member is looked up, for counting, freezing and explaining."""

from datetime import date
from typing import Any

from contracts.enums import ENDS_THE_ASKING
from segmenter.domain import facts, rules
from segmenter.models import deliveries, members, memberships, participation, sensitive_interests
from sqlalchemy import (
    ColumnElement,
    Label,
    Text,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
)
from sqlalchemy.dialects.postgresql import ARRAY, array


def criterion(rule: rules.Rule, today: date) -> ColumnElement[bool]:
    """Whether a row of `members` is in the segment."""
    match rule:
        case rules.All():
            return and_(*(criterion(part, today) for part in rule.of))
        case rules.AnyOf():
            return or_(*(criterion(part, today) for part in rule.of))
        case rules.Not():
            return ~criterion(rule.of, today)
        case _:
            return _leaf(rule, today)


def truths(rule: rules.Rule, today: date) -> Label[Any]:
    """The truth of every leaf, in the order of `rules.leaves`."""
    return array([_leaf(leaf, today) for leaf in rules.leaves(rule)]).label("matched")


def current(today: date) -> ColumnElement[bool]:
    """Whether a row of `memberships` holds today."""
    ends = memberships.c.valid_to
    return and_(memberships.c.valid_from <= today, or_(ends.is_(None), ends >= today))


def words(values: tuple[str, ...]) -> ColumnElement[Any]:
    """An array of texts as one parameter."""
    return literal(list(values), ARRAY(Text))


def _leaf(leaf: facts.Leaf, today: date) -> ColumnElement[bool]:
    match leaf:
        case facts.InBody():
            return _belongs(today, memberships.c.path.overlap(words(leaf.bodies)))
        case facts.HasJob():
            return _belongs(today, memberships.c.job == func.any(words(leaf.jobs)))
        case facts.HasEmployer():
            return _belongs(today, memberships.c.employer == func.any(words(leaf.employers)))
        case facts.HasInterest():
            return _interested(leaf)
        case facts.Speaks():
            return members.c.language == func.any(words(leaf.languages))
        case facts.Joined():
            return _joined(leaf)
        case facts.HasBirthday():
            return _birthday(leaf)
        case facts.HasChannel():
            reachable: ColumnElement[bool] = members.c[f"has_{leaf.channel}"]
            return reachable
        case _:
            return _history(leaf)


def _history(leaf: facts.Leaf) -> ColumnElement[bool]:
    match leaf:
        case facts.TookPart():
            part = participation.c
            found = and_(part.member_id == members.c.member_id, part.ballot_id == leaf.ballot_id)
            # Participation that was taken back is kept as well, by its effect: without one named, what ends the asking.
            return exists().where(found, *_one_of(part.effect, leaf.effects or tuple(sorted(ENDS_THE_ASKING))))
        case facts.InCampaign():
            asked = deliveries.c
            found = and_(asked.member_id == members.c.member_id, asked.campaign_id == leaf.campaign_id)
            return exists().where(found, *_one_of(asked.status, leaf.statuses))
        case facts.Named():
            return members.c.member_id.in_(leaf.member_ids)
        case _:
            raise AssertionError(f"no such fact: {leaf.kind}")


def _belongs(today: date, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(memberships.c.member_id == members.c.member_id, current(today), condition)


def _interested(leaf: facts.HasInterest) -> ColumnElement[bool]:
    if not leaf.sensitive:
        said: ColumnElement[bool] = members.c.interests.overlap(words(leaf.interests))
        return said
    kept = sensitive_interests.c
    return exists().where(kept.member_id == members.c.member_id, kept.interests.overlap(words(leaf.interests)))


def _joined(leaf: facts.Joined) -> ColumnElement[bool]:
    joined, bounds = members.c.joined_on, []
    if leaf.before:
        bounds.append(joined < leaf.before)
    if leaf.after:
        bounds.append(joined > leaf.after)
    return func.coalesce(and_(*bounds), false())


def _birthday(leaf: facts.HasBirthday) -> ColumnElement[bool]:
    first, last = (int(day[:2]) * 100 + int(day[3:]) for day in (leaf.first, leaf.last))
    born = members.c.birthday
    within = born.between(first, last) if first <= last else or_(born >= first, born <= last)
    return func.coalesce(within, false())


def _one_of(column: ColumnElement[str], values: tuple[str, ...]) -> list[ColumnElement[bool]]:
    return [column == func.any(words(values))] if values else []


def everyone(rule: rules.Rule, today: date) -> ColumnElement[bool]:
    """Active members that the rule selects."""
    return and_(members.c.status == "active", criterion(rule, today))
