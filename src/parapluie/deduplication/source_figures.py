"""The keys of what the searches brought, of the rules, of links and of retractions."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from parapluie.deduplication.sources import LARGEST, TOGETHER, Sources
from parapluie.trace import Figures, Rows

PARSED = "records.parsed"

_PER_SOURCE = {
    "records": ("records of this search", "records"),
    "removed": ("records of this search that were removed before screening", "records"),
    "duplicates_within": ("records of this search beyond the first of each report", "records"),
    "reports": ("reports of which this search found a record", "reports"),
    "unique_reports": ("reports that this search found and no other", "reports"),
    "shared_reports": ("reports that this search found and another one too", "reports"),
}
"""Number of a search to its rule and unit."""

STATUSES = {
    "retracted": "reports that were retracted, as a record or a notice of retraction says",
    "retraction_notice": "reports that are a notice of retraction",
    "expression_of_concern": "reports that are, or have, an expression of concern",
}
"""Values of retraction_status with the rule of their number."""


def add_further(
    figures: Figures,
    found: Sources,
    relations: Iterable[str],
    statuses: Mapping[str, int],
    answers: Sequence[Mapping[str, Any]],
    removals: Sequence[Mapping[str, Any]],
    shown: Mapping[str, str],
) -> None:
    """Add all keys of this module.

    Parameters
    ----------
    figures : Figures
        Those of the stage.
    found : Sources
    relations : iterable of str
        The relation of each link between two reports.
    statuses : mapping
        retraction_status to the number of reports that have it.
    answers, removals : sequence of mapping
        Rows of overrides.csv and removed.csv.
    shown : mapping
        ``overrides`` and ``removed`` to their names in traces, where they are there.
    """
    human = {"overrides": answers, "removed": removals}
    basis = [Rows(shown[name], n=len(rows)) for name, rows in human.items() if name in shown]
    add_sources(figures, found, basis)
    add_links(figures, relations, basis)
    add_retractions(figures, statuses, basis)
    add_only_numbers(figures, removals, shown.get("removed"))


def add_sources(figures: Figures, found: Sources, basis: Sequence[Rows]) -> None:
    """Add the numbers of each search, of each pair, of each combination, and of each rule.

    Parameters
    ----------
    figures : Figures
        Those of the stage.
    found : Sources
    basis : sequence of Rows
        Rows of the human tables on records.
    """
    rows = [
        row | {"removed": row["records"] - row["after_removal"]}
        for row in found.by_source.to_dict("records")
        if row["search_id"]
    ]
    for row in rows:
        _search(figures, row, basis)
    _pairs(figures, rows, found, basis)
    _combinations(figures, found, basis)
    for row in found.rules.to_dict("records"):
        _reports(figures, f"rules.{row['rule']}.duplicates", row["duplicates"],
                 f"duplicates joined by the rule {row['rule']}: {row['meaning']}", basis,
                 "records")  # fmt: skip
    _reports(figures, "removed.read", sum(int(row["removed"]) for row in rows),
             "records read from the exports that were removed before screening", basis,
             "records")  # fmt: skip
    within = sum(int(row["duplicates_within"]) for row in rows)
    across = sum(int(n) for n in found.rules["duplicates"]) - within
    _reports(figures, "duplicates_within", within,
             "duplicates of a record of the same search", basis, "records")  # fmt: skip
    _reports(figures, "duplicates_across", across,
             "duplicates of a record of another search", basis, "records")  # fmt: skip


def _reports(
    figures: Figures, key: str, value: Any, rule: str, basis: Sequence[Rows], unit: str
) -> None:
    figures.add(key, int(value), rule=rule, basis=basis, rests_on=[PARSED], unit=unit)


def _search(figures: Figures, row: Mapping[Any, Any], basis: Sequence[Rows]) -> None:
    search = row["search_id"]
    for name, (rule, unit) in _PER_SOURCE.items():
        _reports(figures, f"sources.{search}.{name}", row[name], rule, basis, unit)
    figures.add(
        f"sources.{search}.unique_share",
        row["unique_reports"] / row["reports"] if row["reports"] else None,
        rule="reports that this search found and no other, as a share of its reports",
        rests_on=[f"deduplication.sources.{search}.{n}" for n in ("unique_reports", "reports")],
        unit="proportion",
        absent="" if row["reports"] else "not_estimable: the search has no report",
    )


def _pairs(
    figures: Figures, rows: Sequence[Mapping[Any, Any]], found: Sources, basis: Sequence[Rows]
) -> None:
    """Add for each two searches with reports those that both found, and their share of each."""
    reports = {row["search_id"]: row["reports"] for row in rows if row["reports"]}
    pairs = zip(found.overlap["search_a"], found.overlap["search_b"], strict=True)
    shared = dict(zip(pairs, found.overlap["shared_reports"], strict=True))
    for a, b in itertools.combinations(sorted(reports), 2):
        n = int(shared.get((a, b), 0))
        key = f"source_overlap.{a}.{b}"
        _reports(figures, f"{key}.shared_reports", n, "reports that both searches found", basis,
                 "reports")  # fmt: skip
        for side, search in (("a", a), ("b", b)):
            figures.add(
                f"{key}.share_of_{side}",
                n / reports[search],
                rule=f"reports that both searches found, as a share of the reports of {search}",
                rests_on=[
                    f"deduplication.{key}.shared_reports",
                    f"deduplication.sources.{search}.reports",
                ],
                unit="proportion",
            )


def _combinations(figures: Figures, found: Sources, basis: Sequence[Rows]) -> None:
    alone = 0
    for row in found.combinations.to_dict("records"):
        names = row["combination"].replace(TOGETHER, " and ")
        rule = f"reports that {names} found, and no other search"
        alone += row["reports"] if row["searches"] == 1 else 0
        if names:
            key = f"source_combinations.{row['combination']}.reports"
            _reports(figures, key, row["reports"], rule, basis, "reports")
    several = int(found.combinations["reports"].sum()) - alone
    rule = "reports that only one search found"
    _reports(figures, "found_by_one", alone, rule, basis, "reports")
    rule = "reports that more than one search found"
    _reports(figures, "found_by_several", several, rule, basis, "reports")
    _not_drawn(figures, found, basis)


def _not_drawn(figures: Figures, found: Sources, basis: Sequence[Rows]) -> None:
    """Count what the drawing of combinations leaves out."""
    drawn = found.drawn_combinations(found.drawn_searches())
    n = len(found.combinations) - len(drawn)
    reports = int(found.combinations["reports"].sum()) - sum(n for _, n in drawn)
    rule = f"combinations of searches beyond the {LARGEST} largest, which are not drawn"
    _reports(figures, "source_combinations_not_drawn", n, rule, basis, "combinations")
    rule = f"reports of the {rule}"
    _reports(figures, "source_combinations_not_drawn.reports", reports, rule, basis, "reports")


def add_links(figures: Figures, relations: Iterable[str], basis: Sequence[Rows]) -> None:
    """Count the links between reports, in all and by what they say.

    Parameters
    ----------
    figures : Figures
    relations : iterable of str
        The relation of each link.
    basis : sequence of Rows
    """
    listed = list(relations)
    for name in sorted(set(listed)):
        rule = f"pairs of reports linked as {name.replace('_', ' ')}, which are not joined"
        _reports(figures, f"relations.{name}", listed.count(name), rule, basis, "pairs")
    rule = "pairs of reports that belong together and are not one"
    _reports(figures, "relations", len(listed), rule, basis, "pairs")


def add_retractions(figures: Figures, counts: Mapping[str, int], basis: Sequence[Rows]) -> None:
    """Count retracted reports, notices of retraction and expressions of concern.

    Parameters
    ----------
    figures : Figures
    counts : mapping
        retraction_status to the number of reports that have it.
    basis : sequence of Rows
    """
    for status, rule in STATUSES.items():
        _reports(figures, f"retractions.{status}", counts.get(status, 0), rule, basis, "reports")
    flagged = sum(counts.get(status, 0) for status in STATUSES)
    rule = "reports that were retracted, tell of a retraction or of a concern; none is left out"
    _reports(figures, "retractions", flagged, rule, basis, "reports")


def add_only_numbers(
    figures: Figures, removals: Iterable[Mapping[str, Any]], file: str | None
) -> None:
    """Count the records removed before the export, of which only a number is known.

    Parameters
    ----------
    figures : Figures
    removals : iterable of mapping
        Rows of removed.csv.
    file : str or None
        Its name in traces.
    """
    rows = [r for r in removals if not r["record_id"]]
    figures.add(
        "removed.only_number",
        sum(int(r["n"]) for r in rows),
        rule="records removed before screening that are in no export: only their number is known",
        basis=[Rows(file, "record_id=", len(rows))] if file else [],
        rests_on=[PARSED],
        unit="records",
    )
