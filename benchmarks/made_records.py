"""Make a bibliography of any size, as searches of several databases bring it, with its truth.

    python -m benchmarks.made_records --records 10000 --seed 1 --out FOLDER [--abstracts]

The folder gets records.csv (columns of that table), truth.csv (record_id, cluster_id: the work)
and twins.csv (work_a, work_b, kind: works that look alike and are not one). Same seed, same bytes,
on any number of cores. See benchmarks/README.md for the noise and where its rates come from.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import itertools
import random
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.made_works import Author, Maker, Work, family, world, write_abstracts
from parapluie.records.fields import COLUMNS

CHUNK = 10_000
"""Records that are made in one go, from a stream of random numbers of their own."""

COPIES = (0.61, 0.245, 0.10, 0.035, 0.01)
"""Share of works that 1, 2 ... databases hold; leaves about 37 % of the records as duplicates."""

TYPO, REVIEW_TAIL, CUT_SUBTITLE, CUT_AUTHORS = 0.03, 0.04, 0.025, 0.12
OTHER_YEAR, AHEAD_OF_PRINT, OTHER_DOI, NO_PAGES = 0.04, 0.025, 0.002, 0.06


@dataclass(frozen=True)
class Database:
    """How a database writes its records; shares are those of records.

    Parameters
    ----------
    weight : int
        How often it holds a work.
    names : str
        Form of given names: ``joined`` (JA), ``spaced`` (J A), ``dotted`` (J.A.), ``full``.
    title : tuple of float
        Shares of titles with capitals on each word, and in capitals.
    stop, short_journal, short_pages, doi, pmid, abstract, plain : float
        Shares with a final stop, an abbreviated journal, short page ranges, a DOI, a PubMed id, an
        abstract, and without accents.
    """

    name: str
    weight: int
    names: str
    title: tuple[float, float]
    stop: float
    short_journal: float
    short_pages: float
    doi: float
    pmid: float
    abstract: float
    plain: float


DATABASES = (
    Database("MEDLINE", 27, "spaced", (0.02, 0.0), 0.6, 0.45, 0.8, 0.68, 1.0, 0.85, 0.1),
    Database("Embase", 25, "dotted", (0.02, 0.0), 0.1, 0.25, 0.1, 0.66, 0.35, 0.80, 0.5),
    Database("Scopus", 15, "dotted", (0.05, 0.0), 0.0, 0.30, 0.1, 0.82, 0.0, 0.85, 0.1),
    Database("Web of Science", 13, "joined", (0.6, 0.1), 0.0, 0.50, 0.1, 0.75, 0.0, 0.80, 0.8),
    Database("CENTRAL", 9, "joined", (0.02, 0.02), 0.1, 0.70, 0.4, 0.30, 0.35, 0.60, 0.6),
    Database("PsycINFO", 6, "full", (0.02, 0.0), 0.3, 0.10, 0.1, 0.60, 0.0, 0.80, 0.3),
    Database("CINAHL", 5, "full", (0.7, 0.0), 0.2, 0.20, 0.3, 0.25, 0.0, 0.60, 0.3),
)
_WEIGHTS = [database.weight for database in DATABASES]

# --- noise ----------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    """Leave accents out, and letters that ASCII does not have."""
    if text.isascii():
        return text
    marked = unicodedata.normalize("NFD", text.replace("ß", "ss").replace("ı", "i"))
    return "".join(c for c in marked if c.isascii())


def _typo(rng: random.Random, text: str) -> str:
    """Mistype one letter inside of a word."""
    places = [m.start() for m in re.finditer(r"(?<=\w)\w(?=\w)", text)]
    if not places:
        return text
    at = rng.choice(places)
    before, letter, after = text[:at], text[at], text[at + 1 :]
    other = rng.choice("aeinorst")
    return before + rng.choice(["", letter * 2, other, after[:1] + letter]) + (
        after[1:] if rng.random() < 0.25 else after
    )  # fmt: skip


def _capitals(rng: random.Random, text: str, database: Database) -> str:
    share = rng.random()
    each, every = database.title
    if share < every:
        return text.upper()
    if share < every + each:
        return " ".join(w if len(w) < 4 else w[:1].upper() + w[1:] for w in text.split(" "))
    return text


def _tail(rng: random.Random, work: Work) -> str:
    """Give what databases append in brackets."""
    if "review" in work.subtitle and rng.random() < REVIEW_TAIL * 4:
        return rng.choice([" [Review]", " (Review)", f" [Review] [{rng.randint(20, 180)} refs]"])
    if rng.random() < 0.006:
        return f" [Erratum appears in {work.journal.short}. {work.year + 1};{rng.randint(1, 99)}]"
    return ""


def title(rng: random.Random, work: Work, database: Database) -> str:
    """Write the title of a record."""
    text = work.whole_title
    if work.subtitle and rng.random() < CUT_SUBTITLE:
        text = work.form.replace("{title}", work.title)
    elif rng.random() < 0.04:
        text = text.replace(": ", rng.choice([" - ", ". ", " "]), 1)
    text = _capitals(rng, text, database)
    if rng.random() < TYPO:
        text = _typo(rng, text)
    if rng.random() < 0.02:
        text = text.replace("-", rng.choice([" ", "", "–"])).replace(" and ", " & ", 1)
    if work.language != "English":
        text = rng.choice([f"[{text}]", f"[{text}]", text, f"{text} [{work.language}]"])
    text += _tail(rng, work)
    return text if text[-1] in ".?]" or rng.random() >= database.stop else text + "."


def _initials(rng: random.Random, given: str) -> list[str]:
    """Give the initials; of a double name sometimes only the first, as databases do."""
    letters = [part[0] for part in re.split(r"[\s-]+", given)]
    return letters[:1] if len(letters) > 1 and rng.random() < 0.12 else letters


def _name(rng: random.Random, author: Author, form: str) -> str:
    family_name, given = author
    if form == "full":
        return f"{family_name}, {given}"
    letters = _initials(rng, given)
    joint = {"joined": "", "spaced": " ", "dotted": "."}[form]
    return f"{family_name}, {joint.join(letters)}" + ("." if form == "dotted" else "")


def _family_noise(rng: random.Random, author: Author) -> Author:
    """Write a family name otherwise: particle moved, second surname or hyphen lost, swapped."""
    name, given = author
    share = rng.random()
    if " " in name and share < 0.12:
        particle, _, rest = name.rpartition(" ")
        return (rest, f"{given} {particle}") if name[:1].islower() else (particle, given)
    if share < 0.1:
        return name.replace("-", " "), given
    return (given, name) if share > 0.996 else author


def authors(rng: random.Random, work: Work, database: Database) -> str:
    """Write the authors of a record."""
    if work.group and rng.random() < 0.5:
        return ""
    listed = work.authors
    if rng.random() < CUT_AUTHORS:
        listed = listed[: rng.choice([1, 3, 6])]
    form = database.names if rng.random() < 0.9 else rng.choice(["joined", "dotted", "full"])
    names = [_name(rng, _family_noise(rng, author), form) for author in listed]
    text = "; ".join(names)
    return _plain(text) if rng.random() < database.plain else text


def journal(rng: random.Random, work: Work, database: Database) -> str:
    """Write the journal of a record."""
    if rng.random() < 0.01:
        return ""
    text = work.journal.short if rng.random() < database.short_journal else work.journal.name
    share = rng.random()
    if share < 0.1:
        return text.upper()
    if share < 0.2:
        return text.replace(" and ", " & ")
    return (
        f"{text} ({rng.choice(['London, England', 'Online', 'Berlin'])})" if share < 0.22 else text
    )


def pages(rng: random.Random, work: Work, database: Database) -> str:
    """Write the pages of a record."""
    prefix, first, last = work.pages
    if last in (0, first):
        return f"{prefix}{first}" if first else prefix
    share = rng.random()
    if share < 0.08:
        return f"{prefix}{first}"
    joint = rng.choice(["-", "-", "-", "-", "-", "–", "--"])
    end = str(last)
    if rng.random() < database.short_pages and len(end) == len(str(first)):
        n_same = next(n for n, (a, b) in enumerate(zip(end, str(first), strict=True)) if a != b)
        end = end[n_same:]
    text = f"{prefix}{first}{joint}{prefix if share < 0.5 else ''}{end}"
    return f"{text} {last - first + 1}p" if database.name == "CINAHL" and share < 0.7 else text


def doi(rng: random.Random, work: Work, database: Database) -> str:
    """Write the DOI of a record, if it has one there."""
    if not work.doi or rng.random() >= database.doi:
        return ""
    if rng.random() < OTHER_DOI:
        return f"10.5555/{work.number}.{rng.randint(1, 9)}"
    share = rng.random()
    if share < 0.16:
        return rng.choice(["https://doi.org/", "http://dx.doi.org/", "doi:"]) + work.doi
    if share < 0.24:
        return work.doi.upper()
    return work.doi + "." if share < 0.25 else work.doi


def _abstract(rng: random.Random, work: Work, database: Database) -> str:
    if not work.abstract or rng.random() >= database.abstract:
        return ""
    parts = list(work.abstract)
    if rng.random() < 0.3:
        parts[0] = (
            rng.choice(["BACKGROUND: ", "Background: ", "Objective: ", "Abstract "]) + parts[0]
        )
    if rng.random() < 0.15:
        parts.append(f"Copyright © {work.year} The Authors.")
    return " ".join(parts[:3] if rng.random() < 0.03 else parts)


def _place(rng: random.Random, work: Work, row: dict[str, str], database: Database) -> None:
    """Fill in year, volume, issue and pages; ahead of print there is only a year."""
    year = work.year
    if rng.random() < AHEAD_OF_PRINT and work.type == "JOUR" and work.volume:
        row["year"] = str(year - rng.choice([0, 1]))
        row["pages"] = rng.choice(["", "", f"1-{rng.randint(5, 20)}"])
        return
    row["year"] = str(year + rng.choice([-1, 1, 1]) if rng.random() < OTHER_YEAR else year)
    row["volume"] = work.volume if rng.random() >= 0.02 else ""
    row["issue"] = work.issue if rng.random() >= 0.12 else ""
    row["pages"] = pages(rng, work, database) if rng.random() >= NO_PAGES else ""


def record(rng: random.Random, work: Work, database: Database) -> dict[str, str]:
    """Write a record of a work as a database holds it: the columns that are filled."""
    row = {
        "database": database.name, "type": work.type, "language": work.language,
        "title": title(rng, work, database), "abstract": _abstract(rng, work, database),
        "authors": authors(rng, work, database), "group_authors": work.group,
        "journal": journal(rng, work, database), "doi": doi(rng, work, database),
        "issn": work.journal.issn if rng.random() < 0.7 else "",
    }  # fmt: skip
    _place(rng, work, row, database)
    if work.pmid and rng.random() < database.pmid:
        row["pmid"] = work.pmid
    if work.kind == "abstract and paper" and database.name == "Embase":
        row["pub_types"] = "Conference Abstract"
    if row["doi"].lower().startswith("10.1002/14651858."):
        row["cochrane_id"] = work.doi.removeprefix("10.1002/14651858.")
    return row


# --- the whole ------------------------------------------------------------------------------------

Row = tuple[int, int, str, str, dict[str, str]]
"""Number of the database, place in it, record_id, work_id, and the columns that are filled."""

Made = tuple[list[Row], list[list[str]]]
"""Records, and the works that look alike (work_id, work_id, kind)."""


def _copies(rng: random.Random) -> list[int]:
    """Draw the databases that hold a work."""
    (n,) = rng.choices(range(1, len(COPIES) + 1), COPIES)
    held: set[int] = set()
    while len(held) < n:
        held.update(rng.choices(range(len(DATABASES)), _WEIGHTS))
    return sorted(held)


def chunk(seed: int, number: int, n: int, abstracts: bool) -> Made:
    """Make `n` records and the list of twins among their works."""
    rng = random.Random(f"{seed}:{number}")
    maker = Maker(rng, world(seed), number * CHUNK)
    rows: list[Row] = []
    twins: list[list[str]] = []
    while len(rows) < n:
        works = family(maker)
        if abstracts:
            write_abstracts(maker, works)
        for one, other in itertools.combinations(works, 2):
            twins.append([one.work_id, other.work_id, other.kind])
        rows += [_row(seed, rng, work, at) for work in works for at in _copies(rng)]
    there = {row[3] for row in rows[:n]}
    return rows[:n], [pair for pair in twins if pair[0] in there and pair[1] in there]


def _row(seed: int, rng: random.Random, work: Work, at: int) -> Row:
    digest = hashlib.blake2b(f"{seed}:{work.work_id}:{at}".encode(), digest_size=8).hexdigest()
    filled = record(rng, work, DATABASES[at])
    return at, rng.getrandbits(62), f"rec_{digest}", work.work_id, filled


def made(n: int, seed: int, abstracts: bool = False, processes: int | None = None) -> Made:
    """Make a bibliography of `n` records, in the order of its databases, and the list of twins."""
    sizes = [min(CHUNK, n - start) for start in range(0, n, CHUNK)]
    numbers = range(len(sizes))
    same = itertools.repeat
    rows: list[Row] = []
    twins: list[list[str]] = []
    for more, pairs in _mapped(processes, chunk, same(seed), numbers, sizes, same(abstracts)):
        rows += more
        twins += pairs
    rows.sort(key=lambda row: row[:3])
    return rows, twins


def _mapped(
    processes: int | None, make: Callable[..., Made], *given: Iterable[object]
) -> Iterator[Made]:
    if processes == 1:
        yield from map(make, *given)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(make, *given)


def write(rows: Sequence[Row], twins: Sequence[Sequence[str]], folder: Path) -> None:
    """Write records.csv, truth.csv and twins.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "records.csv", COLUMNS, _lines(rows))
    _write(folder / "truth.csv", ("record_id", "cluster_id"), (row[2:4] for row in rows))
    _write(folder / "twins.csv", ("work_a", "work_b", "kind"), twins)


def _lines(rows: Iterable[Row]) -> Iterator[list[str]]:
    last, number = -1, 0
    for at, _, record_id, _, filled in rows:
        number = number + 1 if at == last else 1
        last = at
        name = DATABASES[at].name.lower().replace(" ", "_")
        filled |= {"record_id": record_id, "search_id": name, "source_file": f"{name}.ris",
                   "source_record_no": str(number)}  # fmt: skip
        yield [filled.get(column, "") for column in COLUMNS]


def _write(path: Path, header: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)


def main() -> None:
    """Make what the command line asks for."""
    parser = argparse.ArgumentParser(prog="benchmarks.made_records", description=__doc__)
    parser.add_argument("--records", type=int, required=True, help="how many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--abstracts", action="store_true", help="with abstracts; more than twice as large"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    args = parser.parse_args()
    write(*made(args.records, args.seed, args.abstracts), args.out)


if __name__ == "__main__":
    main()
