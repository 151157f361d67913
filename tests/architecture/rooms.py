"""Which line lives where, as STYLE.md says: one walk over the syntax tree of a file.

A room is the first part of a module's path within its package: `repository.py` and `repository/answers.py` are both in
the room `repository`. Each finding says the line, what stands there and where it belongs.
"""

import ast
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]
SERVICES = ("access", "members", "segmenter", "dispatch_sms", "dispatch_email", "ballot", "sandbox")
LIBRARIES = ("contracts", "chassis", "content", "dispatch")
LONGEST_FILE, LONGEST_FUNCTION = 250, 50

_STATEMENTS = {"select", "insert", "update", "delete", "text", "func"}
_RUNNING = {"execute", "exec"}
_DATABASE_ROOMS = {
    "chassis": {
        *{"db", "dead_letters", "erasure"},
        *{"kafka/outbox", "kafka/positions", "kafka/consumer", "kafka/catch_up", "http/health"},
    },
    "dispatch": {"models"},
}
"""Where the libraries import SQLAlchemy's statements. A dispatcher's statements are strings, run by
`chassis.db.statements`."""
_PURE = {"contracts", "content", "phonenumbers", "smsutil", "pydantic", "pydantic_core", "orjson", "jinja2"}
_PURE |= {"email_validator", "flufl", "jwt", "cryptography", "webauthn"}
"""What a domain may import beside the standard library: it computes, and touches nothing outside."""
_VALUES = {"chassis.errors", "dispatch.ledger.states", "dispatch.provider"}
"""Modules of the libraries that hold values and nothing else."""
DECIDING = {
    *("dispatch.ledger.states", "dispatch.ledger.moves", "dispatch.projection.contact", "dispatch.settlement.lookup"),
    *("dispatch.sending.backoff", "dispatch.sending.gate.facts", "dispatch.sending.gate.gate"),
    *("dispatch.sending.gate.quiet_hours", "dispatch.sending.composition.rendering"),
    *("dispatch.sending.composition.sender_identity", "dispatch.pacing.control"),
}
"""What decides in a dispatcher's slices: pure and synchronous, as a service's domain is."""
_IMPURE = {"asyncio", "socket", "subprocess", "threading", "smtplib", "urllib.request", "http.client", "os", "pathlib"}
_PARTS_LISTS = {"app"}
_OTHER_CLOCKS = {("chassis", "clock"), ("chassis", "kafka/subscription"), ("chassis", "kafka/consumer")}
_CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}


@dataclass(frozen=True)
class Source:
    """A file of a package: its text and where it stands."""

    package: str
    path: PurePosixPath
    """Within the package, such as repository/answers.py."""
    text: str

    @property
    def room(self) -> str:
        """Its first part, without .py."""
        return self.path.parts[0].removesuffix(".py")

    @property
    def module(self) -> str:
        """The whole path, without .py."""
        return self.path.as_posix().removesuffix(".py")

    def is_in(self, rooms: Collection[str]) -> bool:
        """Whether its room or the module itself is named."""
        return self.room in rooms or self.module in rooms

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.text)


@dataclass(frozen=True)
class Finding:
    """Something that stands in the wrong room."""

    source: Source
    line: int
    told: str

    def __str__(self) -> str:
        return f"{self.source.package}/{self.source.path}:{self.line}: {self.told}"


Rule = Callable[[Source], Iterator[Finding]]


@cache
def sources() -> tuple[Source, ...]:
    """Every file of ours that is shipped: libs and services, without migration versions."""
    found = []
    for package in (*LIBRARIES, *SERVICES):
        (folder,) = [*ROOT.glob(f"libs/*/src/{package}"), *ROOT.glob(f"services/*/src/{package}")]
        for path in sorted(folder.rglob("*.py")):
            inner = PurePosixPath(path.relative_to(folder).as_posix())
            if "versions" not in inner.parts:
                found.append(Source(package, inner, path.read_text()))
    return tuple(found)


def imported(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    """Line, module and name of everything imported, in order; the name is empty for a whole module."""
    yield from sorted(set(_imported(tree)))


def _imported(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, node.module or "", alias.name) for alias in node.names)


def statements(source: Source) -> Iterator[Finding]:
    """A statement to the database lives in repository."""
    if source.is_in(_DATABASE_ROOMS.get(source.package, {"repository", "models", "migrations"})):
        return
    for line, module, name in imported(source.tree):
        if module.split(".")[0] in {"sqlalchemy", "sqlmodel"} and name in _STATEMENTS:
            yield Finding(source, line, f"{name} of {module}: a statement to the database belongs in repository")
    for node in ast.walk(source.tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"execute", "exec"}
        ):
            yield Finding(source, node.lineno, f".{node.func.attr}(: running a statement belongs in repository")


