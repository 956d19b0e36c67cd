"""A small county made for tests: what the model looks for is in it by construction."""

from __future__ import annotations

import numpy as np

from gridplan.demand.area_record import AreaRecord, Festival

DAYS = np.arange(-40, 17)
YEARS = (2024, 2025, 2026)
TREND, PER_C = 0.05, -0.03
QUARTER = np.arange(96) / 4


def shape(hour: float) -> np.ndarray:
    """A day with an evening peak, of mean 1."""
    day = 0.5 + np.exp(-((QUARTER - hour) ** 2) / 4) + 0.5 * np.exp(-((QUARTER - 12) ** 2) / 3)
    return day / day.mean()


def area(number: int, n_home: int = 40, *, year_sd: float = 0.05) -> AreaRecord:
    """One area: the first 15 homes are lived in, the others come with their families."""
    rng = np.random.default_rng(number)
    lives_in = np.arange(n_home) < 15
    level = rng.lognormal(-0.05, 0.3, n_home)
    custom = rng.uniform(18, 20)
    festivals = []
    for year in YEARS:
        celsius = rng.normal(4, 3, len(DAYS))
        listed = ~lives_in & (rng.random(n_home) < 0.75)
        comes = ~lives_in & np.where(listed, rng.random(n_home) < 0.9, rng.random(n_home) < 0.4)
        arrival, departure = rng.integers(-12, -1, n_home), rng.integers(4, 14, n_home)
        stays = comes[:, None] & (arrival[:, None] <= DAYS) & (departure[:, None] > DAYS)
        there = np.where(lives_in[:, None], True, stays)
        kind = np.where(DAYS < -7, 0.25, np.where((DAYS >= -1) & (DAYS <= 2), 0.9, 0.6))
        common = np.exp(
            TREND * (year - 2024) + PER_C * (celsius - 4) + year_sd * rng.standard_normal()
        )
        noise = rng.lognormal(-0.02, 0.2, (n_home, len(DAYS)))
        mean_kw = np.where(there, level[:, None] * kind * common * noise, 0.02)
        ragged = rng.lognormal(-0.045, 0.3, (n_home, len(DAYS), 96))
        p_kw = (mean_kw[:, :, None] * shape(custom) * ragged).astype(np.float32)
        festivals.append(
            Festival(
                year=year,
                days=DAYS,
                p_kw=np.where(rng.random(p_kw.shape) < 0.01, np.nan, p_kw),
                total_kw=1.03 * p_kw.sum(axis=0),
                temperature_c=celsius,
                listed=listed,
                away=np.zeros(n_home, dtype=bool),
                arrival=np.where(listed, arrival, np.nan),
                departure=np.where(listed, departure, np.nan),
            )
        )
    return AreaRecord(
        area=f"A{number:03d}",
        station="S1",
        sn_kva=35.0,
        ids=np.array([f"{number:03d}{home:03d}" for home in range(n_home)]),
        festivals=tuple(festivals),
    )
