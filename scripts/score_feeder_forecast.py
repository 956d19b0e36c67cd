"""Score a feeder's forecast, home by home, on a synthetic county whose festival is left out.

Each area of the county becomes a network with its homes, a study with its register, this winter's
meters before the forecast and, or not, those of the other festivals. Scored are the village's daily
peaks and the evening peaks of single homes from the Eve to the fourth day, with temperatures as
measured. Where a home is lived in is told to the network by this winter's meters.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from foreign_homes import home
from sample_net import Node, SampleNet, Span, Supply, conductor, nameplate, write_network

import gridplan as gp
from gridplan.demand.base_model import fit_base_model
from gridplan.demand.calendar import festival_day, new_year_days
from gridplan.demand.forecast import forecast_demand
from gridplan.demand.metering import MeterReadings, read_meters
from gridplan.demand.scores import coverage, crps, pinball, summarise
from gridplan.demand.settings import ForecastSettings
from gridplan.demand.winters import winters_of

Floats = npt.NDArray[np.float64]
FIRST, LAST = -10, 15
EVENING = slice(64, 96)  #: quarter hours from 16:00
SINGLE_DAYS = slice(-1 - FIRST, 4 - FIRST)  #: the Eve to the fourth day of the year
USUAL_C = 2.0  #: of the levels; any value, the measured temperatures are given
KNOWN = 0.9  #: share of homes, or of a home's points, that must be known to be scored


@dataclass(frozen=True, kw_only=True, eq=False)
class Scored:
    """Draws (case, draw) and what was measured (case,)."""

    village: tuple[Floats, Floats]
    homes: tuple[Floats, Floats]


def write_home_network(folder: Path, area: str, ids: list[str], lives_in: list[bool]) -> gp.Feeder:
    """A busbar and one line with all homes of an area."""
    phases = itertools.cycle("abc")
    sample = SampleNet(
        name=area,
        nodes=[Node(name="MV", vn_kv=10.0), Node(name="LV"), Node(name="homes")],
        spans=[
            Span(
                name="L1", from_node="LV", to_node="homes", length_m=50.0, section="main",
                conductor=conductor("JKLYJ-1kV 4x120"), outgoing_circuit="F1",
            )
        ],
        customers=[
            home(name, "homes", next(phases), "r" if lives else "v")
            for name, lives in zip(ids, lives_in, strict=True)
        ],
        nameplate=nameplate("S11-200/10 Dyn11"),
        supply=Supply(s_sc_mva=120.0, rx=0.5, x0x=1.0, r0x0=0.5),
    )  # fmt: skip
    write_network(sample, folder)
    return gp.read_feeder(folder / "networks" / area)


def write_study(folder: Path, county: Path, area: str, year: int, past: list[int]) -> None:
    """The study's files: this winter's meters before the forecast, those of the past, registers."""
    meters = folder / "meters" / area
    meters.mkdir(parents=True)
    source = county / "meters" / str(year) / f"{area}.csv"
    heading, *lines = source.read_text(encoding="utf-8").splitlines()
    origin = new_year_days()[year]
    before = [
        line
        for line in lines
        if festival_day(dt.date.fromisoformat(line.split(",", 2)[1]), origin) < FIRST
    ]
    (meters / f"{year}.csv").write_text("\n".join([heading, *before]), encoding="utf-8")
    (folder / "registers").mkdir()
    shutil.copy(county / "register" / f"{year}.csv", folder / "registers" / "register.csv")
    for other in past:
        shutil.copy(county / "meters" / str(other) / f"{area}.csv", meters / f"{other}.csv")
    for place in (folder, folder / "meters"):
        shutil.copy(county / "temperature.csv", place / "temperature.csv")


def add_past_registers(folder: Path, county: Path, past: list[int]) -> None:
    """Registers of the past festivals too."""
    for other in past:
        (folder / "registers" / str(other)).mkdir()
        target = folder / "registers" / str(other) / "register.csv"
        shutil.copy(county / "register" / f"{other}.csv", target)


def forecast(
    county: Path, area: str, year: int, past: list[int], *, registers: bool, n_draw: int
) -> Scored:
    """Forecast one area's festival and lay it beside what was measured."""
    truth = read_meters(county / "meters" / str(year) / f"{area}.csv")
    ids = [name for name in truth.ids.tolist() if not name.endswith("9001")]  # no special load
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_study(folder, county, area, year, past)
        if registers:
            add_past_registers(folder, county, past)
        now = read_meters(folder / "meters" / area / f"{year}.csv").of(ids, missing_ok=True)
        lives_in = fit_base_model(winters_of(now)).lives_in.tolist()
        feeder = write_home_network(folder, area, ids, lives_in)
        values = {
            "period": {"festival_year": year, "first_day": FIRST, "last_day": LAST},
            "draws": n_draw,
            "scenarios": {"measured": {"temperature_path": "temperature.csv"}},
            "usual_c": USUAL_C,
            "registers": "registers",
            "coverage": {"default": 0.75},
            "meters": "meters",
        }
        settings = ForecastSettings.model_validate(values, context={"folder": folder})
        p_kw, _ = forecast_demand(feeder, settings).block(0, n_draw)
    order = [feeder.customers.id.tolist().index(one) for one in ids]
    days = p_kw[0][order].reshape(len(ids), n_draw, LAST - FIRST + 1, 96)
    return scored(days, truth.of(ids), year)


