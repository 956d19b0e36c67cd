"""The single-line picture of a village: transformer, poles, lines, homes with their phases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gridplan.report.layout import downstream_phases, lv_nodes, node_positions
from gridplan.report.svg import (
    INK,
    MUTED,
    OVERLOAD_COLOUR,
    PHASE_COLOURS,
    PHASE_DASHES,
    THREE_PHASE_COLOUR,
)
from gridplan.report.village_moves import draw_moves
from gridplan.report.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gridplan.frozen import FloatArray
    from gridplan.measures.proposal import Move
    from gridplan.network.feeder import Feeder
    from gridplan.powerflow.results import SweepResult

MARKERS = ("o", "s", "^")
#: More nodes than this: no names beside the poles, they would cover the picture.
_MAX_NAMED_NODES = 60
_LINE_WIDTHS = {"main": 2.2, "lateral": 1.6, "service": 0.8}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sketch:
    """What a picture is made from, worked out once.

    Attributes
    ----------
    places : float (node, 2) -- where each node is drawn
    homes : float (customer, 2) -- where each customer is drawn
    own_places : False when the tree was laid out because the file has no coordinates
    words : texts of the legend
    """

    feeder: Feeder
    places: FloatArray
    homes: FloatArray
    own_places: bool
    words: Words
    moves: Sequence[Move] = ()
    overloaded: frozenset[str] = field(default_factory=frozenset)


def village_figure(
    feeder: Feeder,
    moves: Sequence[Move] = (),
    overloaded: frozenset[str] = frozenset(),
    language: str = "en",
) -> Figure:
    """Draw a feeder with its phases, the ``moves`` as arrows, and ``overloaded`` lines thick."""
    from matplotlib.figure import Figure

    places, own_places = node_positions(feeder)
    sketch = Sketch(
        feeder=feeder,
        places=places,
        homes=_customer_places(feeder, places),
        own_places=own_places,
        words=Words(language),
        moves=moves,
        overloaded=overloaded,
    )
    figure = Figure(figsize=(9.6, _figure_height(sketch)), layout="constrained")
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.set_aspect("equal" if own_places else "auto")
    axes.margins(x=0.06, y=0.3 if moves else 0.08)
    _draw_lines(axes, sketch)
    _draw_nodes(axes, sketch)
    _draw_customers(axes, sketch)
    places_of = dict(zip(feeder.customers.id.tolist(), sketch.homes, strict=True))
    draw_moves(axes, moves, places_of, np.vstack([sketch.homes, _named_places(sketch)]))
    _draw_legend(axes, sketch)
    return figure


def overloaded_lines(sweep: SweepResult) -> frozenset[str]:
    """Lines above their ampacity in at least one draw in twenty of some scenario."""
    if not len(sweep.elements):
        return frozenset()
    share = (np.nan_to_num(sweep.element_max_percent, nan=np.inf) > 100).mean(axis=1).max(axis=0)
    kinds = np.isin(sweep.elements.kind, ["line", "service"])
    return frozenset(sweep.elements.name[(share >= 0.05) & kinds].tolist())


def _figure_height(sketch: Sketch) -> float:
    """Height [in] for 9.6 in of width: as the village is shaped, within what a page takes."""
    points = np.vstack([sketch.places[lv_nodes(sketch.feeder)], sketch.homes])
    wide, high = np.ptp(points, axis=0)
    ratio = high / wide if wide > 0 else 2.0
    return float(np.clip(9.0 * ratio + 1.2, 3.0, 9.0))


def _customer_places(feeder: Feeder, places: FloatArray) -> FloatArray:
    """Customers at their node; several at one node fan out around it."""
    customers = feeder.customers
    homes = places[customers.node].copy()
    lv = places[lv_nodes(feeder)]
    radius = 0.014 * max(float(np.ptp(lv, axis=0).max()), 1e-9)
    for node in np.unique(customers.node):
        members = np.flatnonzero(customers.node == node)
        if len(members) > 1:
            angle = np.pi / 2 + 2 * np.pi * np.arange(len(members)) / len(members)
            spread = radius * max(1.0, len(members) / 6)
            homes[members] += spread * np.column_stack([np.cos(angle), np.sin(angle)])
    return homes


def _phase_look(bits: int) -> tuple[str, str]:
    """Colour and dashes of a line that feeds these phases only; plain grey for several."""
    looks = zip((1, 2, 4), PHASE_COLOURS, PHASE_DASHES, strict=True)
    return {bit: (colour, dash) for bit, colour, dash in looks}.get(bits, ("#8b95a1", "-"))


def _draw_lines(axes: Axes, sketch: Sketch) -> None:
    """One collection per look, so that thousands of lines stay a few drawing commands."""
    from matplotlib.collections import LineCollection

    feeder, lines = sketch.feeder, sketch.feeder.lines
    bits = downstream_phases(feeder)
    looks: dict[tuple[str, str, float], list[FloatArray]] = {}
    for index in np.flatnonzero(lines.from_node >= feeder.busbar).tolist():
        ends = sketch.places[[lines.from_node[index], lines.to_node[index]]]
        width = _LINE_WIDTHS.get(str(lines.section[index]), 1.6)
        look = (*_phase_look(int(bits[lines.to_node[index]])), width)
        looks.setdefault(look, []).append(ends)
        if str(lines.name[index]) in sketch.overloaded:
            looks.setdefault((OVERLOAD_COLOUR, "-", 6.0), []).append(ends)
    for (colour, dash, width), segments in looks.items():
        hot = colour == OVERLOAD_COLOUR
        axes.add_collection(
            LineCollection(
                segments,
                colors=colour,
                linewidths=width,
                linestyles=dash,
                alpha=0.45 if hot else 1.0,
                zorder=1 if hot else 2,
                capstyle="round",
            )
        )


def _poles(sketch: Sketch) -> list[int]:
    """LV nodes on mains and laterals, without the busbar."""
    lines, busbar = sketch.feeder.lines, sketch.feeder.busbar
    service_ends = set(lines.to_node[lines.section == "service"].tolist())
    return [
        int(node) for node in lv_nodes(sketch.feeder) if node != busbar and node not in service_ends
    ]


def _draw_nodes(axes: Axes, sketch: Sketch) -> None:
    feeder, places = sketch.feeder, sketch.places
    busbar = feeder.busbar
    poles = _poles(sketch)
    if len(poles) <= 4 * _MAX_NAMED_NODES:
        _dots(axes, places[poles], s=9, c="white", edgecolors=MUTED, linewidths=0.9, zorder=3)
    if len(poles) <= _MAX_NAMED_NODES:
        for node in poles:
            axes.annotate(
                str(feeder.nodes.name[node]),
                places[node],
                xytext=(2, -4),
                textcoords="offset points",
                fontsize=6.5,
                color=MUTED,
                va="top",
                zorder=4,
            )
    _dots(axes, places[[busbar]], s=190, marker="s", c=INK, zorder=5)
    away = places[feeder.lines.to_node[feeder.lines.from_node == busbar]] - places[busbar]
    below = bool(len(away)) and away[:, 1].max() > 0.5 * np.abs(away).max()
    axes.annotate(
        f"{feeder.area_transformer.parallel * feeder.area_transformer.sn_kva:g} kVA "
        f"{feeder.area_transformer.vector_group}",
        places[busbar],
        xytext=(0, -20 if below else 11),
        textcoords="offset points",
        ha="center",
        va="top" if below else "baseline",
        fontsize=9,
        fontweight="bold",
        zorder=6,
        bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.85},
    )


def _dot_size(count: int) -> float:
    """Area of a home's marker [pt²]: smaller where there are many."""
    return float(np.clip(1600 / max(count, 1), 12, 46))


