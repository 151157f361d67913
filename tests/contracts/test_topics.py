"""What must hold of every topic."""

import re
from datetime import timedelta

import pytest
from contracts.enums import Channel
from contracts.event import Event
from contracts.events.by_topic import ALL_EVENTS, EVENTS_BY_TOPIC
from contracts.events.members import HeartbeatTicked
from contracts.topics import (
    ALL,
    DELIVERIES,
    EMAIL_REQUESTS,
    PARTICIPATION,
    SERVICES,
    SMS_REQUESTS,
    SMS_REQUESTS_URGENT,
    Cleanup,
    Topic,
    requests_for,
)

every_topic = pytest.mark.parametrize("topic", ALL, ids=lambda topic: topic.name)


@every_topic
def test_segments_are_short_enough_for_records_to_expire(topic: Topic) -> None:
    if topic.retention:
        assert topic.segment * 10 <= topic.retention
    if topic.personal:
        assert topic.segment <= timedelta(hours=1)
    assert topic.config()["segment.ms"] == str(int(topic.segment / timedelta(milliseconds=1)))


@every_topic
def test_a_topic_either_expires_or_compacts_within_a_bounded_time(topic: Topic) -> None:
    config = topic.config()
    if topic.cleanup is Cleanup.COMPACT:
        assert topic.retention is None
        assert config["cleanup.policy"] == "compact"
        assert timedelta(milliseconds=int(config["max.compaction.lag.ms"])) <= timedelta(days=1)
        assert config["delete.retention.ms"] == str(14 * 86_400_000)
    else:
        assert topic.retention
        assert config["retention.ms"] == str(int(topic.retention / timedelta(milliseconds=1)))


@every_topic
def test_a_topic_has_writers_that_are_services_and_readers(topic: Topic) -> None:
    assert topic.writers
    assert set(topic.writers) <= set(SERVICES)
    assert topic.readers
    assert set(topic.readers) <= {*SERVICES, "analysts"}


def test_names_are_used_once() -> None:
    names = [topic.name for topic in ALL]
    assert len(names) == len(set(names))


def test_every_topic_carries_events_and_every_event_is_carried() -> None:
    assert set(EVENTS_BY_TOPIC) == set(ALL)
    assert all(EVENTS_BY_TOPIC.values())
    ours = {name: kind for name, kind in Event.known.items() if kind.__module__.startswith("contracts.")}
    assert set(ALL_EVENTS) == set(ours.values())


def test_an_events_type_reads_noun_past_verb_version() -> None:
    for kind in ALL_EVENTS:
        assert re.fullmatch(r"[a-z]+\.[a-z]+([-_][a-z]+)*\.v[1-9]", kind.type_name)


def test_personal_compacted_topics_carry_a_heartbeat_or_a_quiet_partition_never_compacts() -> None:
    personal = {topic for topic in ALL if topic.personal and topic.cleanup is Cleanup.COMPACT}
    assert personal
    assert personal == {topic for topic, kinds in EVENTS_BY_TOPIC.items() if HeartbeatTicked in kinds}


CONTACT_DATA = {"given_name", "family_name", "address", "birthday", "contact_points", "number", "email", "phone"}


def test_contact_data_travels_on_personal_topics_only() -> None:
    for topic in (SMS_REQUESTS, SMS_REQUESTS_URGENT, EMAIL_REQUESTS, DELIVERIES, PARTICIPATION):
        for kind in EVENTS_BY_TOPIC[topic]:
            assert not topic.personal
            assert not CONTACT_DATA & _names(kind)
    assert _names(EVENTS_BY_TOPIC[next(topic for topic in ALL if topic.name == "members")][0]) >= {
        "given_name",
        "address",
    }


def test_deliveries_name_no_member_and_participation_no_choice() -> None:
    for kind in EVENTS_BY_TOPIC[DELIVERIES]:
        assert not {"member_id", "members_at_address", "address_hash"} & _names(kind)
    for kind in EVENTS_BY_TOPIC[PARTICIPATION]:
        assert not {"option", "answer", "text", "choice"} & _names(kind)


def test_each_channel_has_its_requests() -> None:
    found = {requests_for(channel, urgent=urgent).name for channel in Channel for urgent in (False, True)}
    assert len(found) == 4
    assert requests_for("sms", urgent=True) is SMS_REQUESTS_URGENT


def _names(kind: type[Event]) -> set[str]:
    schema = kind.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return {name for part in parts for name in part.get("properties", {})}


def test_only_a_channels_dispatcher_may_read_what_ties_a_delivery_to_a_member() -> None:
    """A request has the delivery's id beside the member's: with it, the pseudonym on `deliveries` hides no member."""
    readers = {topic.name: topic.readers for topic in ALL if topic.name.startswith("delivery-requests.")}
    assert len(readers) == 4
    assert all(who == (f"dispatch-{name.split('.')[1]}",) for name, who in readers.items())
