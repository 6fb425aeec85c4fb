"""Deduplication: which records are one report.

Human answers come first, then rules that look at identifiers, titles, authors and places. A veto
(another version, another kind of document, other numbers in the title) keeps a pair apart, what is
unclear becomes a question for a human, and what belongs together without being one is linked.
Nothing is deleted: every record stays in exactly one cluster.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pandas as pd

from parapluie.deduplication import answers as said
from parapluie.deduplication import merged, questions, sources
from parapluie.deduplication.candidates import pair
from parapluie.deduplication.clusters import Clusters, cluster
from parapluie.deduplication.columns import as_records, id_problems
from parapluie.deduplication.compared import compare
from parapluie.deduplication.engine import new_engine
from parapluie.deduplication.normalised import RECORD_COLUMNS, REGISTRATION, normalise
from parapluie.deduplication.relations import relations, set_aside
from parapluie.deduplication.rules import RULES, decide
from parapluie.deduplication.source_figures import add_further
from parapluie.errors import raise_if
from parapluie.trace import Figures, Rows

Frame = pd.DataFrame | duckdb.DuckDBPyRelation
"""A table: in memory, or one that the engine reads when it is asked."""

REMOVED_TYPES = ("automatic", "other")
POLICIES = ("keep", "set_aside")
"""What may be done with a report that is linked to another one."""

_ORDER = ("search_id", "source_file", "source_record_no")
_ABSTRACT = 500

HELD = 200_000
"""Records up to which all their fields are held in memory; beyond, they are read three times."""


@dataclass(frozen=True)
class DeduplicationResult:
    """What the stage hands on: one table for each file, and the figures.

    ``clusters``, ``aliases`` and ``reports`` have a row for each record or report; they are
    relations of the engine (``.df()`` gives a frame), since they may be large.
    """

    clusters: duckdb.DuckDBPyRelation
    aliases: duckdb.DuckDBPyRelation
    relations: pd.DataFrame
    pairs_to_check: pd.DataFrame
    reports: duckdb.DuckDBPyRelation
    problems: pd.DataFrame
    sources: sources.Sources
    figures: Figures
    notes: tuple[str, ...]
    engine: duckdb.DuckDBPyConnection = field(repr=False)


@dataclass
class _Work:
    """The records in their order, and what people said of them."""

    engine: duckdb.DuckDBPyConnection
    columns: Collection[str]
    n: int
    notes: tuple[str, ...]
    answers: list[dict[str, Any]]
    removals: list[dict[str, Any]]
    kinds: dict[str, str]
    last_batch: int
    ids: list[str] = field(default_factory=list)
    place: dict[str, int] = field(default_factory=dict)


def deduplicate(
    records: Frame,
    searches: pd.DataFrame,
    overrides: pd.DataFrame,
    removed: pd.DataFrame,
    shown: Mapping[str, str] | None = None,
    policy: Mapping[str, str] | None = None,
    engine: duckdb.DuckDBPyConnection | None = None,
    keep_keys: bool = False,
) -> DeduplicationResult:
    """Join records to reports.

    Parameters
    ----------
    records : DataFrame or relation
        Rows of records.csv as text; ``record_id`` is needed, ``search_id``, ``source_file`` and
        ``source_record_no`` give the order.
    searches, overrides, removed : DataFrame
        The human tables of these names, through their schemas; empty frames where they are absent.
    shown : mapping, optional
        Names of the files ``overrides`` and ``removed`` in messages and traces; those that are
        absent are left out.
    policy : mapping, optional
        Relation to ``keep`` or ``set_aside`` (see `relations.set_aside`).
    engine : DuckDBPyConnection, optional
        That of `records`, if they are a relation.
    keep_keys : bool
        Leave the table ``keys`` (what is compared) in the engine, which it fills.

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
    work = _prepared(records, searches, overrides, removed, engine or new_engine())
    raise_if(said.answer_problems(work.answers, work.ids, shown))
    raise_if(said.removal_problems(work.removals, work.ids, work.kinds, shown))
    removed_as = {r["record_id"]: r["type"] for r in work.removals if r["record_id"]}
    _order(work, removed_as)
    normalise(work.engine, [c for c in RECORD_COLUMNS if c in work.columns])
    pair(work.engine)
    _add_answered(work)
    compare(work.engine)
    decide(work.engine)
    groups = _grouped(work, shown)
    report_of = [work.ids[i] for i in groups.first]
    linked = said.linked(work.answers, work.place, shown)
    links = relations(work.engine, report_of, linked)
    aside = set_aside(links, policy or {})
    _membership(work, groups, removed_as, aside)
    pairs = questions.pairs_to_check(work.engine, groups, report_of, work.answers, work.place)
    brought = sources.sources(work.engine)
    n_reports = _count(work.engine, "select count(distinct report_id) from membership")
    counts = {t: said.count_removed(work.removals, t) for t in REMOVED_TYPES}
    counts["automatic"] += _count(
        work.engine, "select count(*) from outcome where rule like 'removed_automatic:%'"
    )
    reports = _reports(work, keep_keys)
    statuses = merged.retraction_statuses(work.engine, work.columns)
    figures = _figures(work, n_reports, len(pairs), counts, shown)
    add_further(figures, brought, links["relation"], statuses, work.answers, work.removals, shown)
    return DeduplicationResult(
        work.engine.sql(_CLUSTERS),
        work.engine.sql("select record_id as alias, report_id from outcome order by alias"),
        links,
        pairs,
        reports,
        _refusals(work, groups),
        brought,
        figures,
        work.notes,
        work.engine,
    )


