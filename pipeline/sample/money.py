"""What the invented councils and trusts spend and receive."""

from dataclasses import dataclass

import numpy as np

from pipeline.sample.hospitals import Hospitals
from pipeline.sample.people import People
from pipeline.sample.places import Place, Places

YEARS = range(2010, 2018)
"""Financial years of the councils' returns, by the year they start in."""
TRUST_YEARS = range(2010, 2019)
PUBLIC_HEALTH_FROM = 2013

PER_HEAD = {
    "education": (560.0, "upper"),
    "highways": (62.0, "upper"),
    "children_social_care": (140.0, "upper"),
    "public_health": (54.0, "upper"),
    "housing": (38.0, "lower"),
    "cultural": (46.0, "lower"),
    "environmental": (88.0, "lower"),
    "planning": (24.0, "lower"),
    "police": (205.0, "police"),
    "fire": (37.0, "fire"),
    "central": (58.0, "both"),
    "other": (6.0, "both"),
}
"""Service: GBP a head, and the tier that provides it (a council without districts is both)."""
ADULT_SOCIAL_CARE_PER_ADULT = 345.0
SERVICES = (*tuple(PER_HEAD)[:2], "adult_social_care", *tuple(PER_HEAD)[2:])
RESERVES = {
    "reserves_schools_opening": 38.0,
    "reserves_public_health_opening": 6.0,
    "reserves_earmarked_opening": 210.0,
    "reserves_unallocated_opening": 75.0,
}


@dataclass(frozen=True)
class Body:
    """A body that sends a finance return: a council of any tier, or a police or fire authority."""

    name: str
    ecode: str
    code: str
    finance_class: str
    region: int
    place: Place | None = None
    council: int | None = None


@dataclass(frozen=True)
class Money:
    """Spending and accounts.

    Attributes:
        bodies: the councils, then districts, then other authorities.
        spending: line to body by year, GBP thousand, net current expenditure.
        planned: the budget for the year 2016-17, line to body.
        revision: body: how much the final figure of 2017-18 for adult social care is above the
            provisional one, as a share (mostly 0).
        adult_social_care_gross: council by year, GBP thousand.
        income: kind to council by year, GBP thousand: nhs, joint, better_care_fund, client.
        margin: hospital by year: financial position as a share of income.
        cost: hospital by year: operating cost, GBP thousand.
    """

    bodies: tuple[Body, ...]
    spending: dict[str, np.ndarray]
    planned: dict[str, np.ndarray]
    revision: np.ndarray
    adult_social_care_gross: np.ndarray
    income: dict[str, np.ndarray]
    margin: np.ndarray
    cost: np.ndarray

    @property
    def income_of_hospital(self) -> np.ndarray:
        """Hospital by year: operating income, GBP thousand."""
        income: np.ndarray = self.cost / (1 - self.margin)
        return income


def build(
    places: Places,
    people: People,
    hospitals: Hospitals,
    partnership: np.ndarray,
    rng: np.random.Generator,
) -> Money:
    """Money of one seed. Nothing here depends on leadership.

    Args:
        partnership: council: how well organisations work together, mean 0 and deviation 1.
    """
    bodies = _bodies(places)
    heads, adults, _ = _denominators(places, people, bodies)
    spending = _spending(bodies, heads, adults, people, rng)
    councils = len(places.councils)
    care = spending["adult_social_care"]
    plans = rng.normal(0.97, 0.03, (len(bodies), 1))
    planned = {
        line: np.rint(values[:, 2016 - YEARS.start] * plans[:, 0])
        for line, values in spending.items()
    }
    planned["total_service_expenditure"] = np.sum([planned[line] for line in SERVICES], axis=0)
    planned["adult_social_care_precept"] = np.rint(planned["adult_social_care"] * 0.02)
    revision = np.zeros(len(bodies))
    revised = rng.permutation(councils)[:6]
    revision[revised] = rng.normal(0, 0.02, len(revised))

    gross = care[:councils] * rng.normal(1.38, 0.05, councils)[:, None]
    joint = rng.random(councils) < 0.5

    def share(level: float, slope: float, spread: float) -> np.ndarray:
        lasting = np.exp(slope * partnership + rng.normal(0, spread, councils))[:, None]
        yearly = rng.lognormal(0, 0.06, (councils, len(YEARS)))
        return gross * level * lasting * yearly

    years = len(TRUST_YEARS)
    growth = 1.025 ** np.arange(-2, years - 2)
    beds = len(hospitals.cost)
    margin = rng.normal(-0.012, 0.022, beds)[:, None] + rng.normal(0, 0.012, (beds, years))
    return Money(
        bodies,
        spending,
        planned,
        revision,
        gross,
        {
            "nhs": share(0.075, 0.35, 0.35),
            "joint": share(0.03, 0.3, 0.5) * joint[:, None],
            "better_care_fund": share(0.105, 0.25, 0.2),
            "client": share(0.125, 0.0, 0.15),
        },
        margin,
        hospitals.cost[:, None] * growth * rng.lognormal(0, 0.01, (beds, years)),
    )


