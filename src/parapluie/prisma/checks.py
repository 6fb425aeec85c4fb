"""Identities between the boxes of a flow: those of the template, of the whole, of the overview.

Every check is told with its two sides. One whose boxes are not all known is `not_checkable`, with
the reason; it never counts as held. Identifiers C01 to C21 and F1 to F5 stand in docs/prisma.md.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import eq, le
from typing import TYPE_CHECKING

from parapluie.prisma.template import OTHER_SOURCES, Flow, Parts
from parapluie.trace import Figures

if TYPE_CHECKING:
    import pandas as pd

    from parapluie.prisma.counts import Count

YES, NO, NOT_CHECKABLE = "yes", "no", "not_checkable"
ERROR, WARN = "error", "warn"

OTHER_SHARE = 0.2
"""Share of the exclusions above which a reason "Other" says too little."""

COLUMNS = ("scope", "identity", "level", "left", "right", "holds", "reason", "rule", "boxes")

_OTHER_ARM = (
    *OTHER_SOURCES,
    "other_sought_reports",
    "other_notretrieved_reports",
    "other_assessed",
    "other_excluded",
)
_PREVIOUS_ARM = ("previous_studies", "previous_reports", "total_studies", "total_reports")
_OTHER_LOSSES = (
    "other_duplicates",
    "other_excluded_automatic",
    "other_excluded_other",
    "other_records_excluded",
    "other_conflict_screening",
    "other_awaiting_screening",
)


@dataclass(frozen=True)
class Check:
    """One identity with both its sides.

    Parameters
    ----------
    identity : str
        Its name, as C03 or F1; a part after a dot where it has several.
    level : str
        error or warn.
    rule : str
        What must hold, in words.
    left, right : int or None
    holds : str
        yes, no or not_checkable.
    reason : str
        Why it is not checkable, or what is wrong.
    boxes : tuple of str
        Boxes it compares.
    shaped_by : tuple of str
        Boxes whose being there decides which boxes it compares.
    """

    identity: str
    level: str
    rule: str
    left: int | None
    right: int | None
    holds: str
    reason: str = ""
    boxes: tuple[str, ...] = ()
    shaped_by: tuple[str, ...] = ()


class _UnknownError(Exception):
    """A box without a number; the message says which."""


class _Boxes:
    """Reads numbers from a flow, remembers which, and stops at one that is not known."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.read: dict[str, None] = {}

    def __call__(self, *boxes: str) -> int:
        """Add up boxes; a list counts with the sum of its parts."""
        return sum(self._one(box) for box in boxes)

    def _one(self, box: str) -> int:
        self.read[box] = None
        value = self.flow.get(box)
        if value is None:
            raise _UnknownError(f"{box} is not known")
        if isinstance(value, int):
            return value
        if any(n is None for _, n in value):
            raise _UnknownError(f"{box} has a reason without a number")
        return sum(n or 0 for _, n in value)

    def known(self, *boxes: str) -> int:
        """Add up those of the boxes that are known; the rest count 0."""
        return self(*(b for b in boxes if self.flow.get(b) is not None))

    def listed(self, box: str) -> int:
        """Add up a list, which must be there as a list."""
        if not isinstance(self.flow.get(box), tuple):
            raise _UnknownError(f"{box} is not listed")
        return self(box)


Side = Callable[[_Boxes], int]


def _of(*names: str) -> Side:
    """Give the side that adds up boxes."""
    return lambda boxes: boxes(*names)


def compare(
    flow: Flow,
    identity: str,
    level: str,
    rule: str,
    left: Side,
    right: Side,
    holds: Callable[[int, int], bool] = eq,
) -> Check:
    """Compare two sides, or say which box is missing."""
    boxes = _Boxes(flow)
    try:
        a, b = left(boxes), right(boxes)
    except _UnknownError as unknown:
        return Check(
            identity, level, rule, None, None, NOT_CHECKABLE, str(unknown), tuple(boxes.read)
        )
    fine = holds(a, b)
    reason = "" if fine else f"differs by {a - b}"
    return Check(identity, level, rule, a, b, YES if fine else NO, reason, tuple(boxes.read))


def has_other(flow: Flow) -> bool:
    """Tell whether the flow has the arm of other methods: one of its sources has a number."""
    return any(flow.get(box) is not None for box in OTHER_SOURCES)


