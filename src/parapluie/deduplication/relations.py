"""Links between reports that are not one: versions, protocols, errata, comments, abstracts.

A link is kept, never a merge. What people answered comes first; then what the rules see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import duckdb
import pandas as pd

from parapluie.deduplication.rules import RELATIONS

COLUMNS = ("report_a", "report_b", "relation", "basis")
"""Columns of relations.csv: `report_a` is the version, protocol, erratum ... of `report_b`."""

FAMILY = 20
"""Reports with one registration number, beyond which it says nothing (a list of protocols)."""

_DEPENDENT = {
    "retraction_of": ("retraction",),
    "erratum_of": ("erratum",),
    "comment_on": ("comment",),
    "protocol_of": ("registration", "protocol"),
}

Answer = tuple[int, int, str, str]
"""Places of two records, the relation of the first to the second, and where it was said."""


def relations(
    engine: duckdb.DuckDBPyConnection, report_of: Sequence[str], answers: Iterable[Answer]
) -> pd.DataFrame:
    """Give the links between reports.

    Parameters
    ----------
    engine : DuckDBPyConnection
        Holds ``keys`` and ``decided``.
    report_of : sequence of str
        The report of each record, by place.
    answers : iterable of Answer
        What people said; it wins over the rules for the same two reports.
    """
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for a, b, relation, basis in answers:
        if report_of[a] != report_of[b]:
            found[report_of[a], report_of[b]] = (relation, basis)
    for a, b, relation, basis in [*_versions(engine), *_seen(engine), *_registered(engine)]:
        one, other = report_of[a], report_of[b]
        if one != other and (one, other) not in found and (other, one) not in found:
            found[one, other] = (relation, basis)
    rows = sorted((a, b, relation, basis) for (a, b), (relation, basis) in found.items())
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype="object")


def _versions(engine: duckdb.DuckDBPyConnection) -> list[Answer]:
    """Link each version of a Cochrane review to the one before it."""
    rows = engine.execute(
        """with version as (
          select cn, cv, try_cast(regexp_extract(cv, '\\d+') as integer) as n,
            min(i) as i from keys where cn <> '' and cv <> '' group by cn, cv, n)
        select i, lag(i) over (partition by cn order by n) as before from version
        qualify before is not null order by 1, 2"""
    ).fetchall()
    return [(newer, older, "version_of", "cochrane_id") for newer, older in rows]


def _seen(engine: duckdb.DuckDBPyConnection) -> list[Answer]:
    """Link what the rules saw; the dependent document comes first, else the later one."""
    rows = engine.execute(
        """select d.a, d.b, d.relation, d.kind_a, d.kind_b,
          x.abstract_or_paper = 1, y.abstract_or_paper = 1,
          x.is_preprint, y.is_preprint, coalesce(x.y, 0), coalesce(y.y, 0)
        from decided d join keys x on x.i = d.a join keys y on y.i = d.b
        where d.relation is not null and (d.rule is null or d.veto is not null)
        order by d.a, d.b"""
    ).fetchall()
    found = []
    for a, b, n, kind_a, kind_b, abstract_a, _, preprint_a, preprint_b, year_a, year_b in rows:
        name = RELATIONS[n].name
        if name in _DEPENDENT:
            is_first = kind_a in _DEPENDENT[name] or kind_b not in _DEPENDENT[name]
        elif name == "abstract_of":
            is_first = bool(abstract_a)
        elif preprint_a != preprint_b:
            is_first = bool(preprint_b)
        else:
            is_first = year_a > year_b
        pair = (a, b) if is_first else (b, a)
        found.append((*pair, name, f"rule {name}"))
    return found


def _registered(engine: duckdb.DuckDBPyConnection) -> list[Answer]:
    """Link reports whose abstracts name the same registration of a review (PROSPERO)."""
    rows = engine.execute(
        f"""with family as (select registration as r, min(i) as earliest, count(*) as n from keys
          where registration <> '' group by registration having n between 2 and {FAMILY})
        select i, earliest, registration from keys join family on r = registration
        where i <> earliest order by i"""
    ).fetchall()
    return [(i, first, "companion_of", f"CRD{number}") for i, first, number in rows]


def set_aside(links: pd.DataFrame, policy: Mapping[str, str]) -> dict[str, str]:
    """Give the reports that the config sets aside, each with the relation that says why.

    Parameters
    ----------
    links : DataFrame
        Rows of relations.csv.
    policy : mapping
        Relation to ``keep`` (the default) or ``set_aside``: of two versions the older is set
        aside, of all other pairs the first, which tells of the second.
    """
    found: dict[str, str] = {}
    for a, b, relation in zip(links.report_a, links.report_b, links.relation, strict=True):
        if policy.get(relation, "keep") == "set_aside":
            found.setdefault(b if relation == "version_of" else a, relation)
    return found
