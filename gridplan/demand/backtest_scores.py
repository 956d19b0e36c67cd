"""Scores of a back-test: daily peaks, their time, and who was said to be overloaded."""

from __future__ import annotations

from typing import Any

import numpy as np

from gridplan.demand.backtest import BackTest
from gridplan.demand.scores import classify, coverage, crps, pinball, skill, summarise
from gridplan.frozen import FloatArray

#: Probabilities from which on an area is announced as overloaded.
ANNOUNCED = (0.2, 0.35, 0.5, 0.7)
_HIGH = 0.99


def score_rows(test: BackTest) -> list[dict[str, Any]]:
    """One row per forecast: scores of the daily peaks of all areas; the first is gridplan's.

    ``crps_kw`` and ``pinball_99_kw`` are means over areas and days, ``covered_90`` the share of
    measured peaks inside the central 90 % of the draws, ``better`` how much smaller gridplan's CRPS
    is, with the ends of its 90 % bootstrap interval over areas.
    """
    measured = test.measured_peak_kw.ravel()
    area = np.repeat(np.arange(len(test.areas)), len(test.days))
    own = crps(_cases(test.forecasts["gridplan"]), measured)
    rows = []
    for name, draws in test.forecasts.items():
        cases = _cases(draws)
        theirs = crps(cases, measured)
        miss = 100 * np.abs(np.median(cases, axis=1) / measured - 1)
        gain = skill(own, theirs, area) if name != "gridplan" else None
        rows.append(
            {
                "forecast": name,
                "crps_kw": summarise(theirs).mean,
                "pinball_99_kw": summarise(pinball(cases, measured, (_HIGH,))[:, 0]).mean,
                "covered_90": coverage(cases, measured).overall,
                "median_error_percent": summarise(miss).mean,
                "gridplan_better_by": gain.value if gain else None,
                "at_least": gain.low if gain else None,
                "at_most": gain.high if gain else None,
                "days": summarise(theirs).n_case,
            }
        )
    return rows


def day_rows(test: BackTest) -> list[dict[str, Any]]:
    """One row per festival day: how gridplan's peaks covered, and how large and late they were."""
    draws, measured = test.forecasts["gridplan"], test.measured_peak_kw
    size = np.median(draws, axis=1) / measured
    time_h = np.median(test.peak_quarter, axis=1) / 4
    filled = np.where(np.isfinite(test.measured_kw), test.measured_kw, -np.inf)
    late_h = np.where(np.isfinite(measured), time_h - filled.argmax(axis=-1) / 4, np.nan)
    day = np.tile(test.days, len(test.areas))
    found = coverage(_cases(draws), measured.ravel(), group=day)
    return [
        {
            "festival_day": int(number),
            "covered_90": float(found.inside[at]),
            "size_error_percent": 100 * float(np.nanmedian(size[:, at]) - 1),
            "time_error_h": float(np.nanmedian(late_h[:, at])),
            "areas": int(found.n_case[at]),
        }
        for at, number in enumerate(test.days)
    ]


def overload_rows(test: BackTest) -> list[dict[str, Any]]:
    """Precision, recall and Brier score of "this transformer will be overloaded".

    One row per probability from which on an area is announced.
    """
    rows = []
    for threshold in ANNOUNCED:
        found = classify(test.overload_share, test.overloaded, threshold=threshold)
        rows.append(
            {
                "announced_from": threshold,
                "announced": found.hits + found.false_alarms,
                "happened": found.hits + found.misses,
                "hits": found.hits,
                "precision": found.precision,
                "recall": found.recall,
                "brier": found.brier,
            }
        )
    return rows


def _cases(draws: FloatArray) -> FloatArray:
    """Daily peaks (area, draw, day) as (area * day, draw)."""
    return np.moveaxis(draws, 1, 2).reshape(-1, draws.shape[1])
