"""What homes own and how they use it: the numbers behind the synthetic county.

Ratings: typical nameplates (K: own knowledge, unverified). Ownership, uses and hours: assumptions
(A); a settlement of 25 new homes with 36 air conditioners, 11 water heaters, 20 microwave ovens
(news of about 2016, V) marks the order of magnitude. Dates of New Year's Day come from
``gridplan/demand/data/festival_days.csv``.
"""

from __future__ import annotations

from dataclasses import dataclass

STEP_MINUTES = 5
STEPS = 24 * 60 // STEP_MINUTES  #: simulation steps of a day
STEPS_PER_POINT = 15 // STEP_MINUTES  #: simulation steps of a meter's quarter hour
POINTS = 96  #: quarter hours of a day

BREAKFAST, LUNCH, DINNER, CLOCK = range(4)  #: what a use is tied to
USUAL, RETURNED, EVE, VISITS, AFTER = range(5)  #: how a home lives on a day

#: Hours of breakfast and lunch, and of dinner on ordinary days; each home has its own (A).
MEAL_HOURS = (7.2, 12.0, 18.2)
MEAL_SPREAD_H = (0.5, 0.35, 0.4)


@dataclass(frozen=True, kw_only=True)
class Use:
    """One habit of an appliance.

    Attributes
    ----------
    anchor : a meal of the home, or the clock
    hour, spread_h : normal distribution of the start, from the meal or from midnight
    times : mean number of switch-ons per day in a home of two, by way of living
    minutes : median duration
    """

    anchor: int
    hour: float
    spread_h: float
    times: tuple[float, float, float, float, float]
    minutes: float


@dataclass(frozen=True, kw_only=True)
class Appliance:
    """An appliance that people switch on.

    Attributes
    ----------
    kw : lowest and highest rating
    owned : share of the homes
    uses : habits
    per_person : exponent of persons / 2 on the number of switch-ons
    duty : share of the time that its thermostat or hand keeps it on, after the first ten minutes
    cold : the number of switch-ons grows with the cold
    """

    name: str
    kw: tuple[float, float]
    owned: float
    uses: tuple[Use, ...]
    per_person: float = 0.5
    duty: float = 1.0
    cold: bool = False


def _use(
    anchor: int,
    hour: float,
    spread_h: float,
    times: float,
    festive: tuple[float, float, float],
    minutes: float,
) -> Use:
    """``festive``: factors on ``times`` with returnees, on the Eve, on the days of visits."""
    returned, eve, visits = festive
    by_life = (times, times * returned, times * eve, times * visits, times * returned)
    return Use(anchor=anchor, hour=hour, spread_h=spread_h, times=by_life, minutes=minutes)


