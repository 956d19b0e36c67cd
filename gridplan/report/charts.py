"""Printed figures over time: loading, phase currents, temperatures, as bands over the draws.

Matplotlib figures for the page on paper, for notebooks and for papers. The interactive ones of
``interactive`` show the same ``series``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridplan.report.series import current_course, heat_course, loading_course
from gridplan.report.svg import (
    BAND_COLOUR,
    GRID,
    INK,
    MUTED,
    NEUTRAL_COLOUR,
    OVERLOAD_COLOUR,
    PHASE_COLOURS,
    PHASE_DASHES,
)
from gridplan.report.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gridplan.frozen import FloatArray
    from gridplan.plan import Plan

    Times = npt.NDArray[np.datetime64]

#: Share of the rated current that is called heavy load, and the rated current itself [%].
LEVELS_PERCENT = (80.0, 100.0)


def loading_figure(plan: Plan, scenario: int, language: str = "en") -> Figure:
    """Phase load over the whole period, today and after the moves, with 80 and 100 % of rated."""
    words, course = Words(language), loading_course(plan, scenario)
    top = course.top(125.0)
    figure, panels = _two_panels(words)
    for axes, bands in zip(panels, course.bands["loading"], strict=True):
        _draw_bands(axes, course.times, np.minimum(bands, top), BAND_COLOUR)
        axes.axhline(LEVELS_PERCENT[1], color=OVERLOAD_COLOUR, lw=1.2)
        axes.axhline(LEVELS_PERCENT[0], color=OVERLOAD_COLOUR, lw=1.0, ls=(0, (5, 3)))
        axes.set_ylim(0, top)
        finish_time_axis(axes, course.times)
    panels[0].set_ylabel(words("axis_loading"))
    return figure


def currents_figure(plan: Plan, scenario: int, language: str = "en") -> Figure:
    """Currents of phases and neutral on the heaviest day, today and after the moves."""
    words, course = Words(language), current_course(plan, scenario)
    rated_a = plan.feeder.area_transformer.rated_a
    top = course.top(1.25 * rated_a)
    figure, panels = _two_panels(words)
    for axes, state in zip(panels, (0, 1), strict=True):
        for name, label, colour, dash in current_looks(words):
            shown = np.minimum(course.bands[name][state], top)
            axes.fill_between(
                course.times, shown[0], shown[-1], color=colour, alpha=0.14, linewidth=0
            )
            marker = mark_when_single(course.times)
            axes.plot(
                course.times, shown[2], color=colour, lw=1.7, ls=dash, label=label, marker=marker
            )
        axes.axhline(rated_a, color=OVERLOAD_COLOUR, lw=1.2)
        axes.set_ylim(0, top)
        finish_time_axis(axes, course.times)
    panels[0].set_ylabel(words("axis_current"))
    panels[0].annotate(
        words("rated", value=f"{rated_a:.4g}"),
        (0.01, rated_a),
        xycoords=("axes fraction", "data"),
        xytext=(0, 2),
        textcoords="offset points",
        fontsize=8,
        color=OVERLOAD_COLOUR,
    )
    _legend_below(figure, panels[0])
    return figure


def heat_figure(plan: Plan, scenario: int, language: str = "en") -> Figure:
    """Hot spot, top oil and outdoor temperature on the heaviest day, today and after the moves."""
    words, course = Words(language), heat_course(plan, scenario)
    limit = plan.study.limits.hot_spot
    figure, panels = _two_panels(words)
    marker = mark_when_single(course.times)
    for axes, state in zip(panels, (0, 1), strict=True):
        hot = course.bands["hot_spot"][state]
        axes.fill_between(course.times, hot[0], hot[4], color=BAND_COLOUR, alpha=0.25, linewidth=0)
        axes.fill_between(course.times, hot[1], hot[3], color=BAND_COLOUR, alpha=0.5, linewidth=0)
        for name, colour, dash in HEAT_LOOKS:
            line = course.bands[name][state][2]
            axes.plot(
                course.times, line, color=colour, lw=1.4, ls=dash, label=words(name), marker=marker
            )
        if limit is not None:
            axes.axhline(limit.value, color=OVERLOAD_COLOUR, lw=1.2, label=words("hot_spot_limit"))
        finish_time_axis(axes, course.times)
    panels[0].set_ylabel(words("axis_temperature"))
    _legend_below(figure, panels[0])
    return figure


#: Curves of temperature: name, colour, dashes.
HEAT_LOOKS = (("hot_spot", INK, "-"), ("top_oil", NEUTRAL_COLOUR, "--"), ("outdoors", MUTED, ":"))


def current_looks(words: Words) -> Iterator[tuple[str, str, str, str]]:
    """Name, label, colour and dashes of each current: colour is never alone in telling them."""
    for name, colour, dash in zip("abc", PHASE_COLOURS, PHASE_DASHES, strict=True):
        yield name, words("phase_name", phase=words(f"phase_{name}")), colour, dash
    yield "n", words("neutral"), NEUTRAL_COLOUR, ":"


def _two_panels(words: Words) -> tuple[Figure, list[Axes]]:
    """A figure with a panel for today and one for after the moves, on the same axis."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.0), layout="constrained")
    panels = list(figure.subplots(1, 2, sharey=True))
    for axes, title in zip(panels, ("today", "after_moves"), strict=True):
        axes.set_title(words(title))
    return figure, panels


def _legend_below(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=8.5,
        handlelength=3.2,
    )  # fmt: skip


def mark_when_single(times: Times) -> str | None:
    """Marker for a curve of one point, which no line would show."""
    return "o" if len(times) == 1 else None


def _draw_bands(axes: Axes, times: Times, bands: FloatArray, colour: str) -> None:
    axes.fill_between(times, bands[0], bands[4], color=colour, alpha=0.25, linewidth=0)
    axes.fill_between(times, bands[1], bands[3], color=colour, alpha=0.5, linewidth=0)
    axes.plot(times, bands[2], color=INK, lw=0.7, marker=mark_when_single(times))


def finish_time_axis(axes: Axes, times: Times) -> None:
    """Grid and labels of an axis of time; none for a single snapshot."""
    from matplotlib.dates import AutoDateLocator, DateFormatter

    finish_axes(axes)
    if len(times) == 1:
        axes.set_xticks([])
        return
    axes.set_xlim(times[0], times[-1])
    days = (times[-1] - times[0]) / np.timedelta64(1, "D")
    clock = "%H:%M" if days <= 1 else "%m-%d\n%H:%M"
    locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    form = DateFormatter(clock if days <= 4 else "%m-%d")  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(form)


def finish_axes(axes: Axes) -> None:
    """Title and grid as all charts have them."""
    axes.title.set_color(MUTED)
    axes.title.set_fontsize(10)
    axes.grid(axis="y", color=GRID, lw=0.7)
    axes.set_axisbelow(True)
