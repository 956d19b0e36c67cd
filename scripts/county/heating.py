"""Air conditioners that heat rooms: wanted by people, switched by a thermostat with hysteresis.

Numbers without another word are assumptions.
"""

from __future__ import annotations

import numpy as np

from county.people import Presence
from county.places import Area, Bools, Floats, random
from county.tables import EVE, STEP_MINUTES, STEPS, USUAL, VISITS
from county.use import meal_hours

HYSTERESIS_C = 1.0
FREE_HEAT_C = 3.0  #: how much warmer than outdoors an unheated room is (A)
PERSONS_PER_UNIT = (1, 2, 4, 6)  #: persons from which on the n-th room is heated (A)
STEP_H = STEP_MINUTES / 60.0


def heated(area: Area, presence: Presence, year: int, mean_c: Floats, outdoor_c: Floats) -> Floats:
    """Demand of the air conditioners, (home, step) [kW]."""
    unit, home = np.nonzero(area.air_conditioners(year))
    p_kw = np.zeros((len(area.homes), len(outdoor_c)))
    if not len(unit):
        return p_kw
    wanted = _wanted(area, presence, year, mean_c)[unit, home].T
    homes = area.homes
    set_c, rise_c = homes.set_c[unit, home], homes.rise_c[unit, home]
    decay = np.exp(-STEP_H / homes.tau_h[unit, home])
    room_c = outdoor_c[0] + FREE_HEAT_C + np.zeros(len(unit))
    on = np.zeros(len(unit), dtype=bool)
    share = np.zeros((len(outdoor_c), len(unit)), dtype=np.float32)
    hold = homes.air_hold[unit, home].astype(np.float32)
    for step, outside in enumerate(outdoor_c):
        want = wanted[step]
        on = want & (room_c < np.where(on, set_c + HYSTERESIS_C, set_c - HYSTERESIS_C))
        # an inverter lowers its power near the set point, others run at full power or not at all
        power = np.where(room_c > set_c - HYSTERESIS_C, hold, 1.0) * on
        aim = outside + FREE_HEAT_C + rise_c * power
        room_c = aim + (room_c - aim) * decay
        share[step] = power
    np.add.at(p_kw, home, (share * homes.air_kw[unit, home].astype(np.float32)).T)
    return p_kw


def _wanted(area: Area, presence: Presence, year: int, mean_c: Floats) -> Bools:
    """When somebody wants warmth in a room, (unit, home, step)."""
    rng = random(area.seed, area.number, year, "warmth")
    life, homes = presence.life, area.homes
    n_home, n_day = life.shape
    family = presence.night > homes.residents[:, None]
    festive = np.isin(life, (EVE, VISITS))
    limit_c = np.where(family, homes.switch_c[1][:, None], homes.switch_c[0][:, None])
    limit_c = limit_c + 1.5 * festive + 1.0 * rng.normal(size=life.shape)
    cold = mean_c < limit_c
    dinner_h = meal_hours(area, presence, year)[2]
    bed_h = homes.bed_h[:, None] + 0.3 * rng.normal(size=life.shape)
    bed_h += np.where(life == EVE, 2.7, np.where(festive | family, 0.9, 0.0))
    guests = (presence.lunch > presence.night) & (life == VISITS)
    clock = (np.arange(n_day * STEPS) % STEPS * 24.0 / STEPS).reshape(n_day, STEPS)
    from_h, to_h = presence.away_h[..., None]
    away = (clock >= from_h) & (clock < to_h)
    evening = (clock >= (dinner_h - rng.uniform(0.3, 2.0, life.shape))[..., None]) & (
        clock < bed_h[..., None]
    )
    # on the Eve and with guests the living room is warm from late morning on
    day_h = np.where(guests | (life == EVE), rng.uniform(9.5, 15.0, life.shape), 99.0)
    living = evening | ((clock >= day_h[..., None]) & (clock < 18.0))
    wanted = np.empty((len(PERSONS_PER_UNIT), n_home, n_day * STEPS), dtype=bool)
    all_night = (rng.random((n_home, 1)) < 0.25) & (life != USUAL)
    for unit, least in enumerate(PERSONS_PER_UNIT):
        enough = cold & (presence.night >= least)
        room = living
        if unit:
            before_bed = rng.uniform(0.3, 2.5, life.shape)
            room = (clock >= (bed_h - before_bed)[..., None]) & (clock < bed_h[..., None] + 0.7)
            room = room | (all_night[..., None] & ((clock >= 22.0) | (clock < 6.5)))
        wanted[unit] = (room & ~away & enough[..., None]).reshape(n_home, -1)
    return wanted
