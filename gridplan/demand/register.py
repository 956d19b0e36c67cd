"""The register of returnees (返乡人员信息台账): one row per home, no names, phones or addresses."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np

from gridplan.celltext import plain, shown
from gridplan.demand.register_rows import (
    APPLIANCES,
    MAX_APPLIANCES,
    count_of,
    days_of,
    has_time,
    persons_of,
    read_rows,
    updated_of,
)
from gridplan.errors import Fault, StudyError
from gridplan.formfiles import accepted
from gridplan.forms import Row
from gridplan.frozen import BoolArray, FloatArray, IntArray, own_fields

STALE_DAYS = 60  #: rows older than this on New Year's Day say little (assumption)
MIN_KEY_BYTES = 16  #: shorter keys can be guessed
_LONGEST_ID = 16  #: digits; customer numbers have 10 or 13, zeros in front included


def _unknown() -> FloatArray:
    """A field that nobody has filled; it takes the shape of the others."""
    return np.array(np.nan)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Register:
    """What is known about the returnees of one feeder, aligned with its customers.

    What is exact has equal ends: the fields of a spread that are left out, or NaN, take the value
    of ``persons``, ``arrival`` or ``departure``. ``ValueError`` when a spread is upside down.

    Attributes
    ----------
    listed : bool (customer,) -- somebody has asked this home
    stays_away : bool (customer,) -- nobody comes back
    persons : float (customer,) -- returning persons (median where they are given by quantiles),
        NaN where unknown, 0 where nobody comes back
    persons_low, persons_high : float (customer,) -- 10 % and 90 % quantile of the persons
    arrival, departure : float (customer,) -- festival days, NaN where unknown; the first possible
        one where a range is given. The departure is the first day away
    arrival_last, departure_last : float (customer,) -- last possible days
    appliances : float (customer, 4) -- heaters, air conditioners, induction cookers and electric
        vehicles of the home, NaN where unknown
    without_home : persons who will return to the area to a home that the register does not name
    notes : what was dropped or is hard to believe
    """

    listed: BoolArray
    stays_away: BoolArray
    persons: FloatArray
    arrival: FloatArray
    departure: FloatArray
    persons_low: FloatArray = field(default_factory=_unknown)
    persons_high: FloatArray = field(default_factory=_unknown)
    arrival_last: FloatArray = field(default_factory=_unknown)
    departure_last: FloatArray = field(default_factory=_unknown)
    appliances: FloatArray = field(default_factory=_unknown)
    without_home: float = 0.0
    notes: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        spreads = {
            "persons_low": "persons",
            "persons_high": "persons",
            "arrival_last": "arrival",
            "departure_last": "departure",
        }
        for name, exact in spreads.items():
            ends, value = getattr(self, name), getattr(self, exact)
            object.__setattr__(self, name, np.where(np.isnan(ends), value, ends))
        if np.ndim(self.appliances) == 0:
            unknown = np.full((len(self.listed), len(APPLIANCES)), self.appliances)
            object.__setattr__(self, "appliances", unknown)
        one = ("customer",)
        layout = {name: (np.bool_, one) for name in ("listed", "stays_away")}
        numbers = ("persons", "arrival", "departure", *spreads)
        own_fields(
            self,
            {
                **layout,
                **{name: (np.float64, one) for name in numbers},
                "appliances": (np.float64, ("customer", len(APPLIANCES))),
            },
            {},
        )
        rising = (
            ("persons_low", "persons"),
            ("persons", "persons_high"),
            ("arrival", "arrival_last"),
            ("departure", "departure_last"),
        )
        for low, high in rising:
            if (getattr(self, low) > getattr(self, high)).any():
                raise ValueError(f"{low} exceeds {high}")

    def of(self, customers: IntArray) -> Register:
        """What is known about some customers (positions), in their order."""
        own = {one.name: getattr(self, one.name) for one in fields(self)}
        own = {name: v[customers] if isinstance(v, np.ndarray) else v for name, v in own.items()}
        return Register(**own)

    @classmethod
    def empty(cls, n_customer: int) -> Register:
        """A register that nobody has filled."""
        no, unknown = np.zeros(n_customer, dtype=bool), np.full(n_customer, np.nan)
        return cls(listed=no, stays_away=no, persons=unknown, arrival=unknown, departure=unknown)


def pseudonym(customer_id: str, key: bytes) -> str:
    """Keyed pseudonym of a customer number: 16 hex digits of HMAC-SHA256.

    The key stays at the station: without it ten-digit numbers cannot be tried one by one, which a
    plain hash allows. Two of a million customers share a pseudonym with a chance of 3e-8.

    Parameters
    ----------
    customer_id : as the ledger has it; blanks and full-width digits make no difference
    key : secret random bytes, at least 16 (``ValueError`` otherwise)
    """
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(f"the key has {len(key)} bytes: take {MIN_KEY_BYTES} random ones or more")
    return hmac.new(key, _plain(customer_id).encode(), hashlib.sha256).hexdigest()[:16]


def read_register(
    path: Path,
    customer_ids: Sequence[str],
    new_year_day: dt.date,
    *,
    area: str | None = None,
    key: bytes | None = None,
    past: bool = False,
    kinds: Sequence[str] = (),
) -> Register:
    """Read a register (CSV in UTF-8 or GBK, or xlsx) for the customers of a feeder.

    Parameters
    ----------
    path : file with the headings of ``register_rows.FORM``, Chinese or English
    customer_ids : of the feeder, in its order; pseudonyms where ``key`` is given
    new_year_day : the day that festival days are counted from
    area : transformer area of the feeder; rows of other areas are left out and counted in a note.
        Without it the whole file belongs to the feeder
    key : of ``pseudonym``; customer numbers are then compared as pseudonyms, and messages show
        those
    past : of a past festival: customers that are in the network no more are left out, not faults
    kinds : of the customers that are no homes, "" of homes; a row of such a customer changes
        nothing, which is a warning

    Raises
    ------
    StudyError
        Every fault of the file at once, each with its row.
    """
    faults: list[Fault] = []
    rows = read_rows(path, faults)
    table = _Table(
        customers=_Customers({_plain(name): at for at, name in enumerate(customer_ids)}, key),
        origin=new_year_day,
        area=None if area is None else _plain(area),
        past=past,
        values={
            name: np.full(len(customer_ids), np.nan)
            for name in ("persons_low", "persons", "persons_high", *_DAYS)
        },
        appliances=np.full((len(customer_ids), len(APPLIANCES)), np.nan),
        kinds=kinds or [""] * len(customer_ids),
        listed=np.zeros(len(customer_ids), dtype=bool),
        away=np.zeros(len(customer_ids), dtype=bool),
    )
    for row in rows:
        table.take(row)
    faults += table.summary(path.name)
    notes = accepted(path, faults, StudyError)
    return Register(
        listed=table.listed,
        stays_away=table.away,
        appliances=table.appliances,
        without_home=table.without_home,
        notes=notes,
        **table.values,
    )


_DAYS = ("arrival", "arrival_last", "departure", "departure_last")


def _plain(name: str) -> str:
    """A number without blanks, full-width digits and Excel's mark of text in front."""
    return re.sub(r"\s", "", plain(name))


