"""Make ``networks/enwl-2-4`` and ``networks/enwl-5-3`` and their registers.

Real feeders of Electricity North West: lines, line codes, places and phases of the homes are as
published; transformer rating, ampacities, roles and returning people are invented; see the READMEs.
"""

from __future__ import annotations

import argparse
import math
import re
import shutil
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from foreign_homes import deal, home
from returnee_register import Habits, write_register
from sample_net import (
    ROOT,
    Conductor,
    Customer,
    Node,
    SampleNet,
    Span,
    Supply,
    nameplate,
    write_network,
)

HV_KV, LV_KV = 11.0, 0.416
SOURCE_BUS = "SourceBus"
PHASE_OF_NODE = {"1": "a", "2": "b", "3": "c"}
SQUARE_INCH_MM2 = 645.16

#: Ampacity [A] of a buried 25 mm2 cable by material, and the exponent of its growth with the
#: section. Both follow the catalogue's YJV22 and YJLV22 cables (GB 50217-2018, 25 to 240 mm2)
#: within 3 %; that they fit the feeders' paper cables is an assumption (the data have none).
AMPACITY_25_A = {"Cu": 117.0, "Al": 91.0}
AMPACITY_EXPONENT = 0.56
#: Ohm mm2 / km: copper lies near 18, aluminium near 30.
COPPER_BELOW = 24.0
#: Thin cables that the data put at the head of a feeder (26 or 39 mm2 for a hundred homes):
#: the record is doubted, so their ampacity stays unknown and is not assessed.
DOUBTED_CODES = ("4c_.06", "4c_.06_UA", "5c_.04")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is invented for one feeder."""

    network: int
    feeder: int
    nameplate: str
    roles: Mapping[str, int]
    seed: int

    @property
    def name(self) -> str:
        """Name of the sample network."""
        return f"enwl-{self.network}-{self.feeder}"


CHOICES = (
    Choice(
        network=2,
        feeder=4,
        nameplate="S11-160/10 Dyn11",
        roles={"r": 30, "v": 26, "e": 59},
        seed=24,
    ),
    Choice(
        network=5,
        feeder=3,
        nameplate="S11-160/10 Dyn11",
        roles={"r": 32, "v": 28, "e": 96},
        seed=53,
    ),
)


def read_elements(path: Path) -> list[dict[str, str]]:
    """One dict per ``New Class.name key=value ...`` line, keys in lower case."""
    elements = []
    for line in path.read_text(encoding="utf-8").splitlines():
        match = re.match(r"New\s+\w+\.(\S+)\s+(.*)", line.strip(), flags=re.IGNORECASE)
        if match:
            pairs = dict(re.findall(r"(\w+)=(\[[^\]]*\]|\S+)", match[2]))
            elements.append({"name": match[1], **{k.lower(): v for k, v in pairs.items()}})
    return elements


def section_mm2(code: str) -> float:
    """Metallic section in the name of a line code: mm2, or square inches where below 1."""
    size = re.match(r"(?:\dc_)?(\d*\.?\d+)", code)
    if size is None:
        raise ValueError(f"line code {code} names no section")
    number = float(size[1])
    return number * SQUARE_INCH_MM2 if number < 1.0 else number


def ampacity_a(code: str, r_ohm_per_km: float) -> float:
    """Ampacity [A] of a line code in whole amperes, NaN where the code is doubted."""
    if code in DOUBTED_CODES:
        return math.nan
    section = section_mm2(code)
    material = "Cu" if r_ohm_per_km * section < COPPER_BELOW else "Al"
    return round(AMPACITY_25_A[material] * (section / 25.0) ** AMPACITY_EXPONENT)


def conductors(path: Path) -> dict[str, Conductor]:
    """Line codes by name; the neutral is taken to carry what a phase carries."""
    kinds = {}
    for code in read_elements(path):
        ampacity_ka = ampacity_a(code["name"], float(code["r1"])) / 1e3
        kinds[code["name"]] = Conductor(
            std_type=code["name"],
            r_ohm_per_km=float(code["r1"]),
            x_ohm_per_km=float(code["x1"]),
            r0_ohm_per_km=float(code["r0"]),
            x0_ohm_per_km=float(code["x0"]),
            max_i_ka=ampacity_ka,
            neutral_max_i_ka=ampacity_ka,
            c_nf_per_km=float(code["c1"]),
            c0_nf_per_km=float(code["c0"]),
            kind="cs",
        )
    return kinds


def spans(folder: Path, kinds: Mapping[str, Conductor], homes: set[str]) -> list[Span]:
    """Lines as published, pointing away from the transformer; service is what feeds one home."""
    lines = read_elements(folder / "Lines.txt")
    children = defaultdict(list)
    for line in lines:
        children[line["bus1"]].append(line["bus2"])
    circuits = {
        line["bus2"]: f"F{number}"
        for number, line in enumerate((line for line in lines if line["bus1"] == "1"), start=1)
    }
    fed = {}
    order = ["1"]
    for bus in order:
        order.extend(children[bus])
        for child in children[bus]:
            circuits.setdefault(child, circuits.get(bus, ""))
    for bus in reversed(order):
        fed[bus] = (bus in homes) + sum(fed[child] for child in children[bus])
    return [
        Span(
            name=line["name"],
            from_node=line["bus1"],
            to_node=line["bus2"],
            length_m=float(line["length"]),
            conductor=kinds[line["linecode"]],
            section="service" if fed[line["bus2"]] == 1 else "main",
            outgoing_circuit=circuits[line["bus2"]],
        )
        for line in lines
    ]


def customers(folder: Path, name: str, roles: list[str]) -> list[Customer]:
    """The loads as published, each a home of its own."""
    rows = []
    prefix = name.upper().replace("-", "")
    for load, role in zip(read_elements(folder / "Loads.txt"), roles, strict=True):
        node, phase = load["bus1"].split(".")
        number = int(load["name"].removeprefix("LOAD"))
        rows.append(home(f"{prefix}-{number:03d}", node, PHASE_OF_NODE[phase], role))
    return rows


def supply(folder: Path) -> Supply:
    """The published short-circuit currents [A], with OpenDSS's default X1/R1 = 4 and X0/R0 = 3."""
    text = (folder / "Master.txt").read_text(encoding="utf-8")
    i3_a, i1_a = (float(re.search(rf"{key}=(\d+)", text)[1]) for key in ("ISC3", "ISC1"))
    phase_v = HV_KV * 1e3 / math.sqrt(3.0)
    r1 = phase_v / i3_a / math.hypot(1.0, 4.0)
    x1 = 4.0 * r1
    # |2 z1 + r0 (1 + 3j)| = 3 V / I1, solved for r0
    a, b = 10.0, 4.0 * r1 + 12.0 * x1
    c = 4.0 * (r1**2 + x1**2) - (3.0 * phase_v / i1_a) ** 2
    r0 = (-b + math.sqrt(b**2 - 4.0 * a * c)) / (2.0 * a)
    return Supply(
        s_sc_mva=math.sqrt(3.0) * HV_KV * i3_a / 1e3, rx=0.25, x0x=3.0 * r0 / x1, r0x0=1.0 / 3.0
    )


