"""Use cases: recordings into the hospital's archive, one job after the other, until it has them.

A job survives this process: what the archive has is noted object by object, and an object that was
cut short is sent again under the same UID. While the archive is away it is tried ever more seldom.
"""

import asyncio
import secrets
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import msgspec
import structlog

from control_api.auth.seal import Seal
from control_api.errors import Away
from control_api.persistence import pacs as rows_of
from control_api.persistence.pacs import Job, PacsRows, Wish
from control_api.services.own_tasks import OwnTasks
from mcu_core.errors import BadInput, McuError, NotFound, Refused
from mcu_core.media.clock import wall_time_s
from recorder.catalogue import Catalogue
from recorder.dicom_cut import cut, part_spans
from recorder.dicom_order import (
    LATER,
    NEVER,
    Echo,
    Peer,
    Planned,
    Sent,
    Store,
    Stored,
    Told,
    peer_of,
)
from recorder.dicom_study import Study, checked_study, new_uid
from recorder.errors import NotLegal
from recorder.index import read_index

log = structlog.get_logger()

MOST_WAITING = 1000
PAUSES_S = (10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
GIVE_UP_S = 7 * 86_400.0
KEPT_S = 184 * 86_400.0
SILENCE_S = 900.0
"""How long the sending process may say nothing: it writes an object before it sends it."""

LOOK_S = 60.0
Note = Callable[[str, str, str, str, str], Awaitable[None]]


class Pacs:
    """Owns one task, and the process that sends (recorder/dicom_send.py).

    `peers` are addresses by name, `TITLE@host:port`; `title` is what we are called there. `note`
    is the audit log's. `pauses_s` lie between tries while an archive is away.
    """

    def __init__(
        self,
        rows: PacsRows,
        catalogue: Catalogue,
        peers: Mapping[str, str],
        title: str,
        spool: Path,
        note: Note,
        wall_s: Callable[[], float] = wall_time_s,
        pauses_s: tuple[float, ...] = PAUSES_S,
    ) -> None:
        self.peers: dict[str, Peer] = {name: peer_of(one, title) for name, one in peers.items()}
        self.seal = Seal(secrets.token_urlsafe())
        """Of patients' data; the bridge puts this installation's own in its place."""
        self._rows = rows
        self._catalogue = catalogue
        self._spool = spool
        self._note = note
        self._wall_s = wall_s
        self._pauses_s = pauses_s
        self._news = asyncio.Event()
        self._turn = asyncio.Lock()
        self._tasks = OwnTasks()
        self._sending = ""
        self._process: asyncio.subprocess.Process | None = None
        self._sent = 0.0
        self._cancelled = False

    def start(self) -> None:
        """Begin to send what waits, if there is an archive at all."""
        if self.peers:
            self._tasks.start(self._run(), "pacs")

    async def stop(self) -> None:
        """End what is under way and wait for it; safe twice. It is taken up at the next start."""
        await self._tasks.stop()

    # ------------------------------------------------------------------ for callers

    async def send(self, recording: str, peer: str, wish: Wish, study: Study, user: str) -> Job:
        """Queue a recording, or a part of it, for an archive.

        Raises NotFound, BadInput, and Refused where it cannot be, or too many wait.
        """
        if peer not in self.peers:
            raise NotFound("PACS", peer)
        info = await asyncio.to_thread(self._catalogue.info, recording)
        if wish.until_s and wish.until_s <= wish.since_s:
            raise BadInput("to_s", "later than from_s")
        wish = msgspec.structs.replace(
            wish, until_s=min(wish.until_s or info.duration_s, info.duration_s)
        )
        checked = checked_study(study)
        if not checked.study_uid:
            checked = msgspec.structs.replace(checked, study_uid=new_uid())
        try:
            await asyncio.to_thread(self._check, recording, wish)
        except NotLegal as error:
            raise Refused(str(error)) from error
        if await self._rows.waiting() >= MOST_WAITING:
            raise Refused(f"{MOST_WAITING} recordings wait for the archive already")
        now_s = self._wall_s()
        job = Job(
            id=f"d{secrets.token_hex(8)}",
            recording=recording,
            peer=peer,
            state=rows_of.WAITING,
            wish=wish,
            study=self.seal.closed(msgspec.json.encode(checked).decode()),
            created_s=now_s,
            user_name=user,
            due_s=now_s,
            changed_s=now_s,
        )
        await self._rows.put(job)
        self._news.set()
        return job

    async def find(self, recording: str, limit: int) -> list[Job]:
        """Jobs, the newest first."""
        return await self._rows.find(recording, limit)

    async def get(self, job: str) -> Job:
        """One job; raises NotFound."""
        found = await self._rows.get(job)
        if found is None:
            raise NotFound("job", job)
        return found

    def sent(self, job: Job) -> float:
        """How much of the object that is being sent now has left, 0..1."""
        return self._sent if job.id == self._sending else 0.0

    @property
    def sender(self) -> int | None:
        """The id of the process that sends now."""
        return self._process.pid if self._process is not None else None

    async def cancel(self, job: str) -> Job:
        """Send no more of it; what the archive has it keeps. Raises NotFound, Refused."""
        async with self._turn:
            found = await self.get(job)
            if found.state not in rows_of.UNFINISHED:
                raise Refused("this job has ended")
            if self._sending == job:
                self._cancelled = True
                if self._process is not None and self._process.returncode is None:
                    self._process.kill()
            ended = self._ended(found, rows_of.CANCELLED, "")
            await self._rows.put(ended)
        return ended

    async def retry(self, job: str) -> Job:
        """Try a waiting job now, not when its time comes; raises NotFound, Refused."""
        async with self._turn:
            found = await self.get(job)
            if found.state != rows_of.WAITING:
                raise Refused("only a job that waits can be tried now")
            now_s = self._wall_s()
            due = msgspec.structs.replace(found, due_s=now_s, changed_s=now_s)
            await self._rows.put(due)
        self._news.set()
        return due

    async def echo(self, peer: str) -> None:
        """Ask whether an archive answers; raises NotFound, Away with the reason."""
        if peer not in self.peers:
            raise NotFound("PACS", peer)
        process = await _process()
        try:
            async with asyncio.timeout(LOOK_S):
                _, said = await process.communicate(msgspec.json.encode(Echo(self.peers[peer])))
        except TimeoutError:
            raise Away("the archive does not answer") from None
        finally:
            await _gone(process)
        if process.returncode:
            raise Away(_last(said))

    def _check(self, recording: str, wish: Wish) -> None:
        folder = self._catalogue.folder(recording)
        index = read_index(folder)
        parts = part_spans(index, wish.track, (wish.since_s, wish.until_s))
        cut(folder, index, wish.track, parts[0], wish.sound)

    # ------------------------------------------------------------------ the queue

    async def _run(self) -> None:
        await asyncio.to_thread(shutil.rmtree, self._spool, ignore_errors=True)
        taken_up = False
        while True:
            self._news.clear()
            try:
                if not taken_up:
                    await self._rows.take_up()
                    await self._rows.forget_before(self._wall_s() - KEPT_S)
                    taken_up = True
                job = await self._take()
                if job is not None and job.state == rows_of.SENDING:
                    await self._try(job)
                    continue
                wait_s = LOOK_S if job is None else min(LOOK_S, job.due_s - self._wall_s())
            except McuError as error:
                log.warning("the archive queue waits", reason=str(error))
                wait_s = LOOK_S
            except Exception:  # else nothing would be sent any more
                log.exception("sending to the archive broke")
                wait_s = LOOK_S
            try:
                async with asyncio.timeout(max(0.01, wait_s)):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _take(self) -> Job | None:
        """The next job, marked as being sent where its time has come."""
        async with self._turn:
            job = await self._rows.next()
            if job is None or job.due_s > self._wall_s():
                return job
            self._sending, self._sent, self._cancelled = job.id, 0.0, False
            return await self._moved_on(job, state=rows_of.SENDING, reason="")

    async def _try(self, job: Job) -> None:
        """Send what the archive does not have yet, and note what came of it."""
        try:
            before = len(job.receipts)
            job, code, said = await self._carry_out(job)
            if self._cancelled:
                return
            if code == 0:
                job = self._ended(job, rows_of.DONE, "")
            elif code == NEVER or self._wall_s() - job.created_s > GIVE_UP_S:
                job = self._ended(job, rows_of.FAILED, said)
            else:
                attempts = 1 if len(job.receipts) > before else job.attempts + 1
                pause_s = self._pauses_s[min(attempts, len(self._pauses_s)) - 1]
                due_s = self._wall_s() + pause_s
                job = msgspec.structs.replace(
                    job, state=rows_of.WAITING, attempts=attempts, due_s=due_s, reason=said
                )
            await self._moved_on(job)
        finally:
            self._sending, self._process = "", None
        log.info("archive", job=job.id, state=job.state, reason=job.reason)
        if job.state in (rows_of.DONE, rows_of.FAILED):
            result = job.reason or f"{len(job.receipts)} stored"
            await self._note(job.user_name, "", f"PACS {job.peer}", job.recording, result)

    async def _carry_out(self, job: Job) -> tuple[Job, int, str]:
        """The job as far as it came, the exit code, and what was said."""
        opened = self.seal.opened(job.study)
        if job.peer not in self.peers or not opened:
            return job, NEVER, "the archive, or the key of patients' data, is not there any more"
        order = Store(
            peer=self.peers[job.peer],
            folder=str(self._catalogue.folder(job.recording)),
            spool=str(self._spool),
            study=msgspec.json.decode(opened, type=Study),
            stored=len(job.receipts),
            **msgspec.structs.asdict(job.wish),
        )
        process = self._process = await _process()
        said = asyncio.create_task(_read_all(process), name="pacs said")
        try:
            assert process.stdin is not None
            process.stdin.write(msgspec.json.encode(order))
            process.stdin.close()
            while not self._cancelled and (told := await _line(process)):
                job = await self._told(job, told)
            await process.wait()
        except TimeoutError:
            return job, LATER, "the archive is too slow"
        finally:
            await _gone(process)
            words = await said
            await asyncio.to_thread(shutil.rmtree, self._spool, ignore_errors=True)
        return job, LATER if process.returncode is None else process.returncode, _last(words)

    async def _told(self, job: Job, told: Told) -> Job:
        match told:
            case Planned():
                return await self._moved_on(job, objects=told.objects)
            case Sent():
                self._sent = told.bytes / max(told.size, 1)
                return job
            case Stored():
                self._sent = 0.0
                return await self._moved_on(job, receipts=(*job.receipts, told))

    async def _moved_on(self, job: Job, **changes: object) -> Job:
        job = msgspec.structs.replace(job, changed_s=self._wall_s(), **changes)
        if not self._cancelled:
            await self._rows.put(job)
        return job

    def _ended(self, job: Job, state: str, reason: str) -> Job:
        """What says something of a patient does not stay."""
        return msgspec.structs.replace(
            job, state=state, reason=reason, study="", changed_s=self._wall_s()
        )


async def _process() -> asyncio.subprocess.Process:
    words = (sys.executable, "-m", "recorder.dicom_send")
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe, stderr=pipe)


async def _gone(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


async def _line(process: asyncio.subprocess.Process) -> Told | None:
    assert process.stdout is not None
    async with asyncio.timeout(SILENCE_S):
        line = await process.stdout.readline()
    if not line.endswith(b"\n"):
        return None
    told: Told = msgspec.json.decode(line, type=Told)
    return told


async def _read_all(process: asyncio.subprocess.Process) -> bytes:
    assert process.stderr is not None
    return await process.stderr.read()


def _last(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "the sending process broke"
