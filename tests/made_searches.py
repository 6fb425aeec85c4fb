"""Three made-up searches with all that the section on search shows, run through both stages."""

from __future__ import annotations

from pathlib import Path

from parapluie.cli import main

SEARCHES = """\
search_id,source,platform,kind,search_date,declared_records,files
s1,MEDLINE,Ovid,database,2020-01-02,8,s1.ris
s2,"A made-up database with a very long name, 2 of 2",EBSCOhost,database,2020-01-02,,s2.ris
s3,Letters of experts,,expert,2020-01-03,2,s3.ris
"""
WALK = {"TI": "Walking groups and their mood: a made-up review", "AU": "Ash, Ann", "PY": "2019",
        "JO": "Made up", "VL": "3", "IS": "1", "SP": "12", "EP": "20"}  # fmt: skip
DANCE = WALK | {"TI": "Dancing and balance in towns: a made-up review", "SP": "31", "EP": "40"}
DANCE_DOI = DANCE | {"DO": "10.9999/dance"}
MOVED = DANCE | {"DO": "10.9999/moved", "VL": "9", "SP": "100", "EP": "120"}
ROW = WALK | {"TI": "Rowing and strength in lakes: a made-up review", "SP": "51", "EP": "60"}
SONG = WALK | {"TI": "Singing and breathing in choirs: a made-up review", "SP": "71", "EP": "80"}
GONE = WALK | {"TI": "RETRACTED: Juggling and memory: a made-up review", "SP": "81", "EP": "90"}
NOTICE = WALK | {"TI": "Retraction: Juggling and memory: a made-up review", "VL": "5", "SP": "1"}
DOUBT = WALK | {"TI": "Expression of concern: Sleeping on boats", "SP": "95", "EP": "96"}
VERSIONS = [
    WALK | {"TI": "Knitting for joints and hands in winter", "DO": f"10.1002/14651858.CD000001.{v}",
            "PY": year, "SP": "111", "EP": "140"}
    for v, year in (("pub2", "2015"), ("pub3", "2019"))
]  # fmt: skip


def _ris(records: list[dict[str, str]], closed: bool = True) -> str:
    blocks = [
        "\n".join(["TY  - JOUR", *(f"{tag}  - {value}" for tag, value in record.items()), "ER  - "])
        for record in records
    ]
    text = "\n\n".join(blocks) + "\n"
    return text if closed else text.replace("ER  - \n", "", 1)


def add(folder: Path) -> None:
    """Write the exports of the searches into a review, and run records and deduplication there.

    The current folder must be that of the review.
    """
    raw = folder / "data/search/raw"
    raw.mkdir(parents=True, exist_ok=True)
    exports = {
        "s1.ris": _ris([WALK, WALK | {"M1": "x"}, DANCE_DOI, ROW, GONE, NOTICE, *VERSIONS]),
        "s2.ris": _ris([WALK, MOVED, SONG, GONE, DOUBT], closed=False),
        "s3.ris": _ris([WALK, SONG]),
    }
    for name, text in exports.items():
        (raw / name).write_text(text, encoding="utf-8")
    (folder / "data/search/searches.csv").write_text(SEARCHES, encoding="utf-8")
    run()


def run() -> None:
    """Run both stages in the current folder."""
    searches = "data/search/searches.csv"
    raw = sorted(p.as_posix() for p in Path("data/search/raw").iterdir())
    words = ["--searches", searches, "--raw", *raw, "--out", "results/records"]
    assert main(["records", *words]) == 0
    words = ["--records", "results/records/records.csv", "--searches", searches]
    for name in ("overrides", "removed"):
        path = Path(f"data/search/{name}.csv")
        words += [f"--{name}", *([path.as_posix()] if path.is_file() else [])]
    assert main(["deduplication", *words, "--out", "results/deduplication"]) == 0
