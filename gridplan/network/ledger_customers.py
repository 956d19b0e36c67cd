"""Customers of a ledger: which phase they are on, what moves with them, what they draw."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gridplan.errors import Fault
from gridplan.network.ledger_places import Places
from gridplan.network.ledger_rows import Item, assumed

#: Demand of a home whose ledger tells none, by kind [kW], and its power factor: after-diversity
#: demand of an ordinary winter evening (assumption). Machines stand still.
USUAL_KW = {"resident": 0.6, "vacant": 0.03, "ten_kilowatt": 2.0}
USUAL_PF = 0.95
#: Three phases are equally likely where the record does not tell.
UNKNOWN_CONFIDENCE = 1 / 3


class CustomerRows:
    """The customers of an area as rows of network tables."""

    def __init__(
        self, items: Mapping[str, Sequence[Item]], places: Places, faults: list[Fault]
    ) -> None:
        self._items, self._places, self._faults = items, places, faults
        self._laterals = _laterals(items.get("lines", ()))
        self._balance: Counter[str] = Counter({"a": 0, "b": 0, "c": 0})
        self._unit_phase: dict[str, str] = {}

    def stands_at(self, item: Item) -> str:
        """Name of the node that feeds a customer: box or pole; "" where it is, said, unknown."""
        row = item.row
        if item["box"]:
            box = self._places.box(item["box"])
            if box is not None:
                return self._places.box_node(box)
            what = f"{row.table.heading_of('box')} {item['box']} is not in the ledger"
            row.error("box", what, "add it to the boxes, or correct the number")
            return ""
        if item["pole"]:
            return item["pole"] if self._places.end_of(item, "pole") is not None else ""
        row.error("box", "neither box nor pole is given", "fill in 表箱 or 杆号 (box, pole)")
        return ""

    def rows(self) -> Iterator[tuple[Item, str, dict[str, Any]]]:
        """Each customer's item, its table and its values there; numbers that stand twice said."""
        seen: dict[str, str] = {}
        without: list[Item] = []
        unknown: list[Item] = []
        for item in self._items.get("customers", ()):
            number = item["customer_id"]
            if number in seen and number:
                what = f"{item.row.table.heading_of('customer_id')} {number} stands twice"
                item.row.error("twice", what, f"first at {seen[number]}")
            seen.setdefault(number, item.where)
            home = self._places.home_of(item)
            at = home or self.stands_at(item)
            phase, confidence, unit = self._connection(item)
            if confidence == UNKNOWN_CONFIDENCE and math.isnan(item["confidence"]):
                unknown.append(item)
            if not at or not number or "?" in phase:
                continue
            if math.isnan(item["kw"]) and math.isnan(item["p_a_kw"]):
                without.append(item)
            table = "asymmetric_sgen" if item["kind"] == "pv" else "asymmetric_load"
            yield item, table, self._row(item, at, phase, confidence, unit)
        if without:
            usual = ", ".join(f"{kind} {kw:g} kW" for kind, kw in USUAL_KW.items())
            what = f"no load given: {usual} assumed, machines at rest"
            assumed(self._faults, without[0].where, what, len(without))
        if unknown:
            what = "phase not recorded: put where fewest are, confidence 1/3"
            assumed(self._faults, unknown[0].where, what, len(unknown))

    def _connection(self, item: Item) -> tuple[str, float, str]:
        """Phases, confidence in them, and the movable unit of a customer."""
        box = self._places.box(item["box"])
        lateral = self._lateral_of(item, box)
        phase, unit = item["phase"], item["unit"]
        two_wire = box is not None and box["wires"] == "2"
        above = (box["phase"] if two_wire and box else "") or (lateral[1] if lateral else "")
        if not unit and lateral:
            unit = lateral[0]
        elif not unit and two_wire and box:
            unit = box["box"]
        self._check_phases(item, phase, above, single=two_wire or lateral is not None)
        stated = item["confidence"]
        if phase or above or item["supply"] == "3":
            known = phase or above or "abc"
            return known, 1.0 if math.isnan(stated) else stated, unit
        key = unit or item["customer_id"]
        if key not in self._unit_phase:
            self._unit_phase[key] = min("abc", key=lambda one: self._balance[one])
        phase = self._unit_phase[key]
        self._balance[phase] += 1
        return phase, UNKNOWN_CONFIDENCE if math.isnan(stated) else stated, unit

    def _lateral_of(self, item: Item, box: Item | None) -> tuple[str, str] | None:
        pole = box["pole"] if box is not None else item["pole"]
        return self._laterals.get(pole)

    def _check_phases(self, item: Item, phase: str, above: str, *, single: bool) -> None:
        """A customer fits what feeds it, and its phases fit its supply."""
        row = item.row
        if "?" in phase or "?" in above:
            return
        if item["supply"] == "3" and len(phase) == 1:
            what = f"三相 (three-phase), but on phase {phase.upper()} alone"
            row.error("supply", what, "correct 相别 or 单/三相")
        elif item["supply"] == "1" and len(phase) == 3:
            row.error("supply", "单相 (single-phase), but on all phases", "correct 相别 or 单/三相")
        elif single and (item["supply"] == "3" or len(phase) == 3):
            what = "three-phase behind two wires"
            row.error("supply", what, "correct the box or lateral, or the customer")
        elif single and phase and above and phase != above and len(above) == 1:
            what = f"phase {phase.upper()} behind two wires on phase {above.upper()}"
            row.error("phase", what, "all customers of a two-wire box or lateral share its phase")

    def _row(self, item: Item, at: str, phase: str, confidence: float, unit: str) -> dict[str, Any]:
        number = item["customer_id"]
        values: dict[str, Any] = {
            "name": number,
            "customer_id": number,
            "bus": self._places.node(at),
            "phase": phase,
            "kind": item["kind"] or None,
            "movable_unit": unit or number,
            "phase_confidence": confidence,
            "priority": item["priority"],
            "meter_a": item["meter_a"],
            "type": item["wiring"],
            "const_z_percent": item["const_z_percent"],
            "const_i_percent": item["const_i_percent"],
            "scaling": 1.0,
            "in_service": True,
        }
        if item["may_move"] is not None:
            values["may_move"] = item["may_move"]
        return values | _power(item, phase)


