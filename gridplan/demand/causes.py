"""What moves the load at the expected peak: few causes, each a sum over many random numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.demand.homes import Homes
from gridplan.demand.peak import PILOT, Peak, expected_peak, usual_delay
from gridplan.demand.pending import TABLE
from gridplan.demand.returnees import NUMBERS_PER_HOME
from gridplan.demand.settings import Scenario
from gridplan.demand.streams import RETURNEES
from gridplan.demand.variation import (
    autoregressive_weight,
    correlation_in_time,
    log_deviation,
    temperature_of,
)
from gridplan.demand.village import Village
from gridplan.frozen import BoolArray, FloatArray, IntArray, own_fields
from gridplan.network.customers import PHASES, Customers

#: Random drawings of who has come home, of which one is taken.
CANDIDATES = 32
GROUPS = (*PHASES, "several")  #: customers of one phase, and those of several
N_CAUSE = 1 + 3 * len(GROUPS)
#: Weights of the variation in time below this share of the highest count as none.
_NEGLIGIBLE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coming:
    """Who has come home on the day of the peak, and what the homes then draw.

    Attributes
    ----------
    homes : on that day only
    kw : float (state,) -- a mean home's demand at the peak [kW]
    mean_size : of the method
    group : int (dwelling,) -- of all customers that ``is_home`` counts
    """

    homes: Homes
    kw: FloatArray
    mean_size: float
    group: IntArray

    @classmethod
    def of(cls, homes: Homes, peak: Peak, group: IntArray) -> Coming:
        """Take the day with most of the peak."""
        by_day = peak.usual.reshape(len(homes.days), -1)
        day = int(by_day.sum(axis=1).argmax())
        weight = by_day[day] / by_day[day].sum()
        shape = homes.series.p_kw[:, usual_delay(homes.series.delays), day]
        return cls(
            homes=homes.on(day),
            kw=(shape * weight).sum(axis=1),
            mean_size=homes.mean_size(),
            group=group,
        )

    def drawn_kw(self, draw: int) -> FloatArray:
        """Demand at the peak in every random drawing of a draw (candidate, home) [kW]."""
        homes = self.homes
        shape = (NUMBERS_PER_HOME, len(homes.returnees.is_home))
        uniform = homes.streams.candidates(RETURNEES, draw, shape, CANDIDATES)
        persons = homes.returnees.persons_by(uniform, draw, homes.days, 1.0)[:, homes.index]
        size = homes.level[:, None] * homes.size(persons, Scenario(), self.mean_size)
        return (self.kw[homes.state(persons)] * size)[..., 0]

    def by_group(self, kw: FloatArray) -> FloatArray:
        """Sums (candidate, group) over the homes of each group."""
        member = np.arange(len(GROUPS))[:, None] == self.group[self.homes.index]
        return np.einsum("ch,gh->cg", kw, member.astype(np.float64))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Causes:
    """What moves the load at the peak: the temperature, then three causes in every group.

    Attributes
    ----------
    temperature : float (day + 2,) -- rise of the village's load by each of its numbers [kW]
    heated : float (group,) -- share of each group in that
    level : float (group, dwelling) -- rise by each home's number [kW]; all that ``is_home`` counts
    coming : who comes home
    presence : float (group,) -- standard deviation of the load by who comes home [kW]
    in_time : float (group, customer) -- rise by the variation in time of each customer [kW]
    reach : float (delay, step) -- part of each step's number in that variation at the peak
    heaviest : the phase with the highest load, as a place in ``PHASES``
    """

    temperature: FloatArray
    heated: FloatArray
    level: FloatArray
    coming: Coming
    presence: FloatArray
    in_time: FloatArray
    reach: FloatArray
    heaviest: int

    def __post_init__(self) -> None:
        layout = {
            "temperature": (np.float64, ("number",)),
            "heated": (np.float64, ("group",)),
            "level": (np.float64, ("group", "dwelling")),
            "presence": (np.float64, ("group",)),
            "in_time": (np.float64, ("group", "customer")),
            "reach": (np.float64, ("delay", "step")),
        }
        own_fields(self, layout, {"group": len(GROUPS)})

    @classmethod
    def of(cls, village: Village, customers: Customers) -> Causes | None:
        """Causes of a study's peak, without its pending connections; None where nobody draws."""
        homes, special = village.homes, village.special
        variation, step_minutes = village.settings.variation, village.settings.step_minutes
        settled = customers.table[special.index] != TABLE
        peak = expected_peak(homes, special.expected_kw() * settled[:, None], step_minutes)
        if peak is None:
            return None
        member = _groups(customers)
        dwelling = len(homes.returnees.is_home)
        coming = Coming.of(homes, peak, member[:, :dwelling].argmax(axis=0))
        drawn = np.array([coming.drawn_kw(draw) for draw in PILOT])
        drawn = drawn.reshape(-1, len(homes.index))
        kw = np.zeros(len(customers))
        kw[homes.index] = drawn.mean(axis=0)
        homes_kw = member @ kw
        kw[special.index] = peak.special_kw
        varies = np.ones(len(customers), dtype=bool)
        varies[special.index] = special.varies
        correlation = correlation_in_time(variation, step_minutes)
        reach = np.array([autoregressive_weight(row, correlation) for row in peak.weight])
        return cls(
            temperature=_by_temperature(village, peak),
            heated=homes_kw / max(homes_kw.sum(), np.finfo(float).tiny),
            level=log_deviation(variation.home_cv) * (member * kw)[:, :dwelling],
            coming=coming,
            presence=coming.by_group(drawn).std(axis=0),
            in_time=log_deviation(variation.time_cv) * member * varies * kw,
            reach=np.where(reach < _NEGLIGIBLE * reach.max(), 0.0, reach),
            heaviest=int((customers.p_share.T @ kw).argmax()),
        )

    @property
    def influence(self) -> FloatArray:
        """Standard deviation of each group's load by each cause (group, cause) [kW]."""
        length = np.linalg.norm(self.reach, axis=1).mean()
        own = (
            np.linalg.norm(self.level, axis=1),
            self.presence,
            np.linalg.norm(self.in_time, axis=1) * length,
        )
        warmth = self.heated[:, None] * np.linalg.norm(self.temperature)
        return np.concatenate([warmth, *(np.diag(one) for one in own)], axis=1)

    def turned(self, normal: FloatArray) -> FloatArray:
        """Causes (draw, cause) of independent standard normal coordinates (draw, coordinate).

        The first coordinate moves the village's load, the second what the heaviest phase has
        besides. Two reflections: the causes are independent and standard normal as well.
        """
        influence = self.influence
        of_phase = influence[self.heaviest] + influence[GROUPS.index("several")] / len(PHASES)
        number = normal[:, :N_CAUSE]
        together, phase = _unit(influence.sum(axis=0)), _unit(of_phase)
        besides = _unit(phase - (phase @ together) * together)
        # the second mirror is looked into first: it puts the second coordinate where the other
        # mirror takes it to the phase's direction
        first = _mirror(0, together)
        second = _mirror(1, _reflected(besides[None], first)[0])
        return _reflected(_reflected(number, second), first)


