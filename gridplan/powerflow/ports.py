"""Reduction of a feeder to its load ports.

Between loads a network is linear. With ``i`` the currents that the loads draw,

    v = e - Z i                   at the ports (a customer's node, one phase, to neutral)
    w = w0 + W i                  for the few other quantities that every case needs

so one factorisation of the whole network, whatever its number of nodes, serves every case and every
assignment of customers to phases: ``PortModel`` holds all three phases of every customer's node.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import SuperLU, splu

from gridplan.frozen import ComplexArray, FloatArray, IntArray
from gridplan.network.customers import Customers
from gridplan.network.feeder import Feeder
from gridplan.powerflow.components import line_admittance, to_phases, transformer_admittance

#: Columns solved at once: keeps the dense right-hand sides of large networks small.
_COLUMNS = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Circuit:
    """The factorised network: node voltages and the source's current for any load currents.

    Unknowns are the voltages (node, 3) and the source's currents (3,); carrying the latter as
    unknowns
    lets the source be ideal in one sequence and not in another.
    """

    n_node: int
    factors: SuperLU
    source: ComplexArray

    def solve(self, node: IntArray, phase: IntArray, current_a: ComplexArray) -> ComplexArray:
        """Response (unknown, case) to currents (port, case) drawn, the source short-circuited."""
        rhs = np.zeros((3 * self.n_node + 3, current_a.shape[1]), dtype=np.complex128)
        np.add.at(rhs, 3 * node + phase, -current_a)
        return self.factors.solve(rhs)

    def no_load(self) -> ComplexArray:
        """Unknowns (unknown,) without any load."""
        return self.factors.solve(self.source)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PortModel:
    """A feeder as seen from its customers.

    Attributes
    ----------
    feeder : the feeder that was reduced; its customers may be replaced by others on the same nodes
    circuit : the factorised network
    site_node, site_phase : int (site,) -- all three phases of every node with customers
    customer_site : int (customer, 3) -- the site of each phase of each customer
    e_v : complex (site,) -- no-load voltages, phase to neutral [V]
    z_ohm : complex (site, site) -- voltage drop per load current [ohm]
    bus0_v, bus_ohm : complex (3,), (3, site) -- LV busbar voltages: bus0_v - bus_ohm @ i
    trafo0_a, trafo_a : complex (3,), (3, site) -- LV line currents of the transformer: trafo0_a +
        trafo_a @ i
    feed0_v, feed_ohm, feed0_a, feed_a : the same for voltage and current at the source's node
    """

    feeder: Feeder
    circuit: Circuit
    site_node: IntArray
    site_phase: IntArray
    customer_site: IntArray
    e_v: ComplexArray
    z_ohm: ComplexArray
    bus0_v: ComplexArray
    bus_ohm: ComplexArray
    trafo0_a: ComplexArray
    trafo_a: ComplexArray
    feed0_v: ComplexArray
    feed_ohm: ComplexArray
    feed0_a: ComplexArray
    feed_a: ComplexArray

    def __repr__(self) -> str:
        return f"<PortModel {self.feeder.name}: {len(self.site_node)} sites>"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadPorts:
    """The ports that one assignment of customers to phases uses: one per customer and phase.

    Attributes
    ----------
    customer, phase, site : int (port,)
    p_share, q_share : float (port,) -- share of the customer's active and reactive power
    const_z, const_i : float (port, 1) -- share that is constant impedance / current
    nominal_v : float (port, 1) -- nominal phase voltage [V]
    e_v : complex (port, 1); z_ohm : complex (port, port)
    outputs0 : complex (12, 1), outputs : complex (12, port) -- busbar voltage, transformer current,
        source voltage, source current
    """

    customer: IntArray
    phase: IntArray
    site: IntArray
    p_share: FloatArray
    q_share: FloatArray
    const_z: FloatArray
    const_i: FloatArray
    nominal_v: FloatArray
    e_v: ComplexArray
    z_ohm: ComplexArray
    outputs0: ComplexArray
    outputs: ComplexArray

    def power_va(self, p_kw: FloatArray, q_kvar: FloatArray) -> ComplexArray:
        """Complex power at nominal voltage (port, case) [VA] of demands (customer, case)."""
        power = np.empty((len(self.customer), p_kw.shape[1]), dtype=np.complex128)
        power.real = p_kw[self.customer] * (1e3 * self.p_share[:, None])
        power.imag = q_kvar[self.customer] * (1e3 * self.q_share[:, None])
        return power


def factorise(feeder: Feeder) -> Circuit:
    """Admittance matrix of the network with the source's equations, factorised by sparse LU."""
    n_node = len(feeder.nodes)
    series, half_shunt = line_admittance(feeder.lines)
    ends = np.stack([feeder.lines.from_node, feeder.lines.to_node], axis=1)
    own_block = series + half_shunt
    blocks = np.block([[own_block, -series], [-series, own_block]])
    trafo = feeder.transformer
    ends = np.concatenate([ends, [[trafo.hv_node, trafo.lv_node]]])
    blocks = np.concatenate([blocks, transformer_admittance(trafo)[None]])
    unknowns = (3 * ends[:, :, None] + np.arange(3)).reshape(-1, 6)
    rows = np.repeat(unknowns, 6, axis=1).ravel()
    columns = np.tile(unknowns, (1, 6)).ravel()

    source = feeder.source
    at = 3 * source.node + np.arange(3)
    extra = 3 * n_node + np.arange(3)
    internal = to_phases(np.array([source.z0_ohm, source.z1_ohm, source.z2_ohm]))
    rows = np.concatenate([rows, at, extra, np.repeat(extra, 3)])
    columns = np.concatenate([columns, extra, at, np.tile(extra, 3)])
    values = np.concatenate([blocks.ravel(), -np.ones(3), np.ones(3), internal.ravel()])
    size = 3 * n_node + 3
    matrix = sparse.csc_matrix((values, (rows, columns)), shape=(size, size))

    emf = np.zeros(size, dtype=np.complex128)
    angles = np.deg2rad(source.va_degree + np.array([0.0, -120.0, 120.0]))
    emf[extra] = source.vm_pu * feeder.nodes.nominal_v[source.node] * np.exp(1j * angles)
    return Circuit(n_node=n_node, factors=splu(matrix), source=emf)


