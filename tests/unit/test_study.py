"""Study files: what is read, and every mistake at its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from gridplan.cli.schema import schema
from gridplan.errors import StudyError
from gridplan.study import read_study, study_schema

SAMPLE = Path(__file__).resolve().parents[2] / "scenarios" / "spring-festival-2027.yaml"
SMALL = """\
name: small
title: A small study
forecast:
  period: {festival_year: 2027, first_day: -1, last_day: 1}
  scenarios:
    expected: {}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(path: Path) -> list[tuple[str, str]]:
    """Place and text of every fault, once the file is refused."""
    with pytest.raises(StudyError) as caught:
        read_study(path)
    return [(fault.where, str(fault)) for fault in caught.value.faults]


def test_the_sample_study() -> None:
    study = read_study(SAMPLE)
    assert study.path == SAMPLE
    assert study.period.days == (-10, 15)
    assert (study.draws, study.seed, study.step_minutes) == (200, 2027, 15)
    assert list(study.scenarios) == ["expected", "cold_snap", "full_house"]
    assert study.scenarios["full_house"].temperature_offset_c == -6  # from cold_snap
    assert study.forecast.level_of("hongjiawan") == 2015
    assert study.forecast.level_of("enwl-2-4") == 2021
    assert study.forecast.coverage_of("wanfota") == 0.85
    assert study.limits.name == "cn-default"
    for network in ("hongjiawan", "wanfota", "enwl-2-4", "enwl-5-3", "kerber-dorf"):
        register = study.forecast.register_path(network)
        assert register is not None
        assert register.is_file()


def test_no_path_of_this_machine_in_the_settings() -> None:
    assert str(SAMPLE.parent) not in read_study(SAMPLE).model_dump_json(exclude={"limits"})


def test_defaults_and_other_draws(tmp_path: Path) -> None:
    study = read_study(write(tmp_path, SMALL))
    assert study.forecast.register_path("any") is None
    assert study.measures.max_moves == 8
    fewer = study.with_draws(7)
    assert (fewer.draws, study.draws) == (7, 200)
    assert fewer.path == study.path
    with pytest.raises(ValueError, match="at least 1"):
        study.with_draws(0)


def test_period_by_dates(tmp_path: Path) -> None:
    dates = "{festival_year: 2027, start: 2027-01-27, end: 2027-02-21}"
    text = SMALL.replace("{festival_year: 2027, first_day: -1, last_day: 1}", dates)
    assert read_study(write(tmp_path, text)).period.days == (-10, 15)


def test_limits_of_its_own(tmp_path: Path) -> None:
    study = read_study(
        write(tmp_path, SMALL + "limits: {base: cn-default, overload_percent: 110}\n")
    )
    assert study.limits.overload.value == 110


def test_every_mistake_at_its_line(tmp_path: Path) -> None:
    text = """\
name: wrong
title: one
title: two
forecast:
  period:
    festival_year: 2027
    first_day: -10
    last_day: 55
  draws: many
  seedd: 3
  registers: nowhere
  scenarios:
    expected: {}
    cold: {based_on: expcted}
limits: {base: cn-default, overlod_percent: 3}
measures:
  max_moves: 1.5
"""
    found = faults_of(write(tmp_path, text))
    expected = {
        3: "key title already stands at line 2",
        8: "days go from -30 to 30",
        9: "'many' -> write a valid integer",
        10: "unknown key forecast.seedd -> did you mean seed?",
        11: "no folder 'nowhere'",
        14: "no scenario 'expcted'; this study has expected, cold",
        15: "did you mean overload_percent",
        17: "1.5",
    }
    assert [where for where, _ in found] == [f"study.yaml:{line}" for line in expected]
    for (_, text_found), words in zip(found, expected.values(), strict=True):
        assert words in text_found


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("name: small", "nom: small", 1, "name is missing"),
        ("2027, first", "2040, first", 4, "2015 to 2035"),
        ("first_day: -1, last_day: 1", "first_day: 3, last_day: 1", 4, "ends before it begins"),
        ("first_day: -1, last_day: 1", "first_day: 3", 4, "give first_day and last_day"),
        ("first_day: -1, last_day: 1", "start: 2027-06-01, end: 2027-06-02", 4, "is outside"),
        ("expected: {}", "expected: {based_on: expected}", 5, "not a scenario above it"),
        ("expected: {}", "expected: {level_factor: .nan}", 6, "finite"),
        ("expected: {}", "expected: {level_factor: true}", 6, "valid number"),
    ],
)
def test_wrong_values(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    found = faults_of(write(tmp_path, SMALL.replace(old, new)))
    assert any(where == f"study.yaml:{line}" and words in text for where, text in found), found


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: &x 1\nb: *x\n", 1, "an anchor"),
        ("a: 1\nb: !!python/object:os.system x\n", 2, "a tag"),
        ("a: [1\n", 2, "not YAML"),
        ("- 1\n", 1, "no mapping"),
        ("", 1, "no mapping"),
        ("a: " + "[" * 5000, 1, "nested too deeply"),
        ("a: \x01\n", 1, "not YAML"),
        ("? [a]\n: 1\n", 1, "a key must be a word"),
        ("name: 2027-02-31\n", 1, "not a value"),
    ],
)
def test_files_that_are_no_study(tmp_path: Path, text: str, line: int, words: str) -> None:
    found = faults_of(write(tmp_path, text))
    assert any(where == f"study.yaml:{line}" and words in said for where, said in found), found


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_bytes(b"name: small\ntitle: \xff\n")
    assert faults_of(path) == [("study.yaml:2", "study.yaml:2: not UTF-8 text")]
    with pytest.raises(StudyError, match="no such file"):
        read_study(tmp_path / "other.yaml")


def test_schema_knows_every_key_of_the_sample() -> None:
    result = CliRunner().invoke(schema, ["study"])
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document == study_schema()
    assert set(document["properties"]) == {"name", "title", "forecast", "limits", "measures"}
    assert document["additionalProperties"] is False
    settings = document["$defs"]["ForecastSettings"]["properties"]
    assert {"period", "draws", "seed", "scenarios", "registers", "coverage", "levels"} <= set(
        settings
    )
