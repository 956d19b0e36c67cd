"""Read an OpenDSS circuit: the engine works out every element, gridplan takes what it has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gridplan.errors import Fault, GridplanError, NetworkError
from gridplan.network.feeder import Feeder
from gridplan.network.opendss_arrays import build_feeder
from gridplan.network.opendss_elements import take_apart
from gridplan.network.opendss_parts import Parts
from gridplan.network.opendss_script import ScriptRun


def read_opendss(path: str | Path) -> Feeder:
    """Read the feeder that an OpenDSS script describes; needs the extra ``gridplan[opendss]``.

    The script is data: only statements that describe the network are run, in an engine of its own,
    so that nothing is written, the working directory stays, and one read does not influence the
    next. Lines and shunts are the engine's primitive admittances. Loads keep their model at any
    voltage (OpenDSS: between ``vminpu`` and ``vmaxpu`` only). The feeder's name is that of the
    circuit; nodes, lines and customers keep OpenDSS's names, in lower case.

    Raises
    ------
    NetworkError
        With everything in the script that is wrong or that gridplan cannot take.
    GridplanError
        When opendssdirect.py is not installed.
    """
    file = Path(path)
    engine, run = _run(file, None)
    f_hz = float(engine.Solution.Frequency()) if not run.faults else 0.0
    notes = run.notes()
    if not run.faults and _source_hz(engine) not in {0.0, f_hz}:
        # The script sets the base frequency after it has made the circuit: it was written for an
        # engine that had this frequency already, and with any other its source would be dead.
        engine, run = _run(file, f_hz)
        what = f"base frequency {f_hz:g} Hz set after the circuit: taken as set before it"
        notes.append(Fault(code="dss-frequency", where="script", what=what, severity="note"))
    _refuse(file, run.faults)
    parts = _parts(engine, file)
    feeder = build_feeder(engine, parts, _base_kv(engine), _places(engine), tuple(notes))
    _refuse(file, parts.faults)
    if feeder is None:  # every way to it leaves a fault
        raise AssertionError(f"{file}: no feeder and no fault")
    return feeder


def _engine() -> Any:
    """A fresh engine context, apart from the caller's own."""
    try:
        from opendssdirect import dss
    except ImportError as error:
        what = 'reading OpenDSS needs opendssdirect.py: pip install "gridplan[opendss]"'
        raise GridplanError(what) from error
    engine = dss.NewContext()
    engine.Basic.AllowForms(False)
    engine.Basic.AllowEditor(False)
    return engine


def _parts(engine: Any, file: Path) -> Parts:
    """The circuit's elements; ``NetworkError`` where the engine cannot work one out."""
    from opendssdirect import DSSException

    try:
        return take_apart(engine)
    except DSSException as error:
        what = " ".join(str(error.args[-1]).split())
        remedy = "correct that element; OpenDSS itself cannot solve the circuit"
        fault = Fault(code="dss-engine", where="circuit", what=what, remedy=remedy)
        raise NetworkError(str(file), [fault]) from None


def _run(file: Path, f_hz: float | None) -> tuple[Any, ScriptRun]:
    """Run the script with this base frequency at its start; None is OpenDSS's own (60 Hz)."""
    engine = _engine()
    if f_hz is not None:
        engine.Text.Command(f"set defaultbasefrequency={f_hz:g}")
    run = ScriptRun(engine=engine)
    run.follow(file)
    if not run.faults and not engine.Basic.NumCircuits():
        remedy = "give the master script, the one that begins with: new circuit.name"
        what = "the script makes no circuit"
        run.faults.append(Fault(code="dss-script", where=file.name, what=what, remedy=remedy))
    return engine, run


def _source_hz(engine: Any) -> float:
    """Frequency of the first source, 0 where there is none."""
    if not engine.Vsources.First():
        return 0.0
    return float(engine.Vsources.Frequency())


def _base_kv(engine: Any) -> dict[str, float]:
    """Nominal voltage of each bus, phase to neutral [kV], 0 where the script sets none."""
    found = {}
    for name in engine.Circuit.AllBusNames():
        engine.Circuit.SetActiveBus(name)
        found[str(name).lower()] = float(engine.Bus.kVBase())
    return found


def _places(engine: Any) -> dict[str, tuple[float, float]]:
    """Coordinates of the buses that have some."""
    found = {}
    for name in engine.Circuit.AllBusNames():
        engine.Circuit.SetActiveBus(name)
        if engine.Bus.Coorddefined():
            found[str(name).lower()] = (float(engine.Bus.X()), float(engine.Bus.Y()))
    return found


def _refuse(file: Path, faults: Sequence[Fault]) -> None:
    if faults:
        raise NetworkError(str(file), faults)