_CLUSTERS = "select record_id, report_id, rule, joined_with from outcome order by record_id"


# --- the records in their order -------------------------------------------------------------------


def _prepared(
    records: Frame,
    searches: pd.DataFrame,
    overrides: pd.DataFrame,
    removed: pd.DataFrame,
    engine: duckdb.DuckDBPyConnection,
) -> _Work:
    if isinstance(records, pd.DataFrame):
        records = engine.from_df(records.astype(str))
    records, notes = as_records(records)
    _hold(engine, records)
    columns = set(records.columns)
    engine.register("search", _searches(searches))
    number = "try_cast(source_record_no as integer)" if "source_record_no" in columns else "0"
    search_id, file = ((c if c in columns else f"'' as {c}") for c in _ORDER[:2])
    engine.execute(
        f"""create or replace temp table placed as
        with r as (select record_id, {search_id}, {file}, coalesce({number}, 0) as no from whole)
        select r.record_id, r.search_id,
          coalesce(f.batch, s.batch, 0) as batch, coalesce(f.kind, s.kind, 'database') as kind,
          row_number() over (order by coalesce(f.position, s.position, 1000000), r.search_id,
            coalesce(f.part, 0), r.source_file, r.no, r.record_id) - 1 as place
        from r left join search f on f.search_id = r.search_id and f.file = r.source_file
          left join (select search_id, min(position) as position, any_value(kind) as kind,
            any_value(batch) as batch from search group by search_id) s
          on s.search_id = r.search_id"""
    )
    raise_if(id_problems(engine))
    ids = [str(i) for (i,) in engine.execute(
        "select record_id from placed order by place").fetchall()]  # fmt: skip
    kinds = dict(zip(searches["search_id"], searches["kind"], strict=True)) if len(searches) else {}
    return _Work(
        engine,
        columns,
        len(ids),
        notes,
        [{str(k): v for k, v in r.items()} for r in overrides.to_dict("records")],
        [{str(k): v for k, v in r.items()} for r in removed.to_dict("records")],
        kinds,
        _count(engine, "select coalesce(max(batch), 0) from placed"),
        ids,
    )


def _hold(engine: duckdb.DuckDBPyConnection, records: duckdb.DuckDBPyRelation) -> None:
    """Make ``whole``: held in memory while it is small, else read anew each time."""
    records.create_view("listed", replace=True)
    engine.execute(f"create or replace table whole as select * from listed limit {HELD + 1}")
    if _count(engine, "select count(*) from whole") > HELD:
        engine.execute("drop table whole; create view whole as select * from listed")


