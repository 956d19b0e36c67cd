"""Exit codes of the command line."""

from __future__ import annotations

DONE = 0
FINDINGS = 1  #: findings at or above --fail-on
USAGE = 2  #: click's own code for wrong options
BAD_INPUT = 3
UNSOLVED = 4  #: more than --max-unsolved of the cases without a solution
DIFFERS = 5  #: a regression run differs from its baseline
INTERRUPTED = 130  #: 128 + SIGINT, as shells have it
