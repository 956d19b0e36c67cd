# %% [markdown]
# # 05 The plan
#
# What should be done, what does it cost, and until when must it be ordered? This notebook makes the
# whole plan for Hongjiawan in one call, reads it, and writes what manager and crew get. It runs in
# about a minute. Every figure in the text is one that a cell prints.

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

import gridplan as gp

ROOT = next(path for path in (Path.cwd(), *Path.cwd().parents) if (path / "notebooks").is_dir())

feeder = gp.read_feeder(ROOT / "networks" / "hongjiawan")
study = gp.read_study(ROOT / "scenarios" / "spring-festival-2027.yaml").with_draws(20)
plan = gp.make_plan(feeder, study)
print(plan)

# %% [markdown]
# ## 1. The answer
#
# One line per scenario: the cheapest option that lasts and leaves no finding to act on in more than
# 5 % of the draws, and makes none likelier. A scenario in which nothing is enough says so.

# %%
for choice in plan.measures.choices:
    print(f"{choice.scenario:<11} {choice.label}")
    print(f"            {choice.reason}")

# %% [markdown]
# ## 2. What was compared
#
# Every measure of the trade is swept over the same draws, on top of the moves, and priced by a
# dated table. Most prices that come with gridplan are placeholders: put the station's own into a
# file (`gridplan schema costs`) before a decision rests on them.

# %%
rows = [
    {
        "no": number,
        "option": option.label,
        "cost [CNY]": round(option.outlay.cost_cny),
        "crew [h]": round(option.outlay.crew_h, 1),
        "ready in [d]": round(option.outlay.lead_days),
        "no supply [min]": round(option.outlay.outage_min),
        **{
            f"left, {name}": round(option.broken_rules(name), 2)
            for name in option.scenarios
        },
        "dominated": "yes" if option.dominated_by else "",
    }
    for number, option in enumerate(plan.measures)
]  # fmt: skip
table = pd.DataFrame(rows)
print(table.fillna("-").to_string(index=False))

# %% [markdown]
# *Left* is the expected number of broken rules to act on: their probabilities added up. An option
# is dominated when another costs no more, is there no later and leaves no more in any scenario.

# %%
figure, axes = plt.subplots(figsize=(9, 3.8))
known = table.dropna(subset=["left, full_house"])
for dominated, colour in (("yes", "0.7"), ("", "C0")):
    some = known[known["dominated"] == dominated]
    axes.scatter(some["cost [CNY]"] / 1e3, some["left, full_house"], color=colour, zorder=2)
for _, row in known.iterrows():
    place = (row["cost [CNY]"] / 1e3, row["left, full_house"])
    axes.annotate(row["no"], place, xytext=(4, 3), textcoords="offset points", fontsize=8)
axes.set(
    xlabel="cost [1000 CNY]; numbers: rows of the table; grey: dominated",
    xscale="symlog",
    ylabel="expected broken rules, full house",
    title="What money buys, on top of the moves",
)
figure.tight_layout()
plt.show()

# %% [markdown]
# ## 3. What the moves alone change
#
# Of each draw the extreme of the period, of those the 95th percentile (voltage: the 5th), in the
# worst scenario.

# %%
before, after = plan.before.headline, plan.after.headline
figures = pd.DataFrame(
    [
        ("phase load [%]", before.peak_loading_percent, after.peak_loading_percent),
        ("neutral current [%]", before.peak_neutral_percent, after.peak_neutral_percent),
        ("lowest voltage [V]", before.lowest_voltage_v, after.lowest_voltage_v),
        ("hot spot [°C]", before.hot_spot_c, after.hot_spot_c),
        ("expected harm [customer hours]", before.harm_h, after.harm_h),
    ],
    columns=["figure", "today", "after the moves"],
)
print(figures.round(1).to_string(index=False))

# %% [markdown]
# ## 4. What goes out
#
# The report for those who decide, the moves and the work orders for those who do it, the record for
# programs. `gridplan orders import` takes the folder into the ledger of issues and orders.

# %%
with tempfile.TemporaryDirectory() as folder:
    written = gp.write_report(plan, folder)
    files = {path.name: path.stat().st_size for path in sorted(written.iterdir())}
for name, size in files.items():
    print(f"{name:<18} {size / 1024:8,.0f} KiB")

# %% [markdown]
# On the command line the same is `gridplan plan networks/hongjiawan
# scenarios/spring-festival-2027.yaml -o out/hongjiawan`.
