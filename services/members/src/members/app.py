"""members: the parts, joined."""

from chassis.app import Application
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.outbox import Relay
from chassis.kafka.producer import Kafka
from chassis.periodic import Periodic
from chassis.retention.retention import Retention
from chassis.wakeup import Wakeup
from members.consumers import subscriptions
from members.models.spans import SPANS
from members.remote_history import RemoteHistory
from members.routes import ROUTERS
from members.service.change_writer import ChangeWriter
from members.service.history import History
from members.service.imports.apply import ImportApplication
from members.service.imports.check import ImportCheck
from members.service.imports.reports import ImportReports
from members.service.imports.uploads import ImportUploads
from members.service.intake import Intake
from members.service.leavers import Leavers
from members.service.maintenance import Maintenance
from members.service.members import Members
from members.service.replies import Replies
from members.service.restore import TopicAudit
from members.service.units import Units
from members.settings import Settings


def build(settings: Settings, clock: Clock | None = None) -> Application:
    """The service as one object; nothing connects yet."""
    clock = clock or Clock(settings.clock_start, settings.time_zone)
    database, kafka = Database(settings.database_url, pool_size=settings.database_pool), Kafka(settings)
    writer = ChangeWriter(settings, clock)
    members = Members(database, writer)
    remote_history = RemoteHistory(settings.history_urls, settings.history_timeout_seconds)
    to_check, to_apply = Wakeup(), Wakeup()
    application = ImportApplication(database, writer, to_apply)
    maintenance = Maintenance(database, kafka, writer, settings, clock)
    leavers = Leavers(database, writer, settings, clock)
    retention = Retention(settings, database, clock, SPANS, [maintenance.discard_broken_rolls, leavers.step])
    return Application(
        settings,
        routers=ROUTERS,
        services={
            Units: Units(database, clock),
            Members: members,
            History: History(database, members, remote_history),
            ImportUploads: ImportUploads(database, clock, to_check),
            ImportApplication: application,
            ImportReports: ImportReports(database),
            Intake: Intake(database, writer, settings),
        },
        subscriptions=subscriptions(Replies(database, writer, settings), TopicAudit(database, writer)),
        tasks=(
            Relay(database, kafka, settings.service),
            Periodic("import-check", ImportCheck(database, writer).step, every=1.0, wakeup=to_check, leader=database),
            Periodic("import-apply", application.step, every=1.0, wakeup=to_apply, leader=database),
            *maintenance.tasks(),
            retention.task,
        ),
        database=database,
        kafka=kafka,
        clock=clock,
        body_limits={"/imports": settings.import_max_bytes},
    )


def main() -> None:
    """Run until a signal ends it."""
    build(Settings()).run()
