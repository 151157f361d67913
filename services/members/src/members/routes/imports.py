"""Import of a roll as CSV, in two steps."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import datetime
from typing import Annotated, Literal, Self, TypeVar
from uuid import UUID

from chassis.errors import Refused
from chassis.http.auth import Caller, NeedsUnionWide
from chassis.http.problems import given, problems, response_headers
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from members.domain.imports import csv_file
from members.domain.imports.spreadsheets import neutralised
from members.domain.imports.states import APPLIED, APPLYING
from members.service.imports.apply import ImportApplication
from members.service.imports.reports import ImportReports, Pages, Report
from members.service.imports.uploads import ImportUploads
from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")
router = APIRouter(prefix="/imports", tags=["imports"])
Reports = Annotated[ImportReports, Depends(given(ImportReports))]
Importer = Annotated[Caller, Depends(NeedsUnionWide("imports:write"))]
ImportId = Annotated[UUID, Path(description="Id of the import", examples=["9d4e4b0e-52cf-4a86-8a1a-0a5a7e1f6f11"])]
IdempotencyKey = Annotated[
    str | None,
    Header(
        pattern=r"^[!-~]{1,100}$",
        description="A name of the caller's own for this upload: the same file under the same key is checked once",
        examples=["roll-2026-03"],
    ),
]
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


class ImportFault(BaseModel):
    """What is wrong with a file as a whole."""

    field: str = Field(description="Where", examples=["line 12"])
    reason: str = Field(description="What", examples=["line 12: unexpected end of data"])


class Import(BaseModel):
    """A roll that was checked, and perhaps applied."""

    import_id: UUID = Field(description="Id of the import", examples=["9d4e4b0e-52cf-4a86-8a1a-0a5a7e1f6f11"])
    client_id: str = Field(description="The client that sent the file", examples=["roll-office"])
    sha256: str = Field(
        description="Digest of the file, by which its sender finds it; blank while it is received",
        examples=["9f86d081…"],
    )
    state: Literal["receiving", "queued", "checking", "checked", "applying", "applied", "failed", "cancelled"] = Field(
        description="How far it is", examples=["checked"]
    )
    fault: ImportFault | None = Field(description="Why the file failed as a whole; null unless it did")
    lines: int = Field(description="Lines in the file", examples=[4171])
    line: int = Field(description="Lines that are read so far", examples=[4171])
    rows: int = Field(description="Rows read so far, without the header and blank lines", examples=[4170])
    people: int = Field(description="People in the rows that were not rejected", examples=[4161])
    new: int = Field(description="People who would be created", examples=[120])
    changed: int = Field(description="Members who would change", examples=[31])
    unchanged: int = Field(description="Members who would not change", examples=[4010])
    rejected: int = Field(description="Rejected rows: see rejected.csv", examples=[3])
    leavers: int = Field(description="Present members who are not on the roll: see leavers.csv", examples=[12])
    stops: int = Field(
        description="Members whose withdrawn consent (a STOP, say) the roll would lift if applied with `lift_stops`",
        examples=[2],
    )
    stops_kept: int = Field(
        description="Members whose withdrawn consent stays in any case: the date of the roll's consent is the export's",
        examples=[0],
    )
    uploaded_at: datetime = Field(description="When the file was sent", examples=["2026-01-05T10:00:00Z"])
    checked_at: datetime | None = Field(
        description="When the file was read to its end; null before", examples=["2026-01-05T10:00:00Z"]
    )
    applied: AppliedPeople | None = Field(description="What applying has done so far; null before it began")

    @classmethod
    def of(cls, report: Report) -> Self:
        row = report.checked
        started = row.state in (APPLYING, APPLIED) or bool(row.outcomes)
        return cls(
            **row.model_dump(),
            sha256=row.digest.hex(),
            fault=ImportFault(field=row.fault_field, reason=row.fault_reason) if row.fault_reason else None,
            rejected=report.rejected,
            leavers=report.leavers,
            applied=AppliedPeople(**row.outcomes, at=row.applied_at) if started else None,
        )


class ImportPage(BaseModel):
    """Imports, the latest first."""

    imports: list[Import] = Field(description="At most `limit` imports")
    next: UUID | None = Field(
        description="`after` of the following page; null on the last one",
        examples=["9d4e4b0e-52cf-4a86-8a1a-0a5a7e1f6f11"],
    )


class CsvFile(StreamingResponse):
    """A CSV file, sent as it is read."""

    media_type = "text/csv"


@router.post(
    "",
    status_code=202,
    description=csv_file.__doc__,
    openapi_extra={"requestBody": _CSV_BODY},
    responses=response_headers(202, "Location"),
)
async def upload_import(
    uploads: Annotated[ImportUploads, Depends(given(ImportUploads))],
    caller: Importer,
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> Import:
    """First step: store the file, which is then read in the background to find what applying it would do."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "text/csv":
        raise Refused("send the file as text/csv", field="content-type")
    report = await uploads.receive(request.stream(), caller, idempotency_key)
    response.headers["Location"] = f"/imports/{report.checked.import_id}"
    return Import.of(report)


