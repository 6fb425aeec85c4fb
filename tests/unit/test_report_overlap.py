"""What the page tells of overlap and appraisal: made-up lists and ratings, counted by hand."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from xml.etree import ElementTree as Xml

import docx
import pytest

from parapluie.cli import main
from parapluie.report import svg
from parapluie.report.results import Results
from parapluie.report.sentence import sentence_html
from parapluie.report.tables import overlap_questions, overlap_reviews
from parapluie.schema import ABSENT_CODES
from parapluie.tables import Table as TextTable
from tests import made_report

REVIEWS = """\
review_id,first_author,year,review_type,n_studies
alpha2019,Alpha,2019,ma,
beta2020,Beta,2020,ma,
delta2022,Delta,2022,ma,
gamma2021,Gamma,2021,ma,
"""
# Ho is one study by its DOI, Lee by label alone (and asked about); Baker is later than Alpha.
STUDIES = """\
review_id,study_label,year,doi,n_participants
alpha2019,Ho 2010,2010,10.1/ho,100
alpha2019,Lee 2011,2011,,25
alpha2019,Kim 2012,2012,10.1/kim,
beta2020,"Ho, 2010",2010,10.1/ho,100
beta2020,"Lee, 2011",2011,,25
beta2020,Baker 2020,2020,10.1/baker,16
gamma2021,Ho 2010,2010,10.1/ho,100
gamma2021,Lee 2011,2011,,25
"""
PROTOCOL = (
    made_report.PROTOCOL
    + """\
review_types:
  - {id: ma, label: Meta-analysis, meta_analysis: true}
appraisal:
  tool: amstar2
  critical: [4, 7, 9]
  critical_reason: protocols cannot be had here
