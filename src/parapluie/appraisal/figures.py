"""The keys of the appraisal: grades, items, agreement, and what sources only record."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from parapluie.agreement import ESTIMATES, STATISTICS
from parapluie.appraisal.tool import Item, Tool, load_tool
from parapluie.trace import ALL, Figures, Rows, encode, where

if TYPE_CHECKING:
    from parapluie.appraisal.answers import Source
    from parapluie.appraisal.stage import Graded, Inputs

INCLUDED = ["included.reviews"]
LOW = frozenset({"low", "critically_low"})


def slug(text: str) -> str:
    """Turn free text into a part of a key."""
    return "_".join(re.findall(r"[a-z0-9]+", text.casefold())) or "empty"


def figures(
    inputs: Inputs,
    tool: Tool,
    graded: Sequence[Graded],
    compared: pd.DataFrame,
) -> Figures:
    """Make all figures of the stage."""
    made = Figures("appraisal")
    basis = _Basis(inputs, tool, graded)
    _grades(made, basis, graded)
    for one in graded:
        _review(made, basis, one)
    for item in tool.items:
        _item(made, basis, item, graded)
    _agreement(made, basis, compared)
    _recorded(made, inputs)
    _counts(made, inputs)
    return made


class _Basis:
    """The rows of ``data/`` behind items and grades."""

    def __init__(self, inputs: Inputs, tool: Tool, graded: Sequence[Graded]) -> None:
        self.tool = tool
        self.ratings = inputs.of("ratings", tool.id)
        # A trace prints the rows that it leads to: none of a rater who must not be seen yet.
        self.hidden = frozenset(one.review for one in graded if one.waits)
        self.recorded = inputs.of("recorded", tool.id)
        self.overrides = inputs.of("overrides", tool.id)

    def rated(self, sources: Iterable[Source] | None = None, **conditions: list[str]) -> list[Rows]:
        """Give rows of the ratings, without those of reviews of which a rater is not done."""
        return _picked(self.ratings if sources is None else sources, self.hidden, **conditions)

    def names(self, item: Item) -> list[str]:
        return [item.id, *(part.id for part in item.parts)]

    def item(self, item: Item) -> list[Rows]:
        return self.rated(item=self.names(item))

    def cell(self, review: str, item: Item) -> list[Rows]:
        own = self.rated(review_id=[review], item=self.names(item))
        # Whether a rater has begun with a review decides whether a missing answer is awaited.
        return [*own, *self.rated(review_id=[review])]

    def review(self, review: str) -> list[Rows]:
        return [
            *self.rated(review_id=[review]),
            *_picked(self.recorded, review_id=[review], part=["overall"]),
            *self.rated(self.overrides, review_id=[review]),
        ]

    def everything(self) -> list[Rows]:
        return [
            *self.rated(),
            *_picked(self.recorded, part=["overall"]),
            *self.rated(self.overrides),
        ]


def _picked(
    sources: Iterable[Source], hidden: frozenset[str] = frozenset(), **conditions: list[str]
) -> list[Rows]:
    """Give the rows of each table whose cells are among the given texts."""
    found = []
    for source in sources:
        rows, out = where(**conditions), sorted(hidden)
        if out:
            left = f"review_id!={'|'.join(map(encode, out))}"
            rows = left if rows == ALL else f"{rows} & {left}"
        # Published counts are of no single review.
        n = (
            source.count(hidden, **conditions)
            if "review_id" in source.data
            else int(source.data[list(conditions)].isin(conditions).all(axis=1).sum())
        )
        found.append(Rows(source.shown, rows, n))
    return found


# --- grades ---------------------------------------------------------------------------------------


def _grades(made: Figures, basis: _Basis, graded: Sequence[Graded]) -> None:
    rows = basis.everything()
    absent = "" if graded else "not_available: no included review"

    def count(name: str, rule: str, n: int) -> None:
        made.add(
            f"overall.{name}",
            None if absent else n,
            rule=rule,
            basis=rows,
            rests_on=INCLUDED,
            unit="reviews",
            absent=absent,
        )

    finals = Counter(one.final.final for one in graded)
    for grade, label in basis.tool.grades.items():
        count(grade, f"included reviews whose grade is {label.lower()}", finals[grade])
    sets = Counter(one.final.final_set for one in graded if one.final.basis == "recorded_set")
    for among, n in sorted(sets.items()):
        count(
            f"set.{'.'.join(among)}",
            f"included reviews recorded only as {' or '.join(among).replace('_', ' ')}",
            n,
        )
    if basis.tool.grades.keys() >= LOW:
        count(
            "low_or_critically_low",
            "included reviews whose grade is low or critically low, or one of the two",
            sum(bool(one.final.final_set) and set(one.final.final_set) <= LOW for one in graded),
        )
    _floor(made, basis, rows, graded)
    count(
        "rated",
        "included reviews with a grade or a set of grades",
        sum(bool(one.final.final_set) for one in graded),
    )
    count(
        "not_rated",
        "included reviews without a grade",
        sum(not one.final.final_set for one in graded),
    )
    for name in ("computed", "override", "recorded", "recorded_set"):
        count(
            f"basis.{name}",
            f"included reviews whose grade is from: {name}",
            sum(one.final.basis == name for one in graded),
        )
    _agrees(made, rows, graded)


def _floor(made: Figures, basis: _Basis, rows: list[Rows], graded: Sequence[Graded]) -> None:
    """Give the share of reviews at the lowest grade, of those whose grade is known."""
    if not basis.tool.rules:
        return
    lowest = list(basis.tool.grades)[-1]
    known = [one for one in graded if one.final.final]
    made.add(
        "overall.floor_share",
        sum(one.final.final == lowest for one in known) / len(known) if known else None,
        rule=f"share of {basis.tool.grades[lowest].lower()} among the reviews with one grade: near "
        "1 the tool does not tell the reviews apart (floor effect)",
        basis=rows,
        rests_on=INCLUDED,
        absent="" if known else "not_available: no review with one grade",
    )


def _agrees(made: Figures, rows: list[Rows], graded: Sequence[Graded]) -> None:
    both = [
        (one.computed.grade, one.recorded["rating"])
        for one in graded
        if one.computed and one.computed.grade and one.published
    ]
    reason = "" if both else "not_estimable: no review has both a computed and a recorded grade"
    for name, rule, n in (
        (
            "rule_agrees_with_recorded",
            "reviews whose computed grade is the recorded one",
            sum(a == b for a, b in both),
        ),
        ("rule_compared", "reviews with both a computed and a recorded grade", len(both)),
    ):
        made.add(
            f"overall.{name}",
            n if both else None,
            rule=rule,
            basis=rows,
            rests_on=INCLUDED,
            unit="reviews",
            absent=reason,
        )


def _review(made: Figures, basis: _Basis, one: Graded) -> None:
    rows = basis.review(one.review)
    source = one.recorded.get("source", "") if one.final.basis.startswith("recorded") else ""
    text = " or ".join(one.final.final_set)
    made.add(
        f"overall.{one.review}.grade",
        text or None,
        basis=rows,
        rests_on=INCLUDED,
        rule="grade set by hand, else computed, else as recorded",
        source=source,
        absent="" if text else one.final.reason,
    )
    if one.computed and not one.waits:
        for name, n, words in (
            ("n_critical", one.computed.n_critical, "critical"),
            ("n_noncritical", one.computed.n_noncritical, "non-critical"),
        ):
            made.add(
                f"overall.{one.review}.{name}",
                n,
                rule=f"{words} items answered no",
                basis=rows,
                rests_on=INCLUDED,
                unit="items",
            )
    for item in basis.tool.items if one.settled else ():
        settled = one.settled[item.id]
        made.add(
            f"items.{one.review}.{item.id}",
            settled.answer or None,
            rests_on=INCLUDED,
            rule="consensus, else what the raters agree on",
            basis=basis.cell(one.review, item),
            absent="" if settled.answer else _why_open(one, item.id),
        )


def _why_open(one: Graded, item: str) -> str:
    if item in one.unscored:
        return f"not_applicable: {one.unscored[item]}"
    if one.waits:
        return f"not_available: waiting for {', '.join(one.waits)}"
    state = "raters differ" if one.settled[item].state == "open" else "not yet answered"
    return f"not_available: {state}"


# --- items ----------------------------------------------------------------------------------------


def _item(made: Figures, basis: _Basis, item: Item, graded: Sequence[Graded]) -> None:
    given = Counter(one.settled[item.id].answer for one in graded if one.settled)
    scored = sum(n for answer, n in given.items() if answer)
    absent = "" if any(one.settled for one in graded) else "not_available: no item answers recorded"
    rows = basis.item(item)
    for answer in item.answers:
        made.add(
            f"item.{item.id}.{answer}",
            None if absent else given[answer],
            basis=rows,
            rests_on=INCLUDED,
            unit="reviews",
            absent=absent,
            rule=f"included reviews with the answer {answer.replace('_', ' ')}",
        )
    made.add(
        f"item.{item.id}.scored",
        None if absent else scored,
        basis=rows,
        rests_on=INCLUDED,
        rule="included reviews with a settled answer; items that are not scored are left out",
        unit="reviews",
        absent=absent,
    )


# --- agreement ------------------------------------------------------------------------------------


def _agreement(made: Figures, basis: _Basis, compared: pd.DataFrame) -> None:
    if compared.empty:
        made.add(
            "agreement",
            None,
            rule="agreement of two raters",
            rests_on=INCLUDED,
            absent="not_available: fewer than two files of raters",
        )
    for row in compared.to_dict("records"):
        reasons = dict(part.split(" ", 1) for part in row["reason"].split("; ") if part)
        rows = _agreement_rows(basis, row)
        for name in ("n", *STATISTICS, *ESTIMATES[3:]):
            value = row[name]
            made.add(
                f"agreement.{row['rater_a']}_{row['rater_b']}.{row['part']}.{name}",
                value,
                basis=rows,
                rests_on=INCLUDED,
                rule=_agreement_rule(name, row["part"]),
                absent="" if value is not None else reasons[name],
            )
        _intervals(made, row, rows)


def _intervals(made: Figures, row: dict[Any, Any], rows: list[Rows]) -> None:
    """Give the ends of the 95 % interval of each coefficient that has one."""
    for name in ESTIMATES:
        for end in ("low", "high"):
            if row[f"{name}_{end}"] is None:
                continue
            made.add(
                f"agreement.{row['rater_a']}_{row['rater_b']}.{row['part']}.{name}_{end}",
                row[f"{name}_{end}"],
                basis=rows,
                rests_on=INCLUDED,
                rule=f"{end} end of the 95 % interval (Gwet 2014): "
                + _agreement_rule(name, row["part"]),
            )


def _agreement_rule(name: str, part: str) -> str:
    what = {"items": "all items", "overall": "the grade"}.get(part, f"item {part}")
    if name == "n":
        return f"answers that both raters gave: {what}"
    return f"{name} of two raters before consensus: {what}"


def _agreement_rows(basis: _Basis, row: dict[Any, Any]) -> list[Rows]:
    two = [s for s in basis.ratings if s.name in (row["rater_a"], row["rater_b"])]
    item = next((i for i in basis.tool.items if i.id == row["part"]), None)
    picked = basis.rated(two, item=basis.names(item)) if item else basis.rated(two)
    return picked


# --- what sources record --------------------------------------------------------------------------


def _recorded(made: Figures, inputs: Inputs) -> None:
    """Count recorded ratings per tool and part, among the included reviews."""
    known = set(inputs.ids)
    for source in sorted(inputs.recorded, key=lambda s: s.shown):
        tool = load_tool(source.tool)
        mine = source.data[source.data["review_id"].isin(known) & (source.data["rating"] != "")]
        counted = Counter(zip(mine["part"], mine["rating"].map(slug), strict=True))
        wanted = {(part, rating) for part in tool.parts for rating in tool.ratings}
        for part, rating in sorted(wanted | set(counted)):
            made.add(
                f"recorded.{source.tool}.{part}.{rating}",
                counted[part, rating],
                rule=f"included reviews with the recorded rating {rating} on part {part}",
                basis=_picked([source], part=[part]),
                rests_on=INCLUDED,
                unit="reviews",
            )


def _counts(made: Figures, inputs: Inputs) -> None:
    """Give published counts as they stand, with their denominators."""
    taken: set[str] = set()
    for source in sorted(inputs.counts, key=lambda s: s.shown):
        for row in source.data.sort_values("what", kind="stable").to_dict("records"):
            name = _free(slug(row["what"]), taken)
            rows = _picked([source], what=[row["what"]])
            for key, value in ((name, row["n"]), (f"{name}.denominator", row["denominator"])):
                made.add(
                    f"counts.{key}",
                    int(value),
                    rule="as recorded by the source, not counted",
                    basis=rows,
                    unit="reviews",
                    source=str(row["source"]),
                )


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    taken.add(free)
    return free
