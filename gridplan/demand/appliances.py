r"""What the register's appliances change: only what a home has beyond, or short of, the mean home.

The levels of homes contain the appliances of the mean home of their year. With n appliances of
kind j in a home and :math:`m_j` in the mean home,

heaters, air conditioners
    :math:`p = P\,[\,w + \sum_j (n_j - m_j) s_j\,(1 + g\,\Delta)^+]`: P the home's demand at usual
    weather, w its factor of the weather, :math:`\Delta` how much colder it is, :math:`s_j` the
    appliance's share of the mean home's demand on the Eve (rating times duty times the chance that
    it is on). The mean home's rise per degree, r, is that of its heating appliances:
    :math:`g = r / \sum_j m_j s_j`. A home without any has no rise at all.
induction cookers
    :math:`(n - m)\,s` of the day's highest demand, at meals.
electric vehicles
    sessions of their own, see ``charging``.

What is linear in n adds up to nothing over homes that own the mean. A blank cell is a mean home.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gridplan.demand.charging import Cars
from gridplan.demand.profiles import HomeSeries, HomeState, day_shapes, step_means, tan_phi
from gridplan.demand.register import Register
from gridplan.demand.register_rows import APPLIANCES
from gridplan.demand.tables import table
from gridplan.errors import Fault
from gridplan.frozen import BoolArray, FloatArray, IntArray

HEATING, COOKING, CHARGING = "heating", "cooking", "charging"
MEAN_HOME = "mean"  #: household kind of ``data/appliance_ownership.csv``
#: From so many homes with some on, a column without a single 0 was filled in only where there is
#: something; assumption.
SUSPICIOUS_HOMES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Appliance:
    """A kind of appliance of the register.

    Attributes
    ----------
    effect : "heating", "cooking" or "charging"
    share : of the mean home's demand on the Eve's evening, per appliance
    tan_phi : reactive over active power
    """

    effect: str
    share: float
    tan_phi: float


@lru_cache(maxsize=1)
def appliances() -> tuple[Appliance, ...]:
    """The kinds of ``data/appliances.csv``, in the order of the register's columns."""
    levels = {
        (row["day_type"], row["household_kind"]): row for row in table("household_levels.csv")
    }
    eve_kw = float(levels["new_year_eve", "occupied by returnees"]["admd_kw_mid"])
    rows = {row["appliance"]: row for row in table("appliances.csv")}
    return tuple(
        Appliance(
            effect=rows[name]["effect"],
            share=float(rows[name]["rating_kw"])
            * float(rows[name]["duty"])
            * float(rows[name]["on_at_eve_peak"])
            / eve_kw,
            tan_phi=float(tan_phi(float(rows[name]["power_factor"]))),
        )
        for name in APPLIANCES
    )