def has_previous(flow: Flow) -> bool:
    """Tell whether the flow has the arm of a previous version."""
    return any(flow.get(box) is not None for box in _PREVIOUS_ARM[:2])


def splits_arms(flow: Flow) -> bool:
    """Tell whether a published flow keeps its arms apart after the records that each found."""
    return any(box in flow for box in _SPLIT)


def template_of(flow: Flow, recorded: bool = False) -> str:
    """Choose the template that fits a flow.

    Parameters
    ----------
    flow : mapping
    recorded : bool
        Whether a publication prints it; its other methods are an arm only where it splits them.
    """
    other = has_other(flow) and (not recorded or splits_arms(flow))
    return f"{'updated' if has_previous(flow) else 'new'}_databases{'_other' if other else ''}"


# --- identities of the template -------------------------------------------------------------------


def check_template(flow: Flow, faults: Sequence[str] = ()) -> list[Check]:
    """Check the identities C01 to C16 of the template.

    Parameters
    ----------
    flow : mapping
        Box of the PRISMA 2020 template to its number, its list or ``None``. Boxes of what still
        waits or is in conflict are taken into account where they are there.
    faults : sequence of str
        Cells that were no counts, as the reader found them.

    Returns
    -------
    list of Check
        In the order of their names.
    """
    arms = _there(flow, (*OTHER_SOURCES, *_PREVIOUS_ARM[:2]))
    return [
        _whole_numbers(flow, faults),
        *_sources(flow),
        *_database_arm(flow),
        *(replace(check, shaped_by=arms) for check in _other_arm(flow)),
        *(replace(check, shaped_by=arms) for check in _included(flow)),
        *_reason_lists(flow),
        replace(_silent_arms(flow), shaped_by=arms),
    ]


def _there(flow: Flow, boxes: Iterable[str]) -> tuple[str, ...]:
    """Give those of the boxes that the flow has."""
    return tuple(box for box in boxes if box in flow)


def _whole_numbers(flow: Flow, faults: Sequence[str]) -> Check:
    rule = "every count is a whole number of at least 0"
    numbers = [(box, v) for box, v in flow.items() if isinstance(v, int)]
    numbers += [(box, n) for box, v in flow.items() for _, n in _parts(v) if n is not None]
    wrong = [*faults, *(f"{box}: {n} is below 0" for box, n in numbers if n < 0)]
    return Check("C01", ERROR, rule, len(wrong), 0, NO if wrong else YES, "; ".join(wrong))


def _parts(value: int | Parts | None) -> Parts:
    return value if isinstance(value, tuple) else ()


def _sources(flow: Flow) -> Iterator[Check]:
    for name in ("database", "register"):
        yield compare(
            flow,
            f"C02.{name}s",
            ERROR,
            f"the listed {name}s add up to {name}_results",
            functools.partial(_Boxes.listed, box=f"{name}_specific_results"),
            _of(f"{name}_results"),
        )


def _database_arm(flow: Flow) -> Iterator[Check]:
    yield compare(
        flow,
        "C03",
        ERROR,
        "screened = databases + registers - duplicates - removed - awaiting",
        lambda b: b("records_screened"),
        lambda b: (
            b("database_results")
            + b.known("register_results")
            - b("duplicates")
            - b.known("excluded_automatic", "excluded_other", "dbr_awaiting_screening")
        ),
    )
    yield compare(
        flow,
        "C04",
        ERROR,
        "sought = screened - excluded - in conflict",
        lambda b: b("dbr_sought_reports"),
        lambda b: b("records_screened") - b("records_excluded") - b.known("dbr_conflict_screening"),
    )
    yield from _assessed(flow, "dbr", "C05", "C06")


def _assessed(flow: Flow, arm: str, assessed: str, excluded: str) -> Iterator[Check]:
    yield compare(
        flow,
        assessed,
        ERROR,
        "assessed = sought - not retrieved - awaiting",
        lambda b: b(f"{arm}_assessed"),
        lambda b: (
            b(
                f"{arm}_sought_reports",
            )
            - b(f"{arm}_notretrieved_reports")
            - b.known(f"{arm}_awaiting")
        ),
    )
    yield compare(
        flow,
        excluded,
        ERROR,
        "reports excluded at most those assessed",
        lambda b: b(f"{arm}_excluded"),
        lambda b: b(f"{arm}_assessed"),
        le,
    )


