"""Votes, frameworks and themes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parapluie import narrative
from parapluie.trace import Figures, matches, split_rows

DIRECTIONS = st.sampled_from(narrative.DIRECTIONS)


def source(rows: list[dict[str, str]]) -> narrative.Source:
    return narrative.Source("data/extraction/x.csv", rows, list(range(2, len(rows) + 2)))


def finding(
    review: str, result: str, time: str = "post", evidence: str = "narrative"
) -> dict[str, str]:
    return {
        "review_id": review,
        "outcome": "hope",
        "timepoint_class": time,
        "evidence": evidence,
        "result": result,
    }


def count(rows: list[dict[str, str]], included: str = "abc") -> dict[str, object]:
    return narrative.votes(source(rows), included, {}, Figures("narrative"))[0]


def test_each_review_votes_once() -> None:
    row = count([finding("a", "improved"), finding("a", "improved"), finding("b", "no_effect")])
    assert (row["improved"], row["no_effect"], row["reviews"]) == (1, 1, 2)


def test_a_review_with_two_directions_counts_as_differing_only() -> None:
    row = count([finding("a", "improved"), finding("a", "worsened"), finding("b", "improved")])
    assert (row["improved"], row["worsened"], row["differs_within_review"]) == (1, 0, 1)


def test_only_included_reviews_vote() -> None:
    assert count([finding("a", "improved"), finding("z", "improved")])["review_ids"] == "a"


def test_empty_time_and_evidence_are_unclear_and_traced() -> None:
    figures = Figures("narrative")
    rows = [finding("a", "improved", "", ""), finding("b", "improved", "unclear", "")]
    narrative.votes(source(rows), "ab", {}, figures)
    line = figures.lines["narrative.votes.hope.unclear.unclear.improved"]
    [picked] = split_rows(line["rows"])
    assert line["value"] == 2
    assert all(matches(picked, row, 2) for row in rows)


def test_quality_stands_beside_the_votes() -> None:
    figures = Figures("narrative")
    rows = [finding("a", "improved"), finding("b", "improved")]
    [row] = narrative.votes(source(rows), "ab", {"a": "low"}, figures)
    assert (row["quality_low"], row["quality_not_rated"]) == (1, 1)
    key = "narrative.votes.hope.post.narrative.quality_low"
    assert "appraisal.overall.low" in figures.lines[key]["rests_on"]


@given(st.lists(st.tuples(st.sampled_from("abcz"), DIRECTIONS), min_size=1))
def test_counts_add_up_to_the_reviews_that_vote(said: list[tuple[str, str]]) -> None:
    rows = [finding(review, result) for review, result in said]
    for row in narrative.votes(source(rows), "abc", {}, Figures("narrative")):
        parts = [row[c] for c in (*narrative.DIRECTIONS, narrative.DIFFERS)]
        assert sum(parts) == row["reviews"] == len({r for r, _ in said} & set("abc"))  # type: ignore[arg-type]


def domain(row_id: str, name: str, direction: str, reviews: str) -> dict[str, str]:
    return {
        "row_id": row_id,
        "framework": "cfir",
        "domain": name,
        "direction": direction,
        "finding": "x",
        "review_ids": reviews,
    }


def test_framework_counts_findings_and_reviews_in_the_order_of_the_protocol() -> None:
    figures = Figures("narrative")
    rows = [
        domain("I1", "Outer setting", "barrier", "a;b"),
        domain("I2", "Innovation", "facilitator", "b;z"),
        domain("I3", "Innovation", "facilitator", "z"),
    ]
    order = ["Outer setting", "Innovation"]
    kept, problems = narrative.framework(source(rows), "abc", order, figures)
    values = {k: line["value"] for k, line in figures.lines.items()}
    assert [row["row_id"] for row in kept] == ["I1", "I2"]
    assert kept[1]["review_ids"] == "b"
    assert values["narrative.framework.cfir.innovation.facilitator"] == 1
    assert values["narrative.framework.cfir.domains"] == 2
    assert values["narrative.framework.cfir.reviews"] == 2
    assert [p["row"] for p in problems] == [4]


def test_themes_are_counted_by_perspective() -> None:
    figures = Figures("narrative")
    row = {"row_id": "X1", "theme": "Wellbeing & recovery", "perspective": "", "valence": "benefit"}
    narrative.themes(source([row | {"review_ids": "a"}]), "a", [], [], figures)
    assert figures.lines["narrative.themes.wellbeing_recovery.unclear.benefit"]["value"] == 1
    assert figures.lines["narrative.themes.themes"]["value"] == 1
