"""access: the parts, joined."""

from access.routes import ROUTERS
from access.service.clients import Clients
from access.service.signing_keys import SigningKeys
from access.service.tokens import Tokens
from access.settings import Settings
from access.spans import SPANS
from chassis.app import Application
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.periodic import Periodic
from chassis.retention.retention import Retention


def build(settings: Settings, clock: Clock | None = None) -> Application:
    """The service as one object; nothing connects yet."""
    clock = clock or Clock(settings.clock_start, settings.time_zone)
    database = Database(settings.database_url, pool_size=settings.database_pool)
    keys = SigningKeys(database, settings, clock)
    return Application(
        settings,
        routers=ROUTERS,
        services={
            Clients: Clients(database, clock),
            SigningKeys: keys,
            Tokens: Tokens(database, keys, settings, clock),
        },
        tasks=(
            Periodic("first-signing-key", keys.ensure, every=3600.0, leader=database),
            Retention(settings, database, clock, SPANS).task,
        ),
        database=database,
        clock=clock,
    )


def main() -> None:
    """Run until a signal ends it."""
    build(Settings()).run()
