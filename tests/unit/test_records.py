"""The stage: counts, columns, nothing lost, and what stops it."""

import json
import re
from pathlib import Path

import pytest

from parapluie import tables
from parapluie.cli import main
from parapluie.errors import InputError
from parapluie.records import RecordsResult, fields, pieces, records
from parapluie.records.readers import ris as reader
from parapluie.records.ris import scan

FIXTURES = Path(__file__).parents[1] / "fixtures" / "ris"
HEADER = "search_id,source,kind,search_date,declared_records,files,ids\n"


def run(tmp_path: Path, lines: str, accepted: dict[str, str] | None = None) -> RecordsResult:
    path = tmp_path / "searches.csv"
    path.write_text(HEADER + lines, encoding="utf-8")
    exports = {p.name: p.read_bytes() for p in sorted(FIXTURES.glob("*.ris"))}
    exports |= {p.name: p.read_bytes() for p in sorted(tmp_path.glob("*.ris"))}
    return records(tables.read(path, "search/searches"), exports, accepted)


def test_columns_of_ovid_ebsco_and_cochrane(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        "psy,PsycInfo,database,2024-01-31,2,ovid.ris,\n"
        "asp,ASP,database,2024-01-31,1,ebsco.ris,\n"
        "coc,Cochrane,database,2024-01-31,2,cochrane.ris,\n",
    )
    rows = {(r["search_id"], r["source_record_no"]): r for r in result.records.to_dict("records")}
    ovid = rows["psy", 1]
    assert (ovid["title"], ovid["year"]) == ("Walking groups and mood: a made-up review", "2020")
    assert (ovid["doi"], ovid["pages"]) == ("10.9999/abc.1", "12-20")
    assert (ovid["database"], ovid["accession"]) == ("APA PsycInfo", "2020-11111-001")
    assert (ovid["dialect"], ovid["line_first"], ovid["line_last"]) == ("ovid", 2, 18)
    assert json.loads(ovid["raw_extra"])["M1"] == ["First cited work", "Second cited work"]
    ebsco = rows["asp", 1]
    assert (ebsco["abstract"], ebsco["doi"]) == ("What was found.", "10.9999/ebsco.7")
    assert ebsco["database"] == "Academic Search Premier"
    assert ebsco["urls"].split("; ")[1] == "https://example.org/b"
    assert json.loads(ebsco["raw_extra"])["AB"][0].startswith("Copyright of")
    assert rows["coc", 1]["pmid"] == "12345678"
    assert rows["coc", 1]["accession"] == "CN-00000001"
    assert rows["coc", 2]["cochrane_id"] == "CD000001.pub2"
    assert "no_abstract" in rows["coc", 2]["warnings"]
    assert list(result.records.columns) == list(fields.COLUMNS)
    assert result.figures.lines["records.parsed"]["value"] == 5


def test_a_search_may_have_several_files_and_no_declared_number(tmp_path: Path) -> None:
    result = run(tmp_path, 'all,Several,database,,,"ovid.ris;ebsco.ris",\n')
    assert list(result.import_log["found"]) == [2, 1]
    line = result.figures.lines["records.declared"]
    assert line["value"] is None
    assert line["absent_reason"].startswith("not_available")


def test_counts_that_differ_stop_unless_accepted(tmp_path: Path) -> None:
    line = "psy,PsycInfo,database,,3,ovid.ris,\n"
    with pytest.raises(InputError, match=r"3, but 2 records in ovid\.ris"):
        run(tmp_path, line)
    result = run(tmp_path, line, {"psy": "one is a corrected page"})
    assert result.import_log["accepted_reason"][0] == "one is a corrected page"
    with pytest.raises(InputError, match="--accept-count for 'other'"):
        run(tmp_path, line, {"psy": "x", "other": "y"})


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty.ris").write_bytes(b"")
    (tmp_path / "again.ris").write_bytes((FIXTURES / "ovid.ris").read_bytes())
    with pytest.raises(InputError) as error:
        run(
            tmp_path,
            "a,A,database,,2,ovid.ris,\nb,B,database,,2,again.ris,\n"
            "c,C,database,,1,empty.ris,\nd,D,database,,1,missing.ris,\n",
        )
    text = str(error.value)
    for part in ("the same file as 'ovid.ris'", "an empty file", "which is not there"):
        assert part in text


