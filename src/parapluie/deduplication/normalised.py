"""Each record once, in a form that can be compared: letters of titles, bare identifiers, pages.

All of it is column expressions in an embedded engine, since a million records pass here; what is
costly and seldom needed stands behind a cheap test.
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from parapluie.deduplication.engine import PART, make_in_parts

RECORD_COLUMNS = (
    "record_id", "type", "title", "abstract", "authors", "group_authors", "year", "journal",
    "volume", "issue", "pages", "article_no", "doi", "pmid", "pmcid", "cochrane_id", "pub_types",
    "retraction_status", "registration",
)  # fmt: skip
"""Columns that are compared; one that is not there counts as empty.

``registration`` is the PROSPERO number that an abstract names (see `REGISTRATION`).
"""

REGISTRATION = (
    "case when contains(abstract, 'CRD') or contains(abstract, 'crd')"
    " then regexp_extract(lower(abstract), 'crd ?(4[0-9]{10,11})', 1) else '' end"
)
"""Number under which a review is registered, as an expression over an abstract."""

TITLE_LENGTH = 600
"""Letters of a title that are looked at; a few exports put an abstract there."""

ABSTRACT_LENGTH = 180
"""Letters of an abstract from which its opening is taken."""

OTHER_TITLE = 20
"""Letters from which a text in brackets behind a title is the title in another language."""

PAPER = 2
"""Pages beyond the first from which a record is that of a paper and not of an abstract."""

ARTICLE_NUMBER = 5
"""Digits from which a number that stands for an issue is that of the article."""

PLACEHOLDERS = (
    "unknown", "untitled", "no title", "no title available", "title not available", "name",
    "title", "title unknown", "unknown title", "not available", "none", "null", "nan", "anonymous",
    "anon", "no authors listed",
)  # fmt: skip
"""What exports write, letters only, for a title or an author that they do not know."""

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
    r"|((author|publisher)[s'’ ]+)?correction\s*(to|for)?\s*([:.]|to |for |$))"
    r"|\W(erratum|corrigendum)\W*$"
)
_TELLS_OF = r"\(vol\.? \d+|\((19|20)\d\d\)[:,]? ?\d+ ?[:(,]"
_PLACE_TOLD_OF = r"\s*\([^()]*\((19|20)\d\d\)[^()]*(\([^()]*\)[^()]*)*\)?(\s*doi:.*)?$"
_RETRACTION = (
    r"^\W*(retraction( of| note| notice)?\s*[:.-]|retraction (of|note)|notice of retraction"
    r"|statement of retraction)"
)
_COMMENT = (
    r"^\W*(comment(ary|s)? (on|to)\b|comment:|reply\b|(author|editor)s?['’]?s? "
    r"(reply|response|comment)|response to|in response|in reply|letter to|re:"
    r"|editorial (comment|note)|expression of concern)"
    r"|[\W](reply|comment|response|author.s reply)\W*$"
)
_REGISTERS = r"^(clinicaltrials ?gov|prospero|isrctn|ictrp|who trialsearch|.*trials? regist(er|ry))"
_SERVERS = r"\b(medrxiv|biorxiv|psyarxiv|arxiv|preprints?|ssrn|research square)\b"
_SERVER_DOI = r"^10\.(1101|21203|31234|2139|20944|36227|48550)/"
_JOURNAL_NOISE = r"\b(the|of|and|in|for|on|de|la|le|der|die|und|et|y|e|del)\b"
_JOURNAL_END = r"\s=.*$|:.*$|\(.*$"
_MEETING = r"\bconference:|\b(annual|scientific) meeting|\babstracts\b"
_LABEL = (
    r"^\s*(abstract|background|objectives?|aims?|introduction|purpose( of review)?|summary"
    r"|context)\W+|[^\p{L}\p{N}]+"
)
_MARKS = r"[^\p{L}\p{N} ]+"
_BREAK = r" *[^\p{L}\p{N} ][^\p{L}\p{N}]*| {2,}"  # a lone blank, as most are, matches nothing
_WORD = r"[\p{L}\p{N}]{2,}"
_LETTERS = {
    "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "α": "alpha", "β": "beta", "γ": "gamma",
    "δ": "delta", "ε": "epsilon", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu", "ω": "omega",
}  # fmt: skip
_DOI = r"""'10\.\d{4,9}/[^\s"<>;,]+'"""
_DOI_OF_PLACE = r"""'10\.\d{4,9}/[^\s"]+'"""  # the older ones hold brackets and semicolons
_DOI_TAIL = r"(/(full|abstract|pdf|epdf|meta)|\.pdf|[?#].*)$|[.)\]:]+$"
_AND_OTHERS = r"[,;]?\s*\bet al\b\.?"
_NUMBERS = r"\bpart (?:[ivx]+|[a-h]|one|two|three|four|five)\b|\b(?:\d+|ii|iii|iv|vi|vii|viii|ix)\b"
_SUBTITLE = r"(?s)(?:[:.?!;]\s| [-–—] |\().*$"
_PAGE = r"([a-z]*)[-\s]?0*(\d+)"
_ROMAN = r"([ivxl]+)(\s*[-–]+\s*[ivxl]+)?"
_ISSUE = r"^\W*(?:issue|iss|number|no|nr|heft|#)?[.:\s]*0*(\d+)"
_PROTOCOL = r"\bprotocols?\b"
_THESIS = r"\b(thes|thes[ie]s|dissertations?|phdthesis|mastersthesis)\b"
_SUPPLEMENT = r"suppl|^s\d"
_ONLY_SUPPLEMENT = r"^\W*(suppl|s\d)"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _text(value: str) -> str:
    """Quote a text for the engine."""
    return "'" + value.replace("'", "''") + "'"


def _cut(value: str, pattern: str, by: str = "") -> str:
    return f"regexp_replace({value}, {_text(pattern)}, {_text(by)}, 'g')"


def _has(value: str, pattern: str) -> str:
    return f"regexp_matches({value}, {_text(pattern)})"


def _where(test: str, value: str, otherwise: str) -> str:
    return f"case when {test} then {value} else {otherwise} end"


def folded(value: str) -> str:
    """Fold case and accents, and the letters that have no accent to strip."""
    text = f"lower(strip_accents({value}))"
    for letter, plain in _LETTERS.items():
        text = f"replace({text}, '{letter}', '{plain}')"
    text = f"translate({text}, 'øđðłı₀₁₂₃₄₅₆₇₈₉', 'oddli0123456789')"
    return _where(f"length({value}) = strlen({value})", f"lower({value})", text)


def words(value: str) -> str:
    """Give a list of the words of two letters and more of a folded text."""
    return f"regexp_extract_all({value}, '{_WORD}')"


def _spaced(value: str) -> str:
    """Put one blank for each run of what is no letter and no digit, also at the ends."""
    return _cut(value, _BREAK, " ")


def _bare_ends(column: str) -> str:
    """Take the blank at each end of a spaced text away, faster than ``trim``."""
    return _where(f"ends_with({column}, ' ')", f"ltrim(left({column}, -1))", f"ltrim({column})")


def _known(value: str) -> str:
    """Leave out what only says that nothing is known."""
    longest = max(map(len, PLACEHOLDERS))
    listed = f"regexp_full_match({value}, '{'|'.join(PLACEHOLDERS)}')"  # IN would be a join
    return _where(f"strlen({value}) <= {longest} and {listed}", "''", value)


# --- titles and authors ---------------------------------------------------------------------------


def _clean_title() -> str:
    title = f"left(title, {TITLE_LENGTH})"
    plain = _cut(
        f"replace({title}, '&amp;', '&')", r"</?[a-zA-Z][^<>]{0,20}>|&[a-z]{2,6};|&#\d+;", " "
    )
    title = _where("contains(title, '<') or contains(title, '&')", plain, title)
    noted = "contains(title, '[') or contains(title, '...')"
    return f"replace({_where(noted, _cut(title, _NOTE_TO_END), title)}, '&', ' and ')"


def _clean_authors() -> str:
    """Separate authors by semicolons, also where commas or nothing (EndNote) separates them."""
    people = "replace(coalesce(nullif(authors, ''), group_authors), ' and ', '; ')"
    by_comma = r"[^,;]+ [A-Z]{1,3}\.?(, [^,;]+ [A-Z]{1,3}\.?)+"
    run_on = r"([A-Z])\.([A-Z][\p{L}''’-]+)"
    return f"""case when contains(authors, ';') or authors = '' then {people}
      when contains(authors, ',') and regexp_full_match(authors, '{by_comma}')
        then replace(authors, ',', ';')
      when contains(authors, '.') then regexp_replace({people}, '{run_on}', '\\1.; \\2', 'g')
      else {people} end"""


def _bare_title() -> str:
    """Leave out what databases write behind a title, and the brackets of a translated one."""
    whole = _cut(_cut("folded", r"\]\s*[.:?!]*(\s*\[[^\[\]]*\]\.?)*\s*$"), r"[\[\]]")
    tailless = _cut(
        "folded",
        r"(\s*\[[^\[\]]{1,250}\]\s*[.?!]*)+"
        rf"(\s*\(({_NOTES})[^()]{{0,80}}\)\s*[.?!]*)*$",
    )
    noteless = _cut(
        _where("folded like '[%'", whole, tailless),
        rf"(\s*\(({_NOTES})[^()]{{0,80}}\)\s*[.?!]*)+$",
    )
    noteless = _cut(noteless, _PLACE_TOLD_OF)
    bare = _where("contains(folded, '[') or contains(folded, '(')", noteless, "folded")
    return _where("contains(folded, ' = ')", _cut(bare, r"^(.{20,}) = (.{20,})$", r"\1"), bare)


def _other_title() -> str:
    """Give the title in another language, in brackets or behind `` = ``."""
    length = f"{{{OTHER_TITLE},250}}"
    bracketed = rf"regexp_extract(folded, '^[^\[].*\[([^\[\]]{length})\]\s*[.?!]*$', 1)"
    parallel = f"regexp_extract(folded, '^.{{20,}} = (.{length})$', 1)"
    return f"""case when contains(folded, ' = ') then {parallel}
      when contains(folded, '[') then {bracketed} else '' end"""


def _titles() -> str:
    """Give the query of titles and people, from which all else is taken."""
    initials = r"\s+[A-Z][A-Z.\- ]{0,6}\s*(;|$)"
    surnames = _where(_has("family", initials), _cut("family", initials, r"\1"), "family")
    unmarked = _where(
        "starts_with(bare, 'retracted') or starts_with(bare, 'withdrawn')",
        _cut("bare", r"^(retracted( article)?|withdrawn)\W+"),
        "bare",
    )
    other = _where("other = ''", "''", f"trim({_spaced('other')})")
    people = _where("contains(people, 'et al')", _cut("people", _AND_OTHERS), "people")
    return f"""
    with clean as (
      select * replace ({_clean_title()} as title), {_clean_authors()} as people
      from records where {PART}),
    raw as (
      select i, record_id, batch, year, pmid, authors, lower(pub_types || ' ' || type) as types,
        retraction_status, lower(left(abstract, {ABSTRACT_LENGTH})) as abstract,
        {people} as people, registration, {folded("title")} as folded,
        {folded("journal")} as journal,
        lower(volume) as volume, lower(issue) as issue,
        lower(coalesce(nullif(pages, ''), nullif(article_no, ''),
          case when length(issue) >= {ARTICLE_NUMBER} and try_cast(issue as bigint) > 0 then issue
            end, '')) as pages, {_clean_doi()} as doi,
        upper(pmcid) as pmcid, lower(cochrane_id) as cochrane_id
      from clean),
    cut as (
      select * exclude (journal), {_bare_title()} as bare, {_other_title()} as other,
        {_cut("people", ",[^;]*")} as family, {_journal()} as journal,
        {_has("journal", _MEETING)} as is_meeting
      from raw),
    worded as (
      select * exclude (journal), {_spaced(unmarked)} as title_words, {other} as u,
        {surnames} as surnames, {_spaced("journal")} as journal,
        {_doi()} as doi_bare, {_numbered_pages()} as places
      from cut),
    ended as (
      select * replace ({folded("surnames")} as surnames,
        {_bare_ends("title_words")} as title_words, {_bare_ends("journal")} as journal)
      from worded),
    whole as (select *, {_known("title_words")} as t from ended)
    """


def _kind() -> str:
    """Give what a document says of another one; the title tells, or the type of publication."""
    telling = f"contains(folded, '(') and {_has('folded', _TELLS_OF)}"
    return f"""case
      when {_has("bare", _ERRATUM)} or types like '%erratum%' then 'erratum'
      when retraction_status = 'retraction_notice' or {_has("bare", _RETRACTION)}
        then 'retraction'
      when {_has("bare", _COMMENT)} then 'comment'
      when {telling} then 'erratum'
      when contains(folded, 'protocol') and ({_has("t", _PROTOCOL)}
        or folded like '%(protocol)%') then 'protocol'
      when {_has("journal", _REGISTERS)} then 'registration'
      when {_has("types", _THESIS)} or starts_with(journal, 'dissertation') then 'thesis'
      else '' end"""


# --- identifiers and places -----------------------------------------------------------------------


def _clean_doi() -> str:
    unescaped = "replace(replace(replace(doi, '&lt;', '<'), '&gt;', '>'), '&amp;', '&')"
    plain = _where("contains(doi, '&')", unescaped, "doi")
    return f"replace(lower({plain}), '%2f', '/')"


def _doi() -> str:
    found = _where(
        "contains(doi, '(sici)')",
        f"regexp_extract(doi, {_DOI_OF_PLACE})",
        f"regexp_extract(doi, {_DOI})",
    )
    cut = _cut(found, _DOI_TAIL)
    versioned = rf"({_SERVER_DOI[1:]}.*[^v])v\d+$"
    return _where("doi = ''", "''", f"regexp_replace({cut}, '^{versioned}', '\\1')")


def _journal() -> str:
    end = _where("contains(journal, 'conference:')", "journal", _cut("journal", _JOURNAL_END))
    named = f"replace({end}, '&', ' and ')"
    return _cut(named, _JOURNAL_NOISE, " ")


def _numbered_pages() -> str:
    """Mend pages that a spreadsheet took for a date: ``01-Oct`` was 1-10, ``Oct-15`` 10-15."""
    month = f"list_position({list(_MONTHS)}, regexp_extract(pages, '[a-z]{{3}}'))"
    number = "regexp_extract(pages, '\\d+')::integer"
    dated = rf"^(\d{{1,2}}-({'|'.join(_MONTHS)})|({'|'.join(_MONTHS)})-\d{{1,2}})$"
    mended = f"least({month}, {number}) || '-' || greatest({month}, {number})"
    return _where(f"length(pages) < 7 and {_has('pages', dated)}", mended, "pages")


def _page(part: int) -> str:
    return f"regexp_extract(places, '{_PAGE}', {part})"


def _first_page() -> str:
    counted = _has("places", r"^\d+ ?p(p|ages)?\.?$")  # "215 p" counts pages
    roman = f"regexp_full_match(places, '{_ROMAN}')"
    return f"""case when {counted} then ''
      when {roman} then regexp_extract(places, '^[ivxl]+')
      else {_page(1)} || {_page(2)} end"""


def _last_page() -> str:
    """Give the last page in full: 482-91 ends on 491."""
    first, last = _page(2), r"regexp_extract(places, '\d\s*[-–‐]+\s*[a-z]*0*(\d+)', 1)"
    missing = f"greatest(length({first}) - length({last}), 0)"
    return _where(f"{last} = ''", "''", f"left({first}, {missing}) || {last}")


def _volume() -> str:
    """Give the number of the volume; a year that stands there is none, nor is a supplement."""
    number = "ltrim(regexp_extract(volume, '\\d+'), '0')"
    return f"""case when volume = '' or starts_with(volume, 'suppl') then ''
      when length({number}) = 4 and abs({number}::integer - coalesce(y, 0)) <= 1 then ''
      else {number} end"""


def _issue() -> str:
    """Give the number of the issue, or of the supplement; a year and pages there are none."""
    number = f"regexp_extract(issue, '{_ISSUE}', 1)"
    return f"""case when issue = '' or issue = pages then ''
      when {_has("issue", _ONLY_SUPPLEMENT)}
        then 's' || ltrim(regexp_extract(issue, '\\d+'), '0')
      when length({number}) = 4 and abs({number}::integer - coalesce(y, 0)) <= 1 then ''
      else {number} end"""


def _cochrane() -> str:
    """Give number and version of a Cochrane review; without ``pub`` a DOI is that of the first."""
    doi = r"regexp_extract(doi_bare, '^10\.1002/14651858\.(cd\d{6})', 1)"
    version = r"regexp_extract(doi_bare, '^10\.1002/14651858\.cd\d{6}\.(pub\d+)', 1)"
    page = r"'cd' || regexp_extract(places, '^(?:cd)?(\d{6})$', 1)"
    return f"""case when cochrane_id = '' and not is_cochrane then ''
        else coalesce(nullif(regexp_extract(cochrane_id, 'cd\\d{{6}}'), ''), nullif({doi}, ''),
          nullif({page}, 'cd'), '') end as cn,
      case when cn = '' then '' else coalesce(nullif(regexp_extract(cochrane_id, 'pub\\d+'), ''),
        nullif({version}, ''), case when {doi} <> '' then 'pub1' end, '') end as cv"""


def _main_title() -> str:
    """Give what stands before the subtitle; empty where there is none."""
    rest = "substr(bare, 2)"
    main = f"regexp_replace({rest}, {_text(_SUBTITLE)}, '')"
    return _where(f"strlen({main}) < strlen({rest})", f"left(bare, 1) || {main}", "''")


def key_query() -> str:
    """Give the query that makes the comparable form of the table ``records``.

    Returns
    -------
    str
        One row a record: ``i`` (its place), ``batch`` (of its search), ``t`` (title as folded
        words, without notes), ``tk`` (the same without blanks), ``uk`` (likewise the title in
        another language, or ``''``), ``kind`` (erratum, retraction, comment, protocol,
        registration, thesis or ``''``), ``numbers`` of the title, ``people``, ``surnames`` (words
        of all surnames), ``first`` (last word of the first surname), ``firsts`` (all words of the
        first author), ``y``, ``doi``, ``pmid``, ``pmcid``, ``cn`` and ``cv`` (number and version
        of a Cochrane review), ``volume``, ``issue``, ``page`` and ``last_page``, ``journal`` (its
        words without articles) and ``opening`` (letters of the abstract).
    """
    abstract_page = r"^(s|a|p|e?s)-?\d+\s*$|^suppl"
    first_author = "split_part(ltrim(surnames, '; '), ';', 1)"
    main = f"replace({_cut(_main_title(), _MARKS)}, ' ', '')"
    opening = _where("abstract = ''", "''", f"left({_cut('abstract', _LABEL)}, 80)")
    return f"""{_titles()}
    select i, record_id, batch, t, replace(t, ' ', '') as tk, replace(u, ' ', '') as uk,
      length({main}) as main, authors = '' as by_group, {_kind()} as kind,
      list_sort(regexp_extract_all(t, '{_NUMBERS}')) as numbers,
      people, case when {_known("trim(surnames, ' ;.[]')")} = '' then [] else
        {words("surnames")} end as surnames,
      regexp_extract({first_author}, '([\\p{{L}}\\p{{N}}]+)\\W*$', 1) as first,
      {words("lower(split_part(ltrim(people, '; '), ';', 1))")} as firsts,
      try_cast(regexp_extract(year, '(1[89]\\d\\d|20\\d\\d)') as smallint) as y,
      doi_bare as doi, regexp_extract(pmid, '^\\D{{0,8}}(\\d{{4,8}})(\\D|$)', 1) as pmid, pmcid,
      journal like 'cochrane d%' or doi_bare like '10.1002/14651858.%' as is_cochrane,
      {_cochrane()},
      {_volume()} as volume_no, {_issue()} as issue_no,
      case when is_cochrane then '' else volume_no end as volume,
      case when is_cochrane and issue_no = '' and length(volume_no) <= 2 then volume_no
        else issue_no end as issue,
      {_first_page()} as page, {_last_page()} as last_page, journal,
      {_has("journal", _SERVERS)} or (journal = '' and {_has("doi_bare", _SERVER_DOI)})
        as is_preprint,
      contains(issue, 'suppl') as in_supplement,
      case when is_meeting or {_has("types", "(conference|meeting) abstract")}
        or {_has("issue", _SUPPLEMENT)} or {_has("places", abstract_page)} then 1
        when try_cast(last_page as integer) - try_cast({_page(2)} as integer) >= {PAPER} then -1
        else 0 end::tinyint as abstract_or_paper,
      registration, {opening} as opening
    from whole"""


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
    n = engine.table("source").count("*").fetchall()[0][0]
    make_in_parts(
        engine, "keys", f"select * exclude (volume_no, issue_no) from ({key_query()})", "i", n
    )
    engine.execute("drop view records; drop table source")
