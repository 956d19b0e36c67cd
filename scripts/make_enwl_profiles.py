"""Average the household profiles of Electricity North West to quarter hours, in whole watts.

python scripts/make_enwl_profiles.py FOLDER

FOLDER holds ``Winter_Load_Profiles.csv`` and ``Summer_Load_Profiles.csv`` of the feeders published
with PowerModelsDistributionStateEstimation.jl: 288 means of five minutes in kW by 100 homes, one
day each.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

OUT = Path(__file__).parents[1] / "notebooks" / "data" / "enwl"
STEPS = 3  #: five minutes each, of a quarter hour


def main(folder: Path) -> None:
    """Write a table per season: quarter hours by homes."""
    for season in ("winter", "summer"):
        path = folder / f"{season.capitalize()}_Load_Profiles.csv"
        p_kw = np.loadtxt(path, delimiter=",", encoding="utf-8-sig")
        watts = np.rint(1e3 * p_kw.reshape(-1, STEPS, p_kw.shape[1]).mean(axis=1)).astype(int)
        with (OUT / f"{season}_w.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([f"home_{number}" for number in range(1, p_kw.shape[1] + 1)])
            writer.writerows(watts.tolist())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
