"""The union of the demo: one tree of regions and 87 branches, all invented but for the towns' names."""

import re
from dataclasses import dataclass

UNION, UNION_NAME = "lecturers-union", "The Lecturers' Union"
_TOWNS = {
    "Wales": "Aberystwyth Bangor Cardiff Carmarthen Lampeter Newport Swansea Wrexham",
    "Scotland": "Aberdeen Dundee Edinburgh Glasgow Inverness Paisley Perth Stirling",
    "Northern Ireland": "Armagh Belfast Coleraine Derry Newry",
    "North East": "Darlington Durham Gateshead Hartlepool Middlesbrough Newcastle Sunderland",
    "North West": "Blackburn Bolton Chester Lancaster Liverpool Manchester Preston Salford",
    "Yorkshire": "Bradford Halifax Huddersfield Hull Leeds Sheffield Wakefield York",
    "East Midlands": "Derby Leicester Lincoln Loughborough Northampton Nottingham",
    "West Midlands": "Birmingham Coventry Dudley Stafford Stoke Warwick Wolverhampton Worcester",
    "East of England": "Bedford Cambridge Chelmsford Colchester Ipswich Luton Norwich",
    "London": "Brixton Camden Croydon Ealing Greenwich Hackney Kingston Stratford",
    "South East": "Brighton Canterbury Guildford Oxford Portsmouth Reading Southampton",
    "South West": "Bath Bournemouth Bristol Exeter Falmouth Gloucester Plymouth",
}


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch with its region's slug."""

    slug: str
    town: str
    region: str

    @property
    def name(self) -> str:
        """As members read it."""
        return f"{self.town} Branch"

    @property
    def employer(self) -> str:
        """Where its members work."""
        return f"University of {self.town}"


def slug(name: str) -> str:
    """An id made of a name."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")


def words(text: str) -> tuple[str, ...]:
    """The words of a text: names read better in a row than in a column."""
    return tuple(text.split())


REGIONS: dict[str, str] = {slug(name): name for name in _TOWNS}
BRANCHES: tuple[Branch, ...] = tuple(
    Branch(f"{slug(town)}-branch", town, slug(region)) for region, towns in _TOWNS.items() for town in towns.split()
)
