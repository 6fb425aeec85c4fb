"""``parapluie appraisal --blank``: a sheet for a rater to fill in, or for two to agree on."""

from __future__ import annotations

import argparse
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from parapluie import inputs, rating_sheets, tables
from parapluie.cli import options
from parapluie.errors import Problem, raise_if

CONSENSUS = "consensus"
_TOOLS = Path(__file__).parents[1] / "appraisal" / "tools"
_RESERVED = (CONSENSUS, "recorded", "counts", "overrides")
_REVIEWS = ("results/included/reviews.csv", "data/extraction/reviews.csv")
_HINT = (
    "Answer the criteria, or the item in bold, or both. page: the page of the PDF, the first being "
    "1. quote: its words; [...] for words left out."
)
_HINT_CONSENSUS = "Where raters agree the answer is filled in; settle the rows that differ."


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the sheets."""
    group = parser.add_argument_group("a sheet to fill in, instead of grades")
    group.add_argument("--blank", metavar="REVIEW", help="review_id; --out is the sheet to write")
    group.add_argument("--rater", metavar="NAME", help="pseudonym of who fills it in")
    group.add_argument("--consensus", action="store_true", help="what both raters answered")
    group.add_argument("--tool", metavar="NAME", help="default: as the protocol says")
    group.add_argument("--profile", metavar="NAME", help="default: as the protocol says")
    group.add_argument(
        "--review", type=Path, default=Path(), metavar="PATH", help="folder of the review"
    )


def run(args: argparse.Namespace) -> None:
    """Write the sheet, unless it is there already."""
    from parapluie.appraisal import sheets

    protocol = _protocol(args)
    chosen = protocol.get("appraisal", {})
    name = args.tool or chosen.get("tool", "amstar2")
    planned = chosen.get("profile", "") if name == chosen.get("tool", "amstar2") else ""
    profile = args.profile or planned
    found = _review(args)
    tool = _tool(name)
    raise_if([*_problems(args, name, tool, found), *_profile_problems(tool, profile)])
    profile, settings = _profile(tool, profile)
    left_out = _not_scored(settings, protocol, found)
    rater = CONSENSUS if args.consensus else args.rater
    whose = (args.blank, found.get("title", ""), rater, name, profile)
    about = dict(zip(rating_sheets.ABOUT, whose, strict=True))
    label = " ".join(found.get(c, "") for c in ("first_author", "year")).strip() or args.blank
    sheet = sheets.Sheet(
        about,
        f"{tool['label']}: {label}",
        _HINT_CONSENSUS if args.consensus else _HINT,
        sheets.rows_of(tool, settings.get("critical", ()), left_out),
    )
    if args.consensus:
        sheet = _for_consensus(args, name, tool, sheet)
    _write(args.out, sheet)
    print(f"{args.out}: {len(sheet.rows)} rows to answer. It goes to {_home(about)}")


# --- reading --------------------------------------------------------------------------------------


def _protocol(args: argparse.Namespace) -> Mapping[str, Any]:
    path = args.protocol or args.review / "data" / "protocol.yaml"
    return options.read_protocol(path) if path.is_file() else {}


def _review(args: argparse.Namespace) -> dict[str, str]:
    """Give what is known of the review; nothing if it is not known."""
    for path in [args.reviews] if args.reviews else [args.review / name for name in _REVIEWS]:
        if path.is_file():
            for row in tables.read_text(path).rows:
                if row.get("review_id") == args.blank:
                    return row
    return {}


def _tool(name: str) -> Mapping[str, Any]:
    path = _TOOLS / f"{name}.yaml"
    known = path.parent == _TOOLS and path.is_file()
    return yaml.safe_load(path.read_text(encoding="utf-8")) if known else {}


def _problems(
    args: argparse.Namespace, name: str, tool: Mapping[str, Any], found: Mapping[str, str]
) -> list[Problem]:
    """Find every reason not to write the sheet."""
    problems = []
    if not tool.get("items"):
        with_items = sorted(p.stem for p in _TOOLS.glob("*.yaml") if _tool(p.stem).get("items"))
        mend = "Give a tool whose items are defined."
        problems.append(Problem("--tool", repr(name), ", ".join(with_items), mend))
    if not found:
        mend = "Write the review_id as in reviews.csv, or run `snakemake` first."
        problems.append(Problem("--blank", repr(args.blank), "an included review", mend))
    if not args.consensus and (
        not re.fullmatch(r"[A-Za-z0-9_-]+", args.rater or "") or args.rater in _RESERVED
    ):
        allowed = f"a pseudonym of letters, digits, _ and -, not {', '.join(_RESERVED)}"
        problems.append(Problem("--rater", repr(args.rater), allowed, "Say who fills it in."))
    return problems + _out_problems(args.out)


def _out_problems(out: Path) -> list[Problem]:
    if out.suffix not in (".xlsx", ".csv"):
        return [Problem("--out", repr(out.name), "a name with .xlsx or .csv", "Correct the name.")]
    if out.exists():
        mend = "Take another name, or remove the file yourself: it may hold answers."
        return [Problem("--out", f"{out}, which is there already", "a new file", mend)]
    return []


def _profile_problems(tool: Mapping[str, Any], name: str) -> list[Problem]:
    known = tool.get("profiles", {})
    if not name or name in known:
        return []
    allowed = ", ".join(known) or "none: the tool has no profiles"
    return [Problem("--profile", repr(name), allowed, "Give a profile of the tool, or none.")]


def _profile(tool: Mapping[str, Any], name: str) -> tuple[str, Mapping[str, Any]]:
    profiles = tool.get("profiles", {})
    name = name or next(iter(profiles), "")
    return name, profiles.get(name, {})


def _not_scored(
    settings: Mapping[str, Any], protocol: Mapping[str, Any], review: Mapping[str, str]
) -> list[str]:
    """Give the items that the profile leaves out for the type of this review."""
    types = {entry["id"]: entry for entry in protocol.get("review_types", ())}
    said = types.get(review.get("review_type", ""), {})
    kinds = ["scoping"] if said.get("scoping") else []
    kinds += ["no_meta_analysis"] if said.get("meta_analysis") is False else []
    return [item for kind in kinds for item in settings.get("not_scored", {}).get(kind, ())]


# --- consensus ------------------------------------------------------------------------------------


def _for_consensus(args: argparse.Namespace, name: str, tool: Mapping[str, Any], sheet: Any) -> Any:
    """Fill in what both raters answered; refuse while one of them is not done."""
    from parapluie.appraisal import sheets

    given = {r: sheets.in_full(tool, sheet.rows, rows) for r, rows in _given(args, name).items()}
    bodies = sheets.bodies_of(tool)
    open_of = {r: sheets.open_items(sheet.rows, bodies, rows) for r, rows in given.items()}
    problems = [
        Problem(
            f"answers of {rater}",
            f"no answer to {', '.join(items)} of {args.blank}",
            "an answer to every item",
            "Wait until both raters are done: until then neither sees the other's answers.",
        )
        for rater, items in sorted(open_of.items())
        if items
    ]
    if len(given) < 2:
        mend = "Wait until both raters are done."
        seen = f"{len(given)} with answers to {args.blank}"
        problems.append(Problem("raters", seen, "two raters or more", mend))
    raise_if(problems)
    return sheets.for_consensus(sheet, tool, given)


def _given(args: argparse.Namespace, tool: str) -> dict[str, dict[tuple[str, str], dict[str, str]]]:
    """Give the rows of each rater who began with the review, by item and criterion."""
    found: dict[str, dict[tuple[str, str], dict[str, str]]] = {}
    faults: list[Problem] = []
    for name in inputs.appraisals(args.review / "data", "ratings"):
        of_tool, rater = rating_sheets.place_of(Path(name))
        if of_tool != tool or rater == CONSENSUS:
            continue
        table = tables.read_text(Path(name))
        faults += [*table.problems, *rating_sheets.problems(table, Path(name))]
        for row in table.rows:
            if row.get("review_id") == args.blank and "answer" in row:
                place = (row.get("item", "").strip(), row.get("criterion", "").strip())
                found.setdefault(rater, {})[place] = row
    raise_if(faults)
    return found


# --- writing --------------------------------------------------------------------------------------


def _write(out: Path, sheet: Any) -> None:
    from parapluie.appraisal import sheets
    from parapluie.report.workbook import without_times

    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".csv":
        tables.write_rows(out, *sheets.csv_rows(sheet))
        return
    buffer = io.BytesIO()
    sheets.workbook(sheet).save(buffer)
    out.write_bytes(without_times(buffer.getvalue()))


def _home(about: Mapping[str, str]) -> str:
    return f"data/appraisal/{about['tool']}/{about['rater']}/{about['review_id']}.xlsx or .csv"
