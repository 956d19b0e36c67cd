"""Where things stand in a ledger: poles, boxes and homes as the nodes of a network."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from gridplan.errors import Fault
from gridplan.network.ledger_rows import BUSBAR_WORDS, Item

MV_NAME, BUSBAR_NAME = "MV", "LV"
MV_KV, LV_KV = 10.0, 0.4
#: A degree of latitude on the ground [m].
_DEGREE_M = 111_320.0


class Places:
    """The nodes of an area, in order: high-voltage side, busbar, poles, boxes, homes."""

    def __init__(self, items: Mapping[str, Sequence[Item]], faults: list[Fault]) -> None:
        self._faults = faults
        self._poles = self._unlike(items.get("poles", ()), "pole")
        self._boxes = self._unlike(items.get("boxes", ()), "box")
        roles = {item["role"]: name for name, item in self._poles.items()}
        self.mv, self.busbar = roles.get("mv", MV_NAME), roles.get("busbar", BUSBAR_NAME)
        self.source = roles.get("source", self.mv)
        self._nodes: dict[str, Item | None] = {self.source: self._poles.get(self.source)}
        self._nodes.setdefault(self.mv, self._poles.get(self.mv))
        self._nodes[self.busbar] = self._poles.get(self.busbar)
        for name, item in self._poles.items():
            if item["role"] in {"pole", "source", "mv", "busbar"}:
                self._nodes.setdefault(name, item)
        self._homes: dict[str, str] = {}
        self._named_at: dict[str, str] = {}
        self._add_unlisted(items.get("lines", ()))
        for name, item in self._boxes.items():
            if self.box_has_drop(item):
                self._claim(name, item)
        seen: set[str] = set()
        for item in items.get("customers", ()):
            if item["customer_id"] in seen:
                continue  # one fault is enough for a customer that stands twice
            seen.add(item["customer_id"])
            home = item["home"] or item["customer_id"]
            if item["length_stated"] and home:
                self._claim(home, item)
                self._homes[item.where] = home
        for name, item in self._poles.items():
            if item["role"] in {"box", "home"}:
                self._nodes.setdefault(name, item)
        self._number = {name: number for number, name in enumerate(self._nodes)}

    def _unlike(self, items: Sequence[Item], column: str) -> dict[str, Item]:
        found: dict[str, Item] = {}
        for item in items:
            name = item[column]
            if not name:
                continue
            if name in found:
                what = f"{item.row.table.heading_of(column)} {name} stands twice"
                item.row.error("twice", what, f"first at {found[name].where}; number them apart")
                continue
            found[name] = item
        return found

    def _claim(self, name: str, item: Item) -> None:
        """Make a node for a box or a home."""
        if name in self._nodes:
            what = f"{name} is the name of a pole, a box or another home already"
            item.row.error("node", what, "name each place once")
            return
        self._nodes[name] = item

    def _add_unlisted(self, lines: Sequence[Item]) -> None:
        """Poles that only the sections name, where the ledger has no sheet of poles."""
        if any(item["role"] == "pole" for item in self._poles.values()):
            return
        for item in lines:
            for name in (item["from_pole"], item["to_pole"]):
                if name and not self._is_busbar(name) and name not in self._boxes:
                    self._nodes.setdefault(name, None)
                    self._named_at.setdefault(name, item.where)

    def _is_busbar(self, name: str) -> bool:
        return name == self.busbar or name.casefold() in BUSBAR_WORDS

    def nodes(self) -> Iterator[tuple[str, float, float, float, str]]:
        """Name, nominal voltage [kV], x, y and place in the ledger of every node."""
        for name, item in self._nodes.items():
            placed = self._poles.get(name, item)
            x, y = _xy(placed)
            vn_kv = placed.values.get("vn_kv", math.nan) if placed else math.nan
            if math.isnan(vn_kv):
                vn_kv = MV_KV if name in {self.mv, self.source} else LV_KV
            yield name, vn_kv, x, y, item.where if item else self._named_at.get(name, name)

    def node(self, name: str) -> int:
        """Number of a node; -1 where there is none, which is said elsewhere."""
        return self._number.get(self.busbar if self._is_busbar(name) else name, -1)

    def end_of(self, item: Item, column: str) -> int | None:
        """Number of the node that a cell names; None where there is none, which is said."""
        name = item[column]
        number = self.node(name) if name else -1
        if name and number < 0:
            box = self._boxes.get(name)
            if box is not None:  # a box on its pole
                return self.end_of(box, "pole")
            what = f"{item.row.table.heading_of(column)} {name} is not in the ledger"
            item.row.error("pole", what, "add it to the poles, or correct the number")
        return number if number >= 0 else None

    def box_has_drop(self, item: Item) -> bool:
        """Whether a box stands at the end of a drop, not on the pole."""
        return bool(item["length_stated"] or item["model"])

    def box(self, name: str) -> Item | None:
        """The row of a box."""
        return self._boxes.get(name)

    def box_node(self, item: Item) -> str:
        """Name of the node of a box: its own, or its pole's."""
        return str(item["box"] if self.box_has_drop(item) else item["pole"])

    def home_of(self, item: Item) -> str:
        """Name of the node of a home with a drop of its own, "" for others."""
        return self._homes.get(item.where, "")

    def distance_m(self, item: Item) -> float:
        """Length of a section by span or coordinates, NaN without."""
        ends = [self._poles.get(item[name]) for name in ("from_pole", "to_pole")]
        if self._is_busbar(item["from_pole"]):
            ends[0] = self._poles.get(self.busbar)
        last = ends[1]
        if last is not None and not math.isnan(last["span_m"]):
            return float(last["span_m"])
        if last is None or ends[0] is None:
            return math.nan
        (x, y), (to_x, to_y) = _xy(ends[0]), _xy(last)
        if math.isnan(last["x"]):
            narrow = math.cos(math.radians(to_y)) if not math.isnan(to_y) else 1.0
            return math.hypot((to_x - x) * narrow, to_y - y) * _DEGREE_M
        return math.hypot(to_x - x, to_y - y)


def _xy(item: Item | None) -> tuple[float, float]:
    """Coordinates of an item: a plan's, else longitude and latitude."""
    if item is None:
        return math.nan, math.nan
    x, y = item["x"], item["y"]
    if math.isnan(x) and "lon" in item.values:
        return float(item["lon"]), float(item["lat"])
    return float(x), float(y)
