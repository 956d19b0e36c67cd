"""A sample network as plain rows, and the pandapower file that is made of them."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandapower as pp

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "gridplan" / "network" / "data"

#: The tables that docs/architecture.md names; a sample file holds no other.
TABLES = (
    "bus",
    "line",
    "trafo",
    "ext_grid",
    "load",
    "asymmetric_load",
    "sgen",
    "asymmetric_sgen",
    "switch",
)
PHASES = ("a", "b", "c")
NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node; coordinates in metres of a plane, NaN where unknown."""

    name: str
    vn_kv: float = 0.4
    x_m: float = NAN
    y_m: float = NAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Conductor:
    """A line type per kilometre; NaN where an ampacity is unknown."""

    std_type: str
    r_ohm_per_km: float
    x_ohm_per_km: float
    r0_ohm_per_km: float
    x0_ohm_per_km: float
    max_i_ka: float = NAN
    neutral_max_i_ka: float = NAN
    c_nf_per_km: float = 0.0
    c0_nf_per_km: float = 0.0
    kind: str = "ol"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A line from one node to the next."""

    name: str
    from_node: str
    to_node: str
    length_m: float
    conductor: Conductor
    section: str
    outgoing_circuit: str
    protection_a: float = NAN
    rcd_ma: float = NAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A metered connection with the demand that the file carries."""

    customer_id: str
    node: str
    phase: str
    kind: str
    p_kw: float
    power_factor: float
    movable_unit: str
    may_move: bool
    meter_a: float
    phase_confidence: float = 1.0
    const_z_percent: float = 50.0

    def power_mva(self, phase: str) -> tuple[float, float]:
        """Active [MW] and reactive [Mvar] power on one phase."""
        if phase not in self.phase:
            return 0.0, 0.0
        p_mw = self.p_kw / 1e3 / len(self.phase)
        return _round(p_mw), _round(p_mw * math.tan(math.acos(self.power_factor)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Nameplate:
    """A transformer in pandapower's terms."""

    std_type: str
    sn_kva: float
    vn_hv_kv: float
    vn_lv_kv: float
    vector_group: str
    shift_degree: float
    vk_percent: float
    vkr_percent: float
    pfe_kw: float
    i0_percent: float
    vk0_percent: float
    vkr0_percent: float
    mag0_percent: float
    mag0_rx: float
    si0_hv_partial: float
    tap_min: int
    tap_max: int
    tap_step_percent: float
    tap_pos: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """The medium-voltage source: short-circuit power [MVA] and ratios of its impedances."""

    s_sc_mva: float
    rx: float
    x0x: float
    r0x0: float
    vm_pu: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleNet:
    """Everything that stands in one sample network; the first node is MV, the second LV."""

    name: str
    nodes: Sequence[Node]
    spans: Sequence[Span]
    customers: Sequence[Customer]
    nameplate: Nameplate
    supply: Supply

    def to_pandapower(self) -> pp.pandapowerNet:
        """The net with only the tables that a network file holds."""
        net = pp.create_empty_network(name=self.name, f_hz=50.0, add_stdtypes=False)
        geodata = None
        if not any(math.isnan(node.x_m) for node in self.nodes):
            geodata = [(round(node.x_m, 2), round(node.y_m, 2)) for node in self.nodes]
        numbers = pp.create_buses(
            net,
            len(self.nodes),
            vn_kv=[node.vn_kv for node in self.nodes],
            name=[node.name for node in self.nodes],
            geodata=geodata,
        )
        bus = {node.name: int(number) for node, number in zip(self.nodes, numbers, strict=True)}
        self._add_supply(net)
        self._add_lines(net, bus)
        self._add_customers(net, bus)
        return net

    def _add_supply(self, net: pp.pandapowerNet) -> None:
        supply, plate = self.supply, self.nameplate
        pp.create_ext_grid(
            net,
            bus=0,
            vm_pu=supply.vm_pu,
            name="source",
            s_sc_max_mva=_round(supply.s_sc_mva),
            rx_max=_round(supply.rx),
            x0x_max=_round(supply.x0x),
            r0x0_max=_round(supply.r0x0),
        )
        pp.create_transformer_from_parameters(
            net,
            hv_bus=0,
            lv_bus=1,
            name="T1",
            sn_mva=_round(plate.sn_kva / 1e3),
            vn_hv_kv=plate.vn_hv_kv,
            vn_lv_kv=plate.vn_lv_kv,
            vector_group=plate.vector_group,
            shift_degree=plate.shift_degree,
            vk_percent=plate.vk_percent,
            vkr_percent=plate.vkr_percent,
            pfe_kw=plate.pfe_kw,
            i0_percent=plate.i0_percent,
            vk0_percent=plate.vk0_percent,
            vkr0_percent=plate.vkr0_percent,
            mag0_percent=plate.mag0_percent,
            mag0_rx=plate.mag0_rx,
            si0_hv_partial=plate.si0_hv_partial,
            tap_side="hv",
            tap_neutral=0,
            tap_min=plate.tap_min,
            tap_max=plate.tap_max,
            tap_step_percent=plate.tap_step_percent,
            tap_pos=plate.tap_pos,
            tap_changer_type="Ratio",
        )
        net.trafo["std_type"] = plate.std_type

    def _add_lines(self, net: pp.pandapowerNet, bus: dict[str, int]) -> None:
        spans = self.spans
        types = [span.conductor for span in spans]
        pp.create_lines_from_parameters(
            net,
            from_buses=[bus[span.from_node] for span in spans],
            to_buses=[bus[span.to_node] for span in spans],
            name=[span.name for span in spans],
            length_km=[_round(span.length_m / 1e3) for span in spans],
            r_ohm_per_km=[kind.r_ohm_per_km for kind in types],
            x_ohm_per_km=[kind.x_ohm_per_km for kind in types],
            c_nf_per_km=[kind.c_nf_per_km for kind in types],
            r0_ohm_per_km=[kind.r0_ohm_per_km for kind in types],
            x0_ohm_per_km=[kind.x0_ohm_per_km for kind in types],
            c0_nf_per_km=[kind.c0_nf_per_km for kind in types],
            g0_us_per_km=0.0,
            max_i_ka=[kind.max_i_ka for kind in types],
            type=[kind.kind for kind in types],
        )
        net.line["std_type"] = [kind.std_type for kind in types]
        net.line["section"] = [span.section for span in spans]
        net.line["outgoing_circuit"] = [span.outgoing_circuit for span in spans]
        net.line["protection_a"] = [span.protection_a for span in spans]
        net.line["rcd_ma"] = [span.rcd_ma for span in spans]
        net.line["neutral_max_i_ka"] = [kind.neutral_max_i_ka for kind in types]

    def _add_customers(self, net: pp.pandapowerNet, bus: dict[str, int]) -> None:
        for customer in self.customers:
            power = {}
            for phase in PHASES:
                p_mw, q_mvar = customer.power_mva(phase)
                power[f"p_{phase}_mw"], power[f"q_{phase}_mvar"] = p_mw, q_mvar
            pp.create_asymmetric_load(
                net, bus=bus[customer.node], name=customer.customer_id, type="wye", **power
            )
        for column in (
            "customer_id",
            "phase",
            "kind",
            "movable_unit",
            "may_move",
            "phase_confidence",
            "meter_a",
            "const_z_percent",
        ):
            net.asymmetric_load[column] = [getattr(row, column) for row in self.customers]


def _round(value: float) -> float:
    """Twelve significant digits: the last bits of a product differ between machines."""
    return float(f"{value:.12g}")


def write_network(sample: SampleNet, root: Path) -> Path:
    """Write ``networks/<name>/network.json`` below ``root``; a table per line of text."""
    net = sample.to_pandapower()
    for key in [key for key in net if key not in (*TABLES, *_HEADER)]:
        del net[key]
    document = json.loads(pp.to_json(net, indent=None))
    path = root / "networks" / sample.name / "network.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8", newline="\n")
    part.replace(path)
    return path


_HEADER = ("name", "f_hz", "sn_mva", "version", "format_version")


def catalogue_rows(table: str) -> dict[str, dict[str, str]]:
    """Rows of ``gridplan/network/data/<table>.csv`` by type name."""
    with (CATALOGUE / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return {row["std_type"]: row for row in csv.DictReader(file)}


def conductor(std_type: str) -> Conductor:
    """A conductor of the catalogue; its neutral has the ampacity of the type of its section."""
    rows = catalogue_rows("conductors")
    row = rows[std_type]
    same_family = [other for other in rows.values() if other["family"] == row["family"]]
    neutral = next(
        other
        for other in same_family
        if other["phase_mm2"] == other["neutral_mm2"] == row["neutral_mm2"]
    )
    return Conductor(
        std_type=std_type,
        r_ohm_per_km=float(row["r20_ohm_per_km"]),
        x_ohm_per_km=float(row["x_ohm_per_km"]),
        r0_ohm_per_km=float(row["r0_ohm_per_km"]),
        x0_ohm_per_km=float(row["x0_ohm_per_km"]),
        max_i_ka=_round(float(row["max_i_a"]) / 1e3),
        neutral_max_i_ka=_round(float(neutral["max_i_a"]) / 1e3),
        kind="cs" if row["pp_type"] == "cs" else "ol",
    )


def nameplate(std_type: str, *, vn_hv_kv: float = 10.0, vn_lv_kv: float = 0.4) -> Nameplate:
    """A transformer of the catalogue, its per-unit values kept at other rated voltages."""
    row = catalogue_rows("transformers")[std_type]
    return Nameplate(
        std_type=std_type,
        sn_kva=float(row["sn_kva"]),
        vn_hv_kv=vn_hv_kv,
        vn_lv_kv=vn_lv_kv,
        vector_group=row["vector_group_cn"],
        shift_degree=float(row["pp_shift_degree"]),
        vk_percent=float(row["uk_percent"]),
        vkr_percent=float(row["vkr_percent"]),
        pfe_kw=_round(float(row["p0_w"]) / 1e3),
        i0_percent=float(row["i0_percent"]),
        vk0_percent=float(row["vk0_percent"]),
        vkr0_percent=float(row["vkr0_percent"]),
        mag0_percent=float(row["mag0_percent"]),
        mag0_rx=float(row["mag0_rx"]),
        si0_hv_partial=float(row["si0_hv_partial"]),
        tap_min=int(row["tap_min"]),
        tap_max=int(row["tap_max"]),
        tap_step_percent=float(row["tap_step_percent"]),
    )
