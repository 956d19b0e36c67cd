r"""What meters saw of past festivals in a feeder's homes, made ready for the festival of a study.

level
    mean power of an occupied day by home and kind of day (eleven kinds, ``area_record``), brought
    to the year and the usual temperature and shrunk to the feeder's mean, as for whole areas
    (``area_model``); what this winter's ordinary days are higher by carries over in part.
who comes
    :math:`P_h`, the share of homes with the same past (never, seldom, often, always there) that
    came. Where registers of past festivals are there too, it is that of homes on no register.
    Otherwise the register of this year must not be counted twice: homes on it come with the chance
    :math:`c`, and those on none share what the past saw beyond them,

    .. math:: \sum_{h\,unlisted} \frac{\theta o_h}{1 + \theta o_h} =
        \sum_h P_h - c \cdot listed, \qquad o_h = \frac{P_h}{1 - P_h}, \quad 0.1 \le \theta \le 1.

    Dates that nobody knows follow those of past comers, beside the presence curve as ten of them.
days
    a draw takes one measured day of the kind for the whole village, so that homes coincide as they
    did then, and every home its own curve of it (``lent_days``).
common
    lognormal, a part per festival and a part per day, as large as past festivals missed what the
    others say of them, and as assumed where few were seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gridplan.demand.area_model import CountyModel, carried_over, fit_county, home_levels
from gridplan.demand.area_record import (
    ORDINARY,
    AreaRecord,
    Festival,
    group_of,
    lived_in,
    usual_day_kw,
)
from gridplan.demand.comers import Comers
from gridplan.demand.lent_days import LentDays, lent_days, own_spread
from gridplan.demand.presence import occupied
from gridplan.demand.presence_record import past_share
from gridplan.demand.register import Register
from gridplan.demand.returnees import PresenceCurve, presence_curve
from gridplan.errors import Fault
from gridplan.frozen import BoolArray, FloatArray, IntArray, own_fields

#: Past comers that the presence curve weighs against.
_CURVE_COMERS = 10.0
#: What common parts are taken for before any is seen, and the festivals that this weighs against
#: those that were (assumptions).
_USUAL_YEAR_SD, _USUAL_DAY_SD, _USUAL_FESTIVALS = 0.1, 0.1, 3.0
#: Festive days of the feeder's mean that a home's own level weighs against, as in ``area_model``.
_HOME_DAYS = 6.0
#: A winter is one of a festival when meters saw one of these festival days.
_CORE = (-1, 2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PastFestivals:
    """What past festivals say of the homes of a feeder.

    Attributes
    ----------
    years : of the festivals
    level_kw : float (home, group) -- mean power of an occupied day at ``usual_c``
    standby_kw : float (home,) -- mean power of an empty one
    own_weight : float (home,) -- how far a home's level is its own and not the feeder's
    n_festival : float (home,) -- festivals in which it was seen lived in
    own_year_sd, own_day_sd : standard deviations of the logarithm of what festivals and days of one
        home differ by
    days : measured days
    share, listed_come, told, curve : see ``Comers``; ``share`` is float (home,)
    live_share, stay_share : float (group,) -- share of the days that somebody is at home, in homes
        that are lived in and during a stay
    year_sd : standard deviation of the logarithm of what a festival has in common
    day_sd : float (group,) -- the same of a day
    day_correlation : of one day's part with the next
    visited : logarithm of what a lived-in home draws more while it has visitors
    per_c : float (2,) -- logarithm by degree warmer, of ordinary and of festival days [1/K]; NaN
        where no temperature is known
    usual_c : temperature of the levels [°C], NaN where none is known
    """

    years: tuple[int, ...]
    level_kw: FloatArray
    standby_kw: FloatArray
    own_weight: FloatArray
    n_festival: FloatArray
    own_year_sd: float
    own_day_sd: float
    days: LentDays
    share: FloatArray
    listed_come: float
    told: bool
    curve: PresenceCurve
    live_share: FloatArray
    stay_share: FloatArray
    year_sd: float
    day_sd: FloatArray
    day_correlation: float
    visited: float
    per_c: FloatArray
    usual_c: float

    def __post_init__(self) -> None:
        home, group = ("home",), ("group",)
        floats: dict[str, tuple[str | int, ...]] = {"level_kw": ("home", "group"), "per_c": (2,)}
        floats |= dict.fromkeys(("standby_kw", "own_weight", "n_festival", "share"), home)
        floats |= dict.fromkeys(("live_share", "stay_share", "day_sd"), group)
        layout = {name: (np.float64, shape) for name, shape in floats.items()}
        own_fields(self, layout, {})

    @property
    def note(self) -> Fault:
        """What the forecast rests on."""
        what = f"levels, shapes and who comes follow festivals {', '.join(map(str, self.years))}"
        what += " and their registers" if self.told else ""
        return Fault(code="meters-festivals", where="meters", what=what, severity="note")

    def comers(self, is_home: BoolArray) -> Comers:
        """Who comes, over all customers, of which the homes are those of this object."""
        share = np.zeros(len(is_home))
        share[is_home] = self.share
        return Comers(share=share, listed_come=self.listed_come, told=self.told, curve=self.curve)


def fit_past_festivals(
    winters: tuple[Festival, ...],
    at: IntArray,
    year: int,
    first_day: int,
    *,
    registers: Mapping[int, Register],
    lives_in: BoolArray,
    ratio: FloatArray,
) -> PastFestivals:
    """Learn from past festivals for that of a year; some meter must have seen one.

    Parameters
    ----------
    winters : of some meters, see ``winters_of``
    at : int (home,) -- meter of each home, -1 where it has none
    year, first_day : of the study; its festival's days from the first one on are not looked at
    registers : of the homes, by year, where there are any
    lives_in : bool (home,) -- lived in all year
    ratio : float (home,) -- demand of its kind over that of a mean home, where no meter knows
    """
    homes = [_on_homes(one, at, registers.get(one.year)) for one in winters]
    past = tuple(one for one in homes if one.year != year)
    none = replace(past[0], year=year).until(past[0].days[0])  # a winter without a reading
    target = next((one for one in homes if one.year == year), none).until(first_day)
    ids = np.arange(len(at)).astype(np.str_)
    record = AreaRecord(area="", station="", sn_kva=np.nan, ids=ids, festivals=past)
    return _fitted(past, target, fit_county([record], year), at >= 0, lives_in, ratio)


def _fitted(
    past: tuple[Festival, ...],
    target: Festival,
    county: CountyModel,
    metered: BoolArray,
    lives_in: BoolArray,
    ratio: FloatArray,
) -> PastFestivals:
    everything = (*past, target)
    usual_kw, trend, presence = usual_day_kw(everything), county.trend, county.presence
    level_kw, standby_kw = home_levels(everything, usual_kw, trend, target.year)
    if target.metered.any() and (group_of(target.days) == ORDINARY).any():
        level_kw[:, ORDINARY + 1 :] *= np.exp(carried_over(past, target, county))
    there = [occupied(one.mean_kw, usual_kw) == 1 for one in past]
    festive = [lit & (group_of(one.days) != ORDINARY) for lit, one in zip(there, past, strict=True)]
    count = np.concatenate(festive, axis=1).sum(axis=1)
    weight = count / (count + _HOME_DAYS)
    factors = [
        trend.factor(one, target.year) / trend.visits(one, lived_in(one, usual_kw), one.days)
        for one in past
    ]
    own_year_sd, own_day_sd = own_spread(past, there, factors, level_kw)
    nobody, free = np.zeros(len(metered), dtype=bool), metered & ~lives_in
    share = presence.comes(nobody, nobody, past_share(past))
    if free.any():
        share = np.where(metered, share, share[free].mean())
    n_festival = sum(saw_festival(one) for one in past)
    knows_c = any(np.isfinite(one.temperature_c).any() for one in past)
    return PastFestivals(
        years=tuple(one.year for one in past if saw_festival(one)),
        level_kw=level_kw * np.where(metered, 1.0, ratio)[:, None],
        standby_kw=standby_kw,
        own_weight=weight,
        n_festival=np.stack([lit.any(axis=1) for lit in festive], axis=1).sum(axis=1),
        own_year_sd=own_year_sd,
        own_day_sd=own_day_sd,
        days=lent_days(past, there, factors),
        share=share,
        listed_come=presence.listed_come,
        told=any(one.listed.any() for one in past),
        curve=_curve(presence.stays),
        live_share=presence.live_share,
        stay_share=presence.stay_share,
        year_sd=float(_pooled(county.year_sd, _USUAL_YEAR_SD, n_festival)),
        day_sd=_pooled(county.day_sd, _USUAL_DAY_SD, n_festival),
        day_correlation=county.day_correlation,
        visited=trend.visited,
        per_c=trend.per_c if knows_c else np.full(2, np.nan),
        usual_c=trend.usual_c if knows_c else np.nan,
    )


def _on_homes(winter: Festival, at: IntArray, register: Register | None) -> Festival:
    """A winter of meters as one of homes, with their register where there is one."""
    metered = (at >= 0)[:, None, None]
    p_kw = np.where(metered, winter.p_kw[at], np.float32(np.nan))
    nobody = Register.empty(len(at)) if register is None else register
    return replace(
        winter,
        p_kw=p_kw,
        listed=nobody.listed,
        away=nobody.stays_away,
        arrival=nobody.arrival,
        departure=nobody.departure,
    )


def saw_festival(winter: Festival) -> bool:
    """Whether some meter saw the Eve or one of the days after it."""
    core = (winter.days >= _CORE[0]) & (winter.days <= _CORE[1])
    return bool(np.isfinite(winter.p_kw[:, core]).any())


def _curve(stays: FloatArray) -> PresenceCurve:
    """When past comers came and left, with the usual curve as some more of them."""
    usual = presence_curve()
    count = len(stays) + _CURVE_COMERS
    arrived, departed = (
        ((stays[:, at, None] <= usual.day).sum(axis=0) + _CURVE_COMERS * cumulative) / count
        for at, cumulative in enumerate((usual.arrived, usual.departed))
    )
    # who was there before the first day of the curve, or after its last, counts on that day
    arrived[-1] = departed[-1] = 1.0
    return PresenceCurve(day=usual.day, arrived=arrived, departed=departed)


def _pooled(found: FloatArray | float, usual: float, n_festival: int) -> FloatArray:
    """A spread with what is assumed of it as some more festivals."""
    square = n_festival * np.square(found) + _USUAL_FESTIVALS * usual**2
    return np.asarray(np.sqrt(square / (n_festival + _USUAL_FESTIVALS)))
