"""Sets of rules: reading them, and one line for each fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from parapluie.credibility.conditions import AT_LEAST, BELOW, IS, Criterion
from parapluie.credibility.rules import FOLDER, chosen, find, load, shipped
from parapluie.errors import InputError, Problem

LADDER: dict[str, Any] = {
    "id": "ours", "label": "Our classes", "kind": "ladder", "source": "Protocol, section 9",
    "options": {"cases": 500, "range": [0.8, 1.25]},
    "classes": [
        {"class": "A", "criteria": {"n_cases": {"above": "cases"}, "p": {"below": "1e-6"}}},
        {"class": "B", "criteria": {"p": {"below": 0.05}}},
    ],
    "otherwise": {"class": "C"},
}  # fmt: skip
POINTS: dict[str, Any] = {
    "id": "ours", "label": "Our points", "kind": "downgrades", "source": "Protocol",
    "grades": [{"class": "high", "most": 0}, {"class": "low"}],
    "domains": [{
        "domain": "size",
        "steps": [{"when": {"n_studies": {"below": 5}}, "down": 1}],
        "otherwise": 0,
    }],
}  # fmt: skip


def written(folder: Path, content: Any, name: str = "ours") -> Path:
    path = folder / f"{name}.yaml"
    text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(path: Path, shown: str) -> list[Problem]:
    try:
        load(path, shown=shown)
    except InputError as error:
        return list(error.problems)
    return []


def test_a_set_is_read(tmp_path: Path) -> None:
    rules = load(written(tmp_path, LADDER))
    assert rules.classes == ("A", "B", "C") and rules.missing == "not_assessable"
    assert [c.sentence() for c in rules.criteria] == [
        "cases above 500",
        "p below 1e-06",
        "p below 0.05",
    ]
    assert rules.criteria[1] == Criterion("p", BELOW, 1e-6)


def test_numbers_that_yaml_takes_for_texts_are_numbers(tmp_path: Path) -> None:
    text = yaml.safe_dump(LADDER).replace("1e-6", "1e-6").replace("'", "")
    assert "1e-6" in text and isinstance(yaml.safe_load("1e-6"), str)
    assert load(written(tmp_path, text)).criteria[1].threshold == 1e-6


def test_other_names_and_capitals_of_facts(tmp_path: Path) -> None:
    names = {"I2": "i2", "esb_p": "excess_p", "JK_p": "jackknife_p", "p_value": "p", "ROB": "rob"}
    content = {**LADDER, "classes": [
        {"class": "A", "criteria": {name: {"below": 1} for name in names}}
    ]}  # fmt: skip
    assert [c.fact for c in load(written(tmp_path, content)).criteria] == list(names.values())


def test_words_and_orders(tmp_path: Path) -> None:
    content = {**LADDER, "classes": [{"class": "A", "criteria": {
        "small_study_effects": {"is": False},
        "pi": {"is": "excludes_null"},
        "amstar2": {"at_least": "moderate"},
        "ci_side": {"is": ["above", "below"]},
        "power": {"above": 0.8, "for_smd": 0.2},
    }}]}  # fmt: skip
    found = load(written(tmp_path, content)).criteria
    assert [c.sentence() for c in found] == [
        "not small-study effects", "prediction interval excludes null",
        "overall confidence in the review (AMSTAR 2) at least moderate",
        "confidence interval below or above null", "power for SMD 0.2 above 0.8",
    ]  # fmt: skip
    assert (found[0].operator, found[2].operator) == (IS, AT_LEAST)
    assert found[4].fact == "power@0.2"


def test_options_of_the_protocol_take_the_place_of_those_of_the_set(tmp_path: Path) -> None:
    path = written(tmp_path, LADDER)
    assert load(path, {"cases": 2000}).criteria[0].threshold == 2000
    assert load(path, missing="fails").missing == "fails"
    with pytest.raises(InputError, match=r"option caes; allowed: cases, range"):
        load(path, {"caes": 1})
    with pytest.raises(InputError, match=r"range: 1.*a list of two numbers"):
        load(path, {"range": 1})


def changed(content: dict[str, Any], *path: Any, to: Any) -> dict[str, Any]:
    """Copy a set with one value changed; ``None`` removes the key."""
    copy = yaml.safe_load(yaml.safe_dump(content))
    place = copy
    for step in path[:-1]:
        place = place[step]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return dict(copy)


TEST = ("classes", 0, "criteria")
FAULTS = [
    (changed(LADDER, "source", to=None), '"source" is a required property', "Add the key"),
    (changed(LADDER, "kind", to="ladders"), "'ladders'; allowed: ladder, downgrades", "kind"),
    (changed(LADDER, "clases", to=[]), "unknown key clases", "classes"),
    (changed(LADDER, "missing", to="no"), "'no'; allowed: not_assessable, fails", "missing"),
    (changed(LADDER, "id", to="other"), "'other'; allowed: ours", "Name the file like the id"),
    (changed(LADDER, "otherwise", to=None), "no otherwise", "in a set of kind ladder"),
    (changed(LADDER, "grades", to=[{"class": "x"}, {"class": "y"}]), "grades in a set", "Remove"),
    (changed(LADDER, "classes", 1, "class", to="A"), "'A' twice; allowed: each class once", ""),
    (changed(LADDER, "otherwise", "class", to="B"), "'B' twice", "otherwise.class"),
    (changed(LADDER, "classes", to=[]), "[]", "classes"),
    (changed(LADDER, *TEST, "n_casses", to={"above": 1}), "fact n_casses; allowed: n_studies", ""),
    (changed(LADDER, *TEST, "p", to={}), "{}", "p"),
    (changed(LADDER, *TEST, "p", to={"under": 1}), "unknown key under", "above, at_least"),
    (changed(LADDER, *TEST, "p", to={"below": "few"}), "below: 'few'", "options cases, range"),
    (changed(LADDER, *TEST, "p", to={"below": "range"}), "below: 'range'", "a number, or one of"),
    (changed(LADDER, *TEST, "p", to={"is": "small"}), "is: 'small'", "a comparison with a number"),
    (changed(LADDER, *TEST, "pi", to={"is": "notnull"}), "is: 'notnull'",
     "includes_null, excludes_null"),
    (changed(LADDER, *TEST, "pi", to={"above": 0}), "above: 0", "is: includes_null or"),
    (changed(LADDER, *TEST, "amstar2", to={"above": "low"}), "above: 'low'", "at_least or at_most"),
    (changed(LADDER, *TEST, "amstar2", to={"at_least": "good"}), "at_least: 'good'",
     "critically_low, low"),
    (changed(LADDER, *TEST, "power", to={"above": 0.8}), "power without for_smd", "for which"),
    (changed(LADDER, *TEST, "p", to={"below": 1, "for_smd": 0.2}), "p with for_smd", "no other"),
    (changed(LADDER, *TEST, "ci_to_large", to={"is": True}), "ci_to_large", "key equivalence"),
    (changed(LADDER, *TEST, "any_of", to=[{"p": {"below": 1}}]), "any_of", ""),
    (changed(LADDER, *TEST, "any_of", to=[{"p": {"below": 1}}, {"q": {"below": 1}}]), "fact q", ""),
    (changed(LADDER, "options", "cases", to="many"), "'many'", "a number, or a list of two"),
    (changed(POINTS, "grades", 0, to={"class": "high"}), "most: [None, None]", "rising numbers"),
    (changed(POINTS, "grades", 1, to={"class": "low", "most": 3}), "most: [0, 3]", "rising"),
    (changed(POINTS, "domains", 0, "otherwise", to=None), "required property", "Add the key"),
    (changed(POINTS, "domains", 0, "steps", 0, "down", to=-1), "-1", "at least 0"),
    (changed(POINTS, "equivalence", to={"difference": "r", "ratio": "r"}), "'r'",
     "an option that is a list"),
    ("id: [", "expected node content", "YAML"),
    ("- a\n", "['a']", "object"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "found", "said"), FAULTS, ids=range(len(FAULTS)))
def test_every_fault_has_a_line(tmp_path: Path, content: Any, found: str, said: str) -> None:
    path = written(tmp_path, content)
    problems = problems_of(path, "data/credibility/ours.yaml")
    lines = [p.line() for p in problems]
    assert any(found in line and said in line for line in lines), lines
    assert all(line.startswith("data/credibility/ours.yaml") and "\n" not in line for line in lines)


def test_faults_name_their_line(tmp_path: Path) -> None:
    text = (
        "id: ours\nlabel: L\nkind: ladder\nsource: S\nclasses:\n"
        "  - class: A\n    criteria:\n      p: {below: 0.05}\n      nothing: {above: 1}\n"
        "otherwise: {class: B}\n"
    )
    (problem,) = problems_of(written(tmp_path, text), "ours.yaml")
    assert (problem.row, problem.column) == (9, "classes.0.criteria.nothing")


def test_a_set_without_faults_has_no_lines(tmp_path: Path) -> None:
    assert problems_of(written(tmp_path, LADDER), "ours.yaml") == []
    assert problems_of(written(tmp_path, POINTS), "ours.yaml") == []
    for name in shipped():
        assert problems_of(FOLDER / f"{name}.yaml", name) == []


def test_sets_are_found_by_name_those_of_the_team_first(tmp_path: Path) -> None:
    own = written(tmp_path, changed(LADDER, "id", to="ioannidis"), "ioannidis")
    assert find("ioannidis") == FOLDER / "ioannidis.yaml"
    assert find("ioannidis", [own]) == own
    found, problems = chosen([{"id": "ioannidis"}, {"id": "nobody"}], [own], "data/protocol.yaml")
    assert [r.label for r in found] == ["Our classes"] and found[0].file.endswith("ioannidis.yaml")
    (problem,) = problems
    assert "'nobody'" in problem.found and "grade_algorithmic" in problem.allowed
    assert problem.column == "credibility.rule_sets"


def test_the_review_is_checked_before_anything_runs(tmp_path: Path) -> None:
    from parapluie.check import problems_of_review
    from parapluie.cli import main

    review = tmp_path / "review"
    assert main(["new", str(review)]) == 0
    before = len(problems_of_review(review))
    protocol = review / "data" / "protocol.yaml"
    text = protocol.read_text(encoding="utf-8")
    protocol.write_text(
        text + "\ncredibility:\n  rule_sets:\n    - {id: ours}\n    - {id: nobody}\n", "utf-8"
    )
    (review / "data" / "credibility").mkdir()
    written(review / "data" / "credibility", changed(LADDER, "kind", to="x"))
    lines = [p.line() for p in problems_of_review(review)]
    assert len(lines) == before + 2
    assert any("'nobody'" in line for line in lines) and any("'x'" in line for line in lines)
