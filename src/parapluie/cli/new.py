"""``parapluie new``: make the folder of an empty review."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from parapluie.errors import Problem, raise_if
from parapluie.schema import table_schema
from parapluie.tables import append_rows

TEMPLATES = Path(__file__).parents[1] / "new_review"

HEADERS = {
    "search/searches": "search/searches",
    "screening/rounds": "screening/rounds",
    "extraction/reports": "extraction/reports",
    "extraction/reviews": "extraction/reviews",
    "extraction/studies": "extraction/studies",
    "extraction/effects": "extraction/effects",
    "extraction/findings": "extraction/findings",
}
"""Tables that every review begins with, and their schema; the others are made when needed."""

GITIGNORE = """# derived, or not ours to pass on
.snakemake/
results/
reports/
data/fulltexts/pdf/
"""

GITATTRIBUTES = """*.csv text eol=lf
data/search/raw/** -text
"""


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("new", help="make the folder of an empty review")
    parser.add_argument("path", type=Path, metavar="PATH", help="folder to make")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Write the folder; nothing that is there already is touched.

    Raises
    ------
    InputError
        If the folder holds a review already.
    """
    root: Path = args.path
    if (root / "data").exists() or (root / "config" / "config.yaml").exists():
        raise_if(
            [
                Problem(
                    root.as_posix(),
                    "a review (data/ or config/config.yaml)",
                    "a new or empty folder",
                    "Choose another name.",
                )
            ]
        )
    _write(root)
    print(_next_steps(root))


def _write(root: Path) -> None:
    for source, target in (
        ("config.yaml", "config/config.yaml"),
        ("protocol.yaml", "data/protocol.yaml"),
    ):
        _text(root / target, (TEMPLATES / source).read_text(encoding="utf-8"))
    _text(root / ".gitignore", GITIGNORE)
    _text(root / ".gitattributes", GITATTRIBUTES)
    for folder in ("search/raw", "search/strategies", "screening", "fulltexts/pdf", "appraisal"):
        (root / "data" / folder).mkdir(parents=True, exist_ok=True)
    for stem, schema in HEADERS.items():
        append_rows(root / "data" / f"{stem}.csv", list(table_schema(schema).columns), [])


def _text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _next_steps(root: Path) -> str:
    return "\n".join(
        [
            f"Made {root.as_posix()}. Next:",
            "  1. put the exports of your searches into data/search/raw/, as they are;",
            f"     `parapluie records --suggest --append --review {root.as_posix()}` lists them in",
            "     data/search/searches.csv, where you add the day and the number that was found",
            "  2. write title, reviewers and stages into data/protocol.yaml",
            f"  3. snakemake --directory {root.as_posix()}",
            "  4. open reports/index.html",
        ]
    )
