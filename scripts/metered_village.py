"""A village whose meters are read: minutes of appliances, the power flow, meters with their faults.

    python scripts/metered_village.py NETWORK OUT [--days 7] [--seed 1] [--wrong 0.1]

writes their curves as State Grid exports them to OUT/meters, and to OUT/network a network file with
some wrong phases, to rehearse ``gridplan network phases`` on; OUT/truth.csv holds the truth.

The truth is gridplan's own power flow every three minutes. A meter shows it with the error of its
class, rounded, at its own moment within the quarter hour, and now and then not at all. Every figure
is an assumption; what was chosen with such villages is scored on others (``score_phases.py``).
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

import gridplan as gp
from gridplan.demand.phase_curves import PhaseCurves
from gridplan.network.customers import PERMUTATIONS, PhaseMove
from gridplan.network.feeder import Feeder

STEP_MIN = 3
PER_DAY, PER_QUARTER = 1440 // STEP_MIN, 15 // STEP_MIN
POWER_FACTOR_TAN = 0.25
TRANSFORMER = "T-MAIN"  #: number of the transformer's meter

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Life:
    """Who lives there and what they use.

    Attributes
    ----------
    occupied : share of homes that somebody lives in
    season : "winter" (heaters), "summer" (cooling) or "low" (neither)
    level : all appliances, times this
    """

    occupied: float = 0.35
    season: str = "low"
    level: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Meter:
    """How meters read.

    Attributes
    ----------
    gain : standard deviation of the gain between meters; cut at two and a half of it, 1 % for a
        meter of class 1 as it stands here
    step_v : last digit of a voltage
    spread_min : meters are read at moments spread over so many minutes, each always at its own
    jitter_min : and that many minutes about it
    missing : share of points that are lost
    """

    gain: float = 0.004
    step_v: float = 0.1
    spread_min: float = 15.0
    jitter_min: float = 1.5
    missing: float = 0.01


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What really happens, every three minutes.

    Attributes
    ----------
    feeder : the village
    u_v : float32 (customer, 3, step) -- NaN on phases that a customer does not use
    bus_v, transformer_kw : float (3, step)
    p_kw : float (customer, step)
    """

    feeder: Feeder
    u_v: npt.NDArray[np.float32]
    bus_v: Floats
    transformer_kw: Floats
    p_kw: Floats


def shuffled(feeder: Feeder, rng: np.random.Generator) -> Feeder:
    """The same village with its movable units hung on phases at random."""
    moves = []
    for unit, name in enumerate(feeder.customers.unit_names.tolist()):
        if feeder.customers.may_move[feeder.customers.unit == unit].all():
            permutation = PERMUTATIONS[int(rng.choice(3, p=[0.42, 0.33, 0.25]))]
            moves.append(PhaseMove(unit=name, permutation=permutation))
    return feeder.with_phases(tuple(moves))


def happening(
    feeder: Feeder,
    days: int,
    life: Life,
    rng: np.random.Generator,
    *,
    common: np.random.Generator | None = None,
) -> Truth:
    """Some days of a village.

    ``common`` draws the voltage of the 10 kV line, so that two villages can hang on the same one.
    """
    p_kw = homes_kw(len(feeder.customers), days, life, rng)
    solved = gp.solve(feeder, p_kw.T, POWER_FACTOR_TAN * p_kw.T).raise_for_status()
    flows = solved.work_out.flows
    source = line_voltage(p_kw.shape[1], rng if common is None else common)
    u_v = np.full((*p_kw.shape[:1], 3, p_kw.shape[1]), np.nan, dtype=np.float32)
    u_v[flows.ports.customer, flows.ports.phase] = np.abs(flows.v) * source
    power = (flows.bus_v * np.conj(flows.i_phase)).real / 1e3
    # the source moves all voltages alike; exact where loads are constant impedances
    bus_v = np.abs(flows.bus_v) * source
    return Truth(feeder=feeder, u_v=u_v, bus_v=bus_v, transformer_kw=power, p_kw=p_kw)