def make(choice: Choice, folder: Path, rng: np.random.Generator) -> tuple[SampleNet, list[str]]:
    """The network and the role of every customer."""
    roles = deal(choice.roles, rng)
    homes = customers(folder, choice.name, roles)
    lines = spans(folder, conductors(folder / "LineCode.txt"), {row.node for row in homes})
    names = ["1", *(span.to_node for span in lines)]
    # the off-load tap at +2.5 %: 416 V would hold 240 V at no load, above the limit of 235.4 V
    plate = replace(nameplate(choice.nameplate, vn_hv_kv=HV_KV, vn_lv_kv=LV_KV), tap_pos=1)
    sample = SampleNet(
        name=choice.name,
        nodes=[Node(name=SOURCE_BUS, vn_kv=HV_KV), *(Node(name=n, vn_kv=LV_KV) for n in names)],
        spans=lines,
        customers=homes,
        nameplate=plate,
        supply=supply(folder),
    )
    return sample, roles


def main() -> None:
    """Write both networks, their licence and their registers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("feeders", type=Path, help="folder with network_2, network_5 and LICENSE")
    parser.add_argument("--root", type=Path, default=ROOT, help="write below this folder")
    arguments = parser.parse_args()
    for choice in CHOICES:
        folder = arguments.feeders / f"network_{choice.network}" / f"feeder_{choice.feeder}"
        rng = np.random.default_rng(choice.seed)
        sample, roles = make(choice, folder, rng)
        path = write_network(sample, arguments.root)
        shutil.copyfile(arguments.feeders / "LICENSE", path.with_name("LICENSE"))
        habits = Habits(persons=None, resident_share=0.4, refusal_share=0.5, unknown_share=0.2)
        homes = [(c.customer_id, role) for c, role in zip(sample.customers, roles, strict=True)]
        write_register(choice.name, homes, habits, rng, arguments.root)


if __name__ == "__main__":
    main()
