"""Ballot's parts, joined."""

from ballot import consumers
from ballot.keeper import Keeper
from ballot.routes import routers
from ballot.service.answers import Answers
from ballot.service.counting import Counting
from ballot.service.electorate import Electorate
from ballot.service.following import Following
from ballot.service.polls import Polls
from ballot.service.review import Review
from ballot.settings import Settings
from chassis.app import Application
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.catch_up import CatchUp
from chassis.kafka.outbox import Relay
from chassis.kafka.producer import Kafka
from chassis.signed_links import SignedLinks


def build(settings: Settings) -> Application:
    """The service; nothing connects before it runs."""
    clock = Clock(settings.clock_start)
    database = Database(settings.database_url, pool_size=settings.database_pool)
    kafka = Kafka(settings)
    reading = CatchUp(kafka, database)
    electorate = Electorate(database, settings.ids, clock)
    polls = Polls(database, reading, settings.ids, clock, provider_keywords=settings.provider_keywords)
    counting = Counting(database, reading, settings.ids, clock, grace=settings.count_grace)
    answers = Answers(database, settings.ids, clock)
    following = Following(database)
    return Application(
        settings,
        routers=routers(),
        services={
            Electorate: electorate,
            Polls: polls,
            Counting: counting,
            Answers: answers,
            Review: Review(database, settings.ids, clock),
            Following: following,
            SignedLinks: settings.links,
            Clock: clock,
        },
        subscriptions=consumers.subscriptions(electorate, answers, following),
        tasks=(
            Relay(database, kafka, settings.service),
            Keeper(polls, counting, every=settings.keeper_seconds),
        ),
        database=database,
        kafka=kafka,
        clock=clock,
    )


def main() -> None:
    """Run until told to stop."""
    build(Settings()).run()
