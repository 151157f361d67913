"""The parts of the ballot service and how they are joined."""

from ballot import consumers
from ballot.models import answer_counts
from ballot.routes import routers
from ballot.scheduler import Scheduler
from ballot.service.answers import Answers
from ballot.service.campaigns import Campaigns
from ballot.service.counts import Counts
from ballot.service.declared_ballots import DeclaredBallots
from ballot.service.member_pages import MemberPages
from ballot.service.members import Members
from ballot.service.polls import Polls
from ballot.service.replies import Replies
from ballot.service.restore import Restore
from ballot.service.results import Results
from ballot.settings import Settings
from ballot.spans import SPANS
from chassis.app import Application
from chassis.clock import Clock
from chassis.db.counts import ADDED_UP_EVERY, adding_up
from chassis.db.database import Database
from chassis.kafka.catch_up import CatchUp
from chassis.kafka.outbox import Relay
from chassis.kafka.producer import Kafka
from chassis.periodic import Periodic
from chassis.retention.retention import Retention
from chassis.signed_links import SignedLinks


def build(settings: Settings) -> Application:
    """The service; nothing connects before it runs."""
    clock, ids = Clock(settings.clock_start, settings.time_zone), settings.ids
    every = settings.scheduler_seconds
    database = Database(settings.database_url, pool_size=settings.database_pool)
    kafka = Kafka(settings)
    catch_up = CatchUp(kafka, database)
    members = Members(database, ids, clock)
    polls = Polls(database, catch_up, ids, clock, provider_keywords=settings.provider_keywords)
    counts = Counts(database, catch_up, ids, clock, grace=settings.count_grace)
    declared_ballots = DeclaredBallots(database)
    return Application(
        settings,
        routers=routers(),
        services={
            Answers: Answers(database, ids, clock),
            MemberPages: MemberPages(database, ids, clock),
            DeclaredBallots: declared_ballots,
            Members: members,
            Polls: polls,
            Results: Results(database),
            SignedLinks: settings.links,
            Clock: clock,
        },
        subscriptions=consumers.subscriptions(
            members, Replies(database, ids, clock), Campaigns(database), declared_ballots, Restore(database)
        ),
        tasks=(
            Relay(database, kafka, settings.service),
            Periodic("counts", adding_up(database, answer_counts), every=ADDED_UP_EVERY, leader=database),
            Periodic("poll-scheduler", Scheduler(polls, counts).round, every=every, leader=database),
            Retention(settings, database, clock, SPANS).task,
        ),
        database=database,
        kafka=kafka,
        clock=clock,
    )


def main() -> None:
    """Run until told to stop."""
    build(Settings()).run()
