"""The linear equations of a whole network, factorised once.

Unknowns are the voltages of all terminals to earth and the three currents of the source; carrying
the latter as unknowns lets the source be ideal in one sequence and not in another. Every element
adds its primitive admittance between its terminals, so radial and meshed networks, three and four
wires, and any vector group are the same to what follows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import SuperLU, splu

from gridplan.frozen import BoolArray, ComplexArray, FloatArray, IntArray
from gridplan.network.feeder import Feeder
from gridplan.powerflow.components import line_admittance, to_phases, transformer_admittance
from gridplan.powerflow.floating import FLOATING_S, floating_branches, free_neutrals
from gridplan.powerflow.terminals import ABSENT, customer_terminals, node_terminals


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Equations:
    """The factorised network: terminal voltages and source currents for any load currents.

    Attributes
    ----------
    terminals : int (node, 4) -- number of each conductor, ``EARTH`` or ``ABSENT``
    n_terminal : number of unknown voltages; the source's currents follow them
    factors : sparse LU factors
    source : complex (unknown,) -- right-hand side of the source
    floating : bool (customer, 3) -- branches that ``FLOATING_S`` stands in for
    """

    terminals: IntArray
    n_terminal: int
    factors: SuperLU
    source: ComplexArray
    floating: BoolArray

    def solve(self, pairs: IntArray, current_a: ComplexArray) -> ComplexArray:
        """Response (unknown, case) to currents (port, case) from the first to the second terminal.

        ``pairs`` (port, 2) are terminals; the source is short-circuited.
        """
        size = self.n_terminal + 3
        n_port = len(pairs)
        number = np.tile(np.arange(n_port), 2)
        sign = np.repeat([-1.0, 1.0], n_port)
        terminal = pairs.T.ravel()
        kept = terminal >= 0
        inject = sparse.csr_matrix(
            (sign[kept], (terminal[kept], number[kept])), shape=(size, n_port)
        )
        return self.factors.solve(inject @ current_a)

    def no_load(self) -> ComplexArray:
        """Unknowns (unknown,) without any load."""
        return self.factors.solve(self.source)

    def voltages(self, unknowns: ComplexArray) -> ComplexArray:
        """Terminal voltages (node, 4, ...) to earth, NaN where a conductor is absent [V]."""
        known = unknowns[: self.n_terminal]
        padding = np.zeros((2, *known.shape[1:]), dtype=np.complex128)
        padding[0] = np.nan  # index -2 is ABSENT, -1 is EARTH
        voltages: ComplexArray = np.concatenate([known, padding])[self.terminals]
        return voltages


def branch_voltages(unknowns: ComplexArray, n_terminal: int, pairs: IntArray) -> ComplexArray:
    """Voltages (port, ...) between pairs (port, 2) of terminals, NaN where absent [V]."""
    known = unknowns[:n_terminal]
    padding = np.zeros((2, *known.shape[1:]), dtype=np.complex128)
    padding[0] = np.nan
    padded = np.concatenate([known, padding])
    voltages: ComplexArray = padded[pairs[:, 0]] - padded[pairs[:, 1]]
    return voltages


@dataclass(slots=True)
class _Stamps:
    """Entries of the matrix, block by block; entries of earth and absent conductors fall away."""

    rows: list[IntArray]
    columns: list[IntArray]
    values: list[ComplexArray]

    def add(self, rows: IntArray, columns: IntArray, blocks: ComplexArray) -> None:
        """Add blocks (element, i, j) at rows (element, i) and columns (element, j)."""
        row = np.broadcast_to(rows[:, :, None], blocks.shape).ravel()
        column = np.broadcast_to(columns[:, None, :], blocks.shape).ravel()
        kept = (row >= 0) & (column >= 0)
        self.rows.append(row[kept])
        self.columns.append(column[kept])
        self.values.append(blocks.ravel()[kept])

    def matrix(self, size: int) -> sparse.csc_matrix:
        """The sparse matrix (size, size)."""
        where = (np.concatenate(self.rows), np.concatenate(self.columns))
        return sparse.csc_matrix((np.concatenate(self.values), where), shape=(size, size))


def factorise(feeder: Feeder) -> Equations:
    """Set up and factorise the equations of a feeder."""
    terminals = node_terminals(feeder)
    n_terminal = int(terminals.max()) + 1
    stamps = _Stamps(rows=[], columns=[], values=[])
    _add_lines(stamps, feeder, terminals)
    if feeder.transformer is not None:
        trafo = feeder.transformer
        ends = np.concatenate([terminals[trafo.hv_node, :3], terminals[trafo.lv_node]])[None]
        stamps.add(ends, ends, transformer_admittance(trafo)[None])
    at = terminals[feeder.shunts.node]
    stamps.add(at, at, feeder.shunts.y_s)
    finite = feeder.groundings.z_ohm != 0
    at = terminals[feeder.groundings.node[finite], 3:]
    stamps.add(at, at, 1 / feeder.groundings.z_ohm[finite, None, None])
    floating = floating_branches(feeder)
    pairs = customer_terminals(terminals, feeder.customers)[floating]
    stand_in = FLOATING_S * np.array([[1, -1], [-1, 1]], dtype=np.complex128)
    stamps.add(pairs, pairs, np.broadcast_to(stand_in, (len(pairs), 2, 2)))
    explicit = feeder.lines.wires.shape[1] == 4
    at = terminals[free_neutrals(feeder), 3 if explicit else 0 : 4 if explicit else 3]
    anchor = np.full((at.shape[1],) * 2, FLOATING_S, dtype=np.complex128)
    stamps.add(at, at, np.broadcast_to(anchor, (len(at), *anchor.shape)))
    source = _add_source(stamps, feeder, terminals, n_terminal)
    return Equations(
        terminals=terminals,
        n_terminal=n_terminal,
        # the pattern is symmetric, so a symmetric ordering fills in least
        factors=splu(
            stamps.matrix(n_terminal + 3),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.01,
            options={"SymmetricMode": True},
        ),
        source=source,
        floating=floating,
    )


def line_terminals(feeder: Feeder, terminals: IntArray) -> IntArray:
    """Terminals (line, 2 wire) at both ends of every line, ``ABSENT`` where it lacks the wire."""
    lines = feeder.lines
    n_wire = lines.wires.shape[1]
    ends = [
        np.where(lines.wires, terminals[node, :n_wire], ABSENT)
        for node in (lines.from_node, lines.to_node)
    ]
    return np.concatenate(ends, axis=1)


def _add_lines(stamps: _Stamps, feeder: Feeder, terminals: IntArray) -> None:
    series, half_shunt = line_admittance(feeder.lines)
    own = series + half_shunt
    ends = line_terminals(feeder, terminals)
    stamps.add(ends, ends, np.block([[own, -series], [-series, own]]))


def _add_source(
    stamps: _Stamps, feeder: Feeder, terminals: IntArray, n_terminal: int
) -> ComplexArray:
    """Add the source's equations v + Z i = emf; returns the right-hand side (unknown,)."""
    source = feeder.source
    at = terminals[source.node, :3][None]
    extra = n_terminal + np.arange(3)[None]
    eye = np.eye(3, dtype=np.complex128)[None]
    internal = to_phases(np.array([source.z0_ohm, source.z1_ohm, source.z2_ohm]))[None]
    stamps.add(at, extra, -eye)
    stamps.add(extra, at, eye)
    stamps.add(extra, extra, internal)
    emf = np.zeros(n_terminal + 3, dtype=np.complex128)
    angles: FloatArray = np.deg2rad(source.va_degree + np.array([0.0, -120.0, 120.0]))
    emf[n_terminal:] = source.vm_pu * feeder.nodes.nominal_v[source.node] * np.exp(1j * angles)
    return emf