def _other_arm(flow: Flow) -> Iterator[Check]:
    if not has_other(flow):
        reason = "no other methods in this flow"
        for name, level in (("C07", WARN), ("C08", ERROR), ("C09", ERROR)):
            rule = "identities of the arm of other methods"
            yield Check(name, level, rule, None, None, NOT_CHECKABLE, reason)
        return
    yield compare(
        flow,
        "C07",
        WARN,
        "other methods: sought at most what they found and was not set aside",
        lambda b: b("other_sought_reports"),
        lambda b: b.known(*OTHER_SOURCES) - b.known(*_OTHER_LOSSES),
        le,
    )
    yield from _assessed(flow, "other", "C08", "C09")


def _included(flow: Flow) -> Iterator[Check]:
    arms = ("dbr", "other") if has_other(flow) else ("dbr",)
    yield compare(
        flow,
        "C10",
        ERROR,
        "reports included = assessed - excluded - in conflict, of both arms",
        lambda b: b("new_reports"),
        lambda b: sum(
            b(f"{a}_assessed") - _excluded(b, a) - b.known(f"{a}_conflict") for a in arms
        ),
    )
    yield compare(
        flow,
        "C11",
        WARN,
        "reviews included at most reports included",
        lambda b: b("new_studies"),
        lambda b: b("new_reports"),
        le,
    )
    for name, what in (("C12", "studies"), ("C13", "reports")):
        yield _total(flow, name, what)
    total = "total" if has_previous(flow) else "new"
    for what in ("studies", "reports"):
        yield compare(
            flow,
            f"C14.{what}",
            ERROR,
            f"{what} in the meta-analysis at most all included",
            _of(f"total_{what}_ma"),
            _of(f"{total}_{what}"),
            le,
        )


def _excluded(boxes: _Boxes, arm: str) -> int:
    """Reports excluded; an empty list of an arm that assessed nothing is 0."""
    box = f"{arm}_excluded"
    nothing = boxes.flow.get(box) is None and boxes.flow.get(f"{arm}_assessed") == 0
    return 0 if nothing else boxes(box)


def _total(flow: Flow, name: str, what: str) -> Check:
    rule = f"total {what} = previous + new"
    if not has_previous(flow):
        return Check(name, WARN, rule, None, None, NOT_CHECKABLE, "no previous version")
    return compare(
        flow,
        name,
        WARN,
        rule,
        lambda b: b(f"total_{what}"),
        lambda b: b(f"previous_{what}", f"new_{what}"),
    )


def _reason_lists(flow: Flow) -> Iterator[Check]:
    rule = (
        "each reason once and with a number, and no plain 'Other' above "
        f"{OTHER_SHARE:.0%} of the exclusions"
    )
    for arm in ("dbr", "other"):
        parts = _parts(flow.get(f"{arm}_excluded"))
        if not parts:
            reason = f"{arm}_excluded is not listed"
            yield Check(f"C15.{arm}", WARN, rule, None, None, NOT_CHECKABLE, reason)
            continue
        wrong = _reason_faults(parts)
        holds = NO if wrong else YES
        yield Check(
            f"C15.{arm}", WARN, rule, len(wrong), 0, holds, "; ".join(wrong), (f"{arm}_excluded",)
        )


def _reason_faults(parts: Parts) -> list[str]:
    names = Counter(label.strip().lower() for label, _ in parts)
    total = sum(n or 0 for _, n in parts)
    faults = [f"{name!r} stands {times} times" for name, times in names.items() if times > 1]
    faults += [f"{label!r} has no number" for label, n in parts if n is None]
    faults += [
        f"{label!r} holds {n} of {total}"
        for label, n in parts
        if label.strip().lower() == "other" and (n or 0) > OTHER_SHARE * total
    ]
    return faults


def _silent_arms(flow: Flow) -> Check:
    off = [*(() if has_other(flow) else _OTHER_ARM), *(() if has_previous(flow) else _PREVIOUS_ARM)]
    boxes = _Boxes(flow)
    loud = [box for box in off if flow.get(box) and _amount(boxes, box)]
    reason = ", ".join(loud) + " above 0 in an arm that is not drawn" if loud else ""
    rule = "an arm that is not drawn holds no number above 0"
    return Check("C16", ERROR, rule, len(loud), 0, NO if loud else YES, reason, tuple(loud))


