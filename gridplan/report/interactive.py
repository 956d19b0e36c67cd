"""Interactive figures as plotly.js reads them: plain values of the same ``series`` as on paper.

A figure is ``{"data": [...], "layout": {...}, "panels": 1 or 2}``; ``templates/figures.js`` sets
panels side by side or one above the other, and draws a figure when it comes into view.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import numpy as np

from gridplan.report.charts import LEVELS_PERCENT
from gridplan.report.series import current_course, heat_course, loading_course
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
    from collections.abc import Iterable, Sequence

    from gridplan.frozen import FloatArray
    from gridplan.plan import Plan
    from gridplan.report.series import Course, Times
    from gridplan.report.words import Words

#: Dashes of phases a, b, c and the neutral in plotly's words, as ``svg.PHASE_DASHES``.
DASHES = ("solid", "dash", "dashdot", "dot")


def plain_text(text: str) -> str:
    """Text as plotly shows it letter by letter: it takes tags in texts for markup."""
    return html.escape(text, quote=False)


def loading_plot(plan: Plan, scenario: int, words: Words) -> dict[str, Any] | None:
    """The fan of phase load over the days, with its levels; None for snapshots."""
    course = loading_course(plan, scenario)
    if len(course.times) < 2:
        return None
    top = course.top(125.0)
    traces = []
    for panel, bands in enumerate(course.bands["loading"]):
        shown = np.minimum(bands, top)
        traces += fan(course.times, shown, panel, BAND_COLOUR, INK, words)
        traces += [
            level(course.times, LEVELS_PERCENT[0], panel, "dash"),
            level(course.times, LEVELS_PERCENT[1], panel, "solid"),
        ]
    return figure(traces, words, y=words("axis_loading"), range_y=(0, top), clock="%m-%d")


def currents_plot(plan: Plan, scenario: int, words: Words) -> dict[str, Any] | None:
    """Currents of the heaviest day with their bands; None for snapshots."""
    course = current_course(plan, scenario)
    if len(course.times) < 2:
        return None
    rated_a = plan.feeder.area_transformer.rated_a
    top = course.top(1.25 * rated_a)
    colours = (*PHASE_COLOURS, NEUTRAL_COLOUR)
    traces = []
    for panel in (0, 1):
        for name, colour, dash in zip("abcn", colours, DASHES, strict=True):
            bands = np.minimum(course.bands[name][panel], top)
            label = (
                words("neutral")
                if name == "n"
                else words("phase_name", phase=words(f"phase_{name}"))
            )
            traces += band(course.times, bands[[0, 4]], panel, colour, 0.13)
            traces.append(curve(course.times, bands[2], panel, colour, dash, label))
        rated = words("rated", value=f"{rated_a:.4g}")
        traces.append(level(course.times, rated_a, panel, "solid", rated))
    return figure(traces, words, y=words("axis_current"), range_y=(0, top))


def heat_plot(plan: Plan, scenario: int, words: Words) -> dict[str, Any] | None:
    """Temperatures of the heaviest day; None for snapshots."""
    course: Course = heat_course(plan, scenario)
    if len(course.times) < 2:
        return None
    limit = plan.study.limits.hot_spot
    looks = (("hot_spot", INK, "solid"), ("top_oil", NEUTRAL_COLOUR, "dash"),
             ("outdoors", MUTED, "dot"))  # fmt: skip
    traces = []
    for panel in (0, 1):
        hot = course.bands["hot_spot"][panel]
        traces += band(course.times, hot[[0, 4]], panel, BAND_COLOUR, 0.25)
        traces += band(course.times, hot[[1, 3]], panel, BAND_COLOUR, 0.4)
        for name, colour, dash in looks:
            line = course.bands[name][panel][2]
            traces.append(curve(course.times, line, panel, colour, dash, words(name)))
        if limit is not None:
            label = words("hot_spot_limit")
            traces.append(level(course.times, limit.value, panel, "solid", label))
    return figure(traces, words, y=words("axis_temperature"))


def axes(panel: int) -> dict[str, str]:
    """The axes of a panel: 0 is today, 1 after the moves."""
    return {"xaxis": "x2", "yaxis": "y2"} if panel else {}


def moments(times: Times) -> dict[str, Any]:
    """The times of a curve as start and step [ms], where they are evenly spaced."""
    gaps = np.diff(times)
    start = str(times[0]).replace("T", " ")
    if len(gaps) and (gaps == gaps[0]).all():
        return {"x0": start, "dx": int(gaps[0] / np.timedelta64(1, "ms"))}
    return {"x": [str(one).replace("T", " ") for one in times]}


def rounded(values: FloatArray, digits: int = 1) -> list[float | None]:
    """Values as JSON has them: short, and None where nothing is known."""
    return [round(float(one), digits) if np.isfinite(one) else None for one in values]


def curve(
    times: Times, values: FloatArray, panel: int, colour: str, dash: str, label: str
) -> dict[str, Any]:
    """One line; the legend shows it once."""
    return {
        "type": "scatter", "mode": "lines", "name": label, "legendgroup": label,
        "showlegend": panel == 0, "y": rounded(values), **moments(times),
        "line": {"color": colour, "dash": dash, "width": 1.8}, **axes(panel),
    }  # fmt: skip


def band(
    times: Times, ends: FloatArray, panel: int, colour: str, opacity: float, label: str = ""
) -> list[dict[str, Any]]:
    """The area between two curves (2, step)."""
    edge = {"type": "scatter", "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip",
            "legendgroup": label, **moments(times), **axes(panel)}  # fmt: skip
    fill = {"fill": "tonexty", "fillcolor": _faded(colour, opacity)}
    low = {**edge, "y": rounded(ends[0]), "showlegend": False}
    high = {**edge, **fill, "y": rounded(ends[1]), "name": label}
    return [low, {**high, "showlegend": bool(label) and panel == 0}]


def fan(
    times: Times, bands: FloatArray, panel: int, colour: str, ink: str, words: Words
) -> list[dict[str, Any]]:
    """Two bands and the median."""
    return [
        *band(times, bands[[0, 4]], panel, colour, 0.22, words("band_5_95")),
        *band(times, bands[[1, 3]], panel, colour, 0.45, words("band_25_75")),
        {**curve(times, bands[2], panel, ink, "solid", words("median")),
         "line": {"color": ink, "width": 1}},
    ]  # fmt: skip


def level(times: Times, value: float, panel: int, dash: str, label: str = "") -> dict[str, Any]:
    """A level line over the whole time."""
    ends = [str(times[0]).replace("T", " "), str(times[-1]).replace("T", " ")]
    return flat(ends, value, panel, dash, label)


def flat(
    ends: Sequence[Any], value: float, panel: int, dash: str, label: str = ""
) -> dict[str, Any]:
    """A level line between two ends of the x axis."""
    return {
        "type": "scatter", "mode": "lines", "x": list(ends), "y": [value, value],
        "line": {"color": OVERLOAD_COLOUR, "width": 1.3, "dash": dash}, "hoverinfo": "skip",
        "name": label, "legendgroup": label, "showlegend": bool(label) and panel == 0,
        **axes(panel),
    }  # fmt: skip


def figure(
    traces: Iterable[dict[str, Any]],
    words: Words,
    *,
    y: str,
    range_y: tuple[float, float] | None = None,
    clock: str = "%H:%M",
    **axis_x: Any,
) -> dict[str, Any]:
    """A figure of two panels: today, and after the moves."""
    ruled: dict[str, Any] = {"gridcolor": GRID, "zeroline": False, "automargin": True}
    axis_y = {**ruled, "title": {"text": y}}
    if range_y is not None:
        axis_y["range"] = [round(one, 1) for one in range_y]
    across: dict[str, Any] = {"showgrid": False, "automargin": True}
    across |= axis_x or {"type": "date", "tickformat": clock}
    return {
        "data": list(traces),
        "panels": 2,
        "layout": {
            "xaxis": {**across, "anchor": "y"},
            "xaxis2": {**across, "anchor": "y2", "matches": "x"},
            "yaxis": {**axis_y, "anchor": "x"},
            "yaxis2": {**axis_y, "anchor": "x2", "matches": "y"},
            "titles": [words("today"), words("after_moves")],
        },
    }


def _faded(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"
