"""Make ``networks/kerber-dorf`` and its register: Kerber's village network with single-phase homes.

Cables, lengths and the places of the 57 homes are those of pandapower's ``create_kerber_dorfnetz``;
transformer, phases, roles and zero sequence are invented; see the README beside the network.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pandapower.networks as ppn
from foreign_homes import deal, home
from returnee_register import Habits, write_register
from sample_net import (
    Conductor,
    Customer,
    Node,
    SampleNet,
    Span,
    Supply,
    nameplate,
    write_network,
)
from village_customers import output_root

NAME = "kerber-dorf"
SEED = 2011
#: 57 homes, dealt to phases and roles at random in these numbers, an assumption.
PHASES = {"a": 24, "b": 19, "c": 14}
ROLES = {"r": 18, "v": 22, "e": 17}
#: Four-core cable whose neutral has the section of a phase: r0 = r + 3 r_n = 4 r, and x0 likewise.
ZERO_SEQUENCE_RATIO = 4.0


def make(rng: np.random.Generator) -> tuple[SampleNet, list[str]]:
    """The network and the role of every customer."""
    # pandapower draws the type of each house connection from the interpreter's own generator
    random.seed(SEED)
    net = ppn.create_kerber_dorfnetz()
    names = net.bus["name"].to_dict()
    low_voltage = [bus for bus in net.bus.index if bus != net.trafo.at[0, "hv_bus"]]
    nodes = [Node(name=names[net.trafo.at[0, "hv_bus"]], vn_kv=10.0)]
    nodes += [Node(name=names[bus]) for bus in low_voltage]
    phases, roles = deal(PHASES, rng), deal(ROLES, rng)
    customers = _customers([names[bus] for bus in net.load["bus"]], phases, roles)
    sample = SampleNet(
        name=NAME,
        nodes=nodes,
        spans=_spans(net, {customer.node for customer in customers}),
        customers=customers,
        nameplate=nameplate("S11-160/10 Dyn11"),
        # 10 kV line of a few kilometres, an assumption; Dyn hides the source's zero sequence
        supply=Supply(s_sc_mva=120.0, rx=0.5, x0x=1.0, r0x0=0.5),
    )
    return sample, roles


def _spans(net: ppn.pandapowerNet, homes: set[str]) -> list[Span]:
    """The cables as pandapower has them, each on the circuit that its name counts."""
    names = net.bus["name"].to_dict()
    spans = []
    for row in net.line.itertuples():
        kind = Conductor(
            std_type=row.std_type,
            r_ohm_per_km=row.r_ohm_per_km,
            x_ohm_per_km=row.x_ohm_per_km,
            r0_ohm_per_km=ZERO_SEQUENCE_RATIO * row.r_ohm_per_km,
            x0_ohm_per_km=ZERO_SEQUENCE_RATIO * row.x_ohm_per_km,
            max_i_ka=row.max_i_ka,
            neutral_max_i_ka=row.max_i_ka,
            c_nf_per_km=row.c_nf_per_km,
            c0_nf_per_km=row.c_nf_per_km,
            kind="cs",
        )
        spans.append(
            Span(
                name=row.name,
                from_node=names[row.from_bus],
                to_node=names[row.to_bus],
                length_m=row.length_km * 1e3,
                conductor=kind,
                section="service" if names[row.to_bus] in homes else "main",
                outgoing_circuit=f"F{row.name.rsplit('_', 2)[1]}",
            )
        )
    return spans


def _customers(places: list[str], phases: list[str], roles: list[str]) -> list[Customer]:
    rows = zip(places, phases, roles, strict=True)
    return [
        home(f"KD{number:03d}", place, phase, role)
        for number, (place, phase, role) in enumerate(rows, start=1)
    ]


def main(root: Path) -> None:
    """Write the network and the register below ``root``."""
    rng = np.random.default_rng(SEED)
    sample, roles = make(rng)
    write_network(sample, root)
    habits = Habits(persons=None, resident_share=0.4, refusal_share=0.5, unknown_share=0.2)
    homes = [(c.customer_id, role) for c, role in zip(sample.customers, roles, strict=True)]
    write_register(NAME, homes, habits, rng, root)


if __name__ == "__main__":
    main(output_root(__doc__))
