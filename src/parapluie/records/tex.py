r"""Marks of TeX in BibTeX values, made plain text.

The decoder that comes with bibtexparser takes ``%`` for a comment and drops the rest of the line,
and databases write plain text into BibTeX: "50% of patients". Here only what is known to be a mark
is changed; every other character stays as it stands.
"""

from __future__ import annotations

import html
import re
import unicodedata

_COMBINING = {
    '"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "d": "\u0323",
    "b": "\u0331", "r": "\u030a", "k": "\u0328",
}  # fmt: skip
"""Accent of TeX to the combining character of Unicode."""

_GREEK_NAMES = """
alpha beta gamma delta epsilon zeta eta theta iota kappa lamda mu nu xi omicron pi rho sigma tau
upsilon phi chi psi omega
"""
_GREEK = _GREEK_NAMES.split()

SYMBOLS = {
    "ss": "ß", "SS": "ẞ", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "l": "ł",
    "L": "Ł", "aa": "å", "AA": "Å", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ",
    "dj": "đ", "DJ": "Đ", "ng": "ŋ", "NG": "Ŋ", "S": "§", "P": "¶", "dag": "†", "ddag": "‡",
    "copyright": "©", "textcopyright": "©", "textregistered": "®", "texttrademark": "™",
    "pounds": "£", "textsterling": "£", "texteuro": "€", "euro": "€", "textyen": "¥",
    "textendash": "–", "textemdash": "—", "textquoteleft": "‘", "textquoteright": "’",
    "textquotedblleft": "“", "textquotedblright": "”", "textquotesingle": "'",
    "textquotedbl": '"', "quotedblbase": "„", "quotesinglbase": "‚", "guillemotleft": "«",
    "guillemotright": "»", "ldots": "…", "dots": "…", "textellipsis": "…", "textbullet": "•",
    "textperiodcentered": "·", "textdegree": "°", "degree": "°", "textmu": "µ", "textless": "<",
    "textgreater": ">", "textbar": "|", "textbackslash": "\\", "textbraceleft": "{",
    "textbraceright": "}", "textasciitilde": "~", "textasciicircum": "^", "textasciigrave": "`",
    "textunderscore": "_", "textdollar": "$", "textpercent": "%", "textampersand": "&",
    "textnumbersign": "#", "textexclamdown": "¡", "textquestiondown": "¿", "textonehalf": "½",
    "textonequarter": "¼", "textthreequarters": "¾", "textonesuperior": "¹",
    "texttwosuperior": "²", "textthreesuperior": "³", "textordfeminine": "ª",
    "textordmasculine": "º", "textpm": "±", "texttimes": "×", "textdiv": "÷",
    "textalpha": "α", "textbeta": "β", "textgamma": "γ", "textdelta": "δ", "leq": "≤", "le": "≤",
    "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "pm": "±", "mp": "∓", "times": "×", "div": "÷",
    "cdot": "·", "approx": "≈", "sim": "∼", "simeq": "≃", "equiv": "≡", "propto": "∝",
    "infty": "∞", "rightarrow": "→", "to": "→", "leftarrow": "←", "leftrightarrow": "↔",
    "Rightarrow": "⇒", "uparrow": "↑", "downarrow": "↓", "circ": "∘", "prime": "′", "ell": "ℓ",
    "sum": "∑", "prod": "∏", "surd": "√", "partial": "∂", "int": "∫", "in": "∈", "cup": "∪",
    "cap": "∩", "subset": "⊂", "forall": "∀", "exists": "∃", "ast": "∗", "star": "⋆",
    "lambda": "λ", "Lambda": "Λ", "varepsilon": "ε", "varphi": "φ", "vartheta": "ϑ",
    "textasteriskcentered": "*", "slash": "/", "textsection": "§", "textparagraph": "¶",
}  # fmt: skip
"""Command without argument to what it prints; Greek letters come to them."""

SYMBOLS |= {n: unicodedata.lookup(f"GREEK SMALL LETTER {n.upper()}") for n in _GREEK}
SYMBOLS |= {n.capitalize(): unicodedata.lookup(f"GREEK CAPITAL LETTER {n.upper()}") for n in _GREEK}

_LOOKS = """
emph textit textbf textrm textsf texttt textsc textsl textup textnormal textsuperscript
textsubscript mathrm mathit mathbf mathsf mathcal mathbb mathnormal text mbox ensuremath it bf em rm
sc tt sf sl itshape bfseries scshape upshape boldsymbol bm underline url nolinkurl path enspace
small protect relax left right
"""
_FONTS = frozenset(_LOOKS.split())
"""Commands that only say how their argument looks, or nothing."""

_BLANKS = frozenset({"quad", "qquad", "space", "newline", "linebreak", "thinspace", "enskip"})

