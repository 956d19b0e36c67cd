"""Customers from OpenDSS's loads, generators and PV systems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gridplan.errors import Fault
from gridplan.frozen import BoolArray, FloatArray
from gridplan.network.customers import Customers
from gridplan.network.opendss_parts import NEUTRAL, Element, Parts

#: Load models as shares of constant impedance and constant current; the rest is constant power.
_MODELS = {1: (0.0, 0.0), 2: (1.0, 0.0), 5: (0.0, 1.0)}
_ZIP_MODEL = 8

_BRANCH = {frozenset({1, 2}): 0, frozenset({2, 3}): 1, frozenset({1, 3}): 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """One load or generator.

    Attributes
    ----------
    p_kw, q_kvar : its total, generation negative
    const_z, const_i : shares at the voltage ``rated_v`` of one branch
    used : branches a, b, c or ab, bc, ca among which it is split equally
    wiring : see ``Customers``; "star" until it is known whether its bus has a neutral
    """

    name: str
    kind: str
    bus: str
    p_kw: float
    q_kvar: float
    const_z: float
    const_i: float
    rated_v: float
    used: tuple[int, ...]
    wiring: str
    table: str


def read_consumers(engine: Any, parts: Parts) -> list[Consumer]:
    """Loads, then generators, then PV systems, each in the engine's order."""
    order = {"load": 0, "generator": 1, "pvsystem": 2}
    consumers = []
    for element in sorted(parts.consumers, key=lambda element: order[element.kind]):
        connection = _connection(engine, element)
        if isinstance(connection, str):
            remedy = "connect it between phases, or phases and the neutral (node 4) or earth"
            parts.fault(element.name, connection, remedy)
            continue
        read = _read_load if element.kind == "load" else _read_generation
        consumer = read(engine, element, connection, parts)
        if consumer is not None:
            consumers.append(consumer)
    return consumers


def _connection(engine: Any, element: Element) -> tuple[str, tuple[int, ...]] | str:
    """Wiring and branches of a load, or what is wrong with them.

    "star" is to the earth, "wye" to node 4 of the bus.
    """
    numbers = element.conductors[0]
    engine.Circuit.SetActiveElement(element.name)
    delta = engine.Properties.Value("conn").lower().startswith(("d", "ll"))
    n_phase = int(engine.CktElement.NumPhases())
    if delta and n_phase == 3 and sorted(numbers) == [1, 2, 3]:
        return "delta", (0, 1, 2)
    if n_phase == 1 and frozenset(numbers) in _BRANCH:
        return "delta", (_BRANCH[frozenset(numbers)],)
    if n_phase == 1:
        phases, back = _phase_first(numbers)
    else:
        phases, back = numbers[:-1], numbers[-1]
    good = all(1 <= number <= 3 for number in phases) and len(set(phases)) == len(phases)
    if (delta and n_phase > 1) or not good or back not in {0, NEUTRAL}:
        shown = ", ".join(str(number) for number in numbers)
        return f"{n_phase} phases{' in delta' if delta else ''} on the nodes {shown}"
    return "wye" if back else "star", tuple(sorted(number - 1 for number in phases))


