"""The village as GeoJSON: poles, sections and customers, for a map or a geographic program."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gridplan.errors import Fault
from gridplan.report.layout import node_positions
from gridplan.wholefiles import replace_file

if TYPE_CHECKING:
    from gridplan.frozen import BoolArray, FloatArray
    from gridplan.network.feeder import Feeder

#: A degree of latitude on the ground [m].
_DEGREE_M = 111_320.0
#: Drawn and real lengths of lines may differ by this factor: slack, bends, old records.
_LENGTH_FACTOR = 3.0


def write_geojson(feeder: Feeder, path: str | Path) -> tuple[Path, tuple[Fault, ...]]:
    """Write the file; returns it and what is to be known of its places.

    Features carry the names of the network: nodes, sections (lines) and customers. RFC 7946 wants
    longitude and latitude: they are taken from the network where it has them. A plan in metres and
    a layout made here are drawn beside 0 degrees, 111,320 m to the degree, and ``places`` says
    which: "geographic", "plan" or "schematic".
    """
    xy, own = node_positions(feeder)
    places = _kind(feeder, xy) if own else "schematic"
    degrees = xy if places == "geographic" else xy / _DEGREE_M
    content = {
        "type": "FeatureCollection",
        "name": feeder.name,
        "places": places,
        "features": [*_nodes(feeder, degrees), *_lines(feeder, degrees), *_homes(feeder, degrees)],
    }
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    replace_file(target, json.dumps(content, ensure_ascii=False, indent=1))
    return target, _said(places)


def _said(places: str) -> tuple[Fault, ...]:
    says = {
        "geographic": "",
        "plan": "the network's coordinates are a plan in metres: drawn beside 0 degrees",
        "schematic": "the network has no coordinates: places are a schematic layout, not a map",
    }
    if not says[places]:
        return ()
    return (Fault(code="geojson-places", where="bus", what=says[places], severity="note"),)


def _kind(feeder: Feeder, xy: FloatArray) -> str:
    """Whether coordinates are degrees: by which reading the lines come out as long as they are."""
    lines = feeder.lines
    at: BoolArray = np.isfinite(xy[:, 0] + xy[:, 1])
    use: BoolArray = (
        at[lines.from_node] & at[lines.to_node] & (lines.length_m > 0) & (lines.section != "mv")
    )
    apart = xy[lines.from_node[use]] - xy[lines.to_node[use]]
    in_range = bool(np.all(np.abs(xy[at]) <= np.array([180.0, 90.0])))
    if not use.any() or not in_range:
        return "plan"
    narrow = np.cos(np.deg2rad(float(np.mean(xy[at, 1]))))
    ground_m = np.hypot(apart[:, 0] * narrow, apart[:, 1]).sum() * _DEGREE_M
    ratio = ground_m / lines.length_m[use].sum()
    return "geographic" if 1 / _LENGTH_FACTOR < ratio < _LENGTH_FACTOR else "plan"


def _feature(geometry: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    known = {name: _value(value) for name, value in properties.items()}
    shape = {"type": geometry, "coordinates": coordinates}
    return {"type": "Feature", "geometry": shape, "properties": known}


def _value(value: Any) -> Any:
    """A value for JSON: plain, nothing for what is unknown."""
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and math.isnan(plain) else plain


def _point(place: FloatArray) -> list[float] | None:
    return [float(x) for x in place] if np.isfinite(place).all() else None


def _nodes(feeder: Feeder, places: FloatArray) -> list[dict[str, Any]]:
    trafo, nodes = feeder.transformer, feeder.nodes
    features = []
    for k, name in enumerate(nodes.name.tolist()):
        point = _point(places[k])
        more: dict[str, Any] = {}
        if trafo is not None and k == trafo.lv_node:
            more = {"transformer": trafo.std_type or trafo.name, "rated_kva": trafo.sn_kva}
            more["vector_group"] = trafo.vector_group
        if point is not None:
            features.append(
                _feature("Point", point, element="node", name=name, vn_v=nodes.nominal_v[k], **more)
            )
    return features


def _lines(feeder: Feeder, places: FloatArray) -> list[dict[str, Any]]:
    lines, features = feeder.lines, []
    for k, name in enumerate(lines.name.tolist()):
        ends = [_point(places[node]) for node in (lines.from_node[k], lines.to_node[k])]
        if None in ends:
            continue
        circuit = int(lines.circuit[k])
        features.append(
            _feature(
                "LineString",
                ends,
                element="section",
                name=name,
                section=str(lines.section[k]),
                std_type=str(lines.std_type[k]),
                circuit=str(feeder.circuits.name[circuit]) if circuit >= 0 else None,
                wires="".join(np.array(list("abcn"))[: lines.wires.shape[1]][lines.wires[k]]),
                length_m=lines.length_m[k],
                ampacity_a=lines.ampacity_a[k],
            )
        )
    return features


def _homes(feeder: Feeder, places: FloatArray) -> list[dict[str, Any]]:
    customers, phase, features = feeder.customers, feeder.customers.phase, []
    for k, name in enumerate(customers.id.tolist()):
        point = _point(places[customers.node[k]])
        if point is not None:
            features.append(
                _feature(
                    "Point",
                    point,
                    element="customer",
                    name=name,
                    node=str(feeder.nodes.name[customers.node[k]]),
                    phase=str(phase[k]),
                    phase_confidence=customers.phase_confidence[k],
                    kind=str(customers.kind[k]),
                    movable_unit=str(customers.unit_names[customers.unit[k]]),
                    may_move=customers.may_move[k],
                )
            )
    return features
