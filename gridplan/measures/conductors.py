"""Measures on lines: heavier conductors near the busbar, a second line beside the first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gridplan.frozen import ComplexArray, FloatArray, IntArray
from gridplan.measures.measure import VISIT, Measure, on_feeder
from gridplan.network.catalogue import conductor_types
from gridplan.network.feeder import Feeder

#: Length of line that one crew replaces within a day's outage [m].
#: Source: news of 2015-02-12, more than 200 m of conductor replaced at Hongjiawan in 3.5 hours,
#: the balancing of the transformer included (status V); that it holds elsewhere is an assumption.
CREW_STRETCH_M = 200.0


def reconductoring_measures(
    feeder: Feeder,
    conductor: str,
    *,
    customer_kw: npt.ArrayLike | None = None,
    stretch_m: float = CREW_STRETCH_M,
) -> tuple[Measure, ...]:
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
    tuple of Measure
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
    rated: list[tuple[float, Measure]] = []
    for circuit, place in enumerate(feeder.circuits.name.tolist()):
        path = _main_path(feeder, circuit, current_a.sum(axis=1))
        stretch = _stretch(feeder, [line for line in path if saves[line]], stretch_m)
        if stretch:
            gain_v = float(saved_v[stretch].sum(axis=0).max())
            rated.append((gain_v, _reconductor(feeder, stretch, conductor, place, gain_v)))
    rated.sort(key=lambda item: -item[0])
    return tuple(measure for _, measure in rated)


def parallel_measures(
    feeder: Feeder, conductor: str, *, customer_kw: npt.ArrayLike | None = None
) -> tuple[Measure, ...]:
    """A second line beside the first stretch of each main line, the old one staying in use.

    The stretch begins at the busbar and has at most ``CREW_STRETCH_M``, on the poles that stand;
    the order is that of the current in it, the heaviest first.
    """
    current_a = _line_currents(feeder, customer_kw)
    rated: list[tuple[float, Measure]] = []
    for circuit, place in enumerate(feeder.circuits.name.tolist()):
        path = _main_path(feeder, circuit, current_a.sum(axis=1))
        stretch = _stretch(feeder, path, CREW_STRETCH_M)
        if stretch:
            heaviest_a = float(current_a[stretch[0]].max())
            rated.append((heaviest_a, _parallel(feeder, stretch, conductor, place)))
    rated.sort(key=lambda item: -item[0])
    return tuple(measure for _, measure in rated)


def conductor_item(std_type: str) -> str:
    """Item of the cost table for a conductor, by the nearest section."""
    sections = (16, 25, 35, 50, 70, 95, 120, 150, 185, 240)
    mm2 = conductor_types()[std_type].phase_mm2
    return f"conductor_{min(sections, key=lambda section: abs(section - mm2))}"


def _reconductor(
    feeder: Feeder, stretch: Sequence[int], conductor: str, place: str, gain_v: float
) -> Measure:
    """Make the candidate of one circuit."""
    names, length_m, ends, old_names = _described(feeder, stretch)
    return Measure(
        kind="reconductor",
        label=f"{length_m:.0f} m of {conductor} on {place}",
        place=place,
        quantity=length_m,
        unit="m",
        detail=f"{ends} ({len(names)} sections, now {old_names}): about {gain_v:.1f} V at the peak",
        change=on_feeder(lambda target: target.with_conductor(names, conductor)),
        work={VISIT: 1, conductor_item(conductor): length_m},
        equipment=conductor,
        customers_out=_customers_on(feeder, place),
        needs=("poles and stays carry the heavier conductor",),
    )


def _parallel(feeder: Feeder, stretch: Sequence[int], conductor: str, place: str) -> Measure:
    """Make the second line of one circuit."""
    names, length_m, ends, old_names = _described(feeder, stretch)
    return Measure(
        kind="parallel",
        label=f"{length_m:.0f} m second line {conductor} on {place}",
        place=place,
        quantity=length_m,
        unit="m",
        detail=f"beside {ends} ({len(names)} sections of {old_names}), joined at every pole",
        change=on_feeder(lambda target: target.with_second_line(names, conductor)),
        work={VISIT: 1, conductor_item(conductor): length_m},
        equipment=conductor,
        customers_out=_customers_on(feeder, place),
        needs=("poles and stays carry both lines", "clearance between the two at mid-span"),
    )


def _described(feeder: Feeder, stretch: Sequence[int]) -> tuple[list[str], float, str, str]:
    """Names of a stretch, its length [m], its ends and its present types in words."""
    lines, rows = feeder.lines, list(stretch)
    names = lines.name[rows].tolist()
    old_types = list(dict.fromkeys(lines.std_type[rows].tolist()))
    old_names = ", ".join(name for name in old_types if name) or "without a type"
    ends = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    return names, float(lines.length_m[rows].sum()), ends, old_names


def _customers_on(feeder: Feeder, place: str) -> int:
    """Number of customers of an outgoing circuit."""
    circuit = feeder.circuits.name.tolist().index(place)
    return int((feeder.customer_circuit == circuit).sum())


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


def main_path(feeder: Feeder, circuit: int, customer_kw: npt.ArrayLike | None) -> list[int]:
    """Lines of a circuit's main line from the busbar, at each pole towards the heaviest branch."""
    return _main_path(feeder, circuit, _line_currents(feeder, customer_kw).sum(axis=1))


def _main_path(feeder: Feeder, circuit: int, current_a: FloatArray) -> list[int]:
    """The same by the current (line,) in each line."""
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
