"""Names that people give: pure."""

import unicodedata

from mcu_core.contract.ranges import has_controls
from mcu_core.errors import BadInput

LONGEST = 64

INVISIBLE = "CZM"
"""Categories of which a name cannot consist alone: formats, spaces, marks that need a letter."""


def clean_name(name: str, field: str = "name") -> str:
    """The name in NFC, blanks around it gone; raises BadInput unless 1..64 printable characters."""
    cleaned = unicodedata.normalize("NFC", name).strip()
    if not 1 <= len(cleaned) <= LONGEST:
        raise BadInput(field, f"1..{LONGEST} characters")
    if has_controls(cleaned):
        raise BadInput(field, "no control characters")
    if all(unicodedata.category(letter)[0] in INVISIBLE for letter in cleaned):
        raise BadInput(field, "something to be seen")
    return cleaned
