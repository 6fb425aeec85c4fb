"""Score clusters of records against the truth, fast enough for a million of them.

The figures are those of a screener who keeps one record of each cluster: duplicates rightly
removed (TP), works lost because a cluster mixes them (FP), copies left in (FN).
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Score:
    """Counts of records and of works.

    Parameters
    ----------
    records, works : int
        How many there are in truth.
    tp, fp, fn : int
        Records rightly removed, works lost, copies left in.
    wrong_merges : int
        Works beyond the first in each cluster, whether or not another cluster keeps them.
    """

    records: int
    works: int
    tp: int
    fp: int
    fn: int
    wrong_merges: int

    @property
    def recall(self) -> float:
        """Proportion of the duplicates that are removed."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else float("nan")

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / total if total else float("nan")

    @property
    def wrong_per_1000(self) -> float:
        """Wrong merges for each 1,000 works."""
        return 1000 * self.wrong_merges / self.works if self.works else float("nan")

    def __add__(self, other: Score) -> Score:
        """Add the counts of another set."""
        return Score(*(a + b for a, b in zip(_counts(self), _counts(other), strict=True)))


def _counts(score: Score) -> tuple[int, ...]:
    return (score.records, score.works, score.tp, score.fp, score.fn, score.wrong_merges)


def joined(truth: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Set the true and the found cluster of each record side by side.

    Parameters
    ----------
    truth, found : DataFrame
        ``record_id`` and ``cluster_id``; records that `found` does not name are alone.

    Returns
    -------
    DataFrame
        ``record_id``, ``true`` and ``found``, in the order of `truth`.

    Raises
    ------
    ValueError
        If `found` names a record that is not in `truth`.
    """
    unknown = set(found["record_id"]) - set(truth["record_id"])
    if unknown:
        raise ValueError(f"{len(unknown)} records are not in the truth")
    cluster = found.set_index("record_id")["cluster_id"]
    both = truth[["record_id", "cluster_id"]].rename(columns={"cluster_id": "true"})
    both["found"] = both["record_id"].map(cluster).replace("", None)
    return both.assign(found=both["found"].fillna("alone:" + both["record_id"]))


def score(truth: pd.DataFrame, found: pd.DataFrame) -> Score:
    """Score clusters (see `joined`); each keeps its first record in the order of `truth`."""
    both = joined(truth, found)
    works, kept = both["true"].nunique(), both["found"].nunique()
    lost = works - both.drop_duplicates("found")["true"].nunique()
    pairs = len(both.drop_duplicates(["true", "found"]))
    return Score(len(both), works, len(both) - kept - lost, lost, kept - works + lost, pairs - kept)


def wrong_merges(
    truth: pd.DataFrame, found: pd.DataFrame, kinds: Mapping[frozenset[str], str]
) -> Counter[str]:
    """Count pairs of works that a cluster mixes, by how the two are akin.

    Parameters
    ----------
    kinds : mapping
        Two works to the kind of their likeness; those that are not there are ``unrelated``.
    """
    both = joined(truth, found).drop_duplicates(["true", "found"])
    mixed = both[both.duplicated("found", keep=False)]
    counted: Counter[str] = Counter()
    for _, works in mixed.groupby("found")["true"]:
        for pair in itertools.combinations(works, 2):
            counted[kinds.get(frozenset(pair), "unrelated")] += 1
    return counted


def answered(found: pd.DataFrame, same: pd.DataFrame) -> pd.DataFrame:
    """Join the clusters of pairs of records (``record_a``, ``record_b``) that are the same."""
    cluster = dict(zip(found["record_id"], found["cluster_id"], strict=True))
    root: dict[str, str] = {}

    def top(name: str) -> str:
        while root.get(name, name) != name:
            name = root[name]
        return name

    for a, b in zip(same["record_a"], same["record_b"], strict=True):
        one, other = sorted((top(cluster[a]), top(cluster[b])))
        root[other] = one
    return found.assign(cluster_id=[top(c) for c in found["cluster_id"]])
