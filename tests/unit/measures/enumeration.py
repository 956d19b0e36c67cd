"""All labellings of a small village at once, as cases on ports of all three phases."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

import gridplan as gp
from gridplan.measures.linear import spread_over_phases
from gridplan.powerflow.ports import build_ports, load_ports
from gridplan.powerflow.solver import solve_ports


@dataclass
class Labellings:
    """Phases (labelling, customer) with a solution, worst phase and neutral [A], losses [kW]."""

    phases: np.ndarray
    worst_a: np.ndarray
    neutral_a: np.ndarray
    loss_kw: np.ndarray


def every_labelling(feeder: gp.Feeder, p_kw: np.ndarray, q_kvar: np.ndarray) -> Labellings:
    """Solve one case (customer,) on every assignment of single-phase customers to phases."""
    ports = load_ports(build_ports(feeder), spread_over_phases(feeder.customers))
    phases = np.array(list(itertools.product(range(3), repeat=len(p_kw))))
    there = ports.phase[:, None] == phases[:, ports.customer].T
    s_va = 1e3 * (p_kw + 1j * q_kvar)[ports.customer][:, None]
    solution = solve_ports(ports, np.where(there, s_va, 0))
    output = (ports.outputs0 + ports.outputs @ solution.i).reshape(4, 3, -1)
    current, feed_v, feed_a = output[1], output[2], output[3]
    drawn_va = (solution.v * solution.i.conj()).real.sum(axis=0)
    loss_kw = ((feed_v * feed_a.conj()).real.sum(axis=0) - drawn_va) / 1e3
    good = solution.converged
    return Labellings(
        phases=phases[good],
        worst_a=np.abs(current).max(axis=0)[good],
        neutral_a=np.abs(current.sum(axis=0))[good],
        loss_kw=loss_kw[good],
    )
