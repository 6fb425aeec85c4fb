"""``parapluie overlap --studies`` on a long table of very many reviews.

Such a table is never held as rows of text: DuckDB reads it, pairs are written as they are counted.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parapluie import tables
from parapluie.errors import Problem, raise_if

if TYPE_CHECKING:
    import numpy as np

    from parapluie.overlap.large import PairFile
    from parapluie.overlap.long_table import LongTable
    from parapluie.overlap.many import Counted

LEAST_BYTES = 50_000
"""A smaller file cannot name more than 1,500 reviews and their studies in ways that need this."""

PARQUET = ".parquet"


def run(args: argparse.Namespace) -> bool:
    """Count a large long table that stands alone; tell whether it was one.

    Raises
    ------
    InputError
        For a Parquet file that is not such a table; of another file the usual reading tells what
        is wrong.
    """
    path: Path | None = args.studies
    others = (args.matrix, args.reviews, args.study_facts, args.links, args.distribution)
    if path is None or any(others) or path.suffix not in (".csv", PARQUET):
        return False
    if path.suffix == ".csv" and path.stat().st_size < LEAST_BYTES:
        return False
    table = _read(args, path)
    if table is None:
        return False
    _write(args, table, path.as_posix())
    return True


def _read(args: argparse.Namespace, path: Path) -> LongTable | None:
    """Read the table; ``None`` where it is small, or of a form for the usual reading."""
    import duckdb

    from parapluie.overlap.cca import IN_FULL
    from parapluie.overlap.codes import Codes
    from parapluie.overlap.long_table import read

    engine = duckdb.connect()
    try:
        if path.suffix == PARQUET:
            relation = engine.read_parquet(path.as_posix())
            relation = relation.project("columns(*)::varchar")
        else:
            relation = tables.scan(path, engine)
        least = 0 if path.suffix == PARQUET else IN_FULL
        table = read(relation, engine, Codes(args.empty, args.lower_case_x, args.repeats), least)
    except (duckdb.Error, UnicodeDecodeError):
        table = None
    if table is None and path.suffix == PARQUET:
        raise_if([_not_read(path)])
    return table


def _not_read(path: Path) -> Problem:
    return Problem(
        path.as_posix(),
        "no long table of inclusions",
        "columns review_id and study_id, filled in every row; status included, not included, "
        "excluded or empty",
        "Correct the file, or write it as CSV, of which each fault is told.",
    )


def _write(args: argparse.Namespace, table: LongTable, shown: str) -> None:
    from parapluie.overlap.many import count
    from parapluie.overlap.stage import Options

    out: Path = args.out
    counted = count(
        table, Options(args.bands, args.structural_missingness, args.ineligible, args.impute), shown
    )
    out.mkdir(parents=True, exist_ok=True)
    _write_matrix(table, out / "matrix.csv")
    table.engine.close()  # before another process is started: it holds threads
    plain, adjusted, written = write_pairs(counted.pairs, out)
    said = counted.with_bands(plain, adjusted)
    (out / "sentence.txt").write_text(said, encoding="utf-8", newline="")
    tables.write_rows(out / "cca.csv", list(counted.lines[0]), counted.lines)
    tables.write(counted.distribution, out / "distribution.csv")
    held: dict[str, Any] = {str(c): counted.reviews[c].tolist() for c in counted.reviews}
    held["inside_union"] = [tables.cell(v) for v in held["inside_union"]]
    tables.write_columns(out / "reviews.csv", held)
    _write_told(args, counted, out)
    print(said + f"Pairs with a shared study: {written}", end="\n")


def _write_told(args: argparse.Namespace, counted: Counted, out: Path) -> None:
    """Write assumptions and problems, and which figures are not drawn."""
    from parapluie.cli import pictures
    from parapluie.figure.drawn import NotDrawn
    from parapluie.overlap.pictures import KINDS, MOST_REVIEWS

    rows = [{"assumption": what, "value": value} for what, value in counted.assumptions]
    tables.write_rows(out / "assumptions.csv", ("assumption", "value"), rows)
    fields = ("file", "row", "column", "found", "allowed", "mend")
    problems = [{name: getattr(p, name) for name in fields} for p in counted.problems]
    tables.write_rows(out / "problems.csv", fields, problems)
    for problem in counted.problems:
        print(problem.line(), file=sys.stderr)
    many = f"too_many: {len(counted.held.reviews)} reviews, a figure holds {MOST_REVIEWS}"
    kinds = [k for k in KINDS if k != "distribution_recorded"]
    reasons = [NotDrawn(kind, f"{many}; see the tables") for kind in kinds]
    pictures.write_all([], reasons, KINDS, args)
    print(f"No figure is drawn: {many.partition(': ')[2]}.", file=sys.stderr)


def _write_matrix(table: LongTable, path: Path) -> None:
    """Write each inclusion; cells that are structurally missing are only counted (cca.csv)."""
    engine = table.engine
    tables.write(
        engine.sql(
            "select s.name as study_id, r.id as review_id, 'included' as state from"
            " (select distinct study, review from held) join studies_there s on s.place = study"
            " join reviews_there r on r.place = review order by study, review"
        ),
        path,
    )


def write_pairs(pairs: PairFile, out: Path) -> tuple[np.ndarray, np.ndarray, str]:
    """Write the pairs as they are counted.

    Returns
    -------
    tuple
        Pairs in each band, plain and adjusted, and how many are in which file: pairs.csv up to a
        million, pairs.parquet beyond.
    """
    import numpy as np

    from parapluie.overlap.cca import BANDS
    from parapluie.overlap.large import MOST_IN_CSV, parts
    from parapluie.parquet import Writer

    path = out / "pairs.parquet"
    plain, adjusted = (np.zeros(len(BANDS), dtype=np.int64) for _ in range(2))
    with Writer(path, pairs.columns) as file:
        for part in parts(pairs):
            file.append(part.group)
            plain += part.bands[0]
            adjusted += part.bands[1]
    if file.rows > MOST_IN_CSV:
        (out / "pairs.csv").unlink(missing_ok=True)
        return plain, adjusted, f"{file.rows}, in pairs.parquet"
    _as_csv(path, out / "pairs.csv")
    return plain, adjusted, f"{file.rows}, in pairs.csv"


def _as_csv(source: Path, target: Path) -> None:
    """Turn a Parquet file into CSV, with numbers as all tables write them."""
    import duckdb

    held = duckdb.connect().execute("select * from read_parquet(?)", [source.as_posix()])
    names = [column[0] for column in held.description or ()]
    found = held.fetchnumpy()
    columns: dict[str, Any] = {name: found[name].tolist() for name in names}
    tables.write_columns(target, columns)
    source.unlink()
