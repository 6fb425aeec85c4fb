"""Joining records to reports, so that neither the order of rows nor a later search changes it.

Joins are taken batch by batch of the searches, human answers first, then by rule and id. Most
groups are plain; only those in which something speaks against a join are gone through one join at
a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np
import numpy.typing as npt

from parapluie.deduplication.rules import IDENTIFIER_RULES, RULES

IDENTIFIED = len(IDENTIFIER_RULES)
"""Rules before this number rest on an identifier; the others may not join two different DOIs."""

DESPITE_DOI = frozenset(n for n, rule in enumerate(RULES) if rule.despite_doi)
"""Rules that outweigh two DOIs, also those that a third record brings in."""

YEARS_IN_REPORT = 2
"""Years that the records of one report may span (online first, then print)."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, order=True)
class Edge:
    """A join that a person or a rule asks for.

    Parameters
    ----------
    batch : int
        Batch of the later of the two records; -1 for a human answer.
    rule : int
        Number of the rule; -1 for a human answer.
    id_a, id_b : str
        The record ids, the smaller first: what makes the order of joins the same each time.
    a, b : int
        Places of the records.
    """

    batch: int
    rule: int
    id_a: str
    id_b: str
    a: int
    b: int


@dataclass(frozen=True)
class Refused:
    """A join that would have brought together what must stay apart."""

    edge: Edge
    reason: str
    between: tuple[int, int] | None = None


@dataclass
class _Group:
    members: set[int]
    dois: set[str]
    versions: set[tuple[str, str]]
    years: set[int]
    apart: set[int] = field(default_factory=set)


@dataclass
class Clusters:
    """The result: for each record the place of the first record of its report.

    Parameters
    ----------
    first : array of int, shape (n_records,)
        Place of the first record of the report.
    refused : list of Refused
        Joins that were not made.
    """

    first: Ints
    refused: list[Refused] = field(default_factory=list)


def cluster(
    engine: duckdb.DuckDBPyConnection,
    n: int,
    same: Sequence[tuple[int, int]],
    apart: Sequence[tuple[int, int]],
) -> Clusters:
    """Join records along the table ``edges`` (a, b, rule, batch) and human answers.

    Parameters
    ----------
    engine : DuckDBPyConnection
        Holds ``keys``, ``decided`` and ``edges``.
    n : int
        Number of records.
    same, apart : sequence of (int, int)
        Pairs that people said are one report, and pairs that they said are not.
    """
    found = engine.execute("select a, b from edges").fetchnumpy()
    pairs = np.array([*same], dtype=np.int64).reshape(-1, 2)
    a = np.concatenate([found["a"].astype(np.int64), pairs[:, 0]])
    b = np.concatenate([found["b"].astype(np.int64), pairs[:, 1]])
    result = Clusters(_first_of_components(n, a, b))
    doubtful = _doubtful(engine, result.first, apart)
    for members, evidence in zip(doubtful, _evidence(engine, doubtful, same, apart), strict=True):
        _rejoin(members, evidence, result)
    return result


def _first_of_components(n: int, a: Ints, b: Ints) -> Ints:
    """Give the smallest place among all that are joined, directly or through others.

    Each place takes the smallest known of its neighbours, and then what that one knows, until
    nothing changes: a few rounds, as reports have few records.
    """
    first: Ints = np.arange(n)
    while True:
        least = np.minimum(first[a], first[b])
        if (first[a] == least).all() and (first[b] == least).all():
            return first
        for side in (a, b):
            np.minimum.at(first, first[side], least)
            np.minimum.at(first, side, least)
        first = first[first]


def _doubtful(
    engine: duckdb.DuckDBPyConnection, first: Ints, apart: Iterable[tuple[int, int]]
) -> list[list[int]]:
    """Give the members of each group in which something speaks against a join."""
    import pandas as pd

    engine.register("grouping", pd.DataFrame({"i": np.arange(len(first)), "g": first}))
    rows = engine.execute(
        f"""with doubt as (
          select g from keys join grouping using (i) group by g
          having count(*) > 1 and (count(distinct nullif(doi, '')) > 1
            or count(distinct case when cv <> '' then cn || cv end) > 1
            or max(y) - min(y) > {YEARS_IN_REPORT})
          union select x.g from decided d join grouping x on x.i = d.a
            join grouping z on z.i = d.b where d.veto is not null and x.g = z.g)
        select g, list(i order by i) from grouping where g in (select g from doubt)
        group by g order by g"""
    ).fetchall()
    engine.unregister("grouping")
    groups = {g: list(members) for g, members in rows}
    for a, b in apart:
        g = int(first[a])
        if g == int(first[b]) and g not in groups:
            groups[g] = [int(i) for i in np.flatnonzero(first == g)]
    return [groups[g] for g in sorted(groups)]