"""
)
UNKNOWN = ABSENT_CODES[""]
PARTS = {"9": ("9_rct", "9_nrsi"), "11": ("11_rct", "11_nrsi")}
ITEMS = [part for i in map(str, range(1, 17)) for part in PARTS.get(i, (i,))]


def ratings(answers: dict[str, dict[str, str]]) -> str:
    """Write a table of answers: yes but for those given; an empty text leaves the item out."""
    lines = ["review_id,item,answer"]
    for review, given in answers.items():
        for item in ITEMS:
            answer = given.get(item, "yes")
            lines += [f"{review},{item},{answer}"] if answer else []
    return "\n".join(lines) + "\n"


def write(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path.as_posix()


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("review")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        made_report.make(folder)
        write(folder / "data/protocol.yaml", PROTOCOL)
        write(folder / "data/extraction/reviews.csv", REVIEWS)
        write(folder / "results/included/reviews.csv", REVIEWS)
        studies = write(Path("data/extraction/studies.csv"), STUDIES)
        reviews = "results/included/reviews.csv"
        words = ["--reviews", reviews, "--studies", studies, "--structural-missingness", "year"]
        assert main(["overlap", *words, "--kinds", "distribution", "--out", "results/overlap"]) == 0
        place = Path("data/appraisal/amstar2")
        # Item 2 is critical in the standard set only. R1 and R2 differ on item 3 of alpha, which is
        # settled, and on item 5 of gamma, which is not; R2 is not done with beta.
        no = {"2": "no", "7": "no"}
        one = write(place / "R1.csv", ratings({"alpha2019": no, "beta2020": {}, "gamma2021": {}}))
        differs, gap = {"5": "no"}, {"7": ""}
        other = {"alpha2019": no | {"3": "no"}, "beta2020": gap, "gamma2021": differs}
        two = write(place / "R2.csv", ratings(other))
        settled = "review_id,item,answer\nalpha2019,3,yes\n"
        three = write(place / "consensus.csv", settled)
        said = "review_id,part,rating,source\nalpha2019,overall,moderate,Table 2\n"
        recorded = write(place / "recorded.csv", said)
        words = ["--protocol", "data/protocol.yaml", "--reviews", reviews, "--recorded", recorded]
        words += ["--ratings", one, two, three, "--kinds", "answers", "--out", "results/appraisal"]
        assert main(["appraisal", *words]) == 0
        assert made_report.report(folder) == 0
    return folder


def rows(review: Path, name: str) -> list[dict[str, str]]:
    text = (review / f"reports/tables/{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def page(review: Path) -> str:
    return (review / "reports/index.html").read_text(encoding="utf-8")


def section(review: Path, name: str) -> str:
    found = re.search(rf'<section id="{name}".*?</section>', page(review), re.S)
    assert found is not None
    return found.group()


# --- overlap --------------------------------------------------------------------------------------


def test_cca_with_and_without_impossible_cells(review: Path) -> None:
    (line,) = rows(review, "overlap")
    # 8 inclusions of 4 studies in 3 reviews; Baker 2020 could not be in Alpha 2019.
    assert (line["c"], line["r"], line["n"], line["x"]) == ("3", "4", "8", "1")
    assert float(line["cca"]) == (8 - 4) / (4 * 3 - 4)
    assert float(line["cca_adjusted"]) == pytest.approx((8 - 4) / (4 * 3 - 4 - 1))


def test_bands_of_pairs_stand_beside_the_overall_cca(review: Path) -> None:
    (line,) = rows(review, "overlap_bands")
    # 2 of 4, 2 of 3 and 2 of 3: every pair is very high.
    assert [float(line[f"share_{b}"]) for b in ("slight", "moderate", "high", "very_high")] == [
        0, 0, 0, 1,
    ]  # fmt: skip
    assert (line["pairs"], float(line["cca"])) == ("3", 0.5)
    assert [r["shared"] for r in rows(review, "overlap_pairs")] == ["2", "2", "2"]
    assert [float(r["cca"]) for r in rows(review, "overlap_pairs")] == pytest.approx(
        [2 / 3, 2 / 3, 2 / 4]
    )


def test_a_weighted_area_that_is_not_there_has_its_reason(review: Path) -> None:
    (line,) = rows(review, "overlap_weighted")
    reason = "participants not known of 1 studies"
    assert (line["wcca"], line["why"]) == (f"not_available: {reason}", reason)
    assert "wCCA (square-root weights, after Ying 2025)" in section(review, "overlap")


def test_reviews_that_add_nothing_and_one_without_a_list(review: Path) -> None:
    (line,) = rows(review, "overlap_adds_none")
    assert (line["review_id"], line["total"], line["unique"]) == ("gamma2021", "2", "0")
    assert line["within"] == "Alpha 2019;Beta 2020"
    every = {r["review_id"]: r["standing"] for r in rows(review, "overlap_reviews")}
    assert every["delta2022"] == "no list of studies: left out"
    assert len(every) == 4


def test_without_any_list_no_review_is_said_to_add_nothing() -> None:
    lines = [{"review_id": "a", "total": "", "standing": "no list of studies: left out"}]
    table = overlap_reviews.build(Results({"overlap/reviews": lines}, {}, {}))
    assert (table.rows, table.empty) == ((), "")


def test_both_ends_of_the_open_questions(review: Path) -> None:
    found = {r["value"]: r for r in rows(review, "overlap_sensitivity")}
    # Lee apart in each review: 8 inclusions of 6 studies.
    assert found["all different"]["r"] == "6"
    assert float(found["all different"]["cca"]) == pytest.approx((8 - 6) / (6 * 3 - 6))
    assert float(found["all the same"]["cca"]) == 0.5
    assert found["none"]["x"] == "0"
    assert found["none"]["cca_adjusted"] == "not_applicable: no structurally missing cell"
    keys = re.findall(r'data-key="(overlap\.(?:questions|missingness)[^"]*)"', page(review))
    assert len(keys) == 5 * 4


def test_joined_labels_are_counted_by_rule(review: Path) -> None:
    found = {r["rule"]: int(r["n"]) for r in rows(review, "overlap_merges")}
    listed = [r["rule"] for r in rows(review, "overlap_joined")]
    assert found == {rule: listed.count(rule) for rule in set(listed)}
    assert {"DOI, other facts agree", "label, first author and year"} == set(found)


def test_a_line_to_paste_is_an_answer_that_the_stage_takes(review: Path, tmp_path: Path) -> None:
    asked = rows(review, "overlap_questions")
    assert [r["rank"] for r in asked] == [str(i) for i in range(1, len(asked) + 1)]
    assert len(asked) > 0 and all(r["counted_as"] == "same" for r in asked)
    head = re.search(r"its first line is: ([a-z_,]+)", section(review, "overlap"))
    assert head is not None
    lines = [head.group(1), *(r["different"] for r in asked)]
    links = write(tmp_path / "study_links.csv", "\n".join(lines) + "\n")
    words = ["--reviews", str(review / "results/included/reviews.csv"), "--links", links]
    words += ["--studies", str(review / "data/extraction/studies.csv"), "--kinds", "distribution"]
    assert main(["overlap", *words, "--out", str(tmp_path / "out")]) == 0
    with (tmp_path / "out/matches_to_check.csv").open(encoding="utf-8") as file:
        left = {(r["review_a"], r["review_b"]) for r in csv.DictReader(file)}
    assert left.isdisjoint({(r["review_a"], r["review_b"]) for r in asked})
    # Lee is a study of its own in each review now: no rule joins beside an answer.
    with (tmp_path / "out/cca.csv").open(encoding="utf-8") as file:
        assert next(csv.DictReader(file))["r"] == "6"


def test_a_line_to_paste_follows_the_columns_of_the_file() -> None:
    columns = ["by", "answer", "review_a", "study_label_a", "review_b", "study_label_b"]
    links = TextTable("data/extraction/study_links.csv", columns, [], [], delimiter=";")
    asked = {"rank": "1", "review_a": "a", "study_label_a": "Lee; Ho 2010", "review_b": "b",
             "study_label_b": "Lee 2010", "answer": "", "counted_as": "different",
             "looks_same_by": "year", "differs_in": "", "points": "1"}  # fmt: skip
    results = Results(
        {"overlap/matches_to_check": [asked]}, {}, {}, data={"extraction/study_links.csv": links}
    )
    table = overlap_questions.build(results)
    assert table.rows[0][-2].value == ';same;a;"Lee; Ho 2010";b;Lee 2010'
    assert not any("first line" in note for note in table.notes)


def test_the_sentence_stands_there_with_its_keys(review: Path) -> None:
    said = (review / "results/overlap/sentence.txt").read_text(encoding="utf-8").strip()
    shown = section(review, "overlap")
    paragraph = next(p for p in re.findall(r"<p>(.*?)</p>", shown, re.S) if "covered area was" in p)
    plain = "".join(Xml.fromstring(f"<p>{paragraph}</p>").itertext())
    assert plain.strip() == said
    keyed = re.findall(r'data-key="overlap\.all\.(\w+)">([^<]*)<', paragraph)
    assert dict(keyed) == {
        "c": "3", "r": "4", "n": "8", "in_more_than_one": "2", "cca_percent": "50.00", "x": "1",
        "cca_adjusted": "57.14", "pairs": "3", "share_slight": "0.0", "share_moderate": "0.0",
        "share_high": "0.0", "share_very_high": "100.0",
    }  # fmt: skip
    rest = re.sub(r'<span class="(?:n|label)".*?</span>', "", paragraph)
    assert not re.search(r"\d", rest)


def test_a_number_of_the_sentence_that_its_figure_does_not_have_gets_no_key() -> None:
    text = "3 reviews included 4 different primary studies 8 times;"
    line = {"value": "4", "absent_reason": ""}
    figures = {"overlap.all.c": line, "overlap.all.r": line}
    found = sentence_html(Results({"overlap/sentence": [{"text": text}]}, figures, {}))
    assert re.findall(r'data-key="([^"]*)"', found) == ["overlap.all.r"]


# --- appraisal ------------------------------------------------------------------------------------


def test_grades_under_both_sets_and_beside_the_published_one(review: Path) -> None:
    found = {r["review_id"]: r for r in rows(review, "appraisal")}
    # Items 2 and 7 are no: one critical weakness of the team's set, two of the standard one.
    alpha = found["alpha2019"]
    assert (alpha["computed"], alpha["standard_shown"]) == ("low", "critically_low")
    assert (alpha["recorded_shown"], alpha["agrees"]) == ("moderate", "no")
    assert "critical set without 7" in alpha["explained_by"]
    shown = section(review, "quality")
    assert "Critical items of this review: 4, 7, 9 (protocols cannot be had here)" in shown
    assert "The standard set: 2, 4, 7, 9, 11, 13, 15." in shown


def test_blocked_and_waiting_reviews_are_named(review: Path) -> None:
    found = {r["review_id"]: r for r in rows(review, "appraisal_open")}
    assert (found["beta2020"]["who"], found["beta2020"]["blocked_by"]) == ("R2", UNKNOWN)
    assert found["gamma2021"]["blocked_by"] == "5"
    assert "alpha2019" not in found
    graded = {r["review_id"]: r for r in rows(review, "appraisal")}
    assert [graded[r]["final"] for r in ("beta2020", "gamma2021")] == [UNKNOWN, UNKNOWN]
    assert graded["delta2022"]["reason"] == "no item answers and no recorded grade"


def test_agreement_has_its_intervals(review: Path) -> None:
    found = {(r["part"], r["statistic"]): r for r in rows(review, "appraisal_agreement")}
    percent = found["items", "percent"]
    # Two reviews of which both are done, 16 items each; they differ on two.
    assert (percent["n"], float(percent["value"])) == ("32", 30 / 32)
    assert float(percent["low"]) < 30 / 32 < float(percent["high"]) <= 1
    assert {"kappa", "ac1"} <= {statistic for part, statistic in found if part == "items"}
    assert len(rows(review, "appraisal_agreement_items")) == 16 * 5


def test_the_floor_and_the_compared_grades_are_told(review: Path) -> None:
    shown = section(review, "quality")
    assert 'data-key="appraisal.overall.floor_share">0.0%<' in shown
    assert 'data-key="appraisal.overall.rule_compared">1<' in shown
    assert 'data-key="appraisal.overall.rule_agrees_with_recorded">0<' in shown


def test_studies_without_ids_have_their_labels_in_the_matrix_for_word(review: Path) -> None:
    table = docx.Document(str(review / "reports/tables/citation_matrix.docx")).tables[0]
    assert [row.cells[0].text for row in table.rows[1:]] == [
        "Ho 2010", "Lee 2011", "Kim 2012", "Baker 2020",
    ]  # fmt: skip


# --- both -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["overlap", "quality"])
def test_every_number_of_the_tables_has_a_key(review: Path, name: str) -> None:
    cells = re.findall(r"<td([^>]*)>([^<]+)</td>", section(review, name))
    numbers = [(marks, text) for marks, text in cells if re.search(r"\d", text)]
    assert len(numbers) > 30
    kinds = r'data-key="|class="[^"]*\b(?:label|id|ref)\b'
    assert [text for marks, text in numbers if not re.search(kinds, marks)] == []


def test_lines_that_look_the_same_become_one_path() -> None:
    cross = '<path d="M 1 1  L 2 2 " style="fill: none; stroke: #123"/>'
    other = '<path d="M 5 5 L 6 6" style="fill: none; stroke: #456"/>'
    filled = '<path d="M 1 1 L 2 2 z" style="fill: #123"/>'
    body = cross + cross.replace("1 1", "3 3") + other + cross + filled + filled
    drawn = svg.inline(f'<svg xmlns="http://www.w3.org/2000/svg" width="9">{body}</svg>', {})
    paths = re.findall(r'<path d="([^"]*)"', drawn)
    assert paths == ["M 1 1 L 2 2 M 3 3 L 2 2", "M 5 5 L 6 6", "M 1 1 L 2 2",
                     "M 1 1 L 2 2 z", "M 1 1 L 2 2 z"]  # fmt: skip
