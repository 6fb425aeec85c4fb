"""What is left without weak reviews, beside what all give, and which reviews that leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from parapluie.report.results import Results, Row
from parapluie.report.table import Column, Table, make
from parapluie.report.tables.framework import slug
from parapluie.report.tables.results_by_rule import with_place

_KEY = "synthesis.by_quality.{level}.{place}."
_POOLED = (
    ("k_studies", "studies", "count"),
    ("natural_estimate", "estimate", "d2"),
    ("natural_ci_low", "CI low", "d2"),
    ("natural_ci_high", "CI high", "d2"),
)
_GRADES = {"critically_low": "critically low", "low": "low or critically low"}


def threshold(results: Results) -> str:
    """Say which reviews the view leaves out."""
    given = str((results.protocol.get("appraisal") or {}).get("leave_out") or "critically_low")
    return _GRADES[given]


def _note(results: Results) -> str:
    return (
        f"“Without”: reviews graded {threshold(results)} are left out. A review without a single "
        "grade stays, since it is not known to be so low; the table of reviews left out names it."
    )


def reviews_left_out(results: Results) -> Table:
    """Make the table of the reviews that the view leaves out or keeps, each with the reason."""
    columns = (
        Column("review_id", "Review", "label", say=results.review_labels()),
        Column("left_out", "Left out"),
        Column("why", "Quality", "label"),
    )
    return make(
        "left_out_by_quality",
        "Reviews that the view by quality leaves out",
        columns,
        results.rows("synthesis/left_out_by_quality"),
        results.figures,
        notes=[_note(results)],
        empty="No review is included yet.",
        folded=True,
    )


# --- results --------------------------------------------------------------------------------------


def pooled(results: Results) -> Table:
    """Make the table of pooled results with and without weak reviews."""
    rows = _side_by_side(results, "pooled")
    columns = [
        Column("outcome", "Outcome", "label", say=results.outcome_labels()),
        Column("measure", "Measure"),
        *_pair_columns(("reviews_kept", "reviews", "count"), *_POOLED),
        Column("changes", "What changes", "label"),
    ]
    return make(
        "pooled_by_quality",
        "Pooled results, with all reviews and without weak ones",
        columns,
        rows,
        results.figures,
        notes=[
            _note(results),
            "Reviews: those with studies of the outcome. A study that only reviews left out hold "
            "is lost; results/synthesis/by_quality.csv names it.",
        ],
        empty="",
    ).without_empty_columns()


def of_reviews(results: Results) -> Table:
    """Make the table of the reviews' own results with and without weak reviews."""
    columns = [
        Column("outcome", "Outcome", "label", say=results.outcome_labels()),
        *_pair_columns(("k_results", "results", "count")),
        Column("directions", "All: directions", "label"),
        Column("directions_without", "Without: directions", "label"),
        Column("quality", "All: quality", "list"),
        Column("quality_without", "Without: quality", "list"),
        Column("changes", "What changes", "label"),
        Column("lost_without", "Rows left out", "list"),
    ]
    return make(
        "reviews_by_quality",
        "Results of the reviews, with all reviews and without weak ones",
        columns,
        _side_by_side(results, "reviews"),
        results.figures,
        notes=[_note(results)],
        empty="",
    ).without_empty_columns()


def _pair_columns(*columns: tuple[str, str, str]) -> list[Column]:
    both = []
    for view, said in (("all", "All"), ("{without}", "Without")):
        suffix = "" if view == "all" else "_without"
        both += [
            Column(name + suffix, f"{said}: {title}", kind, f"{_KEY}{view}.{name}")
            for name, title, kind in columns
        ]
    return both


def _side_by_side(results: Results, level: str) -> list[Row]:
    """Join the row of each result with that of its view."""
    rows = [with_place(r) for r in results.rows("synthesis/by_quality") if r["level"] == level]
    seen = {r["place"]: r for r in rows if r["view"] != "all"}
    joined: list[Row] = []
    for row in rows:
        if row["view"] == "all":
            other = seen[row["place"]]
            more = {f"{name}_without": value for name, value in other.items()}
            joined.append({**row, **more, "without": other["view"], "changes": other["changes"]})
    return joined


