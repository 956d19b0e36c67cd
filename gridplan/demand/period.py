"""The days of a study: around a Spring Festival, around National Day, or ordinary ones."""

from __future__ import annotations

import datetime as dt
from typing import Literal, cast

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator, model_validator

from gridplan.demand.calendar import date_of, festival_day, festival_near, new_year_days

#: The presence curve covers 30 days on both sides of New Year's Day.
FIRST_DAY, LAST_DAY = -30, 30
MAX_DAYS = 366  #: of a period that is given by dates


class Settings(BaseModel):
    """Base of all settings: frozen, no unknown keys, no silent conversion of text to numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Period(Settings):
    """The days of the study, both ends included.

    With a ``festival_year`` by festival days or by dates; without one by dates, and the days are
    ordinary days of their seasons.

    Attributes
    ----------
    festival_year : calendar year of the New Year's Day that days are counted from; None: the study
        is not about the Spring Festival
    first_day, last_day : festival days, 0 is New Year's Day and -1 the Eve
    start, end : the same as dates; they take the place of first_day and last_day
    holiday : "national_day": people come home for National Day (1 October)
    """

    festival_year: int | None = None
    first_day: int | None = None
    last_day: int | None = None
    start: dt.date | None = None
    end: dt.date | None = None
    holiday: Literal["national_day"] | None = None

    @field_validator("festival_year")
    @classmethod
    def _known_year(cls, year: int | None) -> int | None:
        known = new_year_days()
        if year is not None and year not in known:
            raise ValueError(f"the calendar holds the years {min(known)} to {max(known)}")
        return year

    @field_validator("first_day", "last_day")
    @classmethod
    def _near_the_festival(cls, day: int | None) -> int | None:
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise ValueError(f"days go from {FIRST_DAY} to {LAST_DAY} around New Year's Day")
        return day

    @field_validator("start", "end")
    @classmethod
    def _date_is_known(cls, date: dt.date | None, info: ValidationInfo) -> dt.date | None:
        if date is None or "festival_year" not in info.data:
            return date
        year, known = info.data["festival_year"], new_year_days()
        if year is not None:
            origin = known[year]
            if not FIRST_DAY <= festival_day(date, origin) <= LAST_DAY:
                low, high = date_of(FIRST_DAY, origin), date_of(LAST_DAY, origin)
                raise ValueError(
                    f"{date} is outside {low} to {high}, the days around New Year's Day {origin}"
                )
        elif not min(known) <= date.year <= max(known):
            raise ValueError(f"the calendar holds the years {min(known)} to {max(known)}")
        return date

    @model_validator(mode="after")
    def _one_form(self) -> Period:
        by_day = self.first_day is not None and self.last_day is not None
        by_date = self.start is not None and self.end is not None
        given = sum(
            value is not None for value in (self.first_day, self.last_day, self.start, self.end)
        )
        if self.festival_year is None and (given != 2 or not by_date):
            raise ValueError("give start and end, or a festival_year with first_day and last_day")
        if given != 2 or not (by_day or by_date):
            raise ValueError("give first_day and last_day, or start and end")
        if self.days[0] > self.days[1]:
            raise ValueError("the period ends before it begins")
        if self.festival_year is None:
            self._check_ordinary()
        elif self.holiday is not None:
            raise ValueError("a period is about one holiday: festival_year or holiday")
        return self

    def _check_ordinary(self) -> None:
        """Refuse days on which the study would leave out those who have come home."""
        if len(self.dates) > MAX_DAYS:
            raise ValueError(f"the period has {len(self.dates)} days, more than {MAX_DAYS}")
        for date in self.dates:
            year = festival_near(date)
            if year is not None:
                raise ValueError(
                    f"{date} is near the Spring Festival: give festival_year: {year}, or other days"
                )
        if self.holiday is not None:
            if not any(date.month in (9, 10) for date in self.dates):
                raise ValueError("holiday: national_day needs days of September or October")
            if self.dates[0].year != self.dates[-1].year:
                raise ValueError("holiday: national_day needs days of one year")

    @property
    def origin(self) -> dt.date:
        """Day 0: New Year's Day, National Day, or the first day of an ordinary period."""
        if self.festival_year is not None:
            return new_year_days()[self.festival_year]
        start = cast(dt.date, self.start)
        return start if self.holiday is None else dt.date(start.year, 10, 1)

    @property
    def peak_day(self) -> int:
        """The day whose evening tells who is at home: the Eve, National Day, the first day."""
        return -1 if self.festival_year is not None else 0

    @property
    def days(self) -> tuple[int, int]:
        """First and last day, counted from the origin."""
        if self.start is not None and self.end is not None:
            return festival_day(self.start, self.origin), festival_day(self.end, self.origin)
        return cast(int, self.first_day), cast(int, self.last_day)

    @property
    def dates(self) -> tuple[dt.date, ...]:
        """Every day."""
        first, last = self.days
        return tuple(date_of(day, self.origin) for day in range(first, last + 1))