@dataclass(frozen=True, slots=True)
class _Customers:
    """Customer numbers of a feeder, by what a register may have made of them."""

    position: Mapping[str, int]
    key: bytes | None

    def names(self, number: str) -> tuple[str, ...]:
        """What the feeder may call a customer."""
        return (number,) if self.key is None else (number, pseudonym(number, self.key))

    def find(self, number: str) -> str | None:
        """The feeder's own name of a customer."""
        return next((name for name in self.names(number) if name in self.position), None)

    def find_with_zeros(self, number: str) -> str | None:
        """The feeder's name of a number that has lost zeros in front, or has some too many."""
        if not number.isdecimal():
            return None
        bare = number.lstrip("0")
        found = (self.find(bare.zfill(width)) for width in range(len(bare), _LONGEST_ID + 1))
        return next((name for name in found if name is not None), None)

    def shown(self, number: str) -> str:
        """A customer as a message may name it."""
        return shown(self.names(number)[-1])


@dataclass(slots=True)
class _Table:
    """What the rows say so far."""

    customers: _Customers
    origin: dt.date
    area: str | None
    past: bool
    values: dict[str, FloatArray]
    appliances: FloatArray
    kinds: Sequence[str]
    listed: BoolArray
    away: BoolArray
    without_home: float = 0.0
    n_own: int = 0
    n_elsewhere: int = 0
    n_stale: int = 0
    n_with_time: int = 0
    first_row: dict[str, tuple[str, str]] = field(default_factory=dict)

    def take(self, row: Row) -> None:
        """Note a row's values, or what is wrong with it."""
        number, area = _plain(row["customer_id"]), _plain(row["area"])
        name = self.customers.find(number)
        elsewhere = self.area is not None and bool(area) and area != self.area
        if elsewhere and name is None:
            self.n_elsewhere += 1
            return
        self.n_own += 1
        self.n_with_time += has_time(row)
        likely = name or self.customers.find_with_zeros(number) or number
        persons, days, appliances, away = self._cells(row)
        if not number:
            self._homeless(row, area, away, persons[1])
        elif likely in self.first_row:
            self._twice(row, number, likely)
        elif name is None:
            self._stranger(row, number, likely, area)
        elif elsewhere:
            what = f"customer {self.customers.shown(number)} of this area stands under area"
            row.error("area", f"{what} {shown(area)}", "correct the area or the number")
        else:
            at = self.customers.position[name]
            if self.kinds[at]:
                what = f"customer {self.customers.shown(number)} is no home but {self.kinds[at]!r}"
                remedy = "correct the number: returnees and appliances change nothing here"
                row.warn("no-home", what, remedy)
            self.listed[at], self.away[at] = True, away
            self.appliances[at] = appliances
            known = (*((0.0,) * 3 if away else persons), *days)
            for column, value in zip(self.values, known, strict=True):
                self.values[column][at] = value
        if number:
            self.first_row.setdefault(likely, (row.where, number))

    def _cells(
        self, row: Row
    ) -> tuple[tuple[float, float, float], tuple[float, ...], list[float], bool]:
        """Persons, days and appliances of a row, and whether nobody comes."""
        persons, says_no = persons_of(row), row.yes("will_not_return")
        arrival = days_of(row, "arrival", self.origin)
        departure = days_of(row, "departure", self.origin)
        appliances = [count_of(row, name, "appliances", MAX_APPLIANCES) for name in APPLIANCES]
        updated = updated_of(row, self.origin)
        if departure[1] < arrival[0]:
            what = f"departure on day {departure[1]:g} is before arrival on day {arrival[0]:g}"
            row.error(
                "date-order",
                f"{what} (0 is New Year's Day)",
                "exchange them or correct the year",
            )
        away = says_no or persons[2] == 0
        dated = not np.isnan([*arrival, *departure]).all()
        if (says_no and persons[2] > 0) or (away and dated):
            what = "nobody comes, but persons or dates are given: taken as nobody"
            row.warn("stays-away", what, "correct one of the two")
        if updated > departure[1]:
            what = f"updated {row['updated']}, after the departure"
            row.warn("updated", what, "check the dates")
        self.n_stale += updated < -STALE_DAYS
        return persons, (*arrival, *departure), appliances, away

    def _homeless(self, row: Row, area: str, away: bool, persons: float) -> None:
        """A row without a customer number: its persons count for the area."""
        if not area and (self.area is None or "area" in row.table.columns):
            what = "customer_id is empty, and no area is given"
            row.error("unknown-customer", what, "fill in one of them or delete the row")
            return
        counted = 0.0 if away else 1.0 if np.isnan(persons) else persons
        self.without_home += counted
        number = (
            "number unknown, counted as 1" if np.isnan(persons) and not away else f"{counted:g}"
        )
        what = f"customer_id is empty: returnees without a home ({number}) count for the area"
        row.warn("without-home", what, "add the customer number")

    def _twice(self, row: Row, number: str, name: str) -> None:
        where, before = self.first_row[name]
        what = f"customer {self.customers.shown(number)} already stands at {where}"
        remedy = "keep one row per customer"
        if before != number:
            what += f" as {self.customers.shown(before)}"
            remedy += "; Excel drops zeros in front: format the column as text"
        row.error("duplicate", what, remedy)

    def _stranger(self, row: Row, number: str, likely: str, area: str) -> None:
        what = f"customer {self.customers.shown(number)} is not in the network"
        remedy = "correct the number or delete the row"
        if likely in self.customers.position:
            remedy = (
                f"the network has {shown(likely)}, with other zeros in front: Excel drops them, "
                "format the column as text"
            )
        elif re.fullmatch(r"\d(\.\d+)?[eE]\+\d+", number):
            remedy = "Excel has shortened the number: format the column as text"
        nobodys = self.area is not None and "area" in row.table.columns and not area
        if nobodys and likely not in self.customers.position:
            what += ", and its area is empty: left out"
            row.warn("unknown-customer", what, "fill in the area")
        elif self.past:
            row.warn("unknown-customer", f"{what} any more: left out", remedy)
        else:
            row.error("unknown-customer", what, remedy)

    def summary(self, name: str) -> list[Fault]:
        """Notes on all rows together."""
        found = []
        if self.n_elsewhere:
            what = f"of other areas than {shown(self.area or '')}: left out"
            if self.n_own:
                found.append(("other-areas", self.n_elsewhere, what, "", "note"))
            else:
                what += ", and no row remains"
                remedy = "check how the area is written"
                found.append(("other-areas", self.n_elsewhere, what, remedy, "warning"))
        if self.n_stale:
            what = f"last updated over {STALE_DAYS} days before New Year's Day"
            found.append(("stale", self.n_stale, what, "ask those homes again", "note"))
        if self.n_with_time:
            what = "with a time of day, which is not used: the model counts whole days"
            found.append(("time", self.n_with_time, what, "", "note"))
        return [
            Fault(
                code=f"register-{code}",
                where=name,
                what=f"{rows} row(s) {what}",
                remedy=remedy,
                severity=severity,
                rows=rows,
            )
            for code, rows, what, remedy, severity in found
        ]
