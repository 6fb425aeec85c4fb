"""Joining records to reports: a union-find that some pairs may never enter together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from parapluie.deduplication.keys import Keys
from parapluie.deduplication.rules import Edge


@dataclass
class _Cluster:
    members: set[str]
    dois: set[str]
    versions: set[tuple[str, str]]
    apart: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Refused:
    """A join that would have brought together what must stay apart."""

    edge: Edge
    reason: str
    between: tuple[str, str] = ("", "")


class Clusters:
    """Records joined one edge at a time.

    Parameters
    ----------
    keys : sequence of Keys
        The records.
    apart : iterable of (str, str)
        Pairs that a human said are different, or related without being the same.
    doubted : iterable of (str, str)
        Pairs under one identifier that a veto kept apart.
    """

    def __init__(
        self,
        keys: Sequence[Keys],
        apart: Iterable[tuple[str, str]],
        doubted: Iterable[tuple[str, str]] = (),
    ) -> None:
        self._of = {
            k.record_id: _Cluster(
                {k.record_id},
                {k.doi} - {""},
                {(k.cochrane, k.version)} if k.cochrane and k.version else set(),
            )
            for k in keys
        }
        self._apart = set()
        for pair in apart:
            self._keep_apart(*pair)
            self._apart.add(frozenset(pair))
        for pair in doubted:
            self._keep_apart(*pair)
        self.rule: dict[str, str] = {}
        self.refused: list[Refused] = []

    def _keep_apart(self, a: str, b: str) -> None:
        self._of[a].apart.add(b)
        self._of[b].apart.add(a)

    def join(self, edges: Sequence[Edge]) -> None:
        """Join along edges in their order; a forbidden join is noted in `refused`."""
        for edge in edges:
            a, b = self._of[edge.a], self._of[edge.b]
            if a is b:
                continue
            against = self._against(edge, a, b)
            if against:
                self.refused.append(against)
            else:
                self._unite(a, b)
                for record in (edge.a, edge.b):
                    self.rule.setdefault(record, edge.rule)

    def _against(self, edge: Edge, a: _Cluster, b: _Cluster) -> Refused | None:
        between = sorted((x, y) for y in a.apart & b.members for x in a.members if self._said(x, y))
        if between:
            return Refused(edge, "a human answer keeps them apart", between[0])
        if edge.rank == 0:
            return None
        if a.apart & b.members:
            return Refused(edge, "two records of these reports were kept apart")
        if {n for n, _ in a.versions} & {n for n, _ in b.versions} and not a.versions & b.versions:
            return Refused(edge, "other version of a Cochrane review")
        if edge.rule.startswith("title") and a.dois and b.dois and not a.dois & b.dois:
            return Refused(edge, "DOIs differ")
        return None

    def _said(self, x: str, y: str) -> bool:
        return frozenset((x, y)) in self._apart

    def _unite(self, a: _Cluster, b: _Cluster) -> None:
        if len(a.members) < len(b.members):
            a, b = b, a
        a.members |= b.members
        a.dois |= b.dois
        a.versions |= b.versions
        a.apart |= b.apart
        for member in b.members:
            self._of[member] = a

    def together(self, a: str, b: str) -> bool:
        """Tell whether two records are in one cluster."""
        return self._of[a] is self._of[b]

    def first_of(self, order: Mapping[str, int]) -> dict[str, str]:
        """Give for each record the first record of its cluster in an order."""
        found: dict[int, str] = {}
        for cluster in self._of.values():
            if id(cluster) not in found:
                found[id(cluster)] = min(cluster.members, key=order.__getitem__)
        return {record: found[id(cluster)] for record, cluster in self._of.items()}
