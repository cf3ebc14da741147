"""Names that people give: pure."""

import unicodedata

from mcu_core.errors import BadInput

LONGEST = 64

CONTROL_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
BIDI_CONTROLS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Embeddings and overrides: with them a name could make the text after it read backwards."""

INVISIBLE = "CZM"
"""Categories of which a name cannot consist alone: formats, spaces, marks that need a letter."""


def clean_name(name: str, field: str = "name") -> str:
    """The name in NFC, blanks around it gone; raises BadInput unless 1..64 printable characters."""
    cleaned = unicodedata.normalize("NFC", name).strip()
    if not 1 <= len(cleaned) <= LONGEST:
        raise BadInput(field, f"1..{LONGEST} characters")
    if any(
        unicodedata.category(letter) in CONTROL_CATEGORIES or letter in BIDI_CONTROLS
        for letter in cleaned
    ):
        raise BadInput(field, "no control characters")
    if all(unicodedata.category(letter)[0] in INVISIBLE for letter in cleaned):
        raise BadInput(field, "something to be seen")
    return cleaned
