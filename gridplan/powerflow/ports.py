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

from gridplan.frozen import ComplexArray, FloatArray, IntArray
from gridplan.network.customers import Customers
from gridplan.network.feeder import Feeder
from gridplan.powerflow.components import transformer_admittance
from gridplan.powerflow.equations import Equations, branch_voltages, factorise
from gridplan.powerflow.floating import FLOATING_S
from gridplan.powerflow.paths import parent_nodes
from gridplan.powerflow.terminals import ABSENT, branch_terminals
from gridplan.powerflow.threads import one_blas_thread

#: Columns solved at once: keeps the dense right-hand sides of large networks small.
_COLUMNS = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PortModel:
    """A feeder as seen from its customers.

    A site is one branch at a node with customers: a phase to the neutral, a pair of phases, or a
    phase to earth, as its customers are wired. All three branches are there, used or not; those
    that lack a conductor have their nominal voltage and no impedance.

    Attributes
    ----------
    feeder : the feeder that was reduced; its customers may be replaced by others on the same nodes
        with the same wiring
    equations : the factorised network
    site_node, site_phase : int (site,) -- node, and phase or branch (0 ab, 1 bc, 2 ca)
    site_terminals : int (site, 2) -- terminals between which it stands
    customer_site : int (customer, 3) -- the site of each branch of each customer
    stand_in_s : float (site,) -- admittance in the equations that stands for loads [S]
    e_v : complex (site,) -- no-load voltages [V]
    z_ohm : complex (site, site) -- voltage drop per load current [ohm]
    bus0_v, bus_ohm : complex (3,), (3, site) -- voltages to neutral at the LV busbar, without
        transformer at the source's node: bus0_v - bus_ohm @ i
    trafo0_a, trafo_a : complex (3,), (3, site) -- LV line currents of the transformer, without one
        the source's: trafo0_a + trafo_a @ i
    feed0_v, feed_ohm, feed0_a, feed_a : the same for voltage and current at the source's node
    sink0_v, sink_ohm : complex (sink,), (sink, site) -- voltages to earth of conductors with a
        grounding or a shunt
    sink_s : complex (sink, sink) -- admittance of groundings and shunts between them [S]
    """

    feeder: Feeder
    equations: Equations
    site_node: IntArray
    site_phase: IntArray
    site_terminals: IntArray
    customer_site: IntArray
    stand_in_s: FloatArray
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
    sink0_v: ComplexArray
    sink_ohm: ComplexArray
    sink_s: ComplexArray

    def __repr__(self) -> str:
        return f"<PortModel {self.feeder.name}: {len(self.site_node)} sites>"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadPorts:
    """The ports that one assignment of customers to phases uses: one per customer and branch.

    Attributes
    ----------
    customer, phase, site, node : int (port,)
    parent : int (node,) -- the node before each node of the feeder, -1 at the roots
    terminals : int (port, 2)
    toward : float (3, port) -- what one ampere drawn takes from phases a, b, c
    p_share, q_share : float (port,) -- share of the customer's active and reactive power
    const_z, const_i : float (port, 1) -- share that is constant impedance / current
    stand_in_s : float (port, 1) -- what the network's equations count as drawn already [S]
    nominal_v : float (port, 1) -- nominal voltage between its terminals [V]
    e_v : complex (port, 1); z_ohm : complex (port, port)
    outputs0 : complex (12 + sink, 1), outputs : complex (12 + sink, port) -- busbar voltage,
        transformer current, source voltage, source current, voltages at sinks
    sink_s : complex (sink, sink) -- see ``PortModel``
    """

    customer: IntArray
    phase: IntArray
    site: IntArray
    node: IntArray
    parent: IntArray
    terminals: IntArray
    toward: FloatArray
    p_share: FloatArray
    q_share: FloatArray
    const_z: FloatArray
    const_i: FloatArray
    stand_in_s: FloatArray
    nominal_v: FloatArray
    e_v: ComplexArray
    z_ohm: ComplexArray
    outputs0: ComplexArray
    outputs: ComplexArray
    sink_s: ComplexArray

    def power_va(self, p_kw: FloatArray, q_kvar: FloatArray) -> ComplexArray:
        """Complex power at nominal voltage (port, case) [VA] of demands (customer, case)."""
        power = np.empty((len(self.customer), p_kw.shape[1]), dtype=np.complex128)
        power.real = p_kw[self.customer] * (1e3 * self.p_share[:, None])
        power.imag = q_kvar[self.customer] * (1e3 * self.q_share[:, None])
        return power


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sites:
    """Branches of the customers' nodes; see ``PortModel``."""

    node: IntArray
    phase: IntArray
    terminals: IntArray
    customer: IntArray


