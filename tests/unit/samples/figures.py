"""Sample networks as they lie in the project, and the figures that their READMEs show."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[3]
REGISTERS = ROOT / "scenarios" / "spring-festival-2027"
NAMES = ("hongjiawan", "wanfota", "enwl-2-4", "enwl-5-3", "kerber-dorf")
HOME_KINDS = ("resident", "vacant", "ten_kilowatt")


@dataclass(frozen=True, slots=True)
class Sample:
    """Tables of one network, read as plain JSON, and the rows of its register."""

    tables: dict[str, pd.DataFrame]
    register: list[dict[str, str]]

    @property
    def homes(self) -> pd.DataFrame:
        """Customers that are homes."""
        loads = self.tables["asymmetric_load"]
        return loads[loads["kind"].isin(HOME_KINDS)]

    @property
    def lived_in(self) -> pd.DataFrame:
        """Homes with somebody in them on the Eve, when all of the register have come."""
        coming = {row["customer_id"] for row in self.register if int(row["persons"]) > 0}
        homes = self.homes
        return homes[(homes["kind"] != "vacant") | homes["customer_id"].isin(coming)]

    def length_m(self, section: str) -> float:
        """Length of all lines of a section."""
        lines = self.tables["line"]
        return float(lines["length_km"][lines["section"] == section].sum() * 1e3)


def read_sample(name: str, root: Path = ROOT) -> Sample:
    """The sample ``name`` below ``root``."""
    text = (root / "networks" / name / "network.json").read_text(encoding="utf-8")
    tables = {
        table: pd.DataFrame(**json.loads(frame["_object"]))
        for table, frame in json.loads(text)["_object"].items()
        if isinstance(frame, dict)
    }
    with (root / REGISTERS.relative_to(ROOT) / f"{name}.csv").open(encoding="utf-8") as file:
        return Sample(tables, list(csv.DictReader(file)))


def phase_counts(homes: pd.DataFrame) -> str:
    return ", ".join(str(int((homes["phase"] == phase).sum())) for phase in "abc")


def network_figures(sample: Sample) -> dict[str, str]:
    """The rows of the table of figures in a network's README."""
    tables = sample.tables
    loads = tables["asymmetric_load"]
    lengths = [sample.length_m(section) for section in ("main", "lateral", "service")]
    return {
        "transformer": str(tables["trafo"]["std_type"].iloc[0]),
        "nodes, lines": f"{len(tables['bus'])}, {len(tables['line'])}",
        "homes on a, b, c": phase_counts(sample.homes),
        "homes lived in on the Eve on a, b, c": phase_counts(sample.lived_in),
        "movable units": str(loads["movable_unit"][loads["may_move"]].nunique()),
        "mains, laterals, service drops [m]": ", ".join(f"{length:.0f}" for length in lengths),
        "returning persons": str(sum(int(row["persons"]) for row in sample.register)),
    }


def register_figures(sample: Sample) -> list[str]:
    """The cells of a register's row in the README of the registers."""
    persons = [int(row["persons"]) for row in sample.register]
    refused = sum(row["will_not_return"] == "yes" for row in sample.register)
    homes = sum(number > 0 for number in persons)
    return [str(number) for number in (len(persons), homes, sum(persons), refused)]


def table_rows(path: Path) -> list[list[str]]:
    """Cells of all table rows of a Markdown file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if line[:1] == "|"
    ]
