"""One state of a feeder, swept and judged; today's is drawn until it is known precisely enough."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gridplan.assessment.figures import Headline, headline_of
from gridplan.assessment.findings import Findings, Kind
from gridplan.assessment.rules import assess
from gridplan.demand.cases import Demand
from gridplan.demand.forecast import forecast_demand
from gridplan.demand.intervals import share_interval
from gridplan.demand.settings import ForecastSettings
from gridplan.network.feeder import Feeder
from gridplan.powerflow.results import SweepResult
from gridplan.powerflow.sweep import Watch, run_sweep
from gridplan.study import Study

#: Called with the name of the stage, work done and all work; work is counted in cases.
StageProgress = Callable[[str, int, int], None]

#: Findings whose probability a study's ``precision`` is about.
OVERLOADS = (Kind.OVERLOAD, Kind.PHASE_OVERLOAD)


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
class Precision:
    """How precisely the probabilities of overloads are known, and what the study asks for.

    Attributes
    ----------
    wanted : widest half of a 95 % interval that the study accepts; None: it does not say
    half_width : widest half of the intervals
    finding : key of the finding that has it; None: what no draw has shown has it
    draws, max_draws : taken, and the most that the study allows
    replicates : of the demand
    """

    wanted: float | None
    half_width: float
    finding: tuple[str, str, str] | None
    draws: int
    max_draws: int
    replicates: int | None = None

    @classmethod
    def of(cls, settings: ForecastSettings, findings: Findings, demand: Demand) -> Precision:
        """Precision of findings; an overload that no draw has shown counts as one of no draw."""
        never = share_interval(np.zeros(demand.n_draw, dtype=bool), demand.replicates)
        widths: dict[tuple[str, str, str] | None, float] = {None: _half(*never)} | {
            finding.key: _half(finding.probability_low, finding.probability_high)
            for finding in findings
            if finding.kind in OVERLOADS
        }
        widest = max(widths, key=lambda key: widths[key])
        return cls(
            wanted=settings.precision,
            half_width=widths[widest],
            finding=widest,
            draws=demand.n_draw,
            max_draws=settings.max_draws,
            replicates=demand.replicates,
        )

    @property
    def reached(self) -> bool:
        """The study asks for no more."""
        return self.wanted is None or self.half_width <= self.wanted

    @property
    def next_draws(self) -> int:
        """Draws to take now; those taken where that is enough, or no more are allowed.

        The width falls with the root of the number of draws, that of what no draw has shown with
        the number itself. A probability may still move, so the caller looks again.
        """
        if self.wanted is None or self.reached or self.draws >= self.max_draws:
            return self.draws
        wider = self.half_width / self.wanted
        needed = math.ceil(self.draws * (wider if self.finding is None else wider**2))
        turn = self.replicates or 1  # sequences of the same length
        needed = turn * math.ceil(max(needed, self.draws + 1) / turn)
        return min(needed, self.max_draws)

    @property
    def sentence(self) -> str:
        """One line for people."""
        if self.finding is None:
            what = "overloads that no draw has shown"
        else:
            kind, scenario, _ = (part.replace("_", " ") for part in self.finding)
            what = f"{kind} in {scenario}"
        known = f"±{self.half_width:.2g} after {self.draws:,} draws"
        if self.wanted is None:
            return f"Probabilities of overloads are known to {known} (widest: {what})."
        asked = f"precision {self.wanted:g}"
        if self.reached:
            return f"Probabilities of overloads are known to {known}, as asked ({asked})."
        return (
            f"max_draws {self.max_draws:,} ended the draws before {asked} was reached: "
            f"the probability of {what} is known to {known}."
        )

    def to_record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        names = ("kind", "scenario", "element")
        return {
            "wanted": self.wanted,
            "half_width": self.half_width,
            "finding": self.finding and dict(zip(names, self.finding, strict=True)),
            "draws": self.draws,
            "max_draws": self.max_draws,
            "reached": None if self.wanted is None else self.reached,
            "sentence": self.sentence,
        }


def _half(low: float, high: float) -> float:
    return (high - low) / 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Today:
    """Today's state, and the demand that it was swept over.

    Attributes
    ----------
    study : with the number of draws that were taken
    demand : what the customers draw
    outcome : of the feeder as it stands
    precision : how precisely its overloads are known
    """

    study: Study
    demand: Demand
    outcome: Outcome
    precision: Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Runs the stages of a study on a feeder, and keeps the time.

    Attributes
    ----------
    feeder, study : what stands in the field, and what is asked of it
    workers : threads of the sweeps, default one per core
    progress : called as the sweeps advance
    seconds : wall time per stage [s]
    """

    feeder: Feeder
    study: Study
    workers: int | None = None
    progress: StageProgress | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the wall time of the block to stage ``name``."""
        started = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started

    def today(self, *, keep: bool = True, parquet: Path | None = None) -> Today:
        """Forecast, sweep and assess today, with more draws until the study's precision is reached.

        Without a ``precision`` the study's draws are taken, once. The draws that two rounds share
        are the same.

        Parameters
        ----------
        keep : let the demand remember its numbers, for those who sweep it again
        parquet : file for the metrics of every case, none by default
        """
        study = self.study
        while True:
            with self.stage("forecast"):
                demand = forecast_demand(self.feeder, study.forecast)
                demand = demand.kept() if keep else demand
            with self.stage("today"):
                outcome = self.outcome(self.feeder, demand, "today", parquet=parquet)
            precision = Precision.of(self.study.forecast, outcome.findings, demand)
            if precision.next_draws == study.draws:
                return Today(study=study, demand=demand, outcome=outcome, precision=precision)
            study = study.with_draws(precision.next_draws)

    def outcome(
        self, feeder: Feeder, demand: Demand, name: str, *, parquet: Path | None = None
    ) -> Outcome:
        """Sweep and assess one state of the feeder."""
        low_v, high_v = self.study.limits.voltage_band_v
        report = self.progress
        sweep = run_sweep(
            feeder,
            demand,
            watch=Watch(v_low_v=low_v, v_high_v=high_v),
            workers=self.workers,
            progress=None if report is None else lambda done, total: report(name, done, total),
            parquet=parquet,
        )
        findings = assess(feeder, sweep, self.study.limits)
        headline = headline_of(feeder.area_transformer, sweep, findings.conditions)
        return Outcome(feeder=feeder, sweep=sweep, findings=findings, headline=headline)
