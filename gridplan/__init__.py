"""Which village transformers will be overloaded when people come home, and what prevents it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gridplan.assessment.findings import Findings
    from gridplan.assessment.rules import assess
    from gridplan.demand.cases import Demand
    from gridplan.demand.forecast import forecast_demand
    from gridplan.errors import GridplanError, InputError, NetworkError, NoSolutionError, StudyError
    from gridplan.measures.compare import compare_measures
    from gridplan.measures.connection import ConnectionAnswer, answer_connection
    from gridplan.measures.hosting import Hosting, hosting_capacity
    from gridplan.measures.proposal import Proposal
    from gridplan.measures.rebalance import propose_rebalancing
    from gridplan.network.feeder import Feeder
    from gridplan.network.ledger import read_ledger
    from gridplan.network.opendss import read_opendss
    from gridplan.network.reader import read_feeder
    from gridplan.plan import Plan, make_plan
    from gridplan.powerflow.direct import solve
    from gridplan.powerflow.results import PowerFlowResult, SweepResult
    from gridplan.powerflow.sweep import run_sweep
    from gridplan.report.write import write_report
    from gridplan.study import Study, read_study

__version__ = "0.1.0"

__all__ = [
    "ConnectionAnswer",
    "Demand",
    "Feeder",
    "Findings",
    "GridplanError",
    "Hosting",
    "InputError",
    "NetworkError",
    "NoSolutionError",
    "Plan",
    "PowerFlowResult",
    "Proposal",
    "Study",
    "StudyError",
    "SweepResult",
    "answer_connection",
    "assess",
    "compare_measures",
    "forecast_demand",
    "hosting_capacity",
    "make_plan",
    "propose_rebalancing",
    "read_feeder",
    "read_ledger",
    "read_opendss",
    "read_study",
    "run_sweep",
    "solve",
    "write_report",
]

_HOME = {
    "ConnectionAnswer": "gridplan.measures.connection",
    "Demand": "gridplan.demand.cases",
    "Feeder": "gridplan.network.feeder",
    "Findings": "gridplan.assessment.findings",
    "GridplanError": "gridplan.errors",
    "Hosting": "gridplan.measures.hosting",
    "InputError": "gridplan.errors",
    "NetworkError": "gridplan.errors",
    "NoSolutionError": "gridplan.errors",
    "Plan": "gridplan.plan",
    "PowerFlowResult": "gridplan.powerflow.results",
    "Proposal": "gridplan.measures.proposal",
    "Study": "gridplan.study",
    "StudyError": "gridplan.errors",
    "SweepResult": "gridplan.powerflow.results",
    "answer_connection": "gridplan.measures.connection",
    "assess": "gridplan.assessment.rules",
    "compare_measures": "gridplan.measures.compare",
    "forecast_demand": "gridplan.demand.forecast",
    "hosting_capacity": "gridplan.measures.hosting",
    "make_plan": "gridplan.plan",
    "propose_rebalancing": "gridplan.measures.rebalance",
    "read_feeder": "gridplan.network.reader",
    "read_ledger": "gridplan.network.ledger",
    "read_opendss": "gridplan.network.opendss",
    "read_study": "gridplan.study",
    "run_sweep": "gridplan.powerflow.sweep",
    "solve": "gridplan.powerflow.direct",
    "write_report": "gridplan.report.write",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its home module when it is first used, so that importing is light."""
    if name not in _HOME:
        raise AttributeError(f"module 'gridplan' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
