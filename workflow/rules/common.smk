# What the rules share. First of all the inputs are checked: when something must be mended, only the
# lines that say so are shown, and nothing runs.

import os
import sys
from pathlib import Path

from parapluie import inputs
from parapluie.check import stop_if_faulty
from parapluie.code import digest_of_command

# the command of the environment that runs Snakemake, whether or not it is activated
os.environ["PATH"] = os.pathsep.join(
    [str(Path(sys.executable).parent), os.environ["PATH"]]
)

stop_if_faulty(Path("."))


onerror:
    # what a stage had to say, in its own words
    for path in sorted(Path("results/logs").glob("*.log")):
        sys.stderr.write(path.read_text(encoding="utf-8", errors="replace"))


def table(stem):
    """The human table data/STEM as CSV, TSV or workbook; nothing when it is not there."""
    return inputs.table(Path("data"), stem)


def setting(section, key, default):
    """A value of config/config.yaml."""
    return (config.get(section) or {}).get(key, default)
