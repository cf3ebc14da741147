"""Use cases: films of recordings, side by side, made one at a time by processes of their own."""

import asyncio
import secrets
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import structlog
from pydantic import BaseModel, ConfigDict

from control_api.errors import Throttled
from mcu_core.errors import NotFound, Refused
from mcu_core.media.clock import NS_PER_SECOND, Clock
from recorder.catalogue import Catalogue
from recorder.export import Span
from recorder.files import free_bytes

log = structlog.get_logger()

MOST_WAITING, MOST_OF_ONE = 16, 4
KEPT_NS = 24 * 3600 * NS_PER_SECOND
"""A film that was made is kept so long, and so are failures."""

MOST_KEPT = 50
LEAST_FREE = 2 * 1024**3
"""Recordings go first: no film is begun on a disk with less."""

State = Literal["waiting", "running", "done", "failed"]


class FilmView(BaseModel):
    """A film that is made, or was; `progress` 0..1. `by` asked for it."""

    model_config = ConfigDict(frozen=True)

    id: str
    recording: str
    title: str
    state: State
    progress: float
    size_bytes: int
    reason: str
    by: str


@dataclass(slots=True, eq=False)
class _Film:
    id: str
    recording: str
    title: str
    path: Path
    by: str
    state: State = "waiting"
    progress: float = 0.0
    reason: str = ""
    ended_ns: int = 0
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    def view(self) -> FilmView:
        return FilmView(
            id=self.id,
            recording=self.recording,
            title=self.title,
            state=self.state,
            progress=round(self.progress, 3),
            size_bytes=_size(self.path),
            reason=self.reason,
            by=self.by,
        )


class Films:
    """Owns the films of this process, their files and the processes that make them."""

    def __init__(self, folder: Path, catalogue: Catalogue, clock: Clock) -> None:
        self._folder = folder
        self._catalogue = catalogue
        self._clock = clock
        self._films: dict[str, _Film] = {}
        self._one = asyncio.Semaphore(1)

    async def open(self) -> None:
        """Begin with none: what an earlier process made is forgotten."""
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def stop(self) -> None:
        """End all that is made and wait for it; safe twice."""
        for film in list(self._films.values()):
            await self._end(film)

    def list(self) -> list[FilmView]:
        """All, oldest first."""
        self._forget()
        return [film.view() for film in self._films.values()]

    def get(self, film: str) -> FilmView:
        """One; raises NotFound."""
        return self._film(film).view()

    def file(self, film: str) -> tuple[Path, str]:
        """A film that is done, and its title; raises NotFound."""
        one = self._film(film)
        if one.state != "done":
            raise NotFound("film", film)
        return one.path, one.title

    async def make(self, recording: str, span: Span | None, by: str) -> FilmView:
        """Begin a film, or let it wait; raises NotFound, Throttled, Refused without room."""
        info = await asyncio.to_thread(self._catalogue.info, recording)
        self._forget()
        waiting = [film for film in self._films.values() if not film.ended_ns]
        if len(waiting) >= MOST_WAITING or sum(film.by == by for film in waiting) >= MOST_OF_ONE:
            raise Throttled("too many films wait to be made", 60)
        await asyncio.to_thread(self._check_room)
        name = secrets.token_hex(8)
        film = _Film(name, recording, info.title, self._folder / f"{name}.mp4", by)
        self._films[name] = film
        film.task = asyncio.create_task(self._run(film, span), name="film")
        return film.view()

    async def remove(self, film: str) -> None:
        """End it if it is being made, and delete it; raises NotFound."""
        one = self._film(film)
        await self._end(one)
        self._films.pop(film, None)

    def _film(self, film: str) -> _Film:
        if film not in self._films:
            raise NotFound("film", film)
        return self._films[film]

    def _check_room(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if free_bytes(self._folder) < LEAST_FREE:
            raise Refused("there is no room for films on the disk")

    def _forget(self) -> None:
        """Drop films that are old, or too many."""
        ended = [film for film in self._films.values() if film.ended_ns]
        over = len(ended) - MOST_KEPT
        now_ns = self._clock.now_ns()
        for place, film in enumerate(ended):
            if place < over or now_ns - film.ended_ns > KEPT_NS:
                film.path.unlink(missing_ok=True)
                del self._films[film.id]

    async def _end(self, film: _Film) -> None:
        if film.task is not None:
            film.task.cancel()
            await asyncio.gather(film.task, return_exceptions=True)
        for path in (film.path, film.path.with_suffix(".part")):
            path.unlink(missing_ok=True)

    async def _run(self, film: _Film, span: Span | None) -> None:
        try:
            async with self._one:
                film.state = "running"
                reason = await self._made(film, span)
            film.state, film.reason = ("failed", reason) if reason else ("done", "")
        except OSError as error:
            film.state, film.reason = "failed", f"no process: {error.strerror}"
        film.ended_ns = self._clock.now_ns()
        if film.reason:
            log.warning("no film", recording=film.recording, reason=film.reason)

    async def _made(self, film: _Film, span: Span | None) -> str:
        """Let a process make it; why that failed, empty when it did not."""
        folder = self._catalogue.folder(film.recording)
        times = [repr(float(time)) for time in span or ()]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "recorder.side_by_side", str(folder), str(film.path), *times),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            assert process.stdout is not None
            while line := await process.stdout.readline():
                film.progress = float(line)
            _, said = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode == 0:
            film.progress = 1.0
            return ""
        last = said.decode(errors="replace").strip().splitlines()[-1:]
        return last[0] if last else "the process broke"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
