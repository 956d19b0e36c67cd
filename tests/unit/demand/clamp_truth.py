"""Clamp readings of villages that live by another mechanism than the model: appliance by appliance.

Homes are those of ``scripts/county``; they are wired to three outgoing circuits in meter boxes, and
their currents measured by a crew some weeks before the festival.
"""

from __future__ import annotations

import csv
import datetime as dt
import importlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from gridplan.demand.settings import ForecastSettings
from gridplan.network.feeder import Feeder
from tests.villages import customers, feeder, transformer

NEW_YEAR = dt.date(2027, 2, 6)
DAYS = np.arange(-26, 5)
N_CIRCUIT, BOX, STEPS = 3, 4, 288
POWER_FACTOR, HEAD_V, HOME_PU, CLAMP_ERROR = 0.95, 226.0, 0.97, 0.02


@dataclass(frozen=True, kw_only=True, eq=False)
class Truth:
    """One village as it is.

    Attributes
    ----------
    p_kw : float (home, day, 288) -- in steps of five minutes
    circuit, phase, unit : int (home,)
    lived_in : bool (home,)
    ids : str (home,)
    register : rows of the station's register
    headings : of these rows
    mean_c : float (day,)
    """

    p_kw: np.ndarray
    circuit: np.ndarray
    phase: np.ndarray
    unit: np.ndarray
    lived_in: np.ndarray
    ids: np.ndarray
    register: list[tuple[Any, ...]]
    headings: tuple[str, ...]
    mean_c: np.ndarray

    def feeder(self, phase: np.ndarray | None = None) -> Feeder:
        """The village's network, with the phases as some record has them."""
        labels = self.phase if phase is None else phase
        homes = replace(
            customers((self.circuit + 2).tolist(), np.eye(3)[labels]),
            id=self.ids,
            kind=np.where(self.lived_in, "resident", "vacant"),
            unit=self.unit,
            unit_names=[f"B{k}" for k in range(self.unit.max() + 1)],
        )
        return feeder([1] * N_CIRCUIT, [50.0] * N_CIRCUIT, homes, transformer())

    def currents_a(self, day: int, hour: float, rng: np.random.Generator) -> np.ndarray:
        """What a clamp shows at the head of each circuit (circuit, 3) [A]."""
        load = self.p_kw[:, int(np.searchsorted(DAYS, day)), int(hour * 12)]
        amperes = np.zeros((N_CIRCUIT, 3))
        volts = HEAD_V * HOME_PU  # the current is that of the homes, at their voltage
        np.add.at(amperes, (self.circuit, self.phase), 1e3 * load / POWER_FACTOR / volts)
        return amperes * (1 + CLAMP_ERROR * rng.standard_normal(amperes.shape))

    def write(
        self, folder: Path, when: Sequence[tuple[int, float]], rng: np.random.Generator
    ) -> None:
        """Write ``village.csv`` (register) and ``clamp.csv`` for readings at (day, hour)."""
        with (folder / "village.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([self.headings, *self.register])
        rows: list[tuple[Any, ...]] = [("area", "circuit", "time", "Ia", "Ib", "Ic", "Ua")]
        for day, hour in when:
            stamp = dt.datetime.combine(NEW_YEAR, dt.time()) + dt.timedelta(days=day, hours=hour)
            for number, phases in enumerate(self.currents_a(day, hour, rng)):
                amperes = [f"{value:.1f}" for value in phases]
                row = ("village", f"F{number + 1}", f"{stamp:%Y-%m-%d %H:%M}", *amperes, HEAD_V)
                rows.append(row)
        with (folder / "clamp.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)

    def level(self, modelled_kw: np.ndarray, days: tuple[int, int]) -> np.ndarray:
        """Logarithm of true over modelled evenings (circuit,); modelled (home, day, hour) [kW]."""
        hours = self.p_kw.reshape(len(self.p_kw), len(DAYS), 24, 12).mean(axis=3)
        chosen = (days[0] <= DAYS) & (days[1] >= DAYS)
        true_kw = hours[:, chosen][:, :, 17:22].sum(axis=(1, 2))
        model_kw = modelled_kw[:, chosen][:, :, 17:22].sum(axis=(1, 2))
        return np.log(np.bincount(self.circuit, true_kw) / np.bincount(self.circuit, model_kw))


def simulate(index: int, seed: int, mean_homes: int = 60) -> Truth:
    """Village ``index`` of a county; ``scripts`` must be on the path."""
    people, places, use, heating, weather, station = (
        importlib.import_module(f"county.{name}")
        for name in ("people", "places", "use", "heating", "weather", "station")
    )
    area = places.make_area(index, seed, mean_homes)
    dates = [NEW_YEAR + dt.timedelta(days=int(day)) for day in DAYS]
    mean_c = weather.daily_means(dates[0], dates[-1], seed)[1]
    presence = people.make_presence(area, 2027, DAYS, people.make_waves(seed, 2027))
    p_kw = use.switched(area, presence, 2027, mean_c)
    p_kw += heating.heated(area, presence, 2027, mean_c, weather.by_step(mean_c))
    circuit, phase, unit = _wired(len(p_kw), np.random.default_rng([seed, index]))
    return Truth(
        p_kw=p_kw.reshape(len(p_kw), len(DAYS), STEPS),
        circuit=circuit,
        phase=phase,
        unit=unit,
        lived_in=area.homes.kind == places.LIVED_IN,
        ids=area.homes.customer_id,
        register=list(station.register_rows(area, presence, 2027, NEW_YEAR)),
        headings=station.REGISTER_HEADINGS,
        mean_c=mean_c,
    )


def _wired(n_home: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Circuit, phase and meter box of each home; phases are loaded unevenly, as they are."""
    bounds = np.linspace(0, n_home, N_CIRCUIT + 1).astype(int)
    share = rng.dirichlet([4, 4, 4], N_CIRCUIT)
    circuit, phase, unit = (np.empty(n_home, dtype=int) for _ in range(3))
    home = box = 0
    while home < n_home:
        number = int(np.searchsorted(bounds, home, side="right") - 1)
        last = min(home + int(rng.integers(1, BOX + 1)), int(bounds[number + 1]))
        circuit[home:last], unit[home:last] = number, box
        phase[home:last] = rng.choice(3, p=share[number])
        home, box = last, box + 1
    return circuit, phase, unit


def settings_in(folder: Path, **changes: Any) -> ForecastSettings:
    """Settings of the festival of 2027 with the register and the readings of a folder."""
    values: dict[str, Any] = {
        "period": {"festival_year": 2027, "first_day": int(DAYS[0]), "last_day": int(DAYS[-1])},
        "draws": 12,
        "step_minutes": 60,
        "scenarios": {"expected": {}},
        "registers": ".",
        "coverage": {"default": 0.75},
        "clamp": "clamp.csv",
    }
    return ForecastSettings.model_validate(values | changes, context={"folder": folder})


def mislabelled(
    truth: Truth, kind: str, circuit: int, rng: np.random.Generator, share: float = 0.3
) -> np.ndarray:
    """Phases as a wrong record of one circuit has them: whole phases exchanged, or some boxes."""
    phase = truth.phase.copy()
    own = truth.circuit == circuit
    if kind == "exchanged":
        order = np.array([[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])[rng.integers(5)]
        phase[own] = order[phase[own]]
        return phase
    boxes = np.unique(truth.unit[own])
    for box in rng.choice(boxes, max(1, round(share * len(boxes))), replace=False):
        home = truth.unit == box
        phase[home] = (phase[home] + 1 + rng.integers(2)) % 3
    return phase
