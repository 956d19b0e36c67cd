"""The plan: the only place where the rooms are put together."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from gridplan.assessment.findings import Finding, risen
from gridplan.assessment.limits import Limits
from gridplan.demand.cases import Demand
from gridplan.demand.clamp_evidence import ClampFit
from gridplan.demand.forecast import with_pending_of
from gridplan.errors import Fault
from gridplan.measures.compare import MeasureResult, compare_measures
from gridplan.measures.proposal import Proposal
from gridplan.measures.rebalance import propose_rebalancing
from gridplan.network.customers import PhaseMove
from gridplan.network.feeder import Feeder
from gridplan.outcome import Outcome, Precision, Runner, StageProgress
from gridplan.study import Study

SCHEMA_VERSION = "gridplan-plan/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What to do in one scenario, in one sentence.

    ``action`` is "none", "watch", "move", "reconductor", "uprate" or "beyond": the least of them
    that clears every
    finding to act on in that scenario ("beyond": none of the measures tried does).
    """

    scenario: str
    action: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What to do, with the proof: findings before and after on the same draws.

    Attributes
    ----------
    study : with the number of draws that were taken
    before, after : today, and with the proposed phase moves
    proposal : the moves with their certificate and the electrician's baseline
    measures : every measure that was tried, on the same draws, least work first
    verdicts : one per scenario
    verdict : one sentence for the whole study
    precision : how precisely the probabilities of today's overloads are known
    provenance : versions, input hashes, seed, date
    seconds : wall time per stage [s]
    notes : what is hard to believe or was left out in the study's files; ``feeder.notes`` are those
        on the network
    clamp : what clamp readings say of levels and phase labels; None without readings
    """

    study: Study
    before: Outcome
    after: Outcome
    proposal: Proposal
    measures: tuple[MeasureResult, ...]
    verdicts: tuple[Verdict, ...]
    verdict: str
    precision: Precision
    provenance: dict[str, Any]
    seconds: dict[str, float]
    notes: tuple[Fault, ...] = ()
    clamp: ClampFit | None = None

    @property
    def feeder(self) -> Feeder:
        """The feeder as it stands today."""
        return self.before.feeder

    def __repr__(self) -> str:
        return f"<Plan {self.feeder.name}: {self.verdict}>"


def make_plan(
    feeder: Feeder,
    study: Study,
    *,
    workers: int | None = None,
    progress: StageProgress | None = None,
) -> Plan:
    """Forecast, sweep, assess, propose moves, prove them on the same draws, compare other measures.

    Moves are accepted only when a sweep over all cases shows that no finding becomes likelier;
    otherwise the search goes on with what the sweep has shown.

    Parameters
    ----------
    feeder, study : what stands in the field, and what is asked of it
    workers : threads of the sweeps, default one per core
    progress : called as the stages advance

    Raises
    ------
    InputError
        When register or settings do not fit the feeder.
    """
    feeder = with_pending_of(feeder, study.forecast)
    runner = Runner(feeder=feeder, study=study, workers=workers, progress=progress)
    today = runner.today()
    demand, before = today.demand, today.outcome
    proposal, after = _accepted_moves(runner, demand, before)
    with runner.stage("measures"):
        measures = compare_measures(
            feeder,
            demand,
            study.limits,
            study.measures,
            proposal=proposal,
            before=before,
            after=after,
        )
    verdicts = tuple(_verdict(name, measures, before) for name in demand.scenarios)
    return Plan(
        study=today.study,
        before=before,
        after=after,
        proposal=proposal,
        measures=measures,
        verdicts=verdicts,
        verdict=_overall(verdicts),
        precision=today.precision,
        provenance=_provenance(feeder, study),
        seconds=runner.seconds,
        notes=demand.notes,
        clamp=demand.clamp,
    )


def _accepted_moves(runner: Runner, demand: Demand, before: Outcome) -> tuple[Proposal, Outcome]:
    """The proposal that makes no finding likelier, and the swept state after it."""
    feeder, study = runner.feeder, runner.study
    swept: list[Outcome] = []

    def check(moves: tuple[PhaseMove, ...]) -> tuple[Finding, ...]:
        with runner.stage("after moves"):
            swept.append(runner.outcome(feeder.with_phases(moves), demand, "after moves"))
        return risen(before.findings, swept[-1].findings)

    with runner.stage("rebalancing"):
        proposal = propose_rebalancing(
            feeder,
            demand,
            study.limits,
            max_moves=study.measures.max_moves,
            time_limit_s=study.measures.time_limit_s,
            check=check,
        )
    return proposal, swept[-1] if proposal.moves else before


def _verdict(scenario: str, measures: tuple[MeasureResult, ...], before: Outcome) -> Verdict:
    """Name the least measure that clears every finding to act on in a scenario."""
    today = before.findings.of(scenario)
    for measure in measures:
        if measure.clears(scenario):
            if measure.action == "none":
                return _quiet_verdict(scenario, bool(today))
            return Verdict(scenario=scenario, action=measure.action, sentence=measure.label)
    least = measures[-1].label if measures else "nothing"
    sentence = f"nothing tried is enough, up to: {least}"
    return Verdict(scenario=scenario, action="beyond", sentence=sentence)


def _quiet_verdict(scenario: str, watch: bool) -> Verdict:
    """Nothing to act on: watch, or not even that."""
    if watch:
        return Verdict(scenario=scenario, action="watch", sentence="watch")
    return Verdict(scenario=scenario, action="none", sentence="no action")


def _overall(verdicts: tuple[Verdict, ...]) -> str:
    """One sentence for the study: what each scenario asks for, equal ones together."""
    grouped: dict[str, list[str]] = {}
    for verdict in verdicts:
        grouped.setdefault(verdict.sentence, []).append(verdict.scenario)
    if len(grouped) == 1:
        return next(iter(grouped))
    return "; ".join(f"{', '.join(names)}: {sentence}" for sentence, names in grouped.items())


def _provenance(feeder: Feeder, study: Study) -> dict[str, Any]:
    """What this plan was made from: versions, hashes of the inputs, seed, date."""
    register = study.forecast.register_path(feeder.name)
    clamp = study.forecast.clamp
    return {
        "gridplan": version("gridplan"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": study.seed,
        "sampling": study.forecast.sampling,
        "study": study.name,
        "limits": study.limits.name,
        "sha256": {
            "feeder": fingerprint(feeder),
            "study": None if study.path is None else _file_hash(study.path),
            "register": None if register is None else _file_hash(register),
            "clamp": None if clamp is None else _file_hash(study.forecast.file(clamp)),
            "limits": fingerprint(study.limits),
        },
    }


def fingerprint(thing: Feeder | Limits) -> str:
    """SHA-256 over everything that a feeder holds, except what was noted while reading.

    Or over every value and source of a rule set.
    """
    digest = hashlib.sha256()

    def add(value: object) -> None:
        if isinstance(value, np.ndarray):
            digest.update(f"{value.dtype.str}{value.shape}".encode() + value.tobytes())
        elif is_dataclass(value):
            for field in fields(value):
                if field.name != "notes":
                    digest.update(field.name.encode())
                    add(getattr(value, field.name))
        else:
            digest.update(repr(value).encode())

    add(thing)
    return digest.hexdigest()


def _file_hash(path: Path) -> str | None:
    """SHA-256 of a file, None when there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
