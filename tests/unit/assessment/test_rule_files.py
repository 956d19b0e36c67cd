"""Rule sets as files: what gridplan brings along, and files of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from gridplan.assessment.limit import RULES, THERMAL_UNITS
from gridplan.assessment.limits import limits_named, read_limits, rule_sets
from gridplan.assessment.rulefile import rules_schema
from gridplan.cli.main import cli
from gridplan.errors import StudyError
from gridplan.study import read_study

ROOT = Path(__file__).parents[3]
STUDY = """\
name: small
title: Small
forecast:
  period: {festival_year: 2027, first_day: -1, last_day: 1}
  scenarios: {expected: {}}
"""


def write(folder: Path, text: str, name: str = "my-rules.yaml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.mark.parametrize("name", rule_sets())
def test_every_value_has_unit_source_and_status(name: str) -> None:
    limits = limits_named(name)
    assert limits.name == name
    for limit in limits.rules().values():
        assert limit.unit
        assert limit.source
        assert limit.status in "VSKCA"
        assert limit.tier in ("act", "watch")
    for constant in THERMAL_UNITS:
        assert getattr(limits.thermal, constant).source


def test_variants_differ_from_the_default_in_what_their_source_says() -> None:
    default = limits_named("cn-default").rules()
    changed = {
        name: {
            key for key, limit in limits_named(name).rules().items() if limit != default.get(key)
        }
        for name in rule_sets()
    }
    both = {"unbalance_yyn", "unbalance_dyn"}
    assert changed == {
        "cn-default": set(),
        "cn-county-alarm": both,
        "cn-sgcc-severe": both | {"unbalance_gate"},
        "cn-hebei": {"heavy_load"},
        "cn-csg-guangdong": both | {"mean_load", "light_load"},
        "cn-csg-chaozhou": {"heavy_load"},
        "cn-overload-15min": {"overload"},
        "cn-overload-1h": {"overload"},
    }
    assert limits_named("cn-hebei").heavy_load.min_duration_h == 0.75
    assert limits_named("cn-csg-chaozhou").heavy_load.value == 85
    assert limits_named("cn-county-alarm").unbalance(yyn=True).value == 25


def test_a_study_names_a_file_of_its_own(tmp_path: Path) -> None:
    write(
        tmp_path,
        """\
name: our-county
unbalance_formula: max_mean
rules:
  overload: {value: 110, for_h: 1, source: "order 12 of 2026", status: V}
  serious_overload: null
  hot_spot: {value: 110, source: works standard}
thermal:
  top_oil_rise_k: {value: 60, source: nameplate, status: V}
""",
    )
    study = read_study(write(tmp_path, STUDY + "limits: my-rules.yaml\n", "study.yaml"))
    limits = study.limits
    assert limits.name == "our-county"
    assert (limits.overload.value, limits.overload.min_duration_h) == (110, 1)
    assert (limits.overload.tier, limits.overload.unit) == ("act", "% of Sn")
    assert limits.serious_overload is None
    assert limits.hot_spot is not None
    assert (limits.hot_spot.value, limits.hot_spot.status) == (110, "A")
    assert limits.heavy_load == limits_named("cn-default").heavy_load
    assert limits.unbalance_formula == "max_mean"
    assert limits.thermal.top_oil_rise_k.value == 60
    text = STUDY + "limits: {base: my-rules.yaml, overload_percent: 105, hot_spot_c: 100}\n"
    changed = read_study(write(tmp_path, text, "study.yaml")).limits
    assert changed.name == "our-county + study"
    assert (changed.overload.value, changed.overload.min_duration_h) == (105, 1)
    assert changed.hot_spot is not None
    assert changed.hot_spot.value == 100


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("rules: {}\n", 1, "name is missing"),
        ("name: x\nrules:\n  overlaod: {value: 3, source: a}\n", 3, "did you mean overload"),
        ("name: x\nrules:\n  overload: {value: -3, source: a}\n", 3, "greater than or equal to 0"),
        ("name: x\nrules:\n  overload: {value: 110}\n", 3, "source is missing"),
        ("name: x\nrules:\n  overload:\n    value: 3\n    valeu: 4\n", 5, "unknown key"),
        ("name: x\nrules:\n  overload: {value: 3, source: a, tier: now}\n", 3, "'act' or 'watch'"),
        ("name: x\nrules:\n  overload: null\n", 3, "rule overload is missing"),
        ("name: x\nrules:\n  mean_load: {value: 80, source: a}\n", 3, "act or watch is missing"),
        ("name: x\nrules:\n  current_limit: {value: 90, source: a}\n", 3, "knows no other"),
        ("name: x\nbased_on: cn-defualt\n", 2, "known are"),
        ("name: x\nbased_on: null\n", 1, "constant k11 is missing"),
        ("name: x\nthermal:\n  tau: {value: 3, source: a}\n", 3, "unknown key thermal.tau"),
        ("name: x\nunbalance_formula: max\n", 2, "'max_min' or 'max_mean'"),
    ],
)
def test_mistakes_at_their_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(StudyError) as caught:
        read_limits(path)
    found = [(fault.where, str(fault)) for fault in caught.value.faults]
    assert any(at == f"my-rules.yaml:{line}" and words in said for at, said in found), found


def test_a_study_shows_the_mistakes_of_its_rule_file(tmp_path: Path) -> None:
    write(tmp_path, "name: x\nrules:\n  overlaod: {value: 3, source: a}\n  top_oil: {value: 1}\n")
    with pytest.raises(StudyError) as caught:
        read_study(write(tmp_path, STUDY + "limits: my-rules.yaml\n", "study.yaml"))
    said = str(caught.value)
    assert "study.yaml:6: limits: my-rules.yaml:3" in said
    assert "my-rules.yaml:4" in said
    with pytest.raises(StudyError, match=r"study.yaml:6.*there is no such file"):
        read_study(write(tmp_path, STUDY + "limits: other.yaml\n", "study.yaml"))


def test_schema_knows_every_rule() -> None:
    schema = rules_schema()
    assert set(schema["$defs"]["Rules"]["properties"]) == set(RULES)
    assert set(schema["$defs"]["ThermalConstants"]["properties"]) == set(THERMAL_UNITS)
    shown = CliRunner().invoke(cli, ["schema", "rules"])
    assert shown.exit_code == 0
    assert json.loads(shown.output) == schema


def test_files_of_the_project_are_plain_yaml_without_references() -> None:
    for path in (ROOT / "gridplan" / "assessment" / "data").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        assert "&id" not in text
        assert YAML(typ="safe", pure=True).load(text)["name"] == path.stem
