"""Organisations (分级分权): a tree written as paths, `一院/放射科` below `一院`; pure."""

import re

from mcu_core.errors import BadInput

MOST = 200
PART = re.compile(r"[^/\x00-\x1f\x7f]{1,64}")


def check_organisation(path: str, field: str = "organisation") -> str:
    """The path, unless it cannot be one; empty is none. Raises BadInput."""
    if path and (
        len(path) > MOST
        or not all(PART.fullmatch(part) and part == part.strip() for part in path.split("/"))
    ):
        raise BadInput(field, f"names parted by /, at most {MOST} characters")
    return path


def within(path: str, above: str) -> bool:
    """Whether an organisation is the other or below it; everything is below the empty one."""
    return not above or path == above or path.startswith(f"{above}/")
