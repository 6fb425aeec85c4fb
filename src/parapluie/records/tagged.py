"""Text exports that name each field by a tag: where records begin, and which values tags hold.

What PubMed, EndNote, Ovid and Web of Science write differs in the form of the tags and in what
stands between two records; folded lines, lines that only look like tags, and records torn apart by
a blank line are the same in all of them and are dealt with here.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from parapluie.records.scan import Repair, Scan, decode, gathered

Values = dict[str, list[str]]

REPAIRS = {
    "blank_line": "a blank line stood inside the record; what follows it was kept with the record",
    "no_blank_line": "no blank line stood before the record; it was opened at its first tag",
    "tag_before_first": "a tag stood before the first record; it was given to the first record",
    "tag_after_end": "a tag stood after the end of the record; it was given to the record just "
    "closed",
    "unknown_tag_in_text": "a line that looks like an unknown tag was kept as part of the text",
}
"""Repairs that several of the formats share; a reader names those that it makes."""

JUNK = re.compile(
    r"\s*(?:<?\d+[.:]?\s*>?|Record #?\d+ of \d+|</?\w+>|(?:Provider|Content|Database)\s*:.*)\s*$"
)
"""Lines between records that belong to none of them."""

UNTAGGED = "untagged"
"""Name of the field for text that stands in a record before its first tag."""


@dataclass(frozen=True)
class Grammar:
    """How a format writes its tags.

    Parameters
    ----------
    tag : Pattern
        Matches a line break and the tag at the start of the line after it, with what divides it
        from the value: group 1 is all of that, group 2 the tag.
    known : frozenset of str
        Tags that begin a value wherever they stand. Any other one does too, unless it stands in
        free text that wraps without indent.
    free_text : frozenset of str
        Tags whose values are long texts.
    listed : frozenset of str
        Tags under which each line is a value of its own.
    silent : frozenset of str
        Tags that are part of the syntax as long as they have no value.
    """

    tag: re.Pattern[str]
    known: frozenset[str] = frozenset()
    free_text: frozenset[str] = frozenset()
    listed: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()

    def of(self, line: str) -> str:
        """Give the tag with which a line begins, or ``""``."""
        match = self.tag.match("\n" + line)
        return match[2] if match else ""


@dataclass
class TaggedBlock:
    """One record of a tagged export, as it stands there.

    Parameters
    ----------
    raw : str
        Its lines, joined by LF, blank ones at the end left out.
    line_first, line_last : int
        Their place in the file, counted from 1.
    grammar : Grammar
        How its tags are written.
    outside : str
        Lines that stood outside any record and belong to this one.
    repairs : list of (int, str)
        What had to be mended.
    """

    raw: str
    line_first: int
    line_last: int
    grammar: Grammar
    outside: str = ""
    repairs: list[Repair] = field(default_factory=list)

    @functools.cached_property
    def tags(self) -> list[tuple[str, str]]:
        """Tags and their values in order, lines folded; under some tags each line is a value."""
        text = f"{self.raw}\n{self.outside}" if self.outside else self.raw
        listed, silent = self.grammar.listed, self.grammar.silent
        found: list[tuple[str, str]] = []
        for tag, written in _pieces(self, "\n" + text):
            value = written.strip()
            if "\n" in value:
                lines = [line for part in value.split("\n") if (line := part.strip())]
                found.extend(
                    [(tag, v) for v in lines] if tag in listed else [(tag, " ".join(lines))]
                )
            elif value or tag not in silent:
                found.append((tag, value))
        return found


def lines_of(text: str) -> list[str]:
    """Give the lines of a file; old systems close it with the character 1A."""
    return text.rstrip("\x1a").split("\n")


def block_of(lines: Sequence[str], first: int, last: int, grammar: Grammar) -> TaggedBlock:
    """Make a block of lines (from `first` to `last`, counted from 0, blank ones at the end cut)."""
    while last > first and not lines[last].strip():
        last -= 1
    return TaggedBlock("\n".join(lines[first : last + 1]), first + 1, last + 1, grammar)


def read(scanned: Scan[TaggedBlock]) -> list[Values]:
    """Give the values of each record by their tags: part of what each of these readers offers."""
    return [gathered(block) for block in scanned.blocks]


def places(
    data: bytes, size: int, begin: re.Pattern[bytes], opening: re.Pattern[bytes] | None = None
) -> Iterator[int]:
    """Give the ends of matches, at least `size` bytes apart: places where a file can be cut.

    Files in other encodings than one byte a letter and UTF-8 are not cut; nor is one before its
    first record, where `opening` tells how that begins.
    """
    if b"\0" in data[:400]:
        return
    first = opening.search(data) if opening else None
    match = begin.search(data, max(size, first.end() if first else 0))
    while match:
        yield match.end()
        match = begin.search(data, match.end() + size)


# --- values ---------------------------------------------------------------------------------------


def _pieces(block: TaggedBlock, text: str) -> Iterable[tuple[str, str]]:
    """Cut a record at its tags; give each with the text behind it."""
    grammar = block.grammar
    parts = grammar.tag.split(text)
    if grammar.free_text and "\n " not in text and "\n\t" not in text:
        parts = _with_text_kept(block, parts)
    if parts[0].strip():
        return [(UNTAGGED, parts[0]), *zip(parts[2::3], parts[3::3], strict=True)]
    return zip(parts[2::3], parts[3::3], strict=True)


def _with_text_kept(block: TaggedBlock, parts: list[str]) -> list[str]:
    """Put unknown tags back into free text that wraps without indent."""
    grammar = block.grammar
    kept = parts[:1]
    for i in range(1, len(parts), 3):
        written, tag, following = parts[i : i + 3]
        if len(kept) > 1 and kept[-2] in grammar.free_text and tag not in grammar.known:
            above = "".join(parts[: i + 1 : 3] + parts[1 : i + 1 : 3]).count("\n")
            block.repairs.append((block.line_first + above - 1, "unknown_tag_in_text"))
            kept[-1] += written + following
        else:
            kept += [written, tag, following]
    return kept


# --- records that are paragraphs ------------------------------------------------------------------


@dataclass(frozen=True)
class Paragraphs:
    """How records are told apart in a format that sets a blank line between them.

    Blank lines alone do not tell, since some stand inside of values.

    Parameters
    ----------
    grammar : Grammar
        How tags are written.
    first : str
        The tag with which a record begins.
    once : frozenset of str
        Tags that a record has once: a paragraph that repeats one is another record.
    within : mapping
        Tag to those that end a record before it even without a blank line.
    number : Pattern, optional
        A line of the syntax that stands before each record and is no part of it.
    """

    grammar: Grammar
    first: str
    once: frozenset[str]
    within: Mapping[str, frozenset[str]]
    number: re.Pattern[str] | None = None


@dataclass
class _Open:
    """The record that is being read: its lines so far, and which tags it has."""

    start: int
    last: int
    tags: set[str]
    first_tag: str
    repairs: list[Repair] = field(default_factory=list)


def scan_paragraphs(data: bytes, style: Paragraphs) -> Scan[TaggedBlock]:
    """Find the records of an export whose records are divided by blank lines.

    Parameters
    ----------
    data : bytes
        The file, unchanged.
    style : Paragraphs
        How its records are told apart.

    Returns
    -------
    Scan
        Without records if the file holds none; nothing is raised.
    """
    found: Scan[TaggedBlock] = Scan(*decode(data))
    return _Paragraphing(found, lines_of(found.text), style).scan()


class _Paragraphing:
    """The scan of one file on its way through its paragraphs."""

    def __init__(self, found: Scan[TaggedBlock], lines: list[str], style: Paragraphs) -> None:
        self.found, self.lines, self.style = found, lines, style
        self.open: _Open | None = None
        self.number_at = -1
        self.heads = {tag[:2] for tag in style.once}

    def scan(self) -> Scan[TaggedBlock]:
        for first, last in _runs(self.lines):
            self._paragraph(first, last)
        self._close()
        if self.found.blocks:
            self.found.header = "\n".join(self.lines[: self.found.blocks[0].line_first - 1])
        return self.found

    def _paragraph(self, first: int, last: int) -> None:
        start = self._without_junk(first, last)
        for part, end in self._numbered(start, last):
            self._part(part, end)

    def _without_junk(self, first: int, last: int) -> int:
        """Pass over lines before a paragraph that belong to no record; give its first own line.

        Behind them there must be nothing or a tag, else they are part of a text.
        """
        number, own = self.style.number, first
        while own <= last and JUNK.match(self.lines[own]):
            if number and number.match(self.lines[own]):
                break
            own += 1
        if own <= last and own > first and not self._begins(self.lines[own]):
            return first
        self.found.n_junk += own - first
        return own

    def _begins(self, line: str) -> bool:
        number = self.style.number
        return bool(self.style.grammar.of(line) or (number and number.match(line)))

    def _numbered(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Cut a paragraph at the lines that number the records."""
        number = self.style.number
        start = first
        for i in range(first, last + 1) if number else ():
            if "<" in self.lines[i] and number and number.match(self.lines[i]):
                if start < i:
                    yield start, i - 1
                self._close()
                self.number_at = i
                start = i + 1
        if start <= last:
            yield start, last

    def _part(self, first: int, last: int) -> None:
        """Give lines to the open record, or to one or more new ones."""
        heads, grammar = self.heads, self.style.grammar
        tags = [(i, grammar.of(self.lines[i])) for i in range(first, last + 1)
                if self.lines[i][:2] in heads]  # fmt: skip
        known = [(i, tag) for i, tag in tags if tag in self.style.once]
        own = grammar.of(self.lines[first])
        if self.open is None:
            first = self._first_tag(first, last)
            self._begin(first, last)
        elif self._is_new(own, first, last, self._before_next(known, first)):
            self._begin(first, last)
        elif own:
            self.open.repairs.append((first + 1, "blank_line"))
        self._take(known, last)

    def _first_tag(self, first: int, last: int) -> int:
        """Pass over lines before the first tag; behind a number all lines are the record's."""
        if self.number_at >= 0:
            return first
        own = (i for i in range(first, last + 1) if self.style.grammar.of(self.lines[i]))
        begin = next(own, last + 1)
        self.found.n_junk += begin - first
        return begin

    def _before_next(self, known: Sequence[tuple[int, str]], first: int) -> set[str]:
        """Give the tags of a paragraph up to where another record begins within it."""
        begins = (n for n, (i, tag) in enumerate(known) if i > first and tag == self.style.first)
        return {tag for _, tag in known[: next(begins, len(known))]}

    def _is_new(self, own: str, first: int, last: int, known: set[str]) -> bool:
        """Tell whether a paragraph is another record than the one before it."""
        before = self.open
        if not own or before is None:
            return False
        if known & before.tags:
            return True
        return last > first and own in (self.style.first, before.first_tag)

    def _begin(self, first: int, last: int) -> None:
        self.number_at = self.number_at if first > last else -1
        self._close()
        if first <= last:
            self.open = _Open(first, last, set(), self.style.grammar.of(self.lines[first]))

    def _take(self, known: Sequence[tuple[int, str]], last: int) -> None:
        """Note the tags of a paragraph; one that cannot belong to the open record opens another."""
        for i, tag in known:
            if self.open is None:
                return
            ends = self.style.within.get(tag, frozenset())
            if ends & self.open.tags:
                self.open.last = i - 1
                self._begin(i, last)
                self.open.repairs.append((i + 1, "no_blank_line"))
            self.open.tags.add(tag)
        if self.open is not None:
            self.open.last = last

    def _close(self) -> None:
        if self.open is not None:
            done = block_of(self.lines, self.open.start, self.open.last, self.style.grammar)
            done.repairs = self.open.repairs
            self.found.blocks.append(done)
        elif self.number_at >= 0:
            self.found.blocks.append(
                block_of(self.lines, self.number_at, self.number_at, self.style.grammar)
            )
        self.open, self.number_at = None, -1


def _runs(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Give first and last of each run of lines that are not blank."""
    start = -1
    for i, line in enumerate(lines):
        if line and not line.isspace():
            if start < 0:
                start = i
        elif start >= 0:
            yield start, i - 1
            start = -1
    if start >= 0:
        yield start, len(lines) - 1
