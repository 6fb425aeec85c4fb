"""Measure deduplication against bib-dedupe, on labelled sets and on made bibliographies.

    python -m benchmarks.deduplication [--parts sets pairs made] [--ours] [--full]

See benchmarks/README.md for what is measured how.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from benchmarks import labelled, measured, scored

PEER, PEER_VERSION = "bib-dedupe", "0.11.0"
PARTS = ("sets", "pairs", "made")
SIZES, FULL = [10_000, 100_000], 1_000_000
PEER_MOST = 10_000
"""Records of a made bibliography up to which bib-dedupe runs too: it needs a minute for these."""
ANSWERED_MOST = 100_000
"""The same for a second run of ours with all questions answered."""
PAGE = Path(__file__).parent / "README.md"

Say = Callable[[str], None]


@dataclass
class Found:
    """What a tool made of a set: clusters, questions, and what each run took."""

    clusters: pd.DataFrame
    questions: pd.DataFrame
    costs: list[measured.Cost] = field(default_factory=list)

    @property
    def seconds(self) -> list[float]:
        """Time of each run."""
        return [cost.seconds for cost in self.costs]

    def memory(self) -> str:
        """Most memory of the largest process and of all together, in MB."""
        largest = max(cost.largest_mb for cost in self.costs)
        sums = [cost.sum_mb for cost in self.costs if cost.sum_mb is not None]
        return f"{largest:.0f} / {max(sums):.0f}" if sums else f"{largest:.0f} / not told"


# --- the two tools --------------------------------------------------------------------------------


def ours(records: Path, out: Path, repeat: int = 1, overrides: Path | None = None) -> Found:
    """Run ``parapluie deduplication`` as a user would.

    Raises
    ------
    RuntimeError
        If a repeated run gives other clusters.
    """
    words: list[str | Path] = [Path(sys.executable).parent / "parapluie", "deduplication"]
    words += ["--records", records, "--out", out]
    words += ["--overrides", overrides] if overrides else []
    costs, seen = [], set()
    for _ in range(repeat):
        costs.append(measured.measure(words))
        seen.add((out / "clusters.csv").read_bytes())
    if len(seen) > 1:
        raise RuntimeError(f"the same records gave {len(seen)} different clusters.csv")
    clusters = labelled.read(out / "clusters.csv").rename(columns={"report_id": "cluster_id"})
    questions = labelled.read(out / "pairs_to_check.csv")
    return Found(clusters[["record_id", "cluster_id"]], questions[["record_a", "record_b"]], costs)


def peer_python(say: Say) -> Path | None:
    """Give the Python of an environment with bib-dedupe; make it once; ``None`` if that fails."""
    place = measured.CACHE / f"{PEER}-{PEER_VERSION}"
    python = place / "bin" / "python"
    if not (place / "ready").exists():
        commands = [
            [sys.executable, "-m", "venv", str(place)],
            [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check",
             f"{PEER}=={PEER_VERSION}"],
        ]  # fmt: skip
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                last = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()[-1]
                say(f"{PEER} {PEER_VERSION} cannot be installed, ours alone is measured: {last}")
                return None
        (place / "ready").touch()
    return python


def peer(python: Path, records: pd.DataFrame, out: Path, repeat: int = 1) -> Found:
    """Run bib-dedupe on all cores: prepare, block, match, cluster; without merging the fields."""
    out.mkdir(parents=True)
    table = out / "records.csv"
    records.to_csv(table, index=False)
    script = Path(__file__).parent / "peer_bib_dedupe.py"
    costs = [measured.measure([python, script, table, out]) for _ in range(repeat)]
    clusters = labelled.read(out / "clusters.csv")
    alone = sorted(set(records["ID"]) - set(clusters["record_id"]))
    rest = pd.DataFrame({"record_id": alone, "cluster_id": alone}, dtype=str)
    clusters = pd.concat([clusters, rest], ignore_index=True)
    return Found(clusters, _open_questions(clusters, labelled.read(out / "questions.csv")), costs)


def _open_questions(clusters: pd.DataFrame, questions: pd.DataFrame) -> pd.DataFrame:
    """Keep one question for each two clusters, as that tool does when it writes them for people."""
    cluster = clusters.set_index("record_id")["cluster_id"]
    ends = pd.DataFrame({c: questions[c].map(cluster) for c in ("record_a", "record_b")})
    ends = pd.DataFrame(
        {"low": ends.min(axis=1), "high": ends.max(axis=1)}, index=questions.index, dtype=str
    )
    return questions[(ends["low"] != ends["high"]) & ~ends.duplicated()]


# --- questions answered from the labels -----------------------------------------------------------


def answers(questions: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Answer each question as the labels say: the rows of an overrides.csv."""
    label = truth.set_index("record_id")["cluster_id"]
    same = questions["record_a"].map(label) == questions["record_b"].map(label)
    return questions.assign(answer=same.map({True: "same", False: "different"}), by="labels")


