"""Registers as stations keep them: titles, ranges, quantiles, telephone numbers, many areas."""

from __future__ import annotations

import datetime as dt
import hmac
import re
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from gridplan.celltext import shown
from gridplan.demand.register import Register, pseudonym, read_register
from gridplan.errors import Fault, StudyError
from gridplan.forms import PERSONAL

ORIGIN = dt.date(2027, 2, 6)
IDS = ("0012", "0013", "0014", "0015")
KEY = b"a key of the station, kept there"

LEDGER = """某某供电所2027年春节返乡人员信息台账,,,,,,,,,,,,
供电所,台区编号,户号,最少返乡人数,返乡人数（人）,最多返乡人数,返乡日期,离开日期,不返乡,空调(台),电磁炉,来源,更新日期
甲,T1,0012,2,3,5,2027年1月30日至2027年2月2日,未知,否,2,1,入户,2027-01-15
甲,T1,0013,,4,,2027/2/3,2027.2.10\uff5e2027.2.14,否,,,,2026-11-01
甲,T1,0014,,,,,,是,,,,2027-01-15
甲,T2,0099,,9,,,,否,,,,2027-01-15
"""


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "village.csv"
    path.write_bytes(text.encode(encoding))
    return path


def read(folder: Path, heading: str, *rows: str, **options: object) -> Register:
    text = "\n".join([heading, *rows]) + "\n"
    return read_register(write(folder, text), IDS, ORIGIN, **options)  # type: ignore[arg-type]


def faults_of(folder: Path, heading: str, *rows: str, **options: object) -> tuple[Fault, ...]:
    with pytest.raises(StudyError) as caught:
        read(folder, heading, *rows, **options)
    return caught.value.faults


def as_workbook(folder: Path, text: str) -> Path:
    path = folder / "village.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("说明").write(0, 0, "how to fill this in")
        page = book.add_worksheet("台账")
        for row, line in enumerate(text.splitlines()):
            for column, cell in enumerate(line.split(",")):
                page.write_string(row, column, cell)
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        page.write_datetime(3, 6, dt.datetime(2027, 2, 3), day)
        page.write_number(3, 4, 4)
    return path


@pytest.mark.parametrize("form", ["utf-8", "gbk", "xlsx"])
def test_a_ledger_with_a_title_in_every_form(tmp_path: Path, form: str) -> None:
    path = as_workbook(tmp_path, LEDGER) if form == "xlsx" else write(tmp_path, LEDGER, form)
    register = read_register(path, IDS, ORIGIN, area="T1")
    nan = np.nan
    np.testing.assert_array_equal(register.listed, [True, True, True, False])
    np.testing.assert_array_equal(register.stays_away, [False, False, True, False])
    np.testing.assert_array_equal(register.persons_low, [2, 4, 0, nan])
    np.testing.assert_array_equal(register.persons, [3, 4, 0, nan])
    np.testing.assert_array_equal(register.persons_high, [5, 4, 0, nan])
    np.testing.assert_array_equal(register.arrival, [-7, -3, nan, nan])
    np.testing.assert_array_equal(register.arrival_last, [-4, -3, nan, nan])
    np.testing.assert_array_equal(register.departure, [nan, 4, nan, nan])
    np.testing.assert_array_equal(register.departure_last, [nan, 8, nan, nan])
    np.testing.assert_array_equal(register.appliances[0], [nan, 2, 1, nan])
    assert np.isnan(register.appliances[1:]).all()
    assert register.without_home == 0
    codes = {note.code: note for note in register.notes}
    expected = {"register-title", "register-other-areas", "register-stale"}
    assert set(codes) == expected | ({"register-sheet-left-out"} if form == "xlsx" else set())
    assert codes["register-other-areas"].rows == 1
    assert codes["register-stale"].rows == 1
    assert "某某供电所" not in str(register.notes)  # a title may name whoever filled it in


def test_a_heading_below_the_first_rows_is_not_looked_for(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, *["张三,13812345678"] * 5, "customer_id,persons", "0012,3")
    assert fault.code == "register-heading"
    assert "13812345678" not in str(fault)
    assert "张三" not in str(fault)


