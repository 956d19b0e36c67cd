"""``python -m benchmarks``: measure, print the tables, write ``docs/performance.md``."""

from __future__ import annotations

import argparse
import sys

from benchmarks.networks import NETWORKS
from benchmarks.page import tables, write_page
from benchmarks.plot import draw
from benchmarks.run import run


def main() -> int:
    """Parse the command line and run; part of the networks, or a quick run, writes no page."""
    keys = [network.key for network in NETWORKS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=f"of {', '.join(keys)}")
    parser.add_argument("--quick", action="store_true", help="fewer cases, to try it out")
    given = parser.parse_args()
    if unknown := set(given.networks) - set(keys):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(keys)}")
    chosen = [network for network in NETWORKS if network.key in (given.networks or keys)]
    results = run(chosen, quick=given.quick)
    print(tables(results))
    if len(chosen) == len(NETWORKS) and not given.quick:
        write_page(results)
        draw(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
