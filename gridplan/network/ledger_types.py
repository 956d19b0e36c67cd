"""Models of transformers and conductors as people write them, and the catalogue's types."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Generic, TypeVar

from gridplan.network.catalogue import (
    ConductorType,
    TransformerType,
    conductor_types,
    transformer_types,
)

Kind = TypeVar("Kind")

#: Series whose units were wound Yyn0 unless the ledger says otherwise (assumption): the old ones.
OLD_SERIES = ("S7", "S9")
#: What stands in for series older than the catalogue's: the oldest that it has.
OLDEST = "S7"

_FAMILIES = {
    "LGJ": "LGJ (JL/G1A)", "JL/G1A": "LGJ (JL/G1A)", "JL": "LGJ (JL/G1A)", "LJ": "LJ",
    "JKLYJ": "JKLYJ", "JKLGYJ": "JKLYJ", "JKLV": "JKLYJ", "BLVV": "BLV", "BLV": "BLV",
    "BVV": "BV", "BV": "BV", "YJLV22": "YJLV22", "YJLV": "YJLV22", "YJV22": "YJV22", "YJV": "YJV22",
}  # fmt: skip
_SERIES = re.compile(r"(SBH|SCB|SH|SJL|SJ|SL|S)\(?B?\)?(\d*)")


@dataclass(frozen=True, slots=True)
class Match(Generic[Kind]):
    """A type of the catalogue, what was assumed on the way, or what is wrong."""

    found: Kind | None
    assumed: str = ""
    closest: str = ""


def conductor_of(text: str) -> Match[ConductorType]:
    """The conductor of a ledger's words: ``LGJ-25``, ``JKLYJ-4×50``, ``LGJ-3x25+1x16``.

    Without the number of wires the neutral is as thick as a phase. Voltage, steel core and sheath
    are not looked at, which is said.
    """
    types = conductor_types()
    plain = _plain(text)
    exact = {_plain(name): kind for name, kind in types.items()}
    if plain in exact:
        return Match(exact[plain])
    head = re.match(r"[A-Z]+(?:/G1A)?(?:22)?", plain)
    family = _FAMILIES.get(head.group()) if head else None
    if head and family is None:
        family = _FAMILIES.get(head.group().removesuffix("22"))
    sections = _sections(plain[head.end() :]) if head else None
    if family is None or sections is None:
        return Match(None, closest=_closest(text, types))
    phase, neutral = sections
    of_family = [kind for kind in types.values() if kind.family == family]
    fits = [kind for kind in of_family if (kind.phase_mm2, kind.neutral_mm2) == (phase, neutral)]
    if not fits:
        known = sorted({kind.std_type for kind in of_family if kind.phase_mm2 == phase})
        return Match(None, closest=", ".join(known[:3]) or _closest(text, types))
    return Match(fits[0], assumed=f"{text} taken as {fits[0].std_type}")


def _plain(text: str) -> str:
    """Upper case, without blanks, all signs of multiplication alike, sections as 4X50."""
    wide = unicodedata.normalize("NFKC", text).upper()
    wide = re.sub(r"[—–−]+", "-", wide)
    return re.sub(r"[×*✕]", "X", re.sub(r"[\s_]", "", wide)).replace("MM2", "")


def _sections(rest: str) -> tuple[float, float] | None:
    """Section of phase and neutral [mm2] in what follows the family."""
    rest = re.sub(r"0\.6/1(?:KV)?|^-?1-(?=\d)|-?1KV|-10KV|-?0\.4KV|-?0\.38/0\.66", "", rest)
    both = re.search(r"3X(\d+(?:\.\d+)?)\+(?:1X)?(\d+(?:\.\d+)?)", rest)
    if both:
        return float(both[1]), float(both[2])
    single = re.search(r"(?:[1-5]X)?(\d+(?:\.\d+)?)(?:/\d+)?(?:\+(\d+(?:\.\d+)?))?", rest)
    if single is None:
        return None
    phase = float(single[1])
    return phase, float(single[2]) if single[2] else phase


def transformer_of(text: str, kva: float, group: str) -> Match[TransformerType]:
    """The transformer of a ledger's words, e.g. ``S11-M-100/10``, with its rating and vector group.

    The rating may stand in the model only, and the group be missing: old series are then Yyn0.
    """
    types = transformer_types()
    plain = _plain(text)
    head = _SERIES.match(plain)
    rating = re.search(r"(?<![\d.])(\d{2,4})(?=/|KVA|$|-10)", plain[head.end() :] if head else "")
    if head is None or (math.isnan(kva) and rating is None):
        return Match(None, closest=_closest(text, types))
    said: list[str] = []
    size = float(rating[1]) if math.isnan(kva) and rating else kva
    series = f"{'SBH' if head[1] == 'SH' else head[1]}{head[2]}"
    if series not in {kind.series for kind in types.values()}:
        said.append(f"series {series} is not in the catalogue: {OLDEST} stands in")
        series = OLDEST
    wound = _group(plain, group)
    if not wound:
        wound = "Yyn0" if series in OLD_SERIES else "Dyn11"
        said.append(f"vector group missing: {wound} assumed for {series}")
    name = f"{series}-{size:g}/10 {wound}"
    if name not in types:
        sizes = sorted(k.sn_kva for k in types.values() if k.series == series)
        near = min(sizes, key=lambda known: abs(known - size))
        return Match(None, closest=f"{series}-{near:g}/10 {wound}")
    if plain not in {_plain(name), _plain(name.partition(" ")[0])}:
        said.insert(0, f"{text} taken as {name}")
    return Match(types[name], assumed="; ".join(said))


def _group(model: str, group: str) -> str:
    for text in (_plain(group).replace(",", ""), model):
        if "DYN" in text:
            return "Dyn11"
        if "YYN" in text or "Y/Y" in text:
            return "Yyn0"
    return ""


def _closest(text: str, known: Iterable[str]) -> str:
    names = list(known)
    return ", ".join(get_close_matches(text, names, n=3, cutoff=0.3)) or ", ".join(names[:3])
