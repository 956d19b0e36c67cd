"""Write a feeder as a net that pandapower itself opens and ``runpp_3ph`` solves."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from gridplan.errors import Fault
from gridplan.exchange.electrical import export_note, folding_notes
from gridplan.frozen import ComplexArray
from gridplan.network.feeder import Feeder
from gridplan.powerflow.components import folded
from gridplan.wholefiles import replace_file

#: Line matrices whose phases differ by less than this share of the largest entry are alike.
_ALIKE = 1e-6


def write_pandapower(feeder: Feeder, path: str | Path) -> tuple[Path, tuple[Fault, ...]]:
    """Write the JSON file; returns it and what pandapower cannot know of the feeder.

    Customers keep gridplan's own columns, so that ``gp.read_feeder`` knows their kinds and units.
    """
    import pandapower as pp

    from gridplan.powerflow.reference import reference_net

    text = pp.to_json(reference_net(feeder), indent=None)
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    replace_file(target, json.dumps(json.loads(text), indent=1))
    return target, tuple(_notes(feeder))


def _notes(feeder: Feeder) -> list[Fault]:
    notes = folding_notes(feeder)
    trafo, customers = feeder.transformer, feeder.customers
    if trafo is not None and (trafo.has_yyn_core or trafo.vector_group.startswith("Yzn")):
        what = (
            f"pandapower's three-phase power flow has no {trafo.vector_group}: written as the Dyn "
            f"with shift {trafo.shift_degree:g} and vk0_percent {trafo.vk0_percent:g}, which has "
            "the same zero sequence on its LV side"
        )
        notes.append(export_note("stand-in", f"trafo ({trafo.name})", what))
    uneven = int(_uneven(folded(feeder.lines.z_ohm)).sum())
    if uneven:
        what = "lines whose phases differ have the mean of their phases"
        notes.append(export_note("line-mean", "lines", what, uneven))
    dependent = int(((customers.const_z != 0) | (customers.const_i != 0)).sum())
    if dependent:
        what = "runpp_3ph takes every customer as constant power; the columns const_*_percent stay"
        notes.append(export_note("constant-power", "customers", what, dependent))
    z1, z2 = feeder.source.z1_ohm, feeder.source.z2_ohm
    if z1 and abs(z2 - z1) > _ALIKE * abs(z1):
        what = "the source's negative sequence has the impedance of its positive one"
        notes.append(export_note("source-sequence", "source", what))
    return notes


def _uneven(matrices: ComplexArray) -> np.ndarray:
    """Lines (line,) whose phases, as far as they have them, do not all look the same."""
    diagonal = np.einsum("lii->li", matrices)
    there = diagonal != 0
    pairs = there[:, :, None] & there[:, None, :] & ~np.eye(3, dtype=np.bool_)
    size = np.abs(matrices).max(axis=(1, 2), initial=1e-30)
    spread = np.zeros(len(matrices))
    for values, mask in ((diagonal, there), (matrices.reshape(-1, 9), pairs.reshape(-1, 9))):
        mean = values.sum(axis=1, where=mask) / np.maximum(mask.sum(axis=1), 1)
        apart = np.where(mask, np.abs(values - mean[:, None]), 0)
        spread = np.maximum(spread, apart.max(axis=1, initial=0))
    return spread > _ALIKE * size