def _power(item: Item, phase: str) -> dict[str, float]:
    """Power per phase [MW, Mvar]: as stated by phase, else the total split equally."""
    if not math.isnan(item["p_a_kw"]):
        return {
            f"{kind}_{letter}_{unit}": _zero(item[f"{kind}_{letter}_{small}"]) / 1000
            for kind, unit, small in (("p", "mw", "kw"), ("q", "mvar", "kvar"))
            for letter in "abc"
        }
    kw, kvar = item["kw"], item["kvar"]
    if math.isnan(kw):
        usual = "resident" if len(phase) == 1 else ""
        kw = USUAL_KW.get(item["kind"] or usual, 0.0)
    if math.isnan(kvar):
        kvar = kw * math.tan(math.acos(USUAL_PF)) if item["kind"] != "pv" else 0.0
    if item["wiring"] == "delta":
        branch = {"ab": "a", "bc": "b", "ac": "c"}.get(phase, phase)
        phase = branch
    share = {letter: (letter in phase) / len(phase) for letter in "abc"}
    return {f"p_{x}_mw": kw * share[x] / 1000 for x in "abc"} | {
        f"q_{x}_mvar": kvar * share[x] / 1000 for x in "abc"
    }


def _zero(value: float) -> float:
    return 0.0 if math.isnan(value) else float(value)


def _laterals(lines: Sequence[Item]) -> dict[str, tuple[str, str]]:
    """Movable unit and phase of each pole on a single-phase lateral.

    The unit is the lateral's name, else the name of its first section; the phase is the first one
    that its sections tell.
    """
    single = {item["to_pole"]: item for item in lines if item["phases"] == "1"}
    found: dict[str, tuple[str, str]] = {}
    for pole, item in single.items():
        chain, at = [item], item["from_pole"]
        while at in single and single[at] not in chain:
            chain.append(single[at])
            at = single[at]["from_pole"]
        head = chain[-1]
        name = next((one["branch"] for one in reversed(chain) if one["branch"]), head["name"])
        phase = next((one["phase"] for one in reversed(chain) if one["phase"]), "")
        found[pole] = (name, phase)
    return found
