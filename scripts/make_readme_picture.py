"""Make the picture of the README: phase currents of New Year's Eve, today and after the moves."""

from __future__ import annotations

from pathlib import Path

import gridplan as gp
from gridplan.report.charts import currents_figure
from gridplan.report.svg import drawing_style

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "images" / "hongjiawan-currents.png"


def main() -> None:
    feeder = gp.read_feeder(ROOT / "networks" / "hongjiawan")
    study = gp.read_study(ROOT / "scenarios" / "spring-festival-2027.yaml")
    plan = gp.make_plan(feeder, study)
    with drawing_style():
        figure = currents_figure(plan, plan.before.sweep.scenarios.index("cold_snap"))
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(TARGET, dpi=110, metadata={"Software": None})
    print(plan.verdict)


if __name__ == "__main__":
    main()
