"""The demo's membership roll as another system exports it: the same in every run, with the faults that rolls have.

Numbers are spread over one range of mobiles and addresses end in example.org; messages to them reach the sandbox only,
which decides by the last digits what becomes of a text, so that a few per cent fail in every way there is.
"""

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass

from muster_demo.union import BRANCHES, Branch, words

_GIVEN = words(
    "Agnieszka Aoife Blodwen Caoimhe Chidinma Dilwen Eirlys Esperanza Fionnuala Gwenllian Ifeoma Ingeborg "
    "Jadwiga Kwabena Leocadia Mairead Myfanwy Ngozi Oluwaseun Priyanka Rhiannon Saoirse Siobhan Tadhg Tomasz "
    "Urszula Vikram Wojciech Xiomara Yusufzai Zbigniew Anwen"
)
_FAMILY = words(
    "Abernethy Adeyemi Bhattacharya Brzezinski Cadwallader Chukwuemeka Dziedzic Eluned Featherstonehaugh "
    "Gruffydd Haughey Ibrahimovic Jagiello Kowalczyk Llewellyn Mukherjee Nwachukwu Okonkwo Pendergast "
    "Quattrocchi Ramanujan Szymanski Trevelyan Uzoamaka Venkataraman Wolstenholme Yevtushenko Zakrzewski"
)
_JOBS = ("lecturer", "senior-lecturer", "researcher", "librarian", "technician")
RETIRED = "retired"
_INTERESTS = ("pay", "pensions", "workload", "climate", "equality")
COLUMNS = words(
    "membership_number given_name family_name branch mobile phone email language birthday employer job joined "
    "interests preferred_channel consent_sms consent_email consent_wording consent_at"
)
_AVOIDED_ENDINGS = ("999",)
"""The sandbox never sends a receipt for these, and the demo does not wait three days until they expire."""
_FAILING_LOCAL_PARTS = ("bounce-5.1.1", "bounce-5.2.2", "refuse-550", "greylist-450", "odd-bounce", "delayed")


@dataclass(frozen=True, slots=True)
class Person:
    """One member of the roll."""

    number: str
    given_name: str
    family_name: str
    branch: Branch
    second_branch: Branch | None
    mobile: str
    landline: str
    email: str
    language: str
    job: str
    joined: str
    birthday: str
    interests: str
    preferred: str
    sms: bool
    mail: bool

    def row(self, branch: Branch) -> dict[str, str]:
        """Their row for one of their branches."""
        return {
            "membership_number": self.number,
            "given_name": self.given_name,
            "family_name": self.family_name,
            "branch": branch.slug,
            "mobile": self.mobile,
            "phone": self.landline,
            "email": self.email,
            "language": self.language,
            "birthday": self.birthday,
            "employer": branch.employer,
            "job": self.job,
            "joined": self.joined,
            "interests": self.interests,
            "preferred_channel": self.preferred,
            "consent_sms": "yes" if self.sms else "no",
            "consent_email": "yes" if self.mail else "no",
            "consent_wording": "joining-form-4",
            "consent_at": "2025-01-15",
        }


@dataclass(frozen=True, slots=True)
class Roll:
    """The file. `faulty` rows are to be rejected; `lines` counts all rows without the header."""

    people: tuple[Person, ...]
    data: bytes
    lines: int
    faulty: int


def make_roll(size: int, seed: int = 2026) -> Roll:
    """A roll of `size` people."""
    dice = random.Random(seed)  # noqa: S311 - invented people, not secrets
    people = tuple(_people(size, dice))
    good = [person.row(branch) for person in people for branch in (person.branch, person.second_branch) if branch]
    faulty = [*_repeats(people, dice), *_bad(people, dice)]
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(good + faulty)
    return Roll(people, text.getvalue().encode(), len(good) + len(faulty), len(faulty))


def _people(size: int, dice: random.Random) -> Iterator[Person]:
    weights = [1 + dice.random() * 3 for _ in BRANCHES]
    numbers, last = _mobiles(), ""
    for index in range(size):
        branch = dice.choices(BRANCHES, weights)[0]
        own = next(numbers)
        shared = bool(last) and dice.random() < 0.01
        person = _person(index, branch, last if shared else own, dice)
        last = person.mobile
        yield person


def _mobiles() -> Iterator[str]:
    """Distinct mobiles in national form."""
    for index in range(1_000_000):
        digits = f"{index * 7919 % 1_000_000:06d}"
        if not digits.endswith(_AVOIDED_ENDINGS):
            yield f"07400 {digits}"


def _person(index: int, branch: Branch, mobile: str, dice: random.Random) -> Person:
    given, family = dice.choice(_GIVEN), dice.choice(_FAMILY)
    kind = dice.random()
    return Person(
        number=f"LU-{index + 100_000}",
        given_name=given,
        family_name=family,
        branch=branch,
        second_branch=_other(branch, dice) if dice.random() < 0.015 else None,
        mobile="" if kind < 0.06 else mobile,
        landline=f"020 7946 0{index % 1000:03d}" if 0.02 < kind < 0.06 else "",
        email="" if dice.random() < 0.04 else _address(index, given, family, dice),
        language="cy" if branch.region == "wales" and dice.random() < 0.6 else "en",
        job=RETIRED if dice.random() < 0.05 else dice.choice(_JOBS),
        joined=f"{dice.randint(1990, 2024)}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}",
        birthday=f"{dice.randint(1950, 2000)}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}",
        interests=";".join(sorted(dice.sample(_INTERESTS, dice.randint(0, 2)))),
        preferred=dice.choices(("", "sms", "email"), (70, 20, 10))[0],
        sms=dice.random() < 0.9,
        mail=dice.random() < 0.95,
    )


def _other(branch: Branch, dice: random.Random) -> Branch:
    return dice.choice([other for other in BRANCHES if other != branch])


def _address(index: int, given: str, family: str, dice: random.Random) -> str:
    local = f"{given}.{family}.{index}".casefold()
    if dice.random() < 0.01:
        local = f"{dice.choice(_FAILING_LOCAL_PARTS)}+{index}"
    return f"{local}@example.org"


def _repeats(people: tuple[Person, ...], dice: random.Random) -> list[dict[str, str]]:
    """Repeated rows: one person in two hundred."""
    chosen = dice.sample(people, max(1, len(people) // 200))
    return [person.row(person.branch) for person in chosen]


_BAD_VALUES: tuple[tuple[str, str], ...] = (
    ("mobile", "07400 12"),
    ("email", "no address at all"),
    ("family_name", "x" * 101),
    ("branch", "atlantis-branch"),
    ("birthday", "31/12/1980"),
    ("joined", "2999-01-01"),
    ("consent_wording", ""),
    ("language", "Cymraeg, wrth gwrs"),
)


def _bad(people: tuple[Person, ...], dice: random.Random) -> list[dict[str, str]]:
    """Rows of people who are nowhere else in the file, each with one fault: one in three hundred."""
    made = []
    for index in range(max(len(_BAD_VALUES), len(people) // 300)):
        column, value = _BAD_VALUES[index % len(_BAD_VALUES)]
        like = dice.choice(people)
        made.append({**like.row(like.branch), "membership_number": f"LU-BAD-{index}", column: value})
    return made
