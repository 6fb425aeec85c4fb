"""Every box of the flow of an overview, counted from the tables of the stages before.

Units: records until duplicates are removed, reports until inclusion, then reviews and reports, and
primary studies where lists of them are known. A report that a database and another way found counts
in the database arm; the second finding is a duplicate of the other arm.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parapluie.tables import ROW
from parapluie.trace import Figures, Rows, where
from parapluie.vocabulary import CONFLICT, DATABASE_KINDS, EXCLUDE, INCLUDE

if TYPE_CHECKING:
    import pandas as pd

DATABASE, OTHER = "database", "other"
"""The two arms of the diagram."""

PREFIX = {DATABASE: "dbr", OTHER: "other"}

KIND_BOXES = {
    "database": ("database_results", "Records from databases"),
    "register": ("register_results", "Records from registers"),
    "website": ("website_results", "Records from websites"),
    "organisation": ("organisation_results", "Records from organisations"),
    "citation": ("citations_results", "Records from citation searching"),
    "expert": ("expert_results", "Records from experts"),
    "other": ("other_results", "Records from other methods"),
}
"""Kind of a search to its box and label."""

SPECIFIC = {"database": "database_specific_results", "register": "register_specific_results"}
"""Kinds of search whose sources are listed one by one."""

NO_REASON = "not_given"
"""Code of an exclusion at full text that names no reason."""

_TITLE_KEYS = tuple(
    f"screening.title_abstract.{state}"
    for state in (INCLUDE, EXCLUDE, CONFLICT, "awaiting", "awaiting_second")
)
_FULL_KEYS = (
    *_TITLE_KEYS,
    *(
        f"screening.full_text.{state}"
        for state in (INCLUDE, EXCLUDE, CONFLICT, "awaiting", "awaiting_second")
    ),
)
_FETCH_KEYS = tuple(f"fulltexts.{name}" for name in ("retrieved", "not_retrieved", "awaiting"))


@dataclass(frozen=True)
class Count:
    """One box of the flow.

    Parameters
    ----------
    box : str
        Id of the box, with ``.CODE`` for one reason or source in a list.
    unit : str
        records, reports, reviews or studies.
    n : int or None
        The number; ``None`` where there is none, then `absent` says why.
    label : str
    rule : str
        How it was counted.
    rests_on : tuple of str
        Keys of figures of earlier stages.
    basis : tuple of Rows
        Rows under ``data/``.
    absent, note : str
    recorded : bool
        Whether it was read from a publication and not counted.
    """

    box: str
    unit: str
    n: int | None
    label: str
    rule: str
    rests_on: tuple[str, ...] = ()
    basis: tuple[Rows, ...] = ()
    absent: str = ""
    note: str = ""
    source: str = ""
    recorded: bool = False

    @property
    def key(self) -> str:
        """The key of the figure, without the name of the stage."""
        return f"recorded.{self.box}" if self.recorded else self.box


@dataclass(frozen=True)
class Inputs:
    """The tables from which the flow is counted, and the names of the human ones as shown."""

    protocol: Mapping[str, Any]
    searches: pd.DataFrame
    records: pd.DataFrame
    clusters: pd.DataFrame
    reports: pd.DataFrame
    removed: pd.DataFrame
    state: pd.DataFrame
    status: pd.DataFrame
    included_reports: pd.DataFrame
    included_reviews: pd.DataFrame
    studies: pd.DataFrame
    shown: Mapping[str, str] = field(default_factory=dict)

    def rows(self, name: str, filter_text: str = "all") -> tuple[Rows, ...]:
        """Name rows of a human table, if it is there."""
        return (Rows(self.shown[name], filter_text),) if self.shown.get(name) else ()


def count_flow(given: Inputs) -> list[Count]:
    """Count every box.

    Parameters
    ----------
    given : Inputs

    Returns
    -------
    list of Count
        In the order of the diagram, first the boxes of the two arms, then the totals of both.
    """
    records = _Records(given)
    screened = _Screening(given, records)
    counts = [
        *_previous(given),
        *records.identified(),
        *records.removed_counts(),
        *screened.counts(),
        *_included(given, screened),
    ]
    return [*counts, *_totals(counts, given), *_total_included(counts)]


def slug(text: str) -> str:
    """Turn a name into a part of a key."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "unnamed"