def _phase_first(numbers: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    """Phase and return conductor of a single-phase load, whichever comes first."""
    one, other = (*numbers, 0)[:2]
    return ((other,), one) if one in {0, NEUTRAL} else ((one,), other)


def _rated_v(kv: float, n_branch: int, wiring: str) -> float:
    """Voltage of one branch [V]: line to line for more than one phase in star."""
    return kv * 1000 / (3**0.5 if n_branch > 1 and wiring != "delta" else 1)


def _read_load(
    engine: Any, element: Element, connection: tuple[str, tuple[int, ...]], parts: Parts
) -> Consumer | None:
    loads = engine.Loads
    loads.Name(element.own_name)
    shares = _model(loads)
    if isinstance(shares, str):
        remedy = "give it model 1 (constant power), 2 (impedance), 5 (current) or 8 (ZIP)"
        parts.fault(element.name, shares, remedy)
        return None
    wiring, used = connection
    factor = float(engine.Solution.LoadMult()) if int(loads.Status()) == 0 else 1.0
    return Consumer(
        name=element.own_name,
        kind="three_phase" if len(used) == 3 else "resident",
        bus=element.buses[0],
        p_kw=float(loads.kW()) * factor,
        q_kvar=float(loads.kvar()) * factor,
        const_z=shares[0],
        const_i=shares[1],
        rated_v=_rated_v(float(loads.kV()), len(used), wiring),
        used=used,
        wiring=wiring,
        table="asymmetric_load",
    )


def _model(loads: Any) -> tuple[float, float] | str:
    """Shares of constant impedance and current of the active load, or why there are none."""
    number = int(loads.Model())
    if number in _MODELS:
        return _MODELS[number]
    if number != _ZIP_MODEL:
        return f"load model {number} is not supported"
    zip_v = [float(value) for value in loads.ZipV()]
    if len(zip_v) < 6 or zip_v[:3] != zip_v[3:6] or abs(sum(zip_v[:3]) - 1) > 1e-9:
        return "ZIPV whose active and reactive shares differ, or do not add up to 1"
    return zip_v[0], zip_v[1]


def _read_generation(
    engine: Any, element: Element, connection: tuple[str, tuple[int, ...]], parts: Parts
) -> Consumer | None:
    """A generator or PV system as a constant power."""
    del parts
    wiring, used = connection
    if element.kind == "generator":
        device = engine.Generators
        device.Name(element.own_name)
        factor = float(engine.Solution.GenMult())
        p_kw, q_kvar = float(device.kW()) * factor, float(device.kvar()) * factor
    else:
        device = engine.PVsystems
        device.Name(element.own_name)
        p_kw = min(float(device.Pmpp()) * float(device.Irradiance()), float(device.kVARated()))
        q_kvar = _pv_kvar(engine, element, p_kw)
    return Consumer(
        name=element.own_name,
        kind="pv",
        bus=element.buses[0],
        p_kw=-p_kw,
        q_kvar=-q_kvar,
        const_z=0.0,
        const_i=0.0,
        rated_v=0.0,
        used=used,
        wiring=wiring,
        table="asymmetric_sgen",
    )


def _pv_kvar(engine: Any, element: Element, p_kw: float) -> float:
    """Reactive power [kvar] by the power factor of a PV system, negative for a leading load."""
    engine.Circuit.SetActiveElement(element.name)
    factor = float(engine.Properties.Value("pf"))
    return p_kw * (1 / factor**2 - 1) ** 0.5 * (1 if factor >= 0 else -1) if factor else 0.0


def build_customers(
    consumers: list[Consumer], node_of: dict[str, int], nominal_v: FloatArray, wires: BoolArray
) -> tuple[Customers, list[Fault]]:
    """The customers' arrays; ``wires`` (node, 4) and ``nominal_v`` (node,) are the nodes'."""
    node = np.array([node_of[consumer.bus] for consumer in consumers], dtype=np.int64)
    share = np.zeros((len(consumers), 3))
    demand = np.zeros((len(consumers), 4))
    wiring, movable = [], []
    for row, consumer in enumerate(consumers):
        share[row, list(consumer.used)] = 1 / len(consumer.used)
        wiring.append(_wiring(consumer, bool(wires[node[row], 3])))
        demand[row] = _at_nominal(consumer, float(nominal_v[node[row]]))
        movable.append(len(consumer.used) == 1 and bool(wires[node[row], :3].all()))
    names = _unique([consumer.name for consumer in consumers])
    customers = Customers(
        id=np.array(names, dtype=np.str_),
        node=node,
        p_share=share,
        q_share=share.copy(),
        wiring=np.array(wiring, dtype=np.str_),
        kind=np.array([consumer.kind for consumer in consumers], dtype=np.str_),
        p_kw=demand[:, 0],
        q_kvar=demand[:, 1],
        const_z=demand[:, 2],
        const_i=demand[:, 3],
        unit=np.arange(len(consumers)),
        unit_names=np.array(names, dtype=np.str_),
        may_move=np.array(movable, dtype=np.bool_),
        phase_confidence=np.ones(len(consumers)),
        priority=np.zeros(len(consumers), dtype=np.bool_),
        meter_a=np.full(len(consumers), np.nan),
        table=np.array([consumer.table for consumer in consumers], dtype=np.str_),
        row=np.arange(len(consumers)),
    )
    return customers, _notes(consumers, customers)


def _wiring(consumer: Consumer, has_neutral: bool) -> str:
    if consumer.wiring == "star":
        return "earth" if has_neutral else "wye"
    return consumer.wiring


def _at_nominal(consumer: Consumer, nominal_v: float) -> tuple[float, float, float, float]:
    """Demand and shares at the node's nominal voltage instead of the load's rated one."""
    if not (consumer.const_z or consumer.const_i):
        return consumer.p_kw, consumer.q_kvar, 0.0, 0.0
    ratio = nominal_v * (3**0.5 if consumer.wiring == "delta" else 1) / consumer.rated_v
    impedance, current = consumer.const_z * ratio**2, consumer.const_i * ratio
    whole = impedance + current + 1 - consumer.const_z - consumer.const_i
    # rounded, so that a load all of one kind stays so
    shares = round(impedance / whole, 12), round(current / whole, 12)
    return consumer.p_kw * whole, consumer.q_kvar * whole, *shares


def _unique(names: list[str]) -> list[str]:
    """Names told apart by a number where loads and generators share one."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return result


def _notes(consumers: list[Consumer], customers: Customers) -> list[Fault]:
    def note(code: str, what: str, rows: int) -> list[Fault]:
        if not rows:
            return []
        return [Fault(code=code, where="load", what=what, severity="note", rows=rows)]

    generation = sum(consumer.kind == "pv" for consumer in consumers)
    single = np.array([len(consumer.used) == 1 for consumer in consumers], dtype=np.bool_)
    fixed = int((single & ~customers.may_move).sum())
    return [
        *note(
            "dss-load-band",
            "loads keep their model at any voltage; OpenDSS makes them constant impedance outside "
            "vminpu to vmaxpu",
            len(consumers) - generation,
        ),
        *note("dss-generation", "generators and PV systems read as constant power", generation),
        *note(
            "dss-fixed",
            "single-phase customers at nodes without all three phases cannot change phase",
            fixed,
        ),
    ]
