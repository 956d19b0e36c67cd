"""The number of every warning about a network: stable, so that whoever accepts one can name it.

The hundreds say what it is about: 1 power, 2 ampacity, 3 length, 4 phases, 5 transformer and
neutral, 6 the area as a whole. A number that was given once is never given to anything else.
"""

from __future__ import annotations

WARNING_NUMBERS: dict[str, str] = {
    "power-factor-one": "W101",
    "low-power-factor": "W102",
    "power-factor-leading": "W103",
    "small-ampacity": "W201",
    "ampacity-below-home": "W202",
    "meter-above-service": "W203",
    "thin-neutral": "W204",
    "long-service": "W301",
    "supply-radius": "W302",
    "one-phase": "W401",
    "motor-one-phase": "W402",
    "unit-may-move": "W403",
    "no-phase": "W404",
    "no-neutral": "W501",
    "yyn0-zero-sequence": "W502",
    "tap-type": "W503",
    "trafo-df": "W504",
    "homes-per-kva": "W601",
    "meshed": "W602",
    "no-transformer": "W603",
}
