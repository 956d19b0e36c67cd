"""Write the networks of ``tests/validation/cases``: small villages that peer libraries compute too.

    python scripts/make_validation_cases.py tests/validation/cases

Everything in them is invented; they are chosen so that every term of the models matters (taps,
capacitance, no-load losses, a source of finite strength, phases with their own power factors).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandapower as pp

# r, x, r0, x0 [ohm/km], c, c0 [nF/km]; r0 = r + 3 rn with a neutral of the same section
CABLE = {
    "r_ohm_per_km": 0.443, "x_ohm_per_km": 0.081, "c_nf_per_km": 270.0, "max_i_ka": 0.21,
    "r0_ohm_per_km": 1.77, "x0_ohm_per_km": 0.32, "c0_nf_per_km": 110.0,
}  # fmt: skip
OVERHEAD = {
    "r_ohm_per_km": 1.26, "x_ohm_per_km": 0.39, "c_nf_per_km": 0.0, "max_i_ka": 0.12,
    "r0_ohm_per_km": 5.04, "x0_ohm_per_km": 1.46, "c0_nf_per_km": 0.0,
}  # fmt: skip
MV_LINE = {
    "r_ohm_per_km": 0.61, "x_ohm_per_km": 0.36, "c_nf_per_km": 9.7, "max_i_ka": 0.2,
    "r0_ohm_per_km": 0.76, "x0_ohm_per_km": 1.4, "c0_nf_per_km": 4.2,
}  # fmt: skip

#: r1, x1, r0, x0 of a source whose voltage stands behind an impedance
SOURCE_OHM = (0.4, 1.9, 0.7, 3.1)


def add_transformer(net: pp.pandapowerNet, hv: int, lv: int, **changes: object) -> None:
    """Add an S11-like transformer of 100 kVA with every branch of its model."""
    plate = {
        "sn_mva": 0.1, "vn_hv_kv": 10.0, "vn_lv_kv": 0.4, "vk_percent": 4.0, "vkr_percent": 1.5,
        "pfe_kw": 0.2, "i0_percent": 1.1, "vector_group": "Dyn", "shift_degree": 330.0,
        "vk0_percent": 3.8, "vkr0_percent": 1.5, "mag0_percent": 10000.0, "mag0_rx": 0.4,
        "si0_hv_partial": 0.9, "tap_side": "hv", "tap_neutral": 0, "tap_min": -2, "tap_max": 2,
        "tap_step_percent": 2.5, "tap_pos": 0, "tap_changer_type": "Ratio", "name": "T1",
    }  # fmt: skip
    pp.create_transformer_from_parameters(net, hv, lv, **{**plate, **changes})


def add_home(
    net: pp.pandapowerNet, bus: int, name: str, kw: dict[str, tuple[float, float]]
) -> None:
    """Add a customer with (kW, kvar) per phase letter."""
    powers = {}
    for phase, (p_kw, q_kvar) in kw.items():
        powers[f"p_{phase}_mw"], powers[f"q_{phase}_mvar"] = p_kw / 1e3, q_kvar / 1e3
    pp.create_asymmetric_load(net, bus, name=name, **powers)


def street(
    net: pp.pandapowerNet, start: int, name: str, n_pole: int, kind: dict, m: float
) -> list[int]:
    """Add a row of poles ``m`` metres apart; return their buses."""
    poles = []
    above = start
    for k in range(1, n_pole + 1):
        pole = pp.create_bus(net, 0.4, name=f"{name}-{k}")
        pp.create_line_from_parameters(net, above, pole, m / 1e3, name=f"L-{name}-{k}", **kind)
        poles.append(pole)
        above = pole
    return poles


def dyn11_village() -> pp.pandapowerNet:
    """Dyn11 off its nominal tap behind a weak source, with three-phase customers and a roof."""
    net = pp.create_empty_network("dyn11-village", add_stdtypes=False)
    hv, lv = pp.create_bus(net, 10.0, name="MV"), pp.create_bus(net, 0.4, name="LV")
    pp.create_ext_grid(
        net, hv, vm_pu=1.03, va_degree=7.0, s_sc_max_mva=40.0, rx_max=0.4, x0x_max=1.3, r0x0_max=0.5
    )
    add_transformer(net, hv, lv, tap_pos=1)
    east, west = street(net, lv, "E", 4, CABLE, 60.0), street(net, lv, "W", 3, OVERHEAD, 45.0)
    add_home(net, east[0], "E1", {"a": (4.0, 1.0)})
    add_home(net, east[2], "E2", {"a": (6.0, 0.5)})
    add_home(net, east[3], "E3", {"b": (3.0, -0.4), "c": (1.0, 0.9), "a": (2.0, 0.1)})
    add_home(net, east[3], "E4", {"c": (5.0, 1.5)})
    add_home(net, west[1], "W1", {"b": (7.0, 2.0)})
    add_home(net, west[2], "W2", {"b": (2.5, 0.3)})
    pp.create_load(net, west[0], 0.009, 0.004, name="pump")
    pp.create_asymmetric_sgen(net, east[1], p_c_mw=0.004, name="roof")
    return net


def dyn5_village() -> pp.pandapowerNet:
    """Dyn5 with rated voltages off the nominal ones, LV tap, MV line, T model off its middle."""
    net = pp.create_empty_network("dyn5-village", add_stdtypes=False)
    grid = pp.create_bus(net, 20.0, name="SUB")
    hv, lv = pp.create_bus(net, 20.0, name="MV"), pp.create_bus(net, 0.4, name="LV")
    pp.create_ext_grid(
        net, grid, vm_pu=0.99, s_sc_max_mva=120.0, rx_max=0.2, x0x_max=1.0, r0x0_max=0.2
    )
    pp.create_line_from_parameters(net, grid, hv, 6.0, name="MV line", **MV_LINE)
    add_transformer(
        net, hv, lv, vn_hv_kv=20.5, vn_lv_kv=0.42, shift_degree=150.0, mag0_percent=100.0,
        mag0_rx=0.0, tap_side="lv", tap_pos=-1, pfe_kw=0.4, i0_percent=2.4,
    )  # fmt: skip
    net.trafo["leakage_resistance_ratio_hv"] = 0.4
    net.trafo["leakage_reactance_ratio_hv"] = 0.3
    poles = street(net, lv, "P", 6, OVERHEAD, 40.0)
    for k, pole in enumerate(poles):
        phase = "aabacb"[k]
        add_home(net, pole, f"H{k}", {phase: (3.2 - 0.3 * k, 0.8 - 0.3 * k)})
    return net


def stand_in_village() -> pp.pandapowerNet:
    """Yyn0 as pandapower users write it: "Dyn" with shift 0 and the measured zero sequence."""
    net = pp.create_empty_network("yyn0-stand-in", add_stdtypes=False)
    hv, lv = pp.create_bus(net, 10.0, name="MV"), pp.create_bus(net, 0.4, name="LV")
    pp.create_ext_grid(
        net, hv, vm_pu=1.0, s_sc_max_mva=100.0, rx_max=0.3, x0x_max=1.0, r0x0_max=0.3
    )
    add_transformer(
        net, hv, lv, shift_degree=0.0, vk0_percent=60.0, vkr0_percent=12.0, mag0_rx=0.0, tap_pos=-1
    )
    for k, pole in enumerate(street(net, lv, "P", 5, OVERHEAD, 50.0)):
        phase = "abaca"[k]
        add_home(net, pole, f"H{k}", {phase: (4.0 - 0.4 * k, 1.0)})
    return net


def yyn0_village(const_z_percent: float) -> pp.pandapowerNet:
    """Yyn0 without a no-load branch behind a stiff source: what OpenDSS can write exactly."""
    net = pp.create_empty_network("yyn0-village", add_stdtypes=False)
    hv, lv = pp.create_bus(net, 10.0, name="MV"), pp.create_bus(net, 0.4, name="LV")
    pp.create_ext_grid(net, hv, vm_pu=1.04, s_sc_max_mva=1e7, rx_max=0.1, x0x_max=1.0, r0x0_max=0.1)
    add_transformer(
        net, hv, lv, sn_mva=0.03, vector_group="Yyn0", shift_degree=0.0, vkr_percent=2.0,
        vk0_percent=40.0, vkr0_percent=12.0, pfe_kw=0.0, i0_percent=0.0,
    )  # fmt: skip
    for k, pole in enumerate(street(net, lv, "P", 6, OVERHEAD, 40.0)):
        phase = "abaacb"[k]
        add_home(net, pole, f"H{k}", {phase: (1.9 - 0.1 * k, 0.5)})
    add_home(net, 4, "mill", {"a": (1.0, 0.4), "b": (1.0, 0.4), "c": (1.0, 0.4)})
    net.asymmetric_load["const_z_percent"] = const_z_percent
    return net


def group_village(vector_group: str, **plate: object) -> pp.pandapowerNet:
    """Any vector group off its tap, behind an MV line and a source of finite strength.

    Single-phase, two-phase and unbalanced three-phase customers, pumps and a roof.
    """
    net = pp.create_empty_network("group-village", add_stdtypes=False)
    grid = pp.create_bus(net, 10.0, name="SUB")
    hv, lv = pp.create_bus(net, 10.0, name="MV"), pp.create_bus(net, 0.4, name="LV")
    pp.create_ext_grid(net, grid, vm_pu=1.02, va_degree=-8.0)
    for column, ohm in zip(("r1_ohm", "x1_ohm", "r0_ohm", "x0_ohm"), SOURCE_OHM, strict=True):
        net.ext_grid[column] = ohm
    pp.create_line_from_parameters(net, grid, hv, 3.0, name="MV line", **MV_LINE)
    add_transformer(net, hv, lv, vector_group=vector_group, tap_pos=-1, **plate)
    net.trafo["leakage_resistance_ratio_hv"] = net.trafo["leakage_reactance_ratio_hv"] = 0.4
    east, west = street(net, lv, "E", 4, CABLE, 60.0), street(net, lv, "W", 3, OVERHEAD, 45.0)
    add_home(net, east[0], "E1", {"a": (4.0, 1.0)})
    add_home(net, east[2], "E2", {"a": (6.0, 0.5)})
    add_home(net, east[3], "E3", {"b": (3.0, -0.4), "c": (1.0, 0.9), "a": (2.0, 0.1)})
    add_home(net, east[3], "E4", {"c": (5.0, 1.5), "b": (0.5, 0.2)})
    add_home(net, west[1], "W1", {"b": (3.0, 1.0)})
    add_home(net, west[2], "W2", {"a": (2.5, 0.3)})
    pp.create_load(net, west[0], 0.009, 0.004, name="pump")
    pp.create_asymmetric_sgen(net, east[1], p_c_mw=0.004, name="roof")
    return net


CASES = {
    "ynyn0-village": lambda: group_village(
        "YNyn",
        shift_degree=0.0,
        vk0_percent=5.0,
        vkr0_percent=1.875,
        mag0_percent=250.0,
        mag0_rx=0.3,
        si0_hv_partial=0.32,
    ),
    "yzn5-village": lambda: group_village(
        "Yzn", shift_degree=150.0, vk0_percent=1.6, vkr0_percent=0.9
    ),
    "yzn11-village": lambda: group_village(
        "Yzn", shift_degree=330.0, vk0_percent=1.1, vkr0_percent=0.7
    ),
    "yyn0-village": lambda: group_village(
        "Yyn0", shift_degree=0.0, vk0_percent=55.0, vkr0_percent=16.0
    ),
    "dyn11-village": dyn11_village,
    "dyn5-village": dyn5_village,
    "yyn0-stand-in": stand_in_village,
    "yyn0-thevenin": lambda: yyn0_village(0.0),
    "yyn0-tank-delta": lambda: yyn0_village(0.0),
    "yyn0-half-impedance": lambda: yyn0_village(50.0),
}


def main(folder: Path) -> None:
    """Write ``network.json`` of every case below ``folder``."""
    for name, build in CASES.items():
        target = folder / name / "network.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(json.loads(pp.to_json(build())), indent=1)
        target.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
