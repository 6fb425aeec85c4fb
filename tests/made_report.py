"""A tiny made-up review with what its stages wrote: input of the tests of the report."""

from __future__ import annotations

from pathlib import Path

from parapluie import tables
from parapluie.cli import main
from parapluie.trace import COLUMNS, Figures, Rows, where

PROTOCOL = """\
title: Made-up review of 2 reviews
questions:
  - {id: rq1, text: Does it work?}
registration: {date: 2020-01-02}
outcomes:
  - {id: hope, label: Hope}
report:
  notes: [All of it is made up (2 reviews).]
"""
REVIEWS = """\
review_id,first_author,year,title,n_studies,checked_by,source
alpha2019,Alpha,2019,On hope,12,R2,Table 1
beta2020,Beta,2020,On hope again,,,Table 1
"""
CLAIMS = """\
claim_id,key,printed,printed_percent,where,not_recomputed
c1,included.reviews,2,,p. 1,
c2,figures.with_studies,1,50,p. 1,
c3,figures.with_studies,2,,p. 2,
c4,,17,,p. 3,not in the source
c5,no.such,1,,p. 3,
"""
TEAM = """\
- key: with_studies
  label: Reviews that say how many studies they have
  table: extraction/reviews.csv
  filter: {n_studies: {empty: false}}
  statistic: count
  denominator: included.reviews
"""
SVG = """\
<?xml version="1.0" encoding="utf-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="200pt" height="40pt" viewBox="0 0 200 40">
<metadata>http://example.invalid/9</metadata>
<g data-key="prisma.records_screened"><text x="5" y="20">Screened (n = 5)</text></g>
<g id="flow-xtick_1"><text x="90" y="20">0.5</text></g>
<text x="120" y="20">CC BY 4.0</text></svg>
"""


def make(folder: Path, screened: bool = True) -> None:
    """Write data and results of the review; without screening only the searches are there."""
    _text(folder / "data/protocol.yaml", PROTOCOL)
    _text(
        folder / "data/search/searches.csv",
        "search_id,source,kind,files\ns1,MEDLINE,database,a.ris\n",
    )
    _text(folder / "config/config.yaml", "seed: 1\n")
    records = Figures("records")
    searches = [Rows("data/search/searches.csv", where(search_id="s1"), 1)]
    records.add("search.s1.parsed", 5, rule="Records read.", basis=searches)
    _figures(folder, records)
    if screened:
        _screened(folder)


def _screened(folder: Path) -> None:
    _text(folder / "data/extraction/reviews.csv", REVIEWS)
    _text(folder / "data/extraction/strange.csv", "a\n1\n")
    _text(folder / "data/claims.csv", CLAIMS)
    _text(folder / "data/figures.yaml", TEAM)
    _text(folder / "results/included/reviews.csv", REVIEWS)
    _text(folder / "results/prisma/flow.svg", SVG)
    for ending in ("pdf", "png"):
        _text(folder / f"results/prisma/flow.{ending}", "made up")
    prisma, included = Figures("prisma"), Figures("included")
    prisma.add("records_screened", 5, rule="Screened.", rests_on=["records.search.s1.parsed"])
    rows = [Rows("data/extraction/reviews.csv", "all", 2)]
    included.add("reviews", 2, rule="Reviews.", basis=rows, rests_on=["prisma.records_screened"])
    one = [Rows("data/extraction/reviews.csv", where(review_id="alpha2019"), 1)]
    key = "reviews.alpha2019.n_studies"
    included.add(key, 12, rule="As extracted.", basis=one, source="Table 1")
    screening = Figures("screening")
    key = "worklist.title_abstract.R1"
    screening.add(key, 3, rule="Reports.", rests_on=["prisma.records_screened"])
    for figures in (prisma, included, screening):
        _figures(folder, figures)


def report(folder: Path) -> int:
    """Run the command as the workflow does, in the folder of the review."""
    data = sorted(p.relative_to(folder).as_posix() for p in folder.glob("data/**/*") if p.is_file())
    optional = [
        word
        for flag, name in (("--claims", "data/claims.csv"), ("--figures", "data/figures.yaml"))
        for word in ([flag, name] if (folder / name).is_file() else [flag])
    ]
    words = ["--protocol", "data/protocol.yaml", "--config", "config/config.yaml", *optional]
    read = [p for p in data if "strange" not in p]
    words += ["--data", *data, "--results", "results", "--read", *read, "--out", "reports"]
    return main(["report", *words])


def _text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _figures(folder: Path, figures: Figures) -> None:
    path = folder / "results" / figures.stage / "figures.csv"
    tables.write_rows(path, COLUMNS, [figures.lines[key] for key in sorted(figures.lines)])
