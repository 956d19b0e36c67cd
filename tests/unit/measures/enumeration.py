"""All labellings of a small village at once, as cases on ports of all three phases."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

import gridplan as gp
from gridplan.measures.linear import spread_over_phases
from gridplan.powerflow.ports import build_ports, load_ports
from gridplan.powerflow.solver import port_flows


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
    n = len(ports.customer)
    own = replace(ports, customer=np.arange(n), p_share=np.ones(n), q_share=np.ones(n))
    p, q = (np.where(there, demand[ports.customer][:, None], 0.0) for demand in (p_kw, q_kvar))
    flows = port_flows(own, p, q)
    good = flows.converged
    return Labellings(
        phases=phases[good],
        worst_a=np.abs(flows.i_phase).max(axis=0)[good],
        neutral_a=flows.i_neutral_a[good],
        loss_kw=flows.loss_kw[good],
    )
