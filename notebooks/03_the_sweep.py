# %% [markdown]
# # 03 The sweep
#
# What does the grid do with what people draw? This notebook forecasts ten days before to fifteen
# days after New Year's Day of 2027 in Hongjiawan, solves every quarter hour of every draw, and
# reads the answer: when, on which phase, how surely. It runs in half a minute. Every figure in the
# text is one that a cell prints.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import gridplan as gp

ROOT = next(path for path in (Path.cwd(), *Path.cwd().parents) if (path / "notebooks").is_dir())
PHASES, COLOURS = ("a", "b", "c"), ("#b8860b", "#2e7d32", "#c62828")  # yellow, green, red
N_DRAW = 40

feeder = gp.read_feeder(ROOT / "networks" / "hongjiawan")
study = gp.read_study(ROOT / "scenarios" / "spring-festival-2027.yaml").with_draws(N_DRAW)
demand = gp.forecast_demand(feeder, study.forecast)
print(demand)

# %% [markdown]
# A **scenario** is a set of assumptions (as expected, a cold snap, a full house). A **draw** is one
# way in which it may come: who arrives when, what each home switches on. A **step** is a quarter
# hour. Scenarios share their random numbers, so that draw 7 of a cold snap is draw 7 of the expected
# festival, six degrees colder.

# %%
village_kw = np.concatenate(
    [demand.block(k, k + 1)[0].sum(axis=1) for k in range(N_DRAW)], axis=1
)  # (scenario, draw, step)
for name, peaks in zip(demand.scenarios, village_kw.max(axis=2), strict=True):
    low, middle, high = np.quantile(peaks, (0.05, 0.5, 0.95))
    print(f"{name:<11} highest quarter hour: {middle:.0f} kW (5 to 95 %: {low:.0f} to {high:.0f})")

# %% [markdown]
# ## 1. Every case, solved
#
# 40 draws of three scenarios make 299,520 unbalanced power flows. A sample of them is held against
# Kirchhoff's laws by code that the solver does not share.

# %%
sweep = gp.run_sweep(feeder, demand)
print(sweep)
print(f"largest violation of Kirchhoff's laws: {sweep.max_residual_pu:.0e} pu")

# %% [markdown]
# ## 2. When?
#
# The load rate of the whole transformer would miss it: what heats a winding is the current of its
# own phase. Below, the share of draws in which the worst phase is above its rating, by day and
# hour, in a full house. A case without a solution counts as above.

# %%
trafo = feeder.area_transformer
phase_load = 100 * sweep.i_phase_a / trafo.rated_a  # % of rated (scenario, draw, step, phase)
full = sweep.scenarios.index("full_house")
days = sweep.times.astype("datetime64[D]")
n_day = len(np.unique(days))
above = (np.nan_to_num(phase_load[full].max(axis=-1), nan=np.inf) > 100).mean(axis=0)
by_hour = 100 * above.reshape(n_day, 24, 4).mean(axis=2)
first_day = study.forecast.period.first_day

figure, axes = plt.subplots(figsize=(10, 3.4))
picture = axes.imshow(by_hour.T, origin="lower", aspect="auto", cmap="inferno_r", vmin=0, vmax=100,
                      extent=(first_day - 0.5, first_day + n_day - 0.5, 0, 24))  # fmt: skip
axes.set(xlabel="day of the festival (-1: the Eve)", ylabel="hour", yticks=range(0, 25, 6))
figure.colorbar(picture, label="draws above the rating [%]")
figure.tight_layout()
plt.show()

day, hour = np.unravel_index(by_hour.argmax(), by_hour.shape)
eve_share = by_hour[-1 - first_day].max()
print(f"worst: day {first_day + day}, {hour}:00, in {by_hour.max():.0f} % of the draws")
print(f"on the Eve: {eve_share:.0f} % in its worst hour")

# %% [markdown]
# ## 3. On which phase?
#
# The Eve of a full house, hour by hour: the middle of the draws and the band that nine in ten keep.

# %%
eve = np.flatnonzero(days == np.unique(days)[-1 - first_day])
clock = np.arange(len(eve)) / 4
figure, axes = plt.subplots(figsize=(10, 3.4))
for phase, colour in enumerate(COLOURS):
    low, middle, high = np.nanquantile(phase_load[full][:, eve, phase], (0.05, 0.5, 0.95), axis=0)
    axes.fill_between(clock, low, high, color=colour, alpha=0.2, lw=0)
    axes.plot(clock, middle, color=colour, label=f"phase {PHASES[phase]}")
axes.axhline(100, color="k", lw=0.8, ls="--")
axes.set(xlabel="hour of New Year's Eve", ylabel="phase load [% of rated]", xticks=range(0, 25, 3))
axes.legend(frameon=False)
figure.tight_layout()
plt.show()

typical = np.nanmedian(phase_load[full][:, eve].max(axis=1), axis=0)
for phase, percent in zip(PHASES, typical, strict=True):
    print(f"phase {phase}: in the middle of the draws {percent:.0f} % in its highest quarter hour")

# %% [markdown]
# ## 4. How surely?
#
# A finding is a rule that is broken somewhere, with the share of draws that break it and what that
# share is worth after so few draws. A rule has a duration: a phase is overloaded when it stays above
# its rating for two hours, not when a kettle is switched on.

# %%
findings = gp.assess(feeder, sweep, study.limits)
print(findings)
acting = findings.of("full_house", "act")
for one in acting:
    sure = f"{one.probability:4.0%} ({one.probability_low:.0%} to {one.probability_high:.0%})"
    print(f"{one.kind:<17} {one.element:<22} {sure:<22} worst {one.worst:.4g} {one.limit.unit}")
for sentence in findings.not_assessed[:3]:
    print("not assessed:", sentence)

# %% [markdown]
# ## 5. How many draws?
#
# The interval narrows with the square root of the draws. A study can ask for its width instead of a
# number (`precision: 0.02`): gridplan draws until it is reached, and says so when it is not.

# %%
chance = max(acting, key=lambda one: min(one.probability, 1 - one.probability))
p = chance.probability
for draws in (N_DRAW, 200, 1000):
    half = 1.96 * np.sqrt(max(p * (1 - p), 0.25 / draws) / draws)
    print(f"{draws:>5} draws: {chance.kind} {p:.0%} ± {half:.1%}")

# %% [markdown]
# Which homes should change phase, and how far that gets, is the question of notebook 04.