# --- records --------------------------------------------------------------------------------------


class _Records:
    """Records by search, arm and what became of them before screening."""

    def __init__(self, given: Inputs) -> None:
        self.given = given
        searches = given.searches
        self.kind = dict(zip(searches["search_id"], searches["kind"], strict=True))
        self.source = dict(zip(searches["search_id"], searches["source"], strict=True))
        self.search_of = dict(
            zip(given.records["record_id"], given.records["search_id"], strict=True)
        )
        self.gone = {
            record: rule.removeprefix("removed_")
            for record, rule in zip(
                given.clusters["record_id"], given.clusters["rule"], strict=True
            )
            if rule.startswith("removed_")
        }
        self.reports = list(given.reports["report_id"])
        self.arm = {
            report: DATABASE if arm == DATABASE else OTHER
            for report, arm in zip(self.reports, given.reports["arm"], strict=True)
        }
        self.by_number = _removed_by_number(given.removed)

    def arm_of_search(self, search: str) -> str:
        return DATABASE if self.kind.get(search, DATABASE) in DATABASE_KINDS else OTHER

    def per_search(self) -> Counter[str]:
        """Records identified per search: those read, and those removed that only a number tells."""
        found = Counter(self.search_of.values())
        for (search, _), n in self.by_number.items():
            found[search] += n
        return found

    def identified(self) -> Iterator[Count]:
        found = self.per_search()
        for kind, (box, label) in KIND_BOXES.items():
            searches = [s for s, k in self.kind.items() if k == kind]
            if searches or kind in DATABASE_KINDS:
                yield self._identified(box, label, kind, searches, found)
            yield from self._specific(kind, searches, found)

    def _identified(
        self, box: str, label: str, kind: str, searches: Sequence[str], found: Counter[str]
    ) -> Count:
        return Count(
            box,
            "records",
            sum(found[s] for s in searches),
            label,
            f"records read from the exports of searches of kind {kind}, and records of them that "
            "were removed by number",
            tuple(f"records.search.{s}.parsed" for s in searches),
            self.given.rows("searches", where(kind=kind)) + self.given.rows("removed"),
        )

    def _specific(self, kind: str, searches: Sequence[str], found: Counter[str]) -> Iterator[Count]:
        named: dict[str, list[str]] = defaultdict(list)
        for search in searches if kind in SPECIFIC else ():
            named[self.source[search]].append(search)
        boxes: Counter[str] = Counter()
        for source, of_source in named.items():
            boxes[slug(source)] += 1
            # Two sources may give one slug; the second one gets a number.
            part = slug(source) + ("" if boxes[slug(source)] == 1 else f"_{boxes[slug(source)]}")
            yield Count(
                f"{SPECIFIC[kind]}.{part}",
                "records",
                sum(found[s] for s in of_source),
                source,
                f"records read from the exports of searches of {source}",
                tuple(f"records.search.{s}.parsed" for s in of_source),
                self.given.rows("searches", where(source=source)) + self.given.rows("removed"),
            )

    def removed_counts(self) -> Iterator[Count]:
        by = Counter((self.arm_of_search(self.search_of[r]), t) for r, t in self.gone.items())
        for (search, kind), n in self.by_number.items():
            by[self.arm_of_search(search), kind] += n
        kept = Counter(
            self.arm_of_search(s) for r, s in self.search_of.items() if r not in self.gone
        )
        reports = Counter(self.arm.values())
        for arm, prefix in ((DATABASE, ""), (OTHER, "other_")):
            yield Count(
                f"{prefix}duplicates",
                "records",
                kept[arm] - reports[arm],
                "Duplicate records removed",
                "records kept less reports, in this arm; what a database holds too counts there",
                ("deduplication.records", "deduplication.reports", "deduplication.duplicates"),
                self.given.rows("searches"),
            )
            for kind, words in (
                ("automatic", "Records marked as ineligible by automation tools"),
                ("other", "Records removed for other reasons"),
            ):
                yield Count(
                    f"{prefix}excluded_{kind}",
                    "records",
                    by[arm, kind],
                    words,
                    f"records with type {kind} in removed.csv",
                    (f"deduplication.removed.{kind}",),
                    self.given.rows("removed", where(type=kind)) + self.given.rows("searches"),
                )