def _only_in(module: str, rooms: dict[str, set[str]], told: str) -> Rule:
    """A rule: this third-party module is imported only in these rooms of these packages (`*` is every service)."""

    def rule(source: Source) -> Iterator[Finding]:
        everywhere = rooms.get("*", set()) if source.package in SERVICES else set()
        if source.is_in(rooms.get(source.package, everywhere)):
            return
        for line, name, _ in imported(source.tree):
            if name == module or name.startswith(f"{module}."):
                yield Finding(source, line, f"{name}: {told}")

    return rule


_CHASSIS_HTTP = {"app", "http"}
fastapi = _only_in(
    "fastapi",
    {
        "*": {"routes", "app"},
        "chassis": _CHASSIS_HTTP,
        "dispatch": {"brake/routes", "inbound/routes", "operations/routes", "app"},
    },
    "a path, a status code, a request or response body belongs in routes",
)
starlette = _only_in(
    "starlette",
    {"*": {"routes", "app"}, "chassis": _CHASSIS_HTTP},
    "requests and responses belong in routes",
)
twilio = _only_in("twilio", {"dispatch_sms": {"provider"}}, "Twilio is named in dispatch-sms's provider only")
smtp = _only_in(
    "aiosmtplib",
    {"dispatch_email": {"provider"}, "sandbox": {"mail"}},
    "SMTP is named in dispatch-email's provider only (and where the sandbox sends bounces)",
)
kafka = _only_in(
    "aiokafka",
    {
        "chassis": {"app", "kafka", "erasure"},
        "dispatch": {"restore"},
    },
    "the broker is spoken to by the chassis (and by a dispatcher that compares a restored ledger with it)",
)


def environment(source: Source) -> Iterator[Finding]:
    """The environment is read in settings."""
    if source.room == "settings":
        return
    for line, module, name in imported(source.tree):
        if module == "os" and name in {"environ", "getenv"}:
            yield Finding(source, line, f"os.{name}: the environment is read in settings")
    for node in ast.walk(source.tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in {"environ", "getenv"}
            and isinstance(node.value, ast.Name)
            and node.value.id == "os"
        ):
            yield Finding(source, node.lineno, f"os.{node.attr}: the environment is read in settings")


def clock(source: Source) -> Iterator[Finding]:
    """The time is asked of the chassis' clock, or of the database's.

    Not by the sandbox, which is somebody else and has a clock of its own; nor where we compare with the broker's or a
    provider's time.
    """
    if source.package == "sandbox" or (source.package, source.module) in _OTHER_CLOCKS or source.room == "provider":
        return
    for node in ast.walk(source.tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and (node.func.value.id, node.func.attr) in _CLOCKS
        ):
            told = f"{node.func.value.id}.{node.func.attr}(): ask the clock of the chassis"
            yield Finding(source, node.lineno, told)


def strangers(source: Source) -> Iterator[Finding]:
    """No service imports another; no library imports a service, or a library above it."""
    below = {
        "contracts": set(),
        "chassis": {"contracts"},
        "content": {"contracts"},
        "dispatch": {"contracts", "chassis", "content"},
    }.get(source.package, {*LIBRARIES})
    for line, module, _ in imported(source.tree):
        other = module.split(".")[0]
        if other in {*SERVICES, *LIBRARIES} - below - {source.package}:
            yield Finding(source, line, f"{module}: {source.package} may not know {other}")


def _decides(source: Source) -> bool:
    return f"dispatch.{source.module.replace('/', '.')}" in DECIDING


def domain(source: Source) -> Iterator[Finding]:
    """A domain is pure and synchronous, and knows nothing but itself, the contracts and the error tree."""
    if not (
        (source.room == "domain" and source.package in SERVICES) or (source.package == "dispatch" and _decides(source))
    ):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Await | ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith):
            yield Finding(source, node.lineno, "await and async belong in service: a domain is synchronous")
    for line, module, name in imported(source.tree):
        top = module.split(".")[0]
        own = f"{source.package}.domain"
        ours = module in {own, *_VALUES, *DECIDING} or module.startswith(f"{own}.")
        ours = ours or f"{module}.{name}" in {own, *_VALUES}
        standard = top in sys.stdlib_module_names and not {module, top} & _IMPURE
        if not (ours or standard or top in _PURE):
            yield Finding(source, line, f"{module}: a domain computes; what touches the outside is for service")


def sizes(source: Source) -> Iterator[Finding]:
    """A file past its size has two nouns in it, a function two thoughts; a parts list may be long."""
    length = len(source.text.splitlines())
    if length > LONGEST_FILE:
        yield Finding(source, length, f"{length} lines, more than {LONGEST_FILE}: split by noun or verb")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            lines = node.end_lineno - node.lineno + 1
            if lines > LONGEST_FUNCTION and source.room not in _PARTS_LISTS:
                yield Finding(source, node.lineno, f"{node.name} has {lines} lines, more than {LONGEST_FUNCTION}")


RULES: dict[str, Rule] = {
    "statements": statements,
    "fastapi": fastapi,
    "starlette": starlette,
    "twilio": twilio,
    "smtp": smtp,
    "kafka": kafka,
    "environment": environment,
    "clock": clock,
    "strangers": strangers,
    "domain": domain,
    "sizes": sizes,
}
