"""The segmenter's parts, joined."""

from chassis.app import Application
from chassis.clock import Clock
from chassis.database import Database
from chassis.kafka import Kafka
from chassis.outbox import Relay
from chassis.reading import Reading
from segmenter.consumers import hearings
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
    bell = Bell()
    launching = Launching(database, clock, settings, summaries, bell)
    freezing = Freezing(database, clock, settings, Reading(kafka, database), bell)
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
            Trying: Trying(database, clock, settings, bell),
            TestStaff: TestStaff(database, clock),
            Progress: Progress(database, settings.progress_seconds),
            Sending: Sending(database, clock, settings, bell),
            History: History(database, clock),
            Projection: projection,
        },
        hearings=hearings(projection, receipts, Own(database)),
        tasks=(
            Relay(database, kafka, settings.service),
            Repeated("scheduled-starts", launching.start_due, poll, bell),
            Repeated("freezing", freezing.freeze, poll, bell),
            *(Repeated(f"fan-out-{number}", fan_out.advance, poll, bell) for number in range(settings.fanout_workers)),
            Repeated("completion", receipts.complete, settings.completion_seconds, Bell()),
        ),
        database=database,
        kafka=kafka,
        clock=clock,
    )


def main() -> None:
    """Run until told to stop."""
    build(Settings()).run()
