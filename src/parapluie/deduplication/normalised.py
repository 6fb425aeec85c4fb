"""Each record once, in a form that can be compared: letters of titles, bare identifiers, pages.

All of it is column expressions in an embedded engine, since a million records pass here.
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from parapluie.deduplication.engine import PART, make_in_parts

RECORD_COLUMNS = (
    "record_id", "title", "abstract", "authors", "year", "journal", "volume", "issue", "pages",
    "article_no", "doi", "pmid", "pmcid", "cochrane_id", "pub_types", "retraction_status",
    "registration",
)  # fmt: skip
"""Columns that are compared; one that is not there counts as empty.

``registration`` is the PROSPERO number that an abstract names (see `REGISTRATION`).
"""

REGISTRATION = "regexp_extract(lower(abstract), 'crd ?(4[0-9]{10,11})', 1)"
"""Number under which a review is registered, as an expression over an abstract."""

TITLE_LENGTH = 600
"""Letters of a title that are looked at; a few exports put an abstract there."""

ABSTRACT_LENGTH = 180
"""Letters of an abstract from which its opening is taken."""

SERIAL = 4
"""Issues of a journal in which a title stands, from which it is that of a column."""

_NOTES = (
    r"review|reviews|\d+ ref(s|erences)?|letter|comment|editorial|abstract|see comment"
    r"|meta-analysis|proceeding|conference|erratum|retracted|correction|english|chinese|german"
    r"|french|spanish|japanese|russian|italian|polish|turkish|portuguese|article|protocol"
    r"|vol\.? \d+"
)
_NOTE_TO_END = (
    r"(?i)\s*\[(erratum|corrected|correction|retraction|republish|reprint|comment|see comment"
    r"|summary for patients|update)[^\[\]]*\b(in|on|of|from|and|published)\b.*$"
    r"|\.\.\.\s*[A-Z][A-Za-z .]+\. ?(19|20)\d\d .*$"
)
_ERRATUM = (
    r"^\W*(published )?(erratum|errata|corrigend|addendum"
    r"|((author|publisher)[s'’ ]+)?correction\s*(to|for)?\s*([:.]|to |for |$))|\(vol\.? \d+"
)
_RETRACTION = (
    r"^\W*(retraction( of| note| notice)?\s*[:.-]|retraction (of|note)|notice of retraction)"
)
_COMMENT = (
    r"^\W*(comment(ary|s)? (on|to)\b|comment:|reply\b|(author|editor)s?['’]?s? "
    r"(reply|response|comment)|response to|in response|in reply|letter to|re:"
    r"|editorial (comment|note))|[\W](reply|comment|response|author.s reply)\W*$"
)
_JOURNAL_NOISE = r"\b(the|of|and|in|for|on|de|la|le|der|die|und|et|y|e|del)\b"
_LABEL = (
    r"^\s*(abstract|background|objectives?|aims?|introduction|purpose( of review)?|summary"
    r"|context)\W+|[^\p{L}\p{N}]+"
)
_BREAK = r"[^\p{L}\p{N}]+"
_WORD = r"[\p{L}\p{N}]{2,}"
_DOI_TAIL = r"[.)\]:]+$"
_DOI = r"""regexp_extract(doi, '10\.\d{4,9}/[^\s"<>;,]+')"""
_IN_BRACKETS = r"\s[:=].*$|\(.*$"
_NUMBERS = r"\b(\d+|ii|iii|iv|vi|vii|viii|ix)\b"
_PAGE = r"([a-z]*)[-\s]?0*(\d+)"


def _text(value: str) -> str:
    """Quote a text for the engine."""
    return "'" + value.replace("'", "''") + "'"


def _cut(value: str, pattern: str, by: str = "") -> str:
    return f"regexp_replace({value}, {_text(pattern)}, {_text(by)}, 'g')"


def folded(value: str) -> str:
    """Fold case and accents, and the letters that have no accent to strip."""
    text = f"lower(strip_accents({value}))"
    for letter, plain in (("ß", "ss"), ("æ", "ae"), ("œ", "oe"), ("þ", "th")):
        text = f"replace({text}, '{letter}', '{plain}')"
    text = f"translate({text}, 'øđðłı', 'oddli')"
    return f"case when length({value}) = strlen({value}) then lower({value}) else {text} end"


def words(value: str) -> str:
    """Give a list of the words of two letters and more of a folded text."""
    return f"regexp_extract_all({value}, '{_WORD}')"


def _steps() -> str:
    title = _cut(
        f"left(title, {TITLE_LENGTH})", r"</?[a-zA-Z][^<>]{0,20}>|&[a-z]{2,6};|&#\d+;", " "
    )
    whole = _cut(_cut("folded", r"\]\s*[.:?!]*(\s*\[[^\[\]]*\]\.?)*\s*$"), r"[\[\]]")
    tailless = _cut("folded", r"(\s*\[[^\[\]]{1,250}\]\s*[.?!]*)+$")
    noteless = _cut(
        f"case when folded like '[%' then {whole} else {tailless} end",
        rf"(\s*\(({_NOTES})[^()]{{0,80}}\)\s*[.?!]*)+$",
    )
    unmarked = _cut("bare", r"^(retracted( article)?|withdrawn)\W+")
    surnames = _cut(_cut("people", r",[^;]*"), r"\s+[A-Z][A-Z.\- ]{0,6}\s*(;|$)", r"\1")
    return f"""
    with clean as (
      select * replace (replace({_cut(title, _NOTE_TO_END)}, '&', ' and ') as title),
        replace(authors, ' and ', '; ') as people
      from records where {PART}),
    raw as (
      select i, record_id, batch, year, pmid, lower(pub_types) as pub_types, retraction_status,
        lower(left(abstract, {ABSTRACT_LENGTH})) as abstract, people, {surnames} as surname,
        registration, {folded("title")} as folded, {folded("journal")} as journal,
        lower(volume) as volume, lower(issue) as issue,
        lower(coalesce(nullif(pages, ''), article_no)) as pages,
        replace(lower(doi), '%2f', '/') as doi, upper(pmcid) as pmcid,
        lower(cochrane_id) as cochrane_id
      from clean),
    cut as (
      select *, {noteless} as bare, {_cut(_DOI, _DOI_TAIL)} as doi_cut,
        {folded("surname")} as surnames
      from raw),
    bare as (
      select *, trim({_cut(unmarked, _BREAK, " ")}) as t,
        regexp_replace(doi_cut, '^(10\\.(1101|21203|31234|2139|20944|36227)/.*[^v])v\\d+$', '\\1')
          as doi_bare
      from cut)
    """


def _kind() -> str:
    """Give what a document says of another one; the title tells, or the type of publication."""
    return f"""case
      when regexp_matches(bare, {_text(_ERRATUM)}) or regexp_matches(folded, '\\(vol\\.? \\d+')
        or pub_types like '%erratum%' then 'erratum'
      when retraction_status = 'retraction_notice' or regexp_matches(bare, {_text(_RETRACTION)})
        then 'retraction'
      when regexp_matches(bare, {_text(_COMMENT)}) then 'comment'
      when regexp_matches(t, '\\bprotocols?\\b') or folded like '%(protocol)%' then 'protocol'
      else '' end"""


def _page(part: int) -> str:
    return f"regexp_extract(pages, '{_PAGE}', {part})"


def key_query() -> str:
    """Give the query that makes the comparable form of the table ``records``.

    Returns
    -------
    str
        One row a record: ``i`` (its place), ``batch`` (of its search), ``t`` (title as folded
        words, without notes), ``tk`` (the same without blanks), ``kind`` (erratum, retraction, comment, protocol or ``''``),
        ``numbers`` of the title, ``names`` (words of all authors), ``surnames``, ``first`` (last
        word of the first surname), ``y``, ``doi``, ``pmid``, ``pmcid``, ``cn`` and ``cv`` (number
        and version of a Cochrane review), ``volume``, ``issue``, ``page`` and ``last_page``,
        ``journal`` (its words without articles) and ``opening`` (letters of the abstract).
    """
    counted = "regexp_matches(pages, '^\\d+ ?p(p|ages)?\\.?$')"  # "215 p" counts pages
    journal = _cut("replace(journal, '&', ' and ')", _IN_BRACKETS)
    return f"""{_steps()}
    select i, record_id, batch, t, replace(t, ' ', '') as tk, {_kind()} as kind,
      list_sort(regexp_extract_all(t, '{_NUMBERS}')) as numbers,
      people, {words("surnames")} as surnames,
      regexp_extract(split_part(ltrim(surnames, '; '), ';', 1), '([\\p{{L}}\\p{{N}}]+)\\W*$', 1)
        as first,
      try_cast(regexp_extract(year, '(1[89]\\d\\d|20\\d\\d)') as smallint) as y,
      doi_bare as doi, regexp_extract(pmid, '\\d{{5,9}}') as pmid, pmcid,
      coalesce(nullif(regexp_extract(cochrane_id, 'cd\\d{{6}}'), ''),
        regexp_extract(doi_bare, '^10\\.1002/14651858\\.(cd\\d{{6}})', 1)) as cn,
      coalesce(nullif(regexp_extract(cochrane_id, 'pub\\d+'), ''),
        regexp_extract(doi_bare, '^10\\.1002/14651858\\.cd\\d{{6}}\\.(pub\\d+)', 1)) as cv,
      case when regexp_extract(volume, '\\d+') = regexp_extract(year, '\\d{{4}}') then ''
        else ltrim(regexp_extract(volume, '\\d+'), '0') end as volume,
      ltrim(regexp_extract(issue, '\\d+'), '0') as issue,
      case when {counted} then '' else {_page(1)} || {_page(2)} end as page,
      regexp_extract(pages, '\\d\\s*[-–‐]+\\s*[a-z]*0*(\\d+)', 1) as last_page,
      trim({_cut(_cut(journal, _JOURNAL_NOISE, " "), _BREAK, " ")}) as journal,
      doi_bare similar to '10\\.(1101|21203|31234|2139|20944|36227)/.*'
        or regexp_matches(journal,
          '\\b(medrxiv|biorxiv|psyarxiv|arxiv|preprints?|ssrn|research square)\\b') as is_preprint,
      regexp_matches(pub_types, '(conference|meeting) abstract') or issue like '%suppl%'
        or regexp_matches(pages, '^(s|a|p|e?s)-?\\d+\\s*$|^suppl') as is_abstract,
      journal like '%cochrane database%' as is_cochrane,
      registration,
      left({_cut("abstract", _LABEL)}, 80) as opening
    from bare"""


def normalise(engine: duckdb.DuckDBPyConnection, columns: Collection[str]) -> None:
    """Make the table ``keys`` from ``source``, a table of records with ``i`` and ``batch``.

    Parameters
    ----------
    engine : DuckDBPyConnection
        Holds the table ``source``.
    columns : collection of str
        The columns that it has.
    """
    chosen = ", ".join(
        f"coalesce({c}, '') as {c}" if c in columns else f"'' as {c}" for c in RECORD_COLUMNS
    )
    engine.execute(f"create or replace view records as select i, batch, {chosen} from source")
    make_in_parts(
        engine, "keys", key_query(), "i", engine.table("source").count("*").fetchall()[0][0]
    )
    engine.execute(
        f"""create or replace table keys as
        with serial as (select tk, journal from keys where tk <> '' and journal <> ''
          group by tk, journal having count(distinct volume || '/' || issue) >= {SERIAL})
        select k.*, s.tk is not null as serial
        from keys k left join serial s on s.tk = k.tk and s.journal = k.journal"""
    )
