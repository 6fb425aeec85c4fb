"""Time and memory of a whole command, and the lines that say on what they were measured.

Started as a script, it is a small process that runs a command and tells what it took: the system
counts the memory of a process from that of its parent on, and a benchmark is large.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".bench"
SHARED = "PARAPLUIE_SHARED"

SAMPLED = 0.05
"""Seconds between two looks at the processes of a command."""

_UNIT = 1024 * 1024 if sys.platform == "darwin" else 1024
"""What divides ``ru_maxrss`` to give MB (2^20 bytes)."""


class CommandFailedError(Exception):
    """A measured command that ended with an error; its last words are the message."""


@dataclass(frozen=True)
class Cost:
    """What a command took.

    Parameters
    ----------
    seconds : float
        From its start to its end, on the clock.
    largest_mb : float
        Most memory (RSS, 2^20 bytes) of its largest process.
    sum_mb : float or None
        Largest sum over all its processes at one moment, as sampled; memory that processes share
        counts in each. ``None`` where the system does not tell.
    """

    seconds: float
    largest_mb: float
    sum_mb: float | None


def measure(command: Sequence[str | Path]) -> Cost:
    """Run a command to its end.

    Raises
    ------
    CommandFailedError
        If it does not end with 0.
    """
    words = [sys.executable, "-I", "-S", Path(__file__), *command]
    done = subprocess.run(
        [str(w) for w in words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CommandFailedError(
            f"{Path(command[0]).name}: {(done.stderr.strip() or 'no word')[-2000:]}"
        )
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def _watched(command: Sequence[str]) -> tuple[int, dict[str, float | None]]:
    """Run a command and look at its processes until it ends."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    sums = []
    while process.poll() is None:
        sums.append(_sum_mb(process.pid))
        time.sleep(SAMPLED)
    seconds = time.perf_counter() - start
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / _UNIT
    told = [s for s in sums if s is not None]
    sum_mb = max(largest, *told) if told else None
    return process.returncode, {"seconds": seconds, "largest_mb": largest, "sum_mb": sum_mb}


def _sum_mb(pid: int) -> float | None:
    """Add up the memory of a process and of all it started; ``None`` where there is no /proc."""
    if not Path("/proc/self/statm").exists():
        return None
    pages, waiting = 0, [pid]
    while waiting:
        folder = Path("/proc") / str(waiting.pop())
        try:
            pages += int((folder / "statm").read_text().split()[1])
            for task in (folder / "task").iterdir():
                waiting += [int(p) for p in (task / "children").read_text().split()]
        except OSError:  # it has ended meanwhile
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


# --- on what it was measured ----------------------------------------------------------------------


def machine() -> str:
    """Say when and on what: date, cores, processor, memory, system, load before."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    return (
        f"{date}; {os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB of memory, "
        f"{platform.system()}; load of the last minute before: {os.getloadavg()[0]:.1f}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def versions(names: Iterable[str]) -> str:
    """Say the versions of Python and of packages."""
    from importlib.metadata import version

    return ", ".join([f"Python {platform.python_version()}", *(f"{n} {version(n)}" for n in names)])


# --- tables ---------------------------------------------------------------------------------------


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a Markdown table; the first column to the left, numbers to the right."""
    lines = [header, ["---", *(["---:"] * (len(header) - 1))], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def span(values: Sequence[float], form: str = ".1f") -> str:
    """Write the smallest and the largest of several measurements, or the only one."""
    ends = list(dict.fromkeys(format(v, form) for v in (min(values), max(values))))
    return "–".join(ends)


def replace_block(page: str, name: str, content: str) -> str:
    """Put a text between the two marks of a page that bear its name.

    Raises
    ------
    ValueError
        If the page has no such marks.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"no {begin} and {end} in the page")
    return f"{before}{begin}\n{content.strip()}\n{end}{after}"


if __name__ == "__main__":
    code, cost = _watched(sys.argv[1:])
    print(json.dumps(cost))
    sys.exit(code)
