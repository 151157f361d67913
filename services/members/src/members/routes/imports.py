"""Import of a roll as CSV, in two steps."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from chassis.errors import Refused
from chassis.http.auth import Caller, NeedsUnionWide
from chassis.http.problems import given, problems, response_headers
from fastapi import APIRouter, Depends, Path, Request, Response
from members.domain.imports import csv_file
from members.domain.imports.spreadsheets import neutralised
from members.service.imports.apply import ImportApplication
from members.service.imports.check import ImportCheck
from members.service.imports.reports import ImportReports, Report
from pydantic import BaseModel, ConfigDict, Field

router = APIRouter(prefix="/imports", tags=["imports"])
Reports = Annotated[ImportReports, Depends(given(ImportReports))]
Importer = Annotated[Caller, Depends(NeedsUnionWide("imports:write"))]
ImportId = Annotated[UUID, Path(description="Id of the import", examples=["9d4e4b0e-52cf-4a86-8a1a-0a5a7e1f6f11"])]
_CSV_BODY = {"required": True, "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}}}


class AppliedPeople(BaseModel):
    """People whose rows were applied, by outcome."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    new: int = Field(default=0, description="Members created", examples=[120])
    changed: int = Field(default=0, description="Members changed", examples=[31])
    unchanged: int = Field(default=0, description="Members without a difference", examples=[4010])
    rejected: int = Field(default=0, description="People refused in this step", examples=[0])
    at: datetime | None = Field(
        description="When the last was applied; null while some wait", examples=["2026-01-05T10:05:00Z"]
    )


class Import(BaseModel):
    """A roll that was checked, and perhaps applied."""

    import_id: UUID = Field(description="Id of the import", examples=["9d4e4b0e-52cf-4a86-8a1a-0a5a7e1f6f11"])
    state: Literal["checked", "applying", "applied"] = Field(description="How far it is", examples=["checked"])
    rows: int = Field(description="Rows in the file, without the header and blank lines", examples=[4170])
    people: int = Field(description="People in the rows that were not rejected", examples=[4161])
    new: int = Field(description="People who would be created", examples=[120])
    changed: int = Field(description="Members who would change", examples=[31])
    unchanged: int = Field(description="Members who would not change", examples=[4010])
    rejected: int = Field(description="Rejected rows: see rejected.csv", examples=[3])
    leavers: int = Field(description="Present members who are not on the roll: see leavers.csv", examples=[12])
    checked_at: datetime = Field(description="When the file was read", examples=["2026-01-05T10:00:00Z"])
    applied: AppliedPeople | None = Field(description="What applying has done so far; null before it began")

    @classmethod
    def of(cls, report: Report) -> Self:
        ended = report.checked.applied_at
        started = ended is not None or bool(report.outcomes)
        return cls(
            **report.checked.model_dump(),
            state="applied" if ended is not None else "applying" if started else "checked",
            rejected=report.rejected,
            leavers=report.leavers,
            applied=AppliedPeople(**report.outcomes, at=ended) if started else None,
        )


class CsvFile(Response):
    """A CSV file."""

    media_type = "text/csv"


@router.post(
    "",
    status_code=201,
    description=csv_file.__doc__,
    openapi_extra={"requestBody": _CSV_BODY},
    responses=response_headers(201, "Location"),
)
async def check_import(
    check: Annotated[ImportCheck, Depends(given(ImportCheck))], caller: Importer, request: Request, response: Response
) -> Import:
    """First step: read the file and report what applying it would do. Writes nothing to members."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "text/csv":
        raise Refused("send the file as text/csv", field="content-type")
    report = await check.check(await request.body(), caller)
    response.headers["Location"] = f"/imports/{report.checked.import_id}"
    return Import.of(report)


@router.get("/{import_id}", responses=problems(404))
async def get_import(reports: Reports, caller: Importer, import_id: ImportId) -> Import:
    """State of an import."""
    return Import.of(await reports.get(import_id))


@router.get("/{import_id}/rejected.csv", response_class=CsvFile, responses=problems(404))
async def get_rejected_rows(reports: Reports, caller: Importer, import_id: ImportId) -> CsvFile:
    """Rejected rows: row, column, reason, and the row as it came, to be corrected and sent again.

    An apostrophe stands before whatever a spreadsheet would run as a formula."""
    header, rows = await reports.rejected(import_id)
    lines = [(str(row.line), row.column, row.reason, *row.cells) for row in rows]
    return _csv([*csv_file.REPORT_COLUMNS, *header], lines)


@router.get("/{import_id}/leavers.csv", response_class=CsvFile, responses=problems(404))
async def get_leavers(reports: Reports, caller: Importer, import_id: ImportId) -> CsvFile:
    """Present members of the branches in the file who are not on it. This removes no member."""
    lines = [(str(row.member_id), row.membership_number, row.branch) for row in await reports.leavers(import_id)]
    return _csv(["member_id", "membership_number", "branch"], lines)


@router.post("/{import_id}/apply", responses=problems(404))
async def apply_import(
    application: Annotated[ImportApplication, Depends(given(ImportApplication))],
    reports: Reports,
    caller: Importer,
    import_id: ImportId,
) -> Import:
    """Second step: apply the accepted rows. Goes on where a crash stopped it; repeating it changes nothing."""
    await application.apply(import_id)
    return Import.of(await reports.get(import_id))


def _csv(header: Sequence[str], lines: Iterable[Sequence[str]]) -> CsvFile:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(map(neutralised, cells) for cells in lines)
    return CsvFile(text.getvalue())