def _bodies(places: Places) -> tuple[Body, ...]:
    upper = [
        Body(p.name, p.ecode, p.code, p.finance_class, p.region, p, n)
        for n, p in enumerate(places.councils)
    ]
    lower = [Body(p.name, p.ecode, p.code, p.finance_class, p.region, p) for p in places.districts]
    others = [
        Body(f"{region.name} {what} Authority", f"{ecode}{n}", f"{code}{900 + n:06d}", "O", n)
        for what, ecode, code in (("Police", "E980", "E23"), ("Fire", "E981", "E31"))
        for n, region in enumerate(places.regions)
    ]
    return (*upper, *lower, *others)


def _denominators(
    places: Places, people: People, bodies: tuple[Body, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Persons, adults, and persons of 65 and over by body and financial year."""
    region = np.array([places.councils[c].region for c in places.area_council])
    registry = np.array([place.registry for place in places.area_place])
    ages = [people.persons[:, : len(YEARS), low:].sum(axis=2) for low in (0, 18, 65)]
    masks = np.array(
        [
            places.area_council == body.council
            if body.council is not None
            else (registry == body.place.registry if body.place else region == body.region)
            for body in bodies
        ]
    )
    heads, adults, older = (masks.astype(float) @ age for age in ages)
    return heads, adults, older


def _provides(service: str, body: Body) -> bool:
    tier = PER_HEAD[service][1] if service in PER_HEAD else "upper"
    if body.finance_class == "O":
        return tier in ("police", "fire") and tier in body.name.lower()
    if tier == "both":
        return True
    if body.finance_class == "SC":
        return tier == "upper"
    if body.finance_class == "SD":
        return tier == "lower"
    return tier in ("upper", "lower")


def _spending(
    bodies: tuple[Body, ...],
    heads: np.ndarray,
    adults: np.ndarray,
    people: People,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    years = len(YEARS)
    need = np.zeros(len(bodies))
    councils = len(people.deprivation)
    need[:councils] = (people.deprivation - people.deprivation.mean()) / people.deprivation.std()
    spending: dict[str, np.ndarray] = {}
    for service in SERVICES:
        given = np.array([_provides(service, body) for body in bodies], dtype=float)
        level = PER_HEAD[service][0] if service in PER_HEAD else ADULT_SOCIAL_CARE_PER_ADULT
        lasting = np.exp(0.08 * need + rng.normal(0, 0.14, len(bodies)))[:, None]
        trend = (1 - 0.012 * np.arange(years)) * rng.lognormal(0, 0.02, (len(bodies), years))
        people_served = adults if service == "adult_social_care" else heads
        spending[service] = given[:, None] * level * lasting * trend * people_served / 1000
    spending["public_health"][:, : PUBLIC_HEALTH_FROM - YEARS.start] = 0.0
    # The returns have whole thousands until 2014-15 and fractions from 2015-16.
    whole = 2015 - YEARS.start

    def rounded(values: np.ndarray) -> np.ndarray:
        return np.concatenate([np.rint(values[:, :whole]), np.round(values[:, whole:], 3)], axis=1)

    spending = {line: rounded(values) for line, values in spending.items()}
    total = np.sum([spending[service] for service in SERVICES], axis=0)
    spending["total_service_expenditure"] = total
    spending["net_current_expenditure"] = rounded(total * 1.06)
    spending["revenue_expenditure"] = rounded(total * 0.94)
    for line, level in RESERVES.items():
        schools = line == "reserves_schools_opening"
        given = spending["education"] > 0 if schools else np.ones_like(heads)
        values = given * level * heads / 1000 * rng.lognormal(0, 0.3, (len(bodies), 1))
        spending[line] = rounded(values)
    return spending
