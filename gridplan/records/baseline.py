"""Regression: a study's headline quantities against a stored baseline."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gridplan.errors import Fault, InputError, RegressionError
from gridplan.records.quantities import Quantity
from gridplan.wholefiles import replace_file

BASELINE_SCHEMA = "gridplan-baseline/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far a quantity may lie from its baseline: the larger of the bounds.

    Attributes
    ----------
    absolute : in the quantity's unit
    relative : share of the baseline's value
    draws : counted in draws: one draw of n changes a probability by 1/n
    reason : why so much and no more
    """

    absolute: float = 0.0
    relative: float = 0.0
    draws: float = 0.0
    reason: str

    def allowed(self, value: float, n_draw: int) -> float:
        """Largest allowed distance from ``value``."""
        return max(self.absolute, self.relative * abs(value), self.draws / n_draw)


TOLERANCES: Mapping[str, Tolerance] = {
    "count": Tolerance(reason="counts and ratings of the file are exact"),
    "flow": Tolerance(
        absolute=1e-6,
        relative=1e-6,
        reason="a power flow stops at 1e-8 pu: of 100 A that is 1e-6 A, all there is without load",
    ),
    "forecast": Tolerance(
        relative=1e-5, reason="seeded draws, kept in single precision; libraries differ in rounding"
    ),
    "sweep": Tolerance(absolute=1e-3, relative=1e-4, reason="series are kept in single precision"),
    "condition": Tolerance(
        absolute=1e-3,
        relative=1e-3,
        reason="means over draws of steps above a limit; a step at the limit flips with the last "
        "bits",
    ),
    "unsolved": Tolerance(
        absolute=2, relative=0.005, reason="cases at the nose flip with the last bits"
    ),
    "probability": Tolerance(
        absolute=1e-9, draws=1.0, reason="one draw at a limit flips with the last bits"
    ),
    "objective": Tolerance(
        absolute=1e-6, relative=0.01, reason="solvers stop at a gap; labellings of equal worth"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Quantities of an accepted run, and how it was made.

    Attributes
    ----------
    network, study : names of what it was made with
    draws : draws per scenario; a check uses the same
    reason : why the numbers were accepted
    date : ISO date
    version : gridplan's version
    """

    network: str
    study: str
    draws: int
    reason: str
    date: str
    version: str
    quantities: tuple[Quantity, ...]

    def to_json(self) -> str:
        """The file's text, one quantity per line, so that reviews show what changed."""
        head = {"schema_version": BASELINE_SCHEMA, **asdict(self)}
        del head["quantities"]
        rows = ",\n".join(
            "    " + json.dumps(asdict(row), ensure_ascii=False, allow_nan=False)
            for row in self.quantities
        )
        text = json.dumps(head, ensure_ascii=False, indent=2)
        return f'{text[:-2]},\n  "quantities": [\n{rows}\n  ]\n}}\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One quantity against its baseline.

    ``baseline`` or ``now`` is None where the quantity is missing or not defined; ``tolerance`` is
    the largest allowed distance in its unit.
    """

    name: str
    unit: str
    kind: str
    baseline: float | None
    now: float | None
    tolerance: float
    passed: bool

    def __str__(self) -> str:
        def shown(value: float | None) -> str:
            return "none" if value is None else f"{value:.7g}"

        unit = f" {self.unit}" if self.unit else ""
        return (
            f"{self.name}: baseline {shown(self.baseline)}, now {shown(self.now)}{unit}, "
            f"tolerance {self.tolerance:.2g}"
        )


def read_baseline(path: Path) -> Baseline:
    """Read a baseline; ``InputError`` when the file is missing or no baseline."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        what = f"cannot be read: {error}"
        raise InputError(str(path), [_fault(path, what)]) from error
    try:
        return _baseline_of(record)
    except (KeyError, TypeError, ValueError) as error:
        what = f"is not a baseline of schema {BASELINE_SCHEMA}: {error}"
        raise InputError(str(path), [_fault(path, what)]) from error


def write_baseline(path: Path, baseline: Baseline) -> Path:
    """Replace the baseline whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return replace_file(path, baseline.to_json())


def compare(
    baseline: Baseline, now: Sequence[Quantity], *, network: str, study: str
) -> tuple[Comparison, ...]:
    """Every quantity of the baseline or of this run, in the order of this run.

    Raises ``RegressionError`` when the baseline belongs to another network or study.
    """
    if (baseline.network, baseline.study) != (network, study):
        raise RegressionError(
            f"the baseline is of network {baseline.network!r} with study {baseline.study!r}, "
            f"this run is of {network!r} with {study!r}: give the baseline of this run, or make "
            "one with --update"
        )
    old = {row.name: row for row in baseline.quantities}
    new = {row.name: row for row in now}
    return tuple(
        _comparison(old.get(name), new.get(name), baseline.draws)
        for name in dict.fromkeys((*new, *old))
    )


def _comparison(old: Quantity | None, new: Quantity | None, n_draw: int) -> Comparison:
    known = new if new is not None else old
    if known is None:
        raise ValueError("nothing to compare")
    # a finding that no draw shows is not listed: its probability is 0
    absent = 0.0 if known.kind == "probability" else None
    before = old.value if old is not None else absent
    after = new.value if new is not None else absent
    tolerance = TOLERANCES[known.kind].allowed(before or 0.0, n_draw)
    if before is None or after is None:
        passed = before is after and old is not None and new is not None
    else:
        passed = math.isclose(before, after, rel_tol=0, abs_tol=tolerance * (1 + 1e-12))
    return Comparison(
        name=known.name,
        unit=known.unit,
        kind=known.kind,
        baseline=before,
        now=after,
        tolerance=tolerance,
        passed=passed,
    )


def _baseline_of(record: Any) -> Baseline:
    if record["schema_version"] != BASELINE_SCHEMA:
        raise ValueError(f"schema_version is {record['schema_version']!r}")
    rows = tuple(Quantity(**row) for row in record["quantities"])
    for row in rows:
        if row.kind not in TOLERANCES:
            raise ValueError(f"{row.name} is of unknown kind {row.kind!r}")
        if row.value is not None:
            float(row.value)
    draws = int(record["draws"])
    if draws < 1:
        raise ValueError(f"draws is {draws}")
    texts = {name: str(record[name]) for name in ("network", "study", "reason", "date", "version")}
    return Baseline(draws=draws, quantities=rows, **texts)


def _fault(path: Path, what: str) -> Fault:
    remedy = "make one with: gridplan check NETWORK STUDY --baseline FILE --update --reason TEXT"
    return Fault(code="baseline", where=str(path), what=what, remedy=remedy)
