"""Make gridplan's rule sets from the domain's tables of limits and of the thermal model.

    python scripts/make_rule_sets.py FOLDER

FOLDER holds ``thresholds.yaml`` and ``thermal_model.yaml``, each figure with its source and status.
What they do not say (durations that no source names, tiers) is said here, with its reason.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

TARGET = Path(__file__).parent.parent / "gridplan" / "assessment" / "data"

COUNTY = "alarm service of a State Grid county project (operating code)"
SD_292 = "SD 292-1988 as quoted by bbs.21ic.com and docduoduo p-8014036; Q/GDW 1519-2014"
GUIDE = "IEC 60076-7 table 2 (below 10 MVA), as quoted by the transformer-thermal-model project"
#: Hours of rules whose source names none: those of the load rate.
HOURS = 2.0

Rule = dict[str, Any]


def rule(
    value: float, source: str, status: str, *, hours: float | None = None, tier: str | None = None
) -> Rule:
    """One rule; hours and tier left out are those of the set that this one is based on."""
    parts = {"value": value, "for_h": hours, "tier": tier, "source": source, "status": status}
    return {key: part for key, part in parts.items() if part is not None}


def cn_default(limits: dict[str, Any], thermal: dict[str, Any]) -> dict[str, Any]:
    """The figures of Chinese operation practice."""
    rules = {**_loading(limits), **_unbalance(limits), **_voltage(limits), **_others(thermal)}
    return {
        "name": "cn-default",
        "title": "Chinese operation practice",
        "based_on": None,
        "unbalance_formula": "max_min",
        "rules": rules,
        "thermal": _thermal(thermal),
    }


def _loading(limits: dict[str, Any]) -> dict[str, Rule]:
    loading = limits["transformer_loading"]
    heavy, over, serious = (loading[key] for key in ("heavy", "overload", "serious_overload"))
    return {
        "overload": rule(
            over["min_percent"],
            f"{COUNTY}: overload above 100 % for 120 min",
            over["status"],
            hours=over["min_duration_min"] / 60,
            tier="act",
        ),
        "heavy_load": rule(
            heavy["min_percent"],
            f"{COUNTY}: heavy load from 80 % for 120 min",
            heavy["status"],
            hours=heavy["min_duration_min"] / 60,
            tier="watch",
        ),
        "serious_overload": rule(
            serious["min_percent"],
            "serious overload of the utilities' statistics, from memory; two hours as overload",
            serious["status"],
            hours=HOURS,
            tier="act",
        ),
        "phase_overload": rule(
            100,
            "the overload rule applied to one winding: the hottest one decides the ageing",
            "A",
            hours=HOURS,
            tier="act",
        ),
    }


def _unbalance(limits: dict[str, Any]) -> dict[str, Rule]:
    at = limits["current_unbalance"]["limits_percent"]
    neutral = limits["neutral_current"]
    alarm = at["alarm_severe"]
    yyn, dyn = at["yyn0_at_transformer"], at["dyn11_at_transformer"]
    return {
        "unbalance_yyn": rule(
            yyn["value"],
            f"{SD_292}; judged over two hours under load as by the {COUNTY}",
            yyn["status"],
            hours=alarm["min_duration_min"] / 60,
            tier="watch",
        ),
        "unbalance_dyn": rule(
            dyn["value"],
            f"Q/GDW 1519-2014, from memory; the {COUNTY} alarms at 25 % for 120 min",
            dyn["status"],
            hours=alarm["min_duration_min"] / 60,
            tier="watch",
        ),
        "unbalance_gate": rule(
            alarm["with_load_rate_over_percent"],
            f"{COUNTY}: unbalance counts at load rates above 50 %",
            alarm["status"],
            hours=alarm["min_duration_min"] / 60,
            tier="watch",
        ),
        # the neutral current of a Yyn0 unit closes through the tank and heats it: to act on
        "neutral_yyn": rule(
            neutral["yyn0_percent_of_rated_lv"]["value"],
            f"{SD_292}; two hours by analogy with the load rate",
            neutral["yyn0_percent_of_rated_lv"]["status"],
            hours=HOURS,
            tier="act",
        ),
        # a Dyn unit carries it in delta and bushing, both made for the full current: a sign of poor
        # balance, not a danger; the neutral conductors have their own rule
        "neutral_dyn": rule(
            neutral["dyn11_percent_of_rated_lv"]["value"],
            "Q/GDW 1519-2014, from memory; two hours by analogy with the load rate",
            neutral["dyn11_percent_of_rated_lv"]["status"],
            hours=HOURS,
            tier="watch",
        ),
    }


def _voltage(limits: dict[str, Any]) -> dict[str, Rule]:
    band, unbalance = limits["voltage"]["single_phase_220"], limits["voltage_unbalance"]
    normal = unbalance["limit_normal_percent"]
    return {
        "low_voltage": rule(
            band["v_min"],
            "GB/T 12325-2008: 220 V - 10 %; one hour as the low-voltage customer statistics count",
            band["status"],
            hours=1.0,
            tier="act",
        ),
        # a few volts too many call for another tap next season, not for a crew before the holiday
        "high_voltage": rule(
            band["v_max"],
            f"GB/T 12325-2008: 220 V + 7 %; {COUNTY}: 60 min",
            band["status"],
            hours=1.0,
            tier="watch",
        ),
        "voltage_unbalance": rule(
            normal["value"],
            "GB/T 15543-2008, U2/U1 as quoted by bbs.21ic.com 286576; that 95 % of a day must stay "
            "below it is from memory",
            normal["status"],
            tier="watch",
        ),
    }


def _others(thermal: dict[str, Any]) -> dict[str, Rule]:
    """Elements in series and the transformer's temperatures."""
    guide = thermal["limits_small_and_distribution"]
    normal, status = guide["normal_cyclic"], guide["status"]
    cyclic = f"{GUIDE}: normal cyclic loading"
    return {
        # an hour is the conventional time in which fuses and breakers up to 63 A are tested near
        # their rating; overhead conductors reach their final temperature well within it
        "current_limit": rule(
            100,
            "ratings of the network file and the catalogue; one hour is the conventional time of "
            "IEC 60269-1 and IEC 60898-1 up to 63 A, taken for all elements",
            "A",
            hours=1.0,
            tier="act",
        ),
        # no measure that gridplan compares cures leakage: an errand of its own, so to watch
        "rcd_leakage": rule(
            50,
            "a residual-current device does not trip below half its rated current, and may above "
            "(GB/T 6829, IEC 61008-1, as explained by Lovato Electric's academy)",
            "S",
            tier="watch",
        ),
        "phase_peak": rule(100 * normal["current_pu"], cyclic, status, tier="act"),
        "hot_spot": rule(normal["hot_spot_c"], cyclic, status, tier="act"),
        "top_oil": rule(normal["top_oil_c"], cyclic, status, tier="act"),
        "ageing": rule(
            1,
            "IEC 60076-7, GB/T 1094.7: cyclic loading is normal as long as a day uses no more life "
            "than a day at rated hot spot; from memory",
            "K",
            hours=24.0,
            tier="watch",
        ),
        "no_solution": rule(
            0,
            "beyond the limit of solvability the network cannot deliver the demand",
            "V",
            tier="act",
        ),
    }