@pytest.mark.parametrize(
    ("raw", "year"),
    [("2024///", "2024"), ("2019/05//Dec2019:Part", "2019"), ("SEP 19", ""), ("Feb 2020", "2020"),
     ("2014/05//undefined", "2014"), ("1999, 2001", "1999"), ("120245", "")],
)  # fmt: skip
def test_years(raw: str, year: str) -> None:
    row = fields.row_of({"TY": ["JOUR"], "DA": [raw]}, "ris", "")
    assert (row["year"], row["year_raw"]) == (year, raw)


@pytest.mark.parametrize(
    ("raw", "doi"),
    [("https://doi.org/10.1186/1471-244X-14-39.", "10.1186/1471-244x-14-39"),
     ("10.1016/S0140-6736(20)30183-5)", "10.1016/s0140-6736(20)30183-5"),
     ("doi:10.1002%2Fabc", "10.1002/abc"), ("no doi", ""), ("<a>10.1002/abc</a>", "10.1002/abc"),
     ("10.1002/(SICI)1097-0258(19971115)16:21<2475::AID-SIM669>3.0.CO;2-D.",
      "10.1002/(sici)1097-0258(19971115)16:21<2475::aid-sim669>3.0.co;2-d"),
     ("10.1002/1097-0142(20010501)91:9&lt;1679::aid-cncr1183&gt;3.0.co;2-x",
      "10.1002/1097-0142(20010501)91:9<1679::aid-cncr1183>3.0.co;2-x")],
)  # fmt: skip
def test_dois(raw: str, doi: str) -> None:
    assert fields.clean_doi(raw) == doi


def test_cited_references_are_no_doi_of_another_work() -> None:
    note = "References: Roe, J., A made-up work (2001) J Made Up, 1, p. 2. , DOI 10.9999/cited.1"
    entry = {"TY": ["JOUR"], "TI": ["T"], "DO": ["10.9999/own"], "N1": ["Cited By :2", note]}
    row = fields.row_of(entry, "scopus", "")
    assert row["doi"] == "10.9999/own"
    assert "doi_of_other_work" not in row["warnings"]


def test_doi_of_another_work_is_not_taken() -> None:
    row = fields.row_of({"TY": ["JOUR"], "N1": ["References: 10.9999/other. Cited."]}, "ris", "")
    assert row["doi"] == ""


def test_a_doi_among_publication_types_is_none() -> None:
    values = {"TY": ["JOUR"], "DO": ["10.9999/a.1"], "M3": ["doi: 10.9999/a.1", "Research-article"]}
    row = fields.row_of(values, "ris", "")
    assert (row["pub_types"], row["doi"]) == ("Research-article", "10.9999/a.1")
    assert json.loads(row["raw_extra"]) == {"M3": ["doi: 10.9999/a.1"]}
    row = fields.row_of({"TY": ["JOUR"], "M3": ["doi: 10.9999/a.1"]}, "ris", "")
    assert (row["pub_types"], row["doi"]) == ("", "10.9999/a.1")


def test_names_written_without_a_blank_get_one() -> None:
    written = ["Roe,Jane", "van Dam,K. L.", "Ng, Cy", "Team 1,000", "Made Office,"]
    row = fields.row_of({"TY": ["JOUR"], "AU": written}, "ris", "")
    assert row["authors"] == "Roe, Jane; van Dam, K. L.; Ng, Cy; Team 1,000"
    assert row["group_authors"] == "Made Office,"


def test_placeholders_are_no_values_but_are_kept() -> None:
    row = fields.row_of(
        {"TY": ["JOUR"], "AB": ["NA"], "SP": ["No"], "EP": ["Specified"]}, "ris", ""
    )
    assert (row["abstract"], row["pages"]) == ("", "")
    assert json.loads(row["raw_extra"]) == {"AB": ["NA"], "EP": ["Specified"], "SP": ["No"]}


def test_command_writes_the_same_bytes_twice(tmp_path: Path) -> None:
    raw = tmp_path / "data" / "search" / "raw"
    raw.mkdir(parents=True)
    (raw / "ovid.ris").write_bytes((FIXTURES / "ovid.ris").read_bytes())
    searches = raw.parent / "searches.csv"
    searches.write_text(HEADER + "psy,PsycInfo,database,,3,ovid.ris,\n", encoding="utf-8")
    words = ["records", "--searches", str(searches), "--raw", str(raw / "ovid.ris")]
    assert main([*words, "--out", str(tmp_path / "no")]) == 2
    for name in ("one", "two"):
        out = ["--out", str(tmp_path / name), "--accept-count", "psy=checked by hand"]
        assert main([*words, *out]) == 0
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


