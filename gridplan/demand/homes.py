"""Homes: who is there, how large the household is, what it draws."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gridplan.demand.appliances import ApplianceEffects
from gridplan.demand.measured_homes import MeasuredDraw, MeasuredHomes
from gridplan.demand.past_festivals import PastFestivals
from gridplan.demand.profiles import HomeSeries, HomeState
from gridplan.demand.returnees import RESIDENT_PERSONS, Returnees
from gridplan.demand.settings import Scenario, Variation
from gridplan.demand.streams import HOME_LEVEL, Streams
from gridplan.demand.variation import lognormal, temperature_deviation
from gridplan.demand.visits import Visits
from gridplan.frozen import BoolArray, Float32Array, FloatArray, IntArray

#: Heating, or cooling, is a part of a home's demand: no mild day takes away more than that part
#: (assumption).
MILDEST_FACTOR = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawFields:
    """Random fields of one draw, which all scenarios share.

    Attributes
    ----------
    scale : float32 (home, step) -- the home's level times its variation in time
    temperature_c : float (step,) -- deviation from the scenario's temperature [K]
    delay : how much later than in the day shapes the evening begins [quarter hours]
    measured : days as past festivals had them; None where none was measured
    """

    scale: Float32Array
    temperature_c: FloatArray
    delay: int
    measured: MeasuredDraw | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Homes:
    """All homes of a feeder.

    Attributes
    ----------
    index : int (home,) -- customers
    lives_in : bool (home,) -- somebody is there all year
    level : float (home,) -- relative to a mean home (ten-kilowatt homes)
    days : int (day,) -- counted from the period's origin: festival days
    series : demand of a mean home
    returnees : who comes, over all customers
    variation : how much demand differs
    response_per_c : float (step,) -- relative rise of demand per degree colder [1/K]
    step_minutes : of the study
    streams : of random numbers
    appliances : what the register's appliances add; None: nothing
    celebrating : float (home,) -- level on days that are celebrated, or lived with returnees, over
        that of other days; None: the same
    past : the homes in past festivals; None where none was measured
    """

    index: IntArray
    lives_in: BoolArray
    level: FloatArray
    days: IntArray
    series: HomeSeries
    returnees: Returnees | Visits
    variation: Variation
    response_per_c: FloatArray
    step_minutes: int
    streams: Streams
    appliances: ApplianceEffects | None = None
    celebrating: FloatArray | None = None
    past: MeasuredHomes | None = None

    def as_measured(self, past: PastFestivals, usual_c: float | None) -> Homes:
        """The same homes, drawn as past festivals had them on days of a kind that was measured."""
        measured = MeasuredHomes.of(
            past, self.lives_in, self.days, usual_c=usual_c, step_minutes=self.step_minutes
        )
        response = np.repeat(measured.response_per_c, self.series.steps_per_day)
        seen = np.repeat(measured.measured, self.series.steps_per_day) & np.isfinite(response)
        return replace(
            self, past=measured, response_per_c=np.where(seen, response, self.response_per_c)
        )

    def fields(self, draw: int, in_time: Float32Array) -> DrawFields:
        """Random fields of a draw; ``in_time`` is the variation in time of all customers."""
        normal = self.streams.normal(HOME_LEVEL, draw, len(self.returnees.is_home))[self.index]
        level = self.level * lognormal(normal, self.variation.home_cv)
        return DrawFields(
            scale=in_time[self.index] * level[:, None].astype(np.float32),
            temperature_c=self.deviation_c(draw),
            delay=self.delay(draw),
            measured=None if self.past is None else self.past.draw(self.streams, draw),
        )

    def deviation_c(self, draw: int) -> FloatArray:
        """Deviation of a draw from its scenario's temperature (step,) [K]."""
        return temperature_deviation(
            self.variation,
            self.streams,
            draw,
            n_day=len(self.days),
            step_minutes=self.step_minutes,
        )

    def delay(self, draw: int) -> int:
        """How much later than in the day shapes the evening of a draw begins [quarter hours]."""
        return int(self.streams.generator("dinner delay", draw).integers(self.series.delays))

    def demand(
        self,
        draw: int,
        fields: DrawFields,
        scenario: Scenario,
        *,
        mean_size: float,
        warmer_c: FloatArray | float,
    ) -> tuple[Float32Array, Float32Array]:
        """Demand (home, step) in one scenario [kW, kvar].

        ``mean_size`` is that of the method; ``warmer_c`` (step,) is how much warmer than usual the
        scenario is [K].
        """
        returned = self.returnees.persons(draw, self.days, scenario.returnees_factor)[self.index]
        state = self.state(returned)
        size = self.size(returned, scenario, mean_size) * scenario.level_factor
        day = np.arange(len(self.days))
        by_day = self.series.p_kw[state, fields.delay, day] * size.astype(np.float32)[..., None]
        p_kw = by_day.reshape(fields.scale.shape)
        p_kw *= fields.scale
        came = returned > 0
        if self.past is not None and fields.measured is not None:
            seen, there = self.past.measured, self.past.there(fields.measured, returned)
            own = self.size(returned, scenario, mean_size)
            measured_kw = self.past.demand(fields.measured, there, returned, own)
            by_day[:, seen] = measured_kw[:, seen] * np.float32(scenario.level_factor)
            state = np.where(seen & ~there, HomeState.EMPTY, state)
            came = came & (there | ~seen)
        colder = -self.response_per_c * (fields.temperature_c + warmer_c)
        p_kw *= np.maximum(1.0 + colder, MILDEST_FACTOR).astype(np.float32)
        tangent = self.series.tan_phi[state, day].astype(np.float32)
        q_kvar = (p_kw.reshape(by_day.shape) * tangent[..., None]).reshape(p_kw.shape)
        if self.appliances is not None:
            colder_by_day = colder.reshape(by_day.shape[1:])
            extra = self.appliances.demand(state, size, colder_by_day, fields.delay)
            row = self.appliances.row
            for total, more in zip((p_kw, q_kvar), extra, strict=True):
                total[row] += more.reshape(len(row), total.shape[1]) * fields.scale[row]
            if (cars := self.appliances.cars) is not None:
                charged = cars.demand(draw, came, self.lives_in) * scenario.level_factor
                p_kw += charged
                q_kvar += charged * cars.tan_phi
        return p_kw, q_kvar

    def state(self, returned: FloatArray) -> IntArray:
        """``HomeState`` of the homes (..., home, day) with so many returned persons."""
        alone = np.where(self.lives_in, HomeState.USUAL, HomeState.EMPTY)[:, None]
        return np.where(returned > 0, HomeState.RETURNED, alone)

    def on(self, day: int) -> Homes:
        """The same homes on one day of the period, as mean homes own appliances."""
        series, steps = self.series, self.series.steps_per_day
        one = slice(day, day + 1)
        return replace(
            self,
            days=self.days[one],
            past=None,
            series=HomeSeries(
                p_kw=series.p_kw[:, :, one],
                tan_phi=series.tan_phi[:, one],
                festive=series.festive[one],
            ),
            response_per_c=self.response_per_c[day * steps : (day + 1) * steps],
            appliances=None,
        )

    def mean_size(self) -> float:
        """Expected persons ** elasticity over the homes occupied on the Eve, before scenarios.

        Dividing by it keeps the mean over occupied homes at the after-diversity level. An
        expectation, not a mean over draws: the numbers of one draw must not depend on the others.
        """
        exponent = self.variation.persons_elasticity
        comes, persons = (values[self.index] for values in self.returnees.expected_on_eve())
        usual = np.where(self.lives_in, RESIDENT_PERSONS, 0.0)
        occupied = np.where(self.lives_in, 1.0, comes).sum()
        size = comes * (usual + persons) ** exponent
        size += np.where(self.lives_in, 1.0 - comes, 0.0) * usual**exponent
        return float(size.sum() / occupied) if occupied > 0 else RESIDENT_PERSONS**exponent

    def size(self, returned: FloatArray, scenario: Scenario, mean_size: float) -> FloatArray:
        """Factor of household size (..., home, day); 1 for homes that live an ordinary day."""
        persons = np.where(self.lives_in, RESIDENT_PERSONS, 0.0)[:, None] + returned
        celebrates = (returned > 0) | (self.lives_in[:, None] & self.series.festive)
        size = (persons * scenario.persons_factor) ** self.variation.persons_elasticity / mean_size
        if self.celebrating is not None:
            size = size * self.celebrating[:, None]
        return np.where(celebrates, size, 1.0)
