"""Make the example of the ledger template from ``networks/hongjiawan``.

Run it after ``make_hongjiawan.py``: ``python scripts/make_ledger_example.py``.
"""

from __future__ import annotations

from pathlib import Path

import gridplan as gp
from gridplan.exchange.workbook import write_ledger

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "gridplan" / "network" / "data" / "example_ledger"

if __name__ == "__main__":
    print(write_ledger(gp.read_feeder(ROOT / "networks" / "hongjiawan"), TARGET)[0])
