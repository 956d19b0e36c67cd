"""The customers of an invented village: homes behind their boxes, machines at their poles."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sample_net import ROOT, Customer, SampleNet
from village import Home, Village

#: The kind that the network file gives to each role of village.MeterBox.
KIND = {"r": "resident", "v": "vacant", "e": "vacant", "t": "ten_kilowatt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A customer that is no home, on a drop of its own; idle unless ``p_kw`` is given."""

    node: str
    pole: str
    kind: str
    heading_degree: float
    power_factor: float
    phase: str = "abc"
    p_kw: float = 0.0
    drop_m: float = 15.0
    drop_type: str = "JKLYJ-1kV 4x16"
    meter_a: float = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeVillage:
    """A village's network and who lives where; homes are its first customers, in their order."""

    sample: SampleNet
    homes: Sequence[Home]

    def roles(self) -> list[tuple[str, str]]:
        """Customer number and role of every home."""
        pairs = zip(self.sample.customers, self.homes, strict=False)
        return [(customer.customer_id, home.role) for customer, home in pairs]


def home_customers(
    homes: Sequence[Home],
    *,
    prefix: str,
    demand: Mapping[str, tuple[float, float]],
    meter_a: float,
    doubtful: Sequence[str] = (),
) -> list[Customer]:
    """Customers of homes; ``demand`` gives kW and power factor per role.

    The phase record of ``doubtful`` boxes is of another decade: confidence 0.6 instead of 1.
    """
    customers = []
    for number, home in enumerate(homes, start=1):
        customer_id = f"{prefix}{number:03d}"
        p_kw, power_factor = demand[home.role]
        customers.append(
            Customer(
                customer_id=customer_id,
                node=home.node,
                phase=home.phase,
                kind=KIND[home.role],
                p_kw=p_kw,
                power_factor=power_factor,
                movable_unit=home.unit or customer_id,
                may_move=True,
                meter_a=meter_a,
                phase_confidence=0.6 if home.box in doubtful else 1.0,
            )
        )
    return customers


def add_machine(village: Village, machine: Machine, *, prefix: str) -> Customer:
    """Stand the machine beside its pole; it keeps its phases."""
    circuit = machine.pole[:2]
    offset = (machine.heading_degree, machine.drop_m)
    village.add_drop(machine.node, machine.pole, circuit, offset, machine.drop_type)
    customer_id = f"{prefix}-{machine.node}"
    return Customer(
        customer_id=customer_id,
        node=machine.node,
        phase=machine.phase,
        kind=machine.kind,
        p_kw=machine.p_kw,
        power_factor=machine.power_factor,
        movable_unit=customer_id,
        may_move=False,
        meter_a=machine.meter_a,
        const_z_percent=0.0,
    )


def output_root(description: str | None) -> Path:
    """The folder to write into, from the command line: by default the project's own."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--root", type=Path, default=ROOT, help="write below this folder")
    root: Path = parser.parse_args().root
    return root
