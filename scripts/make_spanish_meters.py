"""Pack the Spanish 20-day meters into one table: hours by meters, whole watts.

python scripts/make_spanish_meters.py FOLDER

FOLDER is ``day_20_profile`` of the data set (Koirala et al., Mendeley Data 685vgp64sm, CC BY 4.0):
one file per customer with 481 hourly means in kW. The first value belongs to no whole day and is
left out.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

OUT = Path(__file__).parents[1] / "notebooks" / "data" / "spanish" / "hourly_w.csv"
HOURS = 480


def main(folder: Path) -> None:
    """Write the table."""
    columns: dict[str, list[int]] = {}
    for path in sorted(folder.glob("shape_*.csv")):
        values = [float(line) for line in path.read_text(encoding="utf-8").split()]
        columns[path.stem.removeprefix("shape_")] = [round(1e3 * kw) for kw in values[-HOURS:]]
    with OUT.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
