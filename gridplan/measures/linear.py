"""The linear model: every current as a sum over the choices of the units.

At the base point each customer is a constant current, ``i = conj(s(v0) / v0)`` with its ZIP shares.
Transformer currents and voltages are then linear in the choices ``x``:

    i_trafo = trafo0 + sum_c x_c current_c        v = e - Z sum_c x_c i_c

A unit that cannot move has a single choice.

The base point ``v0`` is the balanced state, in which every customer's demand is spread over the
three phases: no labelling is nearer to all good ones, and it has a solution wherever they have.
Cases without even that are linearised at the no-load voltages. Where the exact flows disagree, the
model is made again at the labelling that it led to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from gridplan.frozen import BoolArray, ComplexArray, FloatArray, IntArray
from gridplan.measures.units import MovableUnits
from gridplan.network.customers import Customers
from gridplan.powerflow.ports import PortModel
from gridplan.powerflow.solver import solve_flows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearModel:
    """Currents of all choices on some cases.

    Attributes
    ----------
    e_v : complex (site,) -- no-load voltages [V]
    z_ohm : complex (site, site)
    site_current_a : complex (choice, site, case) -- load current that a choice draws at each site
    trafo_a : complex (choice, 3, case) -- LV line currents of the transformer per choice
    trafo0_a : complex (3,) -- the same without load
    """

    e_v: ComplexArray
    z_ohm: ComplexArray
    site_current_a: ComplexArray
    trafo_a: ComplexArray
    trafo0_a: ComplexArray

    def phase_currents(self, labelling: IntArray) -> ComplexArray:
        """LV line currents of the transformer (3, case) [A] with the choices (unit,)."""
        return np.asarray(self.trafo0_a[:, None] + self.trafo_a[labelling].sum(axis=0))


def spread_over_phases(customers: Customers) -> Customers:
    """The same customers with their demand spread equally over the three phases."""
    third = np.full((len(customers), 3), 1 / 3)
    return replace(customers, p_share=third, q_share=third)


def balanced_voltages(
    model: PortModel, customers: Customers, p_kw: FloatArray, q_kvar: FloatArray
) -> tuple[ComplexArray, BoolArray]:
    """Site voltages (site, case) [V] of the balanced state, and whether it has a solution (case,).

    Cases without one get the no-load voltages.
    """
    flows = solve_flows(model, spread_over_phases(customers), p_kw, q_kvar)
    v = np.repeat(model.e_v[:, None], p_kw.shape[1], axis=1)
    v[np.ix_(flows.ports.site, flows.converged)] = flows.v[:, flows.converged]
    return v, flows.converged


def labelled_voltages(
    model: PortModel, customers: Customers, p_kw: FloatArray, q_kvar: FloatArray
) -> ComplexArray:
    """Site voltages (site, case) [V] with customers on their phases; no-load ones if unsolved."""
    flows = solve_flows(model, customers, p_kw, q_kvar)
    drop = model.z_ohm[:, flows.ports.site] @ np.where(flows.converged, flows.i, 0)
    return np.asarray(model.e_v[:, None] - drop)


def zip_factor(customers: Customers, who: IntArray, v_pu: FloatArray) -> FloatArray:
    """Demand at voltages ``v_pu`` (entry, case) over the demand at nominal voltage."""
    z, i = customers.const_z[who, None], customers.const_i[who, None]
    return np.asarray((1 - z - i) + i * v_pu + z * v_pu**2)


def linear_model(
    model: PortModel,
    customers: Customers,
    units: MovableUnits,
    p_kw: FloatArray,
    q_kvar: FloatArray,
    *,
    base: Customers | None = None,
) -> LinearModel:
    """Build the linear model of some cases (customer, case).

    The base point is the balanced state, or the state with the customers on the phases of ``base``.
    """
    drawn = list(_drawn(model, customers, units, p_kw, q_kvar, base))
    sites = np.zeros((len(drawn), len(model.e_v), p_kw.shape[1]), dtype=np.complex128)
    for choice, (site, current) in enumerate(drawn):
        np.add.at(sites[choice], site, current)
    trafo = np.einsum("fs,nsc->nfc", model.trafo_a, sites)
    return LinearModel(
        e_v=model.e_v,
        z_ohm=model.z_ohm,
        site_current_a=sites,
        trafo_a=trafo,
        trafo0_a=model.trafo0_a,
    )


def choice_currents(
    model: PortModel,
    customers: Customers,
    units: MovableUnits,
    p_kw: FloatArray,
    q_kvar: FloatArray,
    *,
    base: Customers | None = None,
) -> ComplexArray:
    """Only the transformer's currents of the linear model: complex (choice, 3, case) [A]."""
    drawn = _drawn(model, customers, units, p_kw, q_kvar, base)
    return np.array([model.trafo_a[:, site] @ current for site, current in drawn])


def _drawn(
    model: PortModel,
    customers: Customers,
    units: MovableUnits,
    p_kw: FloatArray,
    q_kvar: FloatArray,
    base: Customers | None,
) -> Iterator[tuple[IntArray, ComplexArray]]:
    """Sites and currents (entry, case) [A] of each choice at the base point's voltages."""
    if base is None:
        v0, _ = balanced_voltages(model, customers, p_kw, q_kvar)
    else:
        v0 = labelled_voltages(model, base, p_kw, q_kvar)
    nominal = model.feeder.nodes.nominal_v[model.site_node]
    for choice in range(len(units.choice_unit)):
        who, conductor, site = units.entries(customers, model.customer_site, choice)
        at = v0[site]
        s_va = 1e3 * (
            p_kw[who] * customers.p_share[who, conductor][:, None]
            + 1j * q_kvar[who] * customers.q_share[who, conductor][:, None]
        )
        weight = zip_factor(customers, who, np.abs(at) / nominal[site, None])
        yield site, np.conj(s_va * weight / at)


def loss_form(model: PortModel, linear: LinearModel) -> FloatArray:
    """Mean losses as a quadratic form G (choice, choice) [kW]: the sum over all pairs of choices.

    Losses of currents ``i`` behind the port impedance are Re(i^H Z i). No-load losses are left out:
    they do not depend on the labelling.
    """
    resistance = (model.z_ohm + model.z_ohm.conj().T) / 2
    n_choice, _, n_case = linear.site_current_a.shape
    flat = linear.site_current_a.reshape(n_choice, -1)
    dropped = np.einsum("st,ntc->nsc", resistance, linear.site_current_a).reshape(n_choice, -1)
    return np.asarray((flat.conj() @ dropped.T).real / (1e3 * n_case))
