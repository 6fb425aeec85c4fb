"""Works of a made bibliography, and their near twins: other works that look nearly the same.

Titles are spliced from terms, names from parts of names; all of it follows from a seed. What two
twins differ in is what such works differ in when a search brings both: the number of a part, the
population, the year and version of a Cochrane review, the kind of document.
"""

from __future__ import annotations

import dataclasses
import functools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks import made_words as words

LAST_YEAR = 2024
TWINS = 0.064
"""Share of works that bring twins: so about 6 % of all works are the twin of another one."""

Author = tuple[str, str]
"""Family name and given names."""


@dataclass(frozen=True)
class Journal:
    """A journal: its names, its first year, how its DOIs look and how it numbers pages."""

    name: str
    short: str
    begun: int
    doi: str
    article_numbers: bool
    issn: str


@dataclass
class Work:
    """One report as it was published.

    Parameters
    ----------
    number : int
        Unique in the bibliography.
    kind : str
        ``article`` or what makes it a twin of another work.
    template, slots : str, dict
        The title, and the words that stand in it.
    subtitle : str
        What follows the title; may be empty.
    """

    number: int
    kind: str
    template: str
    slots: dict[str, str]
    subtitle: str
    authors: list[Author]
    year: int
    journal: Journal
    volume: str
    issue: str
    pages: tuple[str, int, int]
    doi: str
    pmid: str
    type: str = "JOUR"
    group: str = ""
    form: str = "{title}"
    joint: str = ": "
    language: str = "English"
    abstract: list[str] = field(default_factory=list)

    @property
    def work_id(self) -> str:
        """Its name in the truth."""
        return f"w{self.number:07d}"

    @property
    def title(self) -> str:
        """The title without subtitle."""
        text = self.template.format_map(self.slots)
        return text[:1].upper() + text[1:]

    @property
    def whole_title(self) -> str:
        """Title and subtitle, with what an erratum or a reply puts around them."""
        title = self.title + (self.joint + self.subtitle if self.subtitle else "")
        return self.form.replace("{title}", title)


@dataclass(frozen=True)
class Twin:
    """Two works that look alike, and how they are akin."""

    one: Work
    other: Work
    kind: str


# --- what all works share -------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """Journals, medicines and genes of a bibliography."""

    journals: tuple[Journal, ...]
    cochrane: Journal
    medicines: tuple[str, ...]
    genes: tuple[str, ...]
    families: dict[str, tuple[str, ...]]


_DOIS = (
    "10.1016/j.{code}.{year}.{n:06d}", "10.1111/{code}.{n}", "10.1007/s{s5}-{yy}-{n:06d}-{c}",
    "10.1186/s{s5}-{yy}-{n:06d}-{c}", "10.1097/{upper}.{hex:016x}", "10.1080/{issn}.{year}.{n}",
    "10.1371/journal.p{code}.{n:07d}", "10.3389/f{code}.{year}.{n:05d}", "10.1002/{code}.{n}",
    "10.1177/{issn}{yy}{n}",
)  # fmt: skip


@functools.lru_cache(maxsize=2)
def world(seed: int) -> World:
    """Make what the works of one seed share."""
    rng = random.Random(f"{seed}:world")
    names = [f.format(f=x) for f in words.JOURNAL_FORMS for x in words.FIELDS]
    journals = tuple(_journal(rng, name) for name in rng.sample(names, 1200))
    parts = words.SYLLABLES
    medicines = {
        "".join(rng.choices(parts, k=2)) + rng.choice(words.DRUG_ENDS) for _ in range(4000)
    }
    letters = "ABCDEFGHIKLMNPRSTUVWXZ"
    genes = {"".join(rng.choices(letters, k=3)) + str(rng.randint(1, 99)) for _ in range(8000)}
    genes |= {f"miR-{rng.randint(1, 999)}{rng.choice(['', 'a', 'b', '-3p', '-5p'])}"
              for _ in range(2000)}  # fmt: skip
    cochrane = dataclasses.replace(
        _journal(rng, "Cochrane Database of Systematic Reviews"),
        short="Cochrane Database Syst Rev", begun=1996, issn="14651858",
    )  # fmt: skip
    return World(journals, cochrane, tuple(sorted(medicines)), tuple(sorted(genes)), _families(rng))