def _thermal(thermal: dict[str, Any]) -> dict[str, Rule]:
    unit, ageing = thermal["distribution_onan"], thermal["ageing"]["non_upgraded_kraft"]
    guide = "IEC 60076-7, distribution transformers, ONAN; transformer-thermal-model project"
    names = {
        "oil_exponent": "x",
        "winding_exponent": "y",
        "k11": "k11",
        "k21": "k21",
        "k22": "k22",
        "oil_minutes": "tau_oil_min",
        "winding_minutes": "tau_winding_min",
    }
    found = {
        name: rule(unit[key]["value"], guide, unit[key]["status"]) for name, key in names.items()
    }
    kraft = "IEC 60076-7, kraft paper that is not thermally upgraded: V = 2^((hot spot - 98) / 6)"
    return {
        **found,
        "hot_spot_factor": rule(
            unit["hot_spot_factor_H"]["value"], "IEC 60076-7:2005, from memory", "K"
        ),
        "top_oil_rise_k": rule(
            unit["top_oil_rise_rated_k"]["value"],
            "guaranteed by typical Chinese sealed units; IEC 60076-2 allows 60 K",
            "K",
        ),
        "gradient_k": rule(
            unit["winding_oil_gradient_k"]["value"],
            "so that hot-spot factor x gradient is 23 K, and 98 °C are reached at rated load and "
            "20 °C",
            "A",
        ),
        "reference_c": rule(ageing["reference_c"], kraft, ageing["status"]),
        "doubling_k": rule(6, kraft, ageing["status"]),
    }


