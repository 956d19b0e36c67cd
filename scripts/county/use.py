"""Everything that people switch on: single uses with a start and an end, on 5-minute steps.

Numbers without another word are assumptions.
"""

from __future__ import annotations

import numpy as np

from county.people import Presence
from county.places import MIGRATORY, Area, Bools, Floats, Ints, random
from county.tables import (
    APPLIANCES,
    CAR_GROWTH,
    CAR_KW,
    CAR_SHARE,
    CLOCK,
    DINNER,
    EVE,
    LUNCH,
    OWNERSHIP_YEAR,
    STEP_MINUTES,
    STEPS,
    Appliance,
    Use,
)

BURST_STEPS = 6  #: a thermostat's cycle: half an hour
NIGHT_LIGHTS_KW = (0.12, 0.4)  #: all lights of a home (K)


class Meter:
    """Collects uses as steps up and down, (home, step)."""

    def __init__(self, n_home: int, n_day: int) -> None:
        self.n_home, self.n_step = n_home, n_day * STEPS
        self.changes = np.zeros((n_home, self.n_step + 1))

    def add(self, home: Ints, start: Ints, end: Ints, kw: Floats) -> None:
        """Uses of ``kw`` from step ``start`` to before step ``end``; cut at the period's ends."""
        start, end = np.clip(start, 0, self.n_step), np.clip(end, 0, self.n_step)
        width = self.n_step + 1
        for at, sign in ((start, 1.0), (end, -1.0)):
            change = np.bincount(home * width + at, sign * kw, minlength=self.n_home * width)
            self.changes += change.reshape(self.changes.shape)

    def kw(self) -> Floats:
        """Demand of every home and step [kW]."""
        return np.cumsum(self.changes, axis=1)[:, :-1]


def meal_hours(area: Area, presence: Presence, year: int) -> Floats:
    """Hours of breakfast, lunch and dinner, (meal, home, day); the reunion dinner on the Eve."""
    rng = random(area.seed, area.number, year, "meals")
    n_home, n_day = presence.life.shape
    hours = area.homes.meals_h[..., None] + rng.normal(0.0, 0.25, (3, n_home, n_day))
    reunion = rng.normal(area.reunion_h, area.reunion_spread_h, (n_home, n_day))
    eve = presence.life == EVE
    meal = LUNCH if area.reunion_h < 15.0 else DINNER
    hours[meal] = np.where(eve, reunion, hours[meal])
    return hours


def switched(area: Area, presence: Presence, year: int, mean_c: Floats) -> Floats:
    """Demand of all appliances but air conditioners, (home, step) [kW]."""
    meter = Meter(*presence.life.shape)
    meals_h = meal_hours(area, presence, year)
    for index, item in enumerate(APPLIANCES):
        rng = random(area.seed, area.number, year, item.name)
        own = area.homes.owns[index]
        for use in item.uses:
            count = _count(area, presence, (item, use), own, mean_c, rng)
            _add_uses(meter, item, use, area.homes.kw[index], count, meals_h, rng)
    _add_gala(meter, area, presence, year)
    _add_cars(meter, area, presence, year)
    return meter.kw() + _always_on(area, presence, meter.n_step, year)


def _count(
    area: Area,
    presence: Presence,
    what: tuple[Appliance, Use],
    own: Bools,
    mean_c: Floats,
    rng: np.random.Generator,
) -> Ints:
    """How often a use happens, (home, day)."""
    item, use = what
    at_lunch = use.anchor == LUNCH or (use.anchor == CLOCK and use.hour < 16.5)
    by_hour = presence.lunch if at_lunch else presence.dinner
    persons = presence.night if use.anchor == CLOCK and use.hour > 20.5 else by_hour
    mean = np.array(use.times)[presence.life] * (persons / 2.0) ** item.per_person
    mean *= (persons > 0) * own[:, None] * area.homes.thrift[:, None]
    if item.cold:
        mean *= np.clip((13.0 - mean_c) / 10.0, 0.2, 1.5)
    if area.reunion_h < 15.0 and use.anchor in (LUNCH, DINNER):
        # where the reunion is at noon, the Eve's two meals change places
        mean = np.where(presence.life == EVE, mean * (1.6 if use.anchor == LUNCH else 0.6), mean)
    # most uses happen once or not at all; more than one in a window is the rest
    sure = np.minimum(mean, 0.9)
    return (rng.random(mean.shape) < sure) + np.minimum(rng.poisson(mean - sure), 4)


