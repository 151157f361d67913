"""members: the parts, joined."""

from chassis.app import Application
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.outbox import Relay
from chassis.kafka.producer import Kafka
from members.consumers import subscriptions
from members.neighbours import Neighbours
from members.routes import ROUTERS
from members.service.audit import Audit
from members.service.bodies import Bodies
from members.service.history import History
from members.service.imports import Imports
from members.service.intake import Intake
from members.service.members import Members
from members.service.recording import Recorder
from members.service.replies import Replies
from members.service.tokens import Tokens
from members.service.upkeep import Upkeep
from members.settings import Settings


def build(settings: Settings, clock: Clock | None = None) -> Application:
    """The service as one object; nothing connects yet."""
    clock = clock or Clock(settings.clock_start)
    database, kafka = Database(settings.database_url, pool_size=settings.database_pool), Kafka(settings)
    recorder = Recorder(settings, clock)
    upkeep = Upkeep(database, kafka, recorder, settings, clock)
    return Application(
        settings,
        routers=ROUTERS,
        services={
            Bodies: Bodies(database, clock),
            Members: Members(database, recorder),
            Imports: Imports(database, recorder),
            Intake: Intake(database, recorder, settings),
            History: History(database, recorder, Neighbours(settings.neighbours, settings.neighbour_seconds)),
            Tokens: Tokens(database, settings, clock),
        },
        subscriptions=subscriptions(Replies(database, recorder, settings), Audit(database, recorder)),
        tasks=(Relay(database, kafka, settings.service), *upkeep.tasks()),
        database=database,
        kafka=kafka,
        clock=clock,
        body_limits={"/imports": settings.import_max_bytes},
    )


def main() -> None:
    """Run until told to stop."""
    build(Settings()).run()
