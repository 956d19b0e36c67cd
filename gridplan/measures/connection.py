"""Connection requests: whether a new load may be connected, on which phase, after which moves.

A request is a customer more, swept over the draws of the study. It is granted where no rule to act
on is broken more often than today, unless it stays within what the study accepts. It is tried on
the worst days of each draw, and granted only after a sweep over all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from gridplan.assessment.findings import Findings, Kind
from gridplan.assessment.limits import Limits, limits_named
from gridplan.demand.cases import Demand
from gridplan.demand.pending import PendingConnection
from gridplan.measures.compare import Judged
from gridplan.measures.hosting import WAYS
from gridplan.measures.hostingcases import deciding_cases
from gridplan.measures.judging import findings_of, swept
from gridplan.measures.measure import Area
from gridplan.measures.probes import Probes
from gridplan.measures.proposal import Move
from gridplan.measures.rebalance import propose_rebalancing
from gridplan.measures.request import THREE_PHASE, drawing, with_connection
from gridplan.measures.settings import MeasureSettings
from gridplan.measures.shortage import Lack, lack_of
from gridplan.measures.worstdays import worst_days
from gridplan.network.feeder import Feeder
from gridplan.powerflow.results import Status, SweepResult

#: Longest search for moves: somebody waits for the answer [s].
_MOVES_TIME_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionTrial:
    """One way to connect, swept.

    Attributes
    ----------
    phases : "a", "b", "c" or "abc"
    moves : phase moves of others that go with it
    lacks : what it breaks, the worst first; none: it may be connected this way
    rises : rules to watch that are broken more often, and rules to act on that stay within what is
        accepted: kind, scenario, element, probability today and then
    swept : over all cases of some days; not where the network cannot deliver the load anyhow
    whole : swept over all days, not only over the worst of each draw
    """

    phases: str
    moves: tuple[Move, ...] = ()
    lacks: tuple[Lack, ...] = ()
    rises: tuple[tuple[str, str, str, float, float], ...] = ()
    swept: bool = True
    whole: bool = False

    @property
    def broken_rules(self) -> float:
        """Expected number of broken rules: their probabilities above today's, added up."""
        return sum(lack.probability - lack.today for lack in self.lacks)

    @property
    def label(self) -> str:
        """How it is connected, in words."""
        on = "on three phases" if self.phases == THREE_PHASE else f"on phase {self.phases}"
        n = len(self.moves)
        return f"{on} after {n} move{'s' if n > 1 else ''}" if n else on


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionAnswer:
    """Whether a load may be connected.

    Attributes
    ----------
    connection : what is asked for, on the phases of the answer
    chosen : the way that is granted, None: no
    trials : everything that was tried, in that order
    room : what the node can take instead, in the words of ``sentence``; "" where it is granted
    room_kw : per phases, largest load that the node can take [kW]; empty where it is granted
    """

    connection: PendingConnection
    chosen: ConnectionTrial | None
    trials: tuple[ConnectionTrial, ...]
    room: str = ""
    room_kw: dict[str, float] | None = None

    @property
    def granted(self) -> bool:
        """It may be connected."""
        return self.chosen is not None

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        what = f"{self.connection.kw:g} kW at {self.connection.node}"
        if self.chosen is not None:
            return f"yes {self.chosen.label}: {what} breaks no rule more often than is accepted"
        nearest = min(self.trials, key=_distance)
        lacks = "; ".join(lack.sentence for lack in nearest.lacks[:2])
        return f"no: with {what} {nearest.label} {lacks}{'; ' * bool(self.room)}{self.room}"

    def __repr__(self) -> str:
        return f"<ConnectionAnswer: {self.sentence}>"

    def to_record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        names = ("kind", "scenario", "element", "today", "then")
        one = self.connection
        return {
            "node": one.node,
            "kw": one.kw,
            "power_factor": one.power_factor,
            "granted": self.granted,
            "sentence": self.sentence,
            "phases": None if self.chosen is None else self.chosen.phases,
            "moves": [] if self.chosen is None else [asdict(move) for move in self.chosen.moves],
            "room_kw": self.room_kw or {},
            "trials": [
                {
                    "way": trial.label,
                    "phases": trial.phases,
                    "n_moves": len(trial.moves),
                    "granted": trial is self.chosen,
                    "all_days": trial.whole,
                    "lacks": [lack.to_record() for lack in trial.lacks],
                    "rises": [dict(zip(names, rise, strict=True)) for rise in trial.rises],
                }
                for trial in self.trials
            ],
        }


