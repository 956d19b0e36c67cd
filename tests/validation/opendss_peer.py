"""OpenDSS solves a script by itself: what the reader and the solver are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

import gridplan as gp


@dataclass(frozen=True, slots=True, kw_only=True)
class DssSolution:
    """What OpenDSS says.

    ``vm_v`` (node, 3) phase to neutral, to earth where a node has no neutral, NaN where it lacks
    the phase; ``vn_v`` (node,) neutral to earth, NaN likewise; ``loss_kw`` as OpenDSS counts,
    without shunts, among them reactors that ground a neutral.
    """

    vm_v: np.ndarray
    vn_v: np.ndarray
    loss_kw: float


def solve_script(
    script: Path,
    feeder: gp.Feeder,
    *,
    f_hz: float = 60.0,
    antifloat: bool = True,
    constant: bool = True,
) -> DssSolution:
    """Solve a script, loads as constant power, the script's own ``solve`` included.

    ``f_hz`` is the base frequency before the script begins; ``antifloat`` False takes OpenDSS's
    numerical ties to earth out of the transformers; ``constant`` False keeps the loads' models.
    """
    from opendssdirect import dss

    engine = dss.NewContext()
    engine.Basic.AllowChangeDir(False)
    engine.Text.Command(f"set defaultbasefrequency={f_hz:g}")
    engine.Text.Command(f'redirect "{script}"')
    model = "model=1" if constant else ""
    engine.Text.Command(f"batchedit load..* {model} vminpu=0.1 vmaxpu=1.9")
    if not antifloat and engine.Transformers.Count():
        engine.Text.Command("batchedit transformer..* ppm_antifloat=0")
    for setting in ("mode=snapshot", "tolerance=1e-10", "maxiterations=1000", "maxcontroliter=100"):
        engine.Text.Command(f"set {setting}")
    engine.Solution.Solve()
    assert engine.Solution.Converged()
    volts = {
        name.lower(): complex(real, imaginary)
        for name, real, imaginary in zip(
            engine.Circuit.AllNodeNames(),
            engine.Circuit.AllBusVolts()[::2],
            engine.Circuit.AllBusVolts()[1::2],
            strict=True,
        )
    }
    buses = [name.lower() for name in feeder.nodes.name.tolist()]
    numbers = np.array([[volts.get(f"{bus}.{k}", np.nan) for k in (1, 2, 3, 4)] for bus in buses])
    # the isolated star point of a transformer's high-voltage side is no neutral
    neutral = np.where(feeder.nodes.wires[:, 3], numbers[:, 3], np.nan)
    reference = np.where(np.isnan(neutral), 0, neutral)
    return DssSolution(
        vm_v=np.abs(numbers[:, :3] - reference[:, None]),
        vn_v=np.abs(neutral),
        loss_kw=engine.Circuit.Losses()[0] / 1000,
    )