def _journal(rng: random.Random, name: str) -> Journal:
    known = (words.JOURNAL_WORDS.get(word, word) for word in name.split())
    short = " ".join(w for w in known if w)
    code = "".join(word[0] for word in name.split()).lower() + rng.choice(["", "med", "j", "r"])
    issn = f"{rng.randint(0, 29_999_999):08d}"
    article_numbers = name.startswith(("BMC", "Frontiers")) or rng.random() < 0.1
    doi = rng.choice(_DOIS).replace("{code}", code).replace("{upper}", code.upper())
    doi = doi.replace("{s5}", f"{rng.randint(10000, 49999)}").replace("{issn}", issn)
    return Journal(name, short, rng.randint(1900, 1995), doi, article_numbers, issn)


def _families(rng: random.Random) -> dict[str, tuple[str, ...]]:
    """Give family names by region; a common name stands in the list more than once."""

    def joined(starts: Sequence[str], ends: Sequence[str]) -> list[str]:
        return [start + end for start in starts for end in ends]

    chinese = [x for n, x in enumerate(words.CHINESE) for _ in range(max(1, 30 // (n + 1)))]
    romance = list(words.ROMANCE)
    romance += [f"{a} {b}" for a, b in (rng.sample(words.ROMANCE, 2) for _ in range(150))]
    romance += [f"{a}-{b}" for a, b in (rng.sample(words.ROMANCE, 2) for _ in range(50))]
    northern = joined(words.NORTHERN_STARTS, words.NORTHERN_ENDS)
    northern += [f"{rng.choice(words.PARTICLES)} {n}" for n in rng.sample(northern, 150)]
    return {
        "english": (*words.ENGLISH * 6, *joined(words.ENGLISH_STARTS, words.ENGLISH_ENDS)),
        "northern": tuple(northern),
        "romance": tuple(romance),
        "slavic": tuple(joined(words.SLAVIC_STARTS, words.SLAVIC_ENDS)),
        "chinese": tuple(chinese),
        "east_asian": words.EAST_ASIAN,
        "south_asian": words.SOUTH_ASIAN,
        "western_asian": words.WESTERN_ASIAN,
        "african": words.AFRICAN,
    }


_REGIONS = {
    "english": 26, "northern": 17, "romance": 17, "slavic": 5, "chinese": 17, "east_asian": 7,
    "south_asian": 5, "western_asian": 4, "african": 2,
}  # fmt: skip
"""Of 100 works, how many have a first author with names of this region (an estimate)."""

# --- one work -------------------------------------------------------------------------------------

_TITLES = {
    "Effect of {i} on {o} in {p} with {c}": 6, "{i} for {c}": 3, "{i} for {c} in {p}": 5,
    "Effects of {i} on {o} among {p} in {place}": 3, "{i} versus {i2} for {c}": 4,
    "{i} and {o} in {p} with {c}": 3, "Effectiveness of {i} in improving {o} after {c}": 3,
    "Efficacy and safety of {d} in {p} with {c}": 5, "{d} plus {d2} in {c}": 2,
    "{d} and {o} in {c}": 2, "Impact of {i} on {o} in {place}": 3,
    "Barriers and facilitators to {i} for {p} in {place}": 2,
    "Experiences of {i} among {p} with {c}": 2, "{e} and the risk of {c} in {p}": 4,
    "{e}, {e2} and {o} in {place}": 2, "Prevalence of {c} among {p} in {place}": 4,
    "Prevalence and correlates of {c} and {c2} in {p}": 2,
    "Trends in {c} in {place}, {y1}-{y2}": 2, "Predictors of {o} after {i} for {c}": 3,
    "Diagnostic accuracy of {t} for {c}": 2, "{t} in the diagnosis of {c} in {p}": 2,
    "Incidence of {c} in {p} with {c2} in {place}": 2, "{c} in {p} with {c2}": 2,
    "Cost-effectiveness of {i} for {c} in {place}": 2, "Does {i} improve {o} in {p}?": 1,
    "Is {e} associated with {c} in {p}?": 1, "Management of {c} in {p}": 1,
    "{g} {v} {process} in {cells}": 5, "{d} {v} {process} via {g} in {cells}": 4,
    "{g} and {g2} in {c}": 2, "{g} polymorphisms and {c} in {place}": 3,
    "{g}/{g2} signalling {v} {process} in {c}": 2, "Adoption of {tech} in {sector}": 1,
    "{tech} and {tech2} in {sector}": 1, "{c} presenting as {c2} after {i}": 1,
    "{i} in {p} with {c} and {c2}": 2, "Measuring {o} in {p} with {c}": 1,
}  # fmt: skip
_TEMPLATES, _WEIGHTS = tuple(_TITLES), tuple(_TITLES.values())

_SUBTITLES = (
    "evidence from {place}", "the role of {e}", "a study in {place}", "results from {place}",
    "a comparison of {place} and {place2}", "implications for practice", "{o} over {y1} to {y2}",
)  # fmt: skip


@dataclass
class Maker:
    """Makes works from a stream of random numbers; `number` is that of the next work."""

    rng: random.Random
    world: World
    number: int

    def next_number(self) -> int:
        """Give a number that no other work has."""
        self.number += 1
        return self.number - 1

    def slots(self) -> dict[str, str]:
        """Draw a word for each place of a title."""
        pick = self.rng.choice
        year = self.rng.randint(1990, 2014)
        return {
            "c": self._marked(words.CONDITIONS, words.CONDITION_MARKS),
            "c2": pick(words.CONDITIONS),
            "i": self._marked(words.INTERVENTIONS, words.INTERVENTION_MARKS),
            "i2": pick(words.INTERVENTIONS),
            "o": pick(words.OUTCOMES), "p": pick(words.POPULATIONS),
            "place": pick(words.PLACES), "place2": pick(words.PLACES), "e": pick(words.EXPOSURES),
            "e2": pick(words.EXPOSURES), "t": pick(words.TESTS), "v": pick(words.VERBS),
            "process": pick(words.PROCESSES), "cells": pick(words.CELLS),
            "d": pick(self.world.medicines), "d2": pick(self.world.medicines),
            "g": pick(self.world.genes), "g2": pick(self.world.genes),
            "tech": pick(words.TECHNOLOGIES), "tech2": pick(words.TECHNOLOGIES),
            "sector": pick(words.SECTORS), "y1": str(year), "y2": str(year + 10),
        }  # fmt: skip

    def _marked(self, plain: Sequence[str], marks: Sequence[str]) -> str:
        word = self.rng.choice(plain)
        return f"{self.rng.choice(marks)} {word}" if self.rng.random() < 0.4 else word

    def authors(self, n: int = 0) -> list[Author]:
        """Draw authors, most of them with names of one region."""
        rng = self.rng
        n = n or 1 + min(int(rng.expovariate(0.25)), 24)
        (home,) = rng.choices(list(_REGIONS), list(_REGIONS.values()))
        return [self.author(home if rng.random() < 0.85 else "") for _ in range(n)]

    def author(self, region: str) -> Author:
        """Draw an author with a name of a region, of any if empty."""
        rng = self.rng
        region = region or rng.choice(list(_REGIONS))
        family = rng.choice(self.world.families[region])
        if region == "chinese":
            given = rng.choice(words.CHINESE_GIVEN)
            if rng.random() < 0.7:
                given += ("-" + rng.choice(words.CHINESE_GIVEN)) if rng.random() < 0.4 else (
                    rng.choice(words.CHINESE_GIVEN).lower())  # fmt: skip
            return family, given
        given = rng.choice(words.WESTERN_GIVEN)
        return (
            family,
            f"{given} {rng.choice('ABCDEFGHJKLMNPRSTVW')}" if rng.random() < 0.4 else given,
        )

    def doi(self, journal: Journal, year: int, number: int) -> str:
        """Give the DOI of a work; older ones often have none."""
        if year < 1998 and self.rng.random() < 0.5:
            return ""
        hexed = 0x0B013E0000000000 + number * 7919
        return journal.doi.format(
            year=year, yy=f"{year % 100:02d}", n=number, c=number % 10, hex=hexed
        )

    def place(self, journal: Journal, year: int) -> tuple[str, str, tuple[str, int, int]]:
        """Draw volume, issue and pages (prefix, first, last)."""
        rng = self.rng
        volume = str(year - journal.begun + 1)
        if journal.article_numbers:
            return (
                volume,
                str(rng.randint(1, 12)),
                ("e" * rng.randint(0, 1), rng.randint(1, 3000), 0),
            )
        first = rng.randint(1, 1800)
        return volume, str(rng.randint(1, 12)), ("", first, first + rng.randint(1, 14))

    def work(self) -> Work:
        """Make a work of its own."""
        rng, number = self.rng, self.next_number()
        slots = self.slots()
        (template,) = rng.choices(_TEMPLATES, _WEIGHTS)
        year = max(1972, LAST_YEAR - int(rng.expovariate(1 / 9)))
        n_journals = len(self.world.journals)
        journal = self.world.journals[min(int(rng.expovariate(4 / n_journals)), n_journals - 1)]
        volume, issue, pages = self.place(journal, year)
        work = Work(
            number, "article", template, slots, self._subtitle(slots), self.authors(), year,
            journal, volume, issue, pages, self.doi(journal, year, number), self.pmid(number),
        )  # fmt: skip
        if rng.random() < 0.05:
            self._at_conference(work)
        if rng.random() < 0.03:
            work.language = rng.choice(["Chinese", "German", "French", "Spanish", "Japanese"])
        if rng.random() < 0.01:
            work.group = f"{slots['c'].title()} {rng.choice(words.GROUPS)}"
        return work

    def _subtitle(self, slots: dict[str, str]) -> str:
        share = self.rng.random()
        if share < 0.55:
            return self.rng.choice(words.DESIGNS)
        return self.rng.choice(_SUBTITLES).format_map(slots) if share < 0.7 else ""

    def pmid(self, number: int) -> str:
        """Give a PubMed id."""
        return str(9_000_000 + 13 * number)

    def _at_conference(self, work: Work) -> None:
        name = self.rng.choice(words.CONFERENCES)
        short = " ".join(w for x in name.split() if (w := words.JOURNAL_WORDS.get(x, x)))
        work.journal = dataclasses.replace(work.journal, name=name, short=short)
        work.type, work.volume, work.issue, work.pmid = "CPAPER", "", "", ""

    def abstract(self, work: Work) -> list[str]:
        """Write sentences about a work."""
        rng, s = self.rng, {**self.slots(), **work.slots}
        n, a, b = rng.randint(20, 900), rng.randint(10, 60), rng.randint(10, 60)
        return [
            rng.choice(_AIMS).format_map(s), rng.choice(_CONTEXTS).format_map(s),
            f"We included {n} {s['p']} from {rng.randint(1, 40)} centres in {s['place']} between "
            f"{s['y1']} and {s['y2']}.",
            f"The primary outcome was {s['o']} after {rng.randint(2, 24)} months.",
            f"{s['o'].capitalize()} improved in {a}.{rng.randint(0, 9)} % against "
            f"{b}.{rng.randint(0, 9)} % (p = 0.{rng.randint(1, 999):03d}).",
            rng.choice(_ENDS).format_map(s),
        ]  # fmt: skip


_AIMS = (
    "This study set out to learn whether {i} changes {o} in {p} with {c}.",
    "The aim was to estimate how common {c} is among {p} in {place}.",
    "To examine the relation of {e} to {c} and to {o}, we studied {p}.",
    "Little is known of {i} for {c}, although {c2} often occurs with it.",
    "{c} is a leading reason why {p} seek care, and {o} is seldom measured.",
    "We asked whether {d} is as safe as {d2} in {p} with {c}.",
)
_CONTEXTS = (
    "{p} with {c} often have {c2} as well, which makes treatment with {i} harder.",
    "Earlier work in {place2} was small and did not follow {o} beyond a few months.",
    "Guidelines name {i} and {i2}, yet comparisons of the two are few.",
)
_ENDS = (
    "{i} may be offered to {p} with {c}, and longer follow-up is needed.",
    "Our results do not support {i} as a routine part of care for {c}.",
    "Services in {place} should plan for {c} and for {c2} together.",
)

# --- twins ----------------------------------------------------------------------------------------


def _sister(maker: Maker, work: Work, kind: str) -> Work:
    """Copy a work as another one: own number, place, DOI and abstract in the same journal."""
    number = maker.next_number()
    volume, issue, pages = maker.place(work.journal, work.year)
    if work.type == "CPAPER":
        volume, issue = work.volume, work.issue
    return dataclasses.replace(
        work, number=number, kind=kind, slots=dict(work.slots), volume=volume, issue=issue,
        pages=pages, doi=maker.doi(work.journal, work.year, number), pmid=maker.pmid(number),
        authors=list(work.authors), abstract=[],
    )  # fmt: skip


def _moved(maker: Maker, work: Work, years: int, journal: Journal | None = None) -> Work:
    """Set another year and journal, with the place and DOI that follow."""
    work.year = min(work.year + years, LAST_YEAR + 1)
    work.journal = journal or work.journal
    work.volume, work.issue, work.pages = maker.place(work.journal, work.year)
    work.doi = maker.doi(work.journal, work.year, work.number)
    work.type = "JOUR"
    return work


def _drop_last_author(maker: Maker, work: Work, chance: float) -> None:
    if len(work.authors) > 2 and maker.rng.random() < chance:
        work.authors.pop(maker.rng.randint(1, len(work.authors) - 1))
    if maker.rng.random() < chance:
        work.authors.append(maker.author(""))


def cochrane(maker: Maker, work: Work) -> list[Work]:
    """Make a Cochrane review with its protocol or its updates; titles and authors hardly change."""
    rng, journal = maker.rng, maker.world.cochrane
    work.template = rng.choice(["{i} for {c}", "{i} for {c} in {p}", "{i} versus {i2} for {c}"])
    work.subtitle, work.type, work.group, work.language = "", "JOUR", "", "English"
    work.year = rng.randint(1998, 2014)
    has_protocol = rng.random() < 0.3
    versions = [
        work,
        *(_sister(maker, work, "cochrane update") for _ in range(rng.choice([1, 1, 2]))),
    ]
    for n, version in enumerate(versions):
        version.journal, version.year = journal, work.year + n * rng.randint(2, 5)
        number = f"CD{work.number % 1_000_000:06d}"
        version.volume, version.issue = "", str(rng.randint(1, 12))
        version.pages = (number, 0, 0)
        version.doi = f"10.1002/14651858.{number}" + (f".pub{n + 1}" if n else "")
        if n:
            _drop_last_author(maker, version, 0.3)
    if has_protocol:
        work.form = rng.choice(["{title}", "{title} (Protocol)"])
        for version in versions[1:]:
            version.kind = "cochrane protocol" if version is versions[1] else version.kind
    return versions[1:]


def erratum(maker: Maker, work: Work) -> list[Work]:
    """Make an erratum of a work."""
    twin = _sister(maker, work, "erratum")
    cited = f"{work.journal.short} {work.volume} ({work.year}) {work.pages[1]}-{work.pages[2]}"
    twin.form = maker.rng.choice(
        ["Erratum: {title}", "Erratum to: {title}", "Correction: {title}", "Correction to: {title}",
         "Publisher Correction: {title}", f'Corrigendum to "{{title}}" [{cited}]',
         f"Erratum for {work.authors[0][0]} et al., {{title}}", "{title}. Erratum",
         f"{{title}} (vol {work.volume}, pg {work.pages[1]}, {work.year})"]
    )  # fmt: skip
    if maker.rng.random() < 0.4:
        _moved(maker, twin, 1)
    first = maker.rng.randint(1, 1800)
    twin.pages = ("", first, first)
    return [twin]


def comment(maker: Maker, work: Work) -> list[Work]:
    """Make a comment by others, or a reply by the authors."""
    twin = _sister(maker, work, "comment or reply")
    is_reply = maker.rng.random() < 0.4
    forms = (
        ["{title}: authors' reply", "Authors' reply: {title}", "Reply to: {title}",
         "In reply: {title}", "Response to comments on: {title}", "{title} - Reply"]
        if is_reply
        else ["Re: {title}", "Comment on: {title}", 'Comment on "{title}"',
              "Editorial comment: {title}",
              "Letter to the editor: {title}", "Commentary on: {title}"]
    )  # fmt: skip
    twin.form = maker.rng.choice(forms)
    if not is_reply:
        twin.authors = maker.authors(maker.rng.randint(1, 3))
    if maker.rng.random() < 0.3:
        _moved(maker, twin, 1)
    prefix, first, _ = twin.pages
    twin.pages = (prefix, first, first + maker.rng.randint(0, 2))
    return [twin]


def part(maker: Maker, work: Work) -> list[Work]:
    """Make a second part, mostly in the same issue; often only the number tells them apart."""
    rng = maker.rng
    twin = _sister(maker, work, "part")
    mark, one, two = rng.choice(
        [
            ("Part {}", "1", "2"),
            ("Part {}", "I", "II"),
            ("{}", "I", "II"),
            ("part {}", "one", "two"),
        ]
    )
    topics = rng.choice(words.PART_TOPICS) if rng.random() < 0.6 else ("", "")
    for each, number, topic in ((work, one, topics[0]), (twin, two, topics[1])):
        each.subtitle = mark.format(number) + (f". {topic[:1].upper()}{topic[1:]}" if topic else "")
        each.joint = ". "
    if rng.random() < 0.85:
        prefix, first, last = work.pages
        length = rng.randint(1, 12)
        twin.volume, twin.issue = work.volume, work.issue
        twin.pages = (prefix, (last or first) + 1, last + 1 + length if last else 0)
    else:
        _moved(maker, twin, 1)
    return [twin]


def abstract_of(maker: Maker, work: Work) -> list[Work]:
    """Make an abstract of a conference that the paper follows."""
    rng = maker.rng
    twin = _sister(maker, work, "abstract and paper")
    _moved(
        maker,
        twin,
        -rng.choice([0, 0, 1, 1, 2]),
        rng.choice([work.journal, *maker.world.journals[:40]]),
    )
    twin.issue = (
        f"{rng.randint(1, 12)} Suppl. {rng.randint(1, 3)}" if rng.random() < 0.5 else "Suppl. 1"
    )
    first = rng.randint(1, 900)
    twin.pages = (rng.choice(["S", "S", "A", "", "P"]), first, rng.choice([0, first, first + 1]))
    if rng.random() < 0.6:
        twin.doi = ""
    if rng.random() < 0.3:
        twin.subtitle = "" if twin.subtitle else "preliminary results"
    _drop_last_author(maker, twin, 0.25)
    return [twin]


def population(maker: Maker, work: Work) -> list[Work]:
    """Make the sister paper on another population."""
    rng = maker.rng
    if "{p}" not in work.template:
        work.template = rng.choice(["Effect of {i} on {o} in {p} with {c}", "{i} for {c} in {p}"])
    twin = _sister(maker, work, "other population")
    pair = list(rng.choice(words.CONTRASTS))
    rng.shuffle(pair)
    work.slots["p"], twin.slots["p"] = pair
    if rng.random() < 0.3:
        _moved(maker, twin, 1)
    if rng.random() < 0.4:
        _moved(maker, twin, 0, rng.choice(maker.world.journals))
    _drop_last_author(maker, twin, 0.15)
    return [twin]


def protocol(maker: Maker, work: Work) -> list[Work]:
    """Make the protocol of a trial or of a review."""
    rng = maker.rng
    work.subtitle = rng.choice(words.DESIGNS[:5])
    twin = _sister(maker, work, "protocol")
    design = work.subtitle.removeprefix("a ")
    twin.subtitle = rng.choice(
        [f"study protocol for a {design}", f"protocol for a {design}", "a study protocol",
         f"rationale and design of a {design}"]
    )  # fmt: skip
    name = rng.choice(words.PROTOCOL_JOURNALS)
    home = dataclasses.replace(
        rng.choice(maker.world.journals), name=name, short=name, article_numbers=True, begun=1999
    )
    work.year = max(work.year, 2007)
    _moved(maker, work, 0)
    _moved(maker, twin, -rng.randint(1, 3), home)
    _drop_last_author(maker, twin, 0.3)
    return [twin]


def preprint(maker: Maker, work: Work) -> list[Work]:
    """Make the preprint of a paper."""
    rng = maker.rng
    work.year = max(work.year, 2015)
    _moved(maker, work, 0)
    twin = _sister(maker, work, "preprint")
    server, form = rng.choice(words.PREPRINT_SERVERS)
    twin.journal = dataclasses.replace(work.journal, name=server, short=server)
    twin.year = work.year - rng.choice([0, 0, 1])
    twin.doi = form.format(
        year=twin.year, month=rng.randint(1, 12), day=rng.randint(1, 28),
        number=20_000_000 + twin.number,
        letters=f"{twin.number:x}".rjust(5, "z"),
    )  # fmt: skip
    twin.volume, twin.issue, twin.pages, twin.pmid = "", "", ("", 0, 0), ""
    if rng.random() < 0.2:
        twin.subtitle = "" if twin.subtitle else "a preliminary analysis"
    return [twin]


def same_authors(maker: Maker, work: Work) -> list[Work]:
    """Make another paper of one group and year: another outcome, medicine, gene or follow-up."""
    rng = maker.rng
    twin = _sister(maker, work, "same authors, other question")
    there = [
        s for s in ("o", "d", "g", "t", "e", "process", "cells") if f"{{{s}}}" in work.template
    ]
    if there and rng.random() < 0.7:
        slot = rng.choice(there)
        drawn = maker.slots()[slot]
        twin.slots[slot] = drawn if drawn != work.slots[slot] else f"{drawn} and fatigue"
    else:
        one, two = rng.choice([("six-month", "twelve-month"), ("one-year", "five-year"),
                               ("short-term", "long-term"), ("baseline", "follow-up")])  # fmt: skip
        work.subtitle, twin.subtitle = f"{one} results", f"{two} results"
    if rng.random() < 0.6:
        _moved(maker, twin, 0, rng.choice(maker.world.journals))
    return [twin]


def column(maker: Maker, work: Work) -> list[Work]:
    """Make the same column in other issues of a journal."""
    rng = maker.rng
    work.template, work.subtitle = rng.choice(words.COLUMNS), ""
    work.authors, work.group, work.language = work.authors[: rng.choice([1, 1, 2])], "", "English"
    _moved(maker, work, 0)
    twins = [_sister(maker, work, "column") for _ in range(rng.choice([1, 2, 3]))]
    for twin in twins:
        if rng.random() < 0.6:
            _moved(maker, twin, -rng.randint(1, 3))
    for each in (work, *twins):  # two of one year are in two issues
        each.issue = str(1 + each.number % 12)
    return twins


def one_page(maker: Maker, work: Work) -> list[Work]:
    """Make two abstracts on one page of a supplement; they often share its DOI."""
    rng = maker.rng
    work.issue, work.subtitle = "Suppl. 1", ""
    work.pages = (rng.choice(["S", "A", ""]), rng.randint(1, 900), 0)
    twin = _sister(maker, work, "abstracts on one page")
    twin.template = rng.choice([t for t in _TEMPLATES if t != work.template])
    twin.slots = {**maker.slots(), "c": work.slots["c"]}
    twin.volume, twin.issue, twin.pages = work.volume, work.issue, work.pages
    if rng.random() < 0.5:
        twin.doi = work.doi
    if rng.random() < 0.6:
        twin.authors = maker.authors()
    return [twin]


def same_title(maker: Maker, work: Work) -> list[Work]:
    """Make a work of others that has the same short title."""
    rng = maker.rng
    work.template = rng.choice(["{c} in {p}", "{c} and {c2}", "Management of {c}", "{i} for {c}"])
    work.subtitle = rng.choice(["", "", "a review", "a systematic review"])
    twin = _sister(maker, work, "same title, other authors")
    twin.authors = maker.authors()
    return [_moved(maker, twin, -rng.randint(0, 12), rng.choice(maker.world.journals))]


KINDS: dict[Callable[[Maker, Work], list[Work]], int] = {
    abstract_of: 20, cochrane: 14, comment: 13, erratum: 10, part: 8, population: 8, protocol: 8,
    same_authors: 8, preprint: 6, column: 3, one_page: 4, same_title: 3,
}  # fmt: skip
"""What makes twins, and how often of 100 works with twins. An estimate; no survey counts them."""


def family(maker: Maker) -> list[Work]:
    """Make a work, and its twins if it has some; the first is the one that the others resemble."""
    work = maker.work()
    works = [work]
    if maker.rng.random() < TWINS:
        (make,) = maker.rng.choices(list(KINDS), list(KINDS.values()))
        works += make(maker, work)
    return works


def write_abstracts(maker: Maker, works: Sequence[Work]) -> None:
    """Give works their abstracts; twins share an opening, a preprint all of it."""
    first = maker.abstract(works[0])
    works[0].abstract = first
    for twin in works[1:]:
        if twin.kind in ("erratum", "comment or reply", "column"):
            continue
        own = maker.abstract(twin)
        n_shared = {"preprint": 6, "cochrane update": 2, "abstract and paper": 1}.get(twin.kind, 0)
        twin.abstract = [*first[:n_shared], *own[n_shared:]]
