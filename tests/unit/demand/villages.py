"""A feeder with customers only: the forecast needs nothing else of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gridplan.network.customers import Customers
from gridplan.network.feeder import Feeder, Lines, Nodes, OutgoingCircuits, Source, Transformer


def customers_of(
    kinds: Sequence[str], p_kw: Sequence[float] | float = 1.0, q_kvar: float = 0.0
) -> Customers:
    """One customer per kind, named H0, H1, ..., on phases a, b, c in turn."""
    count = len(kinds)
    share = np.eye(3)[np.arange(count) % 3]
    names = np.array([f"H{number}" for number in range(count)])
    nothing = np.zeros(count)
    return Customers(
        id=names,
        node=np.zeros(count, dtype=int),
        p_share=share,
        q_share=share,
        wiring=["wye"] * count,
        kind=np.array(kinds),
        p_kw=np.broadcast_to(np.asarray(p_kw, dtype=float), (count,)),
        q_kvar=np.full(count, q_kvar),
        const_z=nothing,
        const_i=nothing,
        unit=np.arange(count),
        unit_names=names,
        may_move=np.ones(count, dtype=bool),
        phase_confidence=np.ones(count),
        priority=np.zeros(count, dtype=bool),
        meter_a=np.full(count, np.nan),
        table=np.full(count, "load"),
        row=np.arange(count),
    )


def feeder_of(customers: Customers, name: str = "village") -> Feeder:
    """A transformer whose busbar feeds the customers directly."""
    one, no = np.zeros(1), np.zeros(0)
    text = np.zeros(0, dtype=str)
    matrix = np.zeros((0, 3, 3), dtype=complex)
    index = np.zeros(0, dtype=int)
    return Feeder(
        name=name,
        nodes=Nodes(
            name=np.array(["bus"]),
            bus=np.zeros(1, dtype=int),
            nominal_v=one + 230.9,
            parent_line=np.array([-1]),
            x=one,
            y=one,
            wires=np.array([[True, True, True, False]]),
        ),
        lines=Lines(
            name=text,
            std_type=text,
            row=index,
            from_node=index,
            to_node=index,
            length_m=no,
            z_ohm=matrix,
            y_s=matrix,
            wires=np.ones((0, 3), dtype=bool),
            neutral_open=np.zeros(0, dtype=bool),
            ampacity_a=no,
            neutral_ampacity_a=no,
            section=text,
            circuit=index,
        ),
        circuits=OutgoingCircuits(name=text, protection_a=no, rcd_ma=no, leakage_ma=no),
        transformer=Transformer(
            name="T",
            std_type="S9-30",
            hv_node=0,
            lv_node=0,
            sn_kva=30,
            vn_hv_kv=10,
            vn_lv_kv=0.4,
            vector_group="Yyn0",
            shift_degree=0,
            vk_percent=4,
            vkr_percent=2,
            vk0_percent=40,
            vkr0_percent=12,
            mag0_percent=0,
            mag0_rx=0,
            si0_hv_partial=0,
            pfe_kw=0.1,
            i0_percent=1,
        ),
        source=Source(node=0, vm_pu=1, va_degree=0, z1_ohm=0j, z2_ohm=0j, z0_ohm=0j),
        customers=customers,
    )
