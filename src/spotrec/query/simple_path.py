"""Paths with an exact number of nodes, each node once, in a graph of directed edges with costs.

To decide whether there is such a path is as hard as the travelling salesman's problem, so there are two searches:

- `cheap_path` goes layer by layer: for each node, the cheapest way to it with one more edge, among the ways found so
  far that do not contain it. It is fast and its paths are cheap, but it keeps one way per node, so it can miss paths.
- `any_path` tries one path after another, the cheapest edge first, and leaves out edges from which the end cannot be
  reached in the number that remains. It misses nothing, unless it would have to take more than `PATIENCE` edges.

Both count work, not time, and of equals take the first, so that every machine finds the same path.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spotrec.vectors import DoubleArray, Mask, Positions

PATIENCE = 5_000


@dataclass(frozen=True, slots=True)
class Quota:
    """How many nodes of each group a path may have.

    Attributes:
        group: shape (n_nodes,), the group of each node.
        most: shape (n_groups,), for each group.
    """

    group: Positions
    most: Positions

    @property
    def room(self) -> int:
        """The largest number of nodes that a path can have."""
        return int(np.minimum(np.bincount(self.group, minlength=len(self.most)), self.most).sum())


@dataclass(frozen=True, slots=True)
class Graph:
    """The edges from node to node, sorted by the node that they lead to and then by cost.

    The first node is the start, to which no edge leads, and the last one is the end, from which none leads.

    Attributes:
        sources, costs: shape (n_edges,), where each edge comes from, and its cost.
        starts: shape (n_nodes + 1,), the first edge to each node.
        quota: of all nodes; those of the start and the end count too.
    """

    sources: Positions
    costs: DoubleArray
    starts: Positions
    quota: Quota

    @classmethod
    def of(cls, edges: Mask, costs: DoubleArray, quota: Quota) -> "Graph":
        """Return the graph of the edges where `edges` is true, both of shape (n_nodes, n_nodes), from row to column."""
        sources, targets = np.nonzero(edges)
        cost = costs[sources, targets]
        order = np.lexsort((sources, cost, targets))
        starts = np.searchsorted(targets[order], np.arange(len(edges) + 1))
        return cls(sources[order].astype(np.int64), cost[order], starts.astype(np.int64), quota)

    def __len__(self) -> int:
        return len(self.starts) - 1


def cheap_path(graph: Graph, n: int, fan: int) -> list[int] | None:
    """Find a path of `n` nodes from the first to the last node, 3 or more; None if there is none, or it is missed.

    Args:
        fan: the cheapest edges to each node that are tried; with all of them, and edges between all nodes, a path is
            found if the quota has room for one.
    """
    every, end = np.arange(len(graph)), len(graph) - 1
    group, most = graph.quota.group, graph.quota.most
    sources, costs = _to_each(graph, fan)
    cost = _from_start(graph)
    taken = np.eye(len(graph), dtype=bool)  # the nodes of the way to each node
    used = np.zeros((len(graph), len(most)), np.int16)  # and its groups
    used[every, group] = 1
    before: list[Positions] = []
    for _ in range(n - 3):
        cost[end] = np.inf
        barred = taken[sources, every[:, None]] | (used[sources, group[:, None]] >= most[group][:, None])
        through = np.where(barred, np.inf, cost[sources] + costs)
        best = through.argmin(axis=1)
        came_from = sources[every, best]
        cost = through[every, best]
        taken, used = taken[came_from], used[came_from]
        taken[every, every] = True
        used[every, group] += 1
        before.append(came_from)
    first, last = graph.starts[-2:]
    last_steps = cost[graph.sources[first:last]] + graph.costs[first:last]
    if not np.isfinite(last_steps).any():
        return None
    way = [end, int(graph.sources[first + last_steps.argmin()])]
    for came_from in reversed(before):
        way.append(int(came_from[way[-1]]))
    return [0, *reversed(way)]


def _from_start(graph: Graph) -> DoubleArray:
    """Return the cost of the edge from the start to each node, inf for none."""
    costs = np.full(len(graph), np.inf)
    here = graph.sources == 0
    costs[np.repeat(np.arange(len(graph)), np.diff(graph.starts))[here]] = graph.costs[here]
    costs[graph.quota.most[graph.quota.group] < 1] = np.inf
    return costs


def _to_each(graph: Graph, fan: int) -> tuple[Positions, DoubleArray]:
    """Return the cheapest edges to each node as arrays of shape (n_nodes, at most fan); their cost is inf for none."""
    counts = np.diff(graph.starts)
    at = np.arange(max(1, min(fan, int(counts.max(initial=0)))))
    there = at < counts[:, None]
    places = np.where(there, graph.starts[:-1, None] + at, 0)
    if not len(graph.sources):
        return np.zeros_like(places), np.full(places.shape, np.inf)
    return np.where(there, graph.sources[places], 0), np.where(there, graph.costs[places], np.inf)


def any_path(graph: Graph, n: int) -> list[int] | None:
    """Find a path of `n` nodes, 3 or more, from the first to the last one; None if there is none or `PATIENCE` ends."""
    end = len(graph) - 1
    reaches = _reach(graph, n)
    if not reaches[n - 1][0]:
        return None
    onwards = _Onwards(graph)
    left = graph.quota.most.tolist()
    group = graph.quota.group.tolist()
    taken = [False] * len(graph)

    def take(node: int, by: int) -> None:
        taken[node] = by > 0
        left[group[node]] -= by

    way = [0]
    take(0, 1)
    choices: list[Iterator[int]] = [iter(onwards.of(0))]
    for _ in range(PATIENCE):
        reached = reaches[n - 1 - len(way)]
        node = next((one for one in choices[-1] if reached[one] and not taken[one] and left[group[one]] > 0), None)
        if node == end:
            return [*way, end]
        if node is not None:
            way.append(node)
            take(node, 1)
            choices.append(iter(onwards.of(node)))
        elif len(way) == 1:
            return None
        else:
            choices.pop()
            take(way.pop(), -1)
    return None


def _reach(graph: Graph, n: int) -> list[list[bool]]:
    """Return for each number of edges below `n` which nodes the end can be reached from with them, nodes repeated."""
    targets = np.repeat(np.arange(len(graph)), np.diff(graph.starts))
    reached = [np.arange(len(graph)) == len(graph) - 1]
    while len(reached) < n:
        onward = np.zeros(len(graph), bool)
        onward[graph.sources[reached[-1][targets]]] = True
        if len(reached) > 2 and (onward == reached[-2]).all():  # more edges go back and forth
            both = (onward, reached[-1])
            reached += [both[i % 2] for i in range(n - len(reached))]
        else:
            reached.append(onward)
    return [one.tolist() for one in reached]


class _Onwards:
    """The nodes to which edges lead, cheapest first."""

    def __init__(self, graph: Graph) -> None:
        targets = np.repeat(np.arange(len(graph)), np.diff(graph.starts))
        order = np.lexsort((targets, graph.costs, graph.sources))
        self._targets = targets[order]
        self._starts = np.searchsorted(graph.sources[order], np.arange(len(graph) + 1))

    def of(self, node: int) -> list[int]:
        found: list[int] = self._targets[self._starts[node] : self._starts[node + 1]].tolist()
        return found