def build_ports(feeder: Feeder) -> PortModel:
    """Reduce a feeder to all three phases of its customers' nodes."""
    circuit = factorise(feeder)
    nodes = np.unique(feeder.customers.node)
    site_node, site_phase = np.repeat(nodes, 3), np.tile(np.arange(3), len(nodes))
    customer_site = 3 * np.searchsorted(nodes, feeder.customers.node)[:, None] + np.arange(3)

    trafo, source = feeder.transformer, feeder.source
    bus = 3 * trafo.lv_node + np.arange(3)
    ends = np.concatenate([3 * trafo.hv_node + np.arange(3), bus])
    into_lv = transformer_admittance(trafo)[3:]
    feed_v = 3 * source.node + np.arange(3)
    feed_a = 3 * len(feeder.nodes) + np.arange(3)
    sites = 3 * site_node + site_phase
    wanted = np.concatenate([sites, bus, ends, feed_v, feed_a])

    rest = circuit.no_load()[wanted]
    response = np.empty((len(wanted), len(sites)), dtype=np.complex128)
    for first in range(0, len(sites), _COLUMNS):
        part = slice(first, first + _COLUMNS)
        unit = np.eye(len(site_node[part]), dtype=np.complex128)
        response[:, part] = circuit.solve(site_node[part], site_phase[part], unit)[wanted]
    cuts = np.cumsum([len(sites), 3, 6, 3])
    e_v, bus0_v, ends0_v, feed0_v, feed0_a = np.split(rest, cuts)
    z, bus_z, ends_z, feed_z, feed_i = np.split(response, cuts)
    return PortModel(
        feeder=feeder,
        circuit=circuit,
        site_node=site_node,
        site_phase=site_phase,
        customer_site=customer_site,
        e_v=e_v,
        z_ohm=-z,
        bus0_v=bus0_v,
        bus_ohm=-bus_z,
        trafo0_a=-into_lv @ ends0_v,
        trafo_a=-into_lv @ ends_z,
        feed0_v=feed0_v,
        feed_ohm=-feed_z,
        feed0_a=feed0_a,
        feed_a=feed_i,
    )


def load_ports(model: PortModel, customers: Customers) -> LoadPorts:
    """Select the ports of one assignment of customers to phases: nothing is factorised again."""
    customer, phase = np.nonzero(customers.connected)
    site = model.customer_site[customer, phase]
    outputs0 = np.concatenate([model.bus0_v, model.trafo0_a, model.feed0_v, model.feed0_a])
    outputs = np.concatenate([-model.bus_ohm, model.trafo_a, -model.feed_ohm, model.feed_a])
    return LoadPorts(
        customer=customer,
        phase=phase,
        site=site,
        p_share=customers.p_share[customer, phase],
        q_share=customers.q_share[customer, phase],
        const_z=customers.const_z[customer, None],
        const_i=customers.const_i[customer, None],
        nominal_v=model.feeder.nodes.nominal_v[model.site_node[site]][:, None],
        e_v=model.e_v[site][:, None],
        z_ohm=np.ascontiguousarray(model.z_ohm[np.ix_(site, site)]),
        outputs0=outputs0[:, None],
        outputs=np.ascontiguousarray(outputs[:, site]),
    )
