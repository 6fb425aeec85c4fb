"""Deduplication: which records are one report.

Human answers come first, then identifiers, then the exact key of title, year and first author.
What speaks against a join (other version, other DOI, obviously another title) makes it a question
for a human instead. Nothing is deleted: every record stays in exactly one cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from parapluie.deduplication.clusters import Clusters
from parapluie.deduplication.keys import Keys, keys_of
from parapluie.deduplication.merged import COLUMNS as REPORT_COLUMNS
from parapluie.deduplication.merged import report_row
from parapluie.deduplication.rules import Doubt, Edge, apply, versions
from parapluie.errors import Problem, raise_if
from parapluie.trace import Figures, Rows

SAME, DIFFERENT = "same", "different"
REMOVED_TYPES = ("automatic", "other")
PAIR_COLUMNS = (
    "report_a", "report_b", "record_a", "record_b", "reason", "title_a", "title_b", "author_a",
    "author_b", "year_a", "year_b", "doi_a", "doi_b",
)  # fmt: skip
"""Columns of pairs_to_check.csv."""

_PAIR_FIELDS = {"title": "title", "author": "authors", "year": "year", "doi": "doi"}


@dataclass(frozen=True)
class DeduplicationResult:
    """What the stage hands on: one frame for each file, and the figures."""

    clusters: pd.DataFrame
    aliases: pd.DataFrame
    relations: pd.DataFrame
    pairs_to_check: pd.DataFrame
    reports: pd.DataFrame
    problems: pd.DataFrame
    figures: Figures


@dataclass
class _Work:
    """The records in their order, and what people said of them."""

    rows: list[dict[str, str]]
    kinds: dict[str, str]
    answers: list[dict[str, Any]]
    removals: list[dict[str, Any]]
    removed: dict[str, str] = field(default_factory=dict)
    kept: list[dict[str, str]] = field(default_factory=list)

    def pairs(self, *, same: bool) -> list[tuple[str, str]]:
        """Give the answered pairs of records that are still there."""
        there = {r["record_id"] for r in self.kept}
        return [
            (a["record_a"], a["record_b"])
            for a in self.answers
            if (a["answer"] == SAME) is same and {a["record_a"], a["record_b"]} <= there
        ]


def deduplicate(
    records: pd.DataFrame,
    searches: pd.DataFrame,
    overrides: pd.DataFrame,
    removed: pd.DataFrame,
    shown: Mapping[str, str] | None = None,
) -> DeduplicationResult:
    """Join records to reports.

    Parameters
    ----------
    records : DataFrame
        Rows of records.csv as text; ``record_id`` is needed, ``search_id``, ``source_file`` and
        ``source_record_no`` give the order.
    searches, overrides, removed : DataFrame
        The human tables of these names, through their schemas; empty frames where they are absent.
    shown : mapping, optional
        Names of the files ``overrides`` and ``removed`` in messages and traces; those that are
        absent are left out.

    Returns
    -------
    DeduplicationResult
        A report has the id of its first record in the order of searches, files and records.

    Raises
    ------
    InputError
        If a human table names an unknown record or search, or if its answers contradict each other.
    """
    shown = shown or {}
    work = _prepared(records, searches, overrides, removed)
    raise_if([*_answer_problems(work, shown), *_removal_problems(work, shown)])
    work.removed = {r["record_id"]: r["type"] for r in work.removals if r["record_id"]}
    work.kept = [r for r in work.rows if r["record_id"] not in work.removed]
    keys = [keys_of(r) for r in work.kept]
    edges, doubts = apply(keys)
    groups = _joined(work, keys, edges, doubts)
    raise_if(_contradictions(work, groups, shown))
    order = {r["record_id"]: i for i, r in enumerate(work.kept)}
    report_of = groups.first_of(order)
    pairs = _pairs_to_check(work, groups, report_of, doubts)
    relations = _relations(work, keys, report_of, shown)
    reports = _reports(work, report_of)
    return DeduplicationResult(
        _cluster_frame(work, groups, report_of),
        _alias_frame(work, report_of),
        relations,
        pairs,
        reports,
        _problem_frame(groups),
        _figures(work, len(reports), len(pairs), shown),
    )


# --- inputs ---------------------------------------------------------------------------------------


def _prepared(
    records: pd.DataFrame, searches: pd.DataFrame, overrides: pd.DataFrame, removed: pd.DataFrame
) -> _Work:
    place: dict[tuple[str, str], tuple[int, int]] = {}
    kinds: dict[str, str] = {}
    for i, search in enumerate(searches.to_dict("records")):
        kinds[search["search_id"]] = search["kind"]
        place[search["search_id"], ""] = (i, 0)
        for j, name in enumerate(search["files"].split(";")):
            place[search["search_id"], name.strip()] = (i, j)
    last = (len(place), 0)

    def position(row: Mapping[str, str]) -> tuple[tuple[int, int], int, str]:
        search = row.get("search_id", "")
        found = place.get((search, row.get("source_file", ""))) or place.get((search, ""), last)
        number = str(row.get("source_record_no", ""))
        return found, int(number) if number.isdigit() else 0, row["record_id"]

    rows = [{str(k): v for k, v in row.items()} for row in records.to_dict("records")]
    return _Work(
        sorted(rows, key=position),
        kinds,
        [dict(r) for r in overrides.to_dict("records")],  # type: ignore[arg-type]
        [dict(r) for r in removed.to_dict("records")],  # type: ignore[arg-type]
    )


def _answer_problems(work: _Work, shown: Mapping[str, str]) -> Iterator[Problem]:
    file = shown.get("overrides", "data/search/overrides.csv")
    known = {r["record_id"] for r in work.rows}
    for answer in work.answers:
        row = int(answer["_row"])
        for column in ("record_a", "record_b"):
            if answer[column] not in known:
                yield _unknown(file, row, column, answer[column])
        if answer["record_a"] == answer["record_b"]:
            yield Problem(file, f"{answer['record_a']} twice", "two records",
                          "Correct one of the ids.", row, "record_b")  # fmt: skip


def _removal_problems(work: _Work, shown: Mapping[str, str]) -> Iterator[Problem]:
    file = shown.get("removed", "data/search/removed.csv")
    known = {r["record_id"] for r in work.rows}
    seen: set[str] = set()
    for removal in work.removals:
        row, record, search = int(removal["_row"]), removal["record_id"], removal["search_id"]
        if record and record not in known:
            yield _unknown(file, row, "record_id", record)
        if record and record in seen:
            yield Problem(file, f"{record} a second time", "each record once", "Remove one row.",
                          row, "record_id")  # fmt: skip
        if search and search not in work.kinds:
            yield Problem(file, repr(search), ", ".join(work.kinds) or "no searches yet",
                          "Correct the name of the search.", row, "search_id")  # fmt: skip
        if not record and not (search and removal["n"] == removal["n"]):
            yield Problem(file, "no record_id, and no search_id with n", "one of them",
                          "Name a record, or how many of a search.", row, "record_id")  # fmt: skip
        if record and removal["n"] == removal["n"] and removal["n"] != 1:
            yield Problem(file, f"record_id with n {removal['n']:g}", "n empty or 1",
                          "Give each record a row of its own.", row, "n")  # fmt: skip
        seen.add(record)


def _unknown(file: str, row: int, column: str, found: str) -> Problem:
    mend = "Copy the id from results/records/records.csv or from the worklist."
    return Problem(file, repr(found), "the id of a record of the searches", mend, row, column)


# --- joining --------------------------------------------------------------------------------------


def _joined(
    work: _Work, keys: Sequence[Keys], edges: Sequence[Edge], doubts: Sequence[Doubt]
) -> Clusters:
    """Join by human answers, then by the rules; answered pairs are no longer in doubt."""
    same = work.pairs(same=True)
    joined = {frozenset(p) for p in same} | {frozenset((e.a, e.b)) for e in edges}
    vetoed = [(d.a, d.b) for d in doubts if d.is_veto and frozenset((d.a, d.b)) not in joined]
    groups = Clusters(keys, work.pairs(same=False), vetoed)
    by_hand = [Edge(0, "", min(pair), max(pair), "human") for pair in same]
    groups.join([*sorted(by_hand), *edges])
    return groups


def _contradictions(work: _Work, groups: Clusters, shown: Mapping[str, str]) -> Iterator[Problem]:
    """Report answers `same` that would join two records which another answer keeps apart."""
    file = shown.get("overrides", "data/search/overrides.csv")
    rows = {frozenset((a["record_a"], a["record_b"])): a for a in work.answers}
    for refused in groups.refused:
        if refused.edge.rank:
            continue
        answer = rows[frozenset((refused.edge.a, refused.edge.b))]
        other = rows[frozenset(refused.between)]
        yield Problem(
            file,
            f"same, though row {int(other['_row'])} says {other['answer']} of two records that "
            "the answers `same` join",
            "answers that agree with each other",
            "Correct one of the two rows.",
            int(answer["_row"]),
            "answer",
        )


# --- results --------------------------------------------------------------------------------------


def _cluster_frame(work: _Work, groups: Clusters, report_of: Mapping[str, str]) -> pd.DataFrame:
    """Give the cluster of each record and the rule that brought it there (`single` for none)."""
    rows = []
    for record in work.rows:
        record_id = record["record_id"]
        if record_id in work.removed:
            rows.append((record_id, record_id, f"removed_{work.removed[record_id]}"))
        else:
            rows.append((record_id, report_of[record_id], groups.rule.get(record_id, "single")))
    return pd.DataFrame(rows, columns=["record_id", "report_id", "rule"], dtype="object")


def _alias_frame(work: _Work, report_of: Mapping[str, str]) -> pd.DataFrame:
    rows = [(r["record_id"], report_of.get(r["record_id"], r["record_id"])) for r in work.rows]
    return pd.DataFrame(rows, columns=["alias", "report_id"], dtype="object")


def _relations(
    work: _Work, keys: Sequence[Keys], report_of: Mapping[str, str], shown: Mapping[str, str]
) -> pd.DataFrame:
    """List links between reports: those that people gave, then versions of Cochrane reviews."""
    file = shown.get("overrides", "data/search/overrides.csv")
    found: dict[tuple[str, str], tuple[str, str, str, str]] = {}
    for answer in work.answers:
        a, b = report_of.get(answer["record_a"], ""), report_of.get(answer["record_b"], "")
        if answer["answer"] not in (SAME, DIFFERENT) and a and b:
            basis = f"{file} row {int(answer['_row'])}"
            found[a, b] = (a, b, answer["answer"], basis)
    for older, newer in versions(keys):
        a, b = report_of[newer], report_of[older]
        if a != b and (a, b) not in found and (b, a) not in found:
            found[a, b] = (a, b, "version_of", "cochrane_id")
    columns = ["report_a", "report_b", "relation", "basis"]
    return pd.DataFrame(sorted(found.values()), columns=columns, dtype="object")


def _pairs_to_check(
    work: _Work, groups: Clusters, report_of: Mapping[str, str], doubts: Sequence[Doubt]
) -> pd.DataFrame:
    """List pairs of reports for a human, each once; answered pairs are left out."""
    by_id = {r["record_id"]: r for r in work.kept}
    answered = {
        frozenset((report_of.get(a["record_a"], ""), report_of.get(a["record_b"], "")))
        for a in work.answers
    }
    refused = [Doubt(r.edge.a, r.edge.b, f"same {r.edge.rule}; {r.reason}") for r in groups.refused]
    versioned = "other version of a Cochrane review"
    rows: dict[frozenset[str], dict[str, str]] = {}
    for doubt in [*doubts, *refused]:
        pair = frozenset((report_of[doubt.a], report_of[doubt.b]))
        if len(pair) == 2 and pair not in answered and not doubt.reason.endswith(versioned):
            rows.setdefault(pair, _pair_row(doubt, report_of, by_id))
    frame = pd.DataFrame(list(rows.values()), columns=list(PAIR_COLUMNS), dtype="object")
    return frame.sort_values(["report_a", "report_b"], kind="stable", ignore_index=True)


def _pair_row(
    doubt: Doubt, report_of: Mapping[str, str], by_id: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    row = {"reason": doubt.reason}
    for side, record_id in (("a", doubt.a), ("b", doubt.b)):
        row[f"report_{side}"] = report_of[record_id]
        row[f"record_{side}"] = record_id
        for name, column in _PAIR_FIELDS.items():
            row[f"{name}_{side}"] = by_id[record_id].get(column, "")
    return row


def _reports(work: _Work, report_of: Mapping[str, str]) -> pd.DataFrame:
    members: dict[str, list[dict[str, str]]] = {}
    for record in work.kept:
        members.setdefault(report_of[record["record_id"]], []).append(record)
    rows = [report_row(report, records, work.kinds) for report, records in members.items()]
    return pd.DataFrame(rows, columns=list(REPORT_COLUMNS), dtype="object")


def _problem_frame(groups: Clusters) -> pd.DataFrame:
    """List joins of rules that a human answer refused."""
    rows = [
        (r.edge.a, r.edge.b, r.edge.rule, f"{r.reason}: {r.between[0]} and {r.between[1]}")
        for r in groups.refused
        if r.between[0]
    ]
    columns = ["record_a", "record_b", "rule", "problem"]
    return pd.DataFrame(sorted(set(rows)), columns=columns, dtype="object")


def _figures(work: _Work, n_reports: int, n_pairs: int, shown: Mapping[str, str]) -> Figures:
    figures = Figures("deduplication")
    tables = {"overrides": len(work.answers), "removed": len(work.removals)}
    basis = [Rows(shown[name], n=n) for name, n in tables.items() if name in shown]
    rests_on = ["records.parsed"]
    removed_here = [b for b in basis if b.file == shown.get("removed")]
    counts = {t: _removed(work, t) for t in REMOVED_TYPES}
    n_duplicates = len(work.kept) - n_reports

    def add(key: str, value: int, rule: str, unit: str, files: Sequence[Rows]) -> None:
        figures.add(key, value, rule=rule, unit=unit, basis=files, rests_on=rests_on)

    add("records", len(work.rows), "records of all searches", "records", [])
    add("reports", n_reports, "records joined by human answers, identifiers and the exact key of "
        "title, year and first author; removed records left out", "reports", basis)  # fmt: skip
    add(
        "duplicates",
        n_duplicates,
        "records that are not the first of their report",
        "records",
        basis,
    )
    for name, count in counts.items():
        add(f"removed.{name}", count, f"records removed before screening ({name})", "records",
            removed_here)  # fmt: skip
    add("pairs_to_check", n_pairs, "pairs of reports that wait for a human answer", "pairs", basis)
    return figures


def _removed(work: _Work, kind: str) -> int:
    """Count the records removed before screening, named or given only as a number."""
    rows = [r for r in work.removals if r["type"] == kind]
    return sum(1 if r["record_id"] else int(r["n"]) for r in rows)
