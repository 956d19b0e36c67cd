"""Make ``networks/wanfota`` and its register: 110 homes on 200 kVA, 166 returning people.

A village of 2021 along three streets, rebuilt once with covered conductors, its far ends still
thin. The meters were hung as the boxes went up, so phase a carries too many. All of it is invented;
see the network's README.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from returnee_register import Habits, write_register
from sample_net import SampleNet, Supply, nameplate, write_network
from village import MeterBox, Run, Village
from village_customers import Machine, MadeVillage, add_machine, home_customers, output_root

NAME = "wanfota"
SEED = 2021
RETURNING_PERSONS = 166
#: Homes by role, an assumption: a third lived in all year, the others empty outside the holiday.
ROLES = {"r": 30, "t": 4, "v": 38, "e": 38}

#: kW and power factor on a usual winter evening by role (gridplan's household levels, mid values; a
#: ten-kilowatt home at half of its level on the Eve).
DEMAND = {"r": (0.60, 0.93), "t": (2.0, 0.96), "v": (0.03, 0.60), "e": (0.03, 0.60)}

J35, J70, J95, J120 = (f"JKLYJ-1kV 4x{section}" for section in (35, 70, 95, 120))


def _street(
    circuit: str, poles: int, heading: float, types: tuple[tuple[int, str], ...], breaker_a: float
) -> Run:
    return Run(
        circuit=circuit,
        prefix=f"{circuit}-P",
        from_node="LV",
        poles=poles,
        span_m=40.0,
        heading_degree=heading,
        types=types,
        protection_a=breaker_a,
        rcd_ma=300.0,
    )


RUNS = (
    _street("F1", 12, 0.0, ((8, J120), (10, J70), (12, J35)), 250.0),
    _street("F2", 10, 180.0, ((8, J95), (10, J35)), 200.0),
    _street("F3", 8, 90.0, ((6, J70), (8, J35)), 160.0),
    Run(
        circuit="F3",
        prefix="F3-L",
        from_node="F3-P08",
        poles=3,
        span_m=40.0,
        heading_degree=45.0,
        types=((3, "JKLYJ-1kV 4x25"),),
        section="lateral",
    ),
)

#: Box, pole, wires, homes per phase, side of the street.
BOXES = (
    ("B01", "F1-P01", 4, "aaabbc", 1),
    ("B02", "F1-P02", 2, "aaaaaa", -1),
    ("B03", "F1-P04", 4, "aaabbbcc", 1),
    ("B04", "F1-P05", 2, "bbbbb", -1),
    ("B05", "F1-P07", 4, "aabccc", 1),
    ("B06", "F1-P08", 2, "aaaaaaa", -1),
    ("B07", "F1-P10", 2, "aaaa", 1),
    ("B08", "F1-P12", 4, "aaabbc", -1),
    ("B09", "F2-P02", 4, "aaabbccc", 1),
    ("B10", "F2-P04", 2, "cccccc", -1),
    ("B11", "F2-P06", 4, "aabbbbc", 1),
    ("B12", "F2-P07", 2, "bbbbbb", -1),
    ("B13", "F2-P09", 4, "aabcc", 1),
    ("B14", "F2-P10", 2, "cccc", -1),
    ("B15", "F3-P02", 4, "aaaabbbcc", 1),
    ("B16", "F3-P04", 2, "aaaaa", -1),
    ("B17", "F3-P06", 4, "aabbbcc", 1),
    ("B18", "F3-P08", 4, "aabbb", 1),
)
#: Boxes of the first round, whose phase records are old.
DOUBTFUL_BOXES = ("B12", "B17")

MACHINES = (
    Machine(
        node="shop",
        pole="F1-P03",
        kind="shop",
        heading_degree=270.0,
        power_factor=0.85,
        phase="b",
        p_kw=3.0,
        drop_type="BLV 2x16",
        meter_a=60.0,
    ),
    Machine(
        node="pump",
        pole="F2-P06",
        kind="pump",
        heading_degree=90.0,
        power_factor=0.82,
        p_kw=5.5,
    ),
    Machine(
        node="orchard-pump",
        pole="F3-L03",
        kind="pump",
        heading_degree=0.0,
        power_factor=0.82,
        p_kw=7.5,
    ),
)


def _boxes(rng: np.random.Generator) -> list[MeterBox]:
    """The boxes with roles dealt at random, the same shares everywhere."""
    dealt = rng.permutation([role for role, count in ROLES.items() for _ in range(count)])
    boxes, first = [], 0
    for name, pole, wires, phases, side in BOXES:
        roles = "".join(dealt[first : first + len(phases)])
        first += len(phases)
        boxes.append(
            MeterBox(
                name=name,
                pole=pole,
                circuit=pole[:2],
                wires=wires,
                phases=phases,
                roles=roles,
                side=side,
                drop_m=10.0,
                box_type="BLV 2x35" if wires == 2 else "JKLYJ-1kV 4x25",
                home_type="BLV 2x16",
            )
        )
    return boxes


def make(rng: np.random.Generator) -> MadeVillage:
    """The village and its homes with their roles."""
    village = Village()
    for run in RUNS:
        village.add_run(run)
    for box in _boxes(rng):
        village.add_box(box)
    customers = home_customers(
        village.homes, prefix="WFT", demand=DEMAND, meter_a=60.0, doubtful=DOUBTFUL_BOXES
    )
    customers += [add_machine(village, machine, prefix="WFT") for machine in MACHINES]
    sample = SampleNet(
        name=NAME,
        nodes=village.nodes,
        spans=village.spans,
        customers=customers,
        nameplate=nameplate("S13-200/10 Dyn11"),
        # 10 kV line of a few kilometres, an assumption
        supply=Supply(s_sc_mva=120.0, rx=0.5, x0x=1.0, r0x0=0.5),
    )
    return MadeVillage(sample=sample, homes=village.homes)


def main(root: Path) -> None:
    """Write the network and the register below ``root``."""
    rng = np.random.default_rng(SEED)
    made = make(rng)
    write_network(made.sample, root)
    habits = Habits(
        persons=RETURNING_PERSONS, resident_share=0.5, refusal_share=0.4, unknown_share=0.2
    )
    write_register(NAME, made.roles(), habits, rng, root)


if __name__ == "__main__":
    main(output_root(__doc__))
