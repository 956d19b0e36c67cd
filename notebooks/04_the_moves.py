# %% [markdown]
# # 04 The moves
#
# Which homes should change phase, and how far does that get? A crew of five can move some units in
# a morning. This notebook searches the moves for Hongjiawan, holds them against all draws, and says
# what no re-phasing can do. It runs in about a minute. Every figure in the text is one that a cell
# prints.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import gridplan as gp
from gridplan.assessment.findings import risen

ROOT = next(path for path in (Path.cwd(), *Path.cwd().parents) if (path / "notebooks").is_dir())
PHASES, COLOURS = ("a", "b", "c"), ("#b8860b", "#2e7d32", "#c62828")  # yellow, green, red

feeder = gp.read_feeder(ROOT / "networks" / "hongjiawan")
study = gp.read_study(ROOT / "scenarios" / "spring-festival-2027.yaml").with_draws(20)
demand = gp.forecast_demand(feeder, study.forecast)
today = gp.run_sweep(feeder, demand)
findings = gp.assess(feeder, today, study.limits)
print(findings)

# %% [markdown]
# ## 1. What may move
#
# A unit is what can only change phase together: a meter on a box of four wires, a box of two wires,
# a lateral. It stays on its outgoing circuit, and what has three phases stays as it is. 18 units of
# three phases each are 387 million arrangements; one morning reaches only those near today's.

# %%
proposal = gp.propose_rebalancing(feeder, demand, study.limits, max_moves=6)
for move in proposal.moves:
    homes = ", ".join(move.customer_ids)
    print(
        f"{move.order}. {move.unit} at {move.node}: {move.from_phase} -> {move.to_phase} ({homes})"
    )
print(f"{proposal.poles} poles, {proposal.crew_hours:.1f} h of a crew of five (assumption)")

# %% [markdown]
# ## 2. Moves against what they buy
#
# The search gives the best plan for each number of moves. The value adds up by how much currents
# and voltages that 95 % of the draws keep miss their limits. The knee is where a further move stops
# being worth it: that is what gridplan proposes.

# %%
pareto = proposal.pareto
table = pd.DataFrame(
    {
        "moves allowed": pareto.max_moves,
        "moves": pareto.moves,
        "left over the limits": pareto.value.round(2),
        "highest phase current [A]": pareto.peak_current_a.round(1),
        "highest neutral current [A]": pareto.peak_neutral_a.round(1),
        "poles": pareto.poles,
        "crew hours": pareto.crew_hours.round(1),
    }
)
print(table.to_string(index=False))

figure, axes = plt.subplots(figsize=(8, 3.2))
axes.step(pareto.max_moves, pareto.value, where="mid", color="k")
axes.plot(pareto.max_moves[pareto.knee], pareto.value[pareto.knee], "o", color="C3", label="knee")
axes.set(xlabel="moves allowed", ylabel="left over the limits", ylim=(0, None))
axes.legend(frameon=False)
figure.tight_layout()
plt.show()

# %% [markdown]
# ## 3. Proof
#
# The search looked at the worst windows of every draw. What counts is the whole: the moved feeder
# is swept over the same draws as today's, so that a difference is the moves' and not luck's.

# %%
moved = feeder.with_phases(proposal.phase_moves)
after = gp.run_sweep(moved, demand)
findings_after = gp.assess(moved, after, study.limits)
worse = risen(findings, findings_after)
print(
    f"{len(findings)} findings today, {len(findings_after)} after; likelier than today: {len(worse)}"
)
for kind in ("phase_overload", "neutral_overload", "low_voltage"):
    p, q = (
        max((one.probability for one in some if one.kind == kind and one.scenario == "full_house"),
            default=0.0)
        for some in (findings, findings_after)
    )  # fmt: skip
    print(f"{kind:<17} in a full house: {p:.0%} of the draws today, {q:.0%} after")

# %%
full = today.scenarios.index("full_house")
eve = np.flatnonzero(today.times.astype("datetime64[D]") == np.datetime64("2027-02-05"))
rated_a = feeder.area_transformer.rated_a
figure, panels = plt.subplots(1, 2, figsize=(10, 3.2), sharey=True)
for axes, title, sweep in zip(panels, ("today", "after the moves"), (today, after), strict=True):
    for phase, colour in enumerate(COLOURS):
        load = 100 * np.nanmedian(sweep.i_phase_a[full][:, eve, phase], axis=0) / rated_a
        axes.plot(np.arange(len(eve)) / 4, load, color=colour, label=f"phase {PHASES[phase]}")
    axes.axhline(100, color="k", lw=0.8, ls="--")
    axes.set(title=title, xlabel="hour of New Year's Eve", ylabel="phase load [% of rated]")
panels[0].legend(frameon=False)
figure.tight_layout()
plt.show()

# %% [markdown]
# ## 4. What no re-phasing can do
#
# Moves share the load; they do not make it smaller. A bound says how low the worst phase could come
# if every home could be cut in three. Beside it stands what a crew would do by counting homes.

# %%
certificate = proposal.certificate
print(certificate.sentence)
print(f"worst ratio to a limit: today {proposal.before.objective:.2f}, "
      f"after the moves {proposal.after.objective:.2f}, "
      f"by counting homes {proposal.baseline.objective:.2f} "
      f"({len(proposal.baseline_moves)} moves)")  # fmt: skip

# %% [markdown]
# What is left is line and transformer, not phases. Which of the other measures is worth its money
# is the question of notebook 05.
