"""``parapluie credibility``: the class of each pooled result, by declared sets of rules.

As a stage it reads what synthesis wrote. With ``--effects`` it reads one table of effects of
studies instead, pools each factor, and gives everything about it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parapluie import tables
from parapluie.cli import options
from parapluie.errors import InputError, Problem, raise_if

if TYPE_CHECKING:
    from parapluie.credibility.rules import RuleSet
    from parapluie.credibility.sheets import Sheet
    from parapluie.effects.umbrella import Battery, Conventions

OWN, METAUMBRELLA = "study_effects", "metaumbrella"
STAGE_FILES = {
    "pooled": "results/synthesis/pooled.csv",
    "averages": "results/synthesis/study_averages.csv",
    "printed": "results/synthesis/effects.csv",
    "appraisal": "results/appraisal/overall.csv",
    "overlap": "results/overlap/cca.csv",
}
EXTRACTED = {
    "study-effects": ("extraction/study_effects", "results of primary studies"),
    "study-facts": ("extraction/study_facts", "facts of primary studies"),
    "review-effects": ("extraction/effects", "results that reviews print"),
}


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "credibility", help="credibility class of each pooled result"
    )
    stage = parser.add_argument_group("as a stage")
    options.file_in(_as_parser(stage), "protocol", "the protocol", required=False)
    for name, text in STAGE_FILES.items():
        options.file_in(_as_parser(stage), name, text, required=False)
    for name, (_, text) in EXTRACTED.items():
        options.file_in(_as_parser(stage), name, text, required=False)
    _add_sheet_options(parser.add_argument_group("of one table of effects"))
    options.files_in(parser, "rules", "sets of rules of the team (data/credibility/*.yaml)")
    options.folder_out(parser)
    parser.set_defaults(run=run)


def _as_parser(group: Any) -> argparse.ArgumentParser:
    found: argparse.ArgumentParser = group
    return found


def _add_sheet_options(group: Any) -> None:
    options.file_in(group, "effects", "one table of effects of studies", required=False)
    group.add_argument("--by", default="factor", metavar="COLUMN", help="column that names factors")
    group.add_argument("--form", choices=(OWN, METAUMBRELLA), default=OWN,
                       help="columns of study_effects.csv, or a sheet of metaumbrella")  # fmt: skip
    group.add_argument("--rule-sets", nargs="*", metavar="ID", help="sets of rules to apply")
    group.add_argument("--r", type=float, metavar="R", help="correlation of results of one study")
    group.add_argument("--pre-post", type=float, metavar="R",
                       help="correlation of before and after (metaumbrella)")  # fmt: skip
    group.add_argument("--method", help="estimator of the variance between studies")
    group.add_argument("--ci", help="rule of the confidence interval")
    group.add_argument("--pi", help="rule of the prediction interval")
    group.add_argument("--excess", help="test of excess significance")
    group.add_argument("--true-effect", metavar="EFFECT",
                       help="UWLS, largest, pooled, or a number on the natural scale")  # fmt: skip
    group.add_argument("--tau2-of-power", type=float, metavar="TAU2",
                       help="variance between studies for the power of studies")  # fmt: skip


def run(args: argparse.Namespace) -> None:
    """Read, call, write."""
    raise_if(_not_there(args))
    if args.effects is not None:
        _run_sheet(args)
    else:
        _run_stage(args)


def _not_there(args: argparse.Namespace) -> Iterable[Problem]:
    """Name each input that is no file."""
    given = [p for name, p in vars(args).items() if isinstance(p, Path) and name != "out"]
    for path in [*given, *args.rules]:
        if not path.is_file():
            yield Problem(path.as_posix(), "no such file", "a file", "Correct the path.")


# --- the stage ------------------------------------------------------------------------------------


def _run_stage(args: argparse.Namespace) -> None:
    from parapluie.credibility.classify import CLASS_COLUMNS, VERDICT_COLUMNS
    from parapluie.credibility.stage import BATTERY_COLUMNS, Sources, assess
    from parapluie.trace import COLUMNS

    needed = ("protocol", *STAGE_FILES)
    raise_if(_missing(name) for name in needed if getattr(args, name) is None)
    protocol = options.read_protocol(args.protocol)
    wanted = (protocol.get("credibility") or {}).get("rule_sets") or []
    rules = _loaded(wanted, args.rules, args.protocol.as_posix())
    found = assess(
        Sources(
            protocol=protocol,
            rules=rules,
            **{name: tables.read_text(getattr(args, name)).rows for name in STAGE_FILES},
            **{name.replace("-", "_"): _extracted(args, name) for name in EXTRACTED},
            study_effects_file=args.study_effects.as_posix() if args.study_effects else "",
            review_effects_file=args.review_effects.as_posix() if args.review_effects else "",
            protocol_file=args.protocol.as_posix(),
        )
    )
    tables.write_rows(args.out / "classes.csv", CLASS_COLUMNS, found.classes)
    tables.write_rows(args.out / "verdicts.csv", VERDICT_COLUMNS, found.verdicts)
    tables.write_rows(args.out / "battery.csv", BATTERY_COLUMNS, found.battery)
    tables.write_rows(args.out / "figures.csv", COLUMNS, found.figures.ordered())


def _missing(name: str) -> Problem:
    return Problem("parapluie credibility", f"no --{name}", "a file",
                   f"Give --{name}, or --effects with one table of effects.")  # fmt: skip


def _extracted(args: argparse.Namespace, name: str) -> Sequence[Mapping[str, Any]]:
    path = getattr(args, name.replace("-", "_"))
    return tables.read_rows(path, EXTRACTED[name][0], path.as_posix()) if path else []


def _loaded(wanted: Sequence[Mapping[str, Any]], own: Sequence[Path], shown: str) -> list[RuleSet]:
    """Load sets of rules; the faults of all of them are told together."""
    from parapluie.credibility.rules import chosen

    found, problems = chosen(wanted, own, shown)
    raise_if(problems)
    return found


# --- one table of effects -------------------------------------------------------------------------


def _run_sheet(args: argparse.Namespace) -> None:
    from parapluie.credibility.classify import (
        CLASS_COLUMNS,
        VERDICT_COLUMNS,
        class_rows,
        classify,
        verdict_rows,
    )
    from parapluie.credibility.measured import known_of
    from parapluie.credibility.sheets import LEFT_OUT_COLUMNS
    from parapluie.credibility.stage import BATTERY_COLUMNS, battery_rows
    from parapluie.effects.umbrella import battery

    rules = _loaded([{"id": name} for name in _rule_sets(args)], args.rules, "--rule-sets")
    sheet = _read_sheet(args)
    found = battery(sheet.factors, _conventions(args, sheet.about.measures))
    known = known_of(found, sheet.about)
    judged = [classify(each, known.results, known.facts_for(each)) for each in rules]
    out = args.out
    rows = list(battery_rows(found))
    tables.write_columns(out / "battery.csv", {c: [r[c] for r in rows] for c in BATTERY_COLUMNS})
    tables.write_columns(out / "studies.csv", study_columns(sheet, found))
    tables.write_rows(out / "left_out.csv", LEFT_OUT_COLUMNS, sheet.left_out)
    _write_texts(out / "classes.csv", CLASS_COLUMNS, [r for j in judged for r in class_rows(j)])
    _write_texts(
        out / "verdicts.csv", VERDICT_COLUMNS, [r for j in judged for r in verdict_rows(j)]
    )


def _write_texts(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    tables.write_columns(path, {c: [row.get(c, "") for row in rows] for c in columns})


_DEFAULTS = {OWN: ("ioannidis",), METAUMBRELLA: ("metaumbrella", "grade_algorithmic")}


def _rule_sets(args: argparse.Namespace) -> Sequence[str]:
    return _DEFAULTS[args.form] if args.rule_sets is None else args.rule_sets


def _read_sheet(args: argparse.Namespace) -> Sheet:
    table = tables.read_text(args.effects, args.effects.as_posix())
    if args.form == METAUMBRELLA:
        from parapluie.credibility import sheet_metaumbrella as sheet

        return sheet.read(
            table,
            sheet.R if args.r is None else args.r,
            sheet.PRE_POST if args.pre_post is None else args.pre_post,
        )
    from parapluie.credibility.sheets import study_effects

    return study_effects(table, args.by, float("nan") if args.r is None else args.r)


def _conventions(args: argparse.Namespace, measures: Sequence[str]) -> Conventions:
    """Take the options, and for the rest what is usual for the form of the table."""
    from parapluie.effects.metaumbrella import CONVENTIONS
    from parapluie.effects.umbrella import Conventions

    usual = CONVENTIONS if args.form == METAUMBRELLA else Conventions()
    given = {
        "method": args.method,
        "ci": args.ci,
        "pi": args.pi,
        "excess": args.excess,
        "tau2_of_power": args.tau2_of_power,
    }
    effect = _true_effect(args.true_effect, measures)
    given |= {} if effect is None else {"true_effect": effect}
    try:
        return usual.but({name: value for name, value in given.items() if value is not None})
    except ValueError as error:
        raise InputError([_no_such(str(error))]) from error


def _no_such(said: str) -> Problem:
    found, _, allowed = said.partition(" is not one of ")
    return Problem("parapluie credibility", found, allowed, "Correct the option.")


def _true_effect(given: str | None, measures: Sequence[str]) -> str | list[float] | None:
    """Read a true effect; a number is brought from the natural scale to that of each factor."""
    from parapluie.effects.umbrella import TRUE_EFFECTS
    from parapluie.measures import MEASURES

    if given is None or given in TRUE_EFFECTS:
        return given
    value = tables.parse_number(given)
    if value is None:
        raise InputError([
            Problem("--true-effect", repr(given), f"{', '.join(TRUE_EFFECTS)}, or a number",
                    "Correct the option.")
        ])  # fmt: skip
    return [MEASURES[measure].to_analysis(value) for measure in measures]


def study_columns(sheet: Sheet, found: Battery) -> dict[str, list[Any]]:
    """Give the columns of ``studies.csv``, one row for each study of each factor."""
    given, more = found.factors.numbers, found.of_studies
    names = found.factors.names[found.factors.group.of]
    columns: dict[str, list[Any]] = {
        "result_id": [str(n) for n in names],
        "study": [str(s) for s in found.factors.studies],
        "yi": given["yi"].tolist(),
        "se": (given["vi"] ** 0.5).tolist(),
    }
    for name in ("ci_low", "ci_high", "n_cases", "n_controls", "n_total"):
        columns[name] = given[name].tolist()
    for name in ("weight", "power", "chance", "estimate_without", "p_without"):
        columns[name] = more[name].tolist()
    columns["significant"] = ["yes" if s else "no" for s in more["significant"].tolist()]
    columns["path"] = [str(p) for p in sheet.paths]
    return columns
