"""Fit stacked sets with PyMARE; it runs in an environment of that tool, not in ours.

python peer_pymare.py DATA.npz REPEAT

DATA.npz holds ``y`` and ``v``, shape (sets, studies). Prints JSON: seconds of each repeat, and the
numbers of the last.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from pymare.estimators import VarianceBasedLikelihoodEstimator


def main() -> None:
    """Fit all sets at once: REML, Knapp-Hartung, with interval and p."""
    data = np.load(sys.argv[1])
    y, v = data["y"].T.copy(), data["v"].T.copy()
    constant, seconds = np.ones((y.shape[0], 1)), []
    for _ in range(int(sys.argv[2])):
        start = time.perf_counter()
        fitted = VarianceBasedLikelihoodEstimator(method="REML").fit(y=y, v=v, X=constant)
        summary = fitted.summary()
        found = summary.get_fe_stats()
        seconds.append(time.perf_counter() - start)
    numbers = {"estimate": found["est"], "se": found["se"], "ci_low": found["ci_l"]}
    numbers["tau2"] = summary.tau2
    listed = {name: np.ravel(values).tolist() for name, values in numbers.items()}
    print(json.dumps({"seconds": seconds, **listed}))


if __name__ == "__main__":
    main()