HEADING = (
    "area,customer_id,persons,persons_p10,persons_p50,persons_p90,arrival,arrival_first,"
    "arrival_last,departure,will_not_return,heaters,electric_vehicles,updated"
)
#: Row of the file -> what is wrong there. The number of rows is that of the planted faults.
PLANTED = {
    "T1,0099,3,,,,,,,,,,,": "unknown-customer",  # 3
    "T1,12,3,,,,,,,,,,,": "duplicate",  # 4: 0012 without its zeros
    "T2,0012,3,,,,,,,,,,,": "duplicate",  # 5: in another area
    ",,3,,,,,,,,,,,": "unknown-customer",  # 6: neither number nor area
    "T1,1001,-1,,,,,,,,,,,": "persons",  # 7
    "T1,1002,2.5,,,,,,,,,,,": "persons",  # 8
    "T1,1003,13812345678,,,,,,,,,,,": "persons",  # 9: a telephone number
    "T1,1004,,4,3,5,,,,,,,,": "quantiles",  # 10: p10 above p50
    "T1,1005,,1,,5,,,,,,,,": "quantiles",  # 11: no p50
    "T1,1006,3,2,4,5,,,,,,,,": "persons",  # 12: two medians
    "T1,1007,,,,,2027-02-30,,,,,,,": "date",  # 13
    "T1,1008,,,,,2021-02-03,,,,,,,": "date",  # 14: another year
    "T1,1009,,,,,44595,,,,,,,": "date",  # 15: Excel's number of a day
    "T1,1010,,,,,2027-02-05~2027-02-01,,,,,,,": "range-order",  # 16
    "T1,1011,,,,,,2027-02-05,2027-02-01,,,,,": "range-order",  # 17
    "T1,1012,,,,,,2027-02-01,,,,,,": "range-end",  # 18
    "T1,1013,,,,,2027-02-03,2027-02-01,2027-02-04,,,,,": "range-twice",  # 19
    "T1,1014,,,,,2027-02-08,,,2027-02-01,,,,": "date-order",  # 20
    "T1,1015,,,,,,,,,perhaps,,,": "yes-no",  # 21
    "T1,1016,,,,,,,,,,-1,,": "appliances",  # 22
    "T1,1017,,,,,,,,,,,500,": "appliances",  # 23
    "T1,1018,,,,,,,,,,,,yesterday": "date",  # 24
    "T1,1019,,,,,,2027-13-01,2027-02-01,,,,,": "date",  # 25
    "T1,1020,3": "cells",  # 26
}


def test_twenty_planted_faults_are_reported_at_once(tmp_path: Path) -> None:
    known = [*IDS, *(str(number) for number in range(1001, 1021))]
    path = write(tmp_path, "\n".join([HEADING, "T1,0012,3,,,,,,,,,,,", *PLANTED]) + "\n")
    with pytest.raises(StudyError) as caught:
        read_register(path, known, ORIGIN)
    errors = [fault for fault in caught.value.faults if fault.severity == "error"]
    found = {(fault.where, fault.code) for fault in errors}
    planted = enumerate(PLANTED.values(), 3)
    assert found == {(f"village.csv:{row}", f"register-{code}") for row, code in planted}
    assert len(errors) == len(PLANTED) >= 20
    assert all(fault.remedy for fault in errors)
    assert "13812345678" not in str(caught.value)
    assert "zeros in front" in next(f.remedy for f in errors if f.where == "village.csv:4")
    assert "format the column as date" in next(f.remedy for f in errors if f.where.endswith(":15"))


def test_numbers_that_a_spreadsheet_has_changed(tmp_path: Path) -> None:
    shortened, lost = faults_of(tmp_path, "户号,返乡人数", "1.23E+09,3", "13,3")
    assert "shortened" in shortened.remedy
    assert "'0013'" in lost.remedy
    register = read(tmp_path, "户号,返乡人数", "'0012,3", "\uff10\uff1013,2")
    np.testing.assert_array_equal(register.persons[:2], [3, 2])


def test_zeros_in_front_make_two_customers_only_where_the_network_has_both(tmp_path: Path) -> None:
    path = write(tmp_path, "户号,返乡人数\n0012,3\n12,2\n")
    register = read_register(path, ("0012", "12"), ORIGIN)
    np.testing.assert_array_equal(register.persons, [3, 2])