_RUN = re.compile(r"[ \t\r\n\f\v]+")
_MARKED = re.compile(r"[\\{}$]|--|~|``|''|&[#a-z]")
_ACCENT = re.compile(
    r"\\\\|(\{)?\\(?:a(?=['`=])(['`=])|([\"'`^~=.])|([cvuHdbrk])(?![A-Za-z]))[ \t]*"
    r"(?:\{[ \t]*(\\[ij](?![A-Za-z])|[^\W\d_])[ \t]*\}|(\\[ij](?![A-Za-z])[ \t]*|[^\W\d_]))"
    r"(?(1)\})"
)
_ENTITY = re.compile(r"(?<!\\)&(?:amp|apos|quot|lt|gt|nbsp|#\d{1,6}|#x[0-9A-Fa-f]{1,5});")
_ESCAPE = re.compile(r"\\([%&$#_{}])|\{\\([A-Za-z]+)(?:\{\}|[ \t]*)\}")
_ADDRESS = re.compile(r"\{?\\([%&$#_{}~/])(?:\{\})?\}?|\\(?:url|href|nolinkurl|path)\b|[{}]")
_PHANTOM = re.compile(r"\\vphantom\{\\[{}]\}")  # Zotero balances lone braces by it
_MATH = re.compile(r"(?<!\\)\$([^$\n]{1,200}?)(?<!\\)\$")
_MATH_MARK = re.compile(r"[\\_^<>{}=]|^[A-Za-z]{1,2}$")
_WORDS = re.compile(r"[A-Za-z]{4,} +[A-Za-z]{3,}")
_RAISED = re.compile(r"\^(?!\{?\s*[-−])|_(?=[{\\]|\w)")
_TOKEN = re.compile(
    r"\\\\(?:\[[^\]]{0,10}\])?|\\([A-Za-z]+)\*?(\{\}|[ \t]*)|\\([^A-Za-z])|---?|``|''|[{}~]"
)
_PRINTED = {"---": "—", "--": "–", "``": "“", "''": "”", "{": "", "}": "", "~": " "}
_SHORT = {**dict.fromkeys("%&$#_{}"), **dict.fromkeys(" ,;:\n", " "), **dict.fromkeys("!-/@", "")}


def folded(text: str) -> str:
    """Make line ends and runs of blanks one blank."""
    return _RUN.sub(" ", text).strip()


def from_tex(text: str) -> str:
    r"""Give the text that TeX would print.

    Examples
    --------
    >>> from_tex(r"{\'E}tude of {Cocker} spaniels, 5\% --- \emph{in vivo}, $\alpha$-blocker")
    'Étude of Cocker spaniels, 5% — in vivo, α-blocker'
    """
    if not _MARKED.search(text):
        return folded(text)
    text = _accented(_unescaped(text))
    text = _MATH.sub(_math, _PHANTOM.sub("", text))
    return folded(_TOKEN.sub(_token, text))


def from_plain(text: str) -> str:
    r"""Give a text that a database wrote into BibTeX: braces and blanks in it mean themselves.

    Escapes and accents are read all the same, and braces around the whole are taken off.

    Examples
    --------
    >>> from_plain(r"{About 50~% of {A, B} \& {\"o}thers}")
    'About 50~% of {A, B} & öthers'
    """
    if not _MARKED.search(text):
        return folded(text)
    text = _accented(_unescaped(without_braces(text)))
    return folded(_ESCAPE.sub(_escape, text))


def from_address(text: str) -> str:
    r"""Give a DOI or an address, in which dashes and ``~`` mean themselves.

    Examples
    --------
    >>> from_address(r"\url{https://example.org/~a{\_}b--c?d\&e}")
    'https://example.org/~a_b--c?d&e'
    """
    if "\\" in text or "{" in text or "&" in text:
        text = _ADDRESS.sub(lambda m: m[1] or "", _unescaped(text))
    return folded(text)


def without_braces(text: str) -> str:
    """Take off the braces that hold the whole text."""
    text = text.strip()
    while is_held(text):
        text = text[1:-1].strip()
    return text


def is_held(text: str) -> bool:
    """Tell whether one pair of braces holds the whole text."""
    if not (text.startswith("{") and text.endswith("}")):
        return False
    if text.count("{") == text.count("}") == 1:
        return not text.endswith("\\}")
    depth = 0
    for found in _BRACE.finditer(text):
        depth += 1 if found[0] == "{" else -1
        if depth <= 0:
            return found.end() == len(text) and depth == 0
    return False


_BRACE = re.compile(r"(?<!\\)[{}]")


def _unescaped(text: str) -> str:
    return _ENTITY.sub(lambda m: html.unescape(m[0]), text) if "&" in text else text


def _accented(text: str) -> str:
    """Put accents on their letters; an accent may stand on a letter that has one already."""
    for _ in range(3 if "\\" in text else 0):
        changed = _ACCENT.sub(_accent, text)
        if changed == text:
            break
        text = changed
    return text


def _accent(found: re.Match[str]) -> str:
    mark = found[2] or found[3] or found[4]
    if not mark:
        return found[0]
    letter = (found[5] or found[6]).strip().lstrip("\\")
    return unicodedata.normalize("NFC", letter + _COMBINING[mark])


def _escape(found: re.Match[str]) -> str:
    return found[1] or SYMBOLS.get(found[2], found[0])


def _math(found: re.Match[str]) -> str:
    """Read a formula if it looks like one; ``$5 and $10`` does not."""
    inner = found[1]
    if inner != inner.strip() or not _MATH_MARK.search(inner) or _WORDS.search(inner):
        return found[0].replace("$", r"\$")
    return _RAISED.sub("", inner)


def _token(found: re.Match[str]) -> str:
    word, mark = found[1], found[3]
    if word:
        return _word(word, found)
    if mark:
        short = _SHORT.get(mark, found[0])
        return mark if short is None else short
    return _PRINTED.get(found[0], " ")


def _word(word: str, found: re.Match[str]) -> str:
    if word in SYMBOLS:
        return SYMBOLS[word]
    if word in _FONTS:
        return ""
    if word in _BLANKS:
        return " "
    has_argument = found.string[found.end() : found.end() + 1] == "{"
    return found[0].removesuffix("{}") + " " * has_argument  # unknown: kept as it stands