def _sites(customers: Customers, terminals: IntArray) -> _Sites:
    """Three branches for every node and every wiring that its customers have."""
    keys = list(zip(customers.node.tolist(), customers.wiring.tolist(), strict=True))
    places = {key: number for number, key in enumerate(sorted(set(keys)))}
    nodes = np.array([node for node, _ in places], dtype=np.int64)
    pairs = np.empty((len(places), 3, 2), dtype=np.int64)
    for (node, wiring), number in places.items():
        pairs[number] = branch_terminals(terminals[node : node + 1], wiring)[0]
    return _Sites(
        node=np.repeat(nodes, 3),
        phase=np.tile(np.arange(3), len(places)),
        terminals=pairs.reshape(-1, 2),
        customer=3 * np.array([places[key] for key in keys])[:, None] + np.arange(3),
    )


def build_ports(feeder: Feeder, *, moves: bool = True) -> PortModel:
    """Reduce a feeder to all three branches of its customers' nodes.

    Without ``moves`` only to those that its customers are on, in a third of the time; the others
    then count like branches that lack a conductor.
    """
    with one_blas_thread():
        return _build_ports(feeder, moves)


def _build_ports(feeder: Feeder, moves: bool) -> PortModel:
    equations = factorise(feeder)
    sites = _sites(feeder.customers, equations.terminals)
    n_site, usable = len(sites.node), sites.terminals[:, 0] != ABSENT
    if not moves:
        usable &= np.isin(np.arange(n_site), sites.customer[feeder.customers.connected])
    stand_in = np.zeros(n_site)
    np.add.at(stand_in, sites.customer[equations.floating], FLOATING_S)

    sinks, sink_s = _sinks(feeder, equations.terminals)
    rest = _observed(feeder, equations, sites, sinks, equations.no_load()[:, None])
    response = np.zeros((len(rest), n_site), dtype=np.complex128)
    columns = np.flatnonzero(usable)
    for first in range(0, len(columns), _COLUMNS):
        part = columns[first : first + _COLUMNS]
        unit = np.eye(len(part), dtype=np.complex128)
        solved = equations.solve(sites.terminals[part], unit)
        response[:, part] = _observed(feeder, equations, sites, sinks, solved)
    rest[:n_site, 0][~usable] = feeder.nodes.nominal_v[sites.node[~usable]]
    response[:n_site][~usable] = 0
    cuts = np.cumsum([n_site, 3, 3, 3, 3])
    e_v, bus0_v, trafo0_a, feed0_v, feed0_a, sink0_v = np.split(rest[:, 0], cuts)
    z, bus_z, trafo_i, feed_z, feed_i, sink_z = np.split(response, cuts)
    for drop in (z, bus_z, feed_z, sink_z):
        np.negative(drop, out=drop)
    return PortModel(
        feeder=feeder,
        equations=equations,
        site_node=sites.node,
        site_phase=sites.phase,
        site_terminals=sites.terminals,
        customer_site=sites.customer,
        stand_in_s=stand_in,
        e_v=e_v,
        z_ohm=z,
        bus0_v=bus0_v,
        bus_ohm=bus_z,
        trafo0_a=trafo0_a,
        trafo_a=trafo_i,
        feed0_v=feed0_v,
        feed_ohm=feed_z,
        feed0_a=feed0_a,
        feed_a=feed_i,
        sink0_v=sink0_v,
        sink_ohm=sink_z,
        sink_s=sink_s,
    )


