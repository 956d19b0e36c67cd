"""The plan: the only place where the rooms are put together."""

from __future__ import annotations

import hashlib
import math
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from gridplan.assessment.figures import Headline, headline_of
from gridplan.assessment.findings import Findings, Kind, risen
from gridplan.assessment.rules import assess
from gridplan.demand.cases import Demand
from gridplan.demand.forecast import forecast_demand, with_pending_of
from gridplan.demand.intervals import wilson_interval
from gridplan.measures.around import surroundings_of
from gridplan.measures.choice import Choice, MeasureTable
from gridplan.measures.compare import compare_measures
from gridplan.measures.proposal import Proposal
from gridplan.measures.rebalance import propose_rebalancing
from gridplan.network.feeder import Feeder
from gridplan.powerflow.results import SweepResult
from gridplan.powerflow.sweep import Watch, run_sweep
from gridplan.study import Study

SCHEMA_VERSION = "gridplan-plan/1"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """One state of the feeder, swept over all cases of the study."""

    feeder: Feeder
    sweep: SweepResult
    findings: Findings
    headline: Headline

    def to_record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            **asdict(self.headline),
            "findings": self.findings.to_records(),
            "not_assessed": list(self.findings.not_assessed),
        }


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
    before, after : today, and with the proposed phase moves
    proposal : the moves with their certificate and the electrician's baseline
    measures : every option that was tried on the same draws, with what is recommended
    verdicts : one per scenario
    verdict : one sentence for the whole study
    provenance : versions, input hashes, seed, date
    seconds : wall time per stage [s]
    """

    study: Study
    before: Outcome
    after: Outcome
    proposal: Proposal
    measures: MeasureTable
    verdicts: tuple[Verdict, ...]
    verdict: str
    provenance: dict[str, Any]
    seconds: dict[str, float]

    @property
    def feeder(self) -> Feeder:
        """The feeder as it stands today."""
        return self.before.feeder

    def __repr__(self) -> str:
        return f"<Plan {self.feeder.name}: {self.verdict}>"


#: Called with the name of the stage, work done and all work; work is counted in cases.
StageProgress = Callable[[str, int, int], None]


def make_plan(
    feeder: Feeder,
    study: Study,
    *,
    workers: int | None = None,
    progress: StageProgress | None = None,
) -> Plan:
    """Forecast, sweep, assess, propose moves, prove them on the same draws, compare other measures.

    Moves are accepted only when a sweep over all cases shows that no finding becomes likelier;
    otherwise fewer moves are tried, down to none.

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
    planner = _Planner(feeder=feeder, study=study, workers=workers, progress=progress, seconds={})
    demand, before = planner.today(study)
    while (study := _with_enough_draws(study, before.findings)).draws > demand.n_draw:
        demand, before = planner.today(study)
    proposal, after = planner.accepted_moves(demand, before)
    with planner.stage("measures"):
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
        study=study,
        before=before,
        after=after,
        proposal=proposal,
        measures=measures,
        verdicts=verdicts,
        verdict=_overall(verdicts),
        provenance=_provenance(feeder, study),
        seconds=planner.seconds,
    )


#: Findings whose probability a study's ``precision`` is about.
_OVERLOADS = (Kind.OVERLOAD, Kind.PHASE_OVERLOAD)


def _with_enough_draws(study: Study, findings: Findings) -> Study:
    """The study with as many draws as its precision asks for; the draws that both have are equal.

    The width of an interval falls with the root of the number of draws. A probability may still
    move, so the caller looks again.
    """
    wanted, draws = study.forecast.precision, study.draws
    # what no draw has shown is no finding, and its probability not known better than this
    never = wilson_interval(0, draws)
    halves = [
        (finding.probability_high - finding.probability_low) / 2
        for finding in findings
        if finding.kind in _OVERLOADS
    ]
    widest = max([(never[1] - never[0]) / 2, *halves])
    if wanted is None or widest <= wanted:
        return study
    by_never = draws * (never[1] - never[0]) / 2 / wanted  # this width falls with 1 / n
    needed = math.ceil(max(by_never, draws * (max(halves, default=0.0) / wanted) ** 2))
    return study.with_draws(min(max(needed, draws + 1), max(study.forecast.max_draws, draws)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planner:
    """One run of ``make_plan``: its inputs, and the clock."""

    feeder: Feeder
    study: Study
    workers: int | None
    progress: StageProgress | None
    seconds: dict[str, float]

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the wall time of the block to stage ``name``."""
        started = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started

    def today(self, study: Study) -> tuple[Demand, Outcome]:
        """What people will draw, and what the feeder as it stands makes of it."""
        with self.stage("forecast"):
            demand = forecast_demand(self.feeder, study.forecast).kept()
        with self.stage("today"):
            return demand, self.outcome(self.feeder, demand, "today")

    def outcome(self, feeder: Feeder, demand: Demand, name: str) -> Outcome:
        """Sweep and assess one state of the feeder."""
        low_v, high_v = self.study.limits.voltage_band_v
        report = self.progress
        sweep = run_sweep(
            feeder,
            demand,
            watch=Watch(v_low_v=low_v, v_high_v=high_v),
            workers=self.workers,
            progress=None if report is None else lambda done, total: report(name, done, total),
        )
        findings = assess(feeder, sweep, self.study.limits)
        headline = headline_of(feeder.area_transformer, sweep)
        return Outcome(feeder=feeder, sweep=sweep, findings=findings, headline=headline)

    def accepted_moves(self, demand: Demand, before: Outcome) -> tuple[Proposal, Outcome]:
        """The largest proposal that makes no finding likelier, and the swept state after it."""
        most = self.study.measures.max_moves
        while True:
            with self.stage("rebalancing"):
                proposal = propose_rebalancing(
                    self.feeder,
                    demand,
                    self.study.limits,
                    max_moves=most,
                    time_limit_s=self.study.measures.time_limit_s,
                )
            if not proposal.moves:
                return proposal, before
            with self.stage("after moves"):
                moved = self.feeder.with_phases(proposal.phase_moves)
                after = self.outcome(moved, demand, "after moves")
            if not risen(before.findings, after.findings):
                return proposal, after
            most = len(proposal.moves) - 1


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
    return {
        "gridplan": version("gridplan"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": study.seed,
        "study": study.name,
        "limits": study.limits.name,
        "sha256": {
            "feeder": fingerprint(feeder),
            "study": None if study.path is None else _file_hash(study.path),
            "register": None if register is None else _file_hash(register),
        },
    }


def fingerprint(feeder: Feeder) -> str:
    """SHA-256 over everything that a feeder holds, except what was noted while reading."""
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

    add(feeder)
    return digest.hexdigest()


def _file_hash(path: Path) -> str | None:
    """SHA-256 of a file, None when there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
