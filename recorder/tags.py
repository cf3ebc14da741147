"""The tags of a recording: a small file beside its journal, replaced whole.

They change when people like, long after the journal has ended, and are wanted without reading it.
"""

from pathlib import Path

import msgspec

from recorder.contract import Tags
from recorder.errors import UNREADABLE, StoreFailed
from recorder.syncing import replace_whole

TAGS_NAME = "tags"
LONGEST_BYTES = 64 * 1024


def read_tags(folder: Path) -> Tags:
    """The tags of the recording in that folder; none where there is no file, or a broken one."""
    try:
        with (folder / TAGS_NAME).open("rb") as file:
            return msgspec.json.decode(file.read(LONGEST_BYTES), type=Tags)
    except (OSError, *UNREADABLE):
        return Tags()


def tags_seen(folder: Path) -> int:
    """A number that changes when the tags do."""
    try:
        return (folder / TAGS_NAME).stat().st_mtime_ns
    except OSError:
        return 0


def write_tags(folder: Path, tags: Tags) -> None:
    """Replace the tags; after a power cut they are the old ones or the new ones.

    Raises StoreFailed, with the old ones in place.
    """
    try:
        replace_whole(folder / TAGS_NAME, msgspec.json.encode(tags))
    except OSError as error:
        raise StoreFailed(f"cannot write the tags: {error.strerror}") from error