def _searches(searches: pd.DataFrame) -> pd.DataFrame:
    """Give a row for each file of each search: its place, the kind, and the number of its batch."""
    names: dict[str, int] = {}
    rows = []
    for position, search in enumerate(searches.to_dict("records")):
        batch = names.setdefault(str(search.get("batch") or ""), len(names))
        for part, name in enumerate(str(search["files"]).split(";")):
            rows.append((search["search_id"], name.strip(), search["kind"], position, part, batch))
    columns = {"search_id": "object", "file": "object", "kind": "object",
               "position": "int64", "part": "int64", "batch": "int64"}  # fmt: skip
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def _order(work: _Work, removed_as: Mapping[str, str]) -> None:
    """Number the records that stay from 0 in their order; `source` holds what is compared."""
    engine = work.engine
    engine.register("gone", pd.DataFrame({"record_id": list(removed_as)}, dtype="object"))
    engine.execute(
        """create or replace table ordered as
        select row_number() over (order by place) - 1 as i, * from placed
        where record_id not in (select record_id from gone)"""
    )
    chosen = ", ".join(
        f"left(w.{c}, {_ABSTRACT}) as {c}" if c == "abstract" else f"w.{c}"
        for c in RECORD_COLUMNS
        if c in work.columns
    )
    if "abstract" in work.columns:
        chosen += f", {REGISTRATION} as registration"
        work.columns = {*work.columns, "registration"}
    engine.execute(
        f"""create or replace table source as
        select o.i::integer as i, o.batch, {chosen} from ordered o join whole w using (record_id)"""
    )
    rows = engine.execute("select record_id from ordered order by i").fetchall()
    work.ids = [str(i) for (i,) in rows]
    asked = {a[c] for a in work.answers for c in ("record_a", "record_b")}
    work.place = {r: i for i, r in enumerate(work.ids) if r in asked} if asked else {}


# --- joining --------------------------------------------------------------------------------------


def _add_answered(work: _Work) -> None:
    """Compare the pairs that people answered too, whatever keys they share."""
    known = sorted({tuple(sorted(p)) for p in said.pairs(work.answers, work.place)})
    if known:
        work.engine.executemany(
            "insert into pairs select $1, $2 where not exists"
            " (select 1 from pairs where a = $1 and b = $2)",
            [list(p) for p in known],
        )


def _grouped(work: _Work, shown: Mapping[str, str]) -> Clusters:
    """Join by human answers, then by the rules."""
    same = said.pairs(work.answers, work.place, said.SAME)
    others = set(said.pairs(work.answers, work.place)) - set(same)
    apart = sorted(tuple(p) for p in others)
    work.engine.register("kept_apart", pd.DataFrame(apart, columns=["a", "b"]).astype("int64"))
    work.engine.execute(
        """create or replace temp table edges as
        select d.a, d.b, d.rule, greatest(x.batch, y.batch) as batch
        from decided d join keys x on x.i = d.a join keys y on y.i = d.b
        where d.rule is not null and d.veto is null
          and not exists (select 1 from kept_apart k
            where (k.a, k.b) in ((d.a, d.b), (d.b, d.a)))"""
    )
    groups = cluster(work.engine, len(work.ids), same, apart)  # type: ignore[arg-type]
    raise_if(said.contradictions(work.answers, work.place, groups, shown))
    return groups


def _membership(
    work: _Work, groups: Clusters, removed_as: Mapping[str, str], aside: Mapping[str, str]
) -> None:
    """Make ``membership`` (records that stay) and ``outcome`` (every record, and why)."""
    engine = work.engine
    engine.register("grouping", pd.DataFrame({"first": groups.first}))
    same = said.pairs(work.answers, work.place, said.SAME)
    engine.register("hand", pd.DataFrame(same, columns=["a", "b"]).astype("int64"))
    engine.register(
        "refused", pd.DataFrame([(r.edge.a, r.edge.b) for r in groups.refused],
                                columns=["a", "b"]).astype("int64"))  # fmt: skip
    engine.register("aside", pd.DataFrame(aside.items(), columns=["report_id", "relation"],
                                          dtype="object"))  # fmt: skip
    names = [(-1, "human"), *((n, rule.name) for n, rule in enumerate(RULES))]
    engine.register("rule_name", pd.DataFrame(names, columns=["rule", "name"]))
    engine.execute(_MEMBERSHIP)
    engine.register("gone", pd.DataFrame(removed_as.items(), columns=["record_id", "type"],
                                         dtype="object"))  # fmt: skip
    engine.execute(_OUTCOME)


