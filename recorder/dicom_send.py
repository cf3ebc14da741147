"""Sends recordings to a PACS: `python -m recorder.dicom_send`, a process of its own for each order.

The order (recorder/dicom_order.py) comes on standard input, progress goes to standard output. Each
object is written to a file, sent from there, and the file deleted: what is in memory is small. An
archive that hangs or goes away ends the process, and whoever started it tries again later.
"""

import os
import queue
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from pynetdicom import AE, _config, evt
from pynetdicom.association import Association
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined] # made at run time

from mcu_core.errors import McuError
from recorder.dicom import CLASSES, SYNTAXES, Origin, Written, write
from recorder.dicom_cut import cut, part_spans
from recorder.dicom_order import LATER, NEVER, Echo, Order, Peer, Planned, Sent, Store, Stored, Told
from recorder.dicom_study import uid_of
from recorder.errors import BrokenRecording
from recorder.index import RecordingIndex, read_index

MOST_MEMORY = 1 << 30
NICENESS = 10
"""Calls go first."""

CONNECT_S, ANSWER_S = 10.0, 120.0
"""An archive may write for long before it says that it has an object."""

STALLED_S = 60.0
"""How long it may take nothing while an object is being sent."""

QUEUED = 64
"""Data units (16 KB usually) that wait for the network: else the whole file would."""

TOLD_EVERY = 8 * 1024 * 1024

SUCCESS, WARNINGS = 0x0000, (0xB000, 0xB006, 0xB007)
OUT_OF_RESOURCES = range(0xA700, 0xA800)
"""Statuses of C-STORE (PS3.4 B.2.3). In the middle case the archive has the object; in the last
one it will have room again."""


class TryLater(McuError):
    """The archive does not take it now."""


class Never(McuError):
    """The archive will not take this."""


class _Narrow(queue.Queue[Any]):
    """What waits to be sent: a sender waits while it is full, as long as somebody takes."""

    def __init__(self, association: Association) -> None:
        super().__init__(QUEUED)
        self._association = association

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        for _ in range(int(STALLED_S)):
            try:
                return super().put(item, block, 1.0)
            except queue.Full:
                if not self._association.is_established:
                    break
        raise TryLater("the archive went away in the middle of an object")


@contextmanager
def associated(
    peer: Peer, contexts: list[tuple[str, list[str]]], sent: Callable[[int], None]
) -> Iterator[Association]:
    """A line to the peer, released at the end; `sent` hears how many bytes leave at a time.

    Raises TryLater.
    """
    entity = AE(ae_title=peer.own)
    entity.connection_timeout = entity.acse_timeout = entity.network_timeout = CONNECT_S
    entity.dimse_timeout = ANSWER_S
    for kind, syntaxes in contexts:
        entity.add_requested_context(kind, syntaxes)
    association = entity.associate(
        peer.host,
        peer.port,
        ae_title=peer.title,
        evt_handlers=[(evt.EVT_DATA_SENT, lambda event: sent(len(event.data)))],
    )
    if not association.is_established:
        raise TryLater(f"{peer.title} at {peer.host}:{peer.port} {_why(association)}")
    association.network_timeout = ANSWER_S
    association.dul.to_provider_queue = _Narrow(association)
    yield association
    association.release()


def _why(association: Association) -> str:
    answer = association.acceptor.primitive
    if association.is_rejected and answer is not None:
        return f"refuses us: {answer.reason_str}"
    return "does not answer"


def echo(peer: Peer) -> None:
    """Raise TryLater unless the peer answers a C-ECHO."""
    with associated(peer, [(Verification, ["1.2.840.10008.1.2"])], lambda _: None) as line:
        status = line.send_c_echo()
        if not status or status.Status != SUCCESS:
            raise TryLater(f"{peer.title} does not answer C-ECHO as it should")


def store(order: Store, tell: Callable[[Told], None]) -> None:
    """Send what is not stored yet; raises TryLater, Never, and what cutting and writing raise."""
    folder, index = Path(order.folder), read_index(Path(order.folder))
    whole = not order.since_s and not order.until_s
    span = None if whole else (order.since_s, order.until_s or index.duration_s)
    parts = part_spans(index, order.track, span)
    tell(Planned(len(parts)))
    Path(order.spool).mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in range(order.stored + 1, len(parts) + 1):
        part = cut(folder, index, order.track, parts[number - 1], order.sound)
        origin = _origin(index, order.series_uid, number)
        path = Path(order.spool) / f"{origin.instance_uid}.dcm"
        try:
            written = write(path, part, order.kind, order.study, origin)
            _send(order, path, written, tell)
        finally:
            path.unlink(missing_ok=True)
        told = (written.syntax, written.digest, written.size)
        tell(Stored(number, origin.instance_uid, *told))


def _origin(index: RecordingIndex, series_uid: str, number: int) -> Origin:
    if index.started is None:
        raise BrokenRecording("the journal has no beginning")
    started = datetime.fromisoformat(index.started.wall)
    uid = uid_of(series_uid, number)
    return Origin(started, index.started.title, series_uid, uid, number)


def _send(order: Store, path: Path, written: Written, tell: Callable[[Told], None]) -> None:
    gone = told = 0

    def sent(size: int) -> None:
        nonlocal gone, told
        gone += size
        if gone - told >= TOLD_EVERY:
            told = gone
            tell(Sent(min(gone, written.size), written.size))

    sop_class = CLASSES[order.kind][0]
    contexts = [(str(sop_class), [str(syntax)]) for syntax in SYNTAXES.values()]
    with associated(order.peer, contexts, sent) as line:
        if not any(one.transfer_syntax == [written.syntax] for one in line.accepted_contexts):
            raise Never(f"{order.peer.title} takes no video of this kind ({written.syntax})")
        answer = line.send_c_store(path)
        _judge(order.peer.title, answer.get("Status"))


def _judge(title: str, status: int | None) -> None:
    if status is None:
        raise TryLater(f"{title} did not say that it has the object")
    if status == SUCCESS or status in WARNINGS:
        return
    if status in OUT_OF_RESOURCES:
        raise TryLater(f"{title} has no room (status {status:04X})")
    raise Never(f"{title} refuses the object (status {status:04X})")


def _tell(told: Told) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


def main() -> int:
    """Carry out the order on standard input; an exit code."""
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    os.nice(NICENESS)
    _config.STORE_SEND_CHUNKED_DATASET = True
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    try:
        if isinstance(order, Echo):
            echo(order.peer)
        else:
            store(order, _tell)
    except (TryLater, OSError, MemoryError) as error:
        sys.stderr.write(f"{error}\n")
        return LATER
    except McuError as error:
        sys.stderr.write(f"{error}\n")
        return NEVER
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # The library's threads outlive a line that broke: they must not hold the process.
    os._exit(code)