def _removed_by_number(removed: pd.DataFrame) -> Counter[tuple[str, str]]:
    """Removed records of which only the number is known, by search and type."""
    numbers: Counter[tuple[str, str]] = Counter()
    for row in removed.to_dict("records"):
        if not row["record_id"] and row["n"] == row["n"]:
            numbers[row["search_id"], row["type"]] += int(row["n"])
    return numbers


# --- screening ------------------------------------------------------------------------------------


class _Screening:
    """What became of each report at the two stages, and of each review behind the reports."""

    def __init__(self, given: Inputs, records: _Records) -> None:
        self.given = given
        self.arm = records.arm
        states: dict[str, dict[str, tuple[str, str]]] = {"title_abstract": {}, "full_text": {}}
        columns = (given.state[c] for c in ("report_id", "stage", "state", "reason"))
        for report, stage, state, reason in zip(*columns, strict=True):
            states[stage][report] = (state, reason)
        status = dict(zip(given.status["report_id"], given.status["status"], strict=True))
        self.reports = _in_report_order(records.reports, given.records, given.searches)
        self.stage_of = {
            report: _stage_of(
                states["title_abstract"].get(report, ("awaiting", ""))[0],
                states["full_text"].get(report, ("awaiting", ""))[0],
                status.get(report, ""),
            )
            for report in self.reports
        }
        self.reason = {r: reason or NO_REASON for r, (_, reason) in states["full_text"].items()}
        columns = (given.included_reports[c] for c in ("report_id", "review_id", "role"))
        self.review, self.role = {}, {}
        for report, review, role in zip(*columns, strict=True):
            self.review[report], self.role[report] = review, role

    def having(self, *stages: str, arm: str = "") -> list[str]:
        """Reports that came to one of these ends, in report order."""
        return [
            r
            for r in self.reports
            if self.stage_of[r] in stages and (not arm or self.arm[r] == arm)
        ]

    def counts(self) -> Iterator[Count]:
        for arm in (DATABASE, OTHER):
            yield from self._title_counts(arm)
            yield from self._full_counts(arm)
            yield from self._reasons(arm)
            yield from self._review_counts(arm)

    def _count(
        self, box: str, label: str, rule: str, arm: str, ends: Sequence[str], rests: Iterable[str]
    ) -> Count:
        unit = "records" if "records" in box or "screening" in box else "reports"
        keys = ("deduplication.reports", *rests)
        return Count(
            box,
            unit,
            len(self.having(*ends, arm=arm)),
            label,
            rule,
            keys,
            self.given.rows("searches"),
        )

    def _title_counts(self, arm: str) -> Iterator[Count]:
        prefix, other = PREFIX[arm], "" if arm == DATABASE else "other_"
        yield self._count(
            f"{other}records_screened",
            "Records screened",
            "reports whose title and abstract state is include, exclude or conflict",
            arm,
            ("excluded_first", "conflict_first", *SOUGHT),
            _TITLE_KEYS,
        )
        yield self._count(
            f"{other}records_excluded",
            "Records excluded",
            "reports excluded on title and abstract",
            arm,
            ("excluded_first",),
            _TITLE_KEYS,
        )
        yield self._count(
            f"{prefix}_conflict_screening",
            "Records in conflict",
            "reports on whose title and abstract the votes differ, not settled",
            arm,
            ("conflict_first",),
            _TITLE_KEYS,
        )
        yield self._count(
            f"{prefix}_awaiting_screening",
            "Records awaiting screening",
            "reports without enough votes on title and abstract",
            arm,
            ("awaiting_first",),
            _TITLE_KEYS,
        )

    def _full_counts(self, arm: str) -> Iterator[Count]:
        prefix = PREFIX[arm]
        for box, label, rule, ends in (
            (
                "sought_reports",
                "Reports sought for retrieval",
                "reports that title and abstract included",
                SOUGHT,
            ),
            (
                "notretrieved_reports",
                "Reports not retrieved",
                "reports sought, not retrieved and without a decision at full text",
                ("not_retrieved",),
            ),
            (
                "awaiting",
                "Reports awaiting retrieval or decision",
                "reports sought, neither lost nor decided at full text",
                ("awaiting",),
            ),
            (
                "assessed",
                "Reports assessed for eligibility",
                "reports whose full-text state is include, exclude or conflict",
                ASSESSED,
            ),
            (
                "conflict",
                "Reports in conflict",
                "reports on whose full text the votes differ, not settled",
                (CONFLICT,),
            ),
            ("excluded", "Reports excluded", "reports excluded at full text", (EXCLUDE,)),
            ("included", "Reports included", "reports included at full text", (INCLUDE,)),
        ):
            yield self._count(
                f"{prefix}_{box}", label, rule, arm, ends, (*_FULL_KEYS, *_FETCH_KEYS)
            )

    def _reasons(self, arm: str) -> Iterator[Count]:
        labels = _reason_labels(self.given.protocol)
        numbers = Counter(self.reason[r] for r in self.having(EXCLUDE, arm=arm))
        for code in _ordered(numbers, labels):
            yield Count(
                f"{PREFIX[arm]}_excluded.{code}",
                "reports",
                numbers[code],
                labels.get(code, code),
                f"reports excluded at full text with the main reason {code}",
                ("deduplication.reports", *_FULL_KEYS),
                self.given.rows("searches"),
            )

    def reviews(self, arm: str = "") -> dict[str, tuple[str, str]]:
        """Give for each review behind assessed reports its state and reason.

        A review is included if any of its reports is, then in conflict or waiting if any is; an
        excluded one takes the reason of its first report. It stands in the arm of its first report
        from a database, if it has one. A report without a review stands for a review of its own.
        """
        members: dict[str, list[str]] = defaultdict(list)
        for report in self.having("awaiting", *ASSESSED):
            members[self.review.get(report) or report].append(report)
        found = {}
        for review, reports in members.items():
            of_review = DATABASE if any(self.arm[r] == DATABASE for r in reports) else OTHER
            ends = [self.stage_of[r] for r in reports]
            if not arm or of_review == arm:
                end = next(e for e in (INCLUDE, CONFLICT, "awaiting", EXCLUDE) if e in ends)
                found[review] = (end, self.reason.get(reports[0], NO_REASON))
        return found

    def _review_counts(self, arm: str) -> Iterator[Count]:
        ends = self.reviews(arm)
        yield from self._reviews_in(f"{PREFIX[arm]}_reviews", ends)

    def _reviews_in(self, prefix: str, ends: Mapping[str, tuple[str, str]]) -> Iterator[Count]:
        labels = _reason_labels(self.given.protocol)
        states = Counter(state for state, _ in ends.values())
        reasons = Counter(reason for state, reason in ends.values() if state == EXCLUDE)
        rule = "reports at full text grouped by review; a review is {}"
        for name, n, words in (
            (
                "assessed",
                sum(states[s] for s in ASSESSED),
                "assessed when none of its reports waits",
            ),
            ("excluded", states[EXCLUDE], "excluded when all its reports are"),
            ("conflict", states[CONFLICT], "in conflict when a report is and none is included"),
        ):
            yield self._review_count(f"{prefix}_{name}", n, f"Reviews {name}", rule.format(words))
        for code in _ordered(reasons, labels):
            yield self._review_count(
                f"{prefix}_excluded.{code}",
                reasons[code],
                labels.get(code, code),
                rule.format("excluded with the reason of its first report"),
            )

    def _review_count(self, box: str, n: int, label: str, rule: str) -> Count:
        return Count(
            box,
            "reviews",
            n,
            label,
            rule,
            ("deduplication.reports", *_FULL_KEYS, *_FETCH_KEYS),
            self.given.rows("searches") + self._report_rows(),
        )

    def _report_rows(self) -> tuple[Rows, ...]:
        return self.given.rows("extraction_reports") if any(self.review.values()) else ()