def _amount(boxes: _Boxes, box: str) -> int:
    try:
        return boxes(box)
    except _UnknownError:
        return 1


# --- identities of the whole ----------------------------------------------------------------------


def check_whole(flow: Flow) -> list[Check]:
    """Check the identities F1 to F4, which hold at any moment, over both arms together.

    Parameters
    ----------
    flow : mapping
        Boxes ``identified``, ``removed``, ``duplicates_total``, ``awaiting_screening``,
        ``screened``, ``excluded_screening``, ``conflict_screening``, ``sought``, ``not_retrieved``,
        ``full_text_awaiting``, ``assessed``, ``excluded``, ``full_text_conflict``, ``new_reports``.
    """
    return [
        compare(
            flow,
            "F1",
            ERROR,
            "identified = removed + duplicates + awaiting + screened",
            lambda b: b("identified"),
            lambda b: b("duplicates_total", "screened") + b.known("removed", "awaiting_screening"),
        ),
        compare(
            flow,
            "F2",
            ERROR,
            "screened = excluded + in conflict + sought",
            lambda b: b("screened"),
            lambda b: b("excluded_screening", "sought") + b.known("conflict_screening"),
        ),
        compare(
            flow,
            "F3",
            ERROR,
            "sought = not retrieved + awaiting + assessed",
            lambda b: b("sought"),
            lambda b: b("not_retrieved", "assessed") + b.known("full_text_awaiting"),
        ),
        compare(
            flow,
            "F4",
            ERROR,
            "assessed = excluded + in conflict + included",
            lambda b: b("assessed"),
            lambda b: b("excluded", "new_reports") + b.known("full_text_conflict"),
        ),
    ]


WHOLE_OF_RECORDED = {
    "identified": ("identified", "records_total"),
    "removed": ("removed",),
    "duplicates_total": ("duplicates_total", "duplicates"),
    "screened": ("screened", "records_screened"),
    "excluded_screening": ("excluded_screening", "records_excluded"),
    "sought": ("sought", "dbr_sought_reports"),
    "not_retrieved": ("not_retrieved", "dbr_notretrieved_reports"),
    "assessed": ("assessed", "dbr_assessed"),
    "excluded": ("excluded", "dbr_excluded"),
    "new_reports": ("new_reports",),
}
"""Boxes of the whole and under which names a recorded flow may hold them."""

_SPLIT = ("other_sought_reports", "other_notretrieved_reports", "other_assessed", "other_excluded")


def check_recorded(flow: Flow) -> list[Check]:
    """Check a published flow as far as its boxes allow.

    A publication that prints no box of other methods after the records they found does not split
    its arms: its later boxes are then those of the whole, and F1 to F4 read them so.
    """
    whole = dict(flow)
    if not splits_arms(flow):
        for box, names in WHOLE_OF_RECORDED.items():
            whole[box] = next((flow[n] for n in names if flow.get(n) is not None), None)
    parts = ("database_results", "register_results", *OTHER_SOURCES)
    total = compare(
        whole,
        "F5",
        ERROR,
        "records identified = those of each source added up",
        lambda b: b("identified"),
        lambda b: b("database_results") + b.known(*parts[1:]),
    )
    named = [
        replace(
            c,
            boxes=tuple(n for b in c.boxes for n in WHOLE_OF_RECORDED.get(b, (b,))),
            shaped_by=_there(flow, _SPLIT),
        )
        for c in (*check_whole(whole), total)
    ]
    return [*check_template(flow), *named]


# --- identities of the overview -------------------------------------------------------------------


def check_overview(
    flow: Flow, awaiting: int, without_list: str, without_report: Sequence[str] = ()
) -> list[Check]:
    """Check the identities of an overview: reviews (k), their reports (n) and their studies (j).

    Parameters
    ----------
    flow : mapping
        Counted boxes.
    awaiting : int
        Reviews included by a decision whose row in reviews.csv is not there yet.
    without_list : str
        Names of the included reviews without a list of primary studies.
    without_report : sequence of str
        Names of the included reviews without an included report.
    """
    return [
        compare(
            flow,
            "F6",
            ERROR,
            "reviews assessed = excluded + in conflict + included + awaiting extraction",
            lambda b: b("reviews_assessed"),
            lambda b: b("reviews_excluded", "reviews_conflict", "reviews_included") + awaiting,
        ),
        _listed(flow, without_list),
        compare(
            flow,
            "C19",
            ERROR,
            "reviews included at most reports included",
            _of("reviews_included"),
            _of("new_reports"),
            le,
        ),
        Check(
            "C19.reports",
            ERROR,
            "every included review has an included report",
            len(without_report),
            0,
            NO if without_report else YES,
            ", ".join(without_report),
            ("reviews_included", "new_reports"),
        ),
    ]


