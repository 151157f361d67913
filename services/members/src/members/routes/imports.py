"""The roll as CSV, in two steps."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Annotated, Any
from uuid import UUID

from chassis.errors import Refused
from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from fastapi import APIRouter, Depends, Request, Response
from members.domain import roll
from members.routes.common import union_wide
from members.service.imports import Imports, Report

router = APIRouter(prefix="/imports", tags=["imports"])
Service = Annotated[Imports, Depends(given(Imports))]
SCOPE = "imports:write"
Importer = Annotated[Caller, Depends(needs(SCOPE))]
_CSV = {"content": {"text/csv": {"schema": {"type": "string"}}}, "required": True}


@router.post("", status_code=201, description=roll.__doc__, openapi_extra={"requestBody": _CSV})
async def check(imports: Service, caller: Importer, request: Request, response: Response) -> dict[str, Any]:
    """First step: read the file and say what applying it would do. Writes nothing to members."""
    union_wide(caller)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "text/csv":
        raise Refused("send the file as text/csv", field="content-type")
    report = await imports.check(await request.body(), caller)
    response.headers["Location"] = f"/imports/{report.row.import_id}"
    return shown(report)


@router.get("/{import_id}")
async def one(imports: Service, caller: Importer, import_id: UUID) -> dict[str, Any]:
    """How an import stands."""
    union_wide(caller)
    return shown(await imports.get(import_id))


@router.get("/{import_id}/rejected.csv")
async def rejected(imports: Service, caller: Importer, import_id: UUID) -> Response:
    """Rows that stayed out: row, column, reason, and the row as it came, to mend and send again."""
    union_wide(caller)
    header, rows = await imports.rejected(import_id)
    lines = [(str(row.line), row.column, row.reason, *row.cells) for row in rows]
    return _file(["row", "column", "reason", *header], lines)


@router.get("/{import_id}/leavers.csv")
async def leavers(imports: Service, caller: Importer, import_id: UUID) -> Response:
    """Present members of the branches in the file who are not on it. Nobody is removed by this."""
    union_wide(caller)
    lines = [(str(row.member_id), row.membership_number, row.branch) for row in await imports.leavers(import_id)]
    return _file(["member_id", "membership_number", "branch"], lines)


@router.post("/{import_id}/apply")
async def apply(imports: Service, caller: Importer, import_id: UUID) -> dict[str, Any]:
    """Second step: put the good rows in. Goes on where a crash stopped it; repeating it changes nothing."""
    union_wide(caller)
    return shown(await imports.apply(import_id))


def _file(header: Sequence[str], lines: Iterable[Sequence[str]]) -> Response:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(lines)
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8")


def shown(report: Report) -> dict[str, Any]:
    """An import as the API shows it."""
    row, done = report.row, report.row.applied_at is not None
    state = "applied" if done else "applying" if report.applied else "checked"
    applied = {name: report.applied.get(name, 0) for name in ("new", "changed", "unchanged", "rejected")}
    return {
        "import_id": row.import_id,
        "state": state,
        "rows": row.rows,
        "people": row.people,
        "new": row.new,
        "changed": row.changed,
        "unchanged": row.unchanged,
        "rejected": report.rejected,
        "leavers": report.leavers,
        "checked_at": row.checked_at,
        "applied": {**applied, "at": row.applied_at} if state != "checked" else None,
    }
