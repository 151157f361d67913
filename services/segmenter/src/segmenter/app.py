"""The segmenter's parts, joined."""

from chassis.app import Application, Task
from chassis.clock import Clock
from chassis.db.counts import ADDED_UP_EVERY, adding_up
from chassis.db.database import Database
from chassis.kafka.catch_up import CatchUp
from chassis.kafka.outbox import Relay
from chassis.kafka.producer import Kafka
from chassis.observability.metrics import Metrics
from chassis.periodic import Periodic
from chassis.retention.retention import Retention
from chassis.wakeup import Wakeup
from segmenter.consumers import consumers
from segmenter.dispatchers import Dispatchers
from segmenter.models import delivery_counts
from segmenter.models.spans import SPANS
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
from segmenter.service.quarantine import Quarantine
from segmenter.service.restore import Restore
from segmenter.service.segments import Segments
from segmenter.service.union_stop import UnionStops
from segmenter.settings import Settings

_SERVICES = (Segments, Drafts, TestSends, TestStaff, CampaignProgress, MemberHistory)
"""Services that need the common parts and no other."""


def build(settings: Settings, *, verbs: bool = True, worker: bool = True) -> Application:
    """Everything constructed, nothing connected. `verbs`: answers HTTP. `worker`: consumers and background steps, in a
    process of its own in production, so that what ends it stops no verb."""
    clock, kafka, metrics = Clock(settings.clock_start, settings.time_zone), Kafka(settings), Metrics()
    database = Database(settings.database_url, pool_size=settings.database_pool)
    parts = Parts(database, clock, settings, Wakeup())
    dispatchers = Dispatchers(settings.dispatcher_urls, settings.links, clock, settings.dispatcher_timeout_seconds)
    projection, summaries, transitions = Projection(database), Summaries(parts), Transitions(parts, dispatchers)
    launch = Launch(parts, summaries, metrics)
    return Application(
        settings,
        routers=ROUTERS if verbs else (),
        services={
            **{kind: kind(parts) for kind in _SERVICES},
            Summaries: summaries,
            Launch: launch,
            Transitions: transitions,
            UnionStops: UnionStops(parts, dispatchers),
            Projection: projection,
        },
        subscriptions=consumers(projection, Deliveries(parts), Restore(database)) if worker else (),
        tasks=_background(parts, kafka, metrics, launch, transitions) if worker else (),
        database=database,
        kafka=kafka if worker else None,
        clock=clock,
        metrics=metrics,
    )


def _background(
    parts: Parts, kafka: Kafka, metrics: Metrics, launch: Launch, transitions: Transitions
) -> tuple[Task, ...]:
    database, clock, settings, wakeup = parts
    reading, fan_out = CatchUp(kafka, database), FanOut(parts, kafka)
    audiences, alerts = Audiences(parts, reading), Audiences(parts, reading, urgent_only=True)
    poll, completion, quarantine = settings.poll_seconds, settings.completion_seconds, Quarantine(parts, metrics)
    around = quarantine.around
    start_due = around(launch.start_due)
    return (
        Relay(database, kafka, settings.service),
        Periodic("counts", adding_up(database, delivery_counts), every=ADDED_UP_EVERY, leader=database),
        Retention(settings, database, clock, SPANS).task,
        Periodic("quarantine", quarantine.release, every=poll, leader=database, resigned=quarantine.resign),
        Periodic("scheduled-starts", start_due, every=poll, wakeup=wakeup, leader=database, resigned=launch.resign),
        Periodic("freezing", around(audiences.freeze_next), every=poll, wakeup=wakeup),
        Periodic("freezing-alerts", around(alerts.freeze_next), every=poll, wakeup=wakeup),
        *(
            Periodic(f"fan-out-{number}", around(fan_out.advance), every=poll, wakeup=wakeup)
            for number in range(settings.fanout_workers)
        ),
        Periodic("completion", around(transitions.complete_finished), every=completion, leader=database),
    )


def main(*, worker: bool) -> None:
    """Run one of the two processes until a signal ends it."""
    build(Settings(), verbs=not worker, worker=worker).run()
