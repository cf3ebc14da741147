"""The load's process: `python -m benchmarks.load FOLDER`, started by a fleet (fleet.py).

FOLDER holds the ledger and the tapes; the sockets are inherited. It ends when the ledger says so or
when its parent is gone.
"""

import contextlib
import os
import select
import socket
import sys
import time
from pathlib import Path

import numpy as np
import pylibsrtp

from benchmarks.load.feedback import Feedback
from benchmarks.load.ledger import KEYED, READY, STOP, Flows, Ledger
from benchmarks.load.pump import Scratch, send_due, take_ready
from benchmarks.load.tape import Reel, Tape
from mcu_core.endpoints.srtp import PROTECT, context_of
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, MonotonicClock, wall_time_s

TURN_NS = NS_PER_MS
"""How often what has come is looked at, and so how exactly its moment is known."""

FEEDBACK_EVERY_NS = 4 * NS_PER_MS
AHEAD = -10
"""Niceness: in life the other sites do not wait for the bridge's cores."""


def main(folder: Path) -> None:
    """Send and receive until told to end."""
    ledger = Ledger.open(folder)
    tapes = [Tape.load(path) for path in sorted(folder.glob("tape-*.npz"))]
    sockets = {int(number): socket.socket(fileno=int(number)) for number in ledger.flows["socket"]}
    with contextlib.suppress(PermissionError):  # only root may; else it is as late as anybody
        os.setpriority(os.PRIO_PROCESS, 0, AHEAD)
    try:
        with select.epoll() as ready:
            for flow in ledger.flows:
                if not flow["secure"]:  # the others are the bench's until hands are shaken
                    ready.register(int(flow["socket"]), select.EPOLLIN)
            _run(ledger, Reel.of(tapes), sockets, ready)
    finally:
        for opened in sockets.values():
            opened.close()


def _run(
    ledger: Ledger, reel: Reel, sockets: dict[int, socket.socket], ready: select.epoll
) -> None:
    clock, parent = MonotonicClock(), os.getppid()
    flows: Flows = ledger.flows
    row = {int(number): i for i, number in enumerate(flows["socket"])}
    out, back = Scratch(), Scratch()
    offset_ns = int(wall_time_s() * NS_PER_SECOND) - clock.now_ns()
    feedback = Feedback(flows, sockets, offset_ns)
    feedback_ns = 0
    ledger.state[READY] = 1
    sessions: list[pylibsrtp.Session] = []
    while not ledger.state[STOP] and os.getppid() == parent:
        if ledger.state[KEYED] and not sessions:
            sessions = _keyed(ledger, ready)
        now_ns = clock.now_ns()
        next_ns = send_due(
            flows, reel.data, reel.starts, reel.first, reel.first_unit,
            out.packets, out.pieces, out.messages, ledger.sent_ns, now_ns, PROTECT,
        )  # fmt: skip
        came = ready.poll(0)
        if came:
            rows = np.array([row[number] for number, _ in came], np.int64)
            take_ready(
                flows, rows, back.packets, back.messages, ledger.came_ns, ledger.keyframes,
                ledger.kept, ledger.kept_bytes, now_ns,
            )  # fmt: skip
        if now_ns >= feedback_ns:
            feedback_ns = now_ns + FEEDBACK_EVERY_NS
            feedback.tick(now_ns)
        rest_ns = min(next_ns, now_ns + TURN_NS) - clock.now_ns()
        if rest_ns > 0:
            time.sleep(rest_ns / NS_PER_SECOND)


def _keyed(ledger: Ledger, ready: select.epoll) -> list[pylibsrtp.Session]:
    """A session for each secure flow, whose row tells where it is; what comes to it is ours now."""
    sessions = []
    for flow, key in zip(ledger.flows, ledger.keys, strict=True):
        if flow["secure"]:
            policy = pylibsrtp.Policy(
                key.tobytes(),
                pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
                srtp_profile=pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
            )
            sessions.append(pylibsrtp.Session(policy))
            ready.register(int(flow["socket"]), select.EPOLLIN)
            flow["context"] = context_of(sessions[-1])
    return sessions


if __name__ == "__main__":
    main(Path(sys.argv[1]))