# fmt: off
APPLIANCES = (
    Appliance(name="induction cooker", kw=(1.2, 2.1), owned=0.70, duty=0.75, uses=(
        _use(BREAKFAST, -0.3, 0.2, 0.35, (1.2, 1.2, 1.0), 15),
        _use(LUNCH, -0.7, 0.3, 0.60, (1.2, 1.3, 1.6), 30),
        _use(DINNER, -0.7, 0.4, 0.70, (1.2, 1.7, 1.2), 30))),
    Appliance(name="hot pot", kw=(1.2, 2.0), owned=0.50, duty=0.6, uses=(
        _use(LUNCH, 0.0, 0.3, 0.03, (2.0, 3.0, 8.0), 50),
        _use(DINNER, 0.0, 0.3, 0.06, (3.0, 8.0, 6.0), 70))),
    Appliance(name="rice cooker", kw=(0.5, 1.0), owned=0.95, per_person=0.2, uses=(
        _use(LUNCH, -0.6, 0.3, 0.55, (1.1, 1.0, 1.2), 30),
        _use(DINNER, -0.6, 0.3, 0.60, (1.1, 1.2, 1.0), 30))),
    Appliance(name="kettle", kw=(1.5, 1.8), owned=0.80, uses=(
        _use(BREAKFAST, 0.0, 0.5, 0.8, (1.0, 1.0, 1.0), 6),
        _use(CLOCK, 15.0, 3.0, 1.5, (1.3, 1.8, 2.0), 6))),
    Appliance(name="microwave oven", kw=(0.9, 1.3), owned=0.40, uses=(
        _use(BREAKFAST, 0.0, 0.3, 0.3, (1.2, 1.0, 1.2), 5),
        _use(DINNER, -0.2, 0.3, 0.3, (1.2, 2.0, 1.5), 6))),
    Appliance(name="range hood", kw=(0.15, 0.25), owned=0.60, per_person=0.2, uses=(
        _use(LUNCH, -0.5, 0.3, 0.5, (1.1, 1.3, 1.4), 30),
        _use(DINNER, -0.7, 0.4, 0.6, (1.1, 1.6, 1.2), 40))),
    Appliance(name="storage water heater", kw=(1.5, 2.5), owned=0.50, per_person=0.8, uses=(
        _use(CLOCK, 19.8, 1.3, 0.25, (1.3, 1.0, 1.2), 35),
        _use(CLOCK, 15.5, 1.3, 0.02, (2.0, 25.0, 2.0), 40))),
    Appliance(name="instant water heater", kw=(5.5, 8.0), owned=0.04, per_person=1.0, uses=(
        _use(CLOCK, 20.0, 1.5, 0.35, (1.3, 2.0, 1.2), 8),)),
    Appliance(name="bath heater", kw=(1.1, 2.4), owned=0.25, per_person=0.8, cold=True, uses=(
        _use(CLOCK, 19.8, 1.4, 0.20, (1.4, 2.0, 1.3), 18),)),
    Appliance(name="washing machine", kw=(0.2, 0.5), owned=0.80, uses=(
        _use(CLOCK, 9.0, 1.5, 0.35, (1.6, 0.8, 0.6), 40),)),
    Appliance(name="television", kw=(0.08, 0.2), owned=0.95, per_person=0.2, uses=(
        _use(CLOCK, 12.5, 2.0, 0.3, (1.2, 1.0, 2.0), 80),
        _use(DINNER, 0.4, 0.5, 0.9, (1.1, 1.0, 1.2), 150))),
    Appliance(name="lighting", kw=(0.05, 0.16), owned=1.0, per_person=0.4, uses=(
        _use(BREAKFAST, -0.5, 0.3, 0.6, (1.0, 1.0, 1.0), 40),
        _use(CLOCK, 17.9, 0.3, 1.0, (1.5, 2.0, 1.8), 230))),
    Appliance(name="electric blanket", kw=(0.06, 0.15), owned=0.80, per_person=0.9, duty=0.5,
              cold=True, uses=(_use(CLOCK, 21.0, 0.7, 0.9, (1.0, 0.9, 1.0), 480),)),
    Appliance(name="radiant heater", kw=(0.8, 2.0), owned=0.55, duty=0.75, cold=True,
              per_person=0.3, uses=(
        _use(BREAKFAST, 0.0, 0.5, 0.10, (2.0, 2.0, 2.5), 50),
        _use(CLOCK, 14.0, 1.5, 0.05, (2.5, 3.0, 5.0), 90),
        _use(DINNER, 0.2, 0.7, 0.18, (2.2, 3.0, 2.6), 100))),
    Appliance(name="heating table", kw=(1.5, 2.8), owned=0.12, duty=0.5, cold=True, per_person=0.2,
              uses=(
        _use(LUNCH, 0.0, 0.6, 0.20, (1.5, 1.5, 2.5), 120),
        _use(DINNER, 0.0, 0.5, 0.35, (1.7, 2.2, 1.8), 180))),
    Appliance(name="e-bike charger", kw=(0.12, 0.3), owned=0.60, uses=(
        _use(CLOCK, 20.0, 1.5, 0.4, (1.2, 0.5, 0.8), 240),)),
    Appliance(name="three-wheeler charger", kw=(0.3, 0.8), owned=0.25, uses=(
        _use(CLOCK, 19.5, 1.5, 0.25, (1.0, 0.3, 0.3), 240),)),
)
# fmt: on

AIR_CONDITIONERS = 4  #: most air conditioners of a home
#: Share of homes with at least 1, 2, 3, 4 air conditioners in ``OWNERSHIP_YEAR`` (A).
AIR_CONDITIONERS_OWNED = (0.55, 0.24, 0.09, 0.03)
OWNERSHIP_YEAR = 2024
#: Heating power of the living room's air conditioner and of the others [kW] (K).
AIR_CONDITIONER_KW = ((1.0, 2.2), (0.8, 1.4))

#: Share of returning families that charge a car at home in ``OWNERSHIP_YEAR``; growth a year (A).
CAR_SHARE, CAR_GROWTH, CAR_KW = 0.03, 1.4, (2.0, 7.0)


@dataclass(frozen=True, kw_only=True)
class Special:
    """A special load: rating, festival days between which it runs, hours, share of its rating."""

    name: str
    kw: tuple[float, float]
    days: tuple[int, int]
    hours: tuple[float, float]
    share: float


#: Ratings K, habits A.
SPECIALS = (
    Special(name="pig farm", kw=(4.0, 12.0), days=(-400, 400), hours=(0.0, 24.0), share=0.6),
    Special(name="cold store", kw=(4.0, 10.0), days=(-25, 3), hours=(0.0, 24.0), share=0.6),
    Special(name="rice mill", kw=(5.5, 11.0), days=(-30, -3), hours=(8.5, 17.0), share=0.35),
    Special(name="village shop", kw=(3.0, 6.0), days=(-400, 400), hours=(7.5, 22.0), share=0.5),
)

#: Ratings of distribution transformers [kVA].
TRANSFORMER_KVA = (30.0, 50.0, 63.0, 80.0, 100.0, 125.0, 160.0, 200.0, 250.0, 315.0, 400.0, 500.0)
POWER_FACTOR = 0.95  #: of an area at its peak; only the sizing needs it (A)

#: Households on single phase (least, most) and demand factor (low, high) for urban dwellings
#: (JGJ 242-2011, quoted second-hand: S); villages at a reunion dinner lie higher (A).
JGJ_DEMAND_FACTORS = (
    (1, 3, 0.90, 1.00),
    (4, 8, 0.65, 0.90),
    (9, 12, 0.50, 0.65),
    (13, 24, 0.45, 0.50),
    (25, 124, 0.40, 0.45),
    (125, 259, 0.30, 0.40),
    (260, 300, 0.26, 0.30),
)
