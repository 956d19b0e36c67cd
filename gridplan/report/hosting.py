"""The picture of a feeder's hosting capacity: every pole coloured by what it can take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridplan.report.layout import node_positions
from gridplan.report.svg import INK, MUTED, PHASE_COLOURS, THREE_PHASE_COLOUR

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

    from gridplan.frozen import FloatArray
    from gridplan.measures.hosting import Hosting
    from gridplan.network.feeder import Feeder

#: More nodes than this: no numbers beside the poles, they would cover the picture.
_MAX_NUMBERS = 60
_COLOURS = "viridis_r"


def hosting_figure(feeder: Feeder, hosting: Hosting) -> Figure:
    """Draw a feeder four times: what each node can take on phase a, b, c and on three [kW].

    Single phases share a scale, three phases have their own.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

    places, own_places = node_positions(feeder)
    figure = Figure(figsize=(11.0, 7.5), layout="constrained")
    grid = figure.subplots(2, 2)
    single = [way for way, phases in enumerate(hosting.phases) if len(phases) == 1]
    scales = {
        way: Normalize(0, _top(hosting.kw[:, single if way in single else [way]]))
        for way in range(len(hosting.phases))
    }
    colours = (*PHASE_COLOURS, THREE_PHASE_COLOUR)
    for way, axes in enumerate(grid.flat):
        axes.set_axis_off()
        axes.set_aspect("equal" if own_places else "auto")
        axes.margins(0.08)
        phases = hosting.phases[way]
        name = f"phase {phases}" if len(phases) == 1 else "three phases"
        axes.set_title(name, color=colours[way], fontweight="bold", loc="left")
        _draw(axes, feeder, hosting, way, (places, scales[way]))
    figure.colorbar(ScalarMappable(norm=scales[0], cmap=_COLOURS), ax=grid[0].tolist(),
                    label="phases a, b, c [kW]", shrink=0.8, aspect=30)  # fmt: skip
    figure.colorbar(ScalarMappable(norm=scales[3], cmap=_COLOURS), ax=grid[1].tolist(),
                    label="three phases [kW]", shrink=0.8, aspect=30)  # fmt: skip
    return figure


def _top(kw: FloatArray) -> float:
    """End of a scale [kW]."""
    known = kw[np.isfinite(kw)]
    return max(float(known.max()), 0.1) if known.size else 1.0


def _draw(
    axes: Axes,
    feeder: Feeder,
    hosting: Hosting,
    way: int,
    look: tuple[FloatArray, Normalize],
) -> None:
    """One panel: lines, nodes in colour, their numbers."""
    from matplotlib.collections import LineCollection

    places, scale = look
    lines = feeder.lines
    number = {name: at for at, name in enumerate(feeder.nodes.name.tolist())}
    nodes = np.array([number[name] for name in hosting.node.tolist()], dtype=np.int64)
    drawn = np.flatnonzero((lines.from_node >= feeder.busbar) & (lines.section != "service"))
    ends = np.stack([places[lines.from_node[drawn]], places[lines.to_node[drawn]]], axis=1)
    axes.add_collection(LineCollection(list(ends), colors=MUTED, linewidths=1.2, zorder=1))
    axes.autoscale_view()
    kw = hosting.kw[:, way]
    there = np.isfinite(kw)
    at_busbar = nodes == feeder.busbar
    for chosen, marker, size in ((there & ~at_busbar, "o", 70), (there & at_busbar, "s", 150)):
        at = places[nodes[chosen]]
        axes.scatter(
            at[:, 0], at[:, 1], c=kw[chosen], s=size, marker=marker, cmap=_COLOURS,
            norm=scale, edgecolors=INK, linewidths=0.6, zorder=3,
        )  # fmt: skip
    if (~there).any():
        at = places[nodes[~there]]
        axes.scatter(at[:, 0], at[:, 1], marker="x", s=24, c=MUTED, zorder=2)
    if len(nodes) > _MAX_NUMBERS:
        return
    for node, value in zip(nodes[there].tolist(), kw[there].tolist(), strict=True):
        most = value >= hosting.max_kw
        axes.annotate(
            f"{'≥ ' if most else ''}{value:.0f}" if value >= 10 else f"{value:.1f}",
            places[node],
            xytext=(5, 6),
            textcoords="offset points",
            rotation=40,
            fontsize=6.5,
            zorder=4,
        )
