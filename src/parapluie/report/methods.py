"""The paragraph on methods of synthesis, from the settings with which the results were made.

Every sentence rests on what the stages wrote or on the protocol they were given; none is fixed
where a setting decides.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping

from parapluie.effects.intervals import CI_RULES, NORMAL
from parapluie.effects.tau2 import COMMON, ESTIMATORS
from parapluie.effects.umbrella import TRUE_EFFECTS, Conventions
from parapluie.effects.umbrella_tests import EXCESS_TESTS
from parapluie.report.manifest import versions
from parapluie.report.results import Results, Row

_STUDIES, _ROBUST = "studies", "RVE"
_SHOWN_VERSIONS = ("parapluie", "numpy", "scipy", "pandas", "matplotlib", "forestplot")

_ONCE = {
    "most_recent": "the review with the latest search",
    "most_studies": "the review with most studies for the outcome",
    "most_participants": "the source with most participants of the study",
    "review_order": "the first review in the order of the protocol",
}
"""Rule of the protocol to the source that it takes."""


def paragraphs(results: Results) -> list[tuple[str, list[str]]]:
    """Give the parts of the paragraph, each a heading with its sentences.

    Examples
    --------
    >>> paragraphs(Results(stages={}, figures={}, protocol={}))[0]
    ('Pooling', ['No result of a primary study was pooled.'])
    """
    parts = [
        ("Pooling", list(_pooling(results))),
        ("Subgroups and refits", list(_subgroups(results))),
        ("Small-study effects", list(_bias(results))),
        ("Credibility", list(_credibility(results))),
        ("Software", [_software()]),
    ]
    return [(title, sentences) for title, sentences in parts if sentences]


# --- pooling --------------------------------------------------------------------------------------


def _pooling(results: Results) -> Iterator[str]:
    rows = [r for r in results.rows("synthesis/pooled") if r["level"] == _STUDIES]
    main = [r for r in rows if r["main"] == "yes"]
    if not main:
        yield "No result of a primary study was pooled."
        yield from _across(results)
        return
    yield from map(_model, _different(main, "method"))
    for said in _different(main, "pi_method"):
        yield f"95% prediction intervals: {said}."
    yield from _dependence(main, rows)
    yield from _cells(results)
    yield from _heterogeneity(main)
    yield from _once(results)
    yield from _across(results)


def _different(rows: Iterable[Row], column: str) -> list[str]:
    return [v for v in dict.fromkeys(row[column] for row in rows) if v]


def _model(name: str) -> str:
    """Say model, estimator and interval of a row, whose name is METHOD or METHOD_CI."""
    method, _, ci = name.partition("_")
    interval = CI_RULES[ci or NORMAL]
    if method == COMMON:
        return f"Results of primary studies were pooled by a common effect; interval: {interval}."
    label = ESTIMATORS[method].label
    return (
        f"Results of primary studies were pooled by random effects; variance between studies: "
        f"{label} ({method}); 95% confidence interval: {interval}. One study alone keeps its own "
        "normal interval."
    )


def _dependence(main: Iterable[Row], rows: Iterable[Row]) -> Iterator[str]:
    for r in _different(main, "r"):
        yield (
            "Several results of one study were averaged without weights first, with a correlation "
            f"of r = {r} for the variance of their mean (Borenstein et al. 2009, formula 24.6)."
        )
    for r in _different([row for row in rows if row["method"] == _ROBUST], "r"):
        yield (
            "Beside that stands robust variance estimation of all results (correlated effects, "
            f"rho = {r}, CR2 errors, Satterthwaite degrees of freedom)."
        )


def _cells(results: Results) -> Iterator[str]:
    """Say what was done with zero cells, where effects come from counts."""
    paths = {p for row in results.rows("synthesis/study_averages") for p in row["paths"].split(";")}
    if any(path.strip().startswith("cells") for path in paths):
        yield (
            "Effects from counts: 0.5 was added to each cell of tables with a zero cell; the paths "
            "of the table of study averages tell how each effect was had."
        )


def _heterogeneity(main: Iterable[Row]) -> Iterator[str]:
    if any(row["method"] == COMMON for row in main):
        yield "Heterogeneity: Q, and I² by Q."
    else:
        yield (
            "Heterogeneity: Q; I² by the variance between studies and the typical sampling "
            "variance, its interval by Q-profile; I² by Q stands beside it in the tables."
        )


def _once(results: Results) -> Iterator[str]:
    if results.rows("synthesis/chosen_results"):
        rule = _synthesis(results).get("trials_once", "most_recent")
        yield f"A study of which several sources give a result counted once, by {_ONCE[rule]}."


def _across(results: Results) -> Iterator[str]:
    pooled = any(r["level"] != _STUDIES for r in results.rows("synthesis/pooled"))
    yield (
        "Results of reviews were pooled with each other, as the protocol asks; the table names the "
        "studies that count twice."
        if pooled
        else "Results of reviews were not pooled with each other."
    )


def _synthesis(results: Results) -> Mapping[str, str]:
    found: Mapping[str, str] = results.protocol.get("synthesis") or {}
    return found


# --- subgroups, bias ------------------------------------------------------------------------------


def _drawn(results: Results) -> set[str]:
    return {row["kind"] for row in results.rows("forest/index")}


def _subgroups(results: Results) -> Iterator[str]:
    drawn = _drawn(results)
    if "subgroups" in drawn:
        ways = results.protocol["synthesis"]["subgroups"]
        names = ", ".join(str(way.get("label") or way["column"]) for way in ways)
        yield (
            f"Subgroups of studies by: {names}. Each has a variance between studies of its own; "
            "the test between them is Q of their subtotals with model-based errors (Borenstein "
            "et al. 2009, chapter 19)."
        )
    if "leave_one_out" in drawn:
        yield "Each pooled result was computed again without each of its studies."
    if "cumulative" in drawn:
        yield "Cumulative results add studies in the order of their years."


def _bias(results: Results) -> Iterator[str]:
    if "funnel" in _drawn(results):
        yield (
            "Funnel plots, from 10 studies on: Egger's test (regression of effects on standard "
            "errors, weights 1/v, t with k - 2 degrees of freedom) and trim and fill (L0)."
        )
    if not results.rows("credibility/battery"):
        return
    plain, given = Conventions(), results.protocol.get("credibility") or {}
    test = EXCESS_TESTS[given.get("excess", plain.excess)]
    effect = TRUE_EFFECTS[str(given.get("true_effect", plain.true_effect))]
    yield f"Excess significance: {test}; true effect for the power of studies: {effect}."


# --- credibility ----------------------------------------------------------------------------------


def _credibility(results: Results) -> Iterator[str]:
    labels = {r["rule_set"]: r["label"] for r in results.rows("credibility/verdicts")}
    for rule_set, label in labels.items():
        asked = _asked(r for r in results.rows("credibility/classes") if r["rule_set"] == rule_set)
        yield f"Classes by the set of rules {rule_set} ({label}). {asked}".strip()
    for chosen in (results.protocol.get("credibility") or {}).get("rule_sets") or []:
        changed = [f"{name} {value}" for name, value in (chosen.get("options") or {}).items()]
        changed += [f"missing {chosen['missing']}"] if "missing" in chosen else []
        if changed:
            yield f"Set by the protocol for {chosen['id']}: {'; '.join(changed)}."


def _asked(rows: Iterable[Row]) -> str:
    """List what each class asks for, or the domains that take points off."""
    classes: dict[str, list[str]] = {}
    domains: dict[str, None] = {}
    for row in rows:
        if row["for_class"]:
            classes.setdefault(row["for_class"], []).append(_criterion(row))
        else:
            domains[row["criterion"]] = None
    said = [f"{name} asks for {', '.join(dict.fromkeys(c))}" for name, c in classes.items()]
    if domains:
        said.append(f"Points are taken off for {', '.join(domains)}")
    return "".join(f"{s}. " for s in said).strip()


def _criterion(row: Row) -> str:
    one_of = f" ({row['alternative']})" if row["alternative"] else ""
    return f"{row['criterion']} {row['threshold']}{one_of}"


def _software() -> str:
    found = versions()
    said = ", ".join(f"{name} {found[name]}" for name in _SHOWN_VERSIONS)
    return f"{said}, Python {platform.python_version()}."
