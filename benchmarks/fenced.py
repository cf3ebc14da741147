"""Runs a program that would listen to the network behind a fence: `fenced PORT… -- PROGRAM …`.

The program gets a network namespace of its own; the ports lead to it from this machine's loopback
alone. Where the kernel lets nobody make namespaces it runs as it is. SIGTERM ends both.
"""

import ctypes
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from contextlib import suppress

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PR_SET_PDEATHSIG = 1
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1
BLOCK = 256 * 1024
LIBC = ctypes.CDLL(None, use_errno=True)


def enclose() -> bool:
    """Into a network of nothing but a loopback; False where that is not allowed."""
    flags = CLONE_NEWNET if os.getuid() == 0 else CLONE_NEWNET | CLONE_NEWUSER
    if LIBC.unshare(flags):
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
    return True


def pump(source: socket.socket, target: socket.socket) -> None:
    """Bytes from one to the other until the first has no more."""
    with suppress(OSError):
        while block := source.recv(BLOCK):
            target.sendall(block)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def lead(listener: socket.socket, port: int) -> None:
    """Each connection from outside becomes one to that port inside."""
    while True:
        outside, _ = listener.accept()
        try:
            inside = socket.create_connection(("127.0.0.1", port))
        except OSError:
            outside.close()
            continue
        for pair in ((outside, inside), (inside, outside)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


def main(words: list[str]) -> int:
    """The program's exit code."""
    cut = words.index("--")
    # A socket stays in the network that it was made in.
    doors = {int(port): socket.create_server(("127.0.0.1", int(port))) for port in words[:cut]}
    if not enclose():
        for door in doors.values():
            door.close()
        doors = {}
    program = subprocess.Popen(
        words[cut + 1 :], preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    )
    signal.signal(signal.SIGTERM, lambda *_: program.kill())
    for port, door in doors.items():
        threading.Thread(target=lead, args=(door, port), daemon=True).start()
    return program.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
