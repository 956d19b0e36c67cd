"""What is possible but not believable: warnings, each with the number of rows it concerns."""

from __future__ import annotations

import math

import numpy as np

from gridplan.errors import Fault
from gridplan.frozen import FloatArray
from gridplan.network.assembly import UNLIMITED_KA
from gridplan.network.checks import Located, named, together
from gridplan.network.connections import customer_ids, may_moves, units
from gridplan.network.customers import Customers
from gridplan.network.feeder import Feeder
from gridplan.network.nameplate import active_tap
from gridplan.network.parts import Parts
from gridplan.network.trade import Places, customer_places, line_places, trade_warnings

#: Service drops are 10-30 m long, with a pole up to 40 m; above this one is hard to believe [m].
#: Source: the domain's village_feeder_defaults.yaml, service_drop.
LONGEST_SERVICE_M = 100.0

#: The thinnest service drop of the catalogue (2.5 mm2 aluminium) carries 23 A [A].
SMALLEST_AMPACITY_A = 10.0

#: Yyn0 units measured from the LV side show 40-150 %; below this multiple of vk_percent the value
#: is a leakage impedance, not what a Yyn0 has.
YYN0_LEAST_RATIO = 3.0


def _warn(rows: Located, positions: list[int], code: str, what: str, remedy: str) -> list[Fault]:
    return together(rows, positions, code, what, remedy, severity="warning")


def warn_power_factor(parts: Parts) -> list[Fault]:
    """Power factors of exactly one beside ordinary ones, and very low ones."""
    rows = parts.rows
    p, q = np.abs(rows.p_mw.sum(axis=1)), np.abs(rows.q_mvar.sum(axis=1))
    loads = np.array([not table.name.endswith("sgen") for table in rows.table], dtype=np.bool_)
    counts = loads & (p > 0)
    factor: FloatArray = np.ones(len(rows))
    np.divide(p, np.hypot(p, q), out=factor, where=counts)
    one = counts & (factor > 0.99995)
    others = factor[counts & ~one]
    faults = []
    if len(others) and float(np.median(others)) < 0.99:
        what = f"power factor 1.000 beside neighbours at {np.median(others):.2f}"
        remedy = "is the reactive power in the right unit (Mvar) and column?"
        faults += _warn(rows, np.flatnonzero(one).tolist(), "power-factor-one", what, remedy)
    low = np.flatnonzero(counts & (factor < 0.5)).tolist()
    if low:
        what = f"power factor {factor[low].min():.2f}: below 0.5"
        faults += _warn(rows, low, "low-power-factor", what, "check active and reactive power")
    return faults


def warn_no_power(parts: Parts) -> list[Fault]:
    """Customers of which neither phase nor power is written."""
    rows = parts.rows
    found = [
        i
        for i in range(len(rows))
        if rows.phases(i) == "abc" and not (rows.stated[i] or rows.used[i])
    ]
    what = "neither phase nor power is written: taken as three-phase"
    return _warn(rows, found, "no-phase", what, "fill the column phase")


def warn_ampacity(parts: Parts) -> list[Fault]:
    """Conductors that carry next to nothing."""
    line = parts.tables["line"]
    value_a = line.number["max_i_ka"] * line.number["df"] * 1000
    found = np.flatnonzero((value_a > 0) & (value_a < SMALLEST_AMPACITY_A)).tolist()
    faults = []
    if found:
        what = f"ampacity {value_a[found].min():.3g} A: below {SMALLEST_AMPACITY_A:g} A"
        faults += _warn(line, found, "small-ampacity", what, "max_i_ka is in kA")
    unlimited = np.flatnonzero(line.number["max_i_ka"] >= UNLIMITED_KA).tolist()
    what = "max_i_ka is a placeholder: ampacity unknown, not assessed"
    return faults + together(line, unlimited, "no-ampacity", what, "", severity="note")