# --- real exports ---------------------------------------------------------------------------------


def bare(text: str) -> str:
    return re.sub(r"[\s;|]+", "", text)


def ris_counts(folder: Path) -> dict[str, int]:
    """Give file and number of records of the RIS exports in the table of the folder's README."""
    lines = (folder / "README.md").read_text(encoding="utf-8").splitlines()
    rows = [[c.strip() for c in line.split("|")] for line in lines if line.startswith("|")]
    return {r[1]: int(r[5]) for r in rows if r[4] == "ris"}


@pytest.mark.shared
def test_real_exports_lose_no_record_and_no_character(shared: Path) -> None:
    folder = shared / "corpora" / "search-exports"
    counts = ris_counts(folder)
    assert len(counts) > 60
    for name, n in counts.items():
        scanned = scan((folder / name).read_bytes())
        entries = reader.read(scanned)
        dialect = fields.dialect_of(scanned.text)
        assert (name, len(scanned.blocks), len(entries)) == (name, n, n)
        for block, entry in zip(scanned.blocks, entries, strict=True):
            row = fields.row_of(entry, dialect, "")
            extra = "\n".join(
                v for values in json.loads(row["raw_extra"] or "{}").values() for v in values
            )
            kept = bare("\n".join(row.values())) + bare(extra)
            lines = [*block.lines, *(line for _, line in block.outside)]
            for value in (v for values in entry.values() for v in values):
                assert bare(value) in kept, (name, block.line_first, value)
            # every line of the raw record is in a value, but for its tag
            held = bare("".join(v for values in entry.values() for v in values))
            n_tags = len(block.tags)
            assert len(bare("".join(lines))) - len(held) <= 6 * (n_tags + 2), (
                name,
                block.line_first,
            )


# --- large files, other ways to call --------------------------------------------------------------


def many(n: int) -> bytes:
    """Make an export with everything that makes cutting hard: tags after the end, equal records."""
    records = [
        f"TY  - JOUR\nTI  - Title {i % 7} of a trial\n"
        f"AB  - Words.\nER  - positive, says {i % 7}\nER  - \n"
        f"{'NL  - after the end' if i % 5 == 0 else ''}\n\n{i}.\n"
        for i in range(n)
    ]
    return ("Provider: someone\n\n" + "".join(records)).encode()


@pytest.mark.parametrize("size", [1, 150, 1000])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_read_in_pieces_gives_the_same_as_whole(size: int, end: str) -> None:
    data = many(40).replace(b"\n", end.encode())
    about = pieces.Export("s", "S", "", False, "a.ris", "ris")
    whole = pieces.read_piece(reader, data, about)
    parts = [
        pieces.read_piece(reader, data[a:b], about, line)
        for a, b, line in pieces.cut(reader, data, size)
    ]
    assert len(parts) > 1
    assert [r for p in parts for r in p.rows] == whole.rows
    assert [i for p in parts for i in p.ids] == whole.ids
    assert [x for p in parts for x in p.lines] == whole.lines
    for code, found in whole.codes.items():
        assert [n for p in parts for n in p.codes.get(code, [])] == found


def test_equal_records_in_other_pieces_have_ids_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "many.ris"
    path.write_bytes(many(40))
    command = ["records", str(path), "--out"]
    assert main([*command, str(tmp_path / "whole")]) == 0
    monkeypatch.setattr("parapluie.records.pieces.cut.__defaults__", (200,))
    monkeypatch.setattr("parapluie.cli.records.LARGE", 100)
    assert main([*command, str(tmp_path / "pieces")]) == 0
    found = (tmp_path / "pieces" / "records.csv").read_bytes()
    assert found == (tmp_path / "whole" / "records.csv").read_bytes()
    ids = [line.split(b",")[0] for line in found.splitlines()[1:]]
    assert len(set(ids)) == len(ids) == 40