def ours_answered(found: Found, truth: pd.DataFrame, records: Path, out: Path) -> Found:
    """Run again with every question answered through overrides.csv."""
    overrides = records.parent / "overrides.csv"
    answers(found.questions, truth).to_csv(overrides, index=False)
    return ours(records, out, overrides=overrides)


def peer_answered(found: Found, truth: pd.DataFrame) -> Found:
    """Join what the labels answer with "same", as that tool does with answered questions."""
    said = answers(found.questions, truth)
    same = said[said["answer"] == "same"]
    return Found(scored.answered(found.clusters, same), found.questions.head(0))


# --- labelled sets --------------------------------------------------------------------------------

SET_COLUMNS = (
    "set (records, to remove)", "tool", "TP/FP/FN", "F1", "recall", "questions",
    "answered: TP/FP/FN", "answered: F1", "answered: recall", "seconds",
    "MB largest / sum", "time ours : peer",
)  # fmt: skip


@dataclass
class Line:
    """The figures of one tool on one set."""

    tool: str
    plain: scored.Score
    with_answers: scored.Score
    questions: int
    seconds: list[float]
    memory: str

    def cells(self, name: str, ratio: str) -> list[str]:
        """Write them as a row of the table."""
        plain, answered = self.plain, self.with_answers
        share = 100 * self.questions / plain.records
        return [
            f"{name} ({plain.records:,}, {plain.records - plain.works:,})", self.tool,
            f"{plain.tp}/{plain.fp}/{plain.fn}", f"{plain.f1:.4f}", f"{plain.recall:.4f}",
            f"{self.questions} ({share:.1f} %)",
            f"{answered.tp}/{answered.fp}/{answered.fn}", f"{answered.f1:.4f}",
            f"{answered.recall:.4f}", measured.span(self.seconds), self.memory, ratio,
        ]  # fmt: skip


def total(lines: Sequence[Line]) -> Line:
    """Add up the figures of one tool over several sets."""
    plain, answered = lines[0].plain, lines[0].with_answers
    for line in lines[1:]:
        plain, answered = plain + line.plain, answered + line.with_answers
    seconds = [sum(runs) for runs in zip(*(line.seconds for line in lines), strict=True)]
    n_questions = sum(line.questions for line in lines)
    return Line(lines[0].tool, plain, answered, n_questions, seconds, "")


def _scored(source: Path, truth: pd.DataFrame, clusters: pd.DataFrame) -> scored.Score:
    """Score by the evaluate.py of the sets."""
    result, _, _ = labelled.scorer(source)(truth, clusters)
    return scored.Score(
        result["records"], result["true_works"], result["record_tp"], result["record_fp"],
        result["record_fn"], result["works_lost_upper_bound"],
    )  # fmt: skip