def _dots(axes: Axes, points: FloatArray, **look: Any) -> None:
    """Markers at points (point, 2)."""
    axes.scatter(points[:, 0], points[:, 1], **look)


def _draw_customers(axes: Axes, sketch: Sketch) -> None:
    customers = sketch.feeder.customers
    size = _dot_size(len(customers))
    phase = customers.phase
    for name, marker, colour in zip("abc", MARKERS, PHASE_COLOURS, strict=True):
        homes = sketch.homes[phase == name]
        _dots(axes, homes, s=size, marker=marker, c=colour, linewidths=0, zorder=7)
    others = np.flatnonzero(~np.isin(phase, ["a", "b", "c"]))
    _dots(
        axes,
        sketch.homes[others],
        s=1.5 * size,
        marker="D",
        c=THREE_PHASE_COLOUR,
        linewidths=0,
        zorder=7,
    )


def _named_places(sketch: Sketch) -> FloatArray:
    """Middle of the names beside the poles (name, 2), nothing where poles have no names."""
    poles = _poles(sketch)
    return sketch.places[poles if len(poles) <= _MAX_NAMED_NODES else []]


def _draw_legend(axes: Axes, sketch: Sketch) -> None:
    from matplotlib.lines import Line2D

    phase, words = sketch.feeder.customers.phase, sketch.words
    handles = [
        Line2D([], [], ls=dash, lw=1.6, marker=marker, color=colour,
               label=words("phase_n_of", phase=words(f"phase_{name}"), n=count))
        for name, marker, colour, dash in zip("abc", MARKERS, PHASE_COLOURS, PHASE_DASHES,
                                              strict=True)
        if (count := int((phase == name).sum()))
    ]  # fmt: skip
    if others := int((~np.isin(phase, ["a", "b", "c"])).sum()):
        label = words("several_phases", n=others)
        handles.append(Line2D([], [], ls="", marker="D", color=THREE_PHASE_COLOUR, label=label))
    if sketch.moves:
        label = words("legend_moves")
        handles.append(Line2D([], [], color=INK, marker=">", lw=1.8, ms=6, label=label))
    if sketch.overloaded:
        label = words("legend_overloaded")
        handles.append(Line2D([], [], color=OVERLOAD_COLOUR, alpha=0.45, lw=6, label=label))
    figure = axes.get_figure()
    assert figure is not None
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=3,
        frameon=False,
        fontsize=8.5,
        handlelength=3.2,
        title=None if sketch.own_places else words("legend_schematic"),
        title_fontsize=8,
    )