def test_what_is_hard_to_believe_is_a_warning(tmp_path: Path) -> None:
    heading = "台区,户号,返乡人数,返乡日期,离开日期,不返乡,更新日期"
    register = read(
        tmp_path,
        heading,
        "T1,0012,2,,,是,",  # 2: nobody, but two persons
        "T1,0013,0,2027-02-01,,,",  # 3: nobody, but a date
        "T1,0014,2,2027-02-01,2027-02-05 18:15,,2027-02-06",  # 4: updated after the departure
        "T1,,4,,,,",  # 5: four persons without a home
        "T1,,,,,,",  # 6: at least one
        "T1,,,,,是,",  # 7: nobody
    )
    found = [(f.where, f.code, f.severity) for f in register.notes]
    assert found == [
        ("village.csv:2", "register-stays-away", "warning"),
        ("village.csv:3", "register-stays-away", "warning"),
        ("village.csv:4", "register-updated", "warning"),
        ("village.csv:5", "register-without-home", "warning"),
        ("village.csv:6", "register-without-home", "warning"),
        ("village.csv:7", "register-without-home", "warning"),
        ("village.csv", "register-time", "note"),
    ]
    assert register.without_home == 5
    assert register.stays_away.tolist() == [True, True, False, False]


def test_rows_of_other_areas_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = ("T1,0012,3", "T2,8,abc", "T2,,2", ",77,1", "T1,,2")
    register = read(tmp_path, "area,customer_id,persons", *rows, area="T1")
    assert register.listed.tolist() == [True, False, False, False]
    assert register.without_home == 2
    assert [(f.code, f.severity, f.rows) for f in register.notes] == [
        ("register-unknown-customer", "warning", 1),  # of no area
        ("register-without-home", "warning", 1),
        ("register-other-areas", "note", 2),
    ]
    (note,) = read(tmp_path, "area,customer_id,persons", "T2,8,1", area="T1").notes
    assert note.severity == "warning"
    assert "how the area is written" in note.remedy
    (fault,) = faults_of(tmp_path, "area,customer_id,persons", "T2,0012,3", area="T1")
    assert (fault.where, fault.code) == ("village.csv:2", "register-area")


def test_private_numbers_are_dropped_and_not_repeated(tmp_path: Path) -> None:
    text = "户号,返乡人数,联系电话,备注,来源,\n"
    text += "0012,3,13912345678,找他儿子 138-1234-5678,微信13712345678,x\n"
    text += "0013,3,,身份证11010119900307123X,,\n"
    register = read_register(write(tmp_path, text), IDS, ORIGIN)
    said = [(f.code, f.severity, f.rows) for f in register.notes]
    assert said == [
        ("register-column-dropped", "note", 1),  # personal
        ("register-column-dropped", "note", 1),  # not used, one of them without a heading
        ("register-private", "warning", 2),
        ("register-private", "warning", 1),
    ]
    assert not re.search(r"\d{8}|\d{4}-\d{4}", str(register.notes))
    (fault,) = faults_of(tmp_path, "户号,返乡人数", "11010119900307123X,3")
    assert "1101" not in str(fault)


@pytest.mark.parametrize(
    "heading", ["户主姓名", "联系方式", "手机号", "Tel.", "ID card", "家庭住址"]
)
def test_headings_of_personal_data(heading: str) -> None:
    assert PERSONAL.search(heading)


def test_two_columns_of_one_meaning(tmp_path: Path) -> None:
    register = read(tmp_path, "户号,人数,返乡人数", "0012,6,3")
    assert register.persons[0] == 3  # 人数 may count the whole household
    (warning,) = register.notes
    assert (warning.code, warning.severity) == ("register-heading-twice", "warning")
    (fault,) = faults_of(tmp_path, "户号,返乡人数,返乡人数", "0012,6,3")
    assert (fault.code, fault.severity) == ("register-heading-twice", "error")


def test_customers_are_found_by_their_pseudonyms(tmp_path: Path) -> None:
    names = [pseudonym(name, KEY) for name in IDS]
    path = write(tmp_path, f"户号,返乡人数\n0012,3\n{names[1]},2\n")
    register = read_register(path, names, ORIGIN, key=KEY)
    np.testing.assert_array_equal(register.persons[:2], [3, 2])
    path = write(tmp_path, "户号,返乡人数\n0012,3\n0012,3\n14,1\n777777,1\n")
    with pytest.raises(StudyError) as caught:
        read_register(path, names, ORIGIN, key=KEY)
    codes = [fault.code.removeprefix("register-") for fault in caught.value.faults]
    assert codes == ["duplicate", "unknown-customer", "unknown-customer"]
    assert "zeros in front" in caught.value.faults[1].remedy
    assert "777777" not in str(caught.value)


