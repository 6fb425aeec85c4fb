"""The tables of very many reviews: as those of `stage`, without what grows with reviews squared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from parapluie.errors import Problem
from parapluie.overlap.cca import BANDS, band
from parapluie.overlap.large import PairFile
from parapluie.overlap.lines import why_none
from parapluie.overlap.long_table import LongTable, sizes_for
from parapluie.overlap.sparse import Floats, Incidence, Ints, Pairing, Times, missing_weight, totals
from parapluie.overlap.stage import Options
from parapluie.overlap.told import SCHEMES, in_words, sentence

MOST_CONFLICTS = 100
"""So many studies later than their review are listed one by one; a line tells how many more."""

NOT_SOUGHT = "not_available: with so many reviews labels are not compared; study_id decides"


@dataclass
class Counted:
    """What is counted before the pairs, and what they are made from.

    Parameters
    ----------
    held : Incidence
    pairs : PairFile
    lines : list of dict
        Lines of cca.csv; the first, of all studies, gets its bands from `with_bands`.
    distribution, reviews : frame
    assumptions : list of (str, str)
    problems : list of Problem
    """

    held: Incidence
    pairs: PairFile
    lines: list[dict[str, object]]
    distribution: pd.DataFrame
    reviews: pd.DataFrame
    assumptions: list[tuple[str, str]]
    problems: list[Problem] = field(default_factory=list)

    def with_bands(self, plain: Ints, adjusted: Ints) -> str:
        """Put the bands of the pairs into the line of all studies, and give the sentence.

        Pairs without a shared study are slight; only the others were counted.
        """
        c = len(self.held.reviews)
        every = c * (c - 1) // 2
        line = self.lines[0]
        line["pairs"] = every
        for name, counts in (("", plain), ("_adjusted", adjusted)):
            if name and not line["x"]:
                continue
            rest = every - int(counts.sum())
            for i, label in enumerate(BANDS):
                line[f"pairs_{label}{name}"] = int(counts[i]) + rest * (i == 0)
        return sentence(line, [])


def count(table: LongTable, options: Options, shown: str) -> Counted:
    """Count everything but the pairs.

    Parameters
    ----------
    table : LongTable
    options : Options
    shown : str
        Name of the file in messages.
    """
    held = table.all_studies()
    rule = options.structural_missingness
    known = table.participants()
    times = table.times(held, rule) if rule != "none" else None
    sizes, unknown, _ = sizes_for(held, known, options.impute)
    weights = np.sqrt(sizes) if not unknown or (options.impute == "median" and known) else None
    made = [("all", held, times), *_others(table, rule)]
    return Counted(
        held,
        PairFile(Pairing(held, times, weights), options.bands),
        [_line(name, part, when, known, options) for name, part, when in made],
        _distribution([(name, part) for name, part, _ in made]),
        _reviews(held, table),
        list(_assumptions(held, times, weights, options)),
        list(_problems(held, times, shown)),
    )


def _others(table: LongTable, rule: str) -> Iterator[tuple[str, Incidence, Times | None]]:
    for name, part in table.scopes():
        yield name, part, table.times(part, rule) if rule != "none" else None


def _line(
    name: str, held: Incidence, times: Times | None, known: Mapping[str, float], options: Options
) -> dict[str, object]:
    """Count one scope: a line of cca.csv, in the columns of `lines.line_of`."""
    sizes, unknown, imputed = sizes_for(held, known, options.impute)
    found = totals(held, times, sizes)
    bands = [f"pairs_{label}{kind}" for kind in ("", "_adjusted") for label in BANDS]
    return {
        "scope": name,
        "level": "study",
        "missingness": options.structural_missingness,
        "c": found.c,
        "r": found.r,
        "n": found.n,
        "x": found.x,
        "covered_area": found.n / (found.r * found.c) if found.r * found.c else None,
        "cca": found.cca,
        "band": band(found.cca, options.bands),
        "scheme": options.bands,
        "cca_adjusted": found.cca_adjusted,
        "band_adjusted": band(found.cca_adjusted, options.bands),
        "wcca": found.wcca,
        "wcca_adjusted": _weighted_adjusted(held, times, np.sqrt(sizes)) if found.x else None,
        "studies_without_size": unknown,
        "sizes_imputed": imputed,
        "in_one": int((held.times == 1).sum()),
        "in_more_than_one": int((held.times > 1).sum()),
        "reviews_without_study": int((held.sizes == 0).sum()),
        "min_per_review": int(held.sizes.min()) if found.c else None,
        "median_per_review": float(np.median(held.sizes)) if found.c else None,
        "max_per_review": int(held.sizes.max()) if found.c else None,
        "pairs": None,
        **dict.fromkeys(bands),
        "reason": "" if found.cca is not None else why_none(found.r, found.c),
    }


def _weighted_adjusted(held: Incidence, times: Times | None, weights: Floats) -> float | None:
    if times is None or not np.isfinite(weights.sum()):
        return None
    total = float(weights.sum())
    below = (len(held.reviews) - 1) * total - missing_weight(held, times, weights)
    return (float((weights * held.times).sum()) - total) / below if below > 0 else None


def _distribution(made: Sequence[tuple[str, Incidence]]) -> pd.DataFrame:
    rows = [
        (name, k, n, "counted", "")
        for name, held in made
        for k, n in enumerate(np.bincount(held.times)[1:].tolist(), start=1)
    ]
    columns = ["scope", "times_included", "n_studies", "standing", "source"]
    return pd.DataFrame(rows, columns=columns, dtype="object")


def _reviews(held: Incidence, table: LongTable) -> pd.DataFrame:
    """Tell of each review how many of its studies no other has."""
    total, unique = held.sizes, held.only_here
    standing = np.where(unique > 0, "adds studies of its own", "adds no study: inside all others")
    return pd.DataFrame(
        {
            "review_id": held.reviews,
            "name": table.names,
            "total": total,
            "unique": unique,
            "shared_with_any": total - unique,
            "inside_union": (total > 0) & (unique == 0),
            "standing": np.where(total > 0, standing, "no study in this body"),
        }
    )


def _assumptions(
    held: Incidence, times: Times | None, weights: Floats | None, options: Options
) -> Iterator[tuple[str, str]]:
    """Say what was decided, and what is not told at such a size."""
    yield "level", "study"
    yield "level of reports", "not_available: not counted with so many reviews"
    yield "scope", "all studies; eligible ones and each outcome beside it, where given"
    yield "structural missingness", in_words(options.structural_missingness)
    if times is not None:
        dated = int((~np.isnan(times.review)).sum()), int((~np.isnan(times.study)).sum())
        yield "reviews with a year", f"{dated[0]} of {len(held.reviews)}, from their names"
        yield "studies with a year", f"{dated[1]} of {len(held.studies)}"
    yield "bands", SCHEMES[options.bands]
    yield "sample sizes not known", options.impute
    yield "labels joined to one study", "none, beyond those with one study_id"
    yield "open questions on studies", NOT_SOUGHT
    yield "pairs listed", "those with a shared study; the others are slight and counted in cca.csv"
    if weights is None:
        yield "weighted CCA of pairs", "not_available: a sample size is not known"


def _problems(held: Incidence, times: Times | None, shown: str) -> Iterator[Problem]:
    """List studies that a review includes although they are later than itself."""
    if times is None:
        return
    found = np.flatnonzero(times.conflicts(held))
    mend = "Check both dates; the study is counted as included."
    for i in found[:MOST_CONFLICTS].tolist():
        study, review = int(held.study[i]), int(held.review[i])
        said = (
            f"{held.studies[study]} ({times.study[study]:.0f}) in "
            f"{held.reviews[review]} ({times.review[review]:.0f})"
        )
        yield Problem(shown, said, "a study not later than the review", mend, column="year")
    if found.size > MOST_CONFLICTS:
        more = f"{found.size - MOST_CONFLICTS} more such inclusions"
        yield Problem(shown, more, "a study not later than the review", mend, column="year")
