"""Moves the tracks of a recording that has ended to an archive, while it is being watched.

`python -m recorder.archive URL FOLDER` is a process of its own, so that neither recordings nor
pages wait for a network. The journal stays on the disk: what is listed, searched and seeked in is
there at once. Whoever reads a track that goes keeps the file that he has opened.
"""

import os
import sys
from pathlib import Path

import msgspec
import obstore
from obstore.exceptions import BaseError

from mcu_core.errors import McuError, Refused
from recorder import lock
from recorder.errors import BrokenRecording, StoreFailed
from recorder.index import read_index
from recorder.journal import JOURNAL_NAME
from recorder.media_files import MOVED_NAME, Moved, archive, first_line, media_size, read_moved
from recorder.slide_texts import SLIDES_NAME
from recorder.syncing import replace_whole
from recorder.tags import TAGS_NAME
from recorder.timed import DATA_NAME
from recorder.tracks import TRACKS

WIPE_BYTES = 1024 * 1024


def move(folder: Path, url: str) -> Moved:
    """Copy the tracks, note where they are, delete them here; goes on where it was cut short.

    Raises Refused for a recording that has not ended, BrokenRecording, StoreFailed.
    """
    try:
        journal = os.open(folder / JOURNAL_NAME, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise BrokenRecording(f"no journal ({error.strerror})") from error
    try:
        lock.take(journal)  # nobody resumes it meanwhile
        if read_index(folder).stopped is None:
            raise Refused("this recording has not ended")
        moved = read_moved(folder) or _copied(folder, url)
        for kind in TRACKS.values():
            (folder / kind.file_name).unlink(missing_ok=True)
        return moved
    finally:
        os.close(journal)


def _copied(folder: Path, url: str) -> Moved:
    names = [kind.file_name for kind in TRACKS.values() if (folder / kind.file_name).exists()]
    sizes = {name: (folder / name).stat().st_size for name in names}
    moved = Moved(url, folder.name, sizes)
    store = archive(url)
    try:
        for name, size in sizes.items():
            obstore.put(store, moved.key(name), folder / name)
            if obstore.head(store, moved.key(name))["size"] != size:
                raise StoreFailed(f"the archive keeps another size of {name}")
    except (BaseError, OSError) as error:
        raise StoreFailed(f"the archive does not take it: {first_line(error)}") from error
    _note(folder, moved)
    return moved


def _note(folder: Path, moved: Moved) -> None:
    """After a power cut it stands there whole, or not at all."""
    try:
        replace_whole(folder / MOVED_NAME, msgspec.json.encode(moved))
    except OSError as error:
        raise StoreFailed(f"cannot note where it was moved: {error.strerror}") from error


def bring_back(folder: Path) -> None:
    """Copy what was moved to the disk again, and delete it there; raises StoreFailed."""
    moved = read_moved(folder)
    if moved is None:
        return
    store = archive(moved.url)
    try:
        for name in moved.sizes:
            fresh = folder / f"{name}.new"
            with fresh.open("wb") as file:
                for block in obstore.get(store, moved.key(name)):
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            if media_size(fresh) != moved.sizes[name]:
                raise StoreFailed(f"the archive gives another size of {name}")
            fresh.replace(folder / name)
    except (BaseError, OSError) as error:
        raise StoreFailed(f"the archive does not give it: {first_line(error)}") from error
    (folder / MOVED_NAME).unlink(missing_ok=True)
    _delete(moved)


def _delete(moved: Moved) -> None:
    try:
        obstore.delete(archive(moved.url), [moved.key(name) for name in moved.sizes])
    except FileNotFoundError:
        return  # it was gone already
    except (BaseError, OSError) as error:
        raise StoreFailed(f"the archive keeps it: {first_line(error)}") from error


def wipe(folder: Path) -> None:
    """What a folder that is about to be deleted says of people goes first, then what was moved.

    Tags and timed data are written over before their files are unlinked. Raises StoreFailed while
    the archive does not answer: then it is to be tried again.
    """
    for name in (TAGS_NAME, DATA_NAME, SLIDES_NAME):
        _overwrite(folder / name)
    moved = read_moved(folder)
    if moved is not None:
        _delete(moved)


def _overwrite(path: Path) -> None:
    try:
        with path.open("r+b") as file:
            left = os.fstat(file.fileno()).st_size
            while left > 0:
                left -= file.write(bytes(min(left, WIPE_BYTES)))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except OSError:
        return  # there is none, or the disk takes nothing any more


def main(arguments: list[str]) -> int:
    """Move, or with `back` instead of a URL bring back; says on stderr why it failed."""
    url, folder = arguments
    try:
        if url == "back":
            bring_back(Path(folder))
        else:
            move(Path(folder), url)
    except McuError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
