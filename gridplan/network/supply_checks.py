"""Rules on the data of the transformer and the source; each returns its faults."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from gridplan.errors import Fault
from gridplan.frozen import FloatArray
from gridplan.network.checks import each, named, shows
from gridplan.network.nameplate import SOURCE_OHM, active_tap, vector_group
from gridplan.network.parts import Parts

#: A rated power above this is written in kVA [MVA]: LV transformers end at 3.15 MVA (IEC 60076
#: series).
LARGEST_RATING_MVA = 4.0

_ZERO_SEQUENCE = ("vk0_percent", "vkr0_percent")


def rating_mva(parts: Parts) -> FloatArray:
    """Rated power of each transformer with a kVA mistake undone (row,) [MVA]."""
    number = parts.tables["trafo"].number
    mistaken = (number["sn_mva"] > LARGEST_RATING_MVA) & ~(number["vn_lv_kv"] > 1)
    rating: FloatArray = np.where(mistaken, number["sn_mva"] / 1000, number["sn_mva"])
    return rating * number["parallel"]


def check_rating(parts: Parts) -> list[Fault]:
    """The rated power is positive and in MVA."""
    trafo = parts.tables["trafo"]
    sn = trafo.number["sn_mva"]
    low_voltage = ~(trafo.number["vn_lv_kv"] > 1)
    faults = each(
        trafo,
        np.flatnonzero((sn > LARGEST_RATING_MVA) & low_voltage),
        "rating-unit",
        lambda i: f"sn_mva is {sn[i]:g} MVA: {sn[i]:g} kVA is {sn[i] / 1000:g}",
        "write the rated power in MVA",
    )
    return faults + each(
        trafo,
        np.flatnonzero(sn <= 0),
        "rating-unit",
        shows("sn_mva", sn),
        "write the rated power in MVA",
    )


def check_trafo_voltages(parts: Parts) -> list[Fault]:
    """Rated voltages fit the buses; the HV side is the higher one."""
    trafo, topology = parts.tables["trafo"], parts.topology
    hv, lv = trafo.number["vn_hv_kv"], trafo.number["vn_lv_kv"]
    faults, swapped = [], set(np.flatnonzero(hv <= lv).tolist())
    faults += each(
        trafo,
        sorted(swapped),
        "trafo-voltages",
        lambda i: f"vn_hv_kv {hv[i]:g} is not above vn_lv_kv {lv[i]:g}",
        "write the rated voltages in kV, HV side first",
    )
    for name, values, end in (("vn_hv_kv", hv, 0), ("vn_lv_kv", lv, 1)):
        junction = topology.trafo_ends[:, end]
        bus_kv = np.where(junction >= 0, np.append(topology.vn_kv, np.nan)[junction], np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            apart = np.abs(values / bus_kv - 1) > 0.3
        faults += each(
            trafo,
            [i for i in np.flatnonzero(apart & (bus_kv > 0)).tolist() if i not in swapped],
            "trafo-voltages",
            _beside_bus(name, values, bus_kv),
            "correct the rated voltage, the vn_kv of the bus, or the buses",
        )
    return faults


def _beside_bus(name: str, values: FloatArray, bus_kv: FloatArray) -> Callable[[int], str]:
    return lambda i: f"{name} is {values[i]:g} kV at a bus of {bus_kv[i]:g} kV"


def check_short_circuit(parts: Parts) -> list[Fault]:
    """Short-circuit voltages and no-load values are possible."""
    trafo = parts.tables["trafo"]
    number = trafo.number
    vk, vkr = number["vk_percent"], number["vkr_percent"]
    faults = each(
        trafo,
        np.flatnonzero((vk <= 0) | (vk >= 100)),
        "short-circuit-voltage",
        shows("vk_percent", vk),
        "write the short-circuit voltage in percent, usually 4",
    )
    faults += each(
        trafo,
        np.flatnonzero((vkr < 0) | ((vkr > vk) & (vk > 0) & (vk < 100))),
        "short-circuit-voltage",
        lambda i: f"vkr_percent is {vkr[i]:g} with vk_percent {vk[i]:g}",
        "vkr_percent = load losses / rated power, between 0 and vk_percent",
    )
    rules = (
        ("pfe_kw", number["pfe_kw"] < 0, "the no-load losses in kW"),
        ("i0_percent", number["i0_percent"] < 0, "the no-load current in percent"),
        ("parallel", (number["parallel"] < 1) | (number["parallel"] % 1 > 0), "1, 2, ..."),
    )
    for name, wrong, wanted in rules:
        faults += each(
            trafo,
            np.flatnonzero(wrong),
            "trafo-value",
            shows(name, number[name]),
            f"write {wanted}",
        )
    return faults


def check_trafo_zero_sequence(parts: Parts) -> list[Fault]:
    """The transformer has zero-sequence data that is possible."""
    trafo = parts.tables["trafo"]
    number = trafo.number
    group = [text.lower() for text in trafo.text["vector_group"]]
    empty = {
        i: [
            name
            for name in _ZERO_SEQUENCE
            if math.isnan(number[name][i]) and not trafo.is_bad(name, i)
        ]
        for i in range(len(trafo))
        if not group[i].startswith("yyn") or not math.isnan(number["vkr0_percent"][i])
    }
    faults = each(
        trafo,
        [i for i, names in empty.items() if names],
        "zero-sequence",
        lambda i: f"zero-sequence data missing: {', '.join(empty[i])}",
        "Dyn: usually vk_percent and vkr_percent; Yyn0: the measured 40-150 %",
    )
    vk0, vkr0 = number["vk0_percent"], number["vkr0_percent"]
    split, mag0, mag0_rx = (number[n] for n in ("si0_hv_partial", "mag0_percent", "mag0_rx"))
    wrong = (vk0 < 0) | (vkr0 < 0) | (mag0 < 0) | (split < 0) | (split > 1) | (mag0_rx < 0)
    wrong |= (vkr0 > vk0) & (vk0 > 0)
    return faults + each(
        trafo,
        np.flatnonzero(wrong),
        "zero-sequence",
        lambda i: (
            f"impossible zero sequence: vk0 {vk0[i]:g}, vkr0 {vkr0[i]:g}, mag0 {mag0[i]:g} %, "
            f"mag0_rx {mag0_rx[i]:g}, si0_hv_partial {split[i]:g}"
        ),
        "0 <= vkr0 <= vk0, mag0 and mag0_rx not negative, si0_hv_partial between 0 and 1",
    )


def check_vector_group(parts: Parts) -> list[Fault]:
    """The vector group is known and agrees with the phase shift."""
    trafo = parts.tables["trafo"]
    shift = trafo.number["shift_degree"]
    problems = [
        vector_group(text, float(shift[i])).problem
        for i, text in enumerate(trafo.text["vector_group"])
    ]
    return each(
        trafo,
        [
            i
            for i, problem in enumerate(problems)
            if problem and not trafo.is_bad("vector_group", i)
        ],
        "vector-group",
        lambda i: problems[i],
        "take the vector group from the nameplate",
    )


def check_tap(parts: Parts) -> list[Fault]:
    """The tap changer is a plain ratio tap in its range."""
    trafo = parts.tables["trafo"]
    number, kind = trafo.number, trafo.text["tap_changer_type"]
    faults = []
    for i in range(len(trafo)):
        step, neutral, position = active_tap(trafo, i)
        moved = position != neutral
        low, high = number["tap_min"][i], number["tap_max"][i]
        angle = bool(np.nan_to_num(number["tap_step_degree"][i]))
        shifter = trafo.flag["tap_phase_shifter"][i] or kind[i] == "Ideal" or angle
        second = number["tap2_pos"][i] - number["tap2_neutral"][i]
        what = ""
        if trafo.flag["tap_dependency_table"][i] or kind[i] == "Tabular":
            what = "its tap changer follows a table, not supported in this version"
        elif shifter and moved:
            what = "its tap changer shifts the phase, not supported in this version"
        elif not math.isnan(second) and second:
            what = "it has a second tap changer off neutral, not supported in this version"
        elif position < low or position > high:
            what = f"tap_pos {position:g} is outside {low:g} to {high:g}"
        elif abs(step * (position - neutral)) >= 50:
            what = f"the tap changes the ratio by {step * (position - neutral):g} %"
        if what:
            remedy = "describe it as a ratio tap: tap_pos, tap_neutral, tap_step_percent"
            faults.append(Fault(code="tap", where=trafo.where(i), what=what, remedy=remedy))
    return faults


def check_earthing(parts: Parts) -> list[Fault]:
    """The transformer's neutral is solidly earthed."""
    trafo = parts.tables["trafo"]
    number = trafo.number
    found = (np.nan_to_num(number["xn_ohm"]) != 0) | (np.nan_to_num(number["rn_ohm"]) != 0)
    return each(
        trafo,
        np.flatnonzero(found),
        "neutral-impedance",
        lambda _: "xn_ohm or rn_ohm is not 0: a neutral earthed through an impedance",
        "not supported in this version; an LV neutral is earthed solidly (0)",
    )


