"""Joins a service's parts and runs them: HTTP, consumers, background tasks, and an orderly stop."""

import asyncio
import gc
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol

import uvicorn
from aiokafka.errors import KafkaError
from chassis import failpoints
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.db.restore_guard import RestoreGuard
from chassis.dead_letters.replay import Replays
from chassis.dead_letters.store import DeadLetters
from chassis.erasure.residue import residues
from chassis.errors import Unavailable
from chassis.http import api_docs, health
from chassis.http.auth import Verifier
from chassis.http.body_limits import BodyLimits
from chassis.http.openapi import DocumentedAPI
from chassis.http.problems import install_problems
from chassis.http.reads import Reads
from chassis.http.request_checks import RequestChecks
from chassis.http.request_tracing import RequestTracing
from chassis.http.server import DrainingServer, EmbeddedServer
from chassis.kafka.consumer import Consumer
from chassis.kafka.producer import Kafka, connection, must_answer
from chassis.kafka.security import broker_security
from chassis.kafka.subscription import Subscription
from chassis.observability import logs, tracing
from chassis.observability.metrics import Metrics, MetricsServer
from chassis.periodic import Periodic, led_as_one
from chassis.settings import ServiceSettings
from chassis.tasks import cancelled
from fastapi import APIRouter, FastAPI
from faststream.kafka import KafkaBroker
from starlette.types import ASGIApp

log = logs.get(__name__)
_PATIENCE = 5.0
"""Seconds that a stop waits for a start still under way."""
_KEPT_SECONDS = 75
"""An idle connection. Longer than callers and an ingress keep theirs (httpx 5 s, nginx 60 s), so that they close it:
a request sent in the moment in which we do is lost, and a POST is not repeated."""


class Task(Protocol):
    """Something that runs as long as the service does. One that ends with an error stops the service.
    `drain`, where there is one, is awaited before the task is cancelled."""

    name: str

    async def run(self) -> None: ...