@router.get("")
async def list_imports(
    reports: Reports,
    caller: Importer,
    after: Annotated[UUID | None, Query(description="The `next` of the page before; left out: the first page")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Most imports on a page")] = 20,
) -> ImportPage:
    """Imports, the latest first. They are kept for a week."""
    found = [Import.of(each) for each in await reports.page(after, limit)]
    return ImportPage(imports=found, next=found[-1].import_id if len(found) == limit else None)


@router.get("/{import_id}", responses=problems(404))
async def get_import(reports: Reports, caller: Importer, import_id: ImportId) -> Import:
    """State of an import."""
    return Import.of(await reports.get(import_id))


@router.get("/{import_id}/rejected.csv", response_class=CsvFile, responses=problems(404))
async def get_rejected_rows(reports: Reports, caller: Importer, import_id: ImportId) -> CsvFile:
    """Rejected rows: row, column, reason, and the row as it came, to be corrected and sent again.

    An apostrophe stands before whatever a spreadsheet would run as a formula."""
    header, pages = await reports.rejected(import_id)
    columns = [*csv_file.REPORT_COLUMNS, *header]
    return _csv(columns, pages, lambda row: (str(row.line), row.column, row.reason, *row.cells))


@router.get("/{import_id}/leavers.csv", response_class=CsvFile, responses=problems(404))
async def get_leavers(reports: Reports, caller: Importer, import_id: ImportId) -> CsvFile:
    """Present members of the branches in the file who are not on it. This removes no member."""
    columns = ["member_id", "membership_number", "branch"]
    pages = await reports.leavers(import_id)
    return _csv(columns, pages, lambda row: (str(row.member_id), row.membership_number, row.branch))


@router.post("/{import_id}/cancel", responses=problems(404, 409))
async def cancel_import(reports: Reports, caller: Importer, import_id: ImportId) -> Import:
    """End an import that is not applied. Nothing of the file is kept."""
    return Import.of(await reports.cancel(import_id))


@router.post("/{import_id}/apply", status_code=202, responses=problems(404, 409))
async def apply_import(
    application: Annotated[ImportApplication, Depends(given(ImportApplication))],
    caller: Importer,
    import_id: ImportId,
    lift_stops: Annotated[bool, Query(description="Lift withdrawn consents that are older than the roll's")] = False,
) -> Import:
    """Second step: have the accepted rows applied in the background. Repeating it changes nothing.

    Withdrawn consents stay withdrawn unless `lift_stops` is true."""
    return Import.of(await application.begin(import_id, lift_stops=lift_stops))


def _csv(header: Sequence[str], pages: Pages[T], cells: Callable[[T], Sequence[str]]) -> CsvFile:
    async def written() -> AsyncIterator[str]:
        yield _lines([header])
        async for page in pages:
            yield _lines(map(neutralised, cells(row)) for row in page)

    return CsvFile(written())


def _lines(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