def check_leakage_split(parts: Parts) -> list[Fault]:
    """The no-load branch stands between the two sides."""
    trafo = parts.tables["trafo"]
    names = ("leakage_resistance_ratio_hv", "leakage_reactance_ratio_hv")
    wrong = [(trafo.number[name] < 0) | (trafo.number[name] > 1) for name in names]
    return each(
        trafo,
        np.flatnonzero(np.any(wrong, axis=0)),
        "trafo-value",
        lambda _: f"{named(names)} must lie between 0 and 1",
        "leave the columns out for the usual 0.5",
    )


def check_source_ohm(parts: Parts) -> list[Fault]:
    """The source's own impedance is given in both sequences or not at all."""
    source = parts.tables["ext_grid"]
    given = np.array([~np.isnan(source.number[name]) for name in SOURCE_OHM])
    negative = np.any([source.number[name] < 0 for name in SOURCE_OHM], axis=0)
    return each(
        source,
        np.flatnonzero((given.any(axis=0) & ~given.all(axis=0)) | negative),
        "source-value",
        lambda _: f"{named(SOURCE_OHM)} are not all given, or one is negative",
        "write all four in ohm at the source's voltage, or none",
    )


def check_source(parts: Parts) -> list[Fault]:
    """The source has a believable voltage and a positive short-circuit power."""
    source = parts.tables["ext_grid"]
    number = source.number
    vm = number["vm_pu"]
    faults = each(
        source,
        np.flatnonzero((vm < 0.5) | (vm > 1.5)),
        "source-voltage",
        shows("vm_pu", vm),
        "write the voltage in per unit of the bus's vn_kv, about 1.0",
    )
    for name, lowest in (("s_sc_max_mva", 1e-9), ("rx_max", 0), ("x0x_max", 0), ("r0x0_max", 0)):
        faults += each(
            source,
            np.flatnonzero(number[name] < lowest),
            "source-value",
            shows(name, number[name]),
            "write a positive value, or none",
        )
    return faults


SUPPLY = (
    check_rating,
    check_trafo_voltages,
    check_short_circuit,
    check_trafo_zero_sequence,
    check_vector_group,
    check_tap,
    check_earthing,
    check_leakage_split,
    check_source,
    check_source_ohm,
)
