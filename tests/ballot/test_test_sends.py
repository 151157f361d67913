"""Answers to test sends: shown to staff, never counted."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from ballot.settings import Settings
from contracts.enums import LinkPurpose
from contracts.events.campaigns import CampaignLaunched, Content
from contracts.topics import CAMPAIGNS, PARTICIPATION

from tests.ballot.answer_links import follow, link
from tests.ballot.builders import member, reply
from tests.ballot.scenario import Scenario
from tests.support.facts import eventually


def tried(scenario: Scenario, poll_id: str, member_id: UUID) -> str:
    """The link in a test send, as a dispatcher makes it."""
    return link(scenario, poll_id, member_id, purpose=LinkPurpose.TEST_ANSWER)


async def participants(scenario: Scenario, poll_id: str, witness: UUID) -> set[str]:
    """The members whose participation was published, once the witness is among them."""

    def published(received: object) -> set[str]:
        subjects = (str(one.subject) for one in received)  # type: ignore[attr-defined]
        return {subject.partition(":")[2] for subject in subjects if subject.startswith(poll_id)}

    return published(await scenario.world.received(PARTICIPATION, lambda received: str(witness) in published(received)))


async def test_a_text_that_answers_a_test_send_is_listed_and_never_counted(scenario: Scenario) -> None:
    staff, witness = await scenario.add_members(2)
    poll_id = await scenario.open_poll()
    await scenario.publish_replies(reply(poll_id, staff, "voted", test=True), reply(poll_id, staff, "erm", test=True))
    result = await scenario.result(poll_id, test=2)
    assert (result["received"], result["counted"], result["unmatched"], result["took_part"]) == (2, 0, 0, 0)
    listed = await scenario.list_answers(poll_id, "test")
    assert [(one["member_id"], one["text"]) for one in listed] == [(str(staff), "voted"), (str(staff), "erm")]
    await scenario.publish_replies(reply(poll_id, witness, "voted"))
    final = await scenario.close_and_count(poll_id, counted=1)
    assert (final["took_part"], final["test"]) == (1, 2)
    assert await participants(scenario, poll_id, witness) == {str(witness)}


async def test_it_neither_replaces_a_vote_nor_is_replaced_by_one(scenario: Scenario) -> None:
    (staff,) = await scenario.add_members(1)
    poll_id = await scenario.open_poll()
    for words, test in (("notyet", True), ("voted", False), ("notyet", True)):
        await scenario.publish_replies(reply(poll_id, staff, words, test=test))
    await scenario.result(poll_id, test=2, counted=1, superseded=0)
    (counted,) = await scenario.list_answers(poll_id, "counted")
    assert counted["option"] == "voted"


async def test_no_decision_makes_it_count(scenario: Scenario) -> None:
    (staff,) = await scenario.add_members(1)
    poll_id = await scenario.open_poll()
    await scenario.publish_replies(reply(poll_id, staff, "erm", test=True))
    await scenario.result(poll_id, test=1)
    (answer,) = await scenario.list_answers(poll_id, "test")
    decided = await scenario.client.post(
        f"/polls/{poll_id}/answers/{answer['answer_id']}/decision", json={"option": "voted"}
    )
    assert decided.status_code == 409
    assert "only an unmatched one" in decided.text


async def test_its_link_says_that_it_is_a_test_and_counts_nothing(scenario: Scenario) -> None:
    (staff,) = await scenario.add_members(1)
    poll_id = await scenario.open_poll()
    await follow(scenario, link(scenario, poll_id, staff), "notyet")
    path = tried(scenario, poll_id, staff)
    shown = await follow(scenario, path)
    assert shown.status_code == 200
    assert "This is a test: your answer is not counted." in shown.text
    assert "You have answered already" not in shown.text
    thanked = await follow(scenario, path, "voted")
    assert "I have voted" in thanked.text
    assert "This is a test: your answer is not counted." in thanked.text
    assert "The last answer counts" not in thanked.text
    result = await scenario.result(poll_id, test=1)
    assert (result["counted"], result["superseded"]) == (1, 0)
    (counted,) = await scenario.list_answers(poll_id, "counted")
    assert counted["option"] == "notyet"
    assert "This is a test" not in (await follow(scenario, link(scenario, poll_id, staff))).text


async def test_its_page_says_so_in_the_members_language(scenario: Scenario) -> None:
    welsh, french = (
        member(scenario.membership("bangor"), language="cy"),
        member(scenario.membership("bangor"), language="fr"),
    )
    await scenario.publish_members(welsh, french)
    poll_id = await scenario.open_poll()
    assert "Prawf yw hwn" in (await follow(scenario, tried(scenario, poll_id, welsh.member_id))).text
    assert "Ceci est un essai" in (await follow(scenario, tried(scenario, poll_id, french.member_id))).text


async def test_an_answer_to_one_after_the_count_does_not_count_again(scenario: Scenario) -> None:
    (staff,) = await scenario.add_members(1)
    poll_id = await scenario.open_poll()
    before = datetime.now(UTC)
    final = await scenario.close_and_count(poll_id)
    await scenario.publish_replies(reply(poll_id, staff, "voted", test=True, received_at=before))
    late = await scenario.result(poll_id, test=1)
    assert late["version"] == final["version"]


async def test_a_test_is_not_among_the_campaigns_that_ask_a_poll(scenario: Scenario) -> None:
    await scenario.add_members(1)
    poll_id = await scenario.open_poll()
    real, test = uuid4(), uuid4()
    for campaign_id, test_of in ((test, real), (real, None)):
        # Under one key, so that they are consumed in this order.
        await scenario.world.publish(CAMPAIGNS, str(real), asking(campaign_id, poll_id, test_of))

    async def listed() -> list[str]:
        found = (await scenario.client.get(f"/polls/{poll_id}")).json()["campaigns"]
        return [campaign["campaign_id"] for campaign in found]

    assert await eventually(listed) == [str(real)]


def asking(campaign_id: UUID, poll_id: str, test_of: UUID | None) -> CampaignLaunched:
    now = datetime.now(UTC)
    return CampaignLaunched(
        campaign_id=campaign_id,
        version=1,
        state="launched",
        name="Wave 1",
        purpose="ballot_notice",
        content=(Content(channel="sms", language="en", text="Voted?"),),
        launched_on=now.date(),
        expires_at=now + timedelta(days=1),
        poll_id=UUID(poll_id),
        test_of=test_of,
    )


def test_the_links_of_a_test_and_of_a_vote_are_as_long_as_each_other(scenario: Scenario) -> None:
    links, now = scenario.world.settings(Settings).links, datetime.now(UTC)
    lengths = {len(links.sign(purpose, uuid4(), uuid4(), expires_at=now)) for purpose in LinkPurpose}
    assert len(lengths) == 1
