"""The service as its tests see it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from chassis.app import Application
from chassis.clock import Clock
from members.service.upkeep import Every
from members.settings import Settings
from sqlalchemy import event


@dataclass
class Running:
    """The service and what a test may want to reach of it."""

    http: httpx.AsyncClient
    application: Application
    clock: Clock
    settings: Settings

    async def upkeep(self, name: str) -> None:
        """Do now what a task of this name does every hour."""
        await next(task.action for task in self.application.tasks if isinstance(task, Every) and task.name == name)()

    @contextmanager
    def counted_statements(self) -> Iterator[list[str]]:
        """Every statement that the service sends to its database meanwhile."""
        assert self.application.database is not None
        engine, sent = self.application.database.engine.sync_engine, list[str]()

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            sent.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            event.remove(engine, "before_cursor_execute", note)
