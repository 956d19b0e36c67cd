"""A village over eight days around a feast, for the tests of measures that act by the day."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gridplan.assessment.limits import Limits, limits_named
from gridplan.assessment.rules import assess
from gridplan.demand.cases import Demand
from gridplan.frozen import FloatArray
from gridplan.measures.settings import MeasureSettings
from gridplan.measures.situation import Situation
from gridplan.network.feeder import Feeder
from gridplan.powerflow.results import SweepResult
from gridplan.powerflow.sweep import run_sweep
from tests.villages import customers, feeder, transformer

N_DAY, PER_DAY = 8, 96
FEAST = 4  #: the day on which most is drawn
LIMITS: Limits = limits_named("cn-default")


def village(sn_kva: float = 30.0) -> Feeder:
    """Two circuits of five and two poles; nine homes, five of them on phase a."""
    homes = customers([3, 4, 5, 6, 6, 6, 7, 8, 8], np.eye(3)[[0, 0, 0, 1, 2, 0, 1, 0, 2]])
    today = feeder(
        [1, 2, 3, 4, 5, 1, 7],
        [40.0] * 7,
        homes,
        transformer("Dyn11", sn_kva=sn_kva, tap_step_percent=2.5, tap_min=-2.0, tap_max=2.0),
    )
    return replace(today, source=replace(today.source, vm_pu=0.99))


def demand(today: Feeder, levels_kw: dict[str, float], *, n_draw: int = 6, seed: int = 0) -> Demand:
    """Evenings that grow towards the feast, with a factor per draw and day, and homes that vary."""
    rng = np.random.default_rng(seed)
    n_home = len(today.customers)
    hour = np.arange(PER_DAY) / 4
    shape = 0.15 + np.exp(-(((hour - 19.0) / 2.0) ** 2))
    by_day = np.array([0.35, 0.4, 0.5, 0.6, 1.0, 0.7, 0.5, 0.4])
    day = by_day * rng.uniform(0.9, 1.1, (n_draw, N_DAY))
    home = rng.uniform(0.8, 1.2, (n_home, n_draw, N_DAY * PER_DAY))
    p_kw = home * (day[:, :, None] * shape).reshape(n_draw, -1)
    level = np.array(list(levels_kw.values()))[:, None, None, None]

    def sampler(first: int, last: int) -> tuple[FloatArray, FloatArray]:
        own = level * p_kw[:, first:last]
        return own, 0.25 * own

    return Demand(
        scenarios=tuple(levels_kw),
        n_draw=n_draw,
        times=np.datetime64("2027-02-01", "m")
        + np.arange(N_DAY * PER_DAY) * np.timedelta64(15, "m"),
        step_minutes=15.0,
        customer_ids=today.customers.id,
        occupancy=np.ones((len(levels_kw), n_home)),
        sampler=sampler,
    )


def situation(
    today: Feeder, drawn: Demand, settings: MeasureSettings | None = None
) -> tuple[Situation, SweepResult]:
    """The village as it stands, judged."""
    sweep = run_sweep(today, drawn)
    found = Situation.of(
        today, drawn, sweep, assess(today, sweep, LIMITS), LIMITS, settings or MeasureSettings()
    )
    return found, sweep
