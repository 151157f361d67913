"""The share of deliveries that were accepted when the drain ended, of all that could be: skipping is not success.

Not counted are deliveries skipped for a reason that is in the roll or the members' texts, those that the provider
refused for good (an injected fault, or the outcome of the number), and e-mails held because the connection broke in
mid-dialogue, as many as the hits can have broken off. Whatever else was held or lost counts.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict
from uuid import UUID

from contracts.enums import Intent
from contracts.keywords import intent_of
from muster_demo.judge import Row
from muster_demo.membership_roll import Roll
from sandbox.carrier.outcome_by_number import outcome_by_number
from sandbox.mail.outcome_by_address import outcome_by_address

LEAST_SHARE = 0.99
_NEVER = ("member_unknown", "campaign_unknown", "expired")
_UNREACHABLE = ("no_contact", "no_consent")
_GONE = ("erased", "not_active")
_KINDS_OF_CHANGES = 6
"""Of `muster_demo.member_changes`, each of a thousandth of the people."""


class RefusedDelivery(TypedDict):
    """What is read of sandbox.journal.lines.Refusal."""

    delivery_id: str | None
    code: int


class FaultedDelivery(TypedDict):
    """What is read of sandbox.journal.lines.FaultHit, to find deliveries."""

    delivery_id: str | None
    kind: str
    code: int | None


class RefusedRecipient(TypedDict):
    """What is read of sandbox.journal.lines.FaultHit, to find addresses."""

    to: str | None
    kind: str
    code: int | None


WrittenText = TypedDict("WrittenText", {"from": str, "body": str})
"""What is read of sandbox.journal.lines.InboundText."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """The most skips that the roll and the members' texts account for, by kind of reason."""

    bad_contact: int = 0
    unreachable: int = 0
    same_address: int = 0
    suppressed: int = 0
    already_took_part: int = 0
    gone: int = 0

    def accounted_for(self, skips: Mapping[str, int]) -> int:
        """How many of these skips are accounted for."""
        asked = {
            "bad_contact": skips.get("bad_contact", 0),
            "unreachable": sum(skips.get(reason, 0) for reason in _UNREACHABLE),
            "same_address": skips.get("same_address", 0),
            "suppressed": skips.get("suppressed", 0),
            "already_took_part": skips.get("already_took_part", 0),
            "gone": sum(skips.get(reason, 0) for reason in _GONE),
        }
        return sum(min(number, getattr(self, name)) for name, number in asked.items())


@dataclass(frozen=True, slots=True)
class Share:
    """`accepted` of so many that `ought` to be, before an operator decided on what is held."""

    ought: int
    accepted: int
    skipped: Mapping[str, int] = field(default_factory=dict)
    refused: int = 0
    """For good, by a fault or by the outcome of the number or address."""

    @property
    def share(self) -> float:
        """1.0 where nothing was to be sent."""
        return self.accepted / self.ought if self.ought else 1.0

    def faults(self) -> list[str]:
        """What is wrong with it, as sentences."""
        found = [f"{self.skipped[name]} skipped as {name}" for name in _NEVER if self.skipped.get(name)]
        if self.share < LEAST_SHARE:
            found.append(f"only {self.accepted} of {self.ought} deliveries accepted within the drain")
        return found

    def shown(self) -> dict[str, object]:
        """As kept in JSON."""
        return {
            "ought": self.ought,
            "accepted": self.accepted,
            "share": round(self.share, 5),
            "skipped": dict(self.skipped),
            "refused": self.refused,
        }


def share_of(planned: int, ledgers: Sequence[tuple[UUID, Row]], struck: set[UUID], grounds: Grounds) -> Share:
    """`struck` are deliveries that were refused for good or whose connection broke in mid-dialogue."""
    skipped = Counter(row.reason for _, row in ledgers if row.state == "skipped")
    refused = sum(row.state in ("rejected", "held") and found in struck for found, row in ledgers)
    accepted = sum(row.accepted for _, row in ledgers)
    return Share(planned - grounds.accounted_for(skipped) - refused, accepted, dict(sorted(skipped.items())), refused)


def struck_for_good(refused: Iterable[RefusedDelivery], faults: Iterable[FaultedDelivery]) -> set[UUID]:
    """From the sandbox's journal of refusals and of faults."""
    by_outcome = {line["delivery_id"] for line in refused if line["code"] >= 500 and line["code"] != 20429}
    injected = {line["delivery_id"] for line in faults if _is_final(line)}
    return {UUID(found) for found in by_outcome | injected if found}


def _is_final(fault: FaultedDelivery) -> bool:
    return fault["kind"] == "smtp.disconnect" or (fault["kind"] == "smtp.reply" and (fault["code"] or 0) >= 500)


def grounds(
    roll: Roll,
    campaigns: int,
    inbound: Iterable[WrittenText],
    faults: Iterable[RefusedRecipient],
    *,
    erased: int = 0,
) -> Grounds:
    """The most that can be: each of a person's channels once a campaign. Nobody without an address or consent is in the
    audience, so that only those who were changed after it was frozen may lack them; an address that was once refused
    as unknown is bad from then on."""
    changed = max(2, len(roll.people) // 1000) * _KINDS_OF_CHANGES + erased
    called_bad = {fault["to"] for fault in faults if fault["kind"] == "smtp.reply" and fault["code"] == 550}
    texts = [(line["from"], intent_of(line["body"], provider_keywords=True)) for line in inbound]
    stopped = {number for number, intent in texts if intent is Intent.STOP}
    answered = {number for number, intent in texts if intent is Intent.ANSWER}
    mobiles = [person.mobile for person in roll.people if person.mobile]
    bad_numbers = sum(_bad_number(person.mobile) for person in roll.people if person.sms and person.mobile)
    bad_addresses = sum(_bad_address(person.email) for person in roll.people if person.mail and person.email)
    unsubscribed = sum(mobile.endswith("610") for mobile in mobiles)
    return Grounds(
        bad_contact=campaigns * (bad_numbers + bad_addresses + len(called_bad) + changed),
        unreachable=campaigns * 2 * changed,
        same_address=campaigns * (len(mobiles) - len(set(mobiles)) + changed),
        suppressed=campaigns * 2 * (len(stopped) + unsubscribed),
        already_took_part=campaigns * 2 * len(answered),
        gone=campaigns * 2 * changed,
    )


def _bad_number(mobile: str) -> bool:
    outcome = outcome_by_number("+44" + mobile.replace(" ", "").removeprefix("0"))
    return bool(outcome.refused or outcome.error)


def _bad_address(address: str) -> bool:
    outcome = outcome_by_address(address)
    return outcome.code >= 500 or outcome.kind in ("bounce", "odd")
