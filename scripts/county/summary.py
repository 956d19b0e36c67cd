"""What came out: growth to the Eve, diversity, transformers and their overloads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from county.places import Area, Floats, Ints
from county.tables import JGJ_DEMAND_FACTORS, POWER_FACTOR, TRANSFORMER_KVA

GROUPS = (3, 8, 12, 24, 48)  #: numbers of homes whose diversity is looked at
SAMPLES = 20  #: groups drawn per area, year and size
OVERLOAD_POINTS = 8  #: two hours
USUAL_DAYS = (-40, -25)  #: festival days of ordinary winter
EVENING, NIGHT = slice(68, 88), slice(68, 96)  #: 17 to 22, on the Eve to 24 o'clock


def sustained_kw(total_kw: Floats) -> float:
    """Highest demand that two hours in a row reach, from (day, point)."""
    windows = np.lib.stride_tricks.sliding_window_view(total_kw.ravel(), OVERLOAD_POINTS)
    return float(windows.min(axis=1).max())


def choose_kva(areas: Sequence[Area], sustained: Floats) -> list[float]:
    """Sizes by a planner's kVA per home, scaled so that a third is overloaded in some festival.

    ``sustained`` (area,) is the highest of ``sustained_kw`` over the festivals.
    """
    wish = np.array([area.kva_per_home * len(area.homes) for area in areas])
    known = np.array(TRANSFORMER_KVA)
    best = (np.inf, 0.0, known)
    for factor in np.geomspace(0.3, 6.0, 121):
        kva = known[np.abs(np.log(known[:, None] / (factor * wish))).argmin(axis=0)]
        miss = abs(float((sustained / POWER_FACTOR > kva).mean()) - 1.0 / 3.0)
        # among equal shares the smaller transformers: villages are not spoilt
        if miss < best[0] - 1e-9:
            best = (miss, float(factor), kva)
    return [float(size) for size in best[2]]


def eve_growth(total_kw: Floats, days: Ints) -> float:
    """Evening peak of New Year's Eve over that of a usual winter day, from (day, point)."""
    usual = (days >= USUAL_DAYS[0]) & (days <= USUAL_DAYS[1])
    if not usual.any():
        usual = days == days[0]
    before = np.median(total_kw[usual, EVENING].max(axis=1))
    return float(total_kw[days == -1, NIGHT].max() / before)


def diversity(p_kw: Floats, days: Ints, occupied: Ints, rng: np.random.Generator) -> Floats:
    """Demand factor and peak per home [kW] of groups of homes, Eve to day 3: (group, sample, 2).

    The demand factor is the peak of the group over the sum of its homes' own peaks. ``p_kw`` is
    (home, day, point); groups of more homes than ``occupied`` are NaN.
    """
    flat = p_kw[:, (days >= -1) & (days <= 2)].reshape(len(p_kw), -1)
    found = np.full((len(GROUPS), SAMPLES, 2), np.nan)
    for at, size in enumerate(GROUPS):
        if size > len(occupied):
            continue
        for sample in range(SAMPLES):
            group = flat[rng.choice(occupied, size, replace=False)]
            peak = group.sum(axis=0).max()
            found[at, sample] = peak / group.max(axis=1).sum(), peak / size
    return found


def diversity_lines(found: Floats) -> list[str]:
    """Table of demand factors beside those of JGJ 242-2011, from (case, group, sample, 2)."""
    lines = [
        "| homes | demand factor (5 to 95 %) | JGJ 242-2011 | peak per home [kW] |",
        "|---|---|---|---|",
    ]
    for at, size in enumerate(GROUPS):
        factor, peak = found[:, at, :, 0], found[:, at, :, 1]
        if np.isnan(factor).all():
            continue
        low, mid, high = np.nanquantile(factor, [0.05, 0.5, 0.95])
        jgj = next(row for row in JGJ_DEMAND_FACTORS if row[0] <= size <= row[1])
        lines.append(
            f"| {size} | {mid:.2f} ({low:.2f}–{high:.2f}) | {jgj[2]:.2f}–{jgj[3]:.2f} "
            f"| {np.nanmedian(peak):.2f} |"
        )
    return lines


def area_lines(
    areas: Sequence[Area], kva: Sequence[float], growth: Floats, sustained: Floats, years: Ints
) -> list[str]:
    """Table of the areas; ``growth`` and ``sustained`` are (area, year)."""
    lines = [
        "| area | homes | kVA | growth to the Eve | load rate of two hours [%], "
        + ", ".join(str(year) for year in years)
        + " |",
        "|---|---|---|---|---|",
    ]
    for at, area in enumerate(areas):
        rates = ", ".join(f"{100 * s / POWER_FACTOR / kva[at]:.0f}" for s in sustained[at])
        grown = "–".join(f"{g:.1f}" for g in (growth[at].min(), growth[at].max()))
        lines.append(f"| {area.number} | {len(area.homes)} | {kva[at]:.0f} | {grown} | {rates} |")
    over = (sustained / POWER_FACTOR > np.array(kva)[:, None]).sum(axis=0)
    lines += ["", f"Overloaded areas by year: {', '.join(str(n) for n in over)}."]
    return lines
