"""Check all that people write, before anything runs: every problem at once, without pandas."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parapluie import inputs, rating_sheets, tables
from parapluie.decision_log import decision_problems
from parapluie.errors import InputError, Problem
from parapluie.records.faults import changed, other_count, same_content
from parapluie.records.ids import ids_of_search, repeated_ids
from parapluie.schema import (
    ABSENT_CODES,
    document_problems,
    load_document,
    plain,
    table_schema,
)
from parapluie.tables import Table
from parapluie.vocabulary import THIS_OVERVIEW

_SEARCHES = "data/search/searches.csv"

NAMED_TABLES = (
    "search/searches",
    "search/overrides",
    "search/removed",
    "search/recorded_flow",
    "screening/rounds",
    "fulltexts/fulltexts",
    "extraction/reports",
    "extraction/reviews",
    "extraction/studies",
    "extraction/study_facts",
    "extraction/study_reports",
    "extraction/study_links",
    "extraction/effects",
    "extraction/study_effects",
    "extraction/findings",
    "extraction/framework",
    "extraction/themes",
    "extraction/overlap_distribution",
    "extraction/choices",
    "extraction/relevance",
    "claims",
)
"""Tables of a review that have one place; all are optional but the first."""


@dataclass
class Review:
    """A review as text: what the checks look at.

    Parameters
    ----------
    root : Path
        The folder of the review.
    """

    root: Path
    problems: list[Problem] = field(default_factory=list)
    by_name: dict[str, Table] = field(default_factory=dict)
    protocol: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    record_ids: set[str] | None = None

    @property
    def data(self) -> Path:
        """The folder that people write."""
        return self.root / "data"

    def shown(self, path: Path) -> str:
        """Name a file relative to the review."""
        return path.relative_to(self.root).as_posix()

    def rows(self, name: str) -> Iterator[tuple[Table, int, Mapping[str, str]]]:
        """Give table, row number and row of a table, nothing if it is not there."""
        table = self.by_name.get(name)
        if table:
            for number, row in zip(table.numbers, table.rows, strict=True):
                yield table, number, row

    def values(self, name: str, column: str) -> set[str]:
        """Give the texts of a column."""
        return {row.get(column, "") for _, _, row in self.rows(name)} - {""}


def problems_of_review(root: Path) -> list[Problem]:
    """Find every problem of the inputs of a review.

    Parameters
    ----------
    root : Path
        The folder of the review, with ``config/`` and ``data/``.

    Returns
    -------
    list of Problem
        Sorted by file and row; empty if the stages may run.
    """
    review = Review(root)
    _read_documents(review)
    _read_tables(review)
    for check in (
        _copies,
        _exports,
        _rounds,
        _fulltexts,
        _known_reports,
        _known_reviews,
        _known_outcomes,
        _intervals,
        _series,
        _appraisals,
        _team_tables,
        _rule_sets,
    ):
        review.problems.extend(check(review))
    return sorted(set(review.problems), key=Problem.sort_key)


def stop_if_faulty(root: Path) -> None:
    """Print the problems of a review and leave with code 2, if there are any."""
    problems = problems_of_review(root)
    if problems:
        for problem in problems:
            print(problem.line(), file=sys.stderr)
        sys.stderr.flush()
        raise SystemExit(2)


# --- documents and tables -------------------------------------------------------------------------


def _read_documents(review: Review) -> None:
    config = _document(review, review.root / "config" / "config.yaml", "config", required=True)
    review.config = config if isinstance(config, Mapping) else {}
    protocol = _document(review, review.data / "protocol.yaml", "protocol", required=True)
    review.protocol = protocol if isinstance(protocol, Mapping) else {}
    _document(review, review.data / "figures.yaml", "figures", required=False)


def _document(review: Review, path: Path, name: str, required: bool) -> Any:
    shown = review.shown(path)
    if not path.is_file():
        if required:
            review.problems.append(
                _missing(shown, "Put the file back; `parapluie new` writes an empty one.")
            )
        return {}
    try:
        content, lines = load_document(path, shown)
    except InputError as error:
        review.problems.extend(error.problems)
        return {}
    if content is None and not required:
        return {}
    empty: Any = [] if name == "figures" else {}
    review.problems.extend(
        document_problems(name, empty if content is None else content, lines, shown)
    )
    return plain(content) or {}


def _missing(shown: str, mend: str) -> Problem:
    return Problem(shown, "no such file", "a file of this name", mend)


def _read_tables(review: Review) -> None:
    for name in NAMED_TABLES:
        folder, stem = (review.data / name).parent, (review.data / name).name
        path = tables.locate(folder, stem)
        if path:
            review.by_name[name] = _checked(review, path, name)
    if "search/searches" not in review.by_name:
        review.problems.append(
            _missing("data/search/searches.csv", "List the searches there, one a row.")
        )


def _checked(review: Review, path: Path, schema: str) -> Table:
    table = tables.read_text(path, review.shown(path))
    review.problems.extend(tables.problems_of(table, table_schema(schema)))
    return table


def _copies(review: Review) -> Iterator[Problem]:
    for path in sorted(review.data.rglob("*")):
        if path.suffix in inputs.TABLE_ENDINGS and tables.is_copy(path) and "raw" not in path.parts:
            yield Problem(
                review.shown(path),
                "a name that a copy has",
                "one file per table",
                "Keep one of the copies under the plain name and remove the other.",
            )


# --- searches -------------------------------------------------------------------------------------


def _exports(review: Review) -> Iterator[Problem]:
    known: dict[str, list[str]] = {}
    named: list[tuple[int, str, str]] = []
    complete = True
    for table, number, row in review.rows("search/searches"):
        strategy = row.get("strategy_file", "")
        if strategy and not (review.data / "search" / "strategies" / strategy).is_file():
            yield _named(table, number, "strategy_file", strategy, "data/search/strategies/")
        contents: dict[str, bytes] = {}
        mappings: dict[str, Any] = {}
        digests: dict[str, str] = {}
        for name in tables.split_list(row.get("files", "")):
            path = review.data / "search" / "raw" / name
            if path.is_file():
                data = contents[review.shown(path)] = path.read_bytes()
                faults = _mapped(review, path, mappings)
                if faults:
                    yield from faults
                    complete = False
                    del contents[review.shown(path)]
                digests[name] = hashlib.sha256(data).hexdigest()
                if data.strip():
                    named.append((number, name, digests[name]))
            else:
                complete = False
                yield _named(table, number, "files", name, "data/search/raw/")
        listed, noted = (tables.split_list(row.get(c, "")) for c in ("files", "sha256"))
        yield from changed((table.shown, number), listed, noted, digests)
        ids, problems = ids_of_search(
            row.get("search_id", ""), row.get("ids", ""), contents, mappings
        )
        known[row.get("search_id", "")] = ids
        complete = complete and not problems
        yield from problems
        if not problems and len(contents) == len(tables.split_list(row.get("files", ""))):
            yield from _count(review, table, number, row, len(ids))
    yield from same_content(_SEARCHES, named)
    yield from repeated_ids(known)
    if complete and known:
        review.record_ids = {i for ids in known.values() for i in ids}


def _mapped(review: Review, path: Path, mappings: dict[str, Any]) -> list[Problem]:
    """Read the mapping beside an export, if there is one; give its faults."""
    beside = path.with_name(path.name + inputs.MAPPING)
    if not beside.is_file():
        return []
    from parapluie.records.tables.mapping import mapping_of

    mapping, problems = mapping_of(review.shown(beside), beside.read_bytes())
    mappings[review.shown(path)] = mapping
    return problems


def _count(
    review: Review, table: Table, number: int, row: Mapping[str, str], read: int
) -> Iterator[Problem]:
    """Compare the declared number of records with those in the files."""
    declared = tables.parse_number(row.get("declared_records", ""), table.delimiter)
    accepted = (review.config.get("records") or {}).get("accept_count") or {}
    search_id = row.get("search_id", "")
    if declared is not None and declared != read and search_id not in accepted:
        files = tables.split_list(row.get("files", ""))
        yield other_count((table.shown, number), search_id, int(declared), read, files)


def _named(table: Table, number: int, column: str, found: str, folder: str) -> Problem:
    return Problem(
        table.shown,
        f"{found!r}, which is not there",
        f"the name of a file in {folder}",
        "Put the file there or correct the name.",
        number,
        column,
    )


# --- screening and full texts ---------------------------------------------------------------------


def _rounds(review: Review) -> Iterator[Problem]:
    reviewers = {r["id"] for r in review.protocol.get("reviewers", []) if "id" in r}
    expected: set[Path] = set()
    for table, number, row in review.rows("screening/rounds"):
        stage, name, reviewer = (row.get(c, "") for c in ("stage", "round", "reviewer"))
        if not (stage and name and reviewer):
            continue
        if reviewer not in reviewers:
            yield Problem(
                table.shown,
                repr(reviewer),
                ", ".join(sorted(reviewers)) or "no reviewers yet",
                "Add the reviewer to the protocol or correct the cell.",
                number,
                "reviewer",
            )
        path = review.data / "screening" / stage / name / f"{reviewer}.csv"
        expected.add(path)
        if not path.is_file():
            yield Problem(
                table.shown,
                f"no file {review.shown(path)}",
                "a file for each expected reviewer",
                f"Run `parapluie worklist --stage {stage} --round {name} --reviewer {reviewer}`, "
                "which makes it, or put it back.",
                number,
                "reviewer",
            )
            continue
        decisions = _checked(review, path, "screening/decisions")
        yield from decision_problems(decisions, stage, reviewer, review.record_ids, review.protocol)
    for path in sorted((review.data / "screening").glob("*/*/*.csv")):
        if path not in expected and not tables.is_copy(path):
            yield Problem(
                review.shown(path),
                "a file that no row of rounds.csv names",
                "files named by data/screening/rounds.csv",
                "Add its row to rounds.csv or remove it.",
            )


def _fulltexts(review: Review) -> Iterator[Problem]:
    for table, number, row in review.rows("fulltexts/fulltexts"):
        name = row.get("file", "")
        if name and not (review.data / name).is_file():
            yield _named(table, number, "file", name, "data/")


def _known_reports(review: Review) -> Iterator[Problem]:
    if review.record_ids is None:
        return
    for name, column in (
        ("fulltexts/fulltexts", "report_id"),
        ("extraction/reports", "report_id"),
        ("extraction/reports", "superseded_by"),
        ("search/overrides", "record_a"),
        ("search/overrides", "record_b"),
        ("search/removed", "record_id"),
    ):
        for table, number, row in review.rows(name):
            found = row.get(column, "")
            if found and found not in ABSENT_CODES and found not in review.record_ids:
                yield Problem(
                    table.shown,
                    repr(found),
                    "the id of a record of the searches",
                    "Copy the id from results/deduplication/reports.csv.",
                    number,
                    column,
                )


# --- extraction -----------------------------------------------------------------------------------


def _known_reviews(review: Review) -> Iterator[Problem]:
    known = review.values("extraction/reviews", "review_id") | review.values(
        "extraction/reports", "review_id"
    )
    allowed = {*known, THIS_OVERVIEW}
    for name in ("studies", "effects", "study_effects", "findings", "choices", "relevance"):
        yield from _unknown(
            review, f"extraction/{name}", "review_id", allowed, "a review_id of reviews.csv"
        )
    for name in ("framework", "themes"):
        yield from _unknown(
            review,
            f"extraction/{name}",
            "review_ids",
            allowed,
            "review_ids of reviews.csv, separated by ;",
        )


def _unknown(
    review: Review, name: str, column: str, allowed: set[str], text: str
) -> Iterator[Problem]:
    for table, number, row in review.rows(name):
        for found in tables.split_list(row.get(column, "")):
            if found not in allowed:
                yield Problem(
                    table.shown,
                    repr(found),
                    text,
                    "Correct the cell or add the row it names.",
                    number,
                    column,
                )


def _known_outcomes(review: Review) -> Iterator[Problem]:
    outcomes = {o["id"] for o in review.protocol.get("outcomes", []) if "id" in o}
    questions = {q["id"] for q in review.protocol.get("questions", []) if "id" in q}
    for name in ("effects", "study_effects", "findings", "studies", "choices", "relevance"):
        yield from _unknown(
            review, f"extraction/{name}", "outcome", outcomes, "an outcome of the protocol"
        )
        yield from _unknown(
            review, f"extraction/{name}", "question", questions, "a question of the protocol"
        )
    yield from _unknown(
        review,
        "extraction/reviews",
        "questions",
        questions,
        "questions of the protocol, separated by ;",
    )


def _series(review: Review) -> Iterator[Problem]:
    """Name a rule of choice that needs a series where the protocol names none."""
    choice = (review.protocol.get("overlap") or {}).get("choice") or {}
    if choice.get("rule") in ("only_series", "prefer_series") and not choice.get("series"):
        yield Problem(
            "data/protocol.yaml",
            "no value",
            "the name of a series, as in the column series of reviews.csv",
            f"Name the series, or plan another rule than {choice['rule']}.",
            column="overlap.choice.series",
        )


def _intervals(review: Review) -> Iterator[Problem]:
    for name in ("extraction/effects", "extraction/study_effects"):
        for table, number, row in review.rows(name):
            low, middle, high = (
                tables.parse_number(row.get(c, ""), table.delimiter)
                for c in ("ci_low", "estimate", "ci_high")
            )
            yield from _interval(table, number, low, middle, high)


def _interval(
    table: Table, number: int, low: float | None, middle: float | None, high: float | None
) -> Iterator[Problem]:
    if low is not None and high is not None and low > high:
        yield Problem(
            table.shown,
            f"ci_low {low:g} above ci_high {high:g}",
            "ci_low at most ci_high",
            "Look at the source and correct the row.",
            number,
            "ci_low",
        )
    elif middle is not None and (
        (low is not None and middle < low) or (high is not None and middle > high)
    ):
        interval = " to ".join("?" if x is None else f"{x:g}" for x in (low, high))
        yield Problem(
            table.shown,
            f"{middle:g}, outside its interval {interval}",
            "an estimate inside its interval",
            "Look at the source and correct the row.",
            number,
            "estimate",
        )


# --- appraisal and figures ------------------------------------------------------------------------


def _appraisals(review: Review) -> Iterator[Problem]:
    known = review.values("extraction/reviews", "review_id") | review.values(
        "extraction/reports", "review_id"
    )
    rated: list[tuple[Path, Table]] = []
    for kind in ("ratings", "recorded", "counts", "overrides"):
        for name in inputs.appraisals(review.data, kind):
            table = _checked(review, Path(name), f"appraisal/{kind}")
            rated += [(Path(name), table)] if kind == "ratings" else []
            yield from rating_sheets.problems(table, Path(name))
            for number, row in zip(table.numbers, table.rows, strict=True):
                found = row.get("review_id", "")
                if found and found not in known:
                    yield Problem(
                        table.shown,
                        repr(found),
                        "a review_id of reviews.csv",
                        "Correct the cell or add the review.",
                        number,
                        "review_id",
                    )
    yield from rating_sheets.rated_twice(rated)


def _team_tables(review: Review) -> Iterator[Problem]:
    path = review.data / "figures.yaml"
    if not path.is_file():
        return
    try:
        content, lines = load_document(path, review.shown(path))
    except InputError:
        return
    for i, figure in enumerate(content if isinstance(content, list) else []):
        if not isinstance(figure, Mapping):
            continue
        named = [figure.get("table"), (figure.get("join") or {}).get("table")]
        for name in (str(n) for n in named if n):
            if not (review.data / name).is_file():
                yield Problem(
                    review.shown(path),
                    f"{name!r}, which is not there",
                    "a table under data/",
                    "Put the file there or correct the name.",
                    lines.get((i, "table")),
                    "table",
                )
    yield from _repeated_keys(review.shown(path), content, lines)


def _rule_sets(review: Review) -> Iterator[Problem]:
    """Check the sets of rules of the team, and that those the protocol chooses are there."""
    own = [Path(path) for path in inputs.rule_sets(review.data)]
    wanted = (review.protocol.get("credibility") or {}).get("rule_sets") or []
    if not own and not wanted:
        return
    from parapluie.credibility.rules import chosen

    named = [entry for entry in wanted if isinstance(entry, Mapping)]
    others = [p for p in own if p.stem not in {entry.get("id") for entry in named}]
    yield from chosen([*named, *({"id": p.stem} for p in others)], own, "data/protocol.yaml")[1]


def _repeated_keys(
    shown: str, content: Iterable[Any], lines: Mapping[tuple[str | int, ...], int]
) -> Iterator[Problem]:
    seen: set[str] = set()
    for i, figure in enumerate(content or []):
        key = str(figure.get("key", "")) if isinstance(figure, Mapping) else ""
        if key and key in seen:
            yield Problem(
                shown,
                f"{key!r} twice",
                "each key once",
                "Rename one of the two.",
                lines.get((i, "key")),
                "key",
            )
        seen.add(key)
