"""The segmenter's parts, joined."""

from chassis.app import Application
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.catch_up import CatchUp
from chassis.kafka.outbox import Relay
from chassis.kafka.producer import Kafka
from chassis.observability.metrics import Metrics
from chassis.periodic import Periodic
from chassis.wakeup import Wakeup
from segmenter.consumers import consumers
from segmenter.dispatchers import Dispatchers
from segmenter.routes import ROUTERS
from segmenter.service.audiences import Audiences
from segmenter.service.base import Parts
from segmenter.service.campaigns.drafts import Drafts
from segmenter.service.campaigns.launch import Launch
from segmenter.service.campaigns.summaries import Summaries
from segmenter.service.campaigns.test_sends import TestSends, TestStaff
from segmenter.service.campaigns.transitions import Transitions
from segmenter.service.deliveries import Deliveries
from segmenter.service.fanout import FanOut
from segmenter.service.member_history import MemberHistory
from segmenter.service.progress import CampaignProgress
from segmenter.service.projection import Projection
from segmenter.service.restore import Restore
from segmenter.service.segments import Segments
from segmenter.service.union_stop import UnionStops
from segmenter.settings import Settings

_SERVICES = (Segments, Drafts, TestSends, TestStaff, CampaignProgress, MemberHistory)
"""Services that need the common parts and no other."""


def build(settings: Settings) -> Application:
    """Everything constructed, nothing connected."""
    clock, kafka = Clock(settings.clock_start), Kafka(settings)
    database = Database(settings.database_url, pool_size=settings.database_pool)
    parts = Parts(database, clock, settings, Wakeup())
    dispatchers = Dispatchers(settings.dispatcher_urls, settings.links, clock, settings.dispatcher_timeout_seconds)
    projection, summaries, transitions = Projection(database), Summaries(parts), Transitions(parts, dispatchers)
    metrics = Metrics()
    launch = Launch(parts, summaries, metrics)
    audiences, fan_out = Audiences(parts, CatchUp(kafka, database)), FanOut(parts, kafka)
    poll, wakeup = settings.poll_seconds, parts.wakeup
    return Application(
        settings,
        routers=ROUTERS,
        services={
            **{kind: kind(parts) for kind in _SERVICES},
            Summaries: summaries,
            Launch: launch,
            Transitions: transitions,
            UnionStops: UnionStops(parts, dispatchers),
            Projection: projection,
        },
        subscriptions=consumers(projection, Deliveries(parts), Restore(database)),
        tasks=(
            Relay(database, kafka, settings.service),
            Periodic("scheduled-starts", launch.start_due, every=poll, wakeup=wakeup),
            Periodic("freezing", audiences.freeze_next, every=poll, wakeup=wakeup),
            *(
                Periodic(f"fan-out-{number}", fan_out.advance, every=poll, wakeup=wakeup)
                for number in range(settings.fanout_workers)
            ),
            Periodic("completion", transitions.complete_finished, every=settings.completion_seconds),
        ),
        database=database,
        kafka=kafka,
        clock=clock,
        metrics=metrics,
    )


def main() -> None:
    """Run until a signal ends the process."""
    build(Settings()).run()