def variants(limits: dict[str, Any]) -> list[dict[str, Any]]:
    """Rule sets that differ from ``cn-default`` in what their source says."""
    loading = {item["who"]: item for item in limits["transformer_loading"]["variants"]}
    at = limits["current_unbalance"]["limits_percent"]
    hebei = loading["State Grid Hebei (Energies 2023 16(3) 1507)"]
    monthly, chaozhou = loading["CSG Guangdong tq_43"], loading["CSG Chaozhou news 2025-04-09"]
    some = loading["some provinces"]
    light = limits["transformer_loading"]["light"]
    alarm, severe, listed = at["alarm_severe"], at["alt_sgcc_severe"], at["csg_list"]

    def both(item: dict[str, Any], source: str) -> dict[str, Rule]:
        """The same limit of unbalance whatever the vector group."""
        names = ("unbalance_yyn", "unbalance_dyn")
        return {name: rule(item["value"], source, item["status"]) for name in names}

    gate = "load rate that the 25 % of severe unbalance ask for, from memory"
    month_h = 28 * 24.0  # the shortest month
    return [
        _set("cn-county-alarm", "Alarms of a State Grid county", both(alarm, f"{COUNTY}: 25 %")),
        _set(
            "cn-sgcc-severe",
            "Severe unbalance of State Grid statistics",
            {
                **both(severe, "severe unbalance in State Grid statistics, from memory"),
                "unbalance_gate": rule(
                    severe["with_load_rate_over_percent"], gate, severe["status"]
                ),
            },
        ),
        _set(
            "cn-hebei",
            "State Grid Hebei: heavy load at three points in a row",
            {"heavy_load": rule(80, f"Hebei: {hebei['rule']}", hebei["status"], hours=0.75)},
        ),
        _set(
            "cn-csg-guangdong",
            "China Southern Grid, Guangdong: means over a month",
            {
                "mean_load": rule(
                    80,
                    f"Guangdong: {monthly['rule']}; here by S, of which P is the larger part",
                    monthly["status"],
                    hours=month_h,
                    tier="watch",
                ),
                "light_load": rule(
                    light["max_percent"],
                    light["source"],
                    light["status"],
                    hours=month_h,
                    tier="watch",
                ),
                **both(listed, listed["source"]),
            },
        ),
        _set(
            "cn-csg-chaozhou",
            "China Southern Grid, Chaozhou: warning line",
            {"heavy_load": rule(85, f"Chaozhou, 2025-04-09: {chaozhou['rule']}", "V")},
        ),
        _set(
            "cn-overload-15min",
            "Provinces that count a single point as overload",
            {"overload": rule(100, some["rule"], some["status"], hours=0.25)},
        ),
        _set(
            "cn-overload-1h",
            "Provinces that count an hour as overload",
            {"overload": rule(100, some["rule"], some["status"], hours=1.0)},
        ),
    ]


def _set(name: str, title: str, rules: dict[str, Rule]) -> dict[str, Any]:
    return {"name": name, "title": title, "based_on": "cn-default", "rules": rules}


def main(folder: Path, target: Path = TARGET) -> None:
    """Write one file per rule set."""
    reader = YAML(typ="safe", pure=True)
    limits, thermal = (
        reader.load((folder / name).read_text(encoding="utf-8"))
        for name in ("thresholds.yaml", "thermal_model.yaml")
    )
    writer = YAML()
    writer.width, writer.allow_unicode = 100, True
    target.mkdir(parents=True, exist_ok=True)
    for rules in (cn_default(limits, thermal), *variants(limits)):
        with (target / f"{rules['name']}.yaml").open("w", encoding="utf-8", newline="\n") as file:
            file.write(
                "# Made by scripts/make_rule_sets.py; `gridplan schema rules` says what may "
            )
            file.write("stand here.\n")
            writer.dump(rules, file)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
