"""The whole network in chosen cases, as tables with pandapower's result names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridplan.errors import Fault, InputError
from gridplan.frozen import ComplexArray, FloatArray, IntArray
from gridplan.network.feeder import Feeder
from gridplan.powerflow.components import line_admittance, transformer_admittance
from gridplan.powerflow.frames import case_frame
from gridplan.powerflow.ports import PortModel
from gridplan.powerflow.solver import Flows

if TYPE_CHECKING:
    import pandas as pd

    from gridplan.powerflow.results import SweepResult

_WIRES = ("a", "b", "c", "n")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """Tables of some cases, one row per case and element; NaN in cases without a solution.

    Attributes
    ----------
    bus : ``vm_a_pu``, ``va_a_degree``, … to neutral, ``vm_n_v`` neutral to earth,
        ``unbalance_percent`` (negative over positive sequence)
    line : ``i_a_ka``, …, ``i_n_ka`` at the end near the source, ``p_a_from_mw``, …,
        ``loading_percent``, ``loading_n_percent``, ``pl_mw``
    trafo : ``i_a_lv_ka``, …, ``i_n_lv_ka``, ``i_a_hv_ka``, …, ``loading_percent`` of the worst
        phase, ``pl_mw``
    load : ``p_mw``, ``q_mvar``, ``vm_pu`` lowest voltage at the customer
    """

    bus: pd.DataFrame
    line: pd.DataFrame
    trafo: pd.DataFrame
    load: pd.DataFrame

    def __repr__(self) -> str:
        n_case = self.bus.index.get_level_values("case").nunique()
        return f"<State: {n_case} cases, {len(self.bus) // max(n_case, 1)} nodes>"


def state_of(model: PortModel, flows: Flows, voltage_v: ComplexArray, cases: IntArray) -> State:
    """Tables of cases whose terminal voltages (case, node, 4) are known."""
    feeder = model.feeder
    return State(
        bus=case_frame(cases, feeder.nodes.name, "node", _bus_columns(feeder, voltage_v)),
        line=case_frame(cases, feeder.lines.name, "line", _line_columns(feeder, voltage_v)),
        trafo=_trafo_table(feeder, voltage_v, cases),
        load=case_frame(
            cases, feeder.customers.id, "customer", _load_columns(feeder, flows, cases)
        ),
    )


def sweep_state(sweep: SweepResult, cases: Sequence[tuple[str | int, int, int]]) -> State:
    """Tables of cases (scenario, draw, step) of a sweep, solved again from its demand."""
    from gridplan.powerflow.direct import solve

    feeder, demand = sweep.feeder, sweep.demand
    if feeder is None or demand is None:
        what = "it was read back or put together, so its demand is not known"
        fault = Fault(code="no-demand", where="sweep.state", what=what, remedy="run the sweep")
        raise InputError("sweep.state", [fault])
    names = list(sweep.scenarios)
    columns = []
    for scenario, draw, step in cases:
        number = names.index(scenario) if isinstance(scenario, str) else int(scenario)
        p, q = demand.block(draw, draw + 1)
        columns.append((p[number, :, 0, step], q[number, :, 0, step]))
    p_kw, q_kvar = (np.array(part, dtype=np.float64) for part in zip(*columns, strict=True))
    return solve(feeder, p_kw, q_kvar).state()


def _bus_columns(feeder: Feeder, voltage_v: ComplexArray) -> dict[str, FloatArray]:
    to_neutral = voltage_v[:, :, :3] - voltage_v[:, :, 3:]
    columns = {}
    for phase in range(3):
        name, volts = _WIRES[phase], to_neutral[:, :, phase]
        columns[f"vm_{name}_pu"] = np.abs(volts) / feeder.nodes.nominal_v
        columns[f"va_{name}_degree"] = np.degrees(np.angle(volts))
    neutral = np.where(feeder.nodes.wires[:, 3], np.abs(voltage_v[:, :, 3]), np.nan)
    turn = np.exp(2j * np.pi / 3)
    positive, negative = (to_neutral @ np.array([1, t, t**2]) for t in (turn, turn**2))
    columns["vm_n_v"] = neutral
    columns["unbalance_percent"] = 100 * np.abs(negative) / np.abs(positive)
    return columns


def line_currents(feeder: Feeder, voltage_v: ComplexArray) -> tuple[ComplexArray, ComplexArray]:
    """Currents into both ends (case, line, wire) of every line [A], 0 in wires it lacks."""
    lines = feeder.lines
    n_wire = lines.wires.shape[1]
    series, half_shunt = line_admittance(lines)
    ends = [
        np.where(lines.wires, voltage_v[:, node, :n_wire], 0)[..., None]
        for node in (lines.from_node, lines.to_node)
    ]
    along = series @ (ends[0] - ends[1])
    into, out = (sign * along + half_shunt @ end for sign, end in zip((1, -1), ends, strict=True))
    return into[..., 0], out[..., 0]


def _line_columns(feeder: Feeder, voltage_v: ComplexArray) -> dict[str, FloatArray]:
    lines = feeder.lines
    n_wire = lines.wires.shape[1]
    into, out = line_currents(feeder, voltage_v)
    columns = {f"i_{_WIRES[k]}_ka": np.abs(into[..., k]) / 1e3 for k in range(n_wire)}
    if n_wire == 3:  # the folded neutral carries what the phases do not cancel
        columns["i_n_ka"] = np.abs(into.sum(axis=2)) / 1e3
    power, back = (
        np.where(lines.wires, voltage_v[:, node, :n_wire], 0) * np.conj(current)
        for node, current in ((lines.from_node, into), (lines.to_node, out))
    )
    for k in range(3):
        columns[f"p_{_WIRES[k]}_from_mw"] = power[..., k].real / 1e6
        columns[f"q_{_WIRES[k]}_from_mvar"] = power[..., k].imag / 1e6
    highest = np.abs(into[..., :3]).max(axis=2)
    columns["loading_percent"] = 100 * highest / lines.ampacity_a
    columns["loading_n_percent"] = 1e5 * columns["i_n_ka"] / lines.neutral_ampacity_a
    columns["pl_mw"] = (power + back).sum(axis=2).real / 1e6
    return columns


def _trafo_table(feeder: Feeder, voltage_v: ComplexArray, cases: IntArray) -> pd.DataFrame:
    trafo = feeder.transformer
    if trafo is None:
        return case_frame(cases, np.zeros(0, dtype=np.str_), "trafo", {})
    ends = np.concatenate([voltage_v[:, trafo.hv_node, :3], voltage_v[:, trafo.lv_node]], axis=1)
    current = ends @ transformer_admittance(trafo).T
    columns = {f"i_{_WIRES[k]}_lv_ka": np.abs(current[:, 3 + k]) / 1e3 for k in range(4)}
    columns |= {f"i_{_WIRES[k]}_hv_ka": np.abs(current[:, k]) / 1e3 for k in range(3)}
    columns["loading_percent"] = 100 * np.abs(current[:, 3:6]).max(axis=1) / trafo.rated_a
    columns["pl_mw"] = (ends * np.conj(current)).sum(axis=1).real / 1e6
    return case_frame(cases, np.array([trafo.name]), "trafo", columns)


def _load_columns(feeder: Feeder, flows: Flows, cases: IntArray) -> dict[str, FloatArray]:
    ports, n_customer = flows.ports, len(feeder.customers)
    power = flows.v[:, cases] * np.conj(flows.drawn(cases))
    total = np.zeros((n_customer, len(cases)), dtype=np.complex128)
    np.add.at(total, ports.customer, power)
    lowest = np.full((n_customer, len(cases)), np.inf)
    np.minimum.at(lowest, ports.customer, np.abs(flows.v[:, cases]) / ports.nominal_v)
    return {"p_mw": total.T.real / 1e6, "q_mvar": total.T.imag / 1e6, "vm_pu": lowest.T}
