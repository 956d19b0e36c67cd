"""Homes on days of a kind that meters have seen in past festivals: drawn from what was measured.

    load(home, day, t) = at home: level(home, kind) * curve(home, day, t) * common(day) * size
                         else:    standby(home)

with the levels, curves and common parts of ``past_festivals``. A home's level holds the size of its
household already, as far as it is its own; the register's persons count for the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.demand.area_record import ORDINARY, group_of
from gridplan.demand.past_festivals import PastFestivals
from gridplan.demand.profiles import day_shapes, step_means
from gridplan.demand.streams import stream
from gridplan.demand.variation import autoregressive
from gridplan.frozen import BoolArray, Float32Array, FloatArray, IntArray


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
    step_minutes, seed : of the study
    """

    past: PastFestivals
    lives_in: BoolArray
    kinds: IntArray
    level_kw: FloatArray
    step_minutes: int
    seed: int

    @classmethod
    def of(
        cls,
        past: PastFestivals,
        lives_in: BoolArray,
        days: IntArray,
        *,
        usual_c: float | None,
        step_minutes: int,
        seed: int,
    ) -> MeasuredHomes:
        """Make ready for festival days (day,); ``usual_c`` is the study's own, None if none."""
        level_kw = past.level_kw.copy()
        warmer = np.nan_to_num((past.usual_c if usual_c is None else usual_c) - past.usual_c)
        festive = np.arange(level_kw.shape[1]) != ORDINARY
        level_kw *= np.exp(np.nan_to_num(past.per_c)[festive.astype(np.int64)] * warmer)
        return cls(
            past=past,
            lives_in=lives_in,
            kinds=group_of(days),
            level_kw=level_kw,
            step_minutes=step_minutes,
            seed=seed,
        )

    @property
    def measured(self) -> BoolArray:
        """Days of a kind that was measured: bool (day,)."""
        return self.past.days.measured[self.kinds]

    @property
    def response_per_c(self) -> FloatArray:
        """Rise of demand per degree colder (day,) [1/K]; NaN where it is not known."""
        return -self.past.per_c[(self.kinds != ORDINARY).astype(np.int64)]

    def draw(self, draw: int) -> MeasuredDraw:
        """Random fields of a draw."""
        past, n_day = self.past, len(self.kinds)
        normal = stream(self.seed, "common", draw).standard_normal(n_day + 1)
        walk = autoregressive(normal[1:], past.day_correlation)
        common = np.exp(past.year_sd * normal[0] + past.day_sd[self.kinds] * walk)
        curves = past.days.draw(self.kinds, self.level_kw, seed=self.seed, draw=draw)
        curves *= (self.level_kw[:, self.kinds] * common).astype(np.float32)[:, :, None]
        chance = stream(self.seed, "at home", draw).random((len(self.lives_in), n_day))
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
        past = self.past
        festive = self.kinds != ORDINARY
        visited = (returned > 0) & self.lives_in[:, None] & festive
        factor = np.where(visited, np.exp(past.visited), size ** (1 - past.own_weight[:, None]))
        idle = step_means(day_shapes()["vacant_standby"], self.step_minutes)
        standby_kw = past.standby_kw[:, None] * (idle / idle.mean())
        lit_kw = drawn.lit_kw * factor.astype(np.float32)[:, :, None]
        return np.where(there[:, :, None], lit_kw, standby_kw.astype(np.float32)[:, None])