class Application:
    """One service. Nothing connects before `serving` or `run`."""

    def __init__(
        self,
        settings: ServiceSettings,
        *,
        routers: Sequence[APIRouter],
        services: Mapping[type, object] | None = None,
        subscriptions: Sequence[Subscription] = (),
        tasks: Sequence[Task] = (),
        database: Database | None = None,
        kafka: Kafka | None = None,
        clock: Clock | None = None,
        metrics: Metrics | None = None,
        body_limits: Mapping[str, int] | None = None,
    ) -> None:
        self.settings, self.database, self.kafka = settings, database, kafka
        self.clock, self.metrics = clock or Clock(settings.clock_start, settings.time_zone), metrics or Metrics()
        self.subscriptions = tuple(subscriptions)
        self.tasks: tuple[Task, ...] = (*([RestoreGuard(database)] if database is not None else ()), *tasks)
        self.failed = False
        self._server: uvicorn.Server | None = None
        self.listeners = self._listeners()
        self.running_tasks: list[asyncio.Task[None]] = []
        self.api = DocumentedAPI(
            title=f"Muster {settings.service}",
            lifespan=self._lifespan,
            openapi_url=None if settings.environment == "production" else "/openapi.json",
        )
        self.api.state.given = dict(services or {})
        self.api.state.verifier = Verifier(
            settings.jwks_url,
            issuer=settings.token_issuer,
            audience=settings.token_audience,
            cache=settings.state_dir / f"jwks-{settings.service}.json",
            clock=self.clock,
        )
        install_problems(self.api)
        self.api.add_middleware(Reads, seconds=settings.read_timeout_seconds)
        self.api.add_middleware(BodyLimits, limit=settings.max_body_bytes, larger=body_limits or {})
        self.api.add_middleware(RequestChecks)
        self.api.add_middleware(RequestTracing, metrics=self.metrics)
        self.api.include_router(health.router(self))
        if self.api.openapi_url:
            self.api.include_router(api_docs.router())
        for router in routers:
            self.api.include_router(router)

    def _listeners(self) -> tuple[Consumer, ...]:
        if not self.subscriptions:
            return ()
        assert self.kafka is not None
        assert self.database is not None
        residue = residues().get(self.settings.service)
        letters = DeadLetters(self.database, self.clock, self.metrics, erased=residue().erased if residue else "")
        replays = Replays(self.subscriptions, self.database, letters, self.clock)
        self.tasks += (
            Periodic("dead-letters", letters.maintain, every=60.0, leader=self.database, resigned=letters.forget),
            Periodic("dead-letter-replays", replays.step, every=1.0, leader=self.database),
        )
        return tuple(Consumer(each, self.kafka, self.database, letters) for each in self.subscriptions)

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if self.database is not None:
                stack.push_async_callback(self.database.close)
            if self.kafka is not None:
                stack.push_async_callback(self.kafka.stop)
            metrics = MetricsServer(self.metrics, self.settings.host, self.settings.metrics_port)
            stack.callback(metrics.close)
            await stack.enter_async_context(self._background())
            await stack.enter_async_context(self._consuming())
            log.info("started", metrics_port=metrics.port)
            yield
            log.info("stopping")

    @asynccontextmanager
    async def _consuming(self) -> AsyncIterator[None]:
        """Consumers start last and stop first."""
        if not self.listeners:
            yield
            return
        broker = KafkaBroker(
            self.settings.kafka_bootstrap_servers,
            client_id=self.settings.service,
            security=broker_security(self.settings),
            allow_auto_create_topics=False,
            logger=None,
        )
        for listener in self.listeners:
            listener.attach(broker)
        starting = asyncio.create_task(self._or_fail("consuming", self._start_broker(broker)))
        watching = [asyncio.create_task(self._or_fail("watching", each.watch())) for each in self.listeners]
        try:
            yield
        finally:
            # A client cancelled in the middle of connecting leaves its sockets open: let it finish first.
            await asyncio.wait([starting], timeout=_PATIENCE)
            await cancelled([starting, *watching])
            await broker.stop()

    async def _start_broker(self, broker: KafkaBroker) -> None:
        """A broker that is down delays the consumers, never the HTTP side."""
        while True:
            try:
                # FastStream forgets the producer of a start that failed, open as it is: ask first.
                await must_answer(connection(self.settings))
                await broker.start()
                return
            except (OSError, KafkaError, Unavailable) as error:
                log.warning("the broker does not answer yet", error=type(error).__name__)
                await broker.stop()
                await asyncio.sleep(1.0)

    @asynccontextmanager
    async def _background(self) -> AsyncIterator[None]:
        self.running_tasks = [
            asyncio.create_task(self._or_fail(task.name, task.run()), name=task.name) for task in led_as_one(self.tasks)
        ]
        try:
            yield
        finally:
            for task in self.tasks:
                if drain := getattr(task, "drain", None):
                    await drain()
            await cancelled(self.running_tasks)

    async def _or_fail(self, name: str, work: Awaitable[None]) -> None:
        """A part that ends by a bug ends the process: half a service would look alive."""
        try:
            await work
        except asyncio.CancelledError:
            raise
        except BaseException:
            log.exception("task failed", task=name)
            self.failed = True
            if self._server is not None:
                self._server.should_exit = True
            raise

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Run in this loop until the block ends; gives the base address. Port 0 takes a free one."""
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((self.settings.host, self.settings.port))
        server = self._server = EmbeddedServer(self._config())
        serving = asyncio.create_task(server.serve([listening]))
        try:
            while not server.started and not serving.done():
                await asyncio.sleep(0.005)
            if serving.done():
                raise RuntimeError(f"{self.settings.service} did not start")
            yield f"http://{self.settings.host}:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
            listening.close()

    def run(self) -> None:
        """Run until SIGTERM or SIGINT, then drain; exit 1 if a part failed."""
        logs.configure(self.settings.service, level=self.settings.log_level, form=self.settings.log_format)
        failpoints.arm(self.settings.failpoints, self.settings.state_dir)
        tracing.configure(self.settings.service, self.settings.otlp_endpoint)
        # What was made so far lives as long as the process: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        self._server = DrainingServer(self._config())
        self._server.run()
        sys.exit(1 if self.failed or not self._server.started else 0)

    def outermost(self) -> ASGIApp:
        """What the server calls. Only what must stand outside FastAPI itself wraps it."""
        return self.api

    def _config(self) -> uvicorn.Config:
        return uvicorn.Config(
            self.outermost(),
            host=self.settings.host,
            port=self.settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(self.settings.trusted_proxies),
            forwarded_allow_ips=self.settings.trusted_proxies,
            timeout_keep_alive=_KEPT_SECONDS,
            timeout_graceful_shutdown=10,
            backlog=4096,
        )
