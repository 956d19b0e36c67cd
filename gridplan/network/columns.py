"""The columns that gridplan reads of each table, and what a missing cell means."""

from __future__ import annotations

import math
from dataclasses import dataclass

NAN = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns of one table that count.

    Attributes
    ----------
    needed : numbers without which nothing can be calculated
    number : other numbers with the value that a missing cell has
    flag : flags with the value that a missing cell has
    text : texts, missing is ""
    bus : columns that hold row numbers of another table, missing is -1
    """

    needed: tuple[str, ...] = ()
    number: dict[str, float]
    flag: dict[str, bool]
    text: tuple[str, ...]
    bus: tuple[str, ...] = ()


_CUSTOMER_TEXT = ("name", "type", "customer_id", "phase", "kind", "movable_unit")
_CUSTOMER_FLAG = {"may_move": True, "priority": False}
_CUSTOMER_NUMBER = {
    "scaling": 1.0,
    "phase_confidence": 1.0,
    "meter_a": NAN,
    "const_z_percent": NAN,
    "const_i_percent": NAN,
    "const_z_p_percent": NAN,
    "const_z_q_percent": NAN,
    "const_i_p_percent": NAN,
    "const_i_q_percent": NAN,
}
_BALANCED = Columns(
    needed=("p_mw",),
    number={"q_mvar": 0.0, **_CUSTOMER_NUMBER},
    flag=_CUSTOMER_FLAG,
    text=_CUSTOMER_TEXT,
    bus=("bus",),
)
_PER_PHASE = Columns(
    needed=("p_a_mw", "p_b_mw", "p_c_mw"),
    number={"q_a_mvar": 0.0, "q_b_mvar": 0.0, "q_c_mvar": 0.0, **_CUSTOMER_NUMBER},
    flag=_CUSTOMER_FLAG,
    text=_CUSTOMER_TEXT,
    bus=("bus",),
)

#: Columns per table. Units are pandapower's own.
COLUMNS: dict[str, Columns] = {
    "bus": Columns(needed=("vn_kv",), number={}, flag={}, text=("name", "geo")),
    "line": Columns(
        needed=("length_km", "r_ohm_per_km", "x_ohm_per_km"),
        number={
            "r0_ohm_per_km": NAN,
            "x0_ohm_per_km": NAN,
            "c_nf_per_km": 0.0,
            "c0_nf_per_km": NAN,
            "g_us_per_km": 0.0,
            "max_i_ka": NAN,
            "df": 1.0,
            "parallel": 1.0,
            "protection_a": NAN,
            "rcd_ma": NAN,
            "leakage_ma": NAN,
            "neutral_max_i_ka": NAN,
        },
        flag={"neutral_open": False},
        text=("name", "std_type", "section", "outgoing_circuit"),
        bus=("from_bus", "to_bus"),
    ),
    "trafo": Columns(
        needed=(
            "sn_mva",
            "vn_hv_kv",
            "vn_lv_kv",
            "vk_percent",
            "vkr_percent",
            "pfe_kw",
            "i0_percent",
        ),
        number={
            "vk0_percent": NAN,
            "vkr0_percent": NAN,
            "mag0_percent": NAN,
            "mag0_rx": NAN,
            "si0_hv_partial": NAN,
            "shift_degree": NAN,
            "tap_neutral": NAN,
            "tap_pos": NAN,
            "tap_min": NAN,
            "tap_max": NAN,
            "tap_step_percent": NAN,
            "tap_step_degree": 0.0,
            "tap2_neutral": NAN,
            "tap2_pos": NAN,
            "xn_ohm": 0.0,
            "rn_ohm": 0.0,
            "parallel": 1.0,
            "df": 1.0,
            "ambient_surcharge_k": 0.0,
            "leakage_resistance_ratio_hv": 0.5,
            "leakage_reactance_ratio_hv": 0.5,
        },
        flag={"tap_dependency_table": False, "tap_phase_shifter": False},
        text=("name", "std_type", "vector_group", "tap_side", "tap_changer_type"),
        bus=("hv_bus", "lv_bus"),
    ),
    "ext_grid": Columns(
        number={
            "vm_pu": 1.0,
            "va_degree": 0.0,
            "s_sc_max_mva": NAN,
            "rx_max": NAN,
            "x0x_max": NAN,
            "r0x0_max": NAN,
            "r1_ohm": NAN,
            "x1_ohm": NAN,
            "r0_ohm": NAN,
            "x0_ohm": NAN,
        },
        flag={},
        text=("name",),
        bus=("bus",),
    ),
    "line_matrix": Columns(
        needed=("r_ohm_per_km", "x_ohm_per_km"),
        number={"g_us_per_km": 0.0, "c_nf_per_km": 0.0},
        flag={},
        text=("name", "i", "j"),
        bus=("line",),
    ),
    "grounding": Columns(
        number={"r_ohm": 0.0, "x_ohm": 0.0}, flag={}, text=("name",), bus=("bus",)
    ),
    "node_shunt": Columns(
        number={"g_us": 0.0, "b_us": 0.0}, flag={}, text=("name", "i", "j"), bus=("bus",)
    ),
    "load": _BALANCED,
    "sgen": _BALANCED,
    "asymmetric_load": _PER_PHASE,
    "asymmetric_sgen": _PER_PHASE,
    "switch": Columns(
        number={"z_ohm": 0.0},
        flag={"closed": True},
        text=("name", "et"),
        bus=("bus", "element"),
    ),
}

#: Tables whose rows are customers, in the order of ``Customers``, with the sign of their demand.
CUSTOMER_TABLES = {"asymmetric_load": 1.0, "load": 1.0, "sgen": -1.0, "asymmetric_sgen": -1.0}