def measured_set(
    source: Path, name: str, python: Path | None, repeat: int, show: int, say: Say
) -> list[Line]:
    """Run both tools on one labelled set."""
    truth = labelled.read(source / f"{name}.csv.gz")
    with tempfile.TemporaryDirectory() as folder:
        records = Path(folder) / "records.csv"
        labelled.as_records(truth).to_csv(records, index=False)
        found = ours(records, Path(folder) / "ours", repeat)
        pairs = [("parapluie", found, ours_answered(found, truth, records, Path(folder) / "2"))]
        if python:
            bib = labelled.labelled_as_bibtex(truth)
            other = peer(python, bib, Path(folder) / "peer", repeat)
            pairs.append((PEER, other, peer_answered(other, truth)))
    if show:
        say(_errors(source, truth, pairs[0][2].clusters, show))
    return [
        Line(tool, _scored(source, truth, one.clusters), _scored(source, truth, two.clusters),
             len(one.questions), one.seconds, one.memory())
        for tool, one, two in pairs
    ]  # fmt: skip


def _errors(source: Path, truth: pd.DataFrame, clusters: pd.DataFrame, show: int) -> str:
    """List the pairs that are wrong or missed even when all questions are answered."""
    _, wrong, missed = labelled.scorer(source)(truth, clusters)
    rows = truth.set_index("record_id")
    fields = ("year", "author", "title", "journal", "volume", "pages", "doi")
    lines = []
    for word, pairs in (("wrong", wrong), ("missed", missed)):
        for pair in pairs[:show]:
            lines += [f"{word}:", *(f"  {i} | {' | '.join(rows.loc[i, fields])}" for i in pair)]
    return "\n".join(lines)


def sets(args: argparse.Namespace, python: Path | None, say: Say) -> None:
    """Measure the labelled sets."""
    source = labelled.folder()
    if source is None:
        say(f"{measured.SHARED} is not set: the labelled sets are not measured")
        return
    by_set = {}
    for name in args.sets:
        by_set[name] = measured_set(source, name, python, args.repeat, args.show, say)
    if len(by_set) > 1:
        by_set["all"] = [total(lines) for lines in zip(*by_set.values(), strict=True)]
    rows = []
    for name, lines in by_set.items():
        ratio = f"{min(lines[0].seconds) / min(lines[1].seconds):.3f}" if lines[1:] else ""
        rows += [line.cells(name, "" if n else ratio) for n, line in enumerate(lines)]
    say(measured.table(SET_COLUMNS, rows))


# --- pairs ----------------------------------------------------------------------------------------

PAIR_COLUMNS = (
    "pairs", "tool", "duplicates: joined", "duplicates: asked", "duplicates: left",
    "no duplicates: joined", "no duplicates: asked", "no duplicates: left",
)  # fmt: skip


OUTCOMES = ("joined", "asked", "left")
"""What a tool can make of two records."""


def _outcomes(found: Found, names: Iterable[str]) -> dict[str, str]:
    """Say what became of the two records of each pair: one of `OUTCOMES`."""
    cluster = found.clusters.set_index("record_id")["cluster_id"]
    ends = (found.questions[c].map(cluster) for c in ("record_a", "record_b"))
    asked = set(map(frozenset, zip(*ends, strict=True)))
    told = {}
    for name in names:
        both = frozenset((cluster[f"{name}:a"], cluster[f"{name}:b"]))
        told[name] = "joined" if len(both) == 1 else "asked" if both in asked else "left"
    return told


def _pairs_found(both: pd.DataFrame, python: Path | None) -> dict[str, Found]:
    """Run the tools on all records of a file of pairs together."""
    bare = both.drop(columns=["is_duplicate", "pair_id", "side"])
    with tempfile.TemporaryDirectory() as folder:
        records = Path(folder) / "records.csv"
        labelled.as_records(bare).to_csv(records, index=False)
        found = {"parapluie": ours(records, Path(folder) / "ours")}
        if python:
            bib = labelled.labelled_as_bibtex(bare)
            found[PEER] = peer(python, bib, Path(folder) / "peer")
    return found


