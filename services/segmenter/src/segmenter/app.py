"""The segmenter's parts, joined."""

from chassis.app import Application
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.catch_up import CatchUp
from chassis.kafka.outbox import Relay
from chassis.kafka.producer import Kafka
from segmenter.consumers import subscriptions
from segmenter.routes import ROUTERS
from segmenter.service.campaigns import Campaigns
from segmenter.service.fanout import FanOut
from segmenter.service.freezing import Freezing
from segmenter.service.history import History
from segmenter.service.launching import Launching
from segmenter.service.own import Own
from segmenter.service.progress import Progress
from segmenter.service.projection import Projection
from segmenter.service.receipts import Receipts
from segmenter.service.repeating import Bell, Repeated
from segmenter.service.segments import Segments
from segmenter.service.sending import Sending
from segmenter.service.staff import TestStaff
from segmenter.service.summaries import Summaries
from segmenter.service.trying import Trying
from segmenter.settings import Settings


def build(settings: Settings) -> Application:
    """Everything constructed, nothing connected."""
    clock, kafka = Clock(settings.clock_start), Kafka(settings)
    database = Database(settings.database_url, pool_size=settings.database_pool)
    projection, receipts = Projection(database), Receipts(database, clock, settings)
    summaries = Summaries(database, clock, settings)
    wakeup = Bell()
    launching = Launching(database, clock, settings, summaries, wakeup)
    freezing = Freezing(database, clock, settings, CatchUp(kafka, database), wakeup)
    fan_out = FanOut(database, clock, settings, kafka)
    poll = settings.poll_seconds
    return Application(
        settings,
        routers=ROUTERS,
        services={
            Segments: Segments(database, clock),
            Campaigns: Campaigns(database, clock, settings),
            Summaries: summaries,
            Launching: launching,
            Trying: Trying(database, clock, settings, wakeup),
            TestStaff: TestStaff(database, clock),
            Progress: Progress(database, settings.progress_seconds),
            Sending: Sending(database, clock, settings, wakeup),
            History: History(database, clock),
            Projection: projection,
        },
        subscriptions=subscriptions(projection, receipts, Own(database)),
        tasks=(
            Relay(database, kafka, settings.service),
            Repeated("scheduled-starts", launching.start_due, poll, wakeup),
            Repeated("freezing", freezing.freeze, poll, wakeup),
            *(
                Repeated(f"fan-out-{number}", fan_out.advance, poll, wakeup)
                for number in range(settings.fanout_workers)
            ),
            Repeated("completion", receipts.complete, settings.completion_seconds, Bell()),
        ),
        database=database,
        kafka=kafka,
        clock=clock,
    )


def main() -> None:
    """Run until told to stop."""
    build(Settings()).run()
