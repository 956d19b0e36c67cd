r"""Homes on days of a kind that meters have seen in past festivals: drawn from what was measured.

    at home:  level(home, kind) · curve(home, day, t) · common(day) · own(home, day) · size(home)
    else:     standby(home)

Levels, curves and common parts are those of ``past_festivals`` and ``lent_days``. *own* is what n
measured days leave open of one home: lognormal, a part for the festival and a part for the day,
:math:`\sqrt{2/(n+1)}` of what festivals and days of one home differ by, since both the mean of n
days and the day to come are off, and what homes differ by as far as the level is not its own. A
level holds the size of its household already, as far as it is the home's own; the register's
persons count for the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.demand.area_record import ORDINARY, group_of
from gridplan.demand.past_festivals import PastFestivals
from gridplan.demand.profiles import day_shapes, step_means
from gridplan.demand.streams import Streams
from gridplan.demand.variation import autoregressive
from gridplan.frozen import BoolArray, Float32Array, FloatArray, IntArray

#: Standard deviation of the logarithm by which homes differ, as far as a level is not a home's own
#: (assumption; 0.45 to 0.5 of British homes in ``notebooks/02``).
HOMES_DIFFER = 0.4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredDraw:
    """What all scenarios of a draw share.

    Attributes
    ----------
    lit_kw : float32 (home, day, step of day) -- of homes with somebody there [kW]
    chance : float (home, day) -- even between 0 and 1: whether people are at home or elsewhere
    """

    lit_kw: Float32Array
    chance: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredHomes:
    """Homes of a feeder with past festivals, on the days of a study.

    Attributes
    ----------
    past : what the meters saw
    lives_in : bool (home,)
    kinds : int (day,) -- kind of each day
    level_kw : float (home, group) -- at the usual temperature of the study
    standby_kw : float32 (home, step of day)
    year_sd, day_sd : float (home,), (home, day) -- of the logarithm of a home's own part
    step_minutes : of the study
    """

    past: PastFestivals
    lives_in: BoolArray
    kinds: IntArray
    level_kw: FloatArray
    standby_kw: Float32Array
    year_sd: FloatArray
    day_sd: FloatArray
    step_minutes: int

    @classmethod
    def of(
        cls,
        past: PastFestivals,
        lives_in: BoolArray,
        days: IntArray,
        *,
        usual_c: float | None,
        step_minutes: int,
    ) -> MeasuredHomes:
        """Make ready for festival days (day,); ``usual_c`` is the study's own, None if none."""
        kinds = group_of(days)
        warmer = np.nan_to_num((past.usual_c if usual_c is None else usual_c) - past.usual_c)
        festive = np.arange(past.level_kw.shape[1]) != ORDINARY
        idle = step_means(day_shapes()["vacant_standby"], step_minutes)
        count = past.days.count[:, kinds]
        return cls(
            past=past,
            lives_in=lives_in,
            kinds=kinds,
            level_kw=past.level_kw
            * np.exp(np.nan_to_num(past.per_c)[festive.astype(np.int64)] * warmer),
            standby_kw=(past.standby_kw[:, None] * (idle / idle.mean())).astype(np.float32),
            year_sd=np.sqrt(
                past.own_year_sd**2 * 2.0 / (past.n_festival + 1.0)
                + HOMES_DIFFER**2 * (1.0 - past.own_weight)
            ),
            day_sd=past.own_day_sd * np.sqrt(2.0 / (count + 1.0)),
            step_minutes=step_minutes,
        )

    @property
    def measured(self) -> BoolArray:
        """Days of a kind that was measured: bool (day,)."""
        return self.past.days.measured[self.kinds]

    @property
    def response_per_c(self) -> FloatArray:
        """Rise of demand per degree colder (day,) [1/K]; NaN where it is not known."""
        return -self.past.per_c[(self.kinds != ORDINARY).astype(np.int64)]

    def draw(self, streams: Streams, draw: int) -> MeasuredDraw:
        """Random fields of a draw."""
        past, n_day = self.past, len(self.kinds)
        normal = streams.generator("common", draw).standard_normal(n_day + 1)
        walk = autoregressive(normal[1:], past.day_correlation)
        common = past.year_sd * normal[0] + past.day_sd[self.kinds] * walk
        normals = streams.generator("own level", draw).standard_normal(
            (len(self.lives_in), n_day + 1)
        )
        own = self.day_sd * normals[:, 1:] - self.day_sd**2 / 2
        own += (self.year_sd * normals[:, 0] - self.year_sd**2 / 2)[:, None]
        curves = past.days.draw(self.kinds, self.level_kw, streams, draw)
        level_kw = self.level_kw[:, self.kinds] * np.exp(common + own)
        curves *= level_kw.astype(np.float32)[:, :, None]
        chance = streams.generator("at home", draw).random(own.shape)
        lit_kw = step_means(curves.astype(np.float64), self.step_minutes)
        return MeasuredDraw(lit_kw=lit_kw.astype(np.float32), chance=chance)

    def there(self, drawn: MeasuredDraw, returned: FloatArray) -> BoolArray:
        """Whether somebody is at home (home, day), with persons ``returned`` (home, day)."""
        lived = drawn.chance < self.past.live_share[self.kinds]
        stays = (returned > 0) & (drawn.chance < self.past.stay_share[self.kinds])
        return np.where(self.lives_in[:, None], lived, stays)

    def demand(
        self, drawn: MeasuredDraw, there: BoolArray, returned: FloatArray, size: FloatArray
    ) -> Float32Array:
        """Demand (home, day, step of day) [kW] before the weather.

        ``size`` (home, day) is the factor of household size of homes without a level of their own.
        """
        visited = (returned > 0) & self.lives_in[:, None] & (self.kinds != ORDINARY)
        factor = np.where(visited, np.exp(self.past.visited), 1.0)
        factor *= size ** (1.0 - self.past.own_weight[:, None])
        lit_kw = drawn.lit_kw * factor.astype(np.float32)[:, :, None]
        return np.where(there[:, :, None], lit_kw, self.standby_kw[:, None])