def pairs(args: argparse.Namespace, python: Path | None, say: Say) -> None:
    """Measure the pairs that are known to be hard."""
    source = labelled.folder()
    if source is None:
        say(f"{measured.SHARED} is not set: the hard pairs are not measured")
        return
    rows = []
    for file in labelled.PAIRS:
        both = labelled.read_pairs(source / file)
        is_duplicate = dict(zip(both["pair_id"], both["is_duplicate"], strict=True))
        runs = _pairs_found(both, python)
        told = {tool: _outcomes(found, is_duplicate) for tool, found in runs.items()}
        for tool, outcome in told.items():
            counted = Counter((is_duplicate[n], what) for n, what in outcome.items())
            cells = [counted[is_one, what] for is_one in (True, False) for what in OUTCOMES]
            rows.append([file.partition(".")[0], tool, *cells])
        if args.show:
            wrong = [n for n, what in told["parapluie"].items()
                     if what == "joined" and not is_duplicate[n]]  # fmt: skip
            say(f"{file}: joined though no duplicates: {', '.join(wrong) or 'none'}")
    say(measured.table(PAIR_COLUMNS, rows))


# --- made bibliographies --------------------------------------------------------------------------

MADE_COLUMNS = (
    "records", "tool", "TP/FP/FN", "F1", "questions", "answered: F1",
    "wrong merges per 1,000 works", "seconds", "growth", "MB largest / sum", "made in (s)",
)  # fmt: skip


@dataclass
class Made:
    """A made bibliography in a folder."""

    folder: Path
    seconds: float

    @property
    def records(self) -> Path:
        """Its records.csv."""
        return self.folder / "records.csv"

    def truth(self) -> pd.DataFrame:
        """Give the work of each record."""
        return labelled.read(self.folder / "truth.csv")

    def kinds(self) -> dict[frozenset[str], str]:
        """Give the likeness of works that look alike."""
        twins = labelled.read(self.folder / "twins.csv")
        ends = zip(twins["work_a"], twins["work_b"], strict=True)
        return dict(zip(map(frozenset, ends), twins["kind"], strict=True))


def make(n: int, seed: int, abstracts: bool, folder: Path) -> Made:
    """Make a bibliography, in a process of its own."""
    words: list[str | Path] = [sys.executable, "-m", "benchmarks.made_records"]
    words += ["--records", str(n), "--seed", str(seed), "--out", folder]
    return Made(folder, measured.measure([*words, *(["--abstracts"] if abstracts else [])]).seconds)


def _made_runs(made: Made, n: int, python: Path | None, repeat: int) -> dict[str, list[Found]]:
    """Run the tools on a made bibliography: as it is, and with answers if it is small enough."""
    truth = made.truth()
    runs = {"parapluie": [ours(made.records, made.folder / "ours", repeat)]}
    if n <= ANSWERED_MOST:
        found = runs["parapluie"][0]
        runs["parapluie"].append(ours_answered(found, truth, made.records, made.folder / "2"))
    if python and n <= PEER_MOST:
        records = labelled.records_as_bibtex(labelled.read(made.records))
        found = peer(python, records, made.folder / "peer", repeat)
        runs[PEER] = [found, peer_answered(found, truth)]
    return runs


def _made_cells(n: int, tool: str, found: list[Found], truth: pd.DataFrame) -> list[str]:
    plain = scored.score(truth, found[0].clusters)
    answered = f"{scored.score(truth, found[1].clusters).f1:.4f}" if found[1:] else "not run"
    share = 100 * len(found[0].questions) / n
    return [
        f"{n:,}", tool, f"{plain.tp}/{plain.fp}/{plain.fn}", f"{plain.f1:.4f}",
        f"{len(found[0].questions)} ({share:.1f} %)", answered, f"{plain.wrong_per_1000:.2f}",
        measured.span(found[0].seconds),
    ]  # fmt: skip