def scored(p_kw: Floats, truth: MeterReadings, year: int) -> Scored:
    """Peaks of draws (home, draw, day, 96) and of the same measured days."""
    day = np.array([festival_day(date, new_year_days()[year]) for date in truth.days])
    seen = truth.p_kw[:, (day >= FIRST) & (day <= LAST)].astype(np.float64)
    known = np.isfinite(seen)
    count = known.sum(axis=0)
    total = np.where(known, seen, 0.0).sum(axis=0) * len(seen) / np.maximum(count, 1)
    full = count >= KNOWN * len(seen)
    village = np.where(
        full.mean(axis=1) > KNOWN / 2, np.where(full, total, 0.0).max(axis=1), np.nan
    )
    evening = seen[:, SINGLE_DAYS, EVENING]
    enough = np.isfinite(evening).mean(axis=2) >= KNOWN
    peak = np.where(enough, np.nan_to_num(evening).max(axis=2), np.nan)
    drawn = np.moveaxis(p_kw[:, :, SINGLE_DAYS, EVENING].max(axis=3), 1, 2)
    return Scored(
        village=(p_kw.sum(axis=0).max(axis=2).T, village),
        homes=(drawn.reshape(-1, p_kw.shape[1]), peak.ravel()),
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("county", type=Path, help="made by make_county.py")
    parser.add_argument("--years", default="2024,2025,2026,2027")
    parser.add_argument("--areas", type=int, default=8)
    parser.add_argument("--draws", type=int, default=100)
    given = parser.parse_args()
    known = sorted(int(path.name) for path in (given.county / "meters").iterdir())
    areas = sorted(path.stem for path in (given.county / "meters" / str(known[0])).iterdir())
    ways = {
        "ordinary days only": (False, False),
        "past festivals": (True, False),
        "and their registers": (True, True),
    }
    for way, (with_past, registers) in ways.items():
        found = []
        for year, area in itertools.product(map(int, given.years.split(",")), areas[: given.areas]):
            past = [other for other in known if other != year] if with_past else []
            found.append(
                forecast(given.county, area, year, past, registers=registers, n_draw=given.draws)
            )
        for what in ("village", "homes"):
            draws, seen = (
                np.concatenate([getattr(one, what)[at] for one in found]) for at in (0, 1)
            )
            high = summarise(pinball(draws, seen, (0.99,))[:, 0]).mean
            below = np.nanmean(
                np.where(np.isnan(seen), np.nan, seen <= np.quantile(draws, 0.99, 1))
            )
            print(
                f"{way:20s} {what:8s} CRPS {summarise(crps(draws, seen)).mean:7.3f} kW  "
                f"covered by 90 % {coverage(draws, seen).overall:.3f}  "
                f"below the 99 % quantile {below:.3f}  its pinball loss {high:.3f} kW"
            )


if __name__ == "__main__":
    main()