def answer_connection(
    feeder: Feeder,
    demand: Demand,
    connection: PendingConnection,
    limits: Limits | None = None,
    settings: MeasureSettings | None = None,
    *,
    phases: Sequence[str] | None = None,
    max_moves: int = 2,
    before: Judged | None = None,
) -> ConnectionAnswer:
    """Say whether a load may be connected, on which phase, after which moves.

    Parameters
    ----------
    feeder, demand : today's feeder and what its customers draw
    connection : what is asked for
    limits : rule set, default "cn-default"
    settings : of the study: what is accepted, worst days
    phases : on which it may be connected, in the order of trial; None: those it asks for
    max_moves : units that may be moved for it
    before : today's sweep, where it exists already

    Raises
    ------
    StudyError
        the node is not there or lacks the phase
    """
    rules = limits if limits is not None else limits_named("cn-default")
    chosen = settings if settings is not None else MeasureSettings()
    area = Area(feeder=feeder, demand=demand)
    if before is None:
        sweep = swept(area, rules)
        before = _State(sweep=sweep, findings=findings_of(area, sweep, rules))
    desk = _Desk.of(area, before, rules, chosen)
    wanted = (connection.phases,) if phases is None else tuple(phases)
    return desk.answer(connection, wanted, max_moves)


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """One state over all cases."""

    sweep: SweepResult
    findings: Findings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Desk:
    """What all trials of one request share: ``short`` is the area on the worst days."""

    area: Area
    short: Area
    today: Judged
    limits: Limits
    settings: MeasureSettings

    @classmethod
    def of(cls, area: Area, today: Judged, limits: Limits, settings: MeasureSettings) -> _Desk:
        """Choose the days."""
        days = None
        if settings.worst_days:
            trafo = area.feeder.area_transformer
            days = worst_days([today.sweep], trafo, limits, settings.worst_days)
        short = area if days is None else replace(area, demand=days.of(area.demand).kept())
        return cls(area=area, short=short, today=today, limits=limits, settings=settings)

    def answer(
        self, connection: PendingConnection, wanted: tuple[str, ...], max_moves: int
    ) -> ConnectionAnswer:
        """Try the phases, then moves; else say what is lacking and what there is room for."""
        with_connection(self.area, replace(connection, phases=wanted[0]))  # refuses what is wrong
        probes, trials = self.probes(connection), []
        for phases in wanted:
            one = replace(connection, phases=phases)
            trials.append(self.undelivered(probes, one) or self.trial(one))
            if not trials[-1].lacks:
                return ConnectionAnswer(connection=one, chosen=trials[-1], trials=tuple(trials))
        nearest = min(trials, key=_distance)
        one = replace(connection, phases=nearest.phases)
        if max_moves and nearest.swept:
            moves = self.moves_for(one, max_moves)
            if moves:
                trials.append(self.trial(one, moves))
                if not trials[-1].lacks:
                    return ConnectionAnswer(connection=one, chosen=trials[-1], trials=tuple(trials))
        room_kw = room_of(probes, connection.kw)
        return ConnectionAnswer(
            connection=one,
            chosen=None,
            trials=tuple(trials),
            room=_in_words(room_kw),
            room_kw=room_kw,
        )

    def trial(self, one: PendingConnection, moves: tuple[Move, ...] = ()) -> ConnectionTrial:
        """Sweep one way to connect, over all days where the worst ones leave nothing."""
        trial = ConnectionTrial(phases=one.phases, moves=moves)
        for area in dict.fromkeys((self.short, self.area)):
            trial = self._swept(area, one, trial)
            if trial.lacks:
                break
        return trial

    def _swept(self, area: Area, one: PendingConnection, trial: ConnectionTrial) -> ConnectionTrial:
        """One way over the days of an area."""
        then = with_connection(area, one)
        if trial.moves:
            phase_moves = tuple(move.phase_move for move in trial.moves)
            then = replace(then, feeder=then.feeder.with_phases(phase_moves))
        sweep = swept(then, self.limits)
        lacks, rises = [], []
        accepted = self.settings.accept_probability
        for item in findings_of(then, sweep, self.limits):
            today = self.today.findings.probability(item.key)
            if item.probability <= today:
                continue
            if item.tier == "act" and item.probability > accepted:
                lacks.append(lack_of(item, then.feeder, sweep, today=today, accepted=accepted))
            else:
                rises.append((*item.key, today, item.probability))
        return replace(
            trial,
            lacks=tuple(sorted(lacks, key=lambda lack: lack.today - lack.probability)),
            rises=tuple(rises),
            whole=area is self.area,
        )

    def moves_for(self, one: PendingConnection, max_moves: int) -> tuple[Move, ...]:
        """Moves of other units that make room for a connection."""
        then = with_connection(self.short, one)
        customers = then.feeder.customers
        fixed = customers.may_move & (customers.id != one.name)
        feeder = replace(then.feeder, customers=replace(customers, may_move=fixed))
        proposal = propose_rebalancing(
            feeder,
            then.demand,
            self.limits,
            max_moves=max_moves,
            time_limit_s=min(self.settings.time_limit_s, _MOVES_TIME_S),
        )
        return proposal.moves

    def probes(self, connection: PendingConnection) -> Probes:
        """A probe at the node asked about, over the deciding cases."""
        feeder, accepted = self.area.feeder, self.settings.accept_probability
        cases = deciding_cases(
            self.today.sweep,
            feeder.area_transformer,
            self.limits,
            accepted=accepted,
            drawing=drawing(self.area.demand, connection),
        )
        return Probes.of(feeder, [connection.node], connection, cases, self.limits, accepted)

    def undelivered(self, probes: Probes, one: PendingConnection) -> ConnectionTrial | None:
        """The trial of a load that the network cannot deliver in too many draws, else None.

        Cases without a solution take long to be sure of; the deciding ones are enough.
        """
        share, scenarios = probes.unsolved(0, one.phases, one.kw), self.today.sweep.scenarios
        today = (self.today.sweep.status != Status.SOLVED).any(axis=-1).mean(axis=-1)
        beyond = np.flatnonzero(share > np.maximum(today, self.settings.accept_probability))
        if not beyond.size:
            return None
        short_kw = one.kw - probes.largest(0, one.phases, one.kw)[0]
        lacks = tuple(
            Lack(
                kind=Kind.NO_SOLUTION.value,
                scenario=scenarios[row],
                element="network",
                phase=None,
                place="the network",
                today=float(today[row]),
                probability=float(share[row]),
                short=short_kw,
                unit="kW",
            )
            for row in beyond.tolist()
        )
        return ConnectionTrial(phases=one.phases, lacks=lacks, swept=False)


def room_of(probes: Probes, max_kw: float) -> dict[str, float]:
    """What a node can take on each phase and on three, up to ``max_kw`` [kW]."""
    return {
        phases: probes.largest(0, phases, max_kw)[0]
        for phases in WAYS
        if probes.possible(0, phases)
    }


def _distance(trial: ConnectionTrial) -> tuple[bool, float]:
    """How far a trial is from being granted; what cannot be delivered at all is furthest."""
    return not trial.swept, trial.broken_rules


def _in_words(room_kw: dict[str, float]) -> str:
    """What a node can take, the best single phase and three phases."""
    single = {phases: kw for phases, kw in room_kw.items() if len(phases) == 1}
    words = []
    if single:
        best = max(single, key=lambda phases: single[phases])
        words.append(f"{single[best]:.1f} kW on phase {best}")
    if THREE_PHASE in room_kw:
        words.append(f"{room_kw[THREE_PHASE]:.1f} kW on three phases")
    return f"there is room for about {' or '.join(words)}" if words else ""