def warn_transformer(parts: Parts) -> list[Fault]:
    """Zero sequence of Yyn0, taps that pandapower passes over, and a rating factor."""
    trafo = parts.tables["trafo"]
    faults = []
    step, neutral, position = active_tap(trafo)
    untyped = "tap_changer_type" not in trafo.absent and not trafo.text["tap_changer_type"][0]
    if untyped and step and position != neutral:
        what = "tap_changer_type is empty: taken as a ratio tap, where pandapower passes over it"
        faults += _warn(trafo, [0], "tap-type", what, 'write tap_changer_type "Ratio"')
    if trafo.number["df"][0] != 1:
        what = f"df is {trafo.number['df'][0]:g} and is not used: loads are judged by sn_mva"
        faults += _warn(trafo, [0], "trafo-df", what, "write the rated power in sn_mva")
    return faults


def warn_units(parts: Parts) -> list[Fault]:
    """Movable units of which some customers may move and some may not."""
    rows = parts.rows
    names, unit = units(rows, customer_ids(rows)[0])
    may: dict[int, set[bool]] = {}
    for row, flag in enumerate(may_moves(rows)):
        may.setdefault(unit[row], set()).add(flag)
    mixed = [number for number, flags in may.items() if len(flags) > 1]
    first = [unit.index(number) for number in mixed]
    what = f"may_move differs within {named([names[number] for number in mixed])}: the unit stays"
    return _warn(rows, first, "unit-may-move", what, "write the same for all its customers")


def warn_phases(parts: Parts) -> list[Fault]:
    """Every single-phase customer on one phase."""
    rows = parts.rows
    phases = [rows.phases(i) for i in range(len(rows))]
    single = [i for i, text in enumerate(phases) if len(text) == 1]
    if len(single) < 6 or len({phases[i] for i in single}) > 1:
        return []
    what = f"all {len(single)} single-phase customers are on phase {phases[single[0]]}"
    return _warn(rows, single, "one-phase", what, "fill the column phase from the field")


TABLE_WARNINGS = (
    warn_power_factor,
    warn_no_power,
    warn_ampacity,
    warn_units,
    warn_phases,
)


def feeder_warnings(feeder: Feeder) -> list[Fault]:
    """Warnings that need the finished feeder."""
    return [
        *_service_length(feeder),
        *_meters(feeder),
        *_yyn0(feeder),
        *trade_warnings(feeder),
    ]


def _service_length(feeder: Feeder) -> list[Fault]:
    lines = feeder.lines
    found = np.flatnonzero((lines.section == "service") & (lines.length_m > LONGEST_SERVICE_M))
    if not len(found):
        return []
    what = f"a service drop of {lines.length_m[found].max():.0f} m"
    remedy = f"usual are 10-30 m, at most {LONGEST_SERVICE_M:g} m: check length_km or section"
    return _warn(line_places(feeder), found.tolist(), "long-service", what, remedy)


def _meters(feeder: Feeder) -> list[Fault]:
    """Meters above the ampacity of the service drop that feeds them."""
    customers: Customers = feeder.customers
    feeding = feeder.nodes.parent_line[customers.node]
    service = (feeding >= 0) & (np.append(feeder.lines.section, "")[feeding] == "service")
    ampacity_a = np.append(feeder.lines.ampacity_a, math.nan)[feeding]
    found = np.flatnonzero(service & (customers.meter_a > ampacity_a)).tolist()
    rows = customer_places(feeder)
    what = "the meter's rated current is above the ampacity of the service drop"
    return _warn(rows, found, "meter-above-service", what, "check meter_a and the conductor")


def _yyn0(feeder: Feeder) -> list[Fault]:
    trafo = feeder.transformer
    if (
        trafo is None
        or not trafo.has_yyn_core
        or trafo.vk0_percent >= YYN0_LEAST_RATIO * trafo.vk_percent
    ):
        return []
    what = f"vk0_percent is {trafo.vk0_percent:.3g} for Yyn0: a measured unit has 40-150 %"
    rows = Places([f"trafo ({trafo.name})"])
    return _warn(rows, [0], "yyn0-zero-sequence", what, "write the measured zero-sequence value")
