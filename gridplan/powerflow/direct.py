"""``gp.solve``: power flows of bare cases, for those who bring their own loads."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gridplan.errors import Fault, InputError
from gridplan.frozen import BoolArray, ComplexArray, FloatArray
from gridplan.network.customers import Customers
from gridplan.network.feeder import Feeder
from gridplan.powerflow.ports import PortModel, build_ports
from gridplan.powerflow.residuals import kirchhoff_check
from gridplan.powerflow.results import PowerFlowResult
from gridplan.powerflow.solver import TOLERANCE_PU, Flows, solve_flows


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
        split by its
        stored phase shares; one case may be given as (customer,). Without both: the loads that the
        network
        file carries, one case. Without one of them it is 0.
    tolerance_pu : last step of the iteration at any customer, over the nominal voltage

    Returns
    -------
    PowerFlowResult
        Cases beyond the limit of solvability are NaN with ``converged`` False.

    Raises
    ------
    InputError
        When shapes do not fit or a number is not finite.
    """
    p, q = _demand(feeder.customers, p_kw, q_kvar)
    model = build_ports(feeder)
    flows = solve_flows(model, feeder.customers, p, q, tolerance_pu=tolerance_pu)
    residual = kirchhoff_check(feeder).residual_pu(flows.v, p, q)
    good = flows.converged
    return PowerFlowResult(
        node_names=feeder.nodes.name,
        nominal_v=feeder.nodes.nominal_v,
        customer_v=_customer_voltages(flows, len(feeder.customers)),
        i_transformer_a=_blank(np.abs(flows.i_phase).T, good),
        i_neutral_a=_blank(flows.i_neutral_a, good),
        loss_kw=_blank(flows.loss_kw, good),
        converged=good,
        residual_pu=_blank(residual.astype(np.float64), good),
        n_iter=flows.n_iter,
        node_voltages=lambda: node_voltages(model, flows),
    )


def node_voltages(model: PortModel, flows: Flows) -> FloatArray:
    """Voltage magnitude at every node (case, node, 3) [V], NaN for unsolved cases."""
    site = flows.ports.site
    currents = np.where(flows.converged, flows.i, 0)
    unknowns = model.circuit.no_load()[:, None] + model.circuit.solve(
        model.site_node[site], model.site_phase[site], currents
    )
    magnitude = np.abs(unknowns[:-3]).reshape(model.circuit.n_node, 3, -1).transpose(2, 0, 1)
    return _blank(magnitude, flows.converged)


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
