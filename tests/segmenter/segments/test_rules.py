"""Rule trees: what SQL selects, what the explanation says and what the members' own data say are one."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from chassis.db.database import Database
from contracts.enums import Channel
from contracts.events.members import MemberChanged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from segmenter.domain.segments import conditions, rules
from segmenter.domain.segments.explanation import explain
from segmenter.models import members as table
from segmenter.repository.rules import criterion, results
from sqlalchemy import select

from tests.segmenter.union import NOW, Union
from tests.support.world import World

TODAY = NOW.date()
JOBS, LANGUAGES, INTERESTS = ("lecturer", "porter"), ("en", "cy"), ("choir", "pensions")
DAYS = ("01-03", "02-29", "06-15", "12-31")
DATES = (date(2000, 1, 1), date(2010, 6, 1), date(2020, 1, 2))

leaves: st.SearchStrategy[Any] = st.one_of(
    st.builds(conditions.JobCondition, jobs=st.tuples(st.sampled_from(JOBS))),
    st.builds(conditions.LanguageCondition, languages=st.tuples(st.sampled_from(LANGUAGES))),
    st.builds(conditions.InterestCondition, interests=st.tuples(st.sampled_from(INTERESTS))),
    st.builds(conditions.ChannelCondition, channel=st.sampled_from(("sms", "email"))),
    st.builds(conditions.BirthdayCondition, first=st.sampled_from(DAYS), last=st.sampled_from(DAYS)),
    st.builds(conditions.JoinedCondition, before=st.sampled_from(DATES), after=st.none() | st.sampled_from(DATES)),
)


def inner(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(parts, min_size=1, max_size=3).map(tuple)
    return st.builds(rules.AllOf, of=some) | st.builds(rules.AnyOf, of=some) | st.builds(rules.Negation, of=parts)


trees = st.recursive(leaves, inner, max_leaves=8)


def holds(rule: Any, member: MemberChanged) -> bool:
    """The rule evaluated in Python on the member as it was published."""
    now = [p for p in member.memberships if p.valid_from <= TODAY and (p.valid_to is None or p.valid_to >= TODAY)]
    match rule:
        case rules.AllOf():
            return all(holds(part, member) for part in rule.of)
        case rules.AnyOf():
            return any(holds(part, member) for part in rule.of)
        case rules.Negation():
            return not holds(rule.of, member)
        case conditions.JobCondition():
            return any(place.job in rule.jobs for place in now)
        case conditions.LanguageCondition():
            return member.language in rule.languages
        case conditions.InterestCondition():
            return bool(set(member.interests) & set(rule.interests))
        case conditions.ChannelCondition():
            return any(point.channel == rule.channel for point in member.contact_points)
        case conditions.BirthdayCondition():
            return member.birthday is not None and in_window(rule, member.birthday.strftime("%m-%d"))
        case _:
            joined = min(place.valid_from for place in member.memberships)
            return (rule.before is None or joined < rule.before) and (rule.after is None or joined > rule.after)


def in_window(rule: conditions.BirthdayCondition, day: str) -> bool:
    if rule.first <= rule.last:
        return rule.first <= day <= rule.last
    return day >= rule.first or day <= rule.last


@pytest.fixture(scope="module")
async def population(world: World, client: object) -> dict[uuid.UUID, MemberChanged]:
    """Members that differ in everything that the conditions ask about."""
    union = Union(world, client)  # type: ignore[arg-type]
    ended = {"valid_from": date(1999, 1, 1), "valid_to": TODAY - timedelta(days=1)}
    people = [
        union.member(),
        union.member(language="cy", birthday=date(1970, 1, 3), interests=("choir",)),
        union.member(sms=False, birthday=date(2000, 2, 29), memberships=(union.place("a", job="lecturer"),)),
        union.member(email=False, birthday=date(1988, 12, 31), interests=("choir", "pensions")),
        union.member(memberships=(union.place("a", job="porter", valid_from=date(2005, 3, 3)),)),
        union.member(memberships=(union.place("b", job="porter", **ended), union.place("a", job="lecturer"))),
        union.member(sms=False, email=False, language="cy", memberships=(union.place("a", valid_from=TODAY),)),
    ]
    return {member.member_id: member for member in await union.joined_by(*people)}


@pytest.fixture(scope="module")
async def database(world: World, client: object) -> Any:
    database = Database(world.database_url("segmenter"))
    yield database
    await database.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rule=trees)
async def test_sql_explanation_and_meaning_agree(
    rule: Any, population: dict[uuid.UUID, MemberChanged], database: Database
) -> None:
    query = select(table.c.member_id, criterion(rule, TODAY).label("inside"), results(rule, TODAY))
    async with database.transaction() as session:
        rows = (await session.execute(query.where(table.c.member_id.in_(population)))).all()
    assert len(rows) == len(population)
    for row in rows:
        meant = holds(rule, population[row.member_id])
        assert (row.inside, explain(rule, row.matched).matched) == (meant, meant)


@pytest.mark.parametrize(
    ("first", "last", "year", "inside"),
    [
        ("02-28", "02-28", 2027, True),
        ("02-28", "02-28", 2028, False),
        ("02-29", "02-29", 2027, True),
        ("02-29", "02-29", 2028, True),
        ("03-01", "03-01", 2027, False),
        ("12-20", "02-28", 2027, True),
    ],
)
async def test_who_was_born_on_29_february_has_a_birthday_in_every_year(
    first: str, last: str, year: int, inside: bool, population: dict[uuid.UUID, MemberChanged], database: Database
) -> None:
    rule = conditions.BirthdayCondition(first=first, last=last)
    born = next(member_id for member_id, member in population.items() if member.birthday == date(2000, 2, 29))
    query = select(criterion(rule, date(year, 3, 1))).where(table.c.member_id == born)
    async with database.transaction() as session:
        assert await session.scalar(query) is inside


@given(rule=trees)
def test_a_tree_survives_being_stored(rule: Any) -> None:
    assert rules.read_rule(rule.model_dump(mode="json")) == rule


@given(rule=trees, truth=st.booleans())
def test_an_explanation_wants_one_result_for_every_condition(rule: Any, truth: bool) -> None:
    count = len(rules.conditions(rule))
    assert explain(rule, [truth] * count).kind == rule.kind
    with pytest.raises(ValueError, match="more results than conditions"):
        explain(rule, [truth] * (count + 1))


def test_a_rule_kept_inside_a_body_asks_both() -> None:
    rule = conditions.ChannelCondition(channel=Channel.SMS)
    kept = rules.within(rule, "leeds")
    assert rules.conditions(kept) == (conditions.BodyCondition(bodies=("leeds",)), rule)
    assert rules.bodies_named(kept) == ("leeds",)
    assert rules.within(rule, None) is rule


def test_a_word_of_a_rule_is_spelled_as_members_stores_it() -> None:
    rule = conditions.JobCondition(jobs=("infirmie\u0300re ", "senior\u00a0 lecturer\u200b"))
    assert rule.jobs == ("infirmi\u00e8re", "senior lecturer")
    with pytest.raises(ValueError, match="is blank"):
        conditions.EmployerCondition(employers=("\u200b",))
