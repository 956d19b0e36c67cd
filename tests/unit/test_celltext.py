"""What cells say, in the many ways in which stations write the same."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridplan.celltext import NO_TIME, date_of, dates_of, minutes_of, number, numbers, plain, yes_of

DAY = dt.date(2027, 2, 5)


@pytest.mark.parametrize(
    "text",
    ["2027-02-05", "2027/2/5", "2027.2.5", "2027年2月5日", "20270205", "2027-02-05 18:15"],
)
def test_one_day_in_every_form(text: str) -> None:
    assert date_of(text) == DAY
    assert dates_of(text) == (DAY, DAY)


@pytest.mark.parametrize(
    "text", ["2027-02-30", "1927-02-05", "2027-2", "44595", "soon", "", "2027-02-05 25:00"]
)
def test_what_is_no_day(text: str) -> None:
    assert date_of(text) is None
    assert dates_of(text) is None


@given(
    first=st.dates(dt.date(2000, 1, 1), dt.date(2100, 12, 31)),
    last=st.dates(dt.date(2000, 1, 1), dt.date(2100, 12, 31)),
    form=st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日"]),
    between=st.sampled_from(["~", " 至 ", "到", "-", "—", " to "]),
)
def test_ranges_in_every_form(first: dt.date, last: dt.date, form: str, between: str) -> None:
    assert dates_of(f"{first:{form}}{between}{last:{form}}") == (first, last)


def test_times_are_chinas() -> None:
    assert minutes_of("1970-01-02 00:15:00".replace("1970", "2000")) % 1440 == 15
    assert minutes_of("2027-02-05T18:15:00+08:00") == minutes_of("2027/2/5 18:15")
    for text in ("2027-02-05T18:15:00Z", "2027-02-05 18:15:30", "2027-02-05 24:15"):
        assert minutes_of(text) == NO_TIME


def test_numbers() -> None:
    assert number("\uff11.5") == 1.5
    assert math.isnan(number("--"))
    assert [number(text) for text in ("1,5", "1_0", "inf", "x")] == [math.inf] * 4
    bad: list[tuple[int, str, int]] = []
    found = numbers([["1", "无"], ["x", "1e999"]], lambda *one: bad.append(one))
    np.testing.assert_array_equal(found, [[1, np.nan], [np.nan, np.nan]])
    assert bad == [(1, "x", 2)]
    assert numbers([], lambda *one: bad.append(one)).shape == (0, 0)


def test_text_and_answers() -> None:
    assert plain(" '\uff10\uff10\uff11 ") == "001"
    assert [yes_of(text) for text in ("是", "Y", "否", "", "perhaps")] == [
        True, True, False, False, None,
    ]  # fmt: skip