def _observed(
    feeder: Feeder,
    equations: Equations,
    sites: _Sites,
    sinks: IntArray,
    unknowns: ComplexArray,
) -> ComplexArray:
    """What ``PortModel`` keeps of the unknowns (row, case), in its order."""
    terminals, n_terminal = equations.terminals, equations.n_terminal
    voltages = equations.voltages(unknowns)[[feeder.busbar, feeder.source.node]]
    to_neutral = voltages[:, :3] - voltages[:, 3:]
    feed_a = unknowns[n_terminal:]
    trafo_a = feed_a
    if feeder.transformer is not None:
        trafo = feeder.transformer
        ends = np.concatenate([terminals[trafo.hv_node, :3], terminals[trafo.lv_node]])
        at_ends = np.stack([ends, np.full(7, -1)], axis=1)
        into_lv = transformer_admittance(trafo)[3:6]
        trafo_a = -into_lv @ branch_voltages(unknowns, n_terminal, at_ends)
    site_v = branch_voltages(unknowns, n_terminal, sites.terminals)
    parts = [site_v, to_neutral[0], trafo_a, to_neutral[1], feed_a, unknowns[sinks]]
    return np.concatenate(parts)


def _sinks(feeder: Feeder, terminals: IntArray) -> tuple[IntArray, ComplexArray]:
    """Conductors with a grounding or a shunt (sink,), and the admittance between them [S]."""
    grounds, shunts = feeder.groundings, feeder.shunts
    finite = grounds.z_ohm != 0
    at = [terminals[node, 3:] for node in grounds.node[finite]]
    blocks = [np.array([[1 / z]]) for z in grounds.z_ohm[finite]]
    at += [terminals[node] for node in shunts.node]
    blocks += list(shunts.y_s)
    sinks = np.unique([number for ends in at for number in ends if number >= 0]).astype(np.int64)
    admittance = np.zeros((len(sinks) + 1,) * 2, dtype=np.complex128)
    for ends, block in zip(at, blocks, strict=True):
        place = np.where(ends >= 0, np.searchsorted(sinks, ends), len(sinks))
        admittance[np.ix_(place, place)] += block
    return sinks, admittance[:-1, :-1]


def load_ports(model: PortModel, customers: Customers) -> LoadPorts:
    """Select the ports of one assignment of customers to phases: nothing is factorised again."""
    used = customers.connected | (model.stand_in_s[model.customer_site] != 0)
    customer, phase = np.nonzero(used)
    site = model.customer_site[customer, phase]
    delta = customers.wiring[customer] == "delta"
    toward = np.zeros((3, len(customer)))
    port = np.arange(len(customer))
    toward[phase, port] = 1
    toward[(phase[delta] + 1) % 3, port[delta]] = -1
    outputs0 = np.concatenate(
        [model.bus0_v, model.trafo0_a, model.feed0_v, model.feed0_a, model.sink0_v]
    )
    outputs = np.concatenate(
        [-model.bus_ohm, model.trafo_a, -model.feed_ohm, model.feed_a, -model.sink_ohm]
    )
    nominal_v = model.feeder.nodes.nominal_v[model.site_node[site]] * np.where(delta, 3**0.5, 1)
    return LoadPorts(
        customer=customer,
        phase=phase,
        site=site,
        node=model.site_node[site],
        parent=parent_nodes(model.feeder),
        terminals=model.site_terminals[site],
        toward=toward,
        p_share=customers.p_share[customer, phase],
        q_share=customers.q_share[customer, phase],
        const_z=customers.const_z[customer, None],
        const_i=customers.const_i[customer, None],
        stand_in_s=(model.stand_in_s[site] / np.bincount(site)[site])[:, None],
        nominal_v=nominal_v[:, None],
        e_v=model.e_v[site][:, None],
        z_ohm=np.ascontiguousarray(model.z_ohm[np.ix_(site, site)]),
        outputs0=outputs0[:, None],
        outputs=np.ascontiguousarray(outputs[:, site]),
        sink_s=model.sink_s,
    )
