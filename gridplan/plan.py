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
from gridplan.assessment.waivers import Waiver
from gridplan.demand.cases import Demand
from gridplan.demand.clamp_evidence import ClampFit
from gridplan.demand.forecast import with_pending_of
from gridplan.errors import Fault
from gridplan.measures.around import surroundings_of
from gridplan.measures.choice import Choice, MeasureTable
from gridplan.measures.compare import compare_measures
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

    Attributes
    ----------
    scenario : its name
    action : "none", "watch", the heaviest kind of measure that is recommended, or "beyond": none of
        the options tried clears every finding to act on
    sentence : the recommended option
    reason : why it is that one
    """

    scenario: str
    action: str
    sentence: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What to do, with the proof: findings before and after on the same draws.

    Attributes
    ----------
    study : with the number of draws that were taken
    before, after : today, and with the proposed phase moves
    proposal : the moves with their certificate and the electrician's baseline
    measures : every option that was tried on the same draws, with what is recommended
    verdicts : one per scenario
    verdict : one sentence for the whole study
    precision : how precisely the probabilities of today's overloads are known
    provenance : versions, input hashes, seed, date
    seconds : wall time per stage [s]
    notes : what is hard to believe or was left out in the study's files; ``feeder.notes`` are those
        on the network
    clamp : what clamp readings say of levels and phase labels; None without readings
    waivers : findings that somebody has accepted, from the ledger of orders
    """

    study: Study
    before: Outcome
    after: Outcome
    proposal: Proposal
    measures: MeasureTable
    verdicts: tuple[Verdict, ...]
    verdict: str
    precision: Precision
    provenance: dict[str, Any]
    seconds: dict[str, float]
    notes: tuple[Fault, ...] = ()
    clamp: ClampFit | None = None
    waivers: tuple[Waiver, ...] = ()

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
            around=surroundings_of(feeder, study.forecast, study.measures),
        )
    verdicts = tuple(_verdict(choice, before) for choice in measures.choices)
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


def _verdict(choice: Choice, before: Outcome) -> Verdict:
    """Say what is recommended in a scenario; with nothing to act on, whether to watch."""
    action, sentence = choice.action, choice.label
    if action == "none":
        watch = bool(before.findings.of(choice.scenario))
        action, sentence = ("watch", "watch") if watch else ("none", "no action")
    return Verdict(
        scenario=choice.scenario,
        action=action,
        sentence=sentence or "nothing tried is enough",
        reason=choice.reason,
    )


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