def _add_uses(
    meter: Meter,
    item: Appliance,
    use: Use,
    kw: Floats,
    count: Ints,
    meals_h: Floats,
    rng: np.random.Generator,
) -> None:
    home, day = np.repeat(np.argwhere(count), count[count > 0], axis=0).T
    hour = use.hour + use.spread_h * rng.normal(size=len(home))
    if use.anchor != CLOCK:
        hour += meals_h[use.anchor, home, day]
    start = day * STEPS + (hour * 60 / STEP_MINUTES).astype(int)
    minutes = use.minutes * rng.lognormal(0.0, 0.3, len(home))
    steps = np.maximum(np.rint(minutes / STEP_MINUTES).astype(int), 1)
    if item.duty == 1.0:
        meter.add(home, start, start + steps, kw[home])
        return
    # ten minutes at full power, then on and off
    meter.add(home, start, start + np.minimum(steps, 2), kw[home])
    bursts = np.maximum(-(-(steps - 2) // BURST_STEPS), 0)
    which = np.repeat(np.arange(len(home)), bursts)
    within = np.arange(len(which)) - np.repeat(np.cumsum(bursts) - bursts, bursts)
    on = rng.binomial(BURST_STEPS, item.duty, len(which))
    first = start[which] + 2 + within * BURST_STEPS
    last = np.minimum(first + on, (start + steps)[which])
    meter.add(home[which], first, np.maximum(first, last), kw[home[which]])


def _add_gala(meter: Meter, area: Area, presence: Presence, year: int) -> None:
    """The Eve: television until midnight, lights until one or all night."""
    rng = random(area.seed, area.number, year, "gala")
    home, day = np.argwhere((presence.life == EVE) & (presence.dinner > 0)).T
    begin = day * STEPS + 20 * 60 // STEP_MINUTES
    end = begin + np.rint(rng.normal(4.4, 0.3, len(home)) * 60 / STEP_MINUTES).astype(int)
    watches = rng.random(len(home)) < 0.85
    meter.add(home[watches], begin[watches], end[watches], rng.uniform(0.08, 0.2, watches.sum()))
    all_night = rng.random(len(home)) < area.night_lights
    lit_from = begin - rng.integers(18, 30, len(home))
    lit_to = np.where(all_night, begin + 11 * 60 // STEP_MINUTES, end)
    meter.add(home, lit_from, lit_to, rng.uniform(*NIGHT_LIGHTS_KW, len(home)))


def _add_cars(meter: Meter, area: Area, presence: Presence, year: int) -> None:
    """Cars that families bring along charge in some evenings."""
    rng = random(area.seed, area.number, year, "cars")
    share = CAR_SHARE * area.wealth * CAR_GROWTH ** (year - OWNERSHIP_YEAR)
    family = presence.night > area.homes.residents[:, None]
    charges = family & (rng.random(family.shape) < 0.35)
    home, day = np.argwhere(charges & (area.homes.car_rank < share)[:, None]).T
    start = day * STEPS + (rng.normal(19.5, 2.0, len(home)) * 60 / STEP_MINUTES).astype(int)
    kw = CAR_KW[0] + (CAR_KW[1] - CAR_KW[0]) * (area.homes.car_rank[home] * 997.0 % 1.0)
    meter.add(home, start, start + rng.integers(24, 72, len(home)), kw)


def _always_on(area: Area, presence: Presence, n_step: int, year: int) -> Floats:
    """Standby and the cycling of refrigerators, (home, step) [kW]."""
    rng = random(area.seed, area.number, year, "always on")
    homes = area.homes
    period, duty = rng.uniform(7.0, 14.0, len(homes)), rng.uniform(0.3, 0.5, len(homes))
    turn = (np.arange(n_step) + 100.0 * rng.random((len(homes), 1))) / period[:, None] % 1.0
    left_on = (homes.kind == MIGRATORY) & (rng.random(len(homes)) < 0.3)
    cold = np.repeat((presence.night > 0) | left_on[:, None], STEPS, axis=1)
    return homes.standby_kw[:, None] + homes.fridge_kw[:, None] * ((turn < duty[:, None]) & cold)
