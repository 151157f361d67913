"""members: the parts, joined."""

from chassis.app import Application
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.outbox import Relay
from chassis.kafka.producer import Kafka
from members.consumers import subscriptions
from members.remote_history import RemoteHistory
from members.routes import ROUTERS
from members.service.change_writer import ChangeWriter
from members.service.history import History
from members.service.imports.apply import ImportApplication
from members.service.imports.check import ImportCheck
from members.service.imports.reports import ImportReports
from members.service.intake import Intake
from members.service.maintenance import Maintenance
from members.service.members import Members
from members.service.replies import Replies
from members.service.restore import TopicAudit
from members.service.units import Units
from members.settings import Settings


def build(settings: Settings, clock: Clock | None = None) -> Application:
    """The service as one object; nothing connects yet."""
    clock = clock or Clock(settings.clock_start)
    database, kafka = Database(settings.database_url, pool_size=settings.database_pool), Kafka(settings)
    writer = ChangeWriter(settings, clock)
    members = Members(database, writer)
    remote_history = RemoteHistory(settings.history_urls, settings.history_timeout_seconds)
    maintenance = Maintenance(database, kafka, writer, settings, clock)
    return Application(
        settings,
        routers=ROUTERS,
        services={
            Units: Units(database, clock),
            Members: members,
            History: History(database, members, remote_history),
            ImportCheck: ImportCheck(database, writer),
            ImportApplication: ImportApplication(database, writer),
            ImportReports: ImportReports(database),
            Intake: Intake(database, writer, settings),
        },
        subscriptions=subscriptions(Replies(database, writer, settings), TopicAudit(database, writer)),
        tasks=(Relay(database, kafka, settings.service), *maintenance.tasks()),
        database=database,
        kafka=kafka,
        clock=clock,
        body_limits={"/imports": settings.import_max_bytes},
    )


def main() -> None:
    """Run until a signal ends it."""
    build(Settings()).run()