ASSESSED = (EXCLUDE, CONFLICT, INCLUDE)
"""Ends of a report that was assessed at full text."""

SOUGHT = ("not_retrieved", "awaiting", *ASSESSED)
"""Ends of a report that was sought."""


def _stage_of(title: str, full: str, status: str) -> str:
    """Say how far a report came. A decision at full text implies that the text was there."""
    if title == EXCLUDE:
        return "excluded_first"
    if title == CONFLICT:
        return "conflict_first"
    if title != INCLUDE:
        return "awaiting_first"
    if full in ASSESSED:
        return full
    return "not_retrieved" if status == "not_retrieved" else "awaiting"


def _in_report_order(
    reports: Sequence[str], records: pd.DataFrame, searches: pd.DataFrame
) -> list[str]:
    """Order reports by search, then by their place in its exports, then by id."""
    place = {search: i for i, search in enumerate(searches["search_id"])}
    numbers = records["source_record_no"] if "source_record_no" in records else [""] * len(records)
    key = {
        record: (place.get(search, len(place)), int(no) if str(no).isdigit() else 0, record)
        for record, search, no in zip(
            records["record_id"], records["search_id"], numbers, strict=True
        )
    }
    return sorted(reports, key=lambda r: key.get(r, (len(place), 0, r)))