def test_pseudonyms_depend_on_the_key_only() -> None:
    assert pseudonym("0012", KEY) == hmac.digest(KEY, b"0012", "sha256").hex()[:16]
    assert pseudonym("0012", KEY) == pseudonym(" 00\uff112", KEY)
    assert pseudonym("0012", KEY) != pseudonym("0012", KEY + b"!")
    assert pseudonym("0012", KEY) != pseudonym("12", KEY)
    assert re.fullmatch(r"[0-9a-f]{16}", pseudonym("0012", KEY))
    with pytest.raises(ValueError, match="16 random"):
        pseudonym("0012", b"short")


def test_missing_file_keeps_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="set registers: none in the study") as caught:
        read_register(tmp_path / "village.xlsx", IDS, ORIGIN)
    assert [fault.code for fault in caught.value.faults] == ["register-missing"]


def test_a_register_that_nobody_has_filled() -> None:
    register = Register.empty(3)
    assert np.isnan(register.persons_low).all()
    assert register.appliances.shape == (3, 4)
    assert register.without_home == 0
    with pytest.raises(ValueError, match="persons_low exceeds persons"):
        Register(
            listed=register.listed,
            stays_away=register.stays_away,
            persons=np.full(3, 2.0),
            arrival=register.arrival,
            departure=register.departure,
            persons_low=np.full(3, 4.0),
        )


@given(text=st.text(max_size=60), number=st.integers(10**8, 10**9 - 1))
def test_messages_never_repeat_a_telephone_number(text: str, number: int) -> None:
    phone = f"13{number}"
    assert phone not in shown(f"{text} {phone} {text}")


@given(first=st.integers(-180, 180), length=st.integers(0, 30), form=st.sampled_from("-/."))
def test_ranges_of_dates_in_every_form(
    tmp_path_factory: pytest.TempPathFactory, first: int, length: int, form: str
) -> None:
    last = min(first + length, 180)
    days = [ORIGIN + dt.timedelta(days=day) for day in (first, last)]
    texts = [f"{day.year}{form}{day.month}{form}{day.day}" for day in days]
    rows = [f"0012,{'~'.join(texts)}", f"0013,{' 至 '.join(texts)}", f"0014,{'-'.join(texts)}"]
    register = read(tmp_path_factory.mktemp("ranges"), "户号,返乡日期", *rows)
    assert (register.arrival[:3] == first).all()
    assert (register.arrival_last[:3] == last).all()


def test_ranges_in_two_columns(tmp_path: Path) -> None:
    register = read(
        tmp_path,
        "户号,返乡日期,最早返乡日期,最晚返乡日期,最早离开日期,最晚离开日期",
        "0012,,2027-02-01,2027-02-03,2027-02-10,2027-02-12",
        "0013,2027-02-01~2027-02-03,2027-02-01,2027-02-03,,",
        "0014,未知,,,,待定",
    )
    np.testing.assert_array_equal(register.arrival, [-5, -5, np.nan, np.nan])
    np.testing.assert_array_equal(register.arrival_last, [-3, -3, np.nan, np.nan])
    np.testing.assert_array_equal(register.departure, [4, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(register.departure_last, [6, np.nan, np.nan, np.nan])
    assert register.notes == ()


CELL = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["0012", "12", "T1", "2027-02-03", "2027-02-03~2027-02-01", "3", "是", "nan"]),
)


@given(rows=st.lists(st.lists(CELL, min_size=14, max_size=14), max_size=6), area=st.booleans())
def test_any_text_is_a_register_or_a_list_of_faults(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], area: bool
) -> None:
    path = tmp_path_factory.mktemp("any") / "village.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        for number, row in enumerate([HEADING.split(","), *rows]):
            for column, cell in enumerate(row):
                page.write_string(number, column, cell)
    said: tuple[Fault, ...] = ()
    try:
        register = read_register(path, IDS, ORIGIN, area="T1" if area else None)
    except StudyError as error:
        said = error.faults
    if said:
        assert any(fault.severity == "error" for fault in said)
        assert all(fault.where and fault.what for fault in said)
    else:
        assert not any(fault.severity == "error" for fault in register.notes)
        known = ~np.isnan(register.persons)
        assert (register.persons_low <= register.persons_high)[known].all()
