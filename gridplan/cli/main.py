"""Entry point: the group of commands, each loaded when it is called."""

from __future__ import annotations

import rich_click as click

from gridplan import __version__
from gridplan.cli.lazy import LazyGroup

COMMANDS = {
    "plan": "gridplan.cli.plan:plan",
    "forecast": "gridplan.cli.forecast:forecast",
    "sweep": "gridplan.cli.sweep:sweep",
    "assess": "gridplan.cli.assess_command:assess",
    "rebalance": "gridplan.cli.rebalance:rebalance",
    "compare": "gridplan.cli.compare:compare",
    "connect": "gridplan.cli.connect:connect",
    "hosting": "gridplan.cli.hosting:hosting",
    "screen": "gridplan.cli.screen:screen",
    "programme": "gridplan.cli.programme:programme",
    "network": "gridplan.cli.network:network",
    "orders": "gridplan.cli.orders:orders",
    "check": "gridplan.cli.check:check",
    "compare-runs": "gridplan.cli.compare_runs:compare_runs",
    "schema": "gridplan.cli.schema:schema",
    "doctor": "gridplan.cli.doctor:doctor",
    "demo": "gridplan.cli.demo:demo",
    "completion": "gridplan.cli.completion:completion",
}


@click.group(
    cls=LazyGroup,
    commands_at=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="gridplan")
def cli() -> None:
    """Find village transformers that a holiday overloads, and the least work that prevents it.

    Start with: gridplan demo, or gridplan plan NETWORK STUDY -o OUT

    Exit codes: 0 done; 1 findings at or above --fail-on, or a connection refused; 2 usage; 3 bad
    input; 4 too many cases without a solution; 5 regression differs; 130 interrupted.
    """
