"""``parapluie records``: read the search exports."""

from __future__ import annotations

import argparse
import gc
import mmap
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parapluie import tables
from parapluie.cli.options import file_in, files_in
from parapluie.errors import Problem, raise_if
from parapluie.inputs import MAPPING
from parapluie.records import LOG_COLUMNS, PROBLEM_COLUMNS, Plan, Task, finish, plan, read
from parapluie.records.decisions import COLUMNS as DECISION_COLUMNS
from parapluie.trace import COLUMNS as FIGURE_COLUMNS

if TYPE_CHECKING:
    from parapluie.records.lines import Read
    from parapluie.records.readers import Reader

LARGE = 8_000_000
"""Bytes of all exports from which they are read on all cores, with a bar that shows how far."""

Contents = dict[str, "bytes | mmap.mmap"]


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "records",
        help="read the search exports; stop if counts differ",
        description="Read search exports: those of a review (--searches, --raw) or any files.",
    )
    parser.add_argument(
        "files", type=Path, nargs="*", metavar="EXPORT", help="exports to read alone"
    )
    file_in(parser, "searches", "data/search/searches.csv", required=False)
    files_in(parser, "raw", "the exports, as the searches name them")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="folder to write")
    parser.add_argument(
        "--suggest",
        action="store_true",
        help="only print rows for searches.csv: one for each export that it does not name yet",
    )
    parser.add_argument(
        "--review",
        type=Path,
        default=Path(),
        metavar="PATH",
        help="with --suggest and no exports named: folder of the review",
    )
    parser.add_argument(
        "--append", action="store_true", help="with --suggest: append the rows to searches.csv"
    )
    parser.add_argument(
        "--accept-count",
        action="append",
        default=[],
        metavar="SEARCH_ID=REASON",
        help="accept that a search declared another number of records than its files hold; "
        "may be repeated",
    )
    parser.add_argument(
        "--verify", action="store_true", help="let rispy read each record of RIS too, and compare"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Read the searches and their exports; write records, import log, problems and figures.

    Raises
    ------
    InputError
        With every fault of the searches and their files.
    """
    if args.suggest and not (args.files or args.raw):
        search = args.review / "data" / "search"
        args.raw = sorted(p for p in (search / "raw").rglob("*") if p.is_file())
        args.searches = args.searches or search / "searches.csv"
    raise_if(_wrong_words(args))
    contents, mappings = _contents([*args.files, *args.raw], args.searches)
    if args.suggest:
        _suggest(contents, args.searches, mappings, args.append)
        return
    shown = args.searches.as_posix() if args.searches else "the command line"
    searches = _searches(args.searches, shown, contents)
    planned = plan(
        searches, contents, _accepted(args.accept_count), shown, mappings, verify=args.verify
    )
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".reading-", dir=args.out) as spool:
        result = finish(planned, list(_read(planned, Path(spool))))
        tables.write_lines(result.lines.ordered(), args.out / "records.csv")
    tables.write_rows(args.out / "import_log.csv", LOG_COLUMNS, result.log_rows)
    tables.write_rows(args.out / "problems.csv", PROBLEM_COLUMNS, result.problem_rows)
    tables.write_rows(args.out / "decisions.csv", DECISION_COLUMNS, result.decision_rows)
    tables.write_rows(args.out / "figures.csv", FIGURE_COLUMNS, result.figures.ordered())
    _tell_unread(contents, searches)


def _tell_unread(contents: Contents, searches: list[dict[str, Any]]) -> None:
    """Say which exports were given but belong to no search."""
    named = {name.strip() for row in searches for name in row["files"].split(";")}
    for name in sorted(contents.keys() - named):
        print(
            f"{name}: not read, since no search names it. Name it under files in searches.csv "
            "(parapluie records --suggest gives the row).",
            file=sys.stderr,
        )


def _suggest(
    contents: Contents, searches: Path | None, mappings: Mapping[str, Any], append: bool
) -> None:
    from parapluie.records.suggest import COLUMNS, suggested

    known = tables.read_text(searches).rows if searches and searches.is_file() else []
    rows = suggested(contents, known, mappings)
    if append and searches is not None:
        tables.append_rows(searches, COLUMNS, rows)
        print(f"{len(rows)} rows appended to {searches.as_posix()}")
    else:
        print(tables.rows_text(COLUMNS, rows), end="")


def _wrong_words(args: argparse.Namespace) -> Iterator[Problem]:
    if args.out is None and not args.suggest:
        yield Problem("--out", "no folder", "a folder to write", "Add --out FOLDER.")
    if args.files and (args.searches or args.raw) and not args.suggest:
        yield Problem("EXPORT", "exports beside --searches or --raw", "one of the two",
                      "Name the exports alone, or the searches with --raw.")  # fmt: skip
    if not (args.files or args.raw or args.searches):
        yield Problem("EXPORT", "no export", "at least one", "Name the files to read.")
    elif args.suggest and not (args.files or args.raw):
        yield Problem(f"{args.searches.parent.as_posix()}/raw", "no file", "search exports",
                      "Put the exports there.")  # fmt: skip
    yield from (
        Problem(path.as_posix(), f"the file, named {n} times", "each export once", "Name it once.")
        for path, n in Counter([*args.files, *args.raw]).items()
        if n > 1
    )
    yield from (
        Problem(path.as_posix(), "no such file", "a search export", "Correct the name.")
        for path in args.files
        if not path.is_file()
    )


# --- what is read ---------------------------------------------------------------------------------


def _contents(paths: list[Path], searches: Path | None) -> tuple[Contents, dict[str, Any]]:
    """Map the exports into memory, named relative to the folder ``raw`` beside searches.csv."""
    contents: Contents = {}
    mappings: dict[str, Any] = {}
    exports = [p for p in paths if p.is_file() and not p.name.endswith(MAPPING)]
    for path, name in _shown_names(exports, searches.parent / "raw" if searches else None):
        contents[name] = _mapped(path)
        beside = path.with_name(path.name + MAPPING)
        if beside.is_file():
            from parapluie.records.readers.table import read_mapping

            mappings[name] = read_mapping(beside, beside.as_posix())
    return contents, mappings


def _shown_names(paths: list[Path], folder: Path | None) -> Iterator[tuple[Path, str]]:
    """Give each export its name: within the folder, or alone; with its path where that is taken."""
    plain = [
        (path.relative_to(folder) if folder and path.is_relative_to(folder) else Path(path.name))
        for path in paths
    ]
    times = Counter(plain)
    for path, name in zip(paths, plain, strict=True):
        yield path, (name if times[name] == 1 else path).as_posix()


def _mapped(path: Path) -> bytes | mmap.mmap:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size < LARGE:
            return file.read()
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _searches(path: Path | None, shown: str, contents: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Read searches.csv; without one each file is a search, named after it."""
    if path is not None:
        return tables.read_rows(path, "search/searches", shown)
    from parapluie.schema import table_schema

    schema = table_schema("search/searches")
    rows = [
        {"search_id": search_id, "source": name, "kind": "other", "files": name}
        for search_id, name in _names(contents).items()
    ]
    return [tables.typed_row(row, n, schema) for n, row in enumerate(rows, start=2)]


def _names(contents: Mapping[str, Any]) -> dict[str, str]:
    """Give a search_id for each file: its name in small letters, told apart by a number."""
    found: dict[str, str] = {}
    for name in contents:
        plain = re.sub(r"[^a-z0-9_-]+", "_", Path(name).stem.lower()).strip("_") or "search"
        n = 1
        search_id = plain
        while search_id in found:
            n += 1
            search_id = f"{plain}_{n}"
        found[search_id] = name
    return found


def _accepted(words: list[str]) -> dict[str, str]:
    """Split the accepted differences; each needs a reason."""
    pairs = {word: [part.strip() for part in word.partition("=")[::2]] for word in words}
    raise_if(
        Problem(
            "--accept-count", repr(word), "SEARCH_ID=REASON", "Say why the difference is right."
        )
        for word, (search_id, reason) in pairs.items()
        if not search_id or not reason
    )
    return {pair[0]: pair[1] for pair in pairs.values()}


# --- reading on all cores -------------------------------------------------------------------------


def _read(planned: Plan, spool: Path) -> Iterator[Read]:
    """Read the pieces in order; large imports on all cores, their lines on the disk."""
    jobs = [
        (task, planned.files[task.file].reader, planned.files[task.file].content)
        for task in planned.tasks
    ]
    n_bytes = sum(task.end - task.start for task in planned.tasks)
    if n_bytes < LARGE or len(jobs) == 1:
        yield from (read(*job) for job in jobs)
        return
    from tqdm import tqdm

    bar = tqdm(total=n_bytes, unit="B", unit_scale=True, desc="records", disable=None, leave=False)
    with bar, _pool(jobs) as pool:
        targets = [spool / f"{n}.csv" for n in range(len(jobs))]
        found = pool.map(_read_one, range(len(jobs)), targets)
        for n, one in enumerate(found):
            bar.update(jobs[n][0].end - jobs[n][0].start)
            one.body = _mapped_lines(targets[n])
            yield one


_JOBS: list[tuple[Task, Reader | None, Any]] = []
"""What the processes read; they have it from the moment at which they are made."""


def _pool(jobs: list[tuple[Task, Reader | None, Any]]) -> ProcessPoolExecutor:
    import multiprocessing

    _JOBS[:] = jobs
    return ProcessPoolExecutor(
        os.cpu_count(), multiprocessing.get_context("fork"), initializer=gc.disable
    )


def _read_one(number: int, target: Path) -> Read:
    found = read(*_JOBS[number])
    target.write_bytes(found.body)
    found.body = b""
    return found


def _mapped_lines(path: Path) -> bytes | mmap.mmap:
    if path.stat().st_size == 0:
        return b""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
