"""How texts are cut for an index that finds Chinese words of one sign or more: pure.

Chinese has no blanks between words: each two neighbours are a gram, and the last sign of a run one
alone. Other writing is cut at what is no letter or digit. An index of grams gives candidates; that
the words stand there as they were asked for is compared afterwards.
"""

import hashlib
import re
import unicodedata

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
RUNS = re.compile(f"([{HAN}]+)|((?:(?![{HAN}])[^\\W_])+)")
BLANKS_WITHIN = re.compile(f"(?<=[{HAN}])\\s+(?=[{HAN}])")
LONGEST_GRAM = 40
MOST_GRAMS = 4000


def compared(text: str) -> str:
    """The text as searches compare it: one width and case of letters, no blanks within Chinese."""
    even = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(BLANKS_WITHIN.sub("", even).split())


def grams(words: str) -> list[str]:
    """The different grams of a text that was `compared`, at most MOST_GRAMS."""
    found: dict[str, None] = {}
    for chinese, other in RUNS.findall(words):
        if chinese:
            found.update(dict.fromkeys(chinese[k : k + 2] for k in range(len(chinese))))
        else:
            found[other[:LONGEST_GRAM]] = None
    return list(found)[:MOST_GRAMS]


def asked(word: str) -> list[tuple[str, bool]]:
    """The grams of which a text with this word has all; true: one that begins so will do."""
    found: dict[tuple[str, bool], None] = {}
    for chinese, other in RUNS.findall(compared(word)):
        if len(chinese) == 1:
            found[chinese, True] = None
        elif chinese:
            found.update({(chinese[k : k + 2], False): None for k in range(len(chinese) - 1)})
        else:
            found[other[:LONGEST_GRAM], True] = None
    return list(found)


def owned(organisation: str) -> list[str]:
    """Grams that stand for whose a text is: of the organisation and of each that it is below."""
    parts = organisation.split("/") if organisation else []
    return [_mark("/".join(parts[: k + 1])) for k in range(len(parts))]


def _mark(organisation: str) -> str:
    """No word is written so: 33 signs of x and hex digits."""
    return "x" + hashlib.sha256(organisation.encode()).hexdigest()[:32]