def _groups(customers: Customers) -> BoolArray:
    """Which customers belong to each group (group, customer)."""
    single = np.array([customers.phase == phase for phase in PHASES])
    return np.vstack([single, ~single.any(axis=0)])


def _by_temperature(village: Village, peak: Peak) -> FloatArray:
    """Rise of the load at the peak by each number of the temperature (day + 2,) [kW]."""
    homes, settings = village.homes, village.settings
    per_c = peak.usual * peak.homes_kw * homes.response_per_c
    numbers = np.eye(len(homes.days) + 2)
    each = [temperature_of(settings.variation, row, settings.step_minutes) for row in numbers]
    return -np.array([(one * per_c).sum() for one in each])


def _unit(vector: FloatArray) -> FloatArray:
    """A vector of length 1; of zeros where it has none."""
    length = np.linalg.norm(vector)
    return vector / length if length > 1e-9 else np.zeros_like(vector)


def _mirror(axis: int, unit: FloatArray) -> FloatArray:
    """Normal of the mirror that takes a coordinate axis to a unit vector; zeros: none is needed."""
    target = np.eye(len(unit))[axis]
    return target - unit if unit.any() else np.zeros_like(unit)


def _reflected(rows: FloatArray, mirror: FloatArray) -> FloatArray:
    """Rows (row, coordinate) in a mirror; no product of BLAS, whose sums depend on the block."""
    square = (mirror * mirror).sum()
    if square < 1e-18:
        return rows
    return rows - (rows * mirror).sum(axis=1, keepdims=True) * (2.0 / square * mirror)