def mean_ownership(year: float, household: str = MEAN_HOME) -> FloatArray:
    """Appliances per home that the levels of a year contain (appliance,).

    Linear between the years of ``data/appliance_ownership.csv``, constant outside them; a kind of
    household without figures of its own has those of the mean home.
    """
    rows = table("appliance_ownership.csv")
    found = []
    for name in APPLIANCES:
        of_kind = [row for row in rows if row["appliance"] == name]
        own = [row for row in of_kind if row["household"] == household]
        points = sorted((float(row["year"]), float(row["per_home"])) for row in own or of_kind
                        if own or row["household"] == MEAN_HOME)  # fmt: skip
        found.append(float(np.interp(year, *np.transpose(points))))
    return np.array(found)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ApplianceEffects:
    """Effects of the register's appliances on the homes that have other ones than the mean.

    Attributes
    ----------
    row : int (row,) -- index of the home among the homes
    heating, heating_q : float (row,) -- share of the home's demand that heating appliances add at
        usual weather, and of that the reactive part
    cooking, cooking_q : float (row,) -- share of the day's highest demand, at meals
    rise : rise of heating appliances per degree, over that of the mean home
    heated : bool (day,) -- the season's weather asks for heating
    meals : float (delay, day, step of day) -- use of cookers, 1 at its highest
    series : demand of a mean home
    cars : electric vehicles; None where there are none
    """

    row: IntArray
    heating: FloatArray
    heating_q: FloatArray
    cooking: FloatArray
    cooking_q: FloatArray
    rise: float
    heated: BoolArray
    meals: FloatArray
    series: HomeSeries
    cars: Cars | None

    @classmethod
    def of(
        cls,
        register: Register,
        homes: IntArray,
        households: list[str],
        *,
        year: float,
        series: HomeSeries,
        heated: BoolArray,
        step_minutes: int,
        seed: int,
    ) -> ApplianceEffects | None:
        """Effects on the customers ``homes``; None where nobody has other appliances than the mean.

        ``households`` are their kinds in ``data/appliance_ownership.csv``; ``""`` for a home whose
        own meter has seen its appliances already.
        """
        means = {kind: mean_ownership(year, kind) for kind in {*households, MEAN_HOME}}
        mean = np.array([means[kind] for kind in households]).reshape(len(homes), len(APPLIANCES))
        seen = np.array([not kind for kind in households], dtype=bool)
        more = np.nan_to_num(np.where(seen[:, None], np.nan, register.appliances[homes] - mean))
        kinds = appliances()

        def summed(effect: str, weight: FloatArray) -> FloatArray:
            chosen = np.array([one.effect == effect for one in kinds])
            return (more * weight)[:, chosen].sum(axis=1)

        share = np.array([one.share for one in kinds])
        reactive = share * np.array([one.tan_phi for one in kinds])
        heating, cooking = summed(HEATING, share), summed(COOKING, share)
        mean_heating = sum(
            mean * one.share
            for mean, one in zip(means[MEAN_HOME], kinds, strict=True)
            if one.effect == HEATING
        )
        charging = next(at for at, one in enumerate(kinds) if one.effect == CHARGING)
        cars = Cars.of(register, homes, more[:, charging], step_minutes=step_minutes, seed=seed)
        row = np.flatnonzero((heating != 0) | (cooking != 0))
        if not row.size and cars is None:
            return None
        return cls(
            row=row,
            heating=heating[row],
            heating_q=summed(HEATING, reactive)[row],
            cooking=cooking[row],
            cooking_q=summed(COOKING, reactive)[row],
            rise=1.0 / mean_heating,
            heated=heated,
            meals=_meals(series, step_minutes),
            series=series,
            cars=cars,
        )

    def demand(
        self, state: IntArray, size: FloatArray, colder: FloatArray, delay: int
    ) -> tuple[FloatArray, FloatArray]:
        """What the appliances add to the homes ``row`` (row, day, step of day) [kW, kvar].

        Before the variation of homes and moments.

        Parameters
        ----------
        state : int (home, day)
        size : float (home, day) -- factor of the household
        colder : float (day, step of day) -- rise of the mean home's demand by the weather
        delay : of the evening [quarter hours]
        """
        own, day = state[self.row], np.arange(state.shape[1])
        household = np.where(own == HomeState.EMPTY, 0.0, size[self.row])[..., None]
        mean_kw = self.series.p_kw[own, delay, day]
        weather = np.maximum(1.0 + self.rise * colder, 0.0) * self.heated[:, None]
        heat_kw = mean_kw * household * weather
        meal_kw = mean_kw.max(axis=-1, keepdims=True) * household * self.meals[delay]
        one = (slice(None), None, None)
        p_kw = self.heating[one] * heat_kw + self.cooking[one] * meal_kw
        q_kvar = self.heating_q[one] * heat_kw + self.cooking_q[one] * meal_kw
        return p_kw, q_kvar


def _meals(series: HomeSeries, step_minutes: int) -> FloatArray:
    """Use of cookers (delay, day, step of day); festive evenings begin later, lunch with them."""
    quarters = day_shapes()["meals"]
    by_delay = [
        np.where(series.festive[:, None], np.roll(quarters, delay), quarters)
        for delay in range(series.delays)
    ]
    return step_means(np.array(by_delay), step_minutes)


def appliance_notes(register: Register, where: str) -> list[Fault]:
    """Warnings about columns that are filled in only where a home has something."""
    found = []
    for column, name in enumerate(APPLIANCES):
        known = register.appliances[:, column]
        some = int((known > 0).sum())
        if some < SUSPICIOUS_HOMES or (known == 0).any() or np.isfinite(known).all():
            continue
        what = f"{name}: {some} homes have some, no home has 0, the others are blank"
        remedy = "write 0 where there are none: a blank cell is taken for a mean home"
        found.append(
            Fault(
                code="register-appliances-blank",
                where=where,
                what=what,
                remedy=remedy,
                severity="warning",
                rows=int(np.isnan(known).sum()),
            )
        )
    return found
