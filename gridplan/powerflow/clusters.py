"""Products of a port matrix with load currents, at a cost that grows about linearly.

Ports in different branches of a network see each other only through the few conductors that join
the branches. Cut into clusters of neighbouring ports, the matrix is

    Z = D + U C V        D block-diagonal, C small: the joints between the clusters

to rounding. The clusters follow the lines, the factors come from the matrix itself (singular
values), so meshed and four-wire networks need no case of their own; a small matrix is left whole.

All matrices are real: a complex port is a row for its real and one for its imaginary part.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gridplan.frozen import FloatArray, IntArray

#: Sizes of clusters that are tried [ports].
_SIZES = (18, 26, 40)
#: Ports below which no split has ever been the cheapest.
_FEW = 100
#: Singular values below this, relative to the largest entry, are rounding.
_RANK_TOLERANCE = 1e-12
#: Columns that the range of a cluster's coupling is probed with; more rank than this is not worth
#: a cluster.
_PROBES = 48
#: What a multiplication costs in narrow products beside one in a large square product, and how much
#: cheaper the split must be before it is worth its overhead (measured with OpenBLAS).
_NARROW, _THIN, _WORTH = 2.2, 3.0, 0.85


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Product:
    """``b - Z j`` for arrays (2, cluster, place, case) of real and imaginary parts, one precision.

    Clusters have equally many places, so that each step is one batched product; places without a
    port keep the voltage 1 and draw nothing.

    Attributes
    ----------
    slot : int (port,) -- flat place (cluster, place) of each port
    into : (cluster, rank, 2 place) -- currents of a cluster to its joints
    across : (cluster, rank, cluster * rank) -- all joints to what reaches a cluster
    spread : (2, cluster, place, 2 place + rank + 1) -- currents, joints and one to voltages
    """

    slot: IntArray
    into: np.ndarray
    across: np.ndarray
    spread: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Number of clusters and of places in each."""
        return self.spread.shape[1], self.spread.shape[2]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Precision."""
        return self.spread.dtype

    def single(self) -> Product:
        """The same in single precision."""
        parts = {name: getattr(self, name).astype("f4") for name in ("into", "across", "spread")}
        return replace(self, **parts)

    def work(self, width: int) -> tuple[np.ndarray, np.ndarray]:
        """Array for currents, joints and ones (cluster, row, width), and one for the joints."""
        clusters, rank = self.into.shape[:2]
        work = np.zeros((clusters, self.spread.shape[3], width), dtype=self.dtype)
        work[:, -1] = 1
        return work, np.empty((clusters, rank, width), dtype=self.dtype)

    def apply(
        self, work: np.ndarray, joints: np.ndarray, out: np.ndarray, *, constant: bool = True
    ) -> None:
        """Write ``b - Z j``, without the constant ``-Z j``, of the currents in ``work``."""
        clusters, places = self.shape
        rank = self.into.shape[1]
        if rank:
            np.matmul(self.into, work[:, : 2 * places], out=joints)
            flat = joints.reshape(clusters * rank, -1)
            np.matmul(self.across, flat, out=work[:, 2 * places : 2 * places + rank])
        used = self.spread.shape[3] - (not constant)
        if clusters == 1 and out.flags.c_contiguous:  # one product for both planes
            both = self.spread.reshape(2 * places, -1)
            np.matmul(both[:, :used], work[0, :used], out=out.reshape(2 * places, -1))
        else:
            np.matmul(self.spread[..., :used], work[None, :, :used], out=out)

    def over_work(self, matrix: FloatArray, constant: FloatArray) -> FloatArray:
        """A matrix (row, 2 port) and a constant (row,) as one (row, cluster * work row)."""
        clusters, places = self.shape
        whole = np.zeros((len(matrix), clusters, self.spread.shape[3]))
        cluster, place = np.divmod(self.slot, places)
        n_port = len(self.slot)
        whole[:, cluster, place] = matrix[:, :n_port]
        whole[:, cluster, places + place] = matrix[:, n_port:]
        whole[:, 0, -1] = constant
        return whole.reshape(len(matrix), -1)

    def placed(self, values: np.ndarray, empty: float = 0.0) -> np.ndarray:
        """Values (port, …) at their places (cluster, place, …), ``empty`` elsewhere."""
        clusters, places = self.shape
        out = np.full((clusters * places, *values.shape[1:]), empty, dtype=values.dtype)
        out[self.slot] = values
        return out.reshape(clusters, places, *values.shape[1:])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """Clusters of ports and the factors of the couplings between them.

    Attributes
    ----------
    members : the ports of each cluster
    into : (rank, 2 port) with orthonormal rows, out : (2 port, rank) with orthonormal columns:
        between two clusters the matrix is ``out (out^T Z into^T) into``
    """

    members: tuple[IntArray, ...]
    into: tuple[FloatArray, ...]
    out: tuple[FloatArray, ...]

    def product(self, z: FloatArray, constant: FloatArray) -> Product:
        """The product for a real matrix (2 port, 2 port) and a constant (2 port,)."""
        n_port, clusters = len(z) // 2, len(self.members)
        places, rank = max(map(len, self.members)), max(map(len, self.into))
        slot = np.empty(n_port, dtype=np.int64)
        into = np.zeros((clusters, rank, 2 * places))
        across = np.zeros((clusters, rank, clusters, rank))
        spread = np.zeros((clusters, 2 * places, 2 * places + rank + 1))
        spread[:, :, -1] = 1
        for k, own in enumerate(self.members):
            rows, used = _rows(own, n_port), len(self.into[k])
            at = _rows(np.arange(len(own)), places)
            slot[own] = k * places + at[: len(own)]
            into[k, :used, at] = self.into[k].T
            spread[k, at[:, None], at] = -z[np.ix_(rows, rows)]
            spread[k, at, 2 * places : 2 * places + used] = -self.out[k]
            spread[k, at, -1] = constant[rows]
            for m, other in enumerate(self.members):
                if m != k:
                    between = self.out[k].T @ z[np.ix_(rows, _rows(other, n_port))]
                    across[k, :used, m, : len(self.into[m])] = between @ self.into[m].T
        planes = spread.reshape(clusters, 2, places, -1).swapaxes(0, 1)
        return Product(
            slot=slot,
            into=into,
            across=across.reshape(clusters, rank, clusters * rank),
            spread=np.ascontiguousarray(planes),
        )


def whole(n_port: int) -> Split:
    """All ports in one cluster."""
    empty = np.zeros((0, 2 * n_port))
    return Split(members=(np.arange(n_port),), into=(empty,), out=(empty.T,))


def split(z: FloatArray, node: IntArray, parent: IntArray) -> Split:
    """The cheapest split of a real matrix (2 port, 2 port) of ports at ``node`` (port,).

    ``parent`` (node,) is the node before each, -1 at the roots; nodes come after their parents.
    """
    n_port = len(node)
    best, least = whole(n_port), _WORTH * n_port**2
    if n_port < _FEW:
        return best
    probe = np.random.default_rng(0).standard_normal((2 * n_port, _PROBES))
    for size in _SIZES:
        if 2 * size >= n_port:
            break
        members = _clusters(node, parent, size)
        factors = [_factors(z, _rows(own, n_port), probe) for own in members]
        rank = max(len(into) for into, _ in factors) / 2
        cost = _cost(len(members), max(map(len, members)), rank)
        if cost < least:
            into, out = zip(*factors, strict=True)
            best, least = Split(members=tuple(members), into=into, out=out), cost
    return best


def _rows(own: IntArray, n_port: int) -> IntArray:
    """Rows of the real and the imaginary parts of ports."""
    return np.concatenate([own, n_port + own])


def _cost(clusters: int, places: int, rank: float) -> float:
    """Complex multiplications per case, narrow products counted dearer."""
    inside = clusters * places * (places + rank) + (clusters * rank) ** 2
    return _NARROW * inside + _THIN * clusters * places * rank


def _factors(z: FloatArray, own: IntArray, probe: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Bases ``into`` and ``out`` of a cluster's coupling, see ``Split``."""
    others = probe.copy()
    others[own] = 0
    limit = _RANK_TOLERANCE * np.abs(z).max() * np.sqrt(len(z))
    left, size, _ = np.linalg.svd(z[own] @ others, full_matrices=False)
    _, seen, right = np.linalg.svd(others.T @ z[:, own], full_matrices=False)
    rank = int(max((size > limit).sum(), (seen > limit).sum()))
    if rank >= min(len(size), _PROBES):  # not probed widely enough to know the range
        return np.eye(len(own)), np.eye(len(own))
    return right[:rank], left[:, :rank]


def _clusters(node: IntArray, parent: IntArray, size: int) -> list[IntArray]:
    """Ports of neighbouring nodes, at most ``size`` together, from the ends of the tree inwards."""
    n_node = len(parent)
    waiting: list[list[list[int]]] = [[] for _ in range(n_node)]
    for port, at in enumerate(node.tolist()):
        if not waiting[at]:
            waiting[at].append([])
        waiting[at][0].append(port)
    found: list[list[int]] = []
    roots: list[list[int]] = []
    for at in range(n_node - 1, -1, -1):
        rest = [part for ports in waiting[at] for part in _pieces(ports, size)]
        while sum(map(len, rest)) > size:
            rest.sort(key=len, reverse=True)
            taken: list[int] = []
            left: list[list[int]] = []
            for part in rest:
                if len(taken) + len(part) <= size:
                    taken += part
                else:
                    left.append(part)
            found.append(taken)
            rest = left
        pool = [port for part in rest for port in part]
        if pool:
            (roots if parent[at] < 0 else waiting[parent[at]]).append(pool)
    return [np.array(ports) for ports in (*found, *roots)]


def _pieces(ports: list[int], size: int) -> list[list[int]]:
    return [ports[first : first + size] for first in range(0, len(ports), size)]
