"""Charts of a sweep: loading over the days and currents of the phases, as bands over the draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridplan.report.svg import (
    BAND_COLOUR,
    GRID,
    INK,
    MUTED,
    NEUTRAL_COLOUR,
    OVERLOAD_COLOUR,
    PHASE_COLOURS,
)

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gridplan.frozen import FloatArray
    from gridplan.plan import Plan
    from gridplan.powerflow.results import SweepResult

_BANDS = (0.05, 0.25, 0.5, 0.75, 0.95)
#: A loading curve has no more points than this; finer steps are shown by the maximum of a few.
_MAX_POINTS = 700


def loading_figure(plan: Plan, scenario: int) -> Figure:
    """Phase load over the whole period, today and after the moves, with 80 and 100 % of rated."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.0), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    rated_a = plan.feeder.area_transformer.rated_a
    curves = [
        _coarse(100 * outcome.sweep.i_phase_a[scenario].max(axis=-1) / rated_a, outcome.sweep)
        for outcome in (plan.before, plan.after)
    ]
    top = _ceiling([values for _, values in curves], 125.0)
    for axes, title, (times, values) in zip(
        panels, ("today", "after the moves"), curves, strict=True
    ):
        _draw_bands(axes, times, np.minimum(values, top), BAND_COLOUR)
        axes.axhline(100, color=OVERLOAD_COLOUR, lw=1.2)
        axes.axhline(80, color=OVERLOAD_COLOUR, lw=1.0, ls=(0, (5, 3)))
        axes.set(ylim=(0, top), title=title)
        finish_time_axis(axes, times)
    panels[0].set_ylabel("phase load [% of rated current]")
    return figure


def currents_figure(plan: Plan, scenario: int) -> Figure:
    """Currents of phases and neutral on the heaviest day, today and after the moves."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.0), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    chosen = heaviest_day(plan.before.sweep, scenario)
    states = [outcome.sweep for outcome in (plan.before, plan.after)]
    rated_a = plan.feeder.area_transformer.rated_a
    bands = [
        [_quantiles(curve) for curve in _currents(sweep, scenario, chosen)] for sweep in states
    ]
    top = _ceiling([band for state in bands for band in state], 1.25 * rated_a)
    looks = (
        *zip("abc", PHASE_COLOURS, ("-", "-", "-"), strict=True),
        ("neutral", NEUTRAL_COLOUR, "--"),
    )
    times = plan.before.sweep.times[chosen]
    for axes, title, state in zip(panels, ("today", "after the moves"), bands, strict=True):
        for (name, colour, style), band in zip(looks, state, strict=True):
            label = name if name == "neutral" else f"phase {name}"
            shown = np.minimum(band, top)
            axes.fill_between(times, shown[0], shown[-1], color=colour, alpha=0.16, linewidth=0)
            axes.plot(
                times,
                shown[2],
                color=colour,
                lw=1.8,
                ls=style,
                label=label,
                marker=mark_when_single(times),
            )
        axes.axhline(rated_a, color=OVERLOAD_COLOUR, lw=1.2)
        axes.set(ylim=(0, top), title=title)
        finish_time_axis(axes, times)
    panels[0].set_ylabel("current [A]")
    panels[0].annotate(
        f"rated {rated_a:.4g} A",
        (0.01, rated_a),
        xycoords=("axes fraction", "data"),
        xytext=(0, 2),
        textcoords="offset points",
        fontsize=8,
        color=OVERLOAD_COLOUR,
    )
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=8.5)
    return figure


def peak_day(sweep: SweepResult, scenario: int) -> str:
    """Date of the heaviest day, as people read it."""
    return str(sweep.times[heaviest_day(sweep, scenario)][0].astype("datetime64[D]"))


def _currents(
    sweep: SweepResult, scenario: int, chosen: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float32], ...]:
    phases = sweep.i_phase_a[scenario][:, chosen]
    return (*(phases[..., f] for f in range(3)), sweep.i_neutral_a[scenario][:, chosen])


def heaviest_day(sweep: SweepResult, scenario: int) -> npt.NDArray[np.bool_]:
    """The steps of the day on which the 95th percentile of the worst phase current is highest."""
    worst = _quantiles(sweep.i_phase_a[scenario].max(axis=-1))[-1]
    days = sweep.times.astype("datetime64[D]")
    return np.asarray(days == days[int(np.argmax(worst))])


def _quantiles(values: npt.NDArray[np.float32]) -> FloatArray:
    """Quantiles over the draws (band, step); a case without a solution lies above every other."""
    filled = np.where(np.isnan(values), np.inf, values)
    return np.quantile(filled, _BANDS, axis=0, method="inverted_cdf")


def _coarse(
    values: npt.NDArray[np.float32], sweep: SweepResult
) -> tuple[npt.NDArray[np.datetime64], FloatArray]:
    """Times and bands of the highest value of every few steps of a draw."""
    n_step = values.shape[1]
    width = -(-n_step // _MAX_POINTS)
    starts = np.arange(0, n_step, width)
    filled = np.where(np.isnan(values), np.inf, values)
    return sweep.times[starts], _quantiles(np.maximum.reduceat(filled, starts, axis=1))


def _ceiling(bands: list[FloatArray], least: float) -> float:
    """Top of the axis: a little above what is finite; what has no solution leaves through it."""
    finite = [band[np.isfinite(band)].max(initial=0.0) for band in bands]
    return float(max(least, 1.06 * max(finite)))


def mark_when_single(times: npt.NDArray[np.datetime64]) -> str | None:
    """Marker for a curve of one point, which no line would show."""
    return "o" if len(times) == 1 else None


def _draw_bands(
    axes: Axes, times: npt.NDArray[np.datetime64], bands: FloatArray, colour: str
) -> None:
    axes.fill_between(times, bands[0], bands[4], color=colour, alpha=0.25, linewidth=0)
    axes.fill_between(times, bands[1], bands[3], color=colour, alpha=0.5, linewidth=0)
    axes.plot(times, bands[2], color=INK, lw=0.7, marker=mark_when_single(times))


def finish_time_axis(axes: Axes, times: npt.NDArray[np.datetime64]) -> None:
    """Grid and labels of an axis of time; none for a single snapshot."""
    from matplotlib.dates import AutoDateLocator, DateFormatter

    axes.title.set_color(MUTED)
    axes.title.set_fontsize(10)
    axes.grid(axis="y", color=GRID, lw=0.7)
    axes.set_axisbelow(True)
    if len(times) == 1:
        axes.set_xticks([])
        return
    axes.set_xlim(times[0], times[-1])
    days = (times[-1] - times[0]) / np.timedelta64(1, "D")
    clock = "%H:%M" if days <= 1 else "%d %b\n%H:%M"
    locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    form = DateFormatter(clock if days <= 4 else "%d %b")  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(form)
