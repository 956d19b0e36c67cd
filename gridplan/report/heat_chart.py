"""The picture of the transformer's temperatures on its hottest day."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gridplan.assessment.heat import HeatRun, why_not
from gridplan.report.charts import finish_time_axis, heaviest_day, mark_when_single
from gridplan.report.svg import BAND_COLOUR, INK, MUTED, NEUTRAL_COLOUR, OVERLOAD_COLOUR

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gridplan.assessment.limits import Limits
    from gridplan.frozen import BoolArray, FloatArray
    from gridplan.outcome import Outcome
    from gridplan.plan import Plan

#: Draws that the bands are taken from.
_MOST_DRAWS = 500
_BANDS = (0.05, 0.25, 0.5, 0.75, 0.95)


def hottest_scenario(plan: Plan) -> int | None:
    """The scenario with the highest hot spot today; None where temperatures are not known."""
    if why_not(plan.before.sweep) or why_not(plan.after.sweep):
        return None
    spots = [condition.hot_spot_c for condition in plan.before.findings.conditions]
    known = [-math.inf if math.isnan(spot) else spot for spot in spots]
    return int(np.argmax(known)) if known and max(known) > -math.inf else None


def heat_figure(plan: Plan, scenario: int) -> Figure:
    """Hot spot, top oil and outdoor temperature on the heaviest day, today and after the moves."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.0), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    limits, chosen = plan.study.limits, heaviest_day(plan.before.sweep, scenario)
    limit_c = None if limits.hot_spot is None else limits.hot_spot.value
    times = plan.before.sweep.times[chosen]
    for axes, title, outcome in zip(
        panels, ("today", "after the moves"), (plan.before, plan.after), strict=True
    ):
        _draw(axes, times, _bands(outcome, limits, scenario, chosen))
        if limit_c is not None:
            axes.axhline(limit_c, color=OVERLOAD_COLOUR, lw=1.2, label="limit of the hot spot")
        axes.set_title(title)
        finish_time_axis(axes, times)
    panels[0].set_ylabel("temperature [°C]")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=8.5)
    return figure


def _bands(
    outcome: Outcome, limits: Limits, scenario: int, chosen: BoolArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Quantiles (band, step) of hot spot, top oil and outdoors over the draws [degC]."""
    run = HeatRun(transformer=outcome.feeder.area_transformer, sweep=outcome.sweep, limits=limits)
    outdoors_c = run.ambient_c(0, min(outcome.sweep.n_draw, _MOST_DRAWS))[scenario]
    found = run.temperatures(scenario, 0, outdoors_c)
    series = (found.hot_spot_c, found.top_oil_c, outdoors_c)
    hot, oil, air = (
        np.asarray(np.nanquantile(values[:, chosen], _BANDS, axis=0), dtype=np.float64)
        for values in series
    )
    return hot, oil, air


def _draw(
    axes: Axes,
    times: np.ndarray,
    bands: tuple[FloatArray, FloatArray, FloatArray],
) -> None:
    marker = mark_when_single(times)
    hot, oil, air = bands
    axes.fill_between(times, hot[0], hot[4], color=BAND_COLOUR, alpha=0.25, linewidth=0)
    axes.fill_between(times, hot[1], hot[3], color=BAND_COLOUR, alpha=0.5, linewidth=0)
    axes.plot(times, hot[2], color=INK, lw=1.2, label="hot spot", marker=marker)
    axes.plot(times, oil[2], color=NEUTRAL_COLOUR, lw=1.2, ls="--", label="top oil", marker=marker)
    axes.plot(times, air[2], color=MUTED, lw=1.2, ls=":", label="outdoors", marker=marker)
