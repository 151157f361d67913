"""Rules as SQL: the one place where a condition becomes a look-up, for counting, freezing and explaining."""

from calendar import isleap
from collections.abc import Sequence
from datetime import date

from chassis.db.rows import columns_of
from contracts.enums import ENDS_THE_ASKING
from segmenter.domain.segments import conditions, rules
from segmenter.models import deliveries, members, memberships, participation, sensitive_interests
from sqlalchemy import ColumnElement, FromClause, Label, Text, and_, exists, false, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, array

_END_OF_FEBRUARY = 228


def selected(rule: rules.Rule, today: date) -> ColumnElement[bool]:
    """Whether a row of `members` is of an active member that the rule selects."""
    return and_(members.c.status == "active", criterion(rule, today))


def criterion(rule: rules.Rule, today: date) -> ColumnElement[bool]:
    """Whether the rule holds for a row of `members`."""
    match rule:
        case rules.AllOf():
            return and_(*(criterion(part, today) for part in rule.of))
        case rules.AnyOf():
            return or_(*(criterion(part, today) for part in rule.of))
        case rules.Negation():
            return ~criterion(rule.of, today)
        case _:
            return _condition(rule, today)


def results(rule: rules.Rule, today: date) -> Label[ColumnElement[bool]]:
    """The result of every condition, in the order of `rules.conditions`, as `matched`."""
    return array([_condition(each, today) for each in rules.conditions(rule)]).label("matched")


def current(today: date) -> ColumnElement[bool]:
    """Whether a row of `memberships` holds today."""
    ends = memberships.c.valid_to
    return and_(memberships.c.valid_from <= today, or_(ends.is_(None), ends >= today))


def membership_by(today: date, *order: ColumnElement[bool]) -> FromClause:
    """The membership that a row of `members` is addressed by: the first in this order, then the oldest."""
    columns = columns_of(memberships, "branch", "branch_name", "region", "region_name", "job", "employer")
    mine = select(*columns).where(memberships.c.member_id == members.c.member_id, current(today))
    return mine.order_by(*order, memberships.c.valid_from, memberships.c.body).limit(1).lateral("membership")


def texts(values: tuple[str, ...]) -> ColumnElement[Sequence[str]]:
    """An array of texts as one parameter."""
    return literal(list(values), ARRAY(Text))


def _condition(condition: conditions.Condition, today: date) -> ColumnElement[bool]:
    match condition:
        case conditions.BodyCondition():
            return _has_membership(today, memberships.c.path.overlap(texts(condition.bodies)))
        case conditions.JobCondition():
            return _has_membership(today, memberships.c.job == func.any(texts(condition.jobs)))
        case conditions.EmployerCondition():
            return _has_membership(today, memberships.c.employer == func.any(texts(condition.employers)))
        case conditions.InterestCondition():
            return _has_interest(condition)
        case conditions.LanguageCondition():
            return members.c.language == func.any(texts(condition.languages))
        case conditions.JoinedCondition():
            return _joined(condition)
        case conditions.BirthdayCondition():
            return _has_birthday(condition, today)
        case conditions.ChannelCondition():
            has_channel: ColumnElement[bool] = members.c[f"has_{condition.channel}"]
            return has_channel
        case conditions.MemberCondition():
            return members.c.member_id.in_(condition.member_ids)
        case _:
            return _has_past(condition)


def _has_past(condition: conditions.ParticipationCondition | conditions.CampaignCondition) -> ColumnElement[bool]:
    match condition:
        case conditions.ParticipationCondition():
            part = participation.c
            # Participation that was taken back is kept as well, by its effect: without one named, what ends the asking.
            effects = condition.effects or tuple(sorted(ENDS_THE_ASKING))
            place = and_(part.member_id == members.c.member_id, part.ballot_id == condition.ballot_id)
            return exists().where(place, part.effect == func.any(texts(effects)))
        case conditions.CampaignCondition():
            sent = deliveries.c
            place = and_(sent.member_id == members.c.member_id, sent.campaign_id == condition.campaign_id)
            named = [sent.status == func.any(texts(condition.statuses))] if condition.statuses else []
            return exists().where(place, *named)


def _has_membership(today: date, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(memberships.c.member_id == members.c.member_id, current(today), condition)


def _has_interest(condition: conditions.InterestCondition) -> ColumnElement[bool]:
    if not condition.sensitive:
        ordinary: ColumnElement[bool] = members.c.interests.overlap(texts(condition.interests))
        return ordinary
    row = sensitive_interests.c
    return exists().where(row.member_id == members.c.member_id, row.interests.overlap(texts(condition.interests)))


def _joined(condition: conditions.JoinedCondition) -> ColumnElement[bool]:
    joined, bounds = members.c.joined_on, []
    if condition.before:
        bounds.append(joined < condition.before)
    if condition.after:
        bounds.append(joined > condition.after)
    return func.coalesce(and_(*bounds), false())


def _has_birthday(condition: conditions.BirthdayCondition, today: date) -> ColumnElement[bool]:
    first, last = (int(day[:2]) * 100 + int(day[3:]) for day in (condition.first, condition.last))
    if last == _END_OF_FEBRUARY and not isleap(today.year):
        last += 1
    birthday = members.c.birthday
    within = birthday.between(first, last) if first <= last else or_(birthday >= first, birthday <= last)
    return func.coalesce(within, false())
