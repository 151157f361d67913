"""How much of what could arrive was accepted when the drain ended: a stack that skips everybody is not a success.

Left out of the sum are deliveries skipped for a reason that the roll or the members' own texts give, those that the
provider refused for good, by an injected fault or by the fate of the number, and e-mails held because their dispatcher
or database was killed with them in hand; whatever else was held or lost stays in it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from contracts.enums import Intent
from contracts.keywords import intent_of
from muster_demo.judge import Row
from muster_demo.roll import Roll
from sandbox.fates import fate_of_address, fate_of_number

LEAST = 0.99
_NEVER = ("member_unknown", "campaign_unknown", "expired")
_UNREACHABLE = ("no_contact", "no_consent")
_GONE = ("erased", "not_active")
_KINDS_OF_CHANGES = 6
"""In `muster_demo.changes`, each for a thousandth of the people."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """At most how many skips the roll and the members' texts account for, by kind of reason."""

    bad_contact: int = 0
    unreachable: int = 0
    same_address: int = 0
    suppressed: int = 0
    already_took_part: int = 0
    gone: int = 0

    def true_ones(self, skips: Mapping[str, int]) -> int:
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
    """`accepted` of so many that `ought` to be, before any person decided on what is held."""

    ought: int
    accepted: int
    skipped: Mapping[str, int] = field(default_factory=dict)
    refused: int = 0
    """By a fault or a fate, for good."""

    @property
    def share(self) -> float:
        """1.0 where nothing was to be sent."""
        return self.accepted / self.ought if self.ought else 1.0

    def faults(self) -> list[str]:
        """What is wrong with it, as sentences."""
        found = [f"{self.skipped[name]} skipped as {name}" for name in _NEVER if self.skipped.get(name)]
        if self.share < LEAST:
            found.append(f"only {self.accepted} of {self.ought} deliveries accepted within the drain")
        return found

    def shown(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {
            "ought": self.ought,
            "accepted": self.accepted,
            "share": round(self.share, 5),
            "skipped": dict(self.skipped),
            "refused": self.refused,
        }


def weigh(planned: int, ledgers: Sequence[tuple[UUID, Row]], struck: set[UUID], grounds: Grounds) -> Share:
    """`struck` are deliveries that a fault or a fate refused for good, or cut in mid-dialogue."""
    skipped = Counter(row.reason for _, row in ledgers if row.state == "skipped")
    refused = sum(row.state in ("rejected", "held") and found in struck for found, row in ledgers)
    accepted = sum(row.accepted for _, row in ledgers)
    return Share(planned - grounds.true_ones(skipped) - refused, accepted, dict(sorted(skipped.items())), refused)


def struck_for_good(refused: Iterable[Mapping[str, Any]], faults: Iterable[Mapping[str, Any]]) -> set[UUID]:
    """From the sandbox's books of refusals and of faults."""
    fated = {line["delivery_id"] for line in refused if line["code"] >= 500 and line["code"] != 20429}
    injected = {line["delivery_id"] for line in faults if _is_final(line)}
    return {UUID(found) for found in fated | injected if found}


def _is_final(fault: Mapping[str, Any]) -> bool:
    return bool(fault["kind"] == "smtp.disconnect" or (fault["kind"] == "smtp.reply" and fault["code"] >= 500))


def grounds(
    roll: Roll,
    campaigns: int,
    inbound: Iterable[Mapping[str, Any]],
    faults: Iterable[Mapping[str, Any]],
) -> Grounds:
    """The most that can be: each of a person's channels once a campaign. Without an address or consent nobody is in the
    audience, so that only who was changed after it was frozen may lack them; an address that a fate or a fault called
    unknown is bad from then on."""
    changed = max(2, len(roll.people) // 1000) * _KINDS_OF_CHANGES
    called_bad = {fault["to"] for fault in faults if fault["kind"] == "smtp.reply" and fault["code"] == 550}
    texts = [(line["from"], intent_of(line["body"], provider_keywords=True)) for line in inbound]
    stopped = {number for number, intent in texts if intent is Intent.STOP}
    answered = {number for number, intent in texts if intent is Intent.ANSWER}
    mobiles = [person.mobile for person in roll.people if person.mobile]
    bad_numbers = sum(_bad_number(person.mobile) for person in roll.people if person.sms and person.mobile)
    bad_addresses = sum(_bad_address(person.email) for person in roll.people if person.mail and person.email)
    opted_out = sum(mobile.endswith("610") for mobile in mobiles)
    return Grounds(
        bad_contact=campaigns * (bad_numbers + bad_addresses + len(called_bad) + changed),
        unreachable=campaigns * 2 * changed,
        same_address=campaigns * (len(mobiles) - len(set(mobiles)) + changed),
        suppressed=campaigns * 2 * (len(stopped) + opted_out),
        already_took_part=campaigns * 2 * len(answered),
        gone=campaigns * 2 * changed,
    )


def _bad_number(mobile: str) -> bool:
    fate = fate_of_number("+44" + mobile.replace(" ", "").removeprefix("0"))
    return bool(fate.refused or fate.error)


def _bad_address(address: str) -> bool:
    fate = fate_of_address(address)
    return fate.code >= 500 or fate.kind in ("bounce", "odd")
