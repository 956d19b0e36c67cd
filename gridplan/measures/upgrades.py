"""Measures that change equipment: heavier conductors near the busbar, larger transformers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gridplan.frozen import ComplexArray, FloatArray, IntArray
from gridplan.network.catalogue import next_rating, transformer_types
from gridplan.network.feeder import Feeder

#: Length of line that one crew replaces within a day's outage [m].
#: Source: news of 2015-02-12, more than 200 m of conductor replaced at Hongjiawan in 3.5 hours,
#: the balancing of the transformer included (status V); that it holds elsewhere is an assumption.
CREW_STRETCH_M = 200.0

#: Ratings above the present one that are offered.
_N_RATING = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """One change of equipment.

    Attributes
    ----------
    kind : "reconductor" or "uprate"
    label : what to do, in a few words
    place : outgoing circuit, or "transformer"
    quantity, unit : how much: length of line [m] or rating [kVA]
    detail : what is replaced by what, and what it is expected to buy
    apply : gives the feeder with the change
    """

    kind: str
    label: str
    place: str
    quantity: float
    unit: str
    detail: str
    apply: Callable[[Feeder], Feeder] = field(repr=False)


def reconductoring_candidates(
    feeder: Feeder,
    conductor: str,
    *,
    customer_kw: npt.ArrayLike | None = None,
    stretch_m: float = CREW_STRETCH_M,
) -> tuple[Upgrade, ...]:
    """Propose for each outgoing circuit the stretch of main line whose replacement buys most volts.

    The stretch follows the main line from the busbar towards the heaviest branch, where all of the
    circuit's current flows, until ``stretch_m`` is reached. Sections whose resistance the new
    conductor would not lower are passed over. A stretch is worth the volts that it saves on the
    phase that gains most, by the impedance saved and the currents behind each section.

    Parameters
    ----------
    feeder : today's feeder
    conductor : type of the catalogue
    customer_kw : float (customer,) -- demand at the peak [kW]; default: that of the network file,
        where it has none equal shares
    stretch_m : length that is replaced at most, up to a whole section [m]

    Returns
    -------
    tuple of Upgrade
        the one that buys most volts first; none for circuits that it would not improve

    Raises
    ------
    CatalogueError
        when the catalogue does not hold the conductor
    """
    current_a = _line_currents(feeder, customer_kw)
    names = feeder.lines.name[feeder.lines.circuit >= 0].tolist()
    saved_ohm = feeder.lines.z_ohm - feeder.with_conductor(names, conductor).lines.z_ohm
    saves = np.einsum("lpp->l", saved_ohm.real) > 0
    saved_v = _saved_volts(saved_ohm, current_a)
    rated: list[tuple[float, Upgrade]] = []
    for circuit, place in enumerate(feeder.circuits.name.tolist()):
        path = _main_path(feeder, circuit, current_a.sum(axis=1))
        stretch = _stretch(feeder, [line for line in path if saves[line]], stretch_m)
        if stretch:
            gain_v = float(saved_v[stretch].sum(axis=0).max())
            rated.append((gain_v, _reconductor(feeder, stretch, conductor, place, gain_v)))
    rated.sort(key=lambda item: -item[0])
    return tuple(upgrade for _, upgrade in rated)


def uprating_candidates(feeder: Feeder) -> tuple[Upgrade, ...]:
    """Propose the next transformer ratings of the same series and vector group, smallest first."""
    old = feeder.area_transformer
    upgrades = []
    for std_type in next_rating(old, _N_RATING):
        new_kva = transformer_types()[std_type].sn_kva
        upgrades.append(
            Upgrade(
                kind="uprate",
                label=f"{new_kva:g} kVA transformer",
                place="transformer",
                quantity=new_kva,
                unit="kVA",
                detail=f"{std_type} in place of {old.std_type or f'{old.sn_kva:g} kVA'}",
                apply=_transformer_change(std_type),
            )
        )
    return tuple(upgrades)


def _transformer_change(std_type: str) -> Callable[[Feeder], Feeder]:
    """Bind the type, so that each candidate of a loop keeps its own."""
    return lambda feeder: feeder.with_transformer(std_type)


def _reconductor(
    feeder: Feeder, stretch: Sequence[int], conductor: str, place: str, gain_v: float
) -> Upgrade:
    """Make the candidate of one circuit."""
    lines = feeder.lines
    names = lines.name[list(stretch)].tolist()
    old_types = list(dict.fromkeys(lines.std_type[list(stretch)].tolist()))
    old_names = ", ".join(name for name in old_types if name) or "without a type"
    length_m = float(lines.length_m[list(stretch)].sum())
    ends = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    return Upgrade(
        kind="reconductor",
        label=f"{length_m:.0f} m of {conductor} on {place}",
        place=place,
        quantity=length_m,
        unit="m",
        detail=f"{ends} ({len(names)} sections, now {old_names}): about {gain_v:.1f} V at the peak",
        apply=lambda target: target.with_conductor(names, conductor),
    )


def _saved_volts(saved_ohm: ComplexArray, current_a: FloatArray) -> FloatArray:
    """Voltage (line, 3) that smaller impedances save in each phase, at unity power factor [V].

    Each phase is seen in its own frame: what the others save or add through the neutral counts
    with their angles.
    """
    frame = np.exp(-2j * np.pi / 3 * np.arange(3))
    drop = np.einsum("lpq,lq,q->lp", saved_ohm, current_a, frame)
    return np.asarray((drop * frame.conj()).real, dtype=np.float64)


def _line_currents(feeder: Feeder, customer_kw: npt.ArrayLike | None) -> FloatArray:
    """Current (line, 3) of the customers behind each line, at nominal voltage [A]."""
    customers, lines = feeder.customers, feeder.lines
    kw = np.asarray(customers.p_kw if customer_kw is None else customer_kw, dtype=np.float64)
    if not kw.any():
        kw = np.ones(len(customers))
    behind_kw = np.zeros((len(feeder.nodes), 3))
    np.add.at(behind_kw, customers.node, kw[:, None] * customers.p_share)
    # Lines stand in the order of their child nodes: backwards, every child comes before its parent.
    for child, parent in zip(lines.to_node[::-1], lines.from_node[::-1], strict=True):
        behind_kw[parent] += behind_kw[child]
    nominal_v = feeder.nodes.nominal_v[lines.to_node]
    currents: FloatArray = np.abs(behind_kw[lines.to_node]) * 1e3 / nominal_v[:, None]
    return currents


def _main_path(feeder: Feeder, circuit: int, current_a: FloatArray) -> list[int]:
    """Lines from the busbar along the main line, at each pole towards the heaviest branch."""
    lines = feeder.lines
    mains: IntArray = np.flatnonzero((lines.circuit == circuit) & (lines.section == "main"))
    path: list[int] = []
    node = feeder.busbar
    while True:
        onward = mains[lines.from_node[mains] == node]
        if onward.size == 0:
            return path
        best = int(onward[current_a[onward].argmax()])
        path.append(best)
        node = int(lines.to_node[best])


def _stretch(feeder: Feeder, path: Sequence[int], stretch_m: float) -> list[int]:
    """Leading lines of a path up to a length; the first one even when it alone is longer."""
    stretch: list[int] = []
    total_m = 0.0
    for line in path:
        total_m += float(feeder.lines.length_m[line])
        if stretch and total_m > stretch_m + 1.0:
            break
        stretch.append(line)
    return stretch