def _reason_labels(protocol: Mapping[str, Any]) -> dict[str, str]:
    labels = {r["code"]: r["label"] for r in protocol.get("fulltext_reasons", [])}
    return {**labels, NO_REASON: "Reason not given"}


def _ordered(found: Iterable[str], labels: Mapping[str, str]) -> list[str]:
    """Order codes as the protocol does; unknown ones follow by name, no reason comes last."""
    known = [code for code in labels if code != NO_REASON]
    place = {code: i for i, code in enumerate(known)}
    return sorted(found, key=lambda c: (c == NO_REASON, place.get(c, len(known)), c))


# --- included -------------------------------------------------------------------------------------


def _previous(given: Inputs) -> Iterator[Count]:
    for name, unit in (("studies", "reviews"), ("reports", "reports")):
        n = given.protocol.get("previous_version", {}).get(name)
        if n is not None:
            yield Count(
                f"previous_{name}",
                unit,
                n,
                f"{unit.capitalize()} of the previous version",
                "as written in the protocol, previous_version",
                (),
                given.rows("protocol"),
            )


def _included(given: Inputs, screened: _Screening) -> Iterator[Count]:
    reviews = sorted(given.included_reviews["review_id"])
    reports = screened.having(INCLUDE)
    waiting = [r for r in reports if screened.review.get(r, "") not in set(reviews)]
    latest = given.protocol.get("versions", "latest") == "latest"
    older = [r for r in reports if latest and screened.role.get(r) == "superseded"]
    rests = ("included.reviews", "included.reports", *_FULL_KEYS)
    yield Count(
        "new_studies",
        "reviews",
        len(reviews),
        "Reviews included in overview",
        "reviews with at least one included report and a row in reviews.csv",
        rests,
    )
    yield Count(
        "new_reports",
        "reports",
        len(reports),
        "Reports of included reviews",
        "reports included at full text",
        rests,
    )
    extraction = given.rows("extraction_reports") if any(screened.review.values()) else ()
    yield Count(
        "reports_superseded",
        "reports",
        len(older),
        "of them superseded by a later version",
        "included reports with the role superseded; none where all versions count",
        rests,
        extraction,
    )
    yield Count(
        "reports_awaiting_extraction",
        "reports",
        len(waiting),
        "of them awaiting extraction",
        "included reports without a review in reviews.csv",
        rests,
        extraction,
    )
    yield from _studies(given, reviews)


