"""``gp.solve``: power flows of bare cases, for those who bring their own loads."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gridplan.errors import Fault, InputError
from gridplan.frozen import BoolArray, ComplexArray, FloatArray, IntArray
from gridplan.network.customers import Customers
from gridplan.network.feeder import Feeder
from gridplan.powerflow.ports import PortModel, build_ports
from gridplan.powerflow.residuals import residual_pu
from gridplan.powerflow.results import PowerFlowResult
from gridplan.powerflow.solver import TOLERANCE_PU, Flows, solve_flows
from gridplan.powerflow.threads import one_blas_thread

if TYPE_CHECKING:
    from gridplan.powerflow.state import State

#: Cases whose node voltages are worked out together.
_CASES = 64


def solve(
    feeder: Feeder,
    p_kw: npt.ArrayLike | None = None,
    q_kvar: npt.ArrayLike | None = None,
    *,
    tolerance_pu: float = TOLERANCE_PU,
) -> PowerFlowResult:
    """Three-phase power flow of cases ``(case, customer)`` in the order of ``feeder.customers``.

    Parameters
    ----------
    feeder : the feeder
    p_kw, q_kvar : float (case, customer) -- demand of each customer [kW, kvar], load positive,
        split by its stored phase shares; one case may be given as (customer,). Without both: the
        loads that the network file carries, one case. Without one of them it is 0.
    tolerance_pu : last step of the iteration at any customer, over the nominal voltage

    Returns
    -------
    PowerFlowResult
        Cases beyond the limit of solvability, or whose loads have no way back because a neutral
        is broken, are NaN with ``converged`` False.

    Raises
    ------
    InputError
        When shapes do not fit or a number is not finite.
    """
    p, q = _demand(feeder.customers, p_kw, q_kvar)
    model = build_ports(feeder, moves=False)
    workers = os.cpu_count() or 1
    flows = solve_flows(model, feeder.customers, p, q, tolerance_pu=tolerance_pu, workers=workers)
    good = flows.converged
    return PowerFlowResult(
        node_names=feeder.nodes.name,
        nominal_v=feeder.nodes.nominal_v,
        i_transformer_a=_blank(np.abs(flows.i_phase).T, good),
        i_neutral_a=_blank(flows.i_neutral_a, good),
        loss_kw=_blank(flows.loss_kw, good),
        converged=good,
        n_iter=flows.n_iter,
        work_out=WorkOut(model=model, flows=flows, p_kw=p, q_kvar=q),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WorkOut:
    """What follows from the solved ports for the whole network, worked out once when asked for."""

    model: PortModel
    flows: Flows
    p_kw: FloatArray
    q_kvar: FloatArray
    _known: dict[str, tuple[FloatArray, ...]] = field(default_factory=dict)
    _customer_v: list[ComplexArray] = field(default_factory=list)

    def magnitudes(self) -> tuple[FloatArray, FloatArray]:
        """Magnitudes to neutral (case, node, 3) and of the neutral to earth (case, node) [V]."""
        if "magnitudes" not in self._known:
            n_case, nodes = len(self.flows.converged), self.model.feeder.nodes
            phase = np.empty((n_case, len(nodes), 3))
            neutral = np.empty((n_case, len(nodes)))
            for part in _chunks(n_case):
                voltages = terminal_voltages(self.model, self.flows, part)
                phase[part] = np.abs(voltages[:, :, :3] - voltages[:, :, 3:])
                neutral[part] = np.abs(voltages[:, :, 3])
            neutral[:, ~nodes.wires[:, 3]] = np.nan
            self._keep("magnitudes", phase, neutral)
        phase, neutral = self._known["magnitudes"]
        return phase, neutral

    def customer_voltages(self) -> ComplexArray:
        """Voltages (case, customer, 3) [V], NaN where a customer is not connected."""
        if not self._customer_v:
            voltages = _customer_voltages(self.flows, len(self.model.feeder.customers))
            voltages.flags.writeable = False
            self._customer_v.append(voltages)
        return self._customer_v[0]

    def residuals(self) -> FloatArray:
        """Independent Kirchhoff check (case,)."""
        if "residuals" not in self._known:
            found = np.empty(len(self.flows.converged))
            for part in _chunks(len(found)):
                voltages = terminal_voltages(self.model, self.flows, part)
                demand = self.p_kw[:, part], self.q_kvar[:, part]
                found[part] = residual_pu(self.model.feeder, voltages, *demand)
            self._keep("residuals", found)
        return self._known["residuals"][0]

    def state(self, cases: Sequence[int]) -> State:
        """Tables of some cases."""
        from gridplan.powerflow.state import state_of

        chosen = np.asarray(cases, dtype=np.int64)
        voltages = terminal_voltages(self.model, self.flows, chosen)
        return state_of(self.model, self.flows, voltages, chosen)

    def _keep(self, name: str, *arrays: FloatArray) -> None:
        for array in arrays:
            array.flags.writeable = False
        self._known[name] = arrays


def _chunks(n_case: int) -> list[slice]:
    """Slices of cases, so that the voltages of large networks are not all held at once."""
    return [slice(first, first + _CASES) for first in range(0, n_case, _CASES)]


def terminal_voltages(model: PortModel, flows: Flows, cases: slice | IntArray) -> ComplexArray:
    """Voltages (case, node, 4) of a, b, c, neutral to earth [V], NaN for unsolved cases."""
    equations = model.equations
    current = flows.into_network(cases)
    with one_blas_thread():
        unknowns = equations.no_load()[:, None] + equations.solve(flows.ports.terminals, current)
    return np.moveaxis(equations.voltages(unknowns), 2, 0)


def _demand(
    customers: Customers, p_kw: npt.ArrayLike | None, q_kvar: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray]:
    """Both demands as (customer, case), checked."""
    if p_kw is None and q_kvar is None:
        return customers.p_kw[:, None], customers.q_kvar[:, None]
    given = [
        None if value is None else np.atleast_2d(np.asarray(value, dtype=np.float64))
        for value in (p_kw, q_kvar)
    ]
    shapes = {value.shape for value in given if value is not None}
    faults = [
        Fault(
            code="shape",
            where=name,
            what=f"has shape {value.shape}, the feeder has {len(customers)} customers",
            remedy="give (case, customer) in the order of feeder.customers.id",
        )
        for name, value in zip(("p_kw", "q_kvar"), given, strict=True)
        if value is not None and (value.ndim != 2 or value.shape[1] != len(customers))
    ]
    if len(shapes) > 1:
        faults.append(
            Fault(
                code="shape",
                where="q_kvar",
                what=f"shapes differ: {sorted(shapes)}",
                remedy="give equal shapes",
            )
        )
    faults += [
        Fault(
            code="not-finite",
            where=name,
            what="holds NaN or infinity",
            remedy="fill or drop those cases",
        )
        for name, value in zip(("p_kw", "q_kvar"), given, strict=True)
        if value is not None and not np.isfinite(value).all()
    ]
    if faults:
        raise InputError("solve", faults)
    shape = shapes.pop()
    p, q = (np.zeros(shape) if value is None else value for value in given)
    return p.T, q.T


def _customer_voltages(flows: Flows, n_customer: int) -> ComplexArray:
    """Voltages (case, customer, 3) [V], NaN where a customer is not connected."""
    voltages = np.full((flows.v.shape[1], n_customer, 3), np.nan + 0j)
    voltages[:, flows.ports.customer, flows.ports.phase] = flows.v.T
    return voltages


def _blank(values: FloatArray, good: BoolArray) -> FloatArray:
    """``values`` (case, ...) with NaN in the cases that are not good."""
    result: FloatArray = np.where(good.reshape(-1, *[1] * (values.ndim - 1)), values, np.nan)
    return result