def homes_kw(n_home: int, days: int, life: Life, rng: np.random.Generator) -> Floats:
    """Demand of homes (home, step): standby, a fridge, and what people switch on."""
    n_step = days * PER_DAY
    minute = np.arange(n_step + PER_DAY) * STEP_MIN
    p_kw = np.zeros((n_home, len(minute)))
    lived_in = rng.random(n_home) < life.occupied
    for home in range(n_home):
        cools = lived_in[home] or rng.random() < 0.3
        p_kw[home] += rng.uniform(0.02, 0.06) if lived_in[home] else rng.choice([0.0, 0.005, 0.03])
        if cools:
            period_min, duty = rng.uniform(40, 90), rng.uniform(0.2, 0.5)
            phase_min = rng.uniform(0, period_min)
            p_kw[home] += rng.uniform(0.08, 0.13) * (
                (minute + phase_min) % period_min < duty * period_min
            )
        if lived_in[home]:
            size = life.level * rng.lognormal(0, 0.25)
            for day in range(days):
                if rng.random() < 0.93:
                    _one_day(p_kw[home], day * 1440.0, size, life.season, rng)
    return p_kw[:, :n_step]


def _one_day(
    p_kw: Floats, begin: float, size: float, season: str, rng: np.random.Generator
) -> None:
    """Switch appliances on in one home on one day."""

    def use(at_min: float, minutes: float, kw: float) -> None:
        first = max(int((begin + at_min) // STEP_MIN), 0)
        p_kw[first : first + max(1, round(minutes / STEP_MIN))] += kw

    for meal_h in (7.0, 11.7, 18.0):
        if rng.random() < 0.8:  # rice cooker
            at = 60 * meal_h + rng.normal(0, 25)
            use(at, rng.uniform(20, 40), rng.uniform(0.5, 0.9) * size)
        if rng.random() < 0.5:  # induction cooker
            at = 60 * meal_h + rng.normal(10, 25)
            use(at, rng.uniform(8, 25), rng.uniform(1.2, 2.1) * size)
    for _ in range(rng.poisson(2.0)):  # kettle
        use(60 * rng.uniform(7, 21), rng.uniform(4, 7), rng.uniform(1.2, 1.8) * size)
    use(60 * 18 + rng.normal(0, 30), rng.uniform(180, 300), rng.uniform(0.05, 0.2))  # light, screen
    if rng.random() < 0.3:  # washing machine
        use(60 * rng.uniform(8, 20), rng.uniform(30, 60), rng.uniform(0.2, 0.5))
    for at_h in {"winter": (6.5, 18.5), "summer": (20.0,)}.get(season, ()):
        if rng.random() < 0.6:
            at = 60 * at_h + rng.normal(0, 45)
            use(at, rng.uniform(60, 360), rng.uniform(0.5, 1.4) * size)


def line_voltage(n_step: int, rng: np.random.Generator) -> Floats:
    """Voltage of the 10 kV line over its usual one (step,): the day, drift, flicker, tap steps."""
    day = np.arange(n_step) / PER_DAY
    swing = 0.010 * np.cos(2 * np.pi * (day - 0.15))
    swing += 0.006 * rng.uniform(0.5, 1.5) * np.cos(4 * np.pi * (day - 0.3))
    for minutes, size in ((240.0, 0.004), (20.0, 0.0015), (0.0, 0.0006)):
        keep = np.exp(-STEP_MIN / minutes) if minutes else 0.0
        noise = rng.normal(0, size * np.sqrt(1 - keep**2), n_step)
        for step in range(1, n_step):
            noise[step] += keep * noise[step - 1]
        swing += noise
    taps = np.zeros(n_step)
    moments = np.sort(rng.integers(0, n_step, rng.poisson(2.0 * n_step / PER_DAY)))
    np.add.at(taps, moments, np.where(np.arange(len(moments)) % 2, 0.01, -0.01))
    return 1.0 + swing + np.cumsum(taps)


def read(truth: Truth, meter: Meter, rng: np.random.Generator) -> PhaseCurves:
    """What the meters of the customers and of the transformer hold of it."""
    n_step = truth.p_kw.shape[1]
    n_quarter, n_day = n_step // PER_QUARTER, n_step // PER_DAY
    n_customer = len(truth.p_kw)
    u_v = np.full((n_customer + 1, 3, n_quarter), np.nan)
    for row in range(n_customer + 1):
        volts = truth.bus_v if row == n_customer else truth.u_v[row]
        used = np.isfinite(volts[:, 0])
        terminals = np.flatnonzero(used) if used.sum() > 1 else [0]
        u_v[row, terminals] = _shown(volts[used].astype(np.float64), n_quarter, meter, rng)
    kw = np.full((n_customer + 1, 4, n_quarter), np.nan)
    kw[:-1, 0] = truth.p_kw[:, : n_quarter * PER_QUARTER].reshape(n_customer, n_quarter, -1).mean(2)
    kw[-1, 1:] = truth.transformer_kw.reshape(3, n_quarter, PER_QUARTER).mean(axis=2)
    kw *= 1 + rng.normal(0, meter.gain, (n_customer + 1, 1, 1))
    return PhaseCurves(
        ids=np.array([*truth.feeder.customers.id, TRANSFORMER], dtype=np.str_),
        start=np.datetime64("2026-11-02"),
        u_v=u_v.reshape(-1, 3, n_day, 96),
        p_kw=np.round(kw, 4).reshape(-1, 4, n_day, 96),
    )


def _shown(volts: Floats, n_quarter: int, meter: Meter, rng: np.random.Generator) -> Floats:
    """Voltages (terminal, step) as one meter shows them (terminal, quarter hour)."""
    minute = 15.0 * np.arange(n_quarter) + rng.uniform(0, max(meter.spread_min, 1e-9))
    minute += rng.normal(0, meter.jitter_min, n_quarter)
    step = np.clip(minute // STEP_MIN, 0, volts.shape[1] - 1).astype(np.int64)
    limit = 2.5 * meter.gain
    gain = np.clip(rng.normal(0, meter.gain, (len(volts), 1)), -limit, limit)
    shown = np.round(volts[:, step] * (1 + gain) / meter.step_v) * meter.step_v
    shown[:, rng.random(n_quarter) < meter.missing] = np.nan
    return shown


def only(curves: PhaseCurves, days: int, meters: Sequence[int] | None = None) -> PhaseCurves:
    """The first days of some meters, default all."""
    rows = np.arange(len(curves.ids)) if meters is None else np.asarray(meters)
    return replace(
        curves,
        ids=curves.ids[rows],
        u_v=curves.u_v[rows][:, :, :days],
        p_kw=curves.p_kw[rows][:, :, :days],
    )


def write_exports(curves: PhaseCurves, folder: Path) -> None:
    """Write curves as State Grid's tables E_MP_VOL_CURVE and E_MP_POWER_CURVE."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "E_MP_VOL_CURVE": ("PHASE_FLAG", "U", curves.u_v, 1),
        "E_MP_POWER_CURVE": ("DATA_TYPE", "P", curves.p_kw, 4),
    }
    for name, (kind, letter, values, digits) in tables.items():
        rows: list[list[str]] = [
            ["ID", "DATA_DATE", kind, *[f"{letter}{k + 1}" for k in range(96)]]
        ]
        for meter, number in enumerate(curves.ids.tolist()):
            for place in range(values.shape[1]):
                for day, curve in enumerate(values[meter, place]):
                    if np.isfinite(curve).any():
                        date = str(curves.start.astype("M8[D]") + day)
                        rows.append([number, date, str(place + 1), *_cells(curve, digits)])
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)


def _cells(points: npt.NDArray[np.float32], digits: int) -> Iterable[str]:
    return ("" if np.isnan(value) else f"{value:.{digits}f}" for value in points)


def with_wrong_records(network: Path, share: float, rng: np.random.Generator) -> str:
    """Text of a network file of asymmetric loads, some of whose phases are not the true ones."""
    net = json.loads((network / "network.json").read_text(encoding="utf-8"))
    table = net["_object"]["asymmetric_load"]
    frame = json.loads(table["_object"])
    at = {name: place for place, name in enumerate(frame["columns"])}
    for row in frame["data"]:
        before = row[at["phase"]]
        if before not in ("a", "b", "c") or rng.random() >= share:
            continue
        after = "abc"[("abc".index(before) + rng.integers(1, 3)) % 3]
        row[at["phase"]] = after
        for pattern in ("p_{}_mw", "q_{}_mvar"):
            one, other = at[pattern.format(before)], at[pattern.format(after)]
            row[one], row[other] = row[other], row[one]
    table["_object"] = json.dumps(frame)
    return json.dumps(net, indent=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("network", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wrong", type=float, default=0.1, help="share of wrong records")
    given = parser.parse_args()
    rng = np.random.default_rng(given.seed)
    feeder = gp.read_feeder(given.network)
    truth = happening(feeder, given.days, Life(occupied=0.4, season="winter"), rng)
    write_exports(read(truth, Meter(), rng), given.out / "meters")
    (given.out / "network").mkdir(parents=True, exist_ok=True)
    wrong = with_wrong_records(given.network, given.wrong, rng)
    (given.out / "network" / "network.json").write_text(wrong, encoding="utf-8")
    pairs = zip(feeder.customers.id, feeder.customers.phase, strict=True)
    lines = [f"{name},{phase}" for name, phase in pairs]
    (given.out / "truth.csv").write_text("\n".join(["customer,phase", *lines]) + "\n", "utf-8")


if __name__ == "__main__":
    main()
