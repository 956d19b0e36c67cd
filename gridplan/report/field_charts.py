"""Printed figures of day and hour, of voltages along the feeder, and of what options buy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridplan.demand.calendar import new_year_days
from gridplan.report.charts import finish_axes
from gridplan.report.phrases import said
from gridplan.report.series import DayHours, day_hours
from gridplan.report.svg import (
    BAND_COLOUR,
    GRID,
    HEAT_COLOURS,
    INK,
    MUTED,
    OVERLOAD_COLOUR,
    PHASE_COLOURS,
    PHASE_DASHES,
)
from gridplan.report.tradeoffs import moves_curve, option_points
from gridplan.report.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gridplan.plan import Plan
    from gridplan.report.profile import Profile

#: Upper end of the colours [%]: beyond it all is as bad.
TOP_PERCENT = 150.0
#: Symbols of options, and whether they are filled.
OPTION_LOOKS = {
    "option": ("o", BAND_COLOUR, True),
    "dominated": ("o", MUTED, False),
    "recommended": ("*", OVERLOAD_COLOUR, True),
}


def day_labels(grid: DayHours, words: Words) -> list[str]:
    """Days as month and day, with the festival's Eve named."""
    eves = {np.datetime64(day) - 1 for day in new_year_days().values()}
    return [f"{str(day)[5:]} {words('eve')}" if day in eves else str(day)[5:] for day in grid.days]


def day_hour_figure(plan: Plan, scenario: int, language: str = "en") -> Figure | None:
    """Heat map of phase load by day and hour; None for periods of a single day."""
    grid = day_hours(plan, scenario)
    if grid is None:
        return None
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

    words = Words(language)
    height = float(np.clip(1.3 + 0.16 * len(grid.days), 2.4, 7.0))
    figure = Figure(figsize=(9.6, height), layout="constrained")
    panels = list(figure.subplots(1, 2, sharey=True))
    colours = LinearSegmentedColormap.from_list("load", list(HEAT_COLOURS))
    labels = day_labels(grid, words)
    image = None
    for axes, title, values in zip(panels, ("today", "after_moves"), grid.states, strict=True):
        shown = np.minimum(values, TOP_PERCENT)
        image = axes.imshow(
            shown, cmap=colours, vmin=0, vmax=TOP_PERCENT, aspect="auto", interpolation="nearest"
        )
        over = np.argwhere(np.nan_to_num(values, nan=0.0, posinf=np.inf) > 100)
        axes.plot(over[:, 1], over[:, 0], "x", color="white", ms=3.2, mew=0.9)
        axes.set_title(words(title), color=MUTED, fontsize=10)
        axes.set_xticks(range(0, 24, 3))
        axes.set_xlabel(words("axis_hour"))
        every = -(-len(labels) // 30)
        axes.set_yticks(range(0, len(labels), every), labels[::every], fontsize=7.5)
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
    assert image is not None
    bar = figure.colorbar(image, ax=panels, pad=0.01, aspect=30)
    bar.set_label(words("colour_loading"), fontsize=8.5)
    bar.outline.set_visible(False)
    return figure


def profile_figure(profile: Profile, language: str = "en") -> Figure:
    """Voltages along the feeder, today and after the moves; see ``profile.voltage_profile``."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    words = Words(language)
    figure = Figure(figsize=(9.6, 3.2), layout="constrained")
    panels = list(figure.subplots(1, 2, sharey=True))
    for axes, title, state in zip(panels, ("today", "after_moves"), (0, 1), strict=True):
        _draw_profile(axes, profile, state)
        axes.set_title(words(title))
        axes.set_xlabel(words("axis_distance"))
        finish_axes(axes)
    panels[0].set_ylabel(words("axis_voltage"))
    handles = [
        Line2D([], [], color=colour, ls=dash, lw=1.6,
               label=words("phase_name", phase=words(f"phase_{name}")))
        for name, colour, dash in zip("abc", PHASE_COLOURS, PHASE_DASHES, strict=True)
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False,
                  fontsize=8.5, handlelength=3.2)  # fmt: skip
    return figure


def _draw_profile(axes: Axes, profile: Profile, state: int) -> None:
    """One collection of sections per phase."""
    from matplotlib.collections import LineCollection

    volts = profile.states[state]
    for phase, (colour, dash) in enumerate(zip(PHASE_COLOURS, PHASE_DASHES, strict=True)):
        known = np.isfinite(volts[:, :, phase]).all(axis=1)
        ends = np.stack([profile.ends_m[known], volts[known, :, phase]], axis=-1)
        axes.add_collection(
            LineCollection(list(ends), colors=colour, linewidths=1.3, linestyles=dash)
        )
    for level in profile.band_v:
        axes.axhline(level, color=OVERLOAD_COLOUR, lw=1.0, ls=(0, (5, 3)))
    axes.autoscale_view()


def options_figure(plan: Plan, scenario: str, language: str = "en") -> Figure | None:
    """Cost against findings that are expected to remain; None where nothing was tried."""
    points, today = option_points(plan.measures, scenario)
    if not points:
        return None
    from matplotlib.figure import Figure

    words = Words(language)
    figure = Figure(figsize=(9.6, 3.2), layout="constrained")
    axes = figure.add_subplot()
    for look, (marker, colour, filled) in OPTION_LOOKS.items():
        some = [one for one in points if one.look == look]
        if some:
            axes.plot(
                [max(one.cost_cny, 1.0) for one in some],
                [one.remaining for one in some],
                marker,
                color=colour,
                mfc=colour if filled else "none",
                ms=13 if look == "recommended" else 7,
                label=words(f"mark_{look}"),
            )
    if today is not None:
        axes.axhline(today, color=INK, lw=1.0, ls=(0, (5, 3)), label=words("today"))
    axes.set_xscale("log")
    top = max([1.0, today or 0.0, *(one.remaining for one in points)])
    axes.set_ylim(-0.06 * top, 1.08 * top)
    axes.set_xlabel(words("axis_cost"))
    axes.set_ylabel(words("axis_remaining"))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.legend(loc="upper right", fontsize=8.5, frameon=True)
    finish_axes(axes)
    axes.grid(axis="x", color=GRID, lw=0.7)
    return figure


def moves_figure(plan: Plan, language: str = "en") -> Figure | None:
    """Value against the number of moves, with the knee; None where the proposal has no curve."""
    curve = moves_curve(plan)
    if curve is None:
        return None
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    words = Words(language)
    figure = Figure(figsize=(9.6, 2.8), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(curve.moves, curve.value, "o-", color=BAND_COLOUR, lw=1.4)
    knee = curve.knee
    axes.plot([curve.moves[knee]], [curve.value[knee]], "*", color=OVERLOAD_COLOUR, ms=14,
              label=words("knee"))  # fmt: skip
    axes.set_xlabel(words("axis_moves"))
    axes.set_ylabel(words("axis_value", unit=said(curve.unit, words)))
    axes.set_ylim(0, None)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="upper right", fontsize=8.5, frameon=False)
    finish_axes(axes)
    return figure
