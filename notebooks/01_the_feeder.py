# %% [markdown]
# # 01 The feeder
#
# What does gridplan know of a village, and what follows from it before anybody comes home? This
# notebook reads the sample village Hongjiawan, looks at it, and solves it for one evening. It runs
# in some seconds. Every figure in the text is one that a cell prints.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import gridplan as gp

ROOT = next(path for path in (Path.cwd(), *Path.cwd().parents) if (path / "notebooks").is_dir())
PHASES, COLOURS = ("a", "b", "c"), ("#b8860b", "#2e7d32", "#c62828")  # yellow, green, red

feeder = gp.read_feeder(ROOT / "networks" / "hongjiawan")
print(feeder)

# %% [markdown]
# ## 1. What stands in the field
#
# A network file is a pandapower net. gridplan reads it as data, refuses what is impossible, and
# keeps it as arrays that nobody can change: a measure returns a new feeder. Three things decide
# what a holiday does to a village: the transformer, the phases that homes were connected to, and
# the length of thin line in front of them.

# %%
trafo, customers = feeder.area_transformer, feeder.customers
print(f"{trafo.sn_kva:g} kVA {trafo.vector_group}, rated current {trafo.rated_a:.1f} A per phase")
homes = np.array([list(customers.phase == phase) for phase in PHASES])
circuit = feeder.customer_circuit
table = pd.DataFrame(
    {
        "circuit": feeder.circuits.name,
        "breaker [A]": feeder.circuits.protection_a,
        **{
            f"homes on {phase}": [int((on & (circuit == k)).sum()) for k in range(2)]
            for phase, on in zip(PHASES, homes, strict=True)
        },
    }
)
print(table.to_string(index=False))

# %% [markdown]
# 28 homes and two machines. Each home hangs on one phase; 11, 10 and 7 homes look nearly even, and
# an electrician who counts homes would leave it there. Those that are lived in on the Eve are
# 11, 8 and 5.

# %%
lived_in = customers.p_kw > 0.1
for phase, on in zip(PHASES, homes, strict=True):
    print(f"phase {phase}: {int(on.sum())} homes, {int((on & lived_in).sum())} lived in on the Eve")

# %% [markdown]
# ## 2. One evening, solved
#
# The file carries the Eve's evening as an operator would guess it: 0.85 kW in each home that is
# lived in. `gp.solve` is a full unbalanced power flow with the neutral's drop in it.

# %%
evening = gp.solve(feeder)
amperes = evening.i_transformer_a[0]
load_percent = 100 * amperes / trafo.rated_a
for phase, current, percent in zip(PHASES, amperes, load_percent, strict=True):
    print(f"phase {phase}: {current:5.1f} A, {percent:4.0f} % of rated")
print(f"neutral: {evening.i_neutral_a[0]:5.1f} A")
print(f"largest violation of Kirchhoff's laws: {evening.residual_pu[0]:.0e} pu")

# %% [markdown]
# Phase a is at its rating while phase c carries less than half of it: the sum is fine, one winding
# is not. That is what moving homes can cure. The profile shows the other half: a phase's
# voltage falls along the line, and the light phases *rise*, because the neutral carries the
# difference and this Yyn0 transformer lets its star point wander.

# %%
lines, nodes = feeder.lines, feeder.nodes
metres = np.zeros(len(nodes))
for line in range(len(lines)):  # children come after their parents
    if lines.circuit[line] >= 0:
        metres[lines.to_node[line]] = metres[lines.from_node[line]] + lines.length_m[line]
volts = evening.vm_v[0]
figure, axes = plt.subplots(figsize=(9, 3.6))
for phase, colour in enumerate(COLOURS):
    for line in range(len(lines)):
        ends = [lines.from_node[line], lines.to_node[line]]
        if lines.circuit[line] >= 0 and np.isfinite(volts[ends, phase]).all():
            side = 1 if lines.circuit[line] == 0 else -1
            axes.plot(side * metres[ends], volts[ends, phase], color=colour, lw=1.2)
    axes.plot([], [], color=colour, label=f"phase {PHASES[phase]}")
axes.axhline(198, color="k", lw=0.8, ls="--")
axes.legend(frameon=False)
axes.set(
    xlabel="distance from the transformer [m]; F2 to the left, F1 to the right",
    ylabel="phase to neutral [V]",
    title="Voltages of the three phases; dashed: the lowest allowed, 198 V",
)
figure.tight_layout()
plt.show()

# %% [markdown]
# ## 3. How far is the limit?
#
# The same village with every home at a multiple of that evening, in one call: 59 cases. Beyond some
# load there is no solution at all. gridplan says so instead of giving a number.

# %%
factor = np.linspace(0.1, 3.0, 59)
cases = gp.solve(feeder, factor[:, None] * customers.p_kw, factor[:, None] * customers.q_kvar)
lowest_v = np.abs(cases.load_v).min(axis=1)  # NaN where there is no solution
last_factor = factor[cases.converged].max()
first_low = factor[lowest_v < 198].min()
first_over = factor[cases.i_transformer_a.max(axis=1) > trafo.rated_a].min()
print(f"a phase is above its rating from {first_over:.2f} times that evening")
print(f"a home is below 198 V from {first_low:.2f} times")
print(f"no solution beyond {last_factor:.2f} times")

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.2))
for phase, colour in enumerate(COLOURS):
    load = 100 * cases.i_transformer_a[:, phase] / trafo.rated_a
    left.plot(factor, load, color=colour, label=f"phase {PHASES[phase]}")
left.legend(frameon=False)
left.axhline(100, color="k", lw=0.8, ls="--")
left.set(xlabel="times that evening", ylabel="phase load [% of rated]")
right.plot(factor, lowest_v, color="k")
right.axhline(198, color="k", lw=0.8, ls="--")
right.set(xlabel="times that evening", ylabel="lowest customer voltage [V]")
figure.tight_layout()
plt.show()

# %% [markdown]
# ## 4. What if it were another village?
#
# Nothing is changed in place; a question is a new feeder. The same homes behind a Dyn11 transformer
# of the same size, whose star point stays where it is, and with the homes of phase b and c as they
# are: how much of the low voltage is the line, and how much the transformer?

# %%
stiff = feeder.with_zero_sequence(4.0)  # a Yyn0 core that behaves like a Dyn11 one
rows = []
for name, one in (("Yyn0 as it is", feeder), ("stiff star point", stiff)):
    result = gp.solve(one)
    rows.append(
        {
            "transformer": name,
            "lowest voltage [V]": np.abs(result.load_v[0]).min(),
            "highest voltage [V]": np.abs(result.load_v[0]).max(),
            "highest phase current [A]": result.i_transformer_a.max(),
        }
    )
stiffness = pd.DataFrame(rows)
print(stiffness.round(1).to_string(index=False))

# %% [markdown]
# The old core costs the heavy phase some volts and gives them to the light ones. The rest is thin
# line. What people will draw when they come home, and how surely, is the question of notebook 02;
# what the grid then does, of 03.