# --- votes, frameworks, themes --------------------------------------------------------------------


def votes(results: Results) -> Table:
    """Make the table of votes with and without weak reviews."""
    names = (("reviews", "Reviews"), ("improved", "Improved"), ("no_effect", "No effect"),
             ("mixed", "Mixed"), ("worsened", "Worsened"), ("unclear", "Unclear"),
             ("differs_within_review", "Differs within review"))  # fmt: skip
    head = (
        Column("outcome", "Outcome", "label", say=results.outcome_labels()),
        Column("timepoint_class", "Time"),
        Column("evidence", "Evidence"),
    )
    rows = [
        {**row, "place": f"{row['outcome']}.{row['timepoint_class']}.{row['evidence']}"}
        for row in results.rows("narrative/votes")
    ]
    title = "Directions that reviews report, with all reviews and without weak ones"
    return _counted(results, "votes", title, head, names, rows)


def framework(results: Results) -> Table:
    """Make the table of findings in frameworks with and without weak reviews."""
    labels = {f["id"]: f["label"] for f in results.protocol.get("frameworks", [])}
    head = (
        Column("framework", "Framework", "label", say=labels),
        Column("domain", "Domain", "label"),
    )
    names = (("reviews", "Reviews"), ("facilitator", "Facilitators"), ("barrier", "Barriers"),
             ("mixed", "Mixed"))  # fmt: skip
    rows = [
        {**row, "place": f"{row['framework']}.{slug(row['domain'])}"}
        for row in results.rows("narrative/framework")
    ]
    title = "Findings by domain, with all reviews and without weak ones"
    return _counted(results, "framework", title, head, names, _once(rows))


def themes(results: Results) -> Table:
    """Make the table of findings under themes with and without weak reviews."""
    head = (Column("theme", "Theme", "label"), Column("perspective", "Perspective", "label"))
    names = (("reviews", "Reviews"), ("benefit", "Benefits"), ("challenge", "Challenges"),
             ("mixed", "Mixed"))  # fmt: skip
    rows = [
        {**row, "place": f"{slug(row['theme'])}.{slug(row['perspective'])}"}
        for row in results.rows("narrative/themes")
    ]
    title = "Findings by theme, with all reviews and without weak ones"
    return _counted(results, "themes", title, head, names, _once(rows))


def _once(rows: Iterable[Row]) -> list[Row]:
    return list({row["place"]: row for row in reversed(list(rows))}.values())[::-1]


def _counted(
    results: Results, part: str, title: str, head: Sequence[Column],
    names: Sequence[tuple[str, str]], rows: Sequence[Row],
) -> Table:  # fmt: skip
    """Make a table of counts, each beside what is left of it."""
    counts: dict[str, dict[str, str]] = {}
    gone: dict[str, bool] = {}
    for row in results.rows("narrative/by_quality"):
        if row["part"] == part:
            own = counts.setdefault(row["place"], {})
            own |= {row["count"]: row["all"], f"{row['count']}_without": row["without"]}
            if row["count"] == "reviews":
                gone[row["place"]] = row["disappears"] == "yes"
    columns = [*head]
    for name, heading in names:
        columns += [
            Column(name, heading, "count", f"narrative.{part}.{{place}}.{name}"),
            Column(f"{name}_without", "without", "count",
                   f"narrative.by_quality.{part}.{{place}}.{name}"),
        ]  # fmt: skip
    columns.append(Column("disappears", "Left", "label"))
    told = [{**row, **counts.get(row["place"], {}), "disappears": _left(gone, row)} for row in rows]
    return make(
        f"{part}_by_quality", title, columns, told, results.figures, notes=[_note(results)],
        empty="",
    )  # fmt: skip


def _left(gone: Mapping[str, bool], row: Row) -> str:
    return "disappears" if gone.get(row["place"]) else "stays"