def _studies(given: Inputs, reviews: Sequence[str]) -> Iterator[Count]:
    """Count primary studies where the included reviews have lists of them."""
    rows = given.studies[given.studies["review_id"].isin(list(reviews))]
    listed = sorted(set(rows["review_id"]))
    missing = [r for r in reviews if r not in listed]
    unnamed = int((rows["study_id"] == "").sum())
    absent = ""
    if not listed:
        absent = "not_available: no lists of primary studies"
    elif unnamed:
        absent = f"not_available: {unnamed} rows of studies.csv without study_id"
    basis, rests = given.rows("studies"), ("included.reviews",)
    eligible = rows[rows["eligible"] == "yes"] if "eligible" in rows else rows.iloc[:0]
    rule = "different study_id in the lists of included reviews"
    yield Count(
        "studies_unique",
        "studies",
        None if absent else rows["study_id"].nunique(),
        "Primary studies listed in them",
        rule,
        rests,
        basis,
        absent,
    )
    if not absent and len(eligible):
        yield Count(
            "studies_eligible",
            "studies",
            eligible["study_id"].nunique(),
            "of them eligible for this overview",
            f"{rule}, eligible = yes",
            rests,
            basis,
        )
    yield Count(
        "reviews_with_list",
        "reviews",
        len(listed),
        "Reviews with a list of studies",
        "included reviews with rows in studies.csv",
        rests,
        basis,
    )
    yield Count(
        "reviews_without_list",
        "reviews",
        len(missing),
        "Reviews without a list of studies",
        "included reviews without rows in studies.csv",
        rests,
        basis,
        note=", ".join(missing),
    )


TOTALS = (
    ("identified", "records", "Records identified", tuple(box for box, _ in KIND_BOXES.values())),
    (
        "removed",
        "records",
        "Records removed before screening",
        (
            "excluded_automatic",
            "excluded_other",
            "other_excluded_automatic",
            "other_excluded_other",
        ),
    ),
    ("duplicates_total", "records", "Duplicate records", ("duplicates", "other_duplicates")),
    (
        "awaiting_screening",
        "records",
        "Records awaiting screening",
        ("dbr_awaiting_screening", "other_awaiting_screening"),
    ),
    ("screened", "records", "Records screened", ("records_screened", "other_records_screened")),
    (
        "excluded_screening",
        "records",
        "Records excluded",
        ("records_excluded", "other_records_excluded"),
    ),
    (
        "conflict_screening",
        "records",
        "Records in conflict",
        ("dbr_conflict_screening", "other_conflict_screening"),
    ),
    ("sought", "reports", "Reports sought", ("dbr_sought_reports", "other_sought_reports")),
    (
        "not_retrieved",
        "reports",
        "Reports not retrieved",
        ("dbr_notretrieved_reports", "other_notretrieved_reports"),
    ),
    (
        "full_text_awaiting",
        "reports",
        "Reports awaiting retrieval or decision",
        ("dbr_awaiting", "other_awaiting"),
    ),
    ("assessed", "reports", "Reports assessed", ("dbr_assessed", "other_assessed")),
    ("excluded", "reports", "Reports excluded", ("dbr_excluded", "other_excluded")),
    ("full_text_conflict", "reports", "Reports in conflict", ("dbr_conflict", "other_conflict")),
    (
        "reviews_assessed",
        "reviews",
        "Reviews assessed",
        ("dbr_reviews_assessed", "other_reviews_assessed"),
    ),
    (
        "reviews_excluded",
        "reviews",
        "Reviews excluded",
        ("dbr_reviews_excluded", "other_reviews_excluded"),
    ),
    (
        "reviews_conflict",
        "reviews",
        "Reviews in conflict",
        ("dbr_reviews_conflict", "other_reviews_conflict"),
    ),
    ("reviews_included", "reviews", "Reviews included", ("new_studies",)),
)
"""Boxes of both arms together: box, unit, label, and the boxes that are added."""