def test_files_alone_are_read_without_a_review(tmp_path: Path) -> None:
    words = ["records", str(FIXTURES / "ovid.ris"), str(FIXTURES / "ebsco.ris"), "--verify"]
    assert main([*words, "--out", str(tmp_path)]) == 0
    found = tables.read_result(tmp_path / "records.csv")
    assert sorted(found["search_id"]) == ["ebsco", "ovid", "ovid"]


def test_a_second_parser_that_disagrees_stops_the_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reader, "reference", lambda scanned: [{"TY": ["JOUR"]}] * 2)
    words = ["records", str(FIXTURES / "ovid.ris"), "--out", str(tmp_path)]
    assert main(words) == 0
    assert main([*words, "--verify"]) == 2
    assert "than the second parser reads" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--out", "x"], "found no export"),
        ([str(FIXTURES / "ovid.ris")], "no folder"),
        (["missing.ris", "--out", "x"], "no such file"),
        ([str(FIXTURES / "ovid.ris"), "--raw", "a", "--out", "x"], "one of the two"),
    ],
)
def test_wrong_calls_are_told(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["records", *words]) == 2
    assert message in capsys.readouterr().err


def test_rows_for_searches_are_suggested(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    for name in ("ovid.ris", "ebsco.ris", "unended.ris"):
        (raw / name).write_bytes((FIXTURES / name).read_bytes())
    (raw / "my pubmed set.ris").write_bytes((FIXTURES / "unended.ris").read_bytes() + b"\n")
    searches = tmp_path / "searches.csv"
    searches.write_text(HEADER + "asp,ASP,database,,1,ebsco.ris,\n", encoding="utf-8")
    files = [str(p) for p in sorted(raw.iterdir())]
    words = ["--searches", str(searches), "--raw", *files]
    assert main(["records", "--suggest", *words]) == 0
    shown = tmp_path / "shown.csv"
    shown.write_text(capsys.readouterr().out, encoding="utf-8")
    rows = {r["files"]: r for r in tables.read_text(shown).rows}
    assert "ebsco.ris" not in rows
    assert rows["ovid.ris"]["platform"] == "Ovid"
    assert rows["ovid.ris"]["declared_records"] == ""
    assert rows["ovid.ris"]["note"].startswith("2 records read (RIS)")
    assert rows["my pubmed set.ris"]["source"] == "PubMed"
    assert "guess" in rows["my pubmed set.ris"]["note"]
    ids = [r["search_id"] for r in rows.values()]
    assert len(set(ids)) == len(ids)


def test_decisions_in_exports_are_kept_with_their_record(tmp_path: Path) -> None:
    folder = FIXTURES.parent / "decisions"
    files = [str(folder / "rayyan.ris"), str(folder / "customizations_log.csv")]
    raw = tmp_path / "raw"
    raw.mkdir()
    for name in files:
        (raw / Path(name).name).write_bytes(Path(name).read_bytes())
    searches = tmp_path / "searches.csv"
    searches.write_text(
        HEADER + "ray,Rayyan,other,,,rayyan.ris;customizations_log.csv,\n", encoding="utf-8"
    )
    words = ["records", "--searches", str(searches), "--raw", *map(str, raw.iterdir())]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    found = tables.read_result(tmp_path / "out" / "decisions.csv")
    known = set(tables.read_result(tmp_path / "out" / "records.csv")["record_id"])
    assert set(found["tool"]) == {"rayyan", "rayyan_log"}
    assert set(found["record_id"]) - {""} <= known
    log = tables.read_result(tmp_path / "out" / "import_log.csv")
    assert (
        dict(zip(log["file"], log["dialect"], strict=True))["customizations_log.csv"]
        == "rayyan_log"
    )


def test_a_review_is_given_its_rows_by_one_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "review"
    assert main(["new", str(root)]) == 0
    words = ["records", "--suggest", "--review", str(root)]
    assert main(words) == 2
    assert "Put the exports there" in capsys.readouterr().err
    raw = root / "data" / "search" / "raw"
    for name in ("ovid.ris", "ebsco.ris"):
        (raw / name).write_bytes((FIXTURES / name).read_bytes())
    assert main([*words, "--append"]) == 0
    assert main(["check", str(root)]) == 0
    rows = tables.read_text(root / "data" / "search" / "searches.csv").rows
    assert [r["files"] for r in rows] == ["ebsco.ris", "ovid.ris"]
    assert main([*words, "--append"]) == 0
    assert len(tables.read_text(root / "data" / "search" / "searches.csv").rows) == 2