def _listed(flow: Flow, without_list: str) -> Check:
    """Compare reviews included with reviews in the citation matrix, if all have a list."""
    rule = "reviews included = reviews with a list of primary studies"
    found = compare(flow, "C17", ERROR, rule, _of("reviews_included"), _of("reviews_with_list"))
    if not without_list:
        return found
    reason = f"no list of primary studies for {without_list}"
    return replace(found, holds=NOT_CHECKABLE, reason=reason)


STATES = ("include", "exclude", "conflict", "awaiting_second", "awaiting")


def check_recount(
    states: Mapping[str, Mapping[str, int]], recounted: Mapping[str, Mapping[str, int]]
) -> list[Check]:
    """Compare the states that the screening stage found with a recount from the files of decisions.

    Parameters
    ----------
    states, recounted : mapping
        Stage to state to number of reports.
    """
    found = []
    for stage in ("title_abstract", "full_text"):
        for state in STATES:
            left, right = states[stage].get(state, 0), recounted[stage].get(state, 0)
            rule = f"{stage}: reports in state {state} = recount from the files of decisions"
            reason = "" if left == right else f"differs by {left - right}"
            holds = YES if left == right else NO
            found.append(Check(f"C21.{stage}.{state}", ERROR, rule, left, right, holds, reason))
    return found


# --- results --------------------------------------------------------------------------------------


def flow_of(counts: Iterable[Count]) -> dict[str, int | Parts | None]:
    """Turn counts into the form that the checks read; parts BOX.CODE make the list of BOX.

    A list stands for its box only if it is complete or the box has no number of its own.
    """
    flow: dict[str, int | Parts | None] = {}
    lists: dict[str, list[tuple[str, int | None]]] = {}
    for count in counts:
        box, dot, _ = count.box.partition(".")
        if dot:
            lists.setdefault(box, []).append((count.label, count.n))
        else:
            flow[box] = count.n
    for box, parts in lists.items():
        if not box.endswith("reviews_excluded"):
            flow[box] = tuple(parts)
    return flow


def as_frame(scopes: Mapping[str, Sequence[Check]]) -> pd.DataFrame:
    """Give all checks as a frame with the columns `COLUMNS`."""
    import pandas as pd

    rows = [
        (scope, c.identity, c.level, c.left, c.right, c.holds, c.reason, c.rule, ";".join(c.boxes))
        for scope, checks in scopes.items()
        for c in checks
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"left": "Int64", "right": "Int64"})


def add_figures(
    figures: Figures, scope: str, checks: Iterable[Check], fallback: Sequence[str]
) -> None:
    """Add both sides of each check to the figures, as ``checks.SCOPE_IDENTITY.left`` and ``right``.

    Parameters
    ----------
    figures : Figures
    scope : str
        counted or recorded.
    checks : iterable of Check
    fallback : sequence of str
        Keys on which a check rests that compares no boxes.
    """
    prefix = "prisma.recorded." if scope == "recorded" else "prisma."
    keys = {k.removeprefix(prefix): k for k in figures.lines if k.startswith(prefix)}
    for check in checks:
        rests = _keys_of(check.boxes, keys) or list(fallback)
        rests += _keys_of(check.shaped_by, keys)
        for side, value in (("left", check.left), ("right", check.right)):
            figures.add(
                f"checks.{scope}_{check.identity}.{side}",
                value,
                rule=check.rule,
                rests_on=rests,
                absent="" if value is not None else f"not_checkable: {check.reason}",
            )


def _keys_of(boxes: Iterable[str], keys: Mapping[str, str]) -> list[str]:
    """Give the keys of boxes and of their parts."""
    return [key for box in boxes for name, key in keys.items() if name.split(".")[0] == box]