@dataclass
class _Evidence:
    """What is known of the members of one doubtful group."""

    group: dict[int, _Group] = field(default_factory=dict)
    ids: dict[int, str] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    same: set[frozenset[int]] = field(default_factory=set)
    apart: list[tuple[int, int]] = field(default_factory=list)
    vetoed: list[tuple[int, int]] = field(default_factory=list)


def _evidence(
    engine: duckdb.DuckDBPyConnection,
    doubtful: Sequence[Sequence[int]],
    same: Iterable[tuple[int, int]],
    apart: Iterable[tuple[int, int]],
) -> list[_Evidence]:
    """Collect what speaks for and against the joins of all doubtful groups, in one go."""
    import pandas as pd

    found = [_Evidence() for _ in doubtful]
    of = {i: n for n, members in enumerate(doubtful) for i in members}
    engine.register("doubted", pd.DataFrame(of.items(), columns=["i", "n"]).astype("int64"))
    for n, i, record_id, doi, cn, cv, y in engine.execute(
        "select n, i, record_id, doi, cn, cv, y from keys join doubted using (i)"
    ).fetchall():
        found[n].ids[i] = record_id
        versions = {(cn, cv)} if cv else set()
        found[n].group[i] = _Group({i}, {doi} - {""}, versions, {y} if y else set())
    inside = "join doubted x on x.i = a join doubted z on z.i = b and x.n = z.n"
    for n, a, b in engine.execute(
        f"select x.n, a, b from decided {inside} where veto is not null"
    ).fetchall():
        found[n].vetoed.append((a, b))
    asked = engine.execute(f"select x.n, a, b, rule, batch from edges {inside}").fetchall()
    engine.unregister("doubted")
    for a, b in same:
        if a in of and of[a] == of.get(b):
            found[of[a]].same.add(frozenset((a, b)))
            asked.append((of[a], a, b, -1, -1))
    for a, b in apart:
        if a in of and of[a] == of.get(b):
            found[of[a]].apart.append((a, b))
    for n, a, b, rule, batch in asked:
        ids = found[n].ids
        (id_a, a), (id_b, b) = sorted(((ids[a], a), (ids[b], b)))
        found[n].edges.append(Edge(batch, rule, id_a, id_b, a, b))
    return found


def _rejoin(members: Iterable[int], known: _Evidence, result: Clusters) -> None:
    """Join the members of one doubtful group anew, one join at a time."""
    group = known.group
    for a, b in [*known.apart, *(p for p in known.vetoed if frozenset(p) not in known.same)]:
        group[a].apart.add(b)
        group[b].apart.add(a)
    human = {frozenset(p) for p in known.apart}
    for edge in sorted(known.edges):
        x, y = group[edge.a], group[edge.b]
        if x is y:
            continue
        against = _against(edge, x, y, human)
        if against:
            result.refused.append(against)
        else:
            _unite(group, x, y)
    for i in members:
        result.first[i] = min(group[i].members)


def _against(edge: Edge, x: _Group, y: _Group, human: set[frozenset[int]]) -> Refused | None:
    kept = sorted((m, other) for m in x.members for other in y.members & x.apart)
    between = next((p for p in kept if frozenset(p) in human), None)
    if between:
        return Refused(edge, "a human answer keeps them apart", between)
    if edge.rule < 0:
        return None
    if kept:
        return Refused(edge, "two records of these reports were kept apart")
    if {n for n, _ in x.versions} & {n for n, _ in y.versions} and not x.versions & y.versions:
        return Refused(edge, "other version of a Cochrane review")
    needs_doi = edge.rule >= IDENTIFIED and edge.rule not in DESPITE_DOI
    if needs_doi and x.dois and y.dois and not x.dois & y.dois:
        return Refused(edge, "DOIs differ")
    years = x.years | y.years
    if edge.rule >= IDENTIFIED and years and max(years) - min(years) > YEARS_IN_REPORT:
        return Refused(edge, "years differ")
    return None


def _unite(group: dict[int, _Group], x: _Group, y: _Group) -> None:
    if len(x.members) < len(y.members):
        x, y = y, x
    x.members |= y.members
    x.dois |= y.dois
    x.versions |= y.versions
    x.years |= y.years
    x.apart |= y.apart
    for member in y.members:
        group[member] = x