_MEMBERSHIP = """
  create or replace temp table membership as
  with numbered as (select row_number() over () - 1 as i, first from grouping),
  both_ways as (
    select a as i, b as other, rule from edges e
      where not exists (select 1 from refused r where (r.a, r.b) in ((e.a, e.b), (e.b, e.a)))
    union all select b, a, rule from edges e
      where not exists (select 1 from refused r where (r.a, r.b) in ((e.a, e.b), (e.b, e.a)))
    union all select a, b, -1 from hand union all select b, a, -1 from hand),
  best as (select i, min(rule) as rule, arg_min(other, rule * 1000000000::bigint + other) as other
    from both_ways group by i)
  select o.i, o.record_id, o.search_id, o.batch, n.first, f.record_id as report_id,
    count(*) over (partition by n.first) as n, b.rule, p.record_id as joined_with,
    o.kind in ('database', 'register') as is_database
  from ordered o join numbered n using (i) join ordered f on f.i = n.first
    left join best b using (i) left join ordered p on p.i = b.other
"""

_OUTCOME = """
  create or replace temp table outcome as
  select m.record_id, m.report_id,
    case when a.relation is not null then 'removed_automatic:' || a.relation
      when m.n = 1 then 'single' else coalesce(r.name, 'single') end as rule,
    case when m.n = 1 then '' else coalesce(m.joined_with, '') end as joined_with
  from membership m left join rule_name r using (rule) left join aside a using (report_id)
  union all select record_id, record_id, 'removed_' || type, '' from gone;
  delete from membership where report_id in (select report_id from aside);
"""


# --- results --------------------------------------------------------------------------------------


def _reports(work: _Work, keep_keys: bool) -> duckdb.DuckDBPyRelation:
    merged.prepare(work.engine)
    work.engine.execute(
        """create or replace temp table notice as
        select distinct case when x.kind = 'retraction' then y.record_id else x.record_id end
          as record_id
        from decided d join keys x on x.i = d.a join keys y on y.i = d.b
        where 'retraction' in (d.kind_a, d.kind_b) and not d.same_kind
          and (d.contained or d.cut_title);
        create or replace temp table notice as
        select distinct report_id from membership m join notice n using (record_id)"""
    )
    done = ["decided", "edges", "ordered", "placed", *([] if keep_keys else ["keys"])]
    work.engine.execute("; ".join(f"drop table {name}" for name in done))
    query = merged.report_query(work.columns)
    return work.engine.sql(f"select * from ({query}) order by report_id")


def _refusals(work: _Work, groups: Clusters) -> pd.DataFrame:
    """List joins of rules that a human answer refused."""
    rows = {
        (
            r.edge.id_a,
            r.edge.id_b,
            RULES[r.edge.rule].name,
            f"{r.reason}: {work.ids[r.between[0]]} and {work.ids[r.between[1]]}",
        )
        for r in groups.refused
        if r.between and r.edge.rule >= 0
    }
    columns = ["record_a", "record_b", "rule", "problem"]
    return pd.DataFrame(sorted(rows), columns=columns, dtype="object")


def _count(engine: duckdb.DuckDBPyConnection, query: str) -> int:
    (found,) = engine.execute(query).fetchall()  # an open result would block the engine
    return int(found[0])


def _figures(
    work: _Work, n_reports: int, n_pairs: int, counts: Mapping[str, int], shown: Mapping[str, str]
) -> Figures:
    figures = Figures("deduplication")
    tables = {"overrides": len(work.answers), "removed": len(work.removals)}
    basis = [Rows(shown[name], n=n) for name, n in tables.items() if name in shown]
    rests_on = ["records.parsed"]
    removed_here = [b for b in basis if b.file == shown.get("removed")]
    n_kept = _count(work.engine, "select count(*) from membership")

    def add(key: str, value: int, rule: str, unit: str, files: Sequence[Rows]) -> None:
        figures.add(key, value, rule=rule, unit=unit, basis=files, rests_on=rests_on)

    add("records", work.n, "records of all searches", "records", [])
    add("reports", n_reports, "records joined by human answers, identifiers, and rules over titles,"
        " authors and places; removed records left out", "reports", basis)  # fmt: skip
    add("duplicates", n_kept - n_reports, "records that are not the first of their report",
        "records", basis)  # fmt: skip
    for name, count in counts.items():
        add(f"removed.{name}", count, f"records removed before screening ({name})", "records",
            removed_here)  # fmt: skip
    add("pairs_to_check", n_pairs, "pairs of reports that wait for a human answer", "pairs", basis)
    return figures
