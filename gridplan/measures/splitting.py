"""Measures that cut an area: a new transformer for a part of it, a part handed to a neighbour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from gridplan.errors import Fault, InputError
from gridplan.measures.conductors import main_path
from gridplan.measures.demands import joined, of_ids
from gridplan.measures.fieldorder import distance_m
from gridplan.measures.measure import VISIT, Area, Change, Measure
from gridplan.measures.situation import Situation
from gridplan.measures.transformers import modern_type_for, transformer_item
from gridplan.network.catalogue import transformer_types
from gridplan.network.cutting import Tie, split_at, transferred
from gridplan.network.feeder import Feeder
from gridplan.powerflow.paths import downstream

#: Share of the area's load that a new site is to take at best: half, so that both have room.
_WANTED_SHARE = 0.5
NEW_SITE = "new site"


def split_measures(situation: Situation) -> tuple[Measure, ...]:
    """A new transformer at a pole of the worst circuit, for what lies behind the line before it.

    The line is the one on the main path behind which the load at the peak comes nearest to half of
    the area's. The medium voltage is assumed to be brought along the low-voltage route.
    """
    feeder = situation.feeder
    if len(feeder.lines) != (feeder.nodes.parent_line >= 0).sum():
        return ()
    path = main_path(feeder, situation.worst_circuit(), situation.peak_kw)
    behind = downstream(feeder, feeder.customers.node)
    load = behind @ situation.peak_kw
    total = float(situation.peak_kw.sum())
    fitting = [line for line in path[1:] if 0 < load[line] < total]
    if not fitting:
        return ()
    line = min(fitting, key=lambda one: abs(float(load[one]) / total - _WANTED_SHARE))
    peak_kva = float(np.hypot(load[line], behind[line] @ situation.peak_kvar))
    std_type = modern_type_for(peak_kva)
    if std_type is None:
        return ()
    name, pole = (
        str(feeder.lines.name[line]),
        str(feeder.nodes.name[feeder.lines.to_node[line]]),
    )
    route_m = float(distance_m(feeder)[feeder.lines.to_node[line]])
    sn_kva = transformer_types()[std_type].sn_kva
    moved = int(behind[line].sum())
    return (
        Measure(
            kind="split",
            label=f"new site of {sn_kva:g} kVA at {pole}",
            place=pole,
            quantity=sn_kva,
            unit="kVA",
            detail=f"{name} is opened; {std_type} takes over {moved} customers and "
            f"{load[line]:.0f} of {total:.0f} kW; {route_m:.0f} m of medium voltage",
            change=_split(name, std_type),
            work={
                VISIT: 2,
                "mv_line": route_m,
                "transformer_stand": 1,
                transformer_item(sn_kva): 1,
            },
            customers_out=moved,
            needs=(
                "land and consent for the site, a tap on the medium-voltage line",
                "the opened line locked open, phase and neutral, with a sign on both sides",
            ),
        ),
    )


def _split(line: str, std_type: str) -> Change:
    """Cut the study's area in two."""

    def changed(areas: tuple[Area, ...]) -> tuple[Area, ...]:
        first, *others = areas
        near, far = split_at(first.feeder, line, std_type)
        parts = _shared(first, near), replace(_shared(first, far), name=NEW_SITE)
        return (*parts, *others)

    return changed


def _shared(area: Area, part: Feeder) -> Area:
    """A part of an area with the demand of its own customers."""
    return replace(area, feeder=part, demand=of_ids(area.demand, part.customers.id.tolist()))


def transfer_measures(situation: Situation, neighbours: Mapping[str, Area]) -> tuple[Measure, ...]:
    """Load handed to the neighbours whose networks the study names.

    ``neighbours`` are those areas as they are today, by name, over the same draws.
    """
    measures = []
    for one in situation.settings.neighbours_of(situation.feeder.name):
        if one.network is None or one.name not in neighbours:
            continue
        area = neighbours[one.name]
        tie = Tie(
            node=one.node or "",
            neighbour_node=one.neighbour_node or "",
            std_type=one.conductor,
            length_m=one.length_m,
        )
        line = one.open_line or ""
        near, _ = transferred(situation.feeder, line, area.feeder, tie)  # faults show here
        moved = len(situation.feeder.customers) - len(near.customers)
        measures.append(
            Measure(
                kind="transfer",
                label=f"{moved} customers handed to {one.name}",
                place=line,
                quantity=one.length_m,
                unit="m",
                detail=f"{line} is opened, {one.length_m:g} m of {one.conductor} from {tie.node} "
                f"to {tie.neighbour_node}",
                change=_handed_over(line, tie, area),
                work={VISIT: 1, "new_line": one.length_m},
                customers_out=moved,
                needs=(
                    "both areas of the same phase sequence and vector group, or dead while tied",
                    "the opened line locked open, phase and neutral, with a sign on both sides",
                ),
                touched=(area,),
            )
        )
    return tuple(measures)


def _handed_over(line: str, tie: Tie, neighbour: Area) -> Change:
    """Cut a part off and join it to the neighbour, whose demand must be on the same steps."""

    def changed(areas: tuple[Area, ...]) -> tuple[Area, ...]:
        first, *others = areas
        near, taken_over = transferred(first.feeder, line, neighbour.feeder, tie)
        place = next((at for at, other in enumerate(others) if other.name == neighbour.name), None)
        if place is None:
            fault = Fault(
                code="neighbour",
                where=neighbour.name,
                what="the neighbour is not among the areas",
                remedy="give the areas that the measure touches",
            )
            raise InputError("transfer", [fault])
        before = others[place]
        moved = taken_over.customers.id[len(before.feeder.customers) :].tolist()
        demand = joined(before.demand, of_ids(first.demand, moved))
        others[place] = replace(before, feeder=taken_over, demand=demand)
        return (_shared(first, near), *others)

    return changed
