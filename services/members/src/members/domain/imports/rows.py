"""Rows of a roll, each read by itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import cast

from contracts.enums import Channel
from members.domain.imports.columns import NAMES, READERS, REQUIRED, RowValues
from members.domain.imports.csv_file import Line, membership_number
from members.domain.input_context import InputContext
from members.domain.members.consents import Evidence
from members.domain.members.contact_points import distinct
from members.domain.members.member import split_interests
from members.domain.members.merge import SubmittedMember, SubmittedMembership


@dataclass(frozen=True, slots=True)
class Rejection:
    """A rejected row, with the reason; `cells` are the row as it came."""

    line: int
    column: str
    reason: str
    cells: tuple[str, ...]
    membership_number: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row without a fault."""

    line: int
    cells: tuple[str, ...]
    values: RowValues
    submitted: SubmittedMember


@dataclass(slots=True)
class RollContent:
    """Rows without a fault, and the others."""

    rows: list[Row] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)


class _CellFault(ValueError):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.reason = column, reason


def read_rows(lines: Iterable[Line], header: Sequence[str], context: InputContext) -> RollContent:
    """Rows given by line and cells."""
    content = RollContent()
    for line, cells in lines:
        try:
            content.rows.append(_read_row(line, cells, header, context))
        except _CellFault as fault:
            number = membership_number(cells, header)
            content.rejections.append(Rejection(line, fault.column, fault.reason, tuple(cells), number))
    return content


def _read_row(line: int, cells: Sequence[str], header: Sequence[str], context: InputContext) -> Row:
    if len(cells) != len(header):
        raise _CellFault("", f"has {len(cells)} cells, the header has {len(header)}")
    read: dict[str, object] = {}
    for column, cell in zip(header, cells, strict=True):
        if text := cell.strip():
            try:
                read[column] = READERS[column](text, context)
            except ValueError as error:
                raise _CellFault(column, str(error)) from None
        elif column in REQUIRED:
            raise _CellFault(column, "is blank")
    if not any(name in read for name in NAMES):
        raise _CellFault(NAMES[0], "is blank, and so is family_name")
    values = cast("RowValues", read)
    return Row(line, tuple(cells), values, _submitted(values, context))


def _submitted(values: RowValues, context: InputContext) -> SubmittedMember:
    ordinary, sensitive = split_interests(
        values.get("interests", ()), values.get("sensitive_interests", ()), context.sensitive
    )
    membership = SubmittedMembership(
        body=values.get("workplace") or values["branch"],
        employer=values.get("employer"),
        job=values.get("job"),
        unit=values.get("unit"),
        joined=values.get("joined"),
    )
    return SubmittedMember(
        membership_number=values["membership_number"],
        given_name=values.get("given_name", ""),
        family_name=values.get("family_name", ""),
        language=values.get("language"),
        time_zone=values.get("time_zone"),
        birthday=values.get("birthday"),
        contact_points=distinct(filter(None, (values.get("mobile"), values.get("phone"), values.get("email")))),
        preferred_channel=values.get("preferred_channel"),
        memberships=(membership,),
        interests=ordinary,
        sensitive_interests=sensitive,
        evidence=_evidence(values),
    )


def _evidence(values: RowValues) -> tuple[Evidence, ...]:
    consents = {Channel.SMS: values.get("consent_sms"), Channel.EMAIL: values.get("consent_email")}
    if not any(consents.values()):
        return ()
    for column in ("consent_wording", "consent_at"):
        if column not in values:
            raise _CellFault(column, "is needed with a consent")
    return tuple(
        Evidence.new(
            channel.value,
            consent[1],
            granted=consent[0],
            source=values.get("consent_source", "roll"),
            wording_version=values["consent_wording"],
            at=values["consent_at"],
        )
        for channel, consent in consents.items()
        if consent is not None
    )