def _totals(counts: Sequence[Count], given: Inputs) -> Iterator[Count]:
    by_box = {c.box: c for c in counts}
    for box, unit, label, parts in TOTALS:
        yield _sum(box, unit, label, [by_box[p] for p in parts if p in by_box])
    labels = _reason_labels(given.protocol)
    prefixes = [f"{PREFIX[arm]}_reviews_excluded." for arm in (DATABASE, OTHER)]
    codes = {b.removeprefix(p) for b in by_box for p in prefixes if b.startswith(p)}
    for code in _ordered(codes, labels):
        of_code = [by_box[p + code] for p in prefixes if p + code in by_box]
        yield _sum(f"reviews_excluded.{code}", "reviews", labels.get(code, code), of_code)


def _sum(box: str, unit: str, label: str, parts: Sequence[Count]) -> Count:
    return Count(
        box,
        unit,
        sum(p.n or 0 for p in parts),
        label,
        "sum of " + " and ".join(p.box for p in parts),
        tuple(f"prisma.{p.box}" for p in parts),
    )


def _total_included(counts: Sequence[Count]) -> Iterator[Count]:
    by_box = {c.box: c for c in counts}
    for name, unit in (("studies", "reviews"), ("reports", "reports")):
        parts = [by_box[b] for b in (f"previous_{name}", f"new_{name}") if b in by_box]
        if f"previous_{name}" in by_box:
            yield _sum(f"total_{name}", unit, f"Total {unit} included", parts)


# --- a published flow -----------------------------------------------------------------------------


def recorded_flow(recorded: pd.DataFrame, shown: str) -> list[Count]:
    """Give the boxes of a published flow as recorded.

    Parameters
    ----------
    recorded : frame
        Columns box, n, unit, label, source of recorded_flow.csv.
    shown : str
        Name of the file.
    """
    return [
        Count(
            row["box"],
            row["unit"],
            None if row["n"] != row["n"] else int(row["n"]),
            row["label"] or row["box"].replace("_", " "),
            "as printed in the publication",
            basis=(Rows(shown, where(box=row["box"]), 1),),
            absent="" if row["n"] == row["n"] else _why(row),
            source=row["source"],
            recorded=True,
        )
        for row in recorded.sort_values(ROW).to_dict("records")
    ]


def _why(row: Mapping[Any, Any]) -> str:
    words = {"NR": "not reported in the source", "NA": "does not apply"}
    return "not_available: " + (words.get(row["n__absent"]) or row.get("note") or "not recorded")


# --- results --------------------------------------------------------------------------------------


def add_figures(figures: Figures, counts: Iterable[Count]) -> None:
    """Add each count to the figures of the stage."""
    for count in counts:
        figures.add(
            count.key,
            count.n,
            rule=count.rule,
            basis=count.basis,
            rests_on=count.rests_on,
            unit=count.unit,
            absent=count.absent,
            source=count.source,
        )


def as_json(counts: Iterable[Count]) -> list[dict[str, Any]]:
    """Give the flow for flow.json: box, unit, n, label, counted_from, and reasons of absence."""
    return [
        {
            "box": c.key,
            "unit": c.unit,
            "n": c.n,
            "label": c.label,
            "kind": "recorded" if c.recorded else "counted",
            "counted_from": [b.file for b in c.basis] + list(c.rests_on),
            "rule": c.rule,
            "absent_reason": c.absent,
            "note": c.note,
        }
        for c in counts
    ]


def unmatched_reviews(given: Inputs) -> tuple[list[str], list[str]]:
    """Compare the reviews that decisions included with the rows of reviews.csv.

    Parameters
    ----------
    given : Inputs

    Returns
    -------
    awaiting, without_report : list of str
        Reviews included by a decision that have no row yet; rows without an included report.
    """
    screened = _Screening(given, _Records(given))
    included = {review for review, (state, _) in screened.reviews().items() if state == INCLUDE}
    named = set(given.included_reviews["review_id"])
    return sorted(included - named), sorted(named - included)