def exponent(small: tuple[int, float], large: tuple[int, float]) -> float:
    """Give the exponent by which time grows from one size (records, seconds) to another."""
    return math.log(large[1] / small[1]) / math.log(large[0] / small[0])


def made(args: argparse.Namespace, python: Path | None, say: Say) -> None:
    """Measure made bibliographies of growing size, and the wrong merges by kind of twin."""
    rows: list[list[str]] = []
    by_kind: dict[str, Counter[str]] = {}
    before: tuple[int, float] | None = None
    for n in [*args.sizes, *([FULL] if args.full else [])]:
        with tempfile.TemporaryDirectory() as folder:
            bibliography = make(n, args.seed, args.abstracts, Path(folder))
            runs = _made_runs(bibliography, n, python, args.repeat)
            truth, kinds = bibliography.truth(), bibliography.kinds()
        works = truth["cluster_id"].nunique()
        by_kind[f"works of a kind in {n:,}"] = _twins_there(truth, kinds)
        for tool, found in runs.items():
            growth, seconds = "", min(found[0].seconds)
            if tool == "parapluie":
                growth = f"{exponent(before, (n, seconds)):.2f}" if before else ""
                before = (n, seconds)
            cells = _made_cells(n, tool, found, truth)
            rows.append([*cells, growth, found[0].memory(), f"{bibliography.seconds:.0f}"])
            by_kind[f"{tool}, {n:,}"] = scored.wrong_merges(truth, found[0].clusters, kinds)
        say(f"{n:,} made records tell of {works:,} works.")
    say(measured.table(MADE_COLUMNS, rows))
    names = sorted({kind for counted in by_kind.values() for kind in counted})
    lines = [[kind, *(counted[kind] for counted in by_kind.values())] for kind in names]
    say(measured.table(["pairs of works in one cluster", *by_kind], lines))


def _twins_there(truth: pd.DataFrame, kinds: Mapping[frozenset[str], str]) -> Counter[str]:
    """Count the pairs of works that look alike, by kind."""
    there = set(truth["cluster_id"])
    return Counter(kind for pair, kind in kinds.items() if pair <= there)


# --- the whole ------------------------------------------------------------------------------------


def parsed(words: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.deduplication", description=__doc__)
    add = parser.add_argument
    add("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure; default all")
    add("--sets", nargs="+", choices=labelled.SETS, default=labelled.SETS, help="labelled sets")
    add("--ours", action="store_true", help=f"leave {PEER} out")
    add("--full", action="store_true", help="also a million records (minutes)")
    add("--sizes", nargs="*", type=int, default=SIZES, help="records of made bibliographies")
    add("--seed", type=int, default=1, help="of the made bibliographies")
    add("--abstracts", action="store_true", help="make them with abstracts")
    add("--repeat", type=int, default=1, help="runs of each; the fastest and slowest are told")
    add("--show", type=int, default=0, metavar="N", help="list N wrong and missed pairs of a set")
    add("--write", action="store_true", help="put the tables into benchmarks/README.md")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print, and keep what was printed if asked."""
    args = parsed(words)
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        print(f"{text}\n", flush=True)

    say(measured.machine())
    python = None if args.ours else peer_python(say)
    known = measured.versions(("parapluie", "duckdb", "rapidfuzz"))
    say(f"{known}, {PEER} {PEER_VERSION}" if python else known)
    given = sys.argv[1:] if words is None else words
    say(" ".join(["`python -m benchmarks.deduplication", *given]) + "`")
    for name in args.parts:
        {"sets": sets, "pairs": pairs, "made": made}[name](args, python, say)
    say(f"load of the last minute after: {os.getloadavg()[0]:.1f}")
    if args.write:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(measured.replace_block(page, "deduplication", "\n\n".join(said)), "utf-8")


if __name__ == "__main__":
    main()
