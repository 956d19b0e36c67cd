"""Take a year of homes, and of one rural feeder, out of SimBench: quarter hours in whole watts.

python scripts/make_simbench_meters.py FOLDER

FOLDER is ``networks/1-complete_data-mixed-all-0-sw`` of the PyPI package ``simbench``; it holds
``LoadProfile.csv`` (each profile over the rating of its loads) and ``Load.csv``. SimBench has five
profiles of homes, which all its homes share; each is written at the median rating of the homes that
have it in the three rural low-voltage grids. The feeder is the grid ``1-LV-rural1--0-sw``: three
homes and ten farms, all of them together.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pandas as pd

OUT = Path(__file__).parents[1] / "notebooks" / "data" / "simbench" / "quarter_hourly_w.csv"
HOMES = ("H0-A", "H0-B", "H0-C", "H0-G", "H0-L")
RURAL = ("LV1.101", "LV2.101", "LV3.101")  #: subnets of 1-LV-rural1, 1-LV-rural2 and 1-LV-rural3


def main(folder: Path) -> None:
    """Write the table."""
    loads = pd.read_csv(folder / "Load.csv", sep=";")
    loads["subnet"] = loads["subnet"].str.split("_").str[0]
    loads = loads[loads["subnet"].isin(RURAL)]
    feeder = loads[loads["subnet"] == RURAL[0]]
    names = sorted({*HOMES, *feeder["profile"]})
    profiles = pd.read_csv(
        folder / "LoadProfile.csv", sep=";", usecols=[f"{name}_pload" for name in names]
    )
    rated_w = 1e6 * loads.groupby("profile")["pLoad"].median()
    columns = {name: rated_w[name] * profiles[f"{name}_pload"] for name in HOMES}
    columns["rural1"] = sum(
        1e6 * row.pLoad * profiles[f"{row.profile}_pload"] for row in feeder.itertuples()
    )
    watts = np.rint(np.column_stack(list(columns.values()))).astype(int)
    with OUT.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(watts.tolist())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
