"""Interactive figures of day and hour, of voltages along the feeder, and of what options buy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridplan.report.field_charts import OPTION_LOOKS, TOP_PERCENT, day_labels
from gridplan.report.interactive import DASHES, axes, figure, flat, plain_text, rounded
from gridplan.report.phrases import said
from gridplan.report.svg import (
    BAND_COLOUR,
    GRID,
    HEAT_COLOURS,
    INK,
    OVERLOAD_COLOUR,
    PHASE_COLOURS,
)

if TYPE_CHECKING:
    from gridplan.report.profile import Profile
    from gridplan.report.series import DayHours
    from gridplan.report.tradeoffs import MovesCurve, OptionPoint
    from gridplan.report.words import Words


def day_hour_plot(grid: DayHours, words: Words) -> dict[str, Any]:
    """The heat map; an hour without a solution has the darkest colour."""
    steps = np.linspace(0, 1, len(HEAT_COLOURS))
    traces: list[dict[str, Any]] = []
    days = day_labels(grid, words)
    for panel, values in enumerate(grid.states):
        shown = np.minimum(values, TOP_PERCENT)
        traces.append(
            {
                "type": "heatmap", "z": [rounded(row, 0) for row in shown], "y": days,
                "x": list(range(24)), "zmin": 0, "zmax": TOP_PERCENT, "showscale": panel == 0,
                "colorscale": [[float(at), colour] for at, colour in zip(steps, HEAT_COLOURS,
                                                                         strict=True)],
                "colorbar": {"title": {"text": words("colour_loading"), "side": "right"},
                             "thickness": 12},
                "hovertemplate": "%{y} %{x}:00  %{z} %<extra></extra>", **axes(panel),
            }
        )  # fmt: skip
        over = np.argwhere(np.nan_to_num(values, nan=0.0, posinf=np.inf) > 100)
        traces.append(
            {
                "type": "scatter", "mode": "markers", "hoverinfo": "skip", "showlegend": False,
                "x": over[:, 1].tolist(), "y": [days[row] for row in over[:, 0]],
                "marker": {"symbol": "x-thin", "size": 6,
                           "line": {"color": "white", "width": 1.2}},
                **axes(panel),
            }
        )  # fmt: skip
    made = figure(traces, words, y="", type="linear", title={"text": words("axis_hour")},
                  dtick=3, range=[-0.5, 23.5])  # fmt: skip
    for name in ("yaxis", "yaxis2"):
        made["layout"][name].update(
            autorange="reversed", type="category", showgrid=False, title=None
        )
    made["height"] = int(np.clip(140 + 17 * len(days), 240, 640))
    return made


def profile_plot(profile: Profile, words: Words) -> dict[str, Any]:
    """Voltage over distance: one trace per phase, its sections apart."""
    traces: list[dict[str, Any]] = []
    far = float(profile.ends_m.max())
    for panel, volts in enumerate(profile.states):
        for phase, (name, colour) in enumerate(zip("abc", PHASE_COLOURS, strict=True)):
            known = np.isfinite(volts[:, :, phase]).all(axis=1)
            x = np.full((int(known.sum()), 3), np.nan)
            y = x.copy()
            x[:, :2], y[:, :2] = profile.ends_m[known], volts[known, :, phase]
            nodes = np.array(profile.names)[known]
            label = words("phase_name", phase=words(f"phase_{name}"))
            traces.append(
                {
                    "type": "scatter", "mode": "lines", "name": label, "legendgroup": label,
                    "showlegend": panel == 0, "x": rounded(x.ravel(), 0),
                    "y": rounded(y.ravel()), "connectgaps": False,
                    "text": [plain_text(str(one)) for node in nodes for one in ("", node, "")],
                    "hovertemplate": "%{text} %{x} m: %{y} V",
                    "line": {"color": colour, "dash": DASHES[phase], "width": 1.6}, **axes(panel),
                }
            )  # fmt: skip
        traces += [flat((0, far), value, panel, "dash") for value in profile.band_v]
    across = {"text": words("axis_distance")}
    shown = [np.nanmin(profile.states), np.nanmax(profile.states), *profile.band_v]
    return figure(
        traces, words, y=words("axis_voltage"), range_y=(min(shown) - 5, max(shown) + 5),
        title=across, type="linear", range=[0, far],
    )  # fmt: skip


def options_plot(
    points: list[OptionPoint], today: float | None, words: Words
) -> dict[str, Any] | None:
    """Cost against what remains, with each option's name where the pointer is."""
    if not points:
        return None
    traces: list[dict[str, Any]] = []
    for look, (_, colour, filled) in OPTION_LOOKS.items():
        some = [one for one in points if one.look == look]
        symbol = "star" if look == "recommended" else "circle"
        traces.append(
            {
                "type": "scatter", "mode": "markers", "name": words(f"mark_{look}"),
                "x": [max(round(one.cost_cny), 1) for one in some],
                "y": [round(one.remaining, 3) for one in some],
                "text": [plain_text(said(one.label, words)) for one in some],
                "hovertemplate": "%{text}<br>%{x:,} CNY, %{y:.2f}<extra></extra>",
                "marker": {"symbol": symbol if filled else f"{symbol}-open", "color": colour,
                           "size": 15 if look == "recommended" else 9, "line": {"width": 1.5}},
            }
        )  # fmt: skip
    costs = [max(one.cost_cny, 1.0) for one in points]
    if today is not None:
        line = flat((0.8 * min(costs), 1.25 * max(costs)), today, 0, "dash", words("today"))
        traces.append({**line, "line": {**line["line"], "color": INK}})
    top = max([1.0, today or 0.0, *(one.remaining for one in points)])
    return _single(
        traces,
        {"title": {"text": words("axis_cost")}, "type": "log", "tickformat": ",d", "dtick": "D2"},
        {"title": {"text": words("axis_remaining")}, "range": [-0.06 * top, 1.1 * top]},
    )


def moves_plot(curve: MovesCurve, words: Words) -> dict[str, Any]:
    """The best value for each number of moves, and the knee."""
    hours = [f"{one:.1f} h" for one in curve.crew_h]
    shared = {"type": "scatter", "hovertemplate": "%{x}: %{y:.4g}, %{text}<extra></extra>"}
    knee = slice(curve.knee, curve.knee + 1)
    traces: list[dict[str, Any]] = [
        {**shared, "mode": "lines+markers", "x": list(curve.moves), "y": list(curve.value),
         "text": hours, "showlegend": False, "line": {"color": BAND_COLOUR}},
        {**shared, "mode": "markers", "x": list(curve.moves[knee]), "y": list(curve.value[knee]),
         "text": hours[knee], "name": words("knee"),
         "marker": {"symbol": "star", "size": 15, "color": OVERLOAD_COLOUR}},
    ]  # fmt: skip
    return _single(
        traces,
        {"title": {"text": words("axis_moves")}, "tickformat": "d"},
        {"title": {"text": words("axis_value", unit=plain_text(said(curve.unit, words)))},
         "rangemode": "tozero"},
    )  # fmt: skip


def _single(
    traces: list[dict[str, Any]], axis_x: dict[str, Any], axis_y: dict[str, Any]
) -> dict[str, Any]:
    """A figure of one panel."""
    ruled = {"gridcolor": GRID, "zeroline": False, "automargin": True}
    layout = {"xaxis": {**ruled, **axis_x}, "yaxis": {**ruled, **axis_y}}
    return {"data": traces, "panels": 1, "layout": layout}
