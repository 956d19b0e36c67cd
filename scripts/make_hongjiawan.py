"""Make ``networks/hongjiawan`` and its register: 28 homes on a 30 kVA transformer.

The place and the work are those of a news story of 2015 (a 30 kVA transformer at Hongjiawan, its
phases balanced and 200 m of old conductor replaced by a crew of five in 3.5 hours, six days before
New Year's Eve). Everything else is invented after ordinary practice; see the network's README.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from returnee_register import Habits, write_register
from sample_net import SampleNet, Supply, nameplate, write_network
from village import MeterBox, Run, Village
from village_customers import Machine, MadeVillage, add_machine, home_customers, output_root

NAME = "hongjiawan"
SEED = 2015
LGJ_16 = "JL/G1A-16/3 4w"
LGJ_25 = "JL/G1A-25/4 3x25+1x16"
LATERAL_UNIT = "F1-L"

#: kW of a lived-in home on the Eve's evening in a village of 2015, an assumption; the standby draw
#: and the power factors are those of gridplan's household levels.
OCCUPIED_KW, OCCUPIED_PF = 0.85, 0.96
EMPTY_KW, EMPTY_PF = 0.03, 0.60

RUNS = (
    Run(
        circuit="F1",
        prefix="F1-P",
        from_node="LV",
        poles=10,
        span_m=40.0,
        heading_degree=0.0,
        types=((5, LGJ_25), (10, LGJ_16)),
        protection_a=63.0,
        rcd_ma=200.0,
    ),
    Run(
        circuit="F1",
        prefix="F1-L",
        from_node="F1-P06",
        poles=3,
        span_m=40.0,
        heading_degree=90.0,
        types=((3, LGJ_16),),
        section="lateral",
    ),
    Run(
        circuit="F2",
        prefix="F2-P",
        from_node="LV",
        poles=5,
        span_m=40.0,
        heading_degree=180.0,
        types=((5, LGJ_16),),
        protection_a=50.0,
        rcd_ma=100.0,
    ),
)


def _box(name: str, pole: str, wires: int, phases: str, roles: str, side: int) -> MeterBox:
    return MeterBox(
        name=name,
        pole=pole,
        circuit=pole[:2],
        wires=wires,
        phases=phases,
        roles=roles,
        side=side,
        drop_m=10.0,
        box_type="BLV 2x10",
        home_type="BLV 2x6",
        unit=LATERAL_UNIT if pole.startswith("F1-L") else "",
    )


BOXES = (
    _box("B1", "F1-P02", 4, "bbb", "rvv", 1),
    _box("B2", "F1-P04", 4, "aaa", "rrv", -1),
    _box("B3", "F1-P05", 4, "bbb", "rve", 1),
    _box("B4", "F1-P07", 2, "ccc", "rve", -1),
    _box("B5", "F1-P09", 2, "aaa", "rvv", 1),
    _box("B6", "F1-P10", 2, "bb", "ve", -1),
    _box("B7", "F1-L02", 2, "aaa", "rvv", 1),
    _box("B8", "F1-L03", 2, "aa", "rv", -1),
    _box("B9", "F2-P01", 4, "cc", "re", 1),
    _box("B10", "F2-P04", 4, "cc", "rv", -1),
    _box("B11", "F2-P05", 2, "bb", "vv", 1),
)
MACHINES = (
    Machine(node="mill", pole="F2-P03", kind="mill", heading_degree=90.0, power_factor=0.80),
    Machine(node="pump", pole="F1-P08", kind="pump", heading_degree=270.0, power_factor=0.82),
)


def make() -> MadeVillage:
    """The village and its homes with their roles."""
    village = Village()
    for run in RUNS:
        village.add_run(run)
    for box in BOXES:
        village.add_box(box)
    occupied, empty = (OCCUPIED_KW, OCCUPIED_PF), (EMPTY_KW, EMPTY_PF)
    demand = {"r": occupied, "v": occupied, "e": empty}
    # 5(30) A: a usual single-phase meter before the smart one; an assumption
    customers = home_customers(village.homes, prefix="HJW", demand=demand, meter_a=30.0)
    customers += [add_machine(village, machine, prefix="HJW") for machine in MACHINES]
    plate = replace(
        nameplate("S9-30/10 Yyn0"),
        vk0_percent=40.0,
        vkr0_percent=12.0,
        tap_min=-1,
        tap_max=1,
        tap_step_percent=5.0,
    )
    sample = SampleNet(
        name=NAME,
        nodes=village.nodes,
        spans=village.spans,
        customers=customers,
        nameplate=plate,
        # a long 10 kV line, an assumption; a Yyn0 transformer hides the zero sequence of the source
        supply=Supply(s_sc_mva=80.0, rx=0.7, x0x=1.0, r0x0=0.7, vm_pu=0.99),
    )
    return MadeVillage(sample=sample, homes=village.homes)


def main(root: Path) -> None:
    """Write the network and the register below ``root``."""
    made = make()
    write_network(made.sample, root)
    habits = Habits(
        persons=None,
        resident_share=0.5,
        refusal_share=1.0,
        unknown_share=0.15,
        all_there_on_eve=True,
    )
    write_register(NAME, made.roles(), habits, np.random.default_rng(SEED), root)


if __name__ == "__main__":
    main(output_root(__doc__))
